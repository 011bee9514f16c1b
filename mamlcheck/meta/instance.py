"""Instances: everything a claim quantifies over, as exact numbers, one alone or a block of them at once.

`Instances` is data. `Instances.on(ar)` is the same in one arithmetic, with the quantities that claims are written in
(`InstanceOn`); what two claims share is computed once.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic
from mamlcheck.arithmetic.exact import exact_array, fractions_of
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import hessian_difference
from mamlcheck.meta.centred import centred_change
from mamlcheck.meta.expectation import Batches, multisets, reciprocal_moments
from mamlcheck.meta.objective import InnerStep
from mamlcheck.meta.reach import MOST_NUMBERS, MOST_OBJECTS, MULTISET_CAP, batches_in_reach, few_drawn
from mamlcheck.tasks.quadratic import QuadraticTasks
from mamlcheck.tasks.ridge import RidgeTasks

Array = Any
Tasks = RidgeTasks | QuadraticTasks

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
class Instances:
    """A block of instances with leading axes (...), or one instance with none.

    tasks: n tasks of m samples in d dimensions; alpha (...) the inner rate; w, u (..., d) points; v (..., d) a
    direction and delta (...) > 0 a step for the HF difference; phi (...) > 0 of Lemma 4.10; task: the index i of the
    fixed task; sizes: batch sizes. Optional smoothness L and hessian_lipschitz rho (...): constants given by hand;
    by default the certified constants of the tasks.
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
        """L (...), exact numbers."""
        return self.tasks.smoothness if self.smoothness is None else self.smoothness

    @property
    def hessian_lipschitz_constant(self) -> np.ndarray:
        """rho (...), exact numbers."""
        return self.tasks.hessian_lipschitz if self.hessian_lipschitz is None else self.hessian_lipschitz

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
        return InstanceOn(self, ar, everywhere)


def _at_least(given: np.ndarray, certified: np.ndarray) -> bool:
    return all(x >= Fraction(y) for x, y in zip(fractions_of(given), certified.ravel().tolist(), strict=True))


class InstanceOn:
    """Instances in one arithmetic, and the quantities claims are written in.

    The deviations of Assumptions 4.5 and 4.6 are taken at the points a claim uses them (its strong form), or, with
    `everywhere`, as bounds that hold at all points (its printed form; only where the tasks have such bounds).
    """

    def __init__(self, instances: Instances, ar: Arithmetic, everywhere: bool = False):
        self.given = instances
        self.ar = ar
        self.everywhere = everywhere
        self.sizes = instances.sizes
        self._alone: dict[tuple[int, Arithmetic], InstanceOn] = {}

    def alone(self, k: int, ar: Arithmetic) -> InstanceOn:
        """Instance k of a block by itself in another arithmetic: made once, so that claims share its work too."""
        if (k, ar) not in self._alone:
            self._alone[k, ar] = self.given[k : k + 1].on(ar, self.everywhere)
        return self._alone[k, ar]

    def with_global_deviations(self) -> InstanceOn:
        """The same instances, everything computed so far included, in the printed form of the claims."""
        other = copy.copy(self)
        other.everywhere = True
        other._alone = {}
        for name in ("task_variance", "gradient_variances", "hessian_variances"):
            other.__dict__.pop(name, None)
        return other

    # -- the numbers -----------------------------------------------------------------------------------------------
    @cached_property
    def tasks(self) -> Any:
        return self.given.tasks.on(self.ar)

    @cached_property
    def alpha(self) -> Array:
        return self.ar.exact(self.given.alpha)

    @cached_property
    def smoothness(self) -> Array:
        """L (...)."""
        return self.ar.exact(self.given.smoothness_constant)

    @cached_property
    def hessian_lipschitz(self) -> Array:
        """rho (...)."""
        return self.ar.exact(self.given.hessian_lipschitz_constant)

    @cached_property
    def w(self) -> Array:
        return self.ar.exact(self.given.w)

    @cached_property
    def u(self) -> Array:
        return self.ar.exact(self.given.u)

    @cached_property
    def v(self) -> Array:
        return self.ar.exact(self.given.v)

    @cached_property
    def delta(self) -> Array:
        return self.ar.exact(self.given.delta)

    @cached_property
    def phi(self) -> Array:
        return self.ar.exact(self.given.phi)

    # -- the tasks at the points -----------------------------------------------------------------------------------
    @cached_property
    def at_both(self) -> InnerStep:
        """The inner step from w and from u: points axis 0 is w, 1 is u."""
        return InnerStep(self.ar, self.tasks, self.alpha, self.ar.stack([self.w, self.u], -2))

    @cached_property
    def at_w(self) -> InnerStep:
        """The inner step from w alone."""
        return InnerStep(self.ar, self.tasks, self.alpha, self.w[..., None, :])

    @cached_property
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

    @cached_property
    def noisy_adapted(self) -> Any:
        """The fixed task at w_i = w - alpha grad f_i(w, D_in), one point for every inner batch (n = 1, P = K)."""
        return self.fixed_task.tasks.at(self.fixed_task.adapted + self._inner_noise)

    @cached_property
    def _inner_noise(self) -> Array:
        """w_i - w_i' = -alpha (grad f_i(w, D_in) - grad f_i(w)) (..., 1, K, d)."""
        step = self.fixed_task
        return -(step.alpha * step.start.gradient_deviation(self.batches("inner").deviations(self.ar)))

    @cached_property
    def noisy_gradient_change(self) -> Array:
        """grad f_i(w_i) - grad f_i(w_i') (..., 1, K, d), exactly 0 where the noise is."""
        change: Array = self.fixed_task.end.gradient_change(self._inner_noise)
        return change

    @cached_property
    def noisy_gradient_bias(self) -> Array:
        """E grad f_i(w_i, D_o) - grad f_i(w_i') (..., d): D_o is independent of w_i and unbiased (tower).

        The noise has mean 0 exactly, so what is linear in it is left out: a quadratic has exactly no bias.
        """
        bend = self.fixed_task.end.gradient_bend(self._inner_noise)
        return self.over_batches("inner", bend, -2)[..., 0, :]

    @property
    def noisy_gradient_bias_bound(self) -> Array:
        """psi(alpha S) (...), S^2 = sigma~_i(w)^2 / D_in: the sharper bound of the length of that bias."""
        squared_step = self.ar.square(self.alpha) * self.fixed_task_variance / self.sizes.inner
        return centred_change(self.ar, self.smoothness, self.hessian_lipschitz, squared_step)

    @cached_property
    def stochastic_meta_gradient_error(self) -> Array:
        """grad F^(w) - grad F(w) (..., d), over the batches D_test."""
        return self.at_w.stochastic_meta_gradient_error(self.batches("test"))[..., 0, :]

    @cached_property
    def hessian_difference_error(self) -> Array:
        """H_i(w) v minus the difference quotient of equation (9) (..., d), for the fixed task."""
        start, v = self.fixed_task.start, self.v[..., None, None, :]
        difference = hessian_difference(self.ar, start, v, self.delta[..., None, None, None])
        return (start.hessian_vector(v) - difference)[..., 0, 0, :]

    @cached_property
    def noisy_gradient_second_moment(self) -> Array:
        """E |grad f_i(w_i, D_o)|^2 (...) = E |grad f_i(w_i)|^2 + E sigma~_i(w_i)^2 / D_o (i.i.d. draws given w_i)."""
        squares = self.ar.squared_norm(self.noisy_adapted.gradient())
        mean = self.over_batches("inner", squares, -1)[..., 0]
        outer: Array = mean + self._noisy_gradient_variance / self.sizes.outer
        return outer

    @cached_property
    def _noisy_gradient_variance(self) -> Array:
        """E sigma~_i(w_i)^2 over the inner batches (...)."""
        return self.over_batches("inner", self.noisy_adapted.gradient_variance(), -1)[..., 0]

    @cached_property
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

    # -- deviations ------------------------------------------------------------------------------------------------
    def _bound(self, name: str) -> Array:
        bounds = self.given.tasks.global_deviations
        if bounds is None:
            raise InputError("these tasks have no bound of their deviations that holds everywhere: use the strong form")
        return self.ar.exact(bounds[name])

    @cached_property
    def task_variance(self) -> Array:
        """sigma^2 (...): E_i |grad f_i(w) - grad f(w)|^2, Assumption 4.5."""
        if self.everywhere:
            return self._bound("sigma")
        gradients = self.at_w.gradient
        if gradients.shape[-3] == 1:
            return self.ar.exact(np.zeros(self.given.shape))
        deviations = gradients - self.at_w.over_tasks(gradients)[..., None, :, :]
        squares = self.ar.squared_norm(deviations)
        return self.ar.weighted_sum(self.tasks.probabilities[..., None], squares, -2)[..., 0]

    @cached_property
    def gradient_variances(self) -> Array:
        """sigma~_i(w)^2 of every task (..., n), equation (13)."""
        if self.everywhere:
            return self._bound("sigma_tilde")[..., None]
        return self.at_w.start.gradient_variance()[..., 0]

    @property
    def mean_gradient_variance(self) -> Array:
        """E_i sigma~_i(w)^2 (...)."""
        if self.everywhere:
            return self._bound("sigma_tilde")
        return self.ar.weighted_sum(self.tasks.probabilities, self.gradient_variances, -1)

    @cached_property
    def hessian_variances(self) -> Array:
        """sigma_H,i(w)^2 of every task (..., n), equation (14)."""
        if self.everywhere:
            return self._bound("sigma_hessian")[..., None]
        return self.at_w.start.hessian_variance()[..., 0]

    @property
    def fixed_task_variance(self) -> Array:
        """sigma~_i(w)^2 of the fixed task (...)."""
        if self.everywhere:
            return self._bound("sigma_tilde")
        return self.fixed_task.start.gradient_variance()[..., 0, 0]

    @property
    def noisy_fixed_task_variance(self) -> Array:
        """E sigma~_i(w_i)^2 over the inner batches, the variance where D_o is drawn (...)."""
        return self._bound("sigma_tilde") if self.everywhere else self._noisy_gradient_variance

    @property
    def spare_outer_variance(self) -> Array:
        """How much the bound of the variance of the outer gradient exceeds it (...): exactly 0 at the points used."""
        if not self.everywhere:
            return self.ar.exact(np.zeros(self.given.shape))
        return (self._bound("sigma_tilde") - self._noisy_gradient_variance) / self.sizes.outer
