"""The programs of losses that are written in JAX, from their jaxprs.

The loss is traced in JAX's 64-bit mode, which is on only for as long as that takes. JAX's rules of differentiation are
not used: where a function comes with a derivative of its own, it is lowered as what it computes.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import jax
import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Builder
from mamlcheck.programs.derivatives import gradient
from mamlcheck.programs.program import Program
from mamlcheck.programs.running import Running
from mamlcheck.programs.tracing import CannotBeTraced, Traced
from mamlcheck.programs.tracing._jax.lowering import Item, Lowering, Unknown
from mamlcheck.programs.tracing._jax.models import as_precise, callable_of, class_of, flattened, restored
from mamlcheck.programs.tracing._jax.places import place_in

__all__ = ["as_precise", "callable_of", "class_of", "flattened", "in_double_precision", "restored", "trace"]


def trace(
    function: Callable[..., Any], parameters: Mapping[str, Any], buffers: Mapping[str, Any] | None = None
) -> Traced:
    """The program of a loss: `function` takes {name: array of JAX} and returns a number. See `Traced`.

    buffers: further arrays, which the function gets beside the parameters. That the program is the user's function is
    checked by its value at the parameters and at others. Raises `CannotBeTraced`.
    """
    if not _names_its_functions():
        raise InputError(
            f"own models need a later jax than {jax.__version__}, whose traces do not name its own functions, such as "
            "relu: run `pip install -U jax jaxlib`"
        )
    if buffers:
        return trace(lambda given: function({**buffers, **given}), parameters)
    arrays = {name: np.asarray(x).astype(np.float64) for name, x in parameters.items()}
    with in_double_precision():
        closed = _jaxpr(function, arrays)
        builder = Builder()
        lowering = Lowering(builder)
        inputs: list[Item] = [builder.input(name, arrays[name].shape) for name in sorted(arrays)]
        (loss,) = lowering.run(closed.jaxpr, closed.consts, inputs)
        if isinstance(loss, Unknown):
            raise loss.error
        value = loss if not isinstance(loss, np.ndarray) else builder.constant(loss)
        program = builder.program([value])  # type: ignore[list-item]
        _check(program, function, arrays, lowering.coarsest)
    changed, notes = (tuple(dict.fromkeys(some)) for some in (lowering.changed, lowering.notes))
    return Traced(program, changed, notes, 2.0**-lowering.coarsest)


@cache
def _names_its_functions() -> bool:
    """Whether JAX's relu is known in a trace: its derivative at 0 is 0, and that of what it computes is 1/2."""
    with in_double_precision():
        closed = jax.make_jaxpr(jax.nn.relu)(0.0)
        builder = Builder()
        (y,) = Lowering(builder).run(closed.jaxpr, closed.consts, [builder.input("x", ())])
        program = gradient(builder.program([y]), ["x"])  # type: ignore[list-item]
    with float64.working():
        (slope,) = Running(program, float64)({"x": float64.exact(0.0)})
    return float(slope) == 0  # type: ignore[arg-type]


def in_double_precision() -> AbstractContextManager[Any]:
    """JAX's 64-bit mode, for as long as this lasts. Its name depends on JAX's version."""
    home = jax if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental")
    found: AbstractContextManager[Any] = home.enable_x64(True)
    return found


def _jaxpr(function: Callable[..., Any], arrays: Mapping[str, np.ndarray]) -> Any:
    """The closed jaxpr of the loss; dicts go into it in the order of their sorted names."""
    try:
        closed = jax.make_jaxpr(function)({name: jax.numpy.asarray(x) for name, x in arrays.items()})
    except jax.errors.JAXTypeError as error:
        raise CannotBeTraced(
            f"the loss asks for the value of something that depends on the parameters{place_in(error)}: `if`, `while`, "
            "float(), .item() and NumPy functions need numbers, and a trace has none; use jax.numpy, jnp.where and "
            "jax.lax instead"
        ) from error
    except TypeError as error:
        if "same dtypes" not in str(error):
            raise
        raise CannotBeTraced(
            f"the loss mixes single with double precision{place_in(error)}: its parameters are doubles in the trace; "
            "make its data and constants `.astype` of a parameter's dtype"
        ) from error
    found = [aval.shape for aval in closed.out_avals]
    if found != [()] or not jax.numpy.issubdtype(closed.out_avals[0].dtype, np.floating):
        raise InputError(
            f"the loss is to return one number, and returned arrays of shapes {found}: take the mean or the sum"
        )
    return closed


# -- is it the user's function? ----------------------------------------------------------------------------------------
def _check(program: Program, function: Callable[..., Any], arrays: Mapping[str, np.ndarray], bits: int) -> None:
    """Both values agree at the parameters and at three others, in half of the digits of the coarsest float in it.

    Rounding shows in the last digits of a value, and another function in the first.
    """
    points = [{name: _moved(x, k) for name, x in arrays.items()} for k in range(4)]
    again = jax.jit(lambda given: function(given))  # traced anew: what changes from call to call is another constant
    theirs = [float(again({name: jax.numpy.asarray(x) for name, x in point.items()})) for point in points]
    running = Running(program, float64)
    with np.errstate(all="ignore"):
        ours = [float(running({n: float64.exact(point[n]) for n in program.inputs})[0]) for point in points]  # type: ignore[arg-type]
    if not (math.isfinite(theirs[0]) and math.isfinite(ours[0])):
        raise CannotBeTraced(
            f"at these parameters the loss is {theirs[0]}, and its program {ours[0]}: it has to be finite"
        )
    scale = max(abs(x) for x in (*theirs, *ours) if math.isfinite(x))
    for k, (x, y) in enumerate(zip(theirs, ours, strict=True)):
        if abs(x - y) > 2.0 ** (-bits / 2) * scale:
            raise CannotBeTraced(
                f"the program of the loss is not the loss: at {'moved' if k else 'these'} parameters the loss is {x}, "
                f"and its program {y}. Does the loss draw random numbers, or depend on something else that changes "
                "from call to call?"
            )


def _moved(x: np.ndarray, k: int) -> np.ndarray:
    """Parameters moved at random, by up to a tenth of their size; for k = 0 not at all."""
    if not k or not x.size:
        return x
    size = float(np.sqrt(np.mean(np.square(x)))) or 1.0
    moves = np.random.Generator(np.random.Philox(k)).uniform(-1, 1, x.shape)
    found: np.ndarray = x + 0.1 * size * moves
    return found
