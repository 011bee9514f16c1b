"""Instances in one arithmetic: the quantities that claims are written in, as far as they rest on no deviation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import kept, read_only
from mamlcheck.errors import InputError, TooManyBatches
from mamlcheck.meta.directions import (
    AtRest,
    DifferenceRule,
    Directions,
    FirstOrder,
    FullHessianFree,
    HessianFree,
    NoisySteps,
    SecondOrder,
)
from mamlcheck.meta.exact_run import FACTORS, ExactRun, common_curvatures
from mamlcheck.meta.expectation import Batches, multiset_count, multisets
from mamlcheck.meta.given import Given
from mamlcheck.meta.objective import InnerStep
from mamlcheck.meta.reach import (
    MOST_LISTED,
    MOST_POINT_NUMBERS,
    MOST_POINT_OBJECTS,
    batches_in_reach,
    check_pairs,
    few_drawn,
    inner_in_reach,
    pairs_in_reach,
)
from mamlcheck.meta.reciprocal import reciprocal_moments
from mamlcheck.meta.several_steps import SeveralSteps
from mamlcheck.meta.variables import Listed, array_names, sizes
from mamlcheck.tasks.family import TasksAt, TasksOn

MOST_EXACT_MULTISETS = 256  # of step sizes that are summed in exact fractions, whose denominators multiply
ARRAY_NAMES = array_names()
OF_THE_FIXED_TASK = frozenset(v.name for v in sizes() if v.listed is Listed.AFTER_A_STEP_OF_THE_FIXED_TASK)


class Evaluation:
    """Instances in one arithmetic, and what claims need of them whichever deviations they are judged with.

    Each quantity is computed when first asked for, and once. What rests on deviations has no place here: both forms of
    a claim share an evaluation.
    """

    def __init__(self, instances: Given, ar: Arithmetic):
        self.given = instances
        self.ar = ar
        self.sizes = instances.sizes
        self.decided: dict[Any, np.ndarray] = {}  # what was decided on the exact numbers alone, by inequality
        self._several: dict[int, SeveralSteps] = {}
        self._some: dict[tuple[tuple[int, ...], Arithmetic], Evaluation] = {}
        self.by_moments: dict[tuple[int, ...], Evaluation] = {}  # of some, with what `meta.beyond` knows

    def alone(self, k: int, ar: Arithmetic) -> Evaluation:
        """Instance k of a block by itself in another arithmetic: made once, so that claims share its work too."""
        return self.some((k,), ar)

    def some(self, chosen: tuple[int, ...], ar: Arithmetic) -> Evaluation:
        """Instances of a block by themselves in another arithmetic: made once, so that claims share its work too."""
        if (chosen, ar) not in self._some:
            given = self.given if chosen == tuple(range(len(self.given.alpha))) else self.given[list(chosen)]
            self._some[chosen, ar] = Evaluation(given, ar)
        return self._some[chosen, ar]

    # -- the numbers -----------------------------------------------------------------------------------------------
    @kept
    def tasks(self) -> TasksOn:
        return self.given.tasks.on(self.ar)

    def __getattr__(self, name: str) -> Numbers:
        """A declared variable in this arithmetic: a number (...), a point or a direction (..., d)."""
        if hasattr(type(self), name):  # a quantity whose formula asked for what is not there: let that error be seen
            quantity: Numbers = getattr(type(self), name).__get__(self)
            return quantity
        if name not in ARRAY_NAMES:
            raise AttributeError(f"instances have no quantity and no variable {name!r}")
        value = read_only(self.ar.exact(self.given.number(name)))
        self.__dict__[name] = value  # found before this method from now on
        return value

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *ARRAY_NAMES]

    # -- the tasks at the points -----------------------------------------------------------------------------------
    @kept
    def at_both(self) -> InnerStep:
        """The inner step from w and from u: points axis 0 is w, 1 is u."""
        return InnerStep(self.ar, self.tasks, self.alpha, self.ar.stack([self.w, self.u], -2))

    @kept
    def at_w(self) -> InnerStep:
        """The inner step from w alone."""
        return InnerStep(self.ar, self.tasks, self.alpha, self.w[..., None, :])

    def inner_steps(self, steps: int) -> SeveralSteps:
        """N inner steps from w and from u, whose meta-objective is F_N: points axis 0 is w, 1 is u."""
        if steps not in self._several:
            self._several[steps] = SeveralSteps(self.ar, self.tasks, self.alpha, self.at_both.w[..., 0, :, :], steps)
        return self._several[steps]

    @kept
    def fixed_task(self) -> InnerStep:
        """The inner step from w of the fixed task i (n = 1)."""
        alone = self.given.tasks.alone(self.given.task).on(self.ar)
        return InnerStep(self.ar, alone, self.alpha, self.w[..., None, :])

    @property
    def dimension(self) -> Numbers:
        """d (1), of which w is a vector: the same for a whole block."""
        return self.ar.exact([self.given.tasks.d])

    @kept
    def least_curvature(self) -> Numbers:
        """mu (...): v . H_i(w) v >= mu |v|^2 for every task, w and v; the tasks' own, and -L where nothing is known."""
        return self.ar.exact(self.given.tasks.least_curvature)

    # -- batches ---------------------------------------------------------------------------------------------------
    def batches(self, role: str, of_every_task: bool = False) -> Batches:
        """All batches of a role ('inner', 'test', ...), with their probabilities.

        of_every_task: inner batches are listed for the fixed task alone, unless they are asked for all tasks. Raises
        `TooManyBatches` where they, or what is computed for them, are out of reach.
        """
        tasks, size = self.given.tasks, getattr(self.sizes, role)
        of_one = role in OF_THE_FIXED_TASK and not of_every_task
        return batches_in_reach(1 if of_one else tasks.n, tasks.m, tasks.width, size, self._most_numbers)

    @property
    def _most_numbers(self) -> int:
        """How many numbers the samples may have at the points of all batches."""
        return MOST_POINT_NUMBERS if self.ar.in_doubles else MOST_POINT_OBJECTS

    def over_batches(self, role: str, x: Numbers, axis: int) -> Numbers:
        """E over the batches of a role, along the axis that runs over them."""
        probabilities = self.batches(role).probabilities(self.ar)
        shaped = probabilities.reshape(*(-1 if k == axis else 1 for k in range(-x.ndim, 0)))
        return self.ar.weighted_sum(shaped, x, axis)

    @kept
    def noisy_adapted(self) -> TasksAt:
        """The fixed task at w_i = w - alpha grad f_i(w, D_in), one point for every inner batch (n = 1, P = K)."""
        return self.fixed_task.tasks.at(self.fixed_task.adapted + self._inner_noise)

    @kept
    def _inner_noise(self) -> Numbers:
        """w_i - w_i' = -alpha (grad f_i(w, D_in) - grad f_i(w)) (..., 1, K, d)."""
        step = self.fixed_task
        noise: Numbers = step.start.gradient_deviation(self.batches("inner").deviations(self.ar))
        return -(step.alpha * noise)

    @kept
    def noisy_gradient_change(self) -> Numbers:
        """grad f_i(w_i) - grad f_i(w_i') (..., 1, K, d), exactly 0 where the noise is."""
        change: Numbers = self.fixed_task.end.gradient_change(self._inner_noise)
        return change

    @kept
    def noisy_gradient_bias(self) -> Numbers:
        """E grad f_i(w_i, D_o) - grad f_i(w_i') (..., d): D_o is independent of w_i and unbiased (tower).

        The noise has mean 0 exactly, so what is linear in it is left out: a quadratic has exactly no bias.
        """
        bend = self.fixed_task.end.gradient_bend(self._inner_noise)
        return self.over_batches("inner", bend, -2)[..., 0, :]

    @kept
    def stochastic_meta_gradient_error(self) -> Numbers:
        """grad F^(w) - grad F(w) (..., d), over the batches D_test."""
        return self.at_w.stochastic_meta_gradient_error(self.batches("test"))[..., 0, :]

    @kept
    def hessian_difference_error(self) -> Numbers:
        """H_i(w) v minus the difference quotient of equation (9) (..., d), for the fixed task; 0 where H_i is constant.

        With B(s) = grad f_i(w + s) - grad f_i(w) - H_i(w) s it is (B(-delta v) - B(delta v)) / (2 delta): what is
        linear in the step is left out, instead of being computed twice and subtracted.
        """
        start, delta = self.fixed_task.start, self.delta[..., None, None, None]
        step = delta * self.v[..., None, None, :]
        bends: Numbers = start.gradient_bend(-step) - start.gradient_bend(step)
        return (bends / (2 * delta))[..., 0, 0, :]

    @kept
    def noisy_gradient_second_moment(self) -> Numbers:
        """E |grad f_i(w_i, D_o)|^2 (...) = E |grad f_i(w_i)|^2 + E sigma~_i(w_i)^2 / D_o (i.i.d. draws given w_i)."""
        squares = self.ar.squared_norm(self.noisy_adapted.gradient())
        mean = self.over_batches("inner", squares, -1)[..., 0]
        outer: Numbers = mean + self.noisy_gradient_variance / self.sizes.outer
        return outer

    @kept
    def noisy_gradient_excess(self) -> Numbers:
        """E |grad f_i(w_i, D_o)|^2 - |g|^2 - E sigma~_i(w_i)^2 / D_o (...), exactly 0 where there is no noise.

        With g = grad f_i(w_i') and e = grad f_i(w_i) - g it is 2 g . E e + E |e|^2.
        """
        g = self.fixed_task.adapted_gradient[..., 0, 0, :]
        cross = 2 * self.ar.sum(g * self.noisy_gradient_bias, -1)
        moved: Numbers = self.over_batches("inner", self.ar.squared_norm(self.noisy_gradient_change), -1)[..., 0]
        return cross + moved

    @kept
    def noisy_gradient_variance(self) -> Numbers:
        """E sigma~_i(w_i)^2 over the inner batches (...)."""
        return self.over_batches("inner", self.noisy_adapted.gradient_variance(), -1)[..., 0]

    @kept
    def stepsize_moments(self) -> tuple[Numbers, Numbers]:
        """(E beta~, E beta~^2) (...), over B' tasks and their batches D_beta; beta~ = 1 / L~(w), Lemma 4.9."""
        ar, start, size = self.ar, self.at_w.start, self.sizes.stepsize
        if few_drawn(start.m, size) and multiset_count(start.m, size) <= MOST_LISTED:
            batches = multisets(start.m, size, MOST_LISTED)
            norms = ar.norm(start.gradient_of_drawn(batches.drawn))
        else:
            batches = self.batches("stepsize")
            norms = ar.norm(start.gradient(batches.weights(ar)))
        scale = 2 * self.hessian_lipschitz * self.alpha
        atoms = norms.shape[-2] * norms.shape[-1]
        values = (scale[..., None, None] * norms).reshape(*norms.shape[:-2], atoms)
        joint = self.tasks.probabilities[..., None] * batches.probabilities(ar)
        probabilities = joint.reshape(*norms.shape[:-2], atoms)
        draws = self.sizes.stepsize_tasks
        first, second = reciprocal_moments(ar, 4 * self.smoothness, values, probabilities, draws, MOST_EXACT_MULTISETS)
        return first, second

    # -- directions of one step --------------------------------------------------------------------------------------
    @property
    def meta_gradient(self) -> Numbers:
        """grad F(w) (..., d)."""
        return self.at_w.meta_gradient[..., 0, :]

    @kept
    def mean_adapted_gradient(self) -> Numbers:
        """E g (..., d), g = grad f_i(w_i')."""
        return self.at_w.over_tasks(self.at_w.adapted_gradient)[..., 0, :]

    @kept
    def adapted_gradient_spread(self) -> Numbers:
        """E |g - E g|^2 (...): exactly 0 for one task."""
        return self.spread_over_tasks(self.at_w.adapted_gradient)

    def spread_over_tasks(self, x: Numbers) -> Numbers:
        """E_i |x - E_i x|^2 (...) of vectors (..., n, 1, d), one for each task: exactly 0 for equal tasks."""
        same = self.given.tasks.same_tasks
        if same.all():
            return self.ar.exact(np.zeros(self.given.shape))
        squares = self.ar.squared_norm(x - self.at_w.over_tasks(x)[..., None, :, :])
        spread: Numbers = self.ar.weighted_sum(self.tasks.probabilities[..., None], squares, -2)[..., 0]
        return spread * self.ar.exact((~same).astype(np.float64)) if same.any() else spread

    @kept
    def noisy_steps(self) -> NoisySteps:
        """The inner steps of all tasks from w, one for each inner batch."""
        differ = self.ar.exact((~self.given.tasks.same_samples).astype(np.float64))
        return NoisySteps(self.ar, self.at_w, self.batches("inner", of_every_task=True), differ)

    @kept
    def maml(self) -> SecondOrder:
        """MAML's direction of one task of one step."""
        return SecondOrder(self.noisy_steps, self.sizes.outer, self.sizes.hessian)

    @kept
    def fo_maml(self) -> FirstOrder:
        """FO-MAML's direction of one task of one step."""
        return FirstOrder(self.noisy_steps, self.sizes.outer)

    @kept
    def hf_maml(self) -> HessianFree | AtRest:
        """HF-MAML's direction of one task of one step, with delta = eta / (rho alpha |v|).

        Raises `TooManyBatches` where the pairs of an inner and an outer batch are out of reach, and some v is not 0.
        """
        tasks, inner = self.given.tasks, self.noisy_steps.batches
        try:
            outer = self.batches("outer")
            check_pairs(tasks.n, tasks.m, tasks.width, inner, outer, self._most_numbers)
        except TooManyBatches:
            if not self._may_be_at_rest or not np.all(self.ar.upper(self.fo_maml.second_moment) == 0):
                raise  # E |v|^2 > 0, or is not known to be 0; no D_o is listed for it
            return AtRest(self.noisy_steps, self.sizes.outer)
        return HessianFree(self.noisy_steps, outer, self.sizes.hessian, self.difference_rule)

    @property
    def _may_be_at_rest(self) -> bool:
        """Whether no gradient is known that an instance moves along: asked of one inner batch, which is soon done."""
        steps = self.noisy_steps
        first = self.tasks.at(self.at_w.adapted + steps.noise[..., :1, :])
        return not np.any(self.ar.lower(self.ar.norm(first.gradient())) > 0)

    @kept
    def difference_rule(self) -> DifferenceRule:
        """HF-MAML's delta = eta / (rho alpha |v|), and what bounds a difference where |v| is not known."""
        tasks = self.given.tasks
        deviation = tasks.hessian_deviation
        unknown = np.full(self.given.shape, np.inf)
        return DifferenceRule(
            self.hessian_lipschitz * self.alpha, self.difference_factor, tasks.smoothness,
            unknown if deviation is None else deviation,
        )  # fmt: skip

    @kept
    def _full_hf_maml(self) -> FullHessianFree:
        return FullHessianFree(self.at_w, self.difference_rule)

    @property
    def full_hf_maml(self) -> Numbers:
        """HF-MAML's direction with all tasks and all data (..., d)."""
        return self._full_hf_maml.mean

    @property
    def full_hf_maml_error(self) -> Numbers:
        """The same less grad F(w) (..., d)."""
        return self._full_hf_maml.error

    @property
    def inner_batches_in_reach(self) -> bool:
        """Whether all inner batches of all tasks are listed, as the moments of directions need."""
        tasks = self.given.tasks
        return inner_in_reach(tasks.n, tasks.m, tasks.width, self.sizes.inner)

    @property
    def outer_pairs_in_reach(self) -> bool:
        """Whether all pairs of an inner and an outer batch are listed, as HF-MAML's direction needs."""
        tasks = self.given.tasks
        return pairs_in_reach(tasks.n, tasks.m, tasks.width, self.sizes.inner, self.sizes.outer)

    # -- runs that are known exactly -----------------------------------------------------------------------------------
    @kept
    def run_is_known(self) -> np.ndarray:
        """Whether a whole run is known exactly (..., bool): see `ExactRun`."""
        found = common_curvatures(self.given.tasks)
        if found is None or self.given.tasks.global_deviations is None:
            return np.zeros(self.given.shape, dtype=bool)
        flat = np.asarray(self.given.hessian_lipschitz_constant) == 0
        return np.asarray((found > 0) & flat & (self.given.alpha * found < 1))

    @kept
    def maml_run(self) -> ExactRun:
        """MAML's run from w, T steps of the step size of Theorem 4.12."""
        return self._run("maml", self.maml, stretched=False)

    @kept
    def fo_maml_run(self) -> ExactRun:
        """FO-MAML's, of Theorem 4.15."""
        return self._run("fo_maml", self.fo_maml, stretched=True)

    @kept
    def hf_maml_run(self) -> ExactRun:
        """HF-MAML's, of Theorem 4.17: its differences are exact here, so that its direction is MAML's."""
        return self._run("hf_maml", self.maml, stretched=False)

    def _run(self, name: str, direction: Directions, stretched: bool) -> ExactRun:
        curvature, factor = self._common_curvature, self.ar.exact(FACTORS[name])
        stretch = 1 / (1 - self.alpha * curvature) if stretched else curvature * 0 + 1
        return ExactRun(
            self.ar, factor, curvature, self.alpha, self.smoothness, stretch, direction, self.sizes.step_tasks,
            self.sizes.run_steps,
        )  # fmt: skip

    @kept
    def _common_curvature(self) -> Numbers:
        found = common_curvatures(self.given.tasks)
        if found is None or not self.run_is_known.any():
            raise InputError("a run is known exactly for quadratic tasks of one curvature h I, rho = 0, alpha h < 1")
        return self.ar.exact(np.where(self.run_is_known, found, np.array(Fraction(1, 2), dtype=object)))

    @kept
    def initial_gap(self) -> Numbers:
        """Delta = F(w) - min F = |grad F(w)|^2 / (2 Q) (...), where a run is known exactly."""
        curvature = self._common_curvature
        bend = 2 * self.ar.square(1 - self.alpha * curvature) * curvature
        return self.ar.squared_norm(self.meta_gradient) / bend

    @property
    def smoothness_bound(self) -> Numbers:
        """L(w) = 4L + 2 rho alpha E_i |grad f_i(w)| (...)."""
        return self.at_w.smoothness_bound(self.smoothness, self.hessian_lipschitz)[..., 0]
