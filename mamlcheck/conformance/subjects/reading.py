"""How a direction is read that a subject returned, whatever arrays it is made of.

A direction is {name: array}, a list of arrays in the order of the parameters, one flat array (n,), or one of these for
each task (a list, or a leading axis of length B), which is then averaged, or added up where a sum is declared. Of an
own model it may be whatever its framework holds the parameters in, such as a pytree. Arrays may be of any framework.
Names and messages of a subject are data, never evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mamlcheck.conformance.data import coarsest, held_in
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.failing import Unreadable, described

Array = np.ndarray
Returned = Any  # what a subject made: anything
Read = tuple[Array, str]  # an array, and the name of the precision that it came in

RETURNED = "call() returned"  # how messages begin of what a subject returned
NAMES_LISTED = 4  # in a message, before "and so many more"
# In between, the square of a norm, and that of its rounding error, neither overflow nor underflow to 0 in doubles.
LEAST_NORM, LARGEST_NORM = 1e-140, 1e140


@dataclass(frozen=True)
class Direction:
    """A direction as read: flat (n,) in float64, and the precision it came in; the part for inner rates that are
    learned (n,), where there is one. held: the coarsest precision that holds every number of it, of each task if they
    came apart.
    """

    flat: Array
    dtype: str
    held: str
    rates: Array | None = None


def read_direction(given: Problem, returned: Returned, *, summed: bool = False) -> Direction:
    """The direction that `call` returned; where there is one for each task their mean, or their sum if `summed`."""
    returned, rates = _with_rates(given, given.kind.named(returned))
    found = _read(given, returned, summed)
    return found if rates is None else replace(found, rates=_read(given, rates, summed).flat)


def _with_rates(given: Problem, returned: Returned) -> tuple[Returned, Returned]:
    """What is for the parameters, and for their inner rates: names that hold a parameter's name and more, such as
    'lr.weight', one for each parameter. None, where there is no such part.
    """
    if isinstance(returned, (list, tuple)) and returned and all(isinstance(one, Mapping) for one in returned):
        starts, parts = zip(*(_with_rates(given, one) for one in returned), strict=True)
        return (returned, None) if any(part is None for part in parts) else (starts, parts)
    if not isinstance(returned, Mapping):
        return returned, None
    rates = {}
    for name in given.parameters:
        others = [other for other in returned if other not in given.parameters and name in str(other)]
        if len(others) == 1:
            rates[name] = returned[others[0]]
    if len(rates) < len(given.parameters) or len(returned) != 2 * len(rates):
        return returned, None
    return {name: returned[name] for name in returned if name in given.parameters}, rates


def _read(given: Problem, returned: Returned, summed: bool) -> Direction:
    arrays = _no_none(_parts(given, returned))
    bad = [name for name, items in arrays.items() if not all(np.isfinite(a).all() for a, _ in items)]
    if bad:
        raise Unreadable("not finite", f"{_listed(bad)} {'is' if len(bad) == 1 else 'are'} not finite: NaN or infinite")
    reduced = np.sum if summed else np.mean
    with np.errstate(over="ignore"):  # it is said below
        flat = [reduced([a.astype(np.float64) for a, _ in items], axis=0).ravel() for items in arrays.values()]
        direction = np.concatenate(flat)
        size = float(np.linalg.norm(direction))
    if direction.any() and not LEAST_NORM <= size <= LARGEST_NORM:
        raise Unreadable(
            "out of range",
            f"its largest component is {np.abs(direction).max():.0e} in magnitude: the norm of a direction is to be "
            f"between {LEAST_NORM:.0e} and {LARGEST_NORM:.0e}, so that it can be measured in doubles",
        )
    dtype = coarsest(dtype for items in arrays.values() for _, dtype in items) or "float64"
    every = np.concatenate([a.astype(np.float64).ravel() for items in arrays.values() for a, _ in items])
    return Direction(direction, dtype, held_in(every))


def _parts(given: Problem, returned: Returned) -> dict[str, list[Read | None]]:
    """For each parameter its arrays: one, or one for each task, each of the parameter's shape."""
    if returned is None:
        raise Unreadable("nothing", f"{RETURNED} None: it is to return the direction")
    count = len(given.tasks)
    if isinstance(returned, Mapping):
        return _named(given, returned)
    if isinstance(returned, (list, tuple)):
        if len(returned) == len(given.parameters) and not isinstance(returned[0], (Mapping, list, tuple)):
            return _named(given, dict(zip(given.parameters, returned, strict=True)))
        if len(returned) == count:
            each = [_parts(given, item) for item in returned]
            return {name: [part[name][0] for part in each] for name in given.parameters}
        raise Unreadable(
            "shape",
            f"{RETURNED} a {type(returned).__name__} of {len(returned)}: it is to have one array for each of the "
            f"{len(given.parameters)} parameters, or one direction for each of the {count} tasks",
        )
    return _from_flat(given, returned)


def _named(given: Problem, tensors: Mapping[Returned, Returned]) -> dict[str, list[Read | None]]:
    missing = [name for name in given.parameters if name not in tensors and name not in given.kind.unused]
    extra = [str(name) for name in tensors if name not in given.parameters]
    if missing or extra:
        said = []
        if missing:
            said.append(f"{_listed(missing)} missing")
        if extra:
            said.append(f"{_listed(extra)} not among the problem's parameters")
        raise Unreadable("names", f"wrong names: {'; '.join(said)}. They are to be {', '.join(given.parameters)}")
    return {name: _by_task(given, name, tensors.get(name)) for name in given.parameters}


def _by_task(given: Problem, name: str, tensor: Returned) -> list[Read | None]:
    if tensor is None:  # which frameworks have where a loss does not depend on a parameter: there it is 0
        unused = name in given.kind.unused
        return [(np.zeros(given.parameters[name].shape), "float64") if unused else None]
    wanted, count = given.parameters[name].shape, len(given.tasks)
    array, dtype = _array(name, tensor)
    if array.shape == wanted:
        return [(array, dtype)]
    if array.shape == (count, *wanted):
        return [(one, dtype) for one in array]
    raise Unreadable(
        "shape", f"{name} has shape {array.shape}: it is to be {wanted}, or {(count, *wanted)} with one for each task"
    )


def _from_flat(given: Problem, vector: Returned) -> dict[str, list[Read | None]]:
    size, count = given.layout.size, len(given.tasks)
    array, dtype = _array("the direction", vector)
    if array.shape not in ((size,), (count, size)):
        raise Unreadable(
            "shape",
            f"{RETURNED} an array of shape {array.shape}: it is to be ({size},), all parameters in order, or "
            f"({count}, {size}) with one row for each task",
        )
    rows = array.reshape(-1, size)
    return {
        name: [(row[part].reshape(given.parameters[name].shape), dtype) for row in rows]
        for name, part in given.layout.slices()
    }


def _array(name: str, tensor: Returned) -> Read:
    """A NumPy array of any framework's, and the name of its precision."""
    try:
        if hasattr(tensor, "detach"):
            tensor = tensor.detach().cpu()
            dtype = str(tensor.dtype).rpartition(".")[2]
            array = np.asarray(tensor.double().numpy() if dtype == "bfloat16" else tensor.numpy())
        else:
            array = np.asarray(tensor)
            dtype = array.dtype.name
            if dtype == "bfloat16":
                array = array.astype(np.float64)
    except Exception as error:
        raise Unreadable("shape", f"{name} is a {type(tensor).__name__}, not an array: {described(error)}") from None
    if array.dtype.kind not in "fiu":
        raise Unreadable("shape", f"{name} holds {array.dtype} values: it is to hold real numbers")
    return array, dtype


def _no_none(parts: dict[str, list[Read | None]]) -> dict[str, list[Read]]:
    """The same; `Unreadable` where there is a None in it."""
    found = {name: [item for item in items if item is not None] for name, items in parts.items()}
    empty = [name for name, items in found.items() if len(items) < len(parts[name])]
    if not empty:
        return found
    if len(empty) == len(parts):
        raise Unreadable("none", "every gradient is None: nothing reached the parameters")
    raise Unreadable("none", f"the gradient of {_listed(empty)} is None")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_LISTED])
    return shown if len(names) <= NAMES_LISTED else f"{shown} and {len(names) - NAMES_LISTED} more"
