"""The directions of MAML, FO-MAML and HF-MAML, equations (4), (5) and (8)-(11), each once, over an arithmetic.

`inner_steps`, `pulled_back`, `hessian_difference` and `task_directions` are the equations themselves. They hold for any
tasks that offer `at(w)` with `gradient(batch)`, `hessian_vector(v, batch)` and `gradient_across(move, batch)`, and for
any number of inner steps: the theory takes one, implementations take K. What a batch is, the tasks say.

The directions `maml_direction`, `fo_maml_direction` and `hf_maml_direction` are those equations on what one step of the
theory draws: B tasks and, for each, an inner, an outer and a Hessian batch, held as weights over the m samples. They
cost O(m d) a task, as Hessians enter through Hessian-vector products; `maml_direction_explicit` forms the matrices, for
reference. Points are (..., P, d), the inner rate (...), directions (..., P, d).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.meta.objective import per_point, per_task

Product = Callable[[Any, Numbers], Numbers]  # H v, from the tasks at a point and v


# -- the equations ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class InnerSteps:
    """The tasks at the points w_0, ..., w_K of K inner steps.

    moved: for each step what the rate is multiplied by, coordinate by coordinate: 0 on those that stay where they are;
    empty where that is 1 throughout.
    """

    points: tuple[Any, ...]
    moved: tuple[Numbers, ...] = ()

    @property
    def end(self) -> Any:
        """The tasks at the adapted parameters w_K."""
        return self.points[-1]

    def between(self, first: int, stop: int) -> InnerSteps:
        """The steps from w_first to w_stop alone."""
        return InnerSteps(self.points[first : stop + 1], self.moved[first:stop])


def along(moved: Sequence[Numbers], step: int, v: Numbers) -> Numbers:
    """v times what the rate of a step is multiplied by, see `InnerSteps`."""
    return moved[step] * v if moved else v


def inner_steps(
    tasks: Any, w: Numbers, rate: Numbers, batch: Any, steps: int = 1, moved: Sequence[Numbers] = ()
) -> InnerSteps:
    """K steps w_{k+1} = w_k - alpha m_k grad f_i(w_k, batch) from w, equation (4); m_k of `moved`, else 1."""
    points = [tasks.at(w)]
    for k in range(steps):
        here = points[-1]
        points.append(tasks.at(here.w - rate * along(moved, k, here.gradient(batch))))
    return InnerSteps(tuple(points), tuple(moved))


def pulled_back(path: InnerSteps, g: Numbers, rate: Numbers, product: Product) -> Numbers:
    """(I - alpha H(w_0) m_0) ... (I - alpha H(w_{K-1}) m_{K-1}) g: an outer gradient g pulled back through the inner
    steps, with m_k of `InnerSteps.moved`, else 1: the transpose of the derivative of w - alpha m_k grad f_i(w).

    With one step and its Hessian this is the factor of equation (5); with a difference of gradients for H v, that of
    equation (10).
    """
    for k, start in reversed(list(enumerate(path.points[:-1]))):
        g = g - rate * product(start, along(path.moved, k, g))
    return g


def hessian_difference(ar: DirectionArithmetic, start: Any, v: Numbers, delta: Numbers, batch: Any = None) -> Numbers:
    """[grad f_i(w + delta v, batch) - grad f_i(w - delta v, batch)] / (2 delta), equation (9), for the tasks `start` at
    w; exactly 0 for v exactly 0.
    """
    change: Numbers = start.gradient_across(delta * v, batch)
    return change / (2 * delta)


def difference_reach(ar: Arithmetic, factor: Numbers, hessian_lipschitz: Numbers, alpha: Numbers) -> Numbers:
    """eta / (rho alpha) (...): delta |v| of the rule delta = eta / (rho alpha |v|), printed with eta = 1/6.

    Raises `InputError` for rho = 0 and for alpha = 0, where it is infinite.
    """
    scale = hessian_lipschitz * alpha
    if (ar.less_equal(scale, ar.exact(0)) != 0).any():
        raise InputError(
            "delta = eta / (rho alpha |v|) is infinite for rho = 0 or alpha = 0: where rho = 0, give a larger rho, "
            "which is right as well; where alpha = 0, HF-MAML is FO-MAML"
        )
    return factor / scale


def hessian_difference_within(ar: Arithmetic, start: Any, v: Numbers, reach: Numbers, batch: Any = None) -> Numbers:
    """`hessian_difference` with delta = reach / |v|: the gradients are those at w + reach e and w - reach e, e = v/|v|.

    By delta = reach / |v| it is |v| times the difference along e, so that no enclosure is lost where |v| cannot be told
    from 0: there all that is known is that e is in the cube [-1, 1]^d. Exactly 0 for v exactly 0. reach (..., 1) > 0.
    """
    norms = ar.norm(v)
    positive = ar.lower(norms) > 0
    undecided = ~positive & (ar.upper(norms) != 0)
    e = v / (norms + ar.exact((~positive).astype(np.float64)))[..., None]
    if undecided.any():
        inside = np.where(undecided, 1.0, 0.0)[..., None]
        e = e * ar.exact(positive.astype(np.float64))[..., None] + ar.between(-inside, inside)
    return hessian_difference(ar, start, e, reach, batch) * norms[..., None]


def task_directions(
    tasks: Any,
    w: Numbers,
    rate: Numbers,
    inner: Any,
    outer: Any,
    product: Product | None,
    steps: int = 1,
) -> Numbers:
    """For each task grad f_i(w_K, outer), pulled back through the inner steps: what an algorithm's direction averages.

    product: the Hessian's product with a vector in equation (5), a difference in its place in equation (10), and None
    in equation (8), where nothing is pulled back.
    """
    path = inner_steps(tasks, w, rate, inner, steps)
    g = path.end.gradient(outer)
    return g if product is None else pulled_back(path, g, rate, product)


# -- the algorithms of the theory ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class TaskBatches:
    """What one step draws: `tasks`, B indices, and for each its batches, weights (..., B, m) summing to 1.

    `hessian` may be left out by algorithms that have no Hessian batch (FO-MAML).
    """

    tasks: list[int]
    inner: Numbers
    outer: Numbers
    hessian: Numbers | None = None

    def __post_init__(self) -> None:
        if not self.tasks:
            raise InputError("a step needs at least one task: give B >= 1 task indices")


def _direction(
    ar: Arithmetic, tasks: Any, alpha: Numbers, w: Numbers, batches: TaskBatches, product: Product | None
) -> Numbers:
    """The mean over the drawn tasks of their directions."""
    inner, outer = batches.inner[..., None, :], batches.outer[..., None, :]
    drawn = tasks.select(batches.tasks)
    return ar.mean(task_directions(drawn, per_task(w), per_point(alpha), inner, outer, product), -3)


def maml_direction(ar: Arithmetic, tasks: Any, alpha: Numbers, w: Numbers, batches: TaskBatches) -> Numbers:
    """(1/B) sum_i (I - alpha H_i(w, D_h)) grad f_i(w_i, D_o), equation (5)."""
    q = _hessian_batch(batches)
    return _direction(ar, tasks, alpha, w, batches, lambda start, v: start.hessian_vector(v, q))


def maml_direction_explicit(ar: Arithmetic, tasks: Any, alpha: Numbers, w: Numbers, batches: TaskBatches) -> Numbers:
    """Equation (5) with the Hessian matrices formed: the same direction at O(m d^2) a task, for reference."""
    q = _hessian_batch(batches)

    def product(start: Any, v: Numbers) -> Numbers:
        return ar.matvec(start.hessian(q), v[..., None, :])[..., 0, :]

    return _direction(ar, tasks, alpha, w, batches, product)


def fo_maml_direction(ar: Arithmetic, tasks: Any, alpha: Numbers, w: Numbers, batches: TaskBatches) -> Numbers:
    """(1/B) sum_i grad f_i(w_i, D_o), equation (8): MAML without the Hessian."""
    return _direction(ar, tasks, alpha, w, batches, None)


def hf_maml_direction(
    ar: Arithmetic, tasks: Any, alpha: Numbers, w: Numbers, batches: TaskBatches, delta: Numbers
) -> Numbers:
    """(1/B) sum_i [grad f_i(w_i, D_o) - alpha d_i], equations (10)-(11); `delta` (..., B, P), all positive.

    d_i = [grad f_i(w + delta_i v_i, D_h) - grad f_i(w - delta_i v_i, D_h)] / (2 delta_i), v_i = grad f_i(w_i, D_o),
    and d_i = 0 where v_i is exactly 0.
    """
    q = _hessian_batch(batches)
    return _direction(
        ar, tasks, alpha, w, batches, lambda start, v: hessian_difference(ar, start, v, delta[..., None], q)
    )


def _hessian_batch(batches: TaskBatches) -> Numbers:
    """The weights of the Hessian batches (..., B, 1, m), the same at every point."""
    if batches.hessian is None:
        raise InputError("this algorithm takes a Hessian batch for each task: give `hessian` weights (..., B, m)")
    return batches.hessian[..., None, :]


def printed_delta(ar: Arithmetic, hessian_lipschitz: Numbers, alpha: Numbers, v: Numbers) -> Numbers:
    """The printed rule delta = 1 / (6 rho alpha |v|) (..., B, P) for v (..., B, P, d); 1 where v is exactly 0.

    The rule is infinite where v = 0, rho = 0 or alpha = 0. Where v = 0 the difference is 0 whatever delta is, and 1
    is returned; for rho = 0 or alpha = 0 there is no such delta and `InputError` says so. Note that this delta keeps
    a relative error of up to 1/12 of |v| however many samples are drawn: it does not meet Theorem 4.17.
    """
    scale = hessian_lipschitz[..., None, None] * alpha[..., None, None]
    return _delta(ar, ar.exact(1), 6 * scale, v, "1 / (6 rho alpha |v|)")


def relative_delta(ar: Arithmetic, eta: Numbers, hessian_lipschitz: Numbers, alpha: Numbers, v: Numbers) -> Numbers:
    """delta = eta / (rho alpha |v|) for an eta > 0 (...), else as `printed_delta`, whose eta is 1/6.

    The error of alpha d_i is at most eta / 2 of |v|: half of rho delta |v|^2, the text under equation (9).
    """
    scale = hessian_lipschitz[..., None, None] * alpha[..., None, None]
    return _delta(ar, eta[..., None, None], scale, v, "eta / (rho alpha |v|)")


def _delta(ar: Arithmetic, above: Numbers, scale: Numbers, v: Numbers, rule: str) -> Numbers:
    """above / (scale |v|) (..., B, P), 1 where v is exactly 0. rule: what it is called where it is infinite."""
    if (ar.less_equal(scale, ar.exact(0)) != 0).any():
        raise InputError(
            f"delta = {rule} is infinite for rho = 0 or alpha = 0: for rho = 0 any delta > 0 is exact, "
            "for alpha = 0 HF-MAML is FO-MAML; give a delta of your own"
        )
    norms = ar.norm(v)
    zero = (ar.lower(norms) <= 0) & (ar.upper(norms) <= 0)
    undecided = (ar.lower(norms) <= 0) & ~zero
    if undecided.any():
        raise InputError("|v| cannot be told from 0 at this precision: use arb with more bits, or give delta yourself")
    safe = norms + ar.exact(zero.astype(np.float64))
    keep = ar.exact((~zero).astype(np.float64))
    return above / (scale * safe) * keep + ar.exact(zero.astype(np.float64))
