"""Operations that only move numbers. Where each goes is found out by running PyTorch's own on positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_map

from mamlcheck.programs.building import Number, Value
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.calls import Call
from mamlcheck.programs.tracing._torch.memory import gathered


def _moved(call: Call, *args: Any, **kwargs: Any) -> list[Value]:
    """The results of an operation that moves numbers of one or more values, or of numbers given as they are.

    Each number of the arguments has a position in all of them, one after the other, counted from 1: a 0 of the
    operation's own is no number of theirs.
    """
    values: list[Value] = []
    start = 1

    def positions(x: Any) -> Any:
        nonlocal start
        if isinstance(x, np.ndarray):
            return torch.from_numpy(np.array(x))
        if not isinstance(x, Value):
            return x
        values.append(x)
        start += x.size
        return torch.arange(start - x.size, start, dtype=torch.float64).reshape(x.shape)

    found = call.operation(*tree_map(positions, args), **tree_map(positions, kwargs))
    flat = values[0] if len(values) == 1 else call.builder.concatenated([v.reshape((-1,)) for v in values], 0)
    results = found if isinstance(found, (tuple, list)) else [found]
    return [gathered(flat, t.numpy().astype(np.int64) - 1) for t in results]


def _moved_data(call: Call, x: Any, *args: Any, **kwargs: Any) -> list[Value]:
    """The same, where the first argument may be whole numbers that the result has as such."""
    return _moved(call, call.value(x), *args, **kwargs)


def _packed(call: Call, x: Any, lengths: Any, batch_first: bool) -> tuple[Value, Any]:
    """The steps of sequences of unequal lengths one after the other, and how many there are of each."""
    return _moved(call, x, lengths, batch_first)[0], lengths


def _unpacked(call: Call, x: Any, sizes: Any, batch_first: bool, padding: Number, length: int) -> tuple[Value, Any]:
    if padding != 0:
        raise CannotBeTraced(f"sequences padded with {padding} are not known here: pad with 0")
    return _moved(call, x, sizes, batch_first, padding, length)[0], sizes


def _reshaped(call: Call, x: Any, *rest: Any, **kwargs: Any) -> Value:
    return call.value(x).reshape(call.shape)


def _same(call: Call, x: Any, *rest: Any, **kwargs: Any) -> Value:
    return call.value(x)


def _held(call: Call, x: Any) -> Value:
    return call.value(x).held()


def _expanded(call: Call, x: Any, *rest: Any, **kwargs: Any) -> Value:
    return call.value(x).broadcast_to(call.shape)


def _permuted(call: Call, x: Any, order: Sequence[int]) -> Value:
    return call.value(x).transpose(order)


def _transposed(call: Call, x: Any, a: int, b: int) -> Value:
    y = call.value(x)
    order = list(range(y.ndim))
    if order:
        order[a], order[b] = order[b], order[a]
    return y.transpose(order)


def _swapped(call: Call, x: Any) -> Value:
    y = call.value(x)
    return y.transpose(range(y.ndim)[::-1])


def _cat(call: Call, parts: Sequence[Any], dim: int = 0) -> Value:
    """PyTorch leaves out parts of shape (0,) whatever the others are."""
    values = [v for v in map(call.value, parts) if v.shape != (0,)]
    return call.builder.concatenated(values, dim) if values else call.filled(0)


def _stack(call: Call, parts: Sequence[Any], dim: int = 0) -> Value:
    axis = dim % len(call.shape)
    lengths = (*call.shape[:axis], 1, *call.shape[axis + 1 :])
    return call.builder.concatenated([call.value(v).reshape(lengths) for v in parts], axis)


def _padded(call: Call, x: Any, pad: Sequence[int], value: Number = 0) -> Value:
    """Padded with zeros, to which the number that is asked for is added outside."""
    y = _moved(call, x, pad)[0]
    if value == 0:
        return y
    inside = call.operation(torch.ones(call.value(x).shape, dtype=torch.float64), pad).numpy()
    return y + call.value((1 - inside) * value)


def _filled(call: Call, x: Any, value: Any) -> Value:
    return call.value(value).broadcast_to(call.shape)


def _zeros(call: Call, x: Any, *rest: Any, **kwargs: Any) -> Value:
    return call.filled(0)


def _ones(call: Call, x: Any, *rest: Any, **kwargs: Any) -> Value:
    return call.filled(1)


def _full(call: Call, x: Any, value: Any, *rest: Any, **kwargs: Any) -> Value:
    return call.filled(value)


def _copied(call: Call, x: Any, source: Any, non_blocking: bool = False) -> Value:
    return call.value(source).broadcast_to(call.shape)


RESHAPED = ("view", "_unsafe_view", "reshape", "_reshape_alias", "unsqueeze", "squeeze", "flatten", "unflatten")
SAME = (
    "clone",
    "alias",
    "contiguous",
    "lift_fresh",
    "lift",
    "_to_copy",
    "to",
    "view_as",
    "lift_fresh_copy",
    "nan_to_num",
)
MOVED = (
    *("slice", "select", "diagonal", "flip", "roll", "rot90", "repeat", "unfold", "index", "index_select", "gather"),
    *("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes", "unbind", "chunk", "unsafe_chunk"),
    *("tril", "triu", "diag_embed", "take", "masked_select", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle"),
    *("reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "im2col", "block_diag"),
    *("replication_pad1d", "replication_pad2d", "replication_pad3d", "narrow"),
    *("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "take_along_dim", "native_channel_shuffle"),
    *("slice_scatter", "select_scatter", "diagonal_scatter"),
)
OPERATIONS = {
    **dict.fromkeys(RESHAPED, _reshaped),
    **dict.fromkeys(SAME, _same),
    **dict.fromkeys(MOVED, _moved_data),
    "_pack_padded_sequence": _packed,
    "_pad_packed_sequence": _unpacked,
    "detach": _held,
    "expand": _expanded,
    "permute": _permuted,
    "transpose": _transposed,
    "t": _swapped,
    "numpy_T": _swapped,
    "cat": _cat,
    "stack": _stack,
    "constant_pad_nd": _padded,
    "fill": _filled,
    "zero": _zeros,
    "zeros_like": _zeros,
    "empty_like": _zeros,
    "new_zeros": _zeros,
    "new_empty": _zeros,
    "ones_like": _ones,
    "new_ones": _ones,
    "full_like": _full,
    "copy": _copied,
}
EXACT = tuple(OPERATIONS)
