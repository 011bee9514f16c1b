"""The closed formulas that follow from the theorems: Corollaries 4.13 and 4.16, and 4.17 with an eta that is enough.

With M_0 = 1 + (rho alpha / (2L)) (l0 sigma + l1 eps): sizes that reach eps without a search, for comparison. They are
looser than the theorems, and cost more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from mamlcheck.arithmetic.exact import nearest_double
from mamlcheck.meta.instance import BatchSizes
from mamlcheck.plans.search import LEAST_TASKS, needed_sizes, short_below
from mamlcheck.runs.theorems import THEOREMS, Numbers, root_above

AT_ONE_SIXTH = Fraction(37, 25), Fraction(36, 25)  # l0 and l1 for alpha L <= 1/6
AT_ONE_TENTH = Fraction(101, 81), Fraction(100, 81)  # and for alpha L <= 1/10


def growth(numbers: Numbers, accuracy: Fraction, factors: tuple[Fraction, Fraction]) -> Fraction:
    """M_0."""
    slope = numbers.hessian_lipschitz * numbers.alpha / (2 * numbers.smoothness)
    return 1 + slope * (factors[0] * numbers.sigma + factors[1] * accuracy)


def _maml(x: Numbers, eps: Fraction) -> Numbers:
    """B >= 3 M_0 sigma^2 / eps^2, D_in and B D_o >= 1.35 M_0 sigma~^2 / eps^2, T >= 168 M_0 L Delta / eps^2."""
    scale = growth(x, eps, AT_ONE_SIXTH) / eps**2
    samples = Fraction(27, 20) * scale * x.sigma_tilde**2
    return _sized("maml", x, 3 * scale * x.sigma**2, samples, 168 * scale * x.smoothness * x.gap)


def _fo_maml(x: Numbers, eps: Fraction) -> Numbers | None:
    """For eps >= 4.6 sqrt(M_0) alpha L sigma: B >= 1 / a^2, D_in and B D_o >= sigma~^2 / (a sigma)^2,
    T >= 19 Delta / (alpha^2 sigma^2 L), a = alpha L.
    """
    rate = x.alpha * x.smoothness
    floor = (rate * x.sigma) ** 2
    if floor == 0 or eps**2 < Fraction(529, 25) * growth(x, eps, AT_ONE_TENTH) * floor:
        return None
    return _sized("fo-maml", x, 1 / rate**2, x.sigma_tilde**2 / floor, 19 * x.gap * x.smoothness / floor)


def _hf_maml(x: Numbers, eps: Fraction) -> Numbers:
    """eta = eps / sqrt(M_0 (27 sigma^2 + 14 sigma~^2 / D_o)), B >= 4.3 M_0 sigma^2 / eps^2,
    D_in and B D_o >= 4.3 M_0 sigma~^2 / eps^2, T >= 336 M_0 L Delta / eps^2.
    """
    scale = growth(x, eps, AT_ONE_SIXTH) / eps**2
    samples = Fraction(43, 10) * scale * x.sigma_tilde**2
    found = _sized("hf-maml", x, Fraction(43, 10) * scale * x.sigma**2, samples, 336 * scale * x.smoothness * x.gap)
    spread = scale * (27 * x.sigma**2 + 14 * x.sigma_tilde**2 / found.sizes.outer)
    largest = Fraction(1, 6)
    if spread <= 36:
        return replace(found, eta=largest)
    return replace(found, eta=short_below(nearest_double(1 / root_above(spread))))


def _sized(name: str, numbers: Numbers, tasks: Fraction, samples: Fraction, steps: Fraction) -> Numbers:
    drawn = max(LEAST_TASKS, math.ceil(tasks))
    sizes = {
        **vars(needed_sizes(name, numbers)),
        "step_tasks": drawn,
        "inner": max(1, math.ceil(samples)),
        "outer": max(1, math.ceil(samples / drawn)),
        "run_steps": max(1, math.ceil(steps)),
    }
    return replace(numbers, sizes=BatchSizes(**sizes))


COROLLARIES: dict[str, Callable[[Numbers, Fraction], Numbers | None]] = {
    "maml": _maml, "fo-maml": _fo_maml, "hf-maml": _hf_maml
}  # fmt: skip


def by_corollary(name: str, numbers: Numbers, accuracy: Fraction) -> Numbers | None:
    """The numbers with the sizes of the corollary; None where it is about other eps, or its theorem does not apply."""
    if numbers.alpha <= 0:
        return None
    found = COROLLARIES[name](numbers, accuracy)
    return None if found is None or THEOREMS[name].failing(found) else found


__all__ = ["by_corollary", "growth"]
