"""Networks of PyTorch and of JAX, by name, with what poses problems of them and what gets their gradients."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from own_defects import Gradient, Loop

from mamlcheck import own_problem
from mamlcheck.conformance.problems.problem import Problem

OF_TORCH = ("tanh", "transformer", "resnet", "lstm", "perceptron", "conv4-8", "conv4-64")
OF_JAX = ("flax", "equinox")


@dataclass(frozen=True, eq=False)
class Case:
    """A network and its tasks in one precision. right, wrong: the loops of its framework."""

    model: Any
    loss: Any
    tasks: Any
    right: Mapping[str, Loop]
    wrong: Mapping[str, Loop]
    precise: bool

    def problem(self, alpha: float, steps: int = 1, **posing: Any) -> Problem:
        """As a person poses it."""
        if hasattr(self.model, "module"):
            posing |= {"parameters": self.model.parameters}
        model = getattr(self.model, "module", self.model)
        return own_problem(model, self.loss, self.tasks, alpha=alpha, steps=steps, **posing)

    def gradient(self, loop: Loop, *args: Any) -> Any:
        """What a loop got, in the shape that it has in its framework. args: alpha, the number of steps, and so on."""
        with self._working():
            found: Gradient = loop(self.model, self.loss, self.tasks, *args)
        return self.model.tree(found) if hasattr(self.model, "tree") else found

    def _working(self) -> AbstractContextManager[object]:
        """JAX computes in double precision where that is switched on."""
        if not hasattr(self.model, "module"):
            return nullcontext()
        import jax

        switched: AbstractContextManager[object] = jax.enable_x64(self.precise)
        return switched


def case(name: str, dtype: str, **others: Any) -> Case:
    """A network by name. others: as the sizes of its tasks."""
    suffix = "_of_jax" if name in OF_JAX else ""
    net = importlib.import_module(f"own_nets{suffix}").NETS[name]
    loops = importlib.import_module(f"own_loops{suffix}")
    precision = dtype if suffix else getattr(importlib.import_module("torch"), dtype)
    model, tasks = net.posed(precision, **others)
    return Case(model, net.loss, tasks, loops.RIGHT, loops.WRONG, dtype == "float64")
