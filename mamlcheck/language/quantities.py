"""The quantities of an instance as terms: for each that claims are written in, what it stands for in the language.

`Quantities` has the names of `InstanceOn`. What is computed there with care (without cancellation, by quadrature, over
all batches) is said here by its definition. This is a dictionary, which is to be believed: the tests hold every entry
against what `InstanceOn` computes, on instances, in balls and in exact fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import sympy

from mamlcheck.language import directions, vocabulary
from mamlcheck.language.reading import (
    COORDINATES,
    ONE,
    POINTS,
    PROBABILITIES,
    TASKS,
    CannotBeRead,
    Reading,
    TermArithmetic,
    plain,
)
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.language.vocabulary import DRAW, ROLES, TASK, number
from mamlcheck.meta.exact_run import FACTORS
from mamlcheck.meta.variables import Shape, declared

PLAIN_NUMBERS = {v.name: v.term for v in declared() if v.shape is Shape.NUMBER}
COUNTS = {v.name: v.term for v in declared() if v.shape is Shape.COUNT}


class Quantities:
    """What `InstanceOn` computes, as terms. everywhere: deviations as bounds that hold at all points."""

    def __init__(self, language: Language, everywhere: bool = False):
        self._language = language
        self._fixed = TASK not in language.drawn
        self._everywhere = everywhere
        self.ar = TermArithmetic(language)

    def __getattr__(self, name: str) -> Any:
        """A declared variable."""
        if name in vocabulary.VECTOR_VARIABLES:
            return Reading((COORDINATES,), (self._point(name),))
        if name in PLAIN_NUMBERS:
            return Reading((), (number(self._language, PLAIN_NUMBERS[name]),))
        raise CannotBeRead(f"x.{name} is no quantity of the proofs' language")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *vocabulary.VECTOR_VARIABLES, *PLAIN_NUMBERS]

    @property
    def sizes(self) -> Sizes:
        """Sizes of batches, such as D_in, and numbers of tasks, such as B'."""
        return Sizes(self._language)

    def _point(self, name: str) -> Vector:
        return vocabulary.point(self._language, name)

    @property
    def dimension(self) -> Reading:
        """d."""
        return Reading((), (vocabulary.dimension(self._language),))

    @property
    def least_curvature(self) -> Reading:
        """mu: v . H_i(w) v >= mu |v|^2."""
        return Reading((), (vocabulary.least_curvature(self._language),))

    # -- all tasks -------------------------------------------------------------------------------------------------
    @property
    def tasks(self) -> TaskQuantities:
        """Of the tasks themselves, their probabilities alone."""
        self._need_drawn_tasks("tasks")
        return TaskQuantities()

    @property
    def at_both(self) -> StepQuantities:
        """The inner step from w and from u."""
        self._need_drawn_tasks("at_both")
        return StepQuantities(self._language, (self._point("w"), self._point("u")), (TASKS, POINTS))

    @property
    def at_w(self) -> StepQuantities:
        """The inner step from w alone."""
        self._need_drawn_tasks("at_w")
        return StepQuantities(self._language, (self._point("w"),), (TASKS, ONE))

    def inner_steps(self, steps: int) -> SeveralStepsQuantities:
        """N inner steps from w and from u."""
        self._need_drawn_tasks("inner_steps")
        return SeveralStepsQuantities(self._language, (self._point("w"), self._point("u")), steps)

    @property
    def smoothness_bound(self) -> Reading:
        """L(w) = 4L + 2 rho alpha E_i |grad f_i(w)|."""
        return self.at_w.smoothness_bound(self.smoothness, self.hessian_lipschitz)[..., 0]

    @property
    def stochastic_meta_gradient_error(self) -> Reading:
        """grad F^(w) - grad F(w)."""
        self._need_drawn_tasks("stochastic_meta_gradient_error")
        x, w = self._language, self._point("w")
        return Reading((COORDINATES,), (x.meta_gradient(w, "D_test") - x.meta_gradient(w),))

    # -- one step of an algorithm ------------------------------------------------------------------------------------
    @property
    def meta_gradient(self) -> Reading:
        """grad F(w)."""
        return self.at_w.meta_gradient[..., 0, :]

    @property
    def mean_adapted_gradient(self) -> Reading:
        """E_i g_i, g_i = grad f_i(w - alpha grad f_i(w))."""
        self._need_drawn_tasks("mean_adapted_gradient")
        return Reading((COORDINATES,), (self._language.mean_vector(TASK, self._adapted_gradient),))

    @property
    def adapted_gradient_spread(self) -> Reading:
        """E_i |g_i - E g|^2."""
        self._need_drawn_tasks("adapted_gradient_spread")
        x, g = self._language, self._adapted_gradient
        return Reading((), (x.mean(TASK, x.norm(g - x.mean_vector(TASK, g)) ** 2),))

    @property
    def maml(self) -> directions.DirectionQuantities:
        """MAML's direction of one task of one step."""
        self._need_drawn_tasks("maml")
        return directions.of_maml(self._language, self._point("w"))

    @property
    def fo_maml(self) -> directions.DirectionQuantities:
        """FO-MAML's."""
        self._need_drawn_tasks("fo_maml")
        return directions.of_fo_maml(self._language, self._point("w"))

    @property
    def hf_maml(self) -> directions.DirectionQuantities:
        """HF-MAML's."""
        self._need_drawn_tasks("hf_maml")
        return directions.of_hf_maml(self._language, self._point("w"))

    @property
    def full_hf_maml(self) -> Reading:
        """HF-MAML's direction with all tasks and all data (full batches)."""
        self._need_drawn_tasks("full_hf_maml")
        x = self._language
        return Reading((COORDINATES,), (x.mean_vector(TASK, directions.full_hf_maml(x, self._point("w"))),))

    @property
    def full_hf_maml_error(self) -> Reading:
        """The same less grad F(w)."""
        return self.full_hf_maml - self.meta_gradient

    # -- runs --------------------------------------------------------------------------------------------------------
    @property
    def maml_run(self) -> directions.RunQuantities:
        """MAML's run with the step size of Theorem 4.12."""
        return self._run("maml", directions.maml)

    @property
    def fo_maml_run(self) -> directions.RunQuantities:
        """FO-MAML's, of Theorem 4.15."""
        return self._run("fo_maml", directions.outer_gradient)

    @property
    def hf_maml_run(self) -> directions.RunQuantities:
        """HF-MAML's, of Theorem 4.17."""
        return self._run("hf_maml", directions.hf_maml)

    def _run(self, name: str, direction: Callable[[Language, Vector], Vector]) -> directions.RunQuantities:
        x = self._language
        if not x.varying:
            raise CannotBeRead(f'x.{name}_run is of a whole run: put "T" into QUANTIFIES')
        factor = sympy.Rational(FACTORS[name].numerator, FACTORS[name].denominator)
        return directions.run_of(x, self._point("w"), direction(x, self._point("w")), factor)

    @property
    def initial_gap(self) -> Reading:
        """Delta = F(w_0) - inf F."""
        return Reading((), (number(self._language, "Delta"),))

    @property
    def assumed_task_variance(self) -> Reading:
        """sigma^2 of Assumption 4.5, a bound everywhere."""
        return Reading((), (vocabulary.task_deviation_bound(self._language) ** 2,))

    @property
    def assumed_gradient_variance(self) -> Reading:
        """sigma~^2 of Assumption 4.6, a bound everywhere."""
        return Reading((), (self._bound,))

    @property
    def assumed_hessian_variance(self) -> Reading:
        """sigma_H^2 of Assumption 4.6, a bound everywhere."""
        return Reading((), (vocabulary.hessian_deviation_bound(self._language) ** 2,))

    @property
    def stepsize_moments(self) -> tuple[Reading, Reading]:
        """E beta~ and E beta~^2, beta~ = 1 / (4L + X)."""
        self._need_drawn_tasks("stepsize_moments")
        x = self._language
        bound = 4 * vocabulary.smoothness(x) + vocabulary.stepsize_draws(x)[0]
        return Reading((), (x.mean(DRAW, 1 / bound),)), Reading((), (x.mean(DRAW, 1 / bound**2),))

    # -- the fixed task --------------------------------------------------------------------------------------------
    @property
    def fixed_task(self) -> StepQuantities:
        """The inner step from w of the fixed task i."""
        self._need_fixed_task("fixed_task")
        return StepQuantities(self._language, (self._point("w"),), (ONE, ONE))

    @cached_property
    def _noisy(self) -> Vector:
        """w_i = w - alpha grad f_i(w, D_in)."""
        return vocabulary.adapted(self._language, self._point("w"), "D_in")

    @property
    def _adapted_gradient(self) -> Vector:
        return vocabulary.adapted_gradient(self._language, self._point("w"))

    @property
    def noisy_gradient_bias(self) -> Reading:
        """E grad f_i(w_i, D_o) - grad f_i(w_i')."""
        self._need_fixed_task("noisy_gradient_bias")
        x = self._language
        mean = x.mean_vector("D_in", x.mean_vector("D_o", x.gradient(TASK, self._noisy, "D_o")))
        return Reading((COORDINATES,), (mean - self._adapted_gradient,))

    @property
    def noisy_gradient_bias_bound(self) -> Reading:
        """psi(t) = (1 - kappa) L t + kappa^2 rho t^2 / 2, t = alpha sigma~_i(w) / sqrt(D_in).

        Here kappa is the number of the vocabulary, min(1, L / (rho t)): rho t^2 / 2 where rho t <= L, else
        L t - L^2 / (2 rho).
        """
        x = self._language
        step = self.alpha * self.ar.sqrt(self.fixed_task_variance / self.sizes.inner)
        smooth, rho, kappa = vocabulary.smoothness(x), vocabulary.hessian_lipschitz(x), number(x, "kappa")
        (t,) = step.cells
        return Reading((), ((1 - kappa) * smooth * t + kappa**2 * rho * t**2 / 2,))

    @property
    def noisy_gradient_second_moment(self) -> Reading:
        """E |grad f_i(w_i, D_o)|^2."""
        self._need_fixed_task("noisy_gradient_second_moment")
        x = self._language
        square = x.norm(x.gradient(TASK, self._noisy, "D_o")) ** 2
        return Reading((), (x.mean("D_in", x.mean("D_o", square)),))

    @property
    def noisy_gradient_excess(self) -> Reading:
        """E |grad f_i(w_i, D_o)|^2 - |grad f_i(w_i')|^2 - E sigma~_i(w_i)^2 / D_o."""
        size = self._language.norm(self._adapted_gradient)
        noise = Reading((), (self._noise_at_w_i,)) / self.sizes.outer
        return self.noisy_gradient_second_moment - Reading((), (size**2,)) - noise

    @property
    def hessian_difference_error(self) -> Reading:
        """H_i(w) v minus the difference quotient of equation (9)."""
        self._need_fixed_task("hessian_difference_error")
        x, w, v, delta = self._language, self._point("w"), self._point("v"), number(self._language, "delta")
        quotient = (x.gradient(TASK, w + delta * v) - x.gradient(TASK, w - delta * v)) / (2 * delta)
        return Reading((COORDINATES,), (x.hessian(TASK, w)(v) - quotient,))

    # -- deviations ------------------------------------------------------------------------------------------------
    @property
    def task_variance(self) -> Reading:
        """sigma^2: E_i |grad f_i(w) - grad f(w)|^2."""
        self._need_drawn_tasks("task_variance")
        if self._everywhere:
            raise CannotBeRead("sigma of Assumption 4.5 has no term: proofs take the deviation at the point used")
        x = self._language
        slope = x.gradient(TASK, self._point("w"))
        return Reading((), (x.mean(TASK, x.norm(slope - x.mean_vector(TASK, slope)) ** 2),))

    @property
    def step_task_variance(self) -> Reading:
        """sigma^2 = (a sigma(w)^2 + sigma(x)^2) / (1 + a), the variances at w and at x = w - alpha grad f(w)."""
        self._need_drawn_tasks("step_task_variance")
        if self._everywhere:
            raise CannotBeRead("sigma of Assumption 4.5 has no term: proofs take the deviations at the points used")
        return Reading((), (vocabulary.step_task_variance(self._language, self._point("w")),))

    @property
    def noisy_mean_gradient_variance(self) -> Reading:
        """E_i E sigma~_i(w_i)^2 over the inner batches."""
        self._need_drawn_tasks("noisy_mean_gradient_variance")
        return Reading((), (self._bound if self._everywhere else self._language.mean(TASK, self._noise_at_w_i),))

    @property
    def gradient_variances(self) -> Reading:
        """sigma~_i(w)^2 of every task."""
        self._need_drawn_tasks("gradient_variances")
        return Reading((TASKS,), (self._gradient_variance,))

    @property
    def mean_gradient_variance(self) -> Reading:
        """E_i sigma~_i(w)^2."""
        self._need_drawn_tasks("mean_gradient_variance")
        return Reading((), (self._language.mean(TASK, self._gradient_variance),))

    @property
    def hessian_variances(self) -> Reading:
        """sigma_H,i(w)^2 of every task."""
        self._need_drawn_tasks("hessian_variances")
        x = self._language
        if self._everywhere:
            return Reading((TASKS,), (vocabulary.hessian_deviation_bound(x) ** 2,))
        return Reading((TASKS,), (x.hessian_deviation(TASK, self._point("w")) ** 2,))

    @property
    def fixed_task_variance(self) -> Reading:
        """sigma~_i(w)^2 of the fixed task."""
        self._need_fixed_task("fixed_task_variance")
        return Reading((), (self._gradient_variance,))

    @property
    def noisy_fixed_task_variance(self) -> Reading:
        """E sigma~_i(w_i)^2 over the inner batches."""
        self._need_fixed_task("noisy_fixed_task_variance")
        return Reading((), (self._bound if self._everywhere else self._noise_at_w_i,))

    @property
    def noisy_gradient_variance(self) -> Reading:
        """E sigma~_i(w_i)^2 over the inner batches, at these points in both forms of a claim."""
        self._need_fixed_task("noisy_gradient_variance")
        return Reading((), (self._noise_at_w_i,))

    @property
    def spare_outer_variance(self) -> Reading:
        """How much the bound of the variance of the outer gradient exceeds it."""
        self._need_fixed_task("spare_outer_variance")
        spare = self._bound - self._noise_at_w_i if self._everywhere else 0
        return Reading((), (spare * self.sizes.outer.cells[0] ** -1,))

    @property
    def _bound(self) -> Expr:
        """sigma~^2, a bound everywhere."""
        return vocabulary.gradient_deviation_bound(self._language) ** 2

    @property
    def _gradient_variance(self) -> Expr:
        return self._bound if self._everywhere else self._language.gradient_deviation(TASK, self._point("w")) ** 2

    @property
    def _noise_at_w_i(self) -> Expr:
        return self._language.mean("D_in", self._language.gradient_deviation(TASK, self._noisy) ** 2)

    # -- of one task, or of all ------------------------------------------------------------------------------------
    def _need_fixed_task(self, name: str) -> None:
        if not self._fixed:
            raise CannotBeRead(f'x.{name} is of the fixed task: put "i" into QUANTIFIES')

    def _need_drawn_tasks(self, name: str) -> None:
        if self._fixed:
            raise CannotBeRead(f'x.{name} is of all tasks; with "i" in QUANTIFIES a claim is about the task i alone')


class Sizes:
    """Sizes of batches and numbers of tasks, by their names."""

    def __init__(self, language: Language):
        self._language = language

    def __getattr__(self, name: str) -> Reading:
        if name in COUNTS:
            return plain(number(self._language, COUNTS[name]))
        batch = next((symbol for symbol, role in ROLES.items() if role == name), None)
        if batch is None:
            raise CannotBeRead(f"x.sizes.{name} is no quantity of the proofs' language")
        return plain(vocabulary.size_root(self._language, batch) ** 2)


class TaskQuantities:
    """Of tasks, their probabilities."""

    probabilities = Reading((TASKS,), (PROBABILITIES,))

    def __getattr__(self, name: str) -> Any:
        raise CannotBeRead(f"x.tasks.{name} is no quantity of the proofs' language")


class StepQuantities:
    """The inner step from points, with the names of `InnerStep`. axes: those of the tasks and of the points."""

    def __init__(self, language: Language, points: tuple[Vector, ...], axes: tuple[str, str]):
        self._language, self._points, self._axes = language, points, axes

    def __getattr__(self, name: str) -> Any:
        raise CannotBeRead(f"the quantity {name} of an inner step is none of the proofs' language")

    def _vectors(self, cells: Any) -> Reading:
        return Reading((*self._axes, COORDINATES), tuple(cells))

    @property
    def gradient(self) -> Reading:
        """grad f_i(w)."""
        return self._vectors(self._language.gradient(TASK, at) for at in self._points)

    @property
    def adapted(self) -> Reading:
        """w_i' = w - alpha grad f_i(w)."""
        return self._vectors(vocabulary.adapted(self._language, at) for at in self._points)

    @property
    def adapted_gradient(self) -> Reading:
        """grad f_i(w_i')."""
        return self._vectors(vocabulary.adapted_gradient(self._language, at) for at in self._points)

    @property
    def meta_gradient(self) -> Reading:
        """grad F(w)."""
        self._need_all_tasks("meta_gradient")
        cells = tuple(self._language.meta_gradient(at) for at in self._points)
        return Reading((self._axes[1], COORDINATES), cells)

    @property
    def mean_gradient_norm(self) -> Reading:
        """E_i |grad f_i(w)|."""
        self._need_all_tasks("mean_gradient_norm")
        cells = tuple(vocabulary.mean_gradient_norm(self._language, at) for at in self._points)
        return Reading((self._axes[1],), cells)

    def smoothness_bound(self, smoothness: Reading, hessian_lipschitz: Reading) -> Reading:
        """L(w) = 4L + 2 rho alpha E_i |grad f_i(w)|."""
        alpha = Reading((), (vocabulary.inner_rate(self._language),))
        slope = 2 * hessian_lipschitz * alpha
        return 4 * smoothness[..., None] + slope[..., None] * self.mean_gradient_norm

    def _need_all_tasks(self, name: str) -> None:
        if self._axes[0] != TASKS:
            raise CannotBeRead(f"{name} is a mean over tasks, and this inner step is of one task alone")


class SeveralStepsQuantities:
    """N inner steps from points, with the names of `SeveralSteps`."""

    def __init__(self, language: Language, points: tuple[Vector, ...], steps: int):
        self._language, self._points, self._steps = language, points, steps

    def __getattr__(self, name: str) -> Any:
        raise CannotBeRead(f"the quantity {name} of several inner steps is none of the proofs' language")

    @property
    def meta_gradient(self) -> Reading:
        """grad F_N(w)."""
        cells = tuple(self._language.meta_gradient(at, steps=self._steps) for at in self._points)
        return Reading((POINTS, COORDINATES), cells)
