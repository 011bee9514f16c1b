"""MAML, or FO-MAML, whose outer loss is a sum of the losses after the inner steps, with weights that fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.parts.least_squares import linear
from mamlcheck.conformance.diagnosis.parts.searching import FAMILY, enough, near, plain_number
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.reference import Run, added, screened
from mamlcheck.conformance.words import listed
from mamlcheck.meta.algorithms import InnerSteps

ORDER = 118
CAUSE = "Most likely outer losses after several inner steps are added up, as MAML++ has it."


@dataclass(frozen=True)
class Weighed:
    """The formula. weights: of the outer loss at the start and after each inner step."""

    weights: tuple[float, ...]

    def __call__(self, x: Run) -> Numbers:
        """The direction (n,)."""
        path = x.adapt()
        assert isinstance(path, InnerSteps)
        return x.mean(
            added(
                x.number(weight) * x.pull_back(path.between(0, k), path.points[k].gradient("outer"))
                for k, weight in enumerate(self.weights)
                if weight
            )
        )


def attempt(question: Question) -> Explanation | None:
    """Weights that explain all observations, of second order or of first."""
    steps = question.seen[0].problem.steps
    if steps < 2 or not enough(question, steps + 1) or not question.tells:
        return None
    for name in FAMILY.values():
        c = plain(algorithm(name))
        columns = [
            np.stack([screened(o.problem, Weighed(one), c.hessian) for one in _each(steps + 1)], axis=1)
            for o in question.seen
        ]
        weights, left = linear(columns, [o.direction for o in question.seen])
        if max(left) > near(question):
            continue
        for slack in (near(question), 0.0):
            found = tuple(plain_number(float(weight), slack) for weight in weights)
            match = question.match_of(_candidate(c, found)) if sum(weight != 0 for weight in found) > 1 else None
            if match is not None:
                return _of_these_steps(of_match(question, match), steps)
    return None


def _of_these_steps(e: Explanation, steps: int) -> Explanation:
    """Of so many steps alone: others have weights of their own."""
    allows = e.allows
    return replace(e, allows=lambda o: o.problem.steps == steps and allows is not None and allows(o), predicts=None)


def _each(count: int) -> list[tuple[float, ...]]:
    return [tuple(float(k == j) for k in range(count)) for j in range(count)]


def _candidate(c: Candidate, weights: tuple[float, ...]) -> Candidate:
    said = listed([f"{weight:.4g}" for weight in weights])
    says = f"its outer loss is a sum of the losses before and after each inner step, with the weights {said}"
    mutant = Mutant("losses_of_steps", (c.algorithm,), says, CAUSE, ("inner",), True, 2, Weighed(weights), f"{weights}")
    return replace(c, mutant=mutant)
