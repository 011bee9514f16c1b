"""Exact one-dimensional instances on which the claims are sharp or nearly so. Each is derived in its docstring.

For a claim that has none of its own, the tightest of them all is taken.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import NotExact, rational
from mamlcheck.claims import Claim, load_claims
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.record.brackets import exact_tightness
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.family import Tasks


def spline_tasks(knots: Any, values: Any, slopes: Any, probabilities: Any = ((1,),)) -> SplineTasks:
    """1-D spline tasks in a block of one: knots and values (n, m, K), slopes (n, m), probabilities (1, n)."""
    at, heights, slope = (_exact(x)[None] for x in (knots, values, slopes))
    return SplineTasks.on_a_line(at, heights, slope, _exact(probabilities))


def _exact(values: Any) -> np.ndarray:
    raw = np.array(values, dtype=object)
    out = np.empty(raw.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in raw.reshape(-1)]
    return out


def instance(tasks: Tasks, alpha: Any, **others: Any) -> Instances:
    """A block of one instance in one dimension; points default to w = 0, u = v = 1."""
    numbers = {"w": 0, "u": 1, "v": 1} | {k: v for k, v in others.items() if k in ("w", "u", "v")}
    scalars = {"delta": 1, "phi": 1} | {k: v for k, v in others.items() if k in ("delta", "phi")}
    rest = {k: v for k, v in others.items() if k not in numbers and k not in scalars}
    return Instances(
        tasks=tasks,
        alpha=_exact([alpha]),
        **{k: _exact([[v]]) for k, v in numbers.items()},
        **{k: _exact([v]) for k, v in scalars.items()},
        **rest,
    )


def lemma_4_8() -> Instances:
    """f = -w^2 / 2, alpha = 1/L = 1: grad F(w) = 2 * -(2 w), so |grad F(w) - grad F(u)| = 4 L |w - u| exactly."""
    return instance(QuadraticTasks(_exact([[[[[-1]]]]]), _exact([[[[0]]]]), _exact([[1]])), alpha=1)


def first_moment() -> Instances:
    """Two samples with gradients +1 and -1 at w = 0, L = 1, rho = 1/2, alpha = 1, D_beta = 1: every batch norm is 1,
    so beta~ = 1/(4 + 1) while L(w) = 4: E beta~ = 0.8 / L(w) exactly, and D_beta = (2 rho alpha sigma~ / L)^2."""
    return instance(spline_tasks([[[-2, 2], [-2, 2]]], [[[-1, 1], [-1, 1]]], [[1, -1]]), alpha=1)


def second_moment() -> Instances:
    """Tasks with gradient 0 (probability 1/5) and G (4/5) at w = 0, L = alpha = 1, rho = 1/2: with g = 2 rho alpha G,
    B' = 1 asks for (4/25) g^2 <= 8, g = 7 does, and E (L(w) beta~)^2 = (48/5)^2 (1/80 + 4/605) = 1.761..."""
    knots, values = [[[-2, 2]], [[-2, 2]]], [[[-1, 1]], [[-1, 1]]]
    return instance(spline_tasks(knots, values, [[0], [7]], [["1/5", "4/5"]]), alpha=1)


def bias() -> Instances:
    """f'' = w on [-1, 1] (rho = L = 1), sample gradients +1 and -1 at w = 0, alpha = 1: the bias is
    (f'(1) + f'(-1)) / 2 = 1/2 = psi(alpha S) with psi(t) = rho t^2 / 2 and S = 1, D_in = 1."""
    return instance(spline_tasks([[[-1, 1], [-1, 1]]], [[[-1, 1], [-1, 1]]], [[1, -1]]), alpha=1)


def adapted_second_moment() -> Instances:
    """f = w^2 / 2 with samples (w -+ 1)^2 / 2, alpha = 1, w = 0: g = 0, both sides are 1 + 1 but for (1 + phi)."""
    tasks = QuadraticTasks(_exact([[[[[1]], [[1]]]]]), _exact([[[[1], [-1]]]]), _exact([[1]]))
    return instance(tasks, alpha=1, phi=Fraction(1, 64))


def theorem_4_11() -> Instances:
    """Samples of curvature -1 + 10 and -1 - 10 whose gradients at w = 0 are +1 and -1, alpha = L = 1: h = -xi, and
    E (1 - H^) h = E e xi = 10 = alpha^2 L sigma_H sigma~; the sharper form is sqrt(4 + 100), the printed one 12."""
    matrices, centres = [[[[[9]], [[-11]]]]], [[[["-1/9"], ["-1/11"]]]]
    return instance(QuadraticTasks(_exact(matrices), _exact(centres), _exact([[1]])), alpha=1)


def hf_error() -> Instances:
    """f'' = |w| on [-1, 1] (rho = 1), w = 0, v = delta = 1: H v = 0 and the difference is the mean of |t|, 1/2."""
    return instance(spline_tasks([[[-1, 0, 1]]], [[[1, 0, 1]]], [[0]]), alpha="1/2")


def sharper_4_11() -> Instances:
    """The same with curvatures -1 + 9.9 and -1 - 9.9: the left side is 9.9, the sharper form sqrt(4 + 9.9^2) = 10.1."""
    matrices, centres = [[[[["89/10"]], [["-109/10"]]]]], [[[["-10/89"], ["-10/109"]]]]
    return instance(QuadraticTasks(_exact(matrices), _exact(centres), _exact([[1]])), alpha=1)


def large_step() -> Instances:
    """f'' = -1 at 0, 1 beyond -2 and 2 (L = rho = 1), w = 0, v = 1, delta = 4: T = 4 and f'' changes by min(|t|, 2), of
    mean (2 + 4) / 4 = 3/2 = 2L - 2 L^2 / T."""
    return instance(spline_tasks([[[-2, 0, 2]]], [[[1, -1, 1]]], [[0]]), alpha="1/2", delta=4)


def one_step() -> Instances:
    """f = w^2 / 2, alpha = 1/10, B = 20, w = 1: within what one step with the step sizes of the theorems asks."""
    tasks = QuadraticTasks(_exact([[[[[1]]]]]), _exact([[[[0]]]]), _exact([[1]]))
    return instance(tasks, alpha="1/10", w=1, u=2, sizes=BatchSizes(step_tasks=20))


def one_apart(size: int, gap: Any = Fraction(1, 64)) -> Instances:
    """f'' = -1 up to w' = 0 and 1 from `gap` on, one sample of 2 D apart from the others, D_in = D; alpha = L = 1."""
    m = 2 * size
    tasks = spline_tasks([[[0, gap]] * m], [[[-1, 1]] * m], [[m - 1, *[-1] * (m - 1)]])
    return instance(tasks, alpha=1, sizes=BatchSizes(inner=size))


EXTREMES = {
    "lemma_4_8": lemma_4_8,
    "lemma_4_9.first_moment": first_moment,
    "lemma_4_9.second_moment": second_moment,
    "lemma_4_10.bias": bias,
    "lemma_4_10.second_moment": adapted_second_moment,
    "theorem_4_11": theorem_4_11,
    "hf_error": hf_error,
    "ours.lemma_4_8": lemma_4_8,
    "ours.lemma_4_9.second_moment": second_moment,
    "ours.lemma_4_10.bias": bias,
    "ours.lemma_4_10.second_moment": adapted_second_moment,
    "ours.theorem_4_11": sharper_4_11,
    "ours.hf_error.half": hf_error,
    "ours.hf_error.large_step": large_step,
}


def extreme(claim: Claim) -> Instances:
    """The instance derived for this claim; for a claim that has none, the tightest of those derived for the others.

    Raises `LookupError` where none of them says how tight the claim is.
    """
    if claim.id in EXTREMES:
        return EXTREMES[claim.id]()
    made = [*(make() for make in (*EXTREMES.values(), one_step)), one_apart(2), one_apart(3)]
    exchanged = [replace(one, w=one.u, u=one.w) for one in made]  # at w = 0 many gradients are 0
    slower = [
        replace(one, alpha=one.alpha / 16, sizes=replace(one.sizes, step_tasks=1000)) for one in (*made, *exchanged)
    ]  # what claims on a step with numbers ask for
    reached = [(share, one) for one in (*made, *exchanged, *slower) if (share := _tightness(claim, one))]
    if not reached:
        raise LookupError(f"no instance in {__file__} makes {claim.id} tight: derive one, and name it in EXTREMES")
    return max(reached, key=lambda pair: pair[0])[1]


def _tightness(claim: Claim, one: Instances) -> Fraction | None:
    """Left over right side where all hypotheses hold and both sides are positive fractions."""
    try:
        if claim.hypotheses_hold(one.on(rational)).tolist() != [1]:
            return None
    except NotExact:
        return None
    share = exact_tightness(claim, one)
    return share if share is not None and share > 0 else None


def on_instances() -> list[str]:
    """Ids of the claims about instances: those about whole runs are asked on runs that are known exactly."""
    return [claim.id for claim in load_claims() if not claim.of_runs]


__all__ = ["EXTREMES", "BatchSizes", "extreme", "instance", "on_instances", "one_step", "spline_tasks"]
