"""How frameworks hold a model, one file each, found by its name.

A file may say its `ORDER` among those that are asked whether a model is theirs: what takes any function comes last. It
offers:

- `holds(model, parameters)`: whether these are its own, told without importing the framework.
- `opened(model, parameters)`: an `OwnModel` of them. Raises `InputError`, `MissingExtra`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from mamlcheck.conformance.adapters.view import View
from mamlcheck.errors import InputError
from mamlcheck.place import modules_in
from mamlcheck.programs.tracing import Traced

Tensor = Any  # an array of the framework
Inputs = Any  # what the model is called with: an array, a tuple of arguments, or a dict of named ones
Loss = Callable[[Any, Any], Any]  # of what the model returns and the target


@dataclass(frozen=True, eq=False)
class OwnModel:
    """A model in double precision, with everything that is asked of its framework.

    framework: its name. parameters: the values, exactly as they are, by name, in order. frozen: names of parameters
    that are left as they are. dtype: the precision of the parameters as they were given. head: names of the
    parameters of the last layer; empty, where the model does not say which that is. traced: the loss of a batch
    (inputs, target) as a program. named: a gradient as the framework has it, in a form that `subjects.reading` reads.
    view: an own problem with its loss as subjects see it. called: what is worth knowing of how it is called where that
    fails, to go on with a sentence.
    """

    framework: str
    name: str
    parameters: Mapping[str, np.ndarray]
    dtype: str
    head: tuple[str, ...]
    traced: Callable[[Loss, Inputs, Tensor], Traced] = field(repr=False)
    named: Callable[[Any], Any] = field(repr=False)
    view: Callable[[Any, Loss], View] = field(repr=False)
    frozen: tuple[str, ...] = ()
    called: str = ""


def frameworks() -> list[str]:
    """The names of the frameworks that have a file here, in the order in which they are asked."""
    return [file.__name__.rpartition(".")[2] for file in modules_in(__name__, __path__)]


def opened(model: Any, parameters: Any = None) -> OwnModel:
    """A model of whatever framework. Raises `InputError` where it is none of those known."""
    for name in frameworks():
        if _file(name).holds(model, parameters):
            found: OwnModel = _file(name).opened(model, parameters)
            return found
    raise InputError(
        f"the model is a {type(model).__module__}.{type(model).__qualname__}, which no framework known here holds: "
        "give a torch.nn.Module, a Flax or Equinox module, or, with `parameters=` a pytree of JAX arrays, a function "
        "model(parameters, x)"
    )


def _file(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")
