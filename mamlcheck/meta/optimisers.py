"""Optimisers of the inner steps, each once, over an arithmetic, and back through them.

An optimiser makes of a gradient g_k and of its state what a step subtracts, w_{k+1} = w_k - rate * d_k, and a new
state. `back` is the transpose of that map's derivative: from the derivatives of a result by d_k and by the new state,
those by g_k and by the old state. So an outer gradient is pulled back through steps of any optimiser with
Hessian-vector products alone. The formulas are those of PyTorch (torch.optim.SGD with momentum, RMSprop, Adam), with
its defaults; optax has the same Adam. All of them are elementwise, on arrays (..., B, n).

Where a component of the gradient is exactly 0 in every step so far, RMSprop and Adam do not move it: 0 / (0 + eps). The
way back divides by the root of its mean square there, so that it is undefined, as it is in PyTorch, which gives NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.meta.algorithms import Product, along

State = tuple[Numbers, ...]  # arrays of the gradient's shape; empty before the first step


@dataclass(frozen=True)
class Tried:
    """A number of an algorithm's own. values: those in use, the default first. searched: whether others are likely, so
    that one which fits is searched for.
    """

    values: tuple[float, ...]
    searched: bool = False


class Optimiser(Protocol):
    """What makes steps of gradients, a dataclass of its numbers. count: the number of steps taken with the state so
    far, this one included. TRIED: each of its numbers.
    """

    TRIED: ClassVar[dict[str, Tried]]
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def step(self, ar: DirectionArithmetic, count: int, state: State, g: Numbers) -> tuple[Numbers, State]:
        """What a step subtracts, before it is multiplied by the rate, and the new state."""

    def back(
        self, ar: DirectionArithmetic, count: int, state: State, g: Numbers, by_step: Numbers, by_state: State
    ) -> tuple[Numbers, State]:
        """The derivatives of a result by g and by the old state, from those by what `step` gave.

        state, g: what `step` was given. by_state: empty, where the result does not depend on the new state.
        """


@dataclass(frozen=True)
class Momentum:
    """d = m' = momentum * m + g, which begins as g (Polyak 1964; torch.optim.SGD, without dampening).

    With nesterov = 1 the step looks ahead, d = g + momentum * m', as torch.optim.SGD and optax.sgd have Nesterov's.
    """

    momentum: float = 0.9
    nesterov: float = 0

    TRIED: ClassVar[dict[str, Tried]] = {
        "momentum": Tried((0.9, 0.5, 0.8, 0.95, 0.99), searched=True),
        "nesterov": Tried((0, 1)),
    }

    def step(self, ar: DirectionArithmetic, count: int, state: State, g: Numbers) -> tuple[Numbers, State]:
        average = g + number(ar, self.momentum) * state[0] if state else g
        return g + number(ar, self.momentum) * average if self.nesterov else average, (average,)

    def back(
        self, ar: DirectionArithmetic, count: int, state: State, g: Numbers, by_step: Numbers, by_state: State
    ) -> tuple[Numbers, State]:
        by_average = number(ar, self.momentum) * by_step if self.nesterov else by_step
        by_average = by_average + by_state[0] if by_state else by_average
        by_g = by_average + by_step if self.nesterov else by_average
        return by_g, ((number(ar, self.momentum) * by_average,) if state else ())


@dataclass(frozen=True)
class RMSprop:
    """d = g / (sqrt(v') + eps) with v' = smoothing * v + (1 - smoothing) g^2 (Hinton 2012; torch.optim.RMSprop).

    With eps_in_root = 1 eps is added under the root, as optax.rmsprop has it.
    """

    smoothing: float = 0.99
    eps: float = 1e-8
    eps_in_root: float = 0

    TRIED: ClassVar[dict[str, Tried]] = {
        "smoothing": Tried((0.99, 0.9, 0.95, 0.999)),
        "eps": Tried((1e-8, 1e-7, 1e-5, 1e-10)),
        "eps_in_root": Tried((0, 1)),
    }

    def step(self, ar: DirectionArithmetic, count: int, state: State, g: Numbers) -> tuple[Numbers, State]:
        squares = self._squares(ar, state, g)
        _, divisor = self._root(ar, squares)
        return g / divisor, (squares,)

    def _root(self, ar: DirectionArithmetic, squares: Numbers) -> tuple[Numbers, Numbers]:
        """The root, and what a gradient is divided by."""
        eps = number(ar, self.eps)
        root = ar.sqrt(squares + eps if self.eps_in_root else squares)
        return root, root if self.eps_in_root else root + eps

    def _squares(self, ar: DirectionArithmetic, state: State, g: Numbers) -> Numbers:
        return averaged(ar, self.smoothing, state[:1], ar.square(g))

    def back(
        self, ar: DirectionArithmetic, count: int, state: State, g: Numbers, by_step: Numbers, by_state: State
    ) -> tuple[Numbers, State]:
        root, divisor = self._root(ar, self._squares(ar, state, g))
        by_squares = -by_step * g / (ar.square(divisor) * 2 * root)
        if by_state:
            by_squares = by_squares + by_state[0]
        by_g = by_step / divisor + share_of_new(ar, self.smoothing) * by_squares * 2 * g
        return by_g, ((number(ar, self.smoothing) * by_squares,) if state else ())


@dataclass(frozen=True)
class Adagrad:
    """d = g / (sqrt(v') + eps) with v' = v + g^2 (Duchi, Hazan, Singer, JMLR 2011; torch.optim.Adagrad)."""

    eps: float = 1e-10

    TRIED: ClassVar[dict[str, Tried]] = {"eps": Tried((1e-10, 1e-8, 1e-7))}

    def step(self, ar: DirectionArithmetic, count: int, state: State, g: Numbers) -> tuple[Numbers, State]:
        squares = self._squares(ar, state, g)
        return g / (ar.sqrt(squares) + number(ar, self.eps)), (squares,)

    def _squares(self, ar: DirectionArithmetic, state: State, g: Numbers) -> Numbers:
        return state[0] + ar.square(g) if state else ar.square(g)

    def back(
        self, ar: DirectionArithmetic, count: int, state: State, g: Numbers, by_step: Numbers, by_state: State
    ) -> tuple[Numbers, State]:
        root = ar.sqrt(self._squares(ar, state, g))
        divisor = root + number(ar, self.eps)
        by_squares = -by_step * g / (ar.square(divisor) * 2 * root)
        if by_state:
            by_squares = by_squares + by_state[0]
        return by_step / divisor + by_squares * 2 * g, ((by_squares,) if state else ())


@dataclass(frozen=True)
class Adam:
    """d = m^ / (sqrt(v^) + eps) (Kingma and Ba, ICLR 2015, Algorithm 1; torch.optim.Adam, optax.adam).

    m' = beta1 m + (1 - beta1) g and v' = beta2 v + (1 - beta2) g^2 begin at 0, and are corrected for that:
    m^ = m' / (1 - beta1^k), v^ = v' / (1 - beta2^k) in step k. With eps_hat = 1, eps is added to the root before that
    is corrected, as at the end of section 2: so have TensorFlow, Keras, and `higher` it. With uncorrected = 1 the
    averages are not corrected for their start.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    eps_hat: float = 0
    uncorrected: float = 0

    TRIED: ClassVar[dict[str, Tried]] = {
        "beta1": Tried((0.9, 0.0, 0.5, 0.95, 0.99)),
        "beta2": Tried((0.999, 0.99, 0.9, 0.95)),
        "eps": Tried((1e-8, 1e-7, 1e-5, 1e-10, 1e-3)),
        "eps_hat": Tried((0, 1)),
        "uncorrected": Tried((0, 1)),
    }

    def step(self, ar: DirectionArithmetic, count: int, state: State, g: Numbers) -> tuple[Numbers, State]:
        means, squares = self._averages(ar, state, g)
        first, second = self._corrections(ar, count)
        divisor = ar.sqrt(squares / second) + self._eps(ar, second)
        return means / first / divisor, (means, squares)

    def _corrections(self, ar: DirectionArithmetic, count: int) -> tuple[Numbers, Numbers]:
        """What both averages are divided by in a step."""
        if self.uncorrected:
            return number(ar, 1), number(ar, 1)
        return corrected(ar, self.beta1, count), corrected(ar, self.beta2, count)

    def _eps(self, ar: DirectionArithmetic, second: Numbers) -> Numbers:
        eps = number(ar, self.eps)
        return eps / ar.sqrt(second) if self.eps_hat else eps

    def _averages(self, ar: DirectionArithmetic, state: State, g: Numbers) -> State:
        return averaged(ar, self.beta1, state[:1], g), averaged(ar, self.beta2, state[1:], ar.square(g))

    def back(
        self, ar: DirectionArithmetic, count: int, state: State, g: Numbers, by_step: Numbers, by_state: State
    ) -> tuple[Numbers, State]:
        means, squares = self._averages(ar, state, g)
        first, second = self._corrections(ar, count)
        root = ar.sqrt(squares / second)
        divisor = root + self._eps(ar, second)
        by_means = by_step / first / divisor
        by_squares = -by_step * means / (first * ar.square(divisor) * 2 * root * second)
        if by_state:
            by_means, by_squares = by_means + by_state[0], by_squares + by_state[1]
        by_g = share_of_new(ar, self.beta1) * by_means + share_of_new(ar, self.beta2) * by_squares * 2 * g
        earlier = (number(ar, self.beta1) * by_means, number(ar, self.beta2) * by_squares) if state else ()
        return by_g, earlier


def number(ar: DirectionArithmetic, value: float) -> Numbers:
    """An exact number, as (1, 1)."""
    return ar.exact([[value]])


def averaged(ar: DirectionArithmetic, share: float, before: State, new: Numbers) -> Numbers:
    """A running average that begins at 0: share * before + (1 - share) * new."""
    fresh = share_of_new(ar, share) * new
    return fresh + number(ar, share) * before[0] if before else fresh


def share_of_new(ar: DirectionArithmetic, share: float) -> Numbers:
    """1 - share, in this arithmetic: its rounding is a thousand units of a share such as 0.999."""
    return 1 - number(ar, share)


def corrected(ar: DirectionArithmetic, share: float, count: int) -> Numbers:
    """1 - share^count: what the weights of a running average that began at 0 add up to."""
    power = number(ar, share)
    for _ in range(count - 1):
        power = power * number(ar, share)
    return 1 - power


# -- inner steps and back --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class OptimisedSteps:
    """The tasks at the points w_0, ..., w_K of K inner steps, with the gradients of the steps and the states before
    each step and after the last. taken: the number of steps that the first state comes from. moved: as in `InnerSteps`.
    """

    points: tuple[Any, ...]
    gradients: tuple[Numbers, ...]
    states: tuple[State, ...]
    taken: int = 0
    moved: tuple[Numbers, ...] = ()

    @property
    def end(self) -> Any:
        """The tasks at the adapted parameters w_K."""
        return self.points[-1]

    @property
    def state(self) -> tuple[int, State]:
        """The number of steps that the optimiser has taken, and its state, at the end."""
        return self.taken + len(self.gradients), self.states[-1]


def optimised_steps(
    ar: DirectionArithmetic,
    optimiser: Optimiser,
    tasks: Any,
    w: Numbers,
    rate: Numbers,
    batch: Any,
    steps: int,
    carried: tuple[int, State] = (0, ()),
    moved: Sequence[Numbers] = (),
) -> OptimisedSteps:
    """K steps w_{k+1} = w_k - rate * m_k d_k from w, with m_k of `moved`, else 1.

    carried: how many steps the optimiser took before, and its state.
    """
    points, gradients, states = [tasks.at(w)], list[Numbers](), [carried[1]]
    for k in range(steps):
        here = points[-1]
        gradients.append(here.gradient(batch))
        move, state = optimiser.step(ar, carried[0] + k + 1, states[-1], gradients[-1])
        points.append(tasks.at(here.w - rate * along(moved, k, move)))
        states.append(state)
    return OptimisedSteps(tuple(points), tuple(gradients), tuple(states), carried[0], tuple(moved))


def pulled_through(
    ar: DirectionArithmetic, optimiser: Optimiser, path: OptimisedSteps, g: Numbers, rate: Numbers, product: Product
) -> Numbers:
    """An outer gradient g pulled back through the steps of an optimiser: the derivative by w_0 of what g is that of by
    w_K. A state that was carried into the first step is a constant.
    """
    by_state: State = ()
    for k in reversed(range(len(path.gradients))):
        count = path.taken + k + 1
        by_move = -rate * along(path.moved, k, g)
        by_slope, by_state = optimiser.back(ar, count, path.states[k], path.gradients[k], by_move, by_state)
        g = g + product(path.points[k], by_slope)
    return g
