"""MAML, or FO-MAML, where rates were given that differ by step or by parameter: in the wrong order or place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.rates import rates_of
from mamlcheck.conformance.reference import Direction, Run

ORDER = 15
REVERSED = "the rates of the inner steps are taken in the reversed order, that of the last step first"
FROM_THE_END = "Most likely the list of rates is popped from its end, or indexed backwards."
AFTER = "the inner rates multiply the Hessian-vector product H g, where H is to be multiplied by the rates times g"
BY_HAND = "Most likely a hand-written pull-back is that of one rate: the transpose of I - diag(rates) H is needed."


def in_reversed_order(x: Run) -> Numbers:
    """The direction with the rates of the last step first."""
    rates = x.problem.key.rates
    assert rates is not None
    turned = rates_of(rates.of(k) for k in reversed(range(x.steps)))
    return x.mean(replace(x, problem=x.problem.but(rates=turned)).directions())


def after_the_hessian(x: Run) -> Numbers:
    """The direction with factors I - diag(rates) H, not I - H diag(rates)."""
    path = x.path()
    g = path.end.gradient("outer")
    for k in reversed(range(x.steps)):
        g = g - x.alpha * x.along(x.curvature(path.points[k], g), k)
    return x.mean(g)


def attempt(question: Question) -> Explanation | None:
    """The first that fits."""
    rates = [o.problem.key.rates for o in question.seen]
    if any(one is None for one in rates):
        return None
    by_step = all(one is not None and one.by_step for one in rates) and question.seen[0].problem.steps > 1
    for c in ways(by_step):
        match = question.match_of(c)
        if match is not None:
            return of_match(question, match)
    return None


def ways(by_step: bool) -> Iterator[Candidate]:
    """All that are tried: by_step, whether the steps have rates of their own."""
    tried: list[tuple[str, str, str, tuple[str, ...], Direction]] = [
        ("rates_after_hessian", AFTER, BY_HAND, ("MAML",), after_the_hessian)
    ]
    if by_step:
        tried.append(("rates_reversed", REVERSED, FROM_THE_END, ("MAML", "FO-MAML"), in_reversed_order))
    for defect, says, cause, names, formula in tried:
        for name in names:
            known = algorithm(name)
            yield replace(plain(known), mutant=Mutant(defect, (known,), says, cause, ("inner",), True, 1, formula))
