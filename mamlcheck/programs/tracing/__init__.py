"""What a framework computes as a program, one file a framework, found by its name, with a folder of its operations.

A framework's file offers `trace(function, parameters)`: `function` takes {name: array of the framework in double
precision}, with the state beside the parameters if there is any, and returns a number, the loss of a batch that it has
hold of; its operations become primitives, and what the framework knows of derivatives is not used. A folder
`NAME_operations` has files with `OPERATIONS`, {name of an operation in the framework's graph: function that puts it
down}: to add one is a new file there. Files whose name starts with _ are parts of others.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, TypeAlias

import numpy as np

from mamlcheck.errors import InputError, MissingExtra
from mamlcheck.place import names_in
from mamlcheck.programs.program import Program

Check: TypeAlias = Callable[[Program, Mapping[str, np.ndarray], str], None]


@dataclass(frozen=True)
class Traced:
    """A program with an input for each parameter that it depends on, by name, and the loss as its output.

    changed: the state beside the parameters that one run changes, such as the running statistics of batch norm, by
    name. notes: what is worth knowing, in sentences. unit_roundoff: of the coarsest float that the loss computes in,
    which a cast within the model may make coarser than double precision. check: raises `CannotBeTraced` where the loss
    at parameters, by name, is not what the program, which it is given, computes there; it is told in words which
    parameters these are. None where a trace cannot depend on the parameters' values. second: takes the program of H v
    by parameters of these names, and says how far the framework's own H v is from it at the parameters, relative, if
    that is more than rounding explains, and 0 otherwise, or if there is none. None where the framework is not asked.
    """

    program: Program
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    unit_roundoff: float = 2.0**-53
    check: Callable[[Program, Mapping[str, np.ndarray], str], None] | None = field(
        default=None, compare=False, repr=False
    )
    second: Callable[[Program, Sequence[str]], float] | None = field(default=None, compare=False, repr=False)


class CannotBeTraced(InputError):  # noqa: N818 - reads as what it says
    """A loss that is no program of the primitives; the message says which operation, where, and what to do."""


def _too_old(framework: str, lacks: str) -> InputError:
    """A framework without something that its file needs; tried are versions of 2026."""
    have = metadata.version(framework)
    return InputError(
        f"own models need a later {framework} than {have}, which lacks {lacks}: run `pip install -U {framework}`"
    )


def trace(
    framework: str,
    function: Callable[..., Any],
    parameters: Mapping[str, Any],
    buffers: Mapping[str, Any] | None = None,
    **more: Any,
) -> Traced:
    """The program of a loss. Raises `CannotBeTraced`, `InputError` for an unknown framework, `MissingExtra`.

    buffers: state beside the parameters, by name, if the framework's models have such; the function is then given it
    together with the parameters, as copies. more: what the framework's own `trace` takes beside.
    """
    known = [name for name in names_in(__path__) if not name.endswith("_operations") and not name.startswith("_")]
    if framework not in known:
        raise InputError(f"{framework!r} is no framework known here: use one of {', '.join(known)}")
    try:
        module = importlib.import_module(f"{__name__}.{framework}")
    except ModuleNotFoundError as error:
        if error.name == framework:
            raise MissingExtra(framework, framework) from error
        if not str(error.name).startswith(f"{framework}."):
            raise
        raise _too_old(framework, str(error.name)) from error
    found: Traced = module.trace(function, parameters, buffers, **more)
    return found
