"""The headline says the worst thing on the page, whichever section says it, and the colour goes with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from mamlcheck.check.results import Results
from mamlcheck.check.runner import run
from mamlcheck.check.sweeps import RandomSweep, TableSweep
from mamlcheck.claims import load_claims
from mamlcheck.findings import execute, find, findings_document
from mamlcheck.formats.brackets import Brackets
from mamlcheck.formats.findings import Findings
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.report.findings import outcome_line
from mamlcheck.report.outcome import LAST_PLACE, Alert, Phrase, Says, headline, together, word
from mamlcheck.report.page import headline as headline_of_page
from mamlcheck.report.page import render_page
from mamlcheck.tasks.tables import read_table

GOOD = "1 claim, 5 certified verdicts: it holds"


def _findings(made: Any, *findings: Any) -> Findings:
    refused = sum(not finding.confirmed for finding in findings)
    return Findings(len(findings) - refused, refused, findings)


CASES: dict[str, tuple[Callable[[Any], Results], str, str]] = {
    "all well": (lambda made: made.results(), GOOD, "holds"),
    "a finding without a refutation": (
        lambda made: made.results(findings=_findings(made, made.finding())), GOOD, "holds",
    ),
    "a theorem that is false": (
        lambda made: made.results(
            findings=_findings(made, made.finding(refutes="Theorem 9"), made.finding(refutes="Lemma 8"))
        ),
        f"{GOOD}; Theorem 9 and Lemma 8 are false as printed (a finding)",
        "false-as-printed",
    ),
    "a refutation that is not confirmed refutes nothing": (
        lambda made: made.results(
            findings=_findings(made, made.finding(refutes="Theorem 9", status="NOT CONFIRMED"))
        ),
        f"NOT CONFIRMED by its example: a_place; {GOOD}",
        "violated",
    ),
    "a subject": (
        lambda made: made.results(conformance=(made.subject(conforms=False),)),
        f"DOES NOT CONFORM: mine.py:make as MAML; {GOOD}",
        "violated",
    ),
    "a subject that conforms": (
        lambda made: made.results(conformance=(made.subject(),)), f"mine.py:make conforms to MAML; {GOOD}", "holds",
    ),
    "a proof": (
        lambda made: made.one(proof=made.proof(proved=False)), f"NOT PROVED: hf_error; {GOOD}", "violated",
    ),
    "a proof that holds": (lambda made: made.one(proof=made.proof()), GOOD, "holds"),
    "a bracket": (
        lambda made: made.results(brackets=Brackets({"hf_error": made.bracket(title="HF", state="contradicted")})),
        f"CONTRADICTED by a certified instance: HF; {GOOD}",
        "violated",
    ),
    "a bracket that is open": (
        lambda made: made.results(brackets=Brackets({"hf_error": made.bracket(state="open")})),
        f"{GOOD}; 1 of 1 printed bound can be improved: hf_error, to 0.5 of what is printed",
        "holds",
    ),
    "a bound without room": (
        lambda made: made.results(
            brackets=Brackets({"hf_error": made.bracket(tightness=Enclosure(1 - 1e-5, 1.0), proved="1")})
        ),
        f"{GOOD}; 1 of 1 printed bound cannot be improved by more than 0.0001",
        "holds",
    ),
    "a bound of which nothing is known": (
        lambda made: made.results(
            brackets=Brackets({"hf_error": made.bracket(tightness=Enclosure(1 - 2e-4, 1.0), proved="1")})
        ),
        f"{GOOD}; of 1 printed bound it is not known",
        "holds",
    ),
    "the printed form": (
        lambda made: made.one(printed_form=Counts(1, 2)),
        f"NOT SETTLED in the printed form: hf_error, 2 violated and 0 undecided; {GOOD}",
        "violated",
    ),
    "violated": (
        lambda made: made.results(
            claims={"hf_error": made.claim(counts=Counts(5, 1))},
            findings=_findings(made, made.finding(refutes="Theorem 9")),
        ),
        "VIOLATED: hf_error fails on 1 of 6 instances",
        "violated",
    ),
    "not guaranteed": (
        lambda made: made.one(guaranteed=False), "1 claim, 5 verdicts not guaranteed: it holds", "not-guaranteed",
    ),
    "undecided": (
        lambda made: made.one(counts=Counts(5, undecided=1), guaranteed=False),
        "1 claim, 5 verdicts not guaranteed: none violated, 1 undecided",
        "undecided",
    ),
    "no support": (
        lambda made: made.one(counts=Counts(vacuous=1)),
        "1 claim, 0 certified verdicts: no instance meets the hypotheses, so nothing is supported",
        "no-support",
    ),
    "whole runs": (
        lambda made: made.results(
            claims={"hf_error": made.claim(), "ours.theorem_4_12.sum": made.claim(counts=Counts(vacuous=1))}
        ),
        "1 printed claim and 1 of ours, 5 certified verdicts: all hold, but for 1 claim about whole runs, left "
        "to proof",
        "holds",
    ),
    "whole runs alone": (
        lambda made: made.results(claims={"ours.theorem_4_12.sum": made.claim(counts=Counts(vacuous=1))}),
        "1 claim of ours, 0 certified verdicts: no instance meets the hypotheses, so nothing is supported",
        "no-support",
    ),
    "a violated run": (
        lambda made: made.results(
            claims={"hf_error": made.claim(), "ours.theorem_4_12.sum": made.claim(title="runs", counts=Counts(0, 1))}
        ),
        "VIOLATED: runs fails on 1 of 1 instance",
        "violated",
    ),
    "no claims": (lambda made: made.results(claims={}), "No claims were checked", "no-support"),
    "partial": (
        lambda made: made.results(partial=True), "1 claim, 5 certified verdicts so far: it holds", "holds",
    ),
    "nothing judged": (
        lambda made: made.results(partial=True, completed=0, claims={"hf_error": made.claim(counts=Counts())}),
        "1 claim, nothing judged yet: stopped before the first block of instances was done",
        "not-judged",
    ),
    "everything": (
        lambda made: made.everything(),
        "DOES NOT CONFORM: mine.py:make as MAML; VIOLATED: Lemma 4.10: bias of the adapted gradient fails on 2 of "
        "2,220 instances; CONTRADICTED by a certified instance: Lemma 4.8; NOT PROVED: Lemma 4.8: the meta-objective "
        "is smooth; NOT CONFIRMED by its example: other",
        "violated",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_worst_thing_on_the_page_is_the_headline(made: Any, name: str) -> None:
    results, said, colour = CASES[name]
    page = render_page(results(made))
    assert headline_of_page(results(made)) == said
    assert re.findall(r'<div class="outcome ([a-z-]+)">', page) == [colour]
    first, *others = re.split("; ", said[:1].upper() + said[1:])
    assert f"<h1>{first}</h1>" in page
    told = page.partition('<div class="outcome')[2].partition("<dl")[0]
    assert all(other.casefold() in told.casefold() for other in others)
    assert f"<title>mamlcheck: {said}</title>" in page


def test_alerts_stand_in_the_order_that_their_sections_ask_for(made: Any) -> None:
    words = re.findall(r'<p class="alert"><strong>([A-Z ]+)</strong>', render_page(made.everything()))
    assert words == [
        "UNDECIDED", "NOT GUARANTEED", "NOT PROVED", "NO SUPPORT", "DOES NOT CONFORM", "WORSE THAN BEFORE",
        "WORSE THAN BEFORE", "FALSE AS PRINTED", "NOT CONFIRMED", "CONTRADICTED",
    ]  # fmt: skip


def test_a_refutation_that_is_not_confirmed_is_no_alert(made: Any) -> None:
    finding = made.finding(refutes="Theorem 9", status="NOT CONFIRMED")
    page = render_page(made.results(findings=_findings(made, finding)))
    assert re.findall(r'<p class="alert"><strong>([A-Z ]+)</strong>', page) == ["NOT CONFIRMED"]


def test_a_claim_is_marked_by_the_worst_of_its_two_forms(made: Any) -> None:
    text = render_page(made.one(printed_form=Counts(1, 0, 2)))
    assert "? UNDECIDED" in text
    assert "✓ holds" not in text
    text = render_page(made.one(counts=Counts(1, 0, 1), printed_form=Counts(1, 1)))
    assert text.count("✕ VIOLATED") == 2  # in the table of claims, and over the claim's own section


# -- what sections say, put together -------------------------------------------------------------------------
def test_sections_that_say_nothing_leave_nothing() -> None:
    said = together([Says(), Says()])
    assert headline(said) == ""
    assert word(said) == "holds"
    assert together([]) == Says()


def test_what_is_said_has_its_place_and_what_has_none_comes_last() -> None:
    one = Says(failing=(Phrase("c"), Phrase("b", 2)), giving=(Phrase("e"),), alerts=(Alert("Z", "z."),), lines=("l",))
    other = Says(
        failing=(Phrase("a", 1),), giving=(Phrase("d", 1),), alerts=(Alert("Y", "y.", LAST_PLACE - 1),), lines=("m",)
    )
    said = together([one, other])
    assert headline(said) == "a; b; c; d; e"
    assert [alert.word for alert in said.alerts] == ["Y", "Z"]
    assert said.lines == ("l", "m")


def test_what_fails_makes_the_page_fail_and_a_refuted_theory_silences_what_holds() -> None:
    said = together([Says(failing=(Phrase("a"),)), Says(giving=(Phrase("b"),), word="undecided")])
    assert word(said) == "violated"
    assert headline(said) == "a; b"
    assert headline(together([said, Says(refuted=True)])) == "a"


def test_the_page_takes_the_worst_word() -> None:
    assert word(together([Says(word="false as printed"), Says(word="not judged"), Says(word="not guaranteed")])) == (
        "not judged"
    )


# -- from real runs ------------------------------------------------------------------------------------------
def test_the_findings_that_ship_refute_theorem_4_17_and_nothing_else(made: Any) -> None:
    chosen = (f for f in find() if f.id in ("hf_fixed_relative_error", "no_task_variance"))
    findings = findings_document(execute(chosen))
    assert [finding.refutes for finding in findings.findings] == ["", "Theorem 4.17"]
    assert outcome_line(findings).startswith("False as printed: Theorem 4.17.")
    assert headline_of_page(made.results(findings=findings)).endswith("; Theorem 4.17 is false as printed (a finding)")


def test_maximum_and_median_are_enclosed_and_say_how_many_they_rest_on() -> None:
    results = run(
        load_claims(("lemma_4_10.bias", "hf_error")),
        [(RandomSweep(1), 128), (TableSweep(read_table("grunfeld"), 1), 64)],
        1,
    )
    for claim in results.claims.values():
        found, judged = claim.tightness, claim.counts.judged
        assert found.measured + found.unmeasured == judged
        assert 0 < found.measured <= judged
        assert found.max is not None
        assert found.median is not None
        assert found.median.lower <= found.median.upper <= found.max.upper
        # Whatever was too wide in ball to rank is certified again: six digits of the maximum are certain.
        assert found.max.width < 1e-8 * found.max.lower
    text = render_page(results)
    measured = results.claims["lemma_4_10.bias"].tightness.measured
    assert 128 <= measured < 192
    assert f"of the {measured} instances that have one" in text
    assert f"{192 - measured} more are not vacuous and have none" in text
    assert "Drawn are 60 of 192 instances" in text


def test_a_claim_about_whole_runs_is_not_left_to_its_proof_where_its_printed_form_is_violated(made: Any) -> None:
    """Neither hidden by its row nor by its own section."""
    claim = made.claim(counts=Counts(vacuous=1), printed_form=Counts(0, 1))
    page = render_page(made.results(claims={"ours.theorem_4_12.sum": claim}))
    assert page.count("✕ VIOLATED") == 2
    assert "left to its proof" not in page
