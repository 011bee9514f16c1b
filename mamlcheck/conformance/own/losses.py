"""The loss of one batch as a program of the parameters, with its gradient and H v, which are programs as well."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mamlcheck.programs.derivatives import gradient, hessian_vector
from mamlcheck.programs.program import Program
from mamlcheck.programs.tracing import Traced


@dataclass(frozen=True, eq=False)
class BatchLoss:
    """traced: the loss. names: of all parameters, whether it depends on them or not. samples: of the batch."""

    traced: Traced
    names: tuple[str, ...]
    samples: int

    @cached_property
    def gradient(self) -> Program:
        """An output for each parameter that the loss depends on, in the order of `used`."""
        return gradient(self.traced.program, self.used)

    @cached_property
    def hessian_vector(self) -> Program:
        """The same, for H v: further inputs are the parts of v."""
        return hessian_vector(self.traced.program, self.used)

    @property
    def last_layer(self) -> tuple[str, ...]:
        """The parameter that the loss comes to last, and those that stand in one place with it, as a bias does."""
        nodes, first = self.traced.program.nodes, dict[str, int]()
        for k, node in enumerate(nodes):
            for i in node.inputs:
                if nodes[i].operation == "input":
                    first.setdefault(str(nodes[i].settings[0]), k)
        place = max(first, key=lambda name: first[name]).rpartition(".")[0]
        return tuple(name for name in self.names if name.rpartition(".")[0] == place)

    @property
    def used(self) -> tuple[str, ...]:
        """The parameters that the loss depends on."""
        inputs = self.traced.program.inputs
        return tuple(name for name in self.names if name in inputs)
