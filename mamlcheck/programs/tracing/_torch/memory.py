"""What tensors hold, as values of a program: also after operations that write in place, and through views.

A tensor is a window on a storage, and a write through one window is seen through all others. So each storage counts
its writes; a tensor that was looked at before the last of them is read anew, from the whole storage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from mamlcheck.arithmetic.arrays import Doubles, Integers
from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.masked import Masked


@dataclass(frozen=True)
class Unknown:
    """What cannot be put down as a value. It is no error before the loss depends on it."""

    error: CannotBeTraced


Held = Value | Masked | Unknown


@dataclass(eq=False)
class _Storage:
    """What a storage holds: what was first put there through a tensor, or, after writes, all of it.

    data: what is there was no operation's result when it was first written into, so that tensors that nobody has seen
    being made are windows on it like others.
    """

    first: Integers
    value: Held
    size: int
    data: bool = False
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

    def hooked(self) -> bool:
        """Whether a hook is on a tensor that was put here, which may change derivatives."""
        return any(tensor._backward_hooks for tensor, _, _ in self._tensors.values())

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
            if found is None:
                return self._data(tensor)
            return self.look(tensor) if found.data else Unknown(_shared(self._builder.place))
        _, value, writes = self._tensors[id(tensor)]
        return value if found is None or writes == found.writes else self.look(tensor)

    def look(self, tensor: torch.Tensor) -> Held:
        """What a tensor holds, seen anew: after a write through another one, or when it moved over its storage."""
        value = _picked(self._whole(self._storages[_key(tensor)]), _positions(tensor))
        self.put(tensor, value)
        return value

    def write(self, tensor: torch.Tensor, value: Held) -> None:
        """Say what an operation is about to write through a tensor."""
        found = self._storages.get(_key(tensor))
        at = _positions(tensor)
        if found is None:
            found = self._storages[_key(tensor)] = self._of_data(tensor)
        covered = at.size == found.size
        whole = value if covered else self._whole(found)
        if isinstance(value, Unknown) or isinstance(whole, Unknown):
            found.value = value if isinstance(value, Unknown) else whole
        elif covered:
            found.value = _picked(value, _inverse(at, found.size))
        else:
            table = np.arange(found.size)
            table[at.ravel()] = found.size + np.arange(at.size)
            found.value = _picked(self._joined(whole, value), table)
        found.first = np.arange(found.size)
        found.writes += 1
        self._tensors[id(tensor)] = (tensor, value, found.writes)

    def holds(self, tensor: torch.Tensor, wanted: Callable[[Held], bool]) -> bool:
        """Whether something that was put into its storage first is wanted."""
        found = self._storages.get(_key(tensor))
        return found is not None and wanted(found.value)

    def is_written(self, tensor: torch.Tensor) -> bool:
        """Whether something was written into its storage."""
        found = self._storages.get(_key(tensor))
        return found is not None and found.writes > 0

    def _whole(self, found: _Storage) -> Held:
        """All numbers of a storage; those that nobody has put there are 0."""
        return _picked(found.value, _inverse(found.first, found.size))

    def _joined(self, x: Value | Masked, y: Value | Masked) -> Value | Masked:
        """All numbers of both, one after the other."""
        if isinstance(x, Value) and isinstance(y, Value):
            return self._builder.concatenated([x.reshape((-1,)), y.reshape((-1,))], 0)
        parts = [v if isinstance(v, Masked) else Masked(v, np.zeros(v.shape, dtype=bool)) for v in (x, y)]
        finite = self._builder.concatenated([part.finite.reshape((-1,)) for part in parts], 0)
        return Masked(finite, np.concatenate([part.hidden.ravel() for part in parts]))

    def _data(self, tensor: torch.Tensor) -> Held:
        numbers = _numbers(tensor)
        hidden = np.asarray(numbers == -np.inf)
        value = self._builder.constant(np.where(hidden, 0.0, numbers))
        return Masked(value, hidden) if hidden.any() else value

    def _of_data(self, tensor: torch.Tensor) -> _Storage:
        """The storage of a tensor of data. What torch.empty leaves there may be no number; a loss does not need it."""
        size = _size(tensor)
        numbers = np.nan_to_num(_numbers(tensor.detach().as_strided((size,), (1,), 0)), posinf=0.0, neginf=0.0)
        return _Storage(np.arange(size), self._builder.constant(numbers), size, data=True)


def _picked(held: Held, table: Integers) -> Held:
    """What is held at positions."""
    if isinstance(held, Unknown):
        return held
    if isinstance(held, Value):
        return gathered(held, table)
    hidden = np.where(table < 0, False, held.hidden.ravel()[np.maximum(table, 0)])
    return Masked(gathered(held.finite, table), hidden)


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
    if tensor.layout != torch.strided:
        raise CannotBeTraced(f"tensors in the layout {tensor.layout} are not supported: use dense ones, x.to_dense()")
    return int(tensor.untyped_storage()._cdata)


def _size(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage().nbytes()) // int(tensor.element_size())


def _numbers(tensor: torch.Tensor) -> Doubles:
    numbers: Doubles = tensor.detach().to(torch.float64).numpy()
    return numbers


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
