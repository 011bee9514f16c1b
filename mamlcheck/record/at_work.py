"""Instances on which every term of a bound counts, beside the tightest ones, which may leave some terms at 0.

A bound can be tight for a dull reason: Lemma 4.8 is met by f = -w^2 / 2, whose Hessian is constant, so that the term
with rho says nothing there. The instances lie in `reports/at_work/`, each beside the claim file for which it was
hunted, whose hypotheses ask for an eighth of the bound from every term; here they are certified again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import sympy

from mamlcheck.arithmetic import Arithmetic, NotExact, ball, rational
from mamlcheck.check.description import describe
from mamlcheck.check.results import Results
from mamlcheck.claims import load_claim
from mamlcheck.formats.brackets import AtWork, TermRecord
from mamlcheck.formats.shared import Enclosure
from mamlcheck.hunt.witness import Witness, certify
from mamlcheck.language.terms import Expr
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.catalogue import Proved, proved
from mamlcheck.proof.waterfall import ChainOn, waterfall
from mamlcheck.record.portrait import portrait
from mamlcheck.record.witnesses import read_witness
from mamlcheck.shipped import shipped

TRIED: tuple[Arithmetic, ...] = (rational, ball)
LEAST_SHARE = "1/8"  # of the bound, that the claim files ask of every term


def instances_at_work() -> dict[str, Witness]:
    """The instances that ship with mamlcheck, by claim."""
    return {path.stem: read_witness(path) for path in sorted((shipped("reports") / "at_work").glob("*.json"))}


def with_every_term(results: Results, witnesses: Mapping[str, Instances]) -> Results:
    """The results with such an instance for each claim that has one, and on whose witness a term of the bound is 0.

    witnesses: blocks of one instance, by claim.
    """
    found = {name: one for name, one in instances_at_work().items() if name in results.claims and name in witnesses}
    added = {name: at_work(name, one, witnesses[name]) for name, one in found.items()}
    claims = {name: replace(claim, at_work=added.get(name)) for name, claim in results.claims.items()}
    return replace(results, claims=claims)


def at_work(claim_id: str, one: Witness, tightest: Instances) -> AtWork | None:
    """What is shown of an instance, certified again; None where every term counts on the tightest one, too."""
    proof = proved(claim_id)
    idle = tuple(latex for latex, value in _terms(proof, tightest) if value.lower == value.upper == 0)
    if not idle:
        return None
    claim = load_claim(claim_id)
    again = certify(replace(one, claim=claim_id), claim)
    terms = tuple(TermRecord(*term) for term in _terms(proof, again.instance))
    if not _all_count(terms):
        return None
    return AtWork(
        idle=idle,
        least_share=LEAST_SHARE,
        terms=terms,
        tightness=Enclosure.of(again.tightness),
        arithmetic=again.arithmetic,
        description=describe(again.instance),
        portrait=portrait(claim, again.instance),
        python=again.as_python(),
    )


def _all_count(terms: Sequence[TermRecord]) -> bool:
    """Whether each term is certainly the least share of their sum, or more: exactly, of the ends of enclosures."""
    ends = [(term.value.lower, term.value.upper) for term in terms]
    lower = [Fraction(low) for low, _ in ends if low is not None]
    upper = [Fraction(high) for _, high in ends if high is not None]
    known = len(lower) == len(upper) == len(terms)
    return known and min(lower) >= Fraction(LEAST_SHARE) * sum(upper)


def _terms(proof: Proved, instance: Instances) -> Iterator[tuple[str, Enclosure]]:
    """The terms of the right side that is the smallest on the instance, as printed, in LaTeX, with their values."""
    right = sympy.sympify(waterfall(proof, instance).steps[-1].expression)
    for term in (right if right.is_Add else right.expand(deep=False)).as_ordered_terms():
        yield proof.proof.language.latex(term), _value(proof, instance, term)


def _value(proof: Proved, instance: Instances, term: Expr) -> Enclosure:
    for ar in TRIED:
        try:
            with ar.working():
                value = ChainOn(proof, instance.on(ar)).value(term)
                if isinstance(value, str):
                    break
                return Enclosure.of((float(ar.lower(value.array)[0]), float(ar.upper(value.array)[0])))
        except NotExact:
            continue
    return Enclosure(None, None)


__all__ = ["LEAST_SHARE", "at_work", "instances_at_work", "with_every_term"]
