"""Numbers put or added to positions that do not depend on the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from mamlcheck.arithmetic.arrays import Integers
from mamlcheck.programs.building import Value
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.calls import Call


def _numbered(shape: Sequence[int]) -> torch.Tensor:
    return torch.arange(int(np.prod(shape, dtype=np.int64))).reshape(tuple(shape))


def _put(x: Value, source: Value, at: Integers, add: bool) -> Value:
    """X with the numbers of a source of the shape of `at` at these flat positions, or added to those that are there.

    The last of equal positions stays.
    """
    if add:
        return x + source.scattered(at, x.shape)
    table = np.arange(x.size)
    table[at.ravel()] = x.size + np.arange(at.size)
    both = x.builder.concatenated([x.reshape((-1,)), source.reshape((-1,))], 0)
    return both.gathered(table.reshape(x.shape))


def _index_put(call: Call, x: Any, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Value:
    y = call.value(x)
    index = tuple(slice(None) if i is None else torch.from_numpy(np.array(_known(i))) for i in indices)
    at = _numbered(y.shape)[index].numpy()
    return _put(y, call.value(values).broadcast_to(at.shape), at, accumulate)


def _along(shape: Sequence[int], dim: int, index: Any) -> Integers:
    """The flat positions that an index along an axis means, for each number of it."""
    at = np.indices(_known(index).shape)
    at[dim % len(shape)] = index
    return np.asarray(np.ravel_multi_index(tuple(at), tuple(shape)))


def _scatter(call: Call, x: Any, dim: int, index: Any, source: Any, reduce: str | None = None) -> Value:
    if reduce is not None:
        raise CannotBeTraced(f"scatter with reduce={reduce!r} is not known here: use scatter_add")
    return _scattered(call, x, dim, index, source, add=False)


def _scatter_add(call: Call, x: Any, dim: int, index: Any, source: Any) -> Value:
    return _scattered(call, x, dim, index, source, add=True)


def _scattered(call: Call, x: Any, dim: int, index: Any, source: Any, add: bool) -> Value:
    y, at = call.value(x), _along(call.shape, dim, index)
    z = call.value(source)
    z = z.broadcast_to(at.shape) if z.ndim == 0 else z.indexed(tuple(slice(n) for n in at.shape))
    return _put(y, z, at, add)


def _index_add(call: Call, x: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Value:
    y = call.value(x)
    at = np.take(_numbered(y.shape).numpy(), _known(index), axis=dim)
    return _put(y, alpha * call.value(source), at, add=True)


def _index_copy(call: Call, x: Any, dim: int, index: Any, source: Any) -> Value:
    y = call.value(x)
    at = np.take(_numbered(y.shape).numpy(), _known(index), axis=dim)
    return _put(y, call.value(source), at, add=False)


def _index_fill(call: Call, x: Any, dim: int, index: Any, value: Any) -> Value:
    y = call.value(x)
    at = np.take(_numbered(y.shape).numpy(), _known(index), axis=dim)
    return _put(y, call.value(value).broadcast_to(at.shape), at, add=False)


def _masked_scatter(call: Call, x: Any, mask: Any, source: Any) -> Value:
    y, z = call.value(x), call.value(source)
    at = _numbered(y.shape).numpy()[np.broadcast_to(_known(mask), y.shape)]
    return _put(y, z.reshape((-1,)).indexed(slice(at.size)), at, add=False)


def _known(index: Any) -> np.ndarray:
    if isinstance(index, Value):
        raise CannotBeTraced("positions depend on the parameters, so the loss jumps where they change")
    return np.asarray(index)


OPERATIONS = {
    "index_put": _index_put,
    "_unsafe_index_put": _index_put,
    "scatter": _scatter,
    "scatter_add": _scatter_add,
    "index_add": _index_add,
    "index_copy": _index_copy,
    "index_fill": _index_fill,
    "masked_scatter": _masked_scatter,
}
EXACT = ("index_put", "scatter", "index_copy", "index_fill", "masked_scatter")
