"""A flat direction whose parameters come in another order than the problem's: put into its order, it is recognised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question
from mamlcheck.conformance.subjects.observing import Observation

OTHER_ORDER = Cause(
    "other_order",
    "Return {name: array}, or one flat array in the order of problem.parameters.",
)


@dataclass(frozen=True)
class Order:
    """Parameters in another order than the problem's. says: which, after 'in the order of'. names: the parameters in
    this order.
    """

    says: str
    names: Callable[[Sequence[str]], list[str]]
    transposed: bool = False

    def of(self, o: Observation) -> Observation:
        """The observation with its directions in the problem's order, as if they had come in this one."""
        shapes = {name: array.shape for name, array in o.problem.parameters.items()}
        return replace(o, directions=tuple(self._put(shapes, d) for d in o.directions))

    def _put(self, shapes: Mapping[str, tuple[int, ...]], direction: np.ndarray) -> np.ndarray:
        tensors, start = dict[str, np.ndarray](), 0
        for name in self.names(list(shapes)):
            shape = shapes[name]
            size = int(np.prod(shape))
            part = direction[start : start + size]
            tensors[name] = part.reshape(shape[::-1]).T.ravel() if self.transposed else part
            start += size
        return np.concatenate([tensors[name] for name in shapes])


def other_orders() -> Iterator[Order]:
    """What libraries and people make of a dictionary of parameters; the problem's own order comes with transposed
    weights alone.
    """
    for transposed in (False, True):
        of_weights = ", each weight transposed" if transposed else ""
        if transposed:
            yield Order(f"the problem{of_weights}", list, True)
        yield Order(f"the sorted names{of_weights}", sorted, transposed)
        yield Order(f"the layers, each bias before its weight{of_weights}", _bias_first, transposed)
        yield Order(f"weights, then biases{of_weights}", lambda names: sorted(names, key=_is_bias), transposed)
        yield Order(
            f"biases, then weights{of_weights}", lambda names: sorted(names, key=lambda x: not _is_bias(x)), transposed
        )
        yield Order(f"the layers, the last one first{of_weights}", lambda names: _bias_first(names)[::-1], transposed)


def _is_bias(name: str) -> bool:
    return name.endswith("bias")


def _bias_first(names: Sequence[str]) -> list[str]:
    """Of each layer, which is what is before the last point of a name."""
    layers: dict[str, list[str]] = {}
    for name in names:
        layers.setdefault(name.rpartition(".")[0], []).append(name)
    return [name for layer in layers.values() for name in sorted(layer, key=lambda x: not _is_bias(x))]


def in_another_order(question: Question) -> Order | None:
    """The order in which the observations come near to something known, where in the problem's they do not."""
    if question.fits[0].residual <= TELLING_SHARE:
        return None
    near: list[tuple[float, Order]] = []
    for order in other_orders():
        seen: Sequence[Observation] = [order.of(o) for o in question.seen]
        near.append((question.of(seen).fits[0].residual, order))
    residual, best = min(near, key=lambda one: one[0])
    return best if residual <= TELLING_SHARE else None
