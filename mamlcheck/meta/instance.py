"""Instances: everything a claim quantifies over, as exact numbers, one alone or a block of them at once.

`Instances` is data. `Instances.on(ar)` is the same in one arithmetic, with the quantities that claims are written in
(`InstanceOn`): what two claims share is computed once (`Evaluation`), and deviations come from one of two sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.meta.centred import centred_change
from mamlcheck.meta.deviations import AtThePoints, BoundedEverywhere
from mamlcheck.meta.evaluation import Evaluation
from mamlcheck.meta.given import BatchSizes, Given, frozen_with
from mamlcheck.meta.writing import as_python, pasted

__all__ = ["BatchSizes", "InstanceOn", "Instances"]


@frozen_with()
class Instances(Given):
    """A block of instances with leading axes (...), or one instance with none: see `Given` for what they hold."""

    def __repr__(self) -> str:
        """What they are, in a line; `as_python` makes one again."""
        count = "" if self.shape in ((), (1,)) else f"{' x '.join(map(str, self.shape))} instances of "
        return (
            f"<Instances: {count}{self.tasks.kind} tasks, n = {self.tasks.n}, m = {self.tasks.m}, d = {self.tasks.d}>"
        )

    def as_python(self) -> str:
        """Python that makes one instance again, exactly. Raises `InputError` for a block of several."""
        return as_python(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Python that can be pasted where it is short, in Hypothesis's reports and in IPython; else what they are."""
        for k, line in enumerate((pasted(self) or repr(self)).split("\n")):
            if k:
                printer.break_()
            printer.text(line)

    def on(self, ar: Arithmetic, everywhere: bool = False) -> InstanceOn:
        """The instances in an arithmetic; see `InstanceOn` for `everywhere`."""
        evaluation = Evaluation(self, ar)
        return InstanceOn(BoundedEverywhere(evaluation) if everywhere else AtThePoints(evaluation))


if TYPE_CHECKING:  # mypy knows `InstanceOn` by all that the evaluation has, since it hands that on
    Shared = Evaluation
else:
    Shared = object


class InstanceOn(Shared):
    """Instances in one arithmetic as claims see them: an `Evaluation`, and deviations of one kind."""

    given: Instances

    def __init__(self, deviations: AtThePoints | BoundedEverywhere):
        self.deviations = deviations
        self.evaluation = deviations.evaluation

    def __getattr__(self, name: str) -> Numbers:
        """What does not rest on deviations: shared with every other view of the evaluation."""
        if name in ("evaluation", "deviations") or name.startswith("__"):  # before __init__, as when copied
            raise AttributeError(name)
        if hasattr(type(self), name):  # a deviation whose formula asked for what is not there: let that error be seen
            deviation: Numbers = getattr(type(self), name).__get__(self)
            return deviation
        found: Numbers = getattr(self.evaluation, name)  # a variable; what has another type is declared there
        return found

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.evaluation)})

    def alone(self, k: int, ar: Arithmetic) -> InstanceOn:
        """Instance k of a block by itself in another arithmetic, with deviations of the same kind."""
        return InstanceOn(type(self.deviations)(self.evaluation.alone(k, ar)))

    def some(self, chosen: tuple[int, ...], ar: Arithmetic) -> InstanceOn:
        """Instances of a block in another arithmetic, with deviations of the same kind."""
        return InstanceOn(type(self.deviations)(self.evaluation.some(chosen, ar)))

    def with_global_deviations(self) -> InstanceOn:
        """The same instances, everything computed so far included, in the printed form of the claims."""
        return InstanceOn(BoundedEverywhere(self.evaluation))

    @property
    def everywhere(self) -> bool:
        """Whether the deviations are bounds that hold at all points."""
        return self.deviations.everywhere

    @property
    def task_variance(self) -> Numbers:
        """sigma^2 (...), Assumption 4.5."""
        return self.deviations.task_variance

    @property
    def step_task_variance(self) -> Numbers:
        """(a sigma(w)^2 + sigma(x)^2) / (1 + a) (...), x = w - alpha grad f(w) and a = alpha L, Assumption 4.5."""
        return self.deviations.step_task_variance

    @property
    def gradient_variances(self) -> Numbers:
        """sigma~_i^2 of every task (..., n), or one for all of them (..., 1), equation (13)."""
        return self.deviations.gradient_variances

    @property
    def mean_gradient_variance(self) -> Numbers:
        """E_i sigma~_i^2 (...)."""
        return self.deviations.mean_gradient_variance

    @property
    def hessian_variances(self) -> Numbers:
        """sigma_H,i^2 of every task (..., n), or one for all of them (..., 1), equation (14)."""
        return self.deviations.hessian_variances

    @property
    def fixed_task_variance(self) -> Numbers:
        """sigma~_i^2 of the fixed task at w (...)."""
        return self.deviations.fixed_task_variance

    @property
    def noisy_fixed_task_variance(self) -> Numbers:
        """sigma~_i^2 of the fixed task where D_o is drawn, in the mean over the inner batches (...)."""
        return self.deviations.noisy_fixed_task_variance

    @property
    def noisy_mean_gradient_variance(self) -> Numbers:
        """E_i sigma~_i^2 where D_o is drawn, in the mean over the inner batches (...)."""
        return self.deviations.noisy_mean_gradient_variance

    @property
    def spare_outer_variance(self) -> Numbers:
        """How much that exceeds the variance of the outer gradient, over D_o (...)."""
        return self.deviations.spare_outer_variance

    @property
    def assumed_task_variance(self) -> Numbers:
        """sigma^2 of Assumption 4.5 (...), a bound at all points, in both forms of a claim."""
        return BoundedEverywhere(self.evaluation).task_variance

    @property
    def assumed_gradient_variance(self) -> Numbers:
        """sigma~^2 of Assumption 4.6 (...), a bound at all points, in both forms of a claim."""
        return BoundedEverywhere(self.evaluation).mean_gradient_variance

    @property
    def assumed_hessian_variance(self) -> Numbers:
        """sigma_H^2 of Assumption 4.6 (...), a bound at all points, in both forms of a claim."""
        return BoundedEverywhere(self.evaluation).hessian_variances[..., 0]

    @property
    def noisy_gradient_bias_bound(self) -> Numbers:
        """psi(alpha S) (...), S^2 = sigma~_i(w)^2 / D_in: the sharper bound of the length of the bias."""
        squared_step = self.ar.square(self.alpha) * self.fixed_task_variance / self.sizes.inner
        return centred_change(self.ar, self.smoothness, self.hessian_lipschitz, squared_step)
