"""The constants that the theorems on whole runs need, each with where it comes from.

L and rho are certified by the tasks. sigma, sigma~ and sigma_H must hold at all points: of losses with bounded slopes
they are certified too; tasks of one curvature have them exactly; other tasks have none. Delta = F(w_0) - inf F is
certified from F(w_0) and the infima of the losses, E_i min f_i <= inf F; for tasks of one curvature it is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb

from mamlcheck.arithmetic import ball, rational
from mamlcheck.arithmetic.exact import fraction, fractions_of
from mamlcheck.formats.runs import Provenance
from mamlcheck.meta.exact_run import common_curvatures
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.objective import InnerStep
from mamlcheck.runs.theorems import Numbers, root_above
from mamlcheck.tasks.certificate import NotCertified, certified_supremum
from mamlcheck.tasks.constants import weakest
from mamlcheck.tasks.expression import variable
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.loss import Loss

DEVIATIONS = ("sigma", "sigma_tilde", "sigma_hessian")
NO_DEVIATIONS = "sigma, sigma~ and sigma_H of these tasks are not bounded at all points (Assumptions 4.5 and 4.6)"
NO_GAP = "no lower bound of F is certified for these tasks, so that Delta is not known"


@dataclass(frozen=True)
class Constant:
    """A number that is not below a constant, and where it comes from."""

    value: Fraction
    provenance: Provenance


@dataclass(frozen=True)
class Constants:
    """L, rho, sigma, sigma~, sigma_H and Delta; None for what is not known."""

    smoothness: Constant
    hessian_lipschitz: Constant
    sigma: Constant | None
    sigma_tilde: Constant | None
    sigma_hessian: Constant | None
    gap: Constant | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Why something is not known, a sentence each."""
        found = [] if None not in (self.sigma, self.sigma_tilde, self.sigma_hessian) else [NO_DEVIATIONS]
        return (*found, *([NO_GAP] if self.gap is None else ()))

    @property
    def provenance(self) -> Provenance:
        """Of the weakest of them."""
        found: Any = weakest(*(one.provenance for one in self._known.values()))
        provenance: Provenance = found
        return provenance

    @property
    def _known(self) -> dict[str, Constant]:
        return {name: one for name, one in vars(self).items() if one is not None}

    def numbers(self, alpha: Fraction, **more: Any) -> Numbers | None:
        """What a theorem speaks of; None where something is not known."""
        if self.missing:
            return None
        values: dict[str, Any] = {name: one.value for name, one in self._known.items()}
        return Numbers(alpha=alpha, **values, **more)


def constants_of(instance: Instances) -> Constants:
    """What is known of the tasks of one instance, and of F from its w with its inner rate, and proved."""
    provenance: Any = instance.provenance
    smoothness, bend = (
        Constant(fraction(np.asarray(x).item()), provenance)
        for x in (instance.smoothness_constant, instance.hessian_lipschitz_constant)
    )
    deviations: Any = _deviations(instance.tasks) or dict.fromkeys(DEVIATIONS)
    return Constants(smoothness, bend, **deviations, gap=_gap(instance))


# -- deviations at all points ------------------------------------------------------------------------------------------
def _deviations(tasks: Tasks) -> dict[str, Constant] | None:
    exactly = _of_one_curvature(tasks)
    if exactly is not None:
        return exactly
    bounds = tasks.global_deviations
    if bounds is not None:
        # Suprema of psi' and psi'' that are declared make these bounds declared, too.
        provenance: Any = weakest("certified", tasks.provenance)
        return {
            name: Constant(root_above(fraction(np.asarray(bounds[name]).item())), provenance) for name in DEVIATIONS
        }
    return None


def _of_one_curvature(tasks: Tasks) -> dict[str, Constant] | None:
    """For gradients h (w - z_ij): h^2 times the variances of the centres, the same at all points."""
    if not _one_curvature(tasks) or not isinstance(tasks, QuadraticTasks):
        return None
    centres = rational.exact(tasks.centres)
    own = rational.mean(centres, -2)
    middle = rational.weighted_sum(rational.exact(tasks.probabilities)[:, None], own, -2)
    of_tasks = rational.weighted_sum(
        rational.exact(tasks.probabilities), rational.squared_norm(own - middle[None, :]), -1
    )
    of_samples = rational.mean(rational.squared_norm(centres - own[:, None, :]), -1)
    square = fraction(np.asarray(common_curvatures(tasks), dtype=object).item()) ** 2
    squares = (square * fraction(np.asarray(of_tasks).item()), square * max(fractions_of(of_samples)), Fraction(0))
    return {
        name: Constant(root_above(value), "exact" if root_above(value) ** 2 == value else "certified")
        for name, value in zip(DEVIATIONS, squares, strict=True)
    }


def _one_curvature(tasks: Tasks) -> bool:
    found = common_curvatures(tasks)
    return found is not None and bool(np.asarray(found).item() > 0)


# -- Delta -------------------------------------------------------------------------------------------------------------
def _gap(instance: Instances) -> Constant | None:
    if instance.alpha is not None and _one_curvature(instance.tasks):
        with rational.working():
            one = instance if instance.shape == () else instance[0]
            x = one.on(rational)
            if bool(np.asarray(x.evaluation.run_is_known).item()):
                return Constant(fraction(np.asarray(x.initial_gap, dtype=object).item()), "exact")
    least, most = lowest_of(instance.tasks), objective_above(instance)
    if least is None or most is None:
        return None
    # A loss whose smoothness is declared may not even be defined everywhere.
    provenance: Any = weakest("certified", instance.tasks.provenance)
    return Constant(max(Fraction(0), most - least), provenance)


def objective_above(instance: Instances) -> Fraction | None:
    """A number not below F(w), None where no double is."""
    with ball.working():
        step = InnerStep(ball, instance.tasks.on(ball), ball.exact(instance.alpha), ball.exact(instance.w)[None, :])
        value: Any = step.value
        above = float(ball.upper(value).item())
        return Fraction(above) if math.isfinite(above) else None


def lowest_of(tasks: Tasks) -> Fraction | None:
    """A number not above E_i inf f_i, and so not above F; None where none is certified."""
    if isinstance(tasks, QuadraticTasks):
        return Fraction(0) if _one_curvature(tasks) else None
    if not isinstance(tasks, RidgeTasks):
        return None
    return _lowest_ridge(tasks)


def _lowest_ridge(tasks: RidgeTasks) -> Fraction | None:
    """The sum of p_i c_ij / m times inf psi where c_ij > 0, sup psi where c_ij < 0; the ridge is not negative."""
    total, counted = Fraction(0), list(fractions_of(tasks.probabilities))
    for i, psi in enumerate(tasks.losses):
        weights = list(fractions_of(tasks.c[i]))
        for sign, part in ((1, [c for c in weights if c > 0]), (-1, [c for c in weights if c < 0])):
            if part and counted[i] > 0:
                least = lowest_value(psi, sign)
                if least is None:
                    return None
                total += counted[i] * abs(sum(part, Fraction(0))) * least / len(weights)
    return total


def lowest_value(psi: Loss, sign: int = 1) -> Fraction | None:
    """A number not above sign psi(t) for all t; None where none is certified.

    inf psi = -log sup exp(-psi), and the supremum of an absolute value is what can be certified.
    """
    return _lowest_value(psi.text, sign)


@lru_cache(maxsize=256)
def _lowest_value(text: str, sign: int) -> Fraction | None:
    import sympy

    try:
        highest = certified_supremum(sympy.exp(-sign * Loss("", text).expression), variable())
    except NotCertified:
        return None
    if highest.upper <= 0:
        return None
    above = arb(highest.upper.numerator) / highest.upper.denominator
    return -Fraction(*_upper_parts(above.log().upper()))


def _upper_parts(exact: arb) -> Sequence[int]:
    mantissa, power = exact.man_exp()
    m, e = int(mantissa), int(power)
    return (m << e, 1) if e >= 0 else (m, 1 << -e)


__all__ = ["NO_DEVIATIONS", "NO_GAP", "Constant", "Constants", "constants_of", "lowest_of", "objective_above"]
