"""How a direction is read that a subject returned, whatever arrays it is made of.

A direction is {name: array}, a list of arrays in the order of the parameters, one flat array (n,), or one of these for
each task (a list, or a leading axis of length B), which is then averaged. Arrays may be of any framework. Names and
messages of a subject are data, never evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.failing import Unreadable, described

Array = np.ndarray
Returned = Any  # what a subject made: anything

NAMES_LISTED = 4  # in a message, before "and so many more"


@dataclass(frozen=True)
class Direction:
    """A direction as read: flat (n,) in float64, the precision it came in, whether it came one for each task."""

    flat: Array
    dtype: str
    per_task: bool


def read_direction(given: Problem, returned: Returned) -> Direction:
    """The direction that `call` returned, averaged over tasks where there is one for each."""
    parts = _parts(given, returned)
    _no_none(parts)
    arrays = {name: [_array(name, item) for item in items] for name, items in parts.items()}
    flat = [np.mean([a.astype(np.float64) for a, _ in items], axis=0).ravel() for items in arrays.values()]
    direction = np.concatenate(flat)
    if not np.isfinite(direction).all():
        bad = [name for name, items in arrays.items() if not all(np.isfinite(a).all() for a, _ in items)]
        raise Unreadable("not finite", f"{_listed(bad)} {'is' if len(bad) == 1 else 'are'} not finite: NaN or infinite")
    dtypes = {dtype for items in arrays.values() for _, dtype in items}
    coarsest = next((p for p in UNIT_ROUNDOFF if p in dtypes), "float64")
    return Direction(direction, coarsest, any(len(items) > 1 for items in arrays.values()))


def _parts(given: Problem, returned: Returned) -> dict[str, list[Returned]]:
    """For each parameter its arrays: one, or one for each task, each of the parameter's shape."""
    if returned is None:
        raise Unreadable("nothing", "call() returned None: it is to return the direction")
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
            f"call() returned a {type(returned).__name__} of {len(returned)}: it is to have one array for each of the "
            f"{len(given.parameters)} parameters, or one direction for each of the {count} tasks",
        )
    return _from_flat(given, returned)


def _named(given: Problem, tensors: Mapping[Returned, Returned]) -> dict[str, list[Returned]]:
    missing = [name for name in given.parameters if name not in tensors]
    extra = [str(name) for name in tensors if name not in given.parameters]
    if missing or extra:
        said = []
        if missing:
            said.append(f"{_listed(missing)} missing")
        if extra:
            said.append(f"{_listed(extra)} not among the problem's parameters")
        raise Unreadable("names", f"wrong names: {'; '.join(said)}. They are to be {', '.join(given.parameters)}")
    return {name: _by_task(given, name, tensors[name]) for name in given.parameters}


def _by_task(given: Problem, name: str, tensor: Returned) -> list[Returned]:
    if tensor is None:
        return [None]
    wanted, count = given.parameters[name].shape, len(given.tasks)
    shape = _shape(name, tensor)
    if shape == wanted:
        return [tensor]
    if shape == (count, *wanted):
        return [tensor[i] for i in range(count)]
    raise Unreadable(
        "shape", f"{name} has shape {shape}: it is to be {wanted}, or {(count, *wanted)} with one for each task"
    )


def _from_flat(given: Problem, vector: Returned) -> dict[str, list[Returned]]:
    size, count = given.network.size, len(given.tasks)
    array, dtype = _array("the direction", vector)
    if array.shape not in ((size,), (count, size)):
        raise Unreadable(
            "shape",
            f"call() returned an array of shape {array.shape}: it is to be ({size},), all parameters in order, or "
            f"({count}, {size}) with one row for each task",
        )
    rows = array.reshape(-1, size)
    keep = rows.astype(dtype) if dtype in ("float32", "float64") else rows
    return {
        name: [row[part].reshape(given.parameters[name].shape) for row in keep] for name, part in given.network.slices()
    }


def _shape(name: str, tensor: Returned) -> tuple[int, ...]:
    shape = getattr(tensor, "shape", None)
    return tuple(shape) if shape is not None else _array(name, tensor)[0].shape


def _array(name: str, tensor: Returned) -> tuple[Array, str]:
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


def _no_none(parts: dict[str, list[Returned]]) -> None:
    empty = [name for name, items in parts.items() if any(item is None for item in items)]
    if not empty:
        return
    if len(empty) == len(parts):
        raise Unreadable("none", "every gradient is None: nothing reached the parameters")
    raise Unreadable("none", f"the gradient of {_listed(empty)} is None")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_LISTED])
    return shown if len(names) <= NAMES_LISTED else f"{shown} and {len(names) - NAMES_LISTED} more"
