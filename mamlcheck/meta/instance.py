"""Instances: everything a claim quantifies over, as exact numbers, one alone or a block of them at once.

`Instances` is data. `Instances.on(ar)` is the same in one arithmetic, with the quantities that claims are written in
(`InstanceOn`): what two claims share is computed once (`Evaluation`), and deviations come from one of two sources.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic
from mamlcheck.arithmetic.exact import Sealed, exact_array, fractions_of, kept
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import hessian_difference
from mamlcheck.meta.centred import centred_change
from mamlcheck.meta.expectation import Batches, multisets, reciprocal_moments
from mamlcheck.meta.objective import InnerStep
from mamlcheck.meta.reach import MOST_NUMBERS, MOST_OBJECTS, MULTISET_CAP, batches_in_reach, few_drawn
from mamlcheck.tasks.family import Tasks

Array = Any

EXACT_MULTISETS = 256  # multisets of step sizes up to which exact fractions, whose denominators multiply, are summed

BATCH_ROLES = ("inner", "outer", "hessian", "stepsize", "test")


@dataclass(frozen=True)
class BatchSizes:
    """D_in, D_o, D_h, D_beta, D_test, and B', the number of tasks drawn for the step size. All at least 1."""

    inner: int = 1
    outer: int = 1
    hessian: int = 1
    stepsize: int = 1
    test: int = 1
    stepsize_tasks: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            size = getattr(self, field.name)
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise InputError(f"batch size {field.name} = {size!r}: give an integer >= 1")


@dataclass(frozen=True, repr=False)
class Instances(Sealed):
    """A block of instances with leading axes (...), or one instance with none.

    tasks: n tasks of m samples in d dimensions; alpha (...) the inner rate; w, u (..., d) points; v (..., d) a
    direction and delta (...) > 0 a step for the HF difference; phi (...) > 0 of Lemma 4.10; task: the index i of the
    fixed task; sizes: batch sizes. Optional smoothness L and hessian_lipschitz rho (...): constants given by hand;
    by default the certified constants of the tasks. All numbers are exact, and read-only.
    """

    tasks: Tasks
    alpha: np.ndarray
    w: np.ndarray
    u: np.ndarray
    v: np.ndarray
    delta: np.ndarray
    phi: np.ndarray
    task: int = 0
    sizes: BatchSizes = BatchSizes()
    smoothness: np.ndarray | None = None
    hessian_lipschitz: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("alpha", "w", "u", "v", "delta", "phi", "smoothness", "hessian_lipschitz"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, exact_array(value))
        lead, d = self.shape, self.tasks.d
        for name in ("w", "u", "v"):
            if getattr(self, name).shape != (*lead, d):
                raise InputError(f"{name} has shape {getattr(self, name).shape}: these tasks need {(*lead, d)}")
        for name in ("alpha", "delta", "phi", "smoothness", "hessian_lipschitz"):
            value = getattr(self, name)
            if value is not None and value.shape != lead:
                raise InputError(f"{name} has shape {value.shape}: these tasks need {lead}")
        for name in ("delta", "phi"):
            if not (getattr(self, name) > 0).all():
                raise InputError(f"{name} must be > 0")
        if not 0 <= self.task < self.tasks.n:
            raise InputError(f"task index {self.task}: there are {self.tasks.n} tasks, counted from 0")

    def __repr__(self) -> str:
        """Python that makes one instance again; of a block or of large data, what they are."""
        from mamlcheck.meta.files import instance_call  # instance files are made of instances

        return instance_call(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The same in Hypothesis's reports and in IPython, which would spell out the fields instead."""
        for k, line in enumerate(repr(self).split("\n")):
            if k:
                printer.break_()
            printer.text(line)

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes."""
        return self.tasks.probabilities.shape[:-1]

    def __getitem__(self, index: Any) -> Instances:
        """One instance out of a block."""
        names = ("alpha", "w", "u", "v", "delta", "phi", "smoothness", "hessian_lipschitz")
        given = {name: getattr(self, name) for name in names}
        picked: dict[str, Any] = {k: None if x is None else np.asarray(x[index]) for k, x in given.items()}
        return Instances(self.tasks[index], task=self.task, sizes=self.sizes, **picked)

    @property
    def smoothness_constant(self) -> np.ndarray:
        """L (...), exact numbers. Raises `InputError` where the tasks' L exceeds the largest double."""
        return self._held("L", self.tasks.smoothness) if self.smoothness is None else self.smoothness

    @property
    def hessian_lipschitz_constant(self) -> np.ndarray:
        """rho (...), exact numbers. Raises `InputError` where the tasks' rho exceeds the largest double."""
        if self.hessian_lipschitz is not None:
            return self.hessian_lipschitz
        return self._held("rho", self.tasks.hessian_lipschitz)

    @staticmethod
    def _held(name: str, certified: np.ndarray) -> np.ndarray:
        if not np.isfinite(certified).all():
            raise InputError(f"{name} of these tasks exceeds the largest double, 1.8e308: scale the data down")
        return certified

    @cached_property
    def provenance(self) -> str:
        """The weakest provenance among the constants: 'exact', 'certified' or 'declared'.

        Constants given by hand keep the tasks' provenance where they are not below the certified ones, since then
        they are certified too; otherwise they are 'declared'.
        """
        for given, certified in (
            (self.smoothness, "smoothness"),
            (self.hessian_lipschitz, "hessian_lipschitz"),
        ):
            if given is not None and not _at_least(given, getattr(self.tasks, certified)):
                return "declared"
        return self.tasks.provenance

    @property
    def guaranteed(self) -> bool:
        """Whether a verdict on these instances rests on nothing unproved."""
        return self.provenance in ("exact", "certified")

    def on(self, ar: Arithmetic, everywhere: bool = False) -> InstanceOn:
        """The instances in an arithmetic; see `InstanceOn` for `everywhere`."""
        evaluation = Evaluation(self, ar)
        return InstanceOn(BoundedEverywhere(evaluation) if everywhere else AtThePoints(evaluation))


def _at_least(given: np.ndarray, certified: np.ndarray) -> bool:
    if not np.isfinite(certified).all():
        return False
    return all(x >= Fraction(y) for x, y in zip(fractions_of(given), certified.ravel().tolist(), strict=True))


class Evaluation:
    """Instances in one arithmetic, and what claims need of them whichever deviations they are judged with.

    Each quantity is computed when first asked for, and once. What rests on deviations has no place here: both forms of
    a claim share an evaluation.
    """

    def __init__(self, instances: Instances, ar: Arithmetic):
        self.given = instances
        self.ar = ar
        self.sizes = instances.sizes
        self.decided: dict[Any, np.ndarray] = {}  # what was decided on the exact numbers alone, by inequality
        self._alone: dict[tuple[int, Arithmetic], Evaluation] = {}

    def alone(self, k: int, ar: Arithmetic) -> Evaluation:
        """Instance k of a block by itself in another arithmetic: made once, so that claims share its work too."""
        if (k, ar) not in self._alone:
            self._alone[k, ar] = Evaluation(self.given[k : k + 1], ar)
        return self._alone[k, ar]

    # -- the numbers -----------------------------------------------------------------------------------------------
    @kept
    def tasks(self) -> Any:
        return self.given.tasks.on(self.ar)

    @kept
    def alpha(self) -> Array:
        return self.ar.exact(self.given.alpha)

    @kept
    def smoothness(self) -> Array:
        """L (...)."""
        return self.ar.exact(self.given.smoothness_constant)

    @kept
    def hessian_lipschitz(self) -> Array:
        """rho (...)."""
        return self.ar.exact(self.given.hessian_lipschitz_constant)

    @kept
    def w(self) -> Array:
        return self.ar.exact(self.given.w)

    @kept
    def u(self) -> Array:
        return self.ar.exact(self.given.u)

    @kept
    def v(self) -> Array:
        return self.ar.exact(self.given.v)

    @kept
    def delta(self) -> Array:
        return self.ar.exact(self.given.delta)

    @kept
    def phi(self) -> Array:
        return self.ar.exact(self.given.phi)

    # -- the tasks at the points -----------------------------------------------------------------------------------
    @kept
    def at_both(self) -> InnerStep:
        """The inner step from w and from u: points axis 0 is w, 1 is u."""
        return InnerStep(self.ar, self.tasks, self.alpha, self.ar.stack([self.w, self.u], -2))

    @kept
    def at_w(self) -> InnerStep:
        """The inner step from w alone."""
        return InnerStep(self.ar, self.tasks, self.alpha, self.w[..., None, :])

    @kept
    def fixed_task(self) -> InnerStep:
        """The inner step from w of the fixed task i (n = 1)."""
        alone = self.given.tasks.alone(self.given.task).on(self.ar)
        return InnerStep(self.ar, alone, self.alpha, self.w[..., None, :])

    # -- batches ---------------------------------------------------------------------------------------------------
    def batches(self, role: str) -> Batches:
        """All batches of a role ('inner', 'test', ...), with their probabilities.

        Raises `TooManyBatches` where they, or what is computed for them, are out of reach.
        """
        tasks, size = self.given.tasks, getattr(self.sizes, role)
        allowed = MOST_NUMBERS if self.ar.name in ("ball", "float64") else MOST_OBJECTS
        return batches_in_reach(1 if role == "inner" else tasks.n, tasks.m, tasks.width, size, allowed)

    def over_batches(self, role: str, x: Array, axis: int) -> Array:
        """E over the batches of a role, along the axis that runs over them."""
        probabilities = self.batches(role).probabilities(self.ar)
        shaped = probabilities.reshape(*(-1 if k == axis else 1 for k in range(-x.ndim, 0)))
        return self.ar.weighted_sum(shaped, x, axis)

    @kept
    def noisy_adapted(self) -> Any:
        """The fixed task at w_i = w - alpha grad f_i(w, D_in), one point for every inner batch (n = 1, P = K)."""
        return self.fixed_task.tasks.at(self.fixed_task.adapted + self._inner_noise)

    @kept
    def _inner_noise(self) -> Array:
        """w_i - w_i' = -alpha (grad f_i(w, D_in) - grad f_i(w)) (..., 1, K, d)."""
        step = self.fixed_task
        return -(step.alpha * step.start.gradient_deviation(self.batches("inner").deviations(self.ar)))

    @kept
    def noisy_gradient_change(self) -> Array:
        """grad f_i(w_i) - grad f_i(w_i') (..., 1, K, d), exactly 0 where the noise is."""
        change: Array = self.fixed_task.end.gradient_change(self._inner_noise)
        return change

    @kept
    def noisy_gradient_bias(self) -> Array:
        """E grad f_i(w_i, D_o) - grad f_i(w_i') (..., d): D_o is independent of w_i and unbiased (tower).

        The noise has mean 0 exactly, so what is linear in it is left out: a quadratic has exactly no bias.
        """
        bend = self.fixed_task.end.gradient_bend(self._inner_noise)
        return self.over_batches("inner", bend, -2)[..., 0, :]

    @kept
    def stochastic_meta_gradient_error(self) -> Array:
        """grad F^(w) - grad F(w) (..., d), over the batches D_test."""
        return self.at_w.stochastic_meta_gradient_error(self.batches("test"))[..., 0, :]

    @kept
    def hessian_difference_error(self) -> Array:
        """H_i(w) v minus the difference quotient of equation (9) (..., d), for the fixed task."""
        start, v = self.fixed_task.start, self.v[..., None, None, :]
        difference = hessian_difference(self.ar, start, v, self.delta[..., None, None, None])
        return (start.hessian_vector(v) - difference)[..., 0, 0, :]

    @kept
    def noisy_gradient_second_moment(self) -> Array:
        """E |grad f_i(w_i, D_o)|^2 (...) = E |grad f_i(w_i)|^2 + E sigma~_i(w_i)^2 / D_o (i.i.d. draws given w_i)."""
        squares = self.ar.squared_norm(self.noisy_adapted.gradient())
        mean = self.over_batches("inner", squares, -1)[..., 0]
        outer: Array = mean + self.noisy_gradient_variance / self.sizes.outer
        return outer

    @kept
    def noisy_gradient_excess(self) -> Array:
        """E |grad f_i(w_i, D_o)|^2 - |g|^2 - E sigma~_i(w_i)^2 / D_o (...), exactly 0 where there is no noise.

        With g = grad f_i(w_i') and e = grad f_i(w_i) - g it is 2 g . E e + E |e|^2.
        """
        g = self.fixed_task.adapted_gradient[..., 0, 0, :]
        cross = 2 * self.ar.sum(g * self.noisy_gradient_bias, -1)
        moved: Array = self.over_batches("inner", self.ar.squared_norm(self.noisy_gradient_change), -1)[..., 0]
        return cross + moved

    @kept
    def noisy_gradient_variance(self) -> Array:
        """E sigma~_i(w_i)^2 over the inner batches (...)."""
        return self.over_batches("inner", self.noisy_adapted.gradient_variance(), -1)[..., 0]

    @kept
    def stepsize_moments(self) -> tuple[Array, Array]:
        """(E beta~, E beta~^2) (...), over B' tasks and their batches D_beta; beta~ = 1 / L~(w), Lemma 4.9."""
        ar, start, size = self.ar, self.at_w.start, self.sizes.stepsize
        if few_drawn(start.m, size):
            batches = multisets(start.m, size, MULTISET_CAP)
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
        first, second = reciprocal_moments(ar, 4 * self.smoothness, values, probabilities, draws, EXACT_MULTISETS)
        return first, second

    @property
    def smoothness_bound(self) -> Array:
        """L(w) = 4L + 2 rho alpha E_i |grad f_i(w)| (...)."""
        return self.at_w.smoothness_bound(self.smoothness, self.hessian_lipschitz)[..., 0]


# -- deviations ------------------------------------------------------------------------------------------------------
class AtThePoints:
    """The deviations of Assumptions 4.5 and 4.6 at the points where a claim uses them: its strong form."""

    everywhere = False

    def __init__(self, evaluation: Evaluation):
        self.evaluation = evaluation

    @kept
    def task_variance(self) -> Array:
        """sigma^2 (...): E_i |grad f_i(w) - grad f(w)|^2, Assumption 4.5."""
        x = self.evaluation
        gradients = x.at_w.gradient
        if gradients.shape[-3] == 1:
            return x.ar.exact(np.zeros(x.given.shape))
        deviations = gradients - x.at_w.over_tasks(gradients)[..., None, :, :]
        squares = x.ar.squared_norm(deviations)
        return x.ar.weighted_sum(x.tasks.probabilities[..., None], squares, -2)[..., 0]

    @kept
    def gradient_variances(self) -> Array:
        """sigma~_i(w)^2 of every task (..., n), equation (13)."""
        return self.evaluation.at_w.start.gradient_variance()[..., 0]

    @kept
    def mean_gradient_variance(self) -> Array:
        """E_i sigma~_i(w)^2 (...)."""
        x = self.evaluation
        return x.ar.weighted_sum(x.tasks.probabilities, self.gradient_variances, -1)

    @kept
    def hessian_variances(self) -> Array:
        """sigma_H,i(w)^2 of every task (..., n), equation (14)."""
        return self.evaluation.at_w.start.hessian_variance()[..., 0]

    @kept
    def fixed_task_variance(self) -> Array:
        """sigma~_i(w)^2 of the fixed task (...)."""
        return self.evaluation.fixed_task.start.gradient_variance()[..., 0, 0]

    @property
    def noisy_fixed_task_variance(self) -> Array:
        """E sigma~_i(w_i)^2 over the inner batches, the variance where D_o is drawn (...)."""
        return self.evaluation.noisy_gradient_variance

    @property
    def spare_outer_variance(self) -> Array:
        """How much the bound of the variance of the outer gradient exceeds it (...): exactly 0 at the points used."""
        return self.evaluation.ar.exact(np.zeros(self.evaluation.given.shape))


class BoundedEverywhere:
    """Bounds of the same deviations that hold at all points: the printed form of a claim.

    Raises `InputError` for tasks that have no such bounds. Names are those of `AtThePoints`.
    """

    everywhere = True

    def __init__(self, evaluation: Evaluation):
        self.evaluation = evaluation

    def _bound(self, name: str) -> Array:
        bounds = self.evaluation.given.tasks.global_deviations
        if bounds is None:
            raise InputError(
                "these tasks have no bounds of their deviations that hold everywhere and that doubles hold: use the "
                "strong form"
            )
        return self.evaluation.ar.exact(bounds[name])

    @kept
    def task_variance(self) -> Array:
        """A bound of sigma^2 (...)."""
        return self._bound("sigma")

    @kept
    def gradient_variances(self) -> Array:
        """A bound of sigma~_i^2, the same for every task (..., 1)."""
        return self._bound("sigma_tilde")[..., None]

    @kept
    def mean_gradient_variance(self) -> Array:
        """A bound of E_i sigma~_i^2 (...)."""
        return self._bound("sigma_tilde")

    @kept
    def hessian_variances(self) -> Array:
        """A bound of sigma_H,i^2, the same for every task (..., 1)."""
        return self._bound("sigma_hessian")[..., None]

    @kept
    def fixed_task_variance(self) -> Array:
        """A bound of sigma~_i^2 of the fixed task (...)."""
        return self._bound("sigma_tilde")

    @kept
    def noisy_fixed_task_variance(self) -> Array:
        """A bound of sigma~_i^2 where D_o is drawn (...)."""
        return self._bound("sigma_tilde")

    @kept
    def spare_outer_variance(self) -> Array:
        """How much the bound of the variance of the outer gradient exceeds it (...)."""
        x = self.evaluation
        return (self._bound("sigma_tilde") - x.noisy_gradient_variance) / x.sizes.outer


class InstanceOn:
    """Instances in one arithmetic as claims see them: an `Evaluation`, and deviations of one kind."""

    def __init__(self, deviations: AtThePoints | BoundedEverywhere):
        self.deviations = deviations
        self.evaluation = deviations.evaluation

    def __getattr__(self, name: str) -> Any:
        """What does not rest on deviations: shared with every other view of the evaluation."""
        if name in ("evaluation", "deviations") or name.startswith("__"):  # before __init__, as when copied
            raise AttributeError(name)
        return getattr(self.evaluation, name)

    def alone(self, k: int, ar: Arithmetic) -> InstanceOn:
        """Instance k of a block by itself in another arithmetic, with deviations of the same kind."""
        return InstanceOn(type(self.deviations)(self.evaluation.alone(k, ar)))

    def with_global_deviations(self) -> InstanceOn:
        """The same instances, everything computed so far included, in the printed form of the claims."""
        return InstanceOn(BoundedEverywhere(self.evaluation))

    @property
    def everywhere(self) -> bool:
        """Whether the deviations are bounds that hold at all points."""
        return self.deviations.everywhere

    @property
    def task_variance(self) -> Array:
        """sigma^2 (...), Assumption 4.5."""
        return self.deviations.task_variance

    @property
    def gradient_variances(self) -> Array:
        """sigma~_i^2 of every task (..., n), or one for all of them (..., 1), equation (13)."""
        return self.deviations.gradient_variances

    @property
    def mean_gradient_variance(self) -> Array:
        """E_i sigma~_i^2 (...)."""
        return self.deviations.mean_gradient_variance

    @property
    def hessian_variances(self) -> Array:
        """sigma_H,i^2 of every task (..., n), or one for all of them (..., 1), equation (14)."""
        return self.deviations.hessian_variances

    @property
    def fixed_task_variance(self) -> Array:
        """sigma~_i^2 of the fixed task at w (...)."""
        return self.deviations.fixed_task_variance

    @property
    def noisy_fixed_task_variance(self) -> Array:
        """sigma~_i^2 of the fixed task where D_o is drawn, in the mean over the inner batches (...)."""
        return self.deviations.noisy_fixed_task_variance

    @property
    def spare_outer_variance(self) -> Array:
        """How much that exceeds the variance of the outer gradient, over D_o (...)."""
        return self.deviations.spare_outer_variance

    @property
    def noisy_gradient_bias_bound(self) -> Array:
        """psi(alpha S) (...), S^2 = sigma~_i(w)^2 / D_in: the sharper bound of the length of the bias."""
        squared_step = self.ar.square(self.alpha) * self.fixed_task_variance / self.sizes.inner
        return centred_change(self.ar, self.smoothness, self.hessian_lipschitz, squared_step)
