"""The theorems on whole runs, with numbers in place of every O(1): what their claims share.

A run takes T steps of the step size of Theorem 4.12, 4.15 or 4.17; K is uniform on 0, ..., T - 1, Delta = F(w) - inf F,
and sigma, sigma~, sigma_H are the bounds of Assumptions 4.5 and 4.6 at all points. With c1 and R of the algorithm,

    c1 E[|grad F(w_K)|^2 / L(w_K)] <= Delta / T + R / (4L) = gain,
    gain (Lambda + lambda eps) <= c1 eps^2  implies  E|grad F(w_K)| <= eps,

where L(w) <= Lambda + lambda |grad F(w)| in the mean, Lambda = 4L + 2 rho alpha l0 sigma and lambda = 2 rho alpha l1.
Each is straight-line code, so that proofs read it.
"""

from __future__ import annotations

from mamlcheck.arithmetic import Numbers
from mamlcheck.meta.hypotheses import Hypothesis, Inequality
from mamlcheck.meta.instance import InstanceOn


# -- what batches cost, R --------------------------------------------------------------------------------------------
def maml_cost(x: InstanceOn) -> Numbers:
    """.0353 sigma^2 / B + .0120 sigma~^2 / (B D_o) + .0040 sigma~^2 / D_in."""
    tasks = 353 * x.assumed_task_variance / (10000 * x.sizes.step_tasks)
    outer = 3 * x.assumed_gradient_variance / (250 * x.sizes.outer * x.sizes.step_tasks)
    return tasks + outer + x.assumed_gradient_variance / (250 * x.sizes.inner)


def fo_maml_cost(x: InstanceOn) -> Numbers:
    """.2034 a^2 sigma^2 + .0071 sigma^2 / B + .0029 sigma~^2 / (B D_o) + .0014 sigma~^2 / D_in, a = alpha L."""
    floor = 1017 * x.ar.square(x.alpha * x.smoothness) * x.assumed_task_variance / 5000
    tasks = 71 * x.assumed_task_variance / (10000 * x.sizes.step_tasks)
    outer = 29 * x.assumed_gradient_variance / (10000 * x.sizes.outer * x.sizes.step_tasks)
    return floor + tasks + outer + 7 * x.assumed_gradient_variance / (5000 * x.sizes.inner)


def hf_maml_cost(x: InstanceOn) -> Numbers:
    """eta^2 (.1574 sigma^2 + .0803 t^2) + (.0082 sigma^2 + .0028 t^2) / B + .0140 s^2: t, s are sigma~ by D_o, D_in."""
    outer = x.assumed_gradient_variance / x.sizes.outer
    floor = x.ar.square(x.difference_factor) * (787 * x.assumed_task_variance / 5000 + 803 * outer / 10000)
    tasks = 41 * x.assumed_task_variance / (5000 * x.sizes.step_tasks)
    inner = 7 * x.assumed_gradient_variance / (500 * x.sizes.inner)
    return floor + tasks + 7 * outer / (2500 * x.sizes.step_tasks) + inner


# -- what a run gains ------------------------------------------------------------------------------------------------
def gain(x: InstanceOn, cost: Numbers) -> Numbers:
    """Delta / T + R / (4L)."""
    return x.initial_gap / x.sizes.run_steps + cost / (4 * x.smoothness)


def growth_at_one_sixth(x: InstanceOn) -> Numbers:
    """Lambda + lambda eps for alpha <= 1/(6L): l0 = 37/25, l1 = 36/25."""
    slope = 2 * x.hessian_lipschitz * x.alpha
    return 4 * x.smoothness + slope * (37 * x.ar.sqrt(x.assumed_task_variance) + 36 * x.accuracy) / 25


def growth_at_one_tenth(x: InstanceOn) -> Numbers:
    """Lambda + lambda eps for alpha <= 1/(10L): l0 = 101/81, l1 = 100/81."""
    slope = 2 * x.hessian_lipschitz * x.alpha
    return 4 * x.smoothness + slope * (101 * x.ar.sqrt(x.assumed_task_variance) + 100 * x.accuracy) / 81


# -- hypotheses ------------------------------------------------------------------------------------------------------
# What is checked, and not what is true: the proofs do without it.
known_run = Hypothesis(
    name="known_run",
    text="a run that is known exactly: quadratic tasks of one curvature h I > 0 and rho = 0",
    says=(Inequality("the run is known", lambda x: x.ar.exact((~x.run_is_known).astype(float)), lambda x: 0),),
    found=lambda x: f"{x.given.tasks.kind} tasks",
)

enough_tasks_everywhere = Hypothesis(
    name="enough_tasks_everywhere",
    text="B' >= max(1, (rho alpha sigma / L)^2 / 2)",
    says=(
        Inequality(
            "enough tasks everywhere",
            lambda x: x.ar.square(x.hessian_lipschitz * x.alpha) * x.assumed_task_variance,
            lambda x: 2 * x.sizes.stepsize_tasks * x.ar.square(x.smoothness),
        ),
    ),
    found=lambda x: f"B' = {x.sizes.stepsize_tasks} is too few",
)

enough_samples_everywhere = Hypothesis(
    name="enough_samples_everywhere",
    text="D_beta >= max(1, (2 rho alpha sigma~ / L)^2)",
    says=(
        Inequality(
            "enough samples everywhere",
            lambda x: 4 * x.ar.square(x.hessian_lipschitz * x.alpha) * x.assumed_gradient_variance,
            lambda x: x.sizes.stepsize * x.ar.square(x.smoothness),
        ),
    ),
    found=lambda x: f"D_beta = {x.sizes.stepsize} is too few",
)

enough_hessians_everywhere = Hypothesis(
    name="enough_hessians_everywhere",
    text="D_h >= 2 alpha^2 sigma_H^2",
    says=(
        Inequality(
            "enough Hessians everywhere",
            lambda x: 2 * x.ar.square(x.alpha) * x.assumed_hessian_variance,
            lambda x: x.sizes.hessian,
        ),
    ),
    found=lambda x: f"D_h = {x.sizes.hessian} is too few",
)


def _reaches(name: str, says: Inequality) -> Hypothesis:
    return Hypothesis(
        name=name,
        text="(Delta / T + R / (4L)) (Lambda + lambda eps) <= c1 eps^2",
        says=(says,),
        found=lambda x: f"T = {x.sizes.run_steps:,} and these batches are too few",
    )


maml_reaches = _reaches(
    "maml_reaches",
    Inequality(
        "eps is reached",
        lambda x: gain(x, maml_cost(x)) * growth_at_one_sixth(x),
        lambda x: x.ar.square(x.accuracy) / 21,
    ),
)

fo_maml_reaches = _reaches(
    "fo_maml_reaches",
    Inequality(
        "eps is reached",
        lambda x: gain(x, fo_maml_cost(x)) * growth_at_one_tenth(x),
        lambda x: x.ar.square(x.accuracy) / 49,
    ),
)

hf_maml_reaches = _reaches(
    "hf_maml_reaches",
    Inequality(
        "eps is reached",
        lambda x: gain(x, hf_maml_cost(x)) * growth_at_one_sixth(x),
        lambda x: x.ar.square(x.accuracy) / 42,
    ),
)


# -- the corollaries: sizes that are enough --------------------------------------------------------------------------
# With M_0 = (Lambda + lambda eps) / (4L); each inequality is multiplied by what it is divided by in its text.
def _enough(name: str, text: str, *says: Inequality) -> Hypothesis:
    return Hypothesis(name=name, text=text, says=says, found=lambda x: "too few tasks, samples or steps for this eps")


def _square(x: InstanceOn) -> Numbers:
    """4L eps^2."""
    return 4 * x.smoothness * x.ar.square(x.accuracy)


enough_for_maml = _enough(
    "enough_for_maml",
    "B >= 3 M_0 sigma^2 / eps^2, D_in and B D_o >= 1.35 M_0 sigma~^2 / eps^2, T >= 168 M_0 L Delta / eps^2",
    Inequality(
        "enough tasks for eps",
        lambda x: 3 * growth_at_one_sixth(x) * x.assumed_task_variance,
        lambda x: x.sizes.step_tasks * _square(x),
    ),
    Inequality(
        "enough inner samples for eps",
        lambda x: 27 * growth_at_one_sixth(x) * x.assumed_gradient_variance / 20,
        lambda x: x.sizes.inner * _square(x),
    ),
    Inequality(
        "enough outer samples for eps",
        lambda x: 27 * growth_at_one_sixth(x) * x.assumed_gradient_variance / 20,
        lambda x: x.sizes.step_tasks * x.sizes.outer * _square(x),
    ),
    Inequality(
        "enough steps for eps",
        lambda x: 168 * growth_at_one_sixth(x) * x.smoothness * x.initial_gap,
        lambda x: x.sizes.run_steps * _square(x),
    ),
)


def _floor(x: InstanceOn) -> Numbers:
    """(alpha L sigma)^2."""
    return x.ar.square(x.alpha * x.smoothness) * x.assumed_task_variance


enough_for_fo_maml = _enough(
    "enough_for_fo_maml",
    "eps >= 4.6 sqrt(M_0) alpha L sigma, B >= 1 / (alpha L)^2, D_in and B D_o >= sigma~^2 / (alpha L sigma)^2, "
    "T >= 19 L Delta / (alpha L sigma)^2",
    Inequality("eps is above the floor", lambda x: 529 * growth_at_one_tenth(x) * _floor(x) / 25, _square),
    Inequality(
        "enough tasks for the floor",
        lambda x: x.assumed_task_variance,
        lambda x: x.sizes.step_tasks * _floor(x),
    ),
    Inequality(
        "enough inner samples for the floor",
        lambda x: x.assumed_gradient_variance,
        lambda x: x.sizes.inner * _floor(x),
    ),
    Inequality(
        "enough outer samples for the floor",
        lambda x: x.assumed_gradient_variance,
        lambda x: x.sizes.step_tasks * x.sizes.outer * _floor(x),
    ),
    Inequality(
        "enough steps for the floor",
        lambda x: 19 * x.smoothness * x.initial_gap,
        lambda x: x.sizes.run_steps * _floor(x),
    ),
)


def _missed(x: InstanceOn) -> Numbers:
    """eta^2 (27 sigma^2 + 14 sigma~^2 / D_o)."""
    spread = 27 * x.assumed_task_variance + 14 * x.assumed_gradient_variance / x.sizes.outer
    return x.ar.square(x.difference_factor) * spread


enough_for_hf_maml = _enough(
    "enough_for_hf_maml",
    "eta^2 M_0 (27 sigma^2 + 14 sigma~^2 / D_o) <= eps^2, B >= 4.3 M_0 sigma^2 / eps^2, D_in and B D_o >= 4.3 M_0 "
    "sigma~^2 / eps^2, T >= 336 M_0 L Delta / eps^2",
    Inequality("eta is small enough", lambda x: growth_at_one_sixth(x) * _missed(x), _square),
    Inequality(
        "enough tasks for eps",
        lambda x: 43 * growth_at_one_sixth(x) * x.assumed_task_variance / 10,
        lambda x: x.sizes.step_tasks * _square(x),
    ),
    Inequality(
        "enough inner samples for eps",
        lambda x: 43 * growth_at_one_sixth(x) * x.assumed_gradient_variance / 10,
        lambda x: x.sizes.inner * _square(x),
    ),
    Inequality(
        "enough outer samples for eps",
        lambda x: 43 * growth_at_one_sixth(x) * x.assumed_gradient_variance / 10,
        lambda x: x.sizes.step_tasks * x.sizes.outer * _square(x),
    ),
    Inequality(
        "enough steps for eps",
        lambda x: 336 * growth_at_one_sixth(x) * x.smoothness * x.initial_gap,
        lambda x: x.sizes.run_steps * _square(x),
    ),
)
