"""How the parameters of a model lie in one flat vector: tensor after tensor, in the order of their names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from mamlcheck.arithmetic.protocol import ModelArithmetic, Numbers

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """shapes: of the parameters by name, in order."""

    shapes: Mapping[str, Shape]

    @cached_property
    def size(self) -> int:
        """n, the number of parameters."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def slices(self) -> Iterator[tuple[str, slice]]:
        """Where each parameter tensor lies in the flat vector."""
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            yield name, slice(start, stop)
            start = stop

    def unflatten(self, w: Numbers) -> dict[str, Numbers]:
        """Flat (..., n) to {name: (..., *shape)}."""
        lead = tuple(w.shape[:-1])
        return {name: w[..., part].reshape((*lead, *self.shapes[name])) for name, part in self.slices()}

    def flatten(self, ar: ModelArithmetic, tensors: Mapping[str, Numbers]) -> Numbers:
        """{name: (..., *shape)} to flat (..., n)."""
        rows = []
        for name, shape in self.shapes.items():
            tensor = tensors[name]
            lead = tuple(tensor.shape[: len(tensor.shape) - len(shape)])
            rows.append(tensor.reshape((*lead, math.prod(shape))))
        return ar.concatenate(rows, -1)
