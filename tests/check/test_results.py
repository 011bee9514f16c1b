"""Results: whatever fails is told, and what is brief has the numbers of the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mamlcheck.check.results import BriefResults, Results
from mamlcheck.check.runner import run
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.claims import load_claims
from mamlcheck.formats.brackets import BracketRecord, Brackets
from mamlcheck.formats.conformance import ConformanceRecord
from mamlcheck.formats.findings import Findings
from mamlcheck.formats.proofs import ProofRecord
from mamlcheck.formats.shared import Counts

BRACKET = BracketRecord("HF", None, None, None, None, "contradicted", None, None, None, None, None, None)
PROOF = ProofRecord(True, (), "printed", (), "", (), ())
SUBJECT = ConformanceRecord("mine:make", "MAML", True, 1, None, (), {}, ())


@pytest.fixture(scope="module")
def results() -> Results:
    return run(load_claims(("lemma_4_8", "lemma_4_10.bias")), [(RandomSweep(1), 128)], 1)


def with_claim(results: Results, **changed: Any) -> Results:
    return replace(results, claims={**results.claims, "lemma_4_8": replace(results.claims["lemma_4_8"], **changed)})


def test_a_run_in_which_all_hold(results: Results) -> None:
    assert results.all_hold
    assert results.nothing_fails
    good = with_claim(
        replace(
            results,
            brackets=Brackets({"hf_error": replace(BRACKET, state="open")}),
            conformance=(SUBJECT,),
            findings=Findings(1, 0, ()),
        ),
        proof=PROOF,
    )
    assert good.nothing_fails


@pytest.mark.parametrize("printed", [False, True])
@pytest.mark.parametrize("word", ["violated", "undecided"])
def test_a_claim_that_fails_in_either_form(results: Results, word: str, printed: bool) -> None:
    counts = Counts(**{"holds": 9, word: 1})
    bad = with_claim(results, **{"printed_form" if printed else "counts": counts})
    assert not bad.all_hold
    assert not bad.nothing_fails


def test_what_else_fails(results: Results) -> None:
    for bad in (
        with_claim(results, proof=replace(PROOF, proved=False)),
        replace(results, brackets=Brackets({"hf_error": BRACKET})),
        replace(results, conformance=(SUBJECT, replace(SUBJECT, conforms=False))),
        replace(results, findings=Findings(3, 1, ())),
    ):
        assert bad.all_hold
        assert not bad.nothing_fails


def test_vacuous_instances_are_no_failure(results: Results) -> None:
    assert with_claim(results, counts=Counts(vacuous=9)).all_hold


def everywhere(results: Results, **changed: Any) -> Results:
    return replace(results, claims={name: replace(claim, **changed) for name, claim in results.claims.items()})


def test_a_line_says_no_more_than_was_found(results: Results) -> None:
    def found(one: Results) -> str:
        return str(one).partition("seed 1: ")[2]

    assert found(results) == "all hold"
    assert found(with_claim(results, guaranteed=False)) == "all hold (not guaranteed)"
    assert found(everywhere(results, counts=Counts())) == "nothing judged yet"
    vacuous = "no instance meets the hypotheses, so nothing is supported"
    assert found(everywhere(results, counts=Counts(vacuous=9))) == vacuous
    one_vacuous = with_claim(results, counts=Counts(vacuous=9))
    assert found(one_vacuous) == "none violated, but no instance supports lemma_4_8"
    assert found(with_claim(one_vacuous, guaranteed=False)).startswith("none violated (not guaranteed), but")


def test_the_line_of_a_claim_says_where_its_printed_form_fails(results: Results) -> None:
    claim = replace(results.claims["lemma_4_8"], printed_form=Counts(holds=9))
    assert "printed form" not in str(claim)
    failing = replace(claim, printed_form=Counts(holds=7, violated=2, undecided=1))
    assert str(failing).endswith("; printed form: 2 violated, 1 undecided")


def test_in_brief_are_the_same_numbers(results: Results) -> None:
    brief = results.in_brief()
    assert BriefResults.from_json(brief.as_json()) == brief
    for name, claim in results.claims.items():
        told = brief.claims[name]
        assert (told.counts, told.guaranteed, told.printed_form) == (claim.counts, claim.guaranteed, claim.printed_form)
        assert told.worst_instance == claim.worst_instance
        known = claim.tightness
        assert (told.tightness.max, told.tightness.median) == (known.max, known.median)
        assert (told.tightness.measured, told.tightness.unmeasured) == (known.measured, known.unmeasured)
    for field in ("partial", "seed", "completed", "planned", "seconds", "versions"):
        assert getattr(brief, field) == getattr(results, field)


def test_the_parts_of_a_claim_add_up(results: Results) -> None:
    for claim in results.claims.values():
        assert Counts.sum(part.counts for part in claim.by_source.values()) == claim.counts
        assert claim.tightness.measured + claim.tightness.unmeasured == claim.counts.judged
        assert sum(claim.tightness.histogram.counts) + claim.tightness.zero == claim.tightness.measured
        assert len(claim.tightness.histogram.edges) == len(claim.tightness.histogram.counts) + 1
        assert claim.worst is not None
        assert claim.worst.tightness.lower == claim.tightness.max.lower
        assert all(left <= right * (1 + 1e-9) for left, right in claim.scatter)
