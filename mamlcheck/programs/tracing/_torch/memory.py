"""What tensors hold, as values of a program: also after operations that write in place, and through views.

A tensor is a window on a storage, and a write through one window is seen through all others. So each storage counts
its writes; a tensor that was looked at before the last of them is read anew, from the whole storage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mamlcheck.arithmetic.arrays import Integers
from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.tracing import CannotBeTraced


@dataclass(frozen=True)
class Unknown:
    """What cannot be put down as a value. It is no error before the loss depends on it."""

    error: CannotBeTraced


Held = Value | Unknown


@dataclass(eq=False)
class _Storage:
    """What a storage holds: what was first put there through a tensor, or, after writes, all of it."""

    first: Integers
    value: Held
    size: int
    writes: int = 0


class Memory:
    """What the tensors hold that an operation has been seen to make. Other tensors are data."""

    def __init__(self, builder: Builder):
        self._builder = builder
        self._tensors: dict[int, tuple[torch.Tensor, Held, int]] = {}  # tensors are kept, so that no id comes again
        self._storages: dict[int, _Storage] = {}

    def knows(self, tensor: torch.Tensor) -> bool:
        """Whether it holds, or shares memory with, what is known here."""
        return id(tensor) in self._tensors or _key(tensor) in self._storages

    def put(self, tensor: torch.Tensor, value: Held) -> None:
        """A tensor that an operation made, and what it holds."""
        found = self._storages.get(_key(tensor))
        if found is None:
            found = self._storages[_key(tensor)] = _Storage(_positions(tensor), value, _size(tensor))
        self._tensors[id(tensor)] = (tensor, value, found.writes)

    def read(self, tensor: torch.Tensor) -> Held:
        """What a tensor holds now."""
        found = self._storages.get(_key(tensor))
        if id(tensor) not in self._tensors:
            return self._data(tensor) if found is None else Unknown(_shared(self._builder.place))
        _, value, writes = self._tensors[id(tensor)]
        return value if found is None or writes == found.writes else self.look(tensor)

    def look(self, tensor: torch.Tensor) -> Held:
        """What a tensor holds, seen anew: after a write through another one, or when it moved over its storage."""
        whole = self._whole(self._storages[_key(tensor)])
        value = whole if isinstance(whole, Unknown) else gathered(whole, _positions(tensor))
        self.put(tensor, value)
        return value

    def write(self, tensor: torch.Tensor, value: Held) -> None:
        """Say what an operation is about to write through a tensor."""
        found = self._storages.get(_key(tensor))
        at = _positions(tensor)
        if found is None:
            self.put(tensor, self._data(tensor))
            found = self._storages[_key(tensor)]
        covered = at.size == found.size
        whole = value if covered else self._whole(found)
        if isinstance(value, Unknown) or isinstance(whole, Unknown):
            found.value = value if isinstance(value, Unknown) else whole
        elif covered:
            found.value = gathered(value, _inverse(at, found.size))
        else:
            both = self._builder.concatenated([whole, value.reshape((-1,))], 0)
            table = np.arange(found.size)
            table[at.ravel()] = found.size + np.arange(at.size)
            found.value = both.gathered(table)
        found.first = np.arange(found.size)
        found.writes += 1
        self._tensors[id(tensor)] = (tensor, value, found.writes)

    def is_written(self, tensor: torch.Tensor) -> bool:
        """Whether something was written into its storage."""
        found = self._storages.get(_key(tensor))
        return found is not None and found.writes > 0

    def _whole(self, found: _Storage) -> Held:
        """All numbers of a storage; those that nobody has put there are 0."""
        if isinstance(found.value, Unknown):
            return found.value
        return gathered(found.value, _inverse(found.first, found.size))

    def _data(self, tensor: torch.Tensor) -> Held:
        return self._builder.constant(tensor.detach().to(torch.float64).numpy())


def gathered(value: Value, table: Integers) -> Value:
    """The numbers at positions of the flat array; only in another shape, where they are all of them in order."""
    if table.size == value.size and np.array_equal(table.ravel(), np.arange(value.size)):
        return value.reshape(table.shape)
    return value.gathered(table)


def _inverse(at: Integers, size: int) -> Integers:
    """Which number lies at each position, -1 for none."""
    table = np.full(size, -1)
    table[at.ravel()] = np.arange(at.size)
    return table


def _key(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _size(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage().nbytes()) // int(tensor.element_size())


def _positions(tensor: torch.Tensor) -> Integers:
    """Where in its storage the numbers of a tensor lie."""
    at = np.full((), tensor.storage_offset())
    for length, stride in zip(tensor.shape, tensor.stride(), strict=True):
        at = at[..., None] + np.arange(length) * stride
    return at


def _shared(place: str) -> CannotBeTraced:
    return CannotBeTraced(
        f"{place}: a tensor shares memory with others, but no operation of PyTorch made it, so that what it holds is "
        "unknown: use views of PyTorch (x.view, x[...]) in place of NumPy's or of .set_()"
    )
