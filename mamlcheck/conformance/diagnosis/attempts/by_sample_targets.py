"""MAML, or FO-MAML, with the targets of a set in another order than its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question, fit
from mamlcheck.conformance.diagnosis.parts.form import Form, Samples, as_candidate, own_samples
from mamlcheck.conformance.diagnosis.parts.searching import FAMILY, can_be_taken_apart, certified, near
from mamlcheck.conformance.diagnosis.parts.words import target_orders

ORDER = 155
SEARCHES = True


def attempt(question: Question) -> Explanation | None:
    """The first order that fits, of the one set, of the other, or of both."""
    if not can_be_taken_apart(question):
        return None
    for algorithm in FAMILY.values():
        for form in _forms():
            one = fit(as_candidate(algorithm, form), [question.widest])
            if one.residual <= near(question):
                found = certified(question, algorithm, form, one.factors[0])
                if found is not None:
                    return found
    return None


def _forms() -> Iterator[Form]:
    inner, outer = list(_orders("inner")), list(_orders("outer"))
    yield from (Form(outer=some) for some in outer)
    yield from (Form(inner=(some,)) for some in inner)
    yield from (Form(inner=(a,), outer=b) for a, b in zip(inner, outer, strict=True))


def _orders(role: str) -> Iterator[Samples]:
    own = own_samples(role)
    for order in target_orders(len(own)).values():
        yield tuple(replace(s, target=i) for s, i in zip(own, order, strict=True))
