"""MAML, FO-MAML or Reptile whose inner gradients are clipped, by their norm or by their components.

Limits that people type are tried. A gradient is clipped where that is certain; where an enclosure does not tell, the
form does not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question, fit
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.conformance.reference import Run
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 114
SEARCHES = True
NEAR = 1e-3  # relative: limits are typed in, so that the right one leaves nothing
LIMITS = (0.01, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
NORM_GUARDS = (1e-6, 0.0)  # what is added to a norm: the first by torch.nn.utils.clip_grad_norm_
NORM, VALUE = "norm", "value"
CAUSE = "Most likely the inner optimiser, or the inner loop, clips gradients before each step."


@dataclass(frozen=True)
class Clipped:
    """The formula. through: whether the way back goes through the clipping; if not, what it is scaled by is a number,
    and components that are clipped count as if they were not.
    """

    by: str
    limit: float
    guard: float
    through: bool
    update: bool

    def __call__(self, x: Run) -> Numbers:
        """The direction (n,)."""
        points, backs = [x.start], []
        for k in range(x.steps):
            g = points[-1].gradient("inner")
            clipped, back = self._by_norm(x, g) if self.by == NORM else self._by_value(x, g)
            backs.append(back)
            points.append(x.tasks.at(points[-1].w - x.alpha * x.along(clipped, k)))
        if self.update:
            return x.mean(x.w - points[-1].w)
        v = points[-1].gradient("outer")
        for k in reversed(range(x.steps)) if x.hessian != "none" else ():
            v = v - x.curvature(points[k], backs[k](x.alpha * x.along(v, k)))
        return x.mean(v)

    def _by_norm(self, x: Run, g: Numbers) -> tuple[Numbers, Callable[[Numbers], Numbers]]:
        """g with the norm cut, and the transpose of the derivative of that."""
        norm = x.ar.norm(g)[..., None]
        cut = x.ar.exact(_certain(x, x.number(self.limit), norm).astype(float))
        size = norm + x.number(self.guard)
        scale = cut * (x.number(self.limit) / size) + (1 - cut)

        def back(v: Numbers) -> Numbers:
            if not self.through:
                return scale * v
            return scale * v - cut * (scale * x.ar.sum(g * v, -1)[..., None] / (size * norm)) * g

        return scale * g, back

    def _by_value(self, x: Run, g: Numbers) -> tuple[Numbers, Callable[[Numbers], Numbers]]:
        """g with the components cut, and the transpose of the derivative of that."""
        limit = x.number(self.limit)
        above, below = (x.ar.exact(_certain(x, limit, side).astype(float)) for side in (g, -g))
        kept = 1 - above - below
        return kept * g + (above - below) * limit, lambda v: kept * v if self.through else v


def _certain(x: Run, limit: Numbers, value: Numbers) -> np.ndarray:
    """Where a value is above a limit. Raises `DoesNotApply` where that cannot be told."""
    answers = x.ar.less_equal(value, limit)
    if (answers < 0).any():
        raise DoesNotApply("whether a gradient is clipped cannot be told")
    return np.asarray(answers == 0)


def attempt(question: Question) -> Explanation | None:
    """The first limit that fits."""
    if not question.tells:
        return None  # what is searched for among so much rounding is found by chance
    for c in _ways():
        with suppress(DoesNotApply):
            if fit(c, [question.widest]).residual > NEAR or _cuts_nothing(c, question):
                continue
            match = question.match_of(c)
            if match is not None:
                return _where_it_is_told(of_match(question, match))
    return None


def _where_it_is_told(e: Explanation) -> Explanation:
    """It allows no observation on which it cannot be told what is clipped, and predicts none."""
    base = e.allows

    def allows(o: Observation) -> bool:
        with suppress(DoesNotApply):
            return base is not None and base(o)
        return False

    return replace(e, allows=allows, predicts=None)


def _cuts_nothing(c: Candidate, question: Question) -> bool:
    bare = replace(c, mutant=None)
    return all(np.array_equal(bare.screened(o.problem), c.screened(o.problem)) for o in question.seen)


def _ways() -> Iterator[Candidate]:
    ways = [*product((NORM,), NORM_GUARDS), (VALUE, 0.0)]
    for (by, guard), limit, name in product(ways, LIMITS, ("MAML", "FO-MAML", "Reptile")):
        known = algorithm(name)
        what = "norm of each inner gradient is" if by == NORM else "components of each inner gradient are"
        for through in (True, False) if name == "MAML" else (True,):
            formula = Clipped(by, limit, guard, through, known.update)
            says = f"the {what} clipped at {limit:g}"
            mutant = Mutant("inner_clipped", (known,), says, CAUSE, ("inner",), True, 1, formula, f"{formula!r}")
            yield replace(plain(known), mutant=mutant)
