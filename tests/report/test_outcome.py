"""The headline says the worst thing on the page, whichever section says it, and the colour goes with it."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest

from mamlcheck.check.runner import run
from mamlcheck.check.sweeps import RandomSweep, TableSweep
from mamlcheck.claims import load_claims
from mamlcheck.findings import Example, Relation, execute, find, findings_as_json
from mamlcheck.report.findings import comparison, outcome_line
from mamlcheck.report.page import headline, render_page
from mamlcheck.tasks.tables import read_table

COUNTS = {"holds": 5, "violated": 0, "undecided": 0, "vacuous": 0, "guaranteed": True}
FINDING = {
    "id": "a_place", "title": "A place", "place": "Theorem 9", "printed": "p", "true": "t", "why": "w", "handled": "h",
    "see": [], "setting": "", "quantities": [], "facts": [], "error": None, "status": "confirmed", "refutes": "",
}  # fmt: skip
SUBJECT = {
    "subject": "mine:make",
    "algorithm": "MAML",
    "checks_run": 1,
    "results": [],
    "unmatched_expected_failures": [],
}
PROOF = {"chains": [], "lemmas": [], "missing": ["a step"], "text": "", "proved": True}
GOOD = "1 claim, 5 certified verdicts: it holds"


def page(**parts: Any) -> dict[str, Any]:
    claim = COUNTS | parts.pop("claim", {})
    findings = parts.pop("findings", ())
    return {"claims": {"hf_error": claim}, "findings": {"findings": [FINDING | f for f in findings]}} | parts


def status(results: dict[str, Any]) -> str:
    found = re.search(r'<div class="outcome ([a-z-]+)">', render_page(results))
    assert found is not None
    return found[1]


CASES = {
    "all well": (page(), GOOD, "holds"),
    "a finding without a refutation": (page(findings=[{}]), GOOD, "holds"),
    "a theorem that is false": (
        page(findings=[{"refutes": "Theorem 9"}, {"refutes": "Lemma 8"}]),
        f"{GOOD}; Theorem 9 and Lemma 8 are false as printed (a finding)",
        "false-as-printed",
    ),
    "a refutation that is not confirmed refutes nothing": (
        page(findings=[{"refutes": "Theorem 9", "status": "NOT CONFIRMED"}]),
        f"NOT CONFIRMED by its example: a_place; {GOOD}",
        "violated",
    ),
    "a subject": (
        page(conformance=[SUBJECT | {"conforms": False}]), f"DOES NOT CONFORM: mine:make as MAML; {GOOD}", "violated",
    ),
    "a subject that conforms": (page(conformance=[SUBJECT | {"conforms": True}]), GOOD, "holds"),
    "a proof": (page(claim={"proof": PROOF | {"proved": False}}), f"NOT PROVED: hf_error; {GOOD}", "violated"),
    "a proof that holds": (page(claim={"proof": PROOF}), GOOD, "holds"),
    "a bracket": (
        page(brackets={"claims": {"hf_error": {"title": "HF", "state": "contradicted"}}}),
        f"CONTRADICTED by a certified instance: HF; {GOOD}",
        "violated",
    ),
    "the printed form": (
        page(claim={"printed_form": {"holds": 1, "violated": 2, "undecided": 0, "vacuous": 0}}),
        f"NOT SETTLED in the printed form: hf_error, 2 violated and 0 undecided; {GOOD}",
        "violated",
    ),
    "violated": (
        page(claim={"violated": 1}, findings=[{"refutes": "Theorem 9"}]),
        "VIOLATED: hf_error fails on 1 of 6 instances",
        "violated",
    ),
    "undecided": (
        page(claim={"undecided": 1}), "1 claim, 5 certified verdicts: none violated, 1 undecided", "undecided",
    ),
    "partial": (page(partial=True), "1 claim, 5 certified verdicts so far: it holds", "holds"),
    "nothing judged": (
        page(partial=True, claim={"holds": 0}),
        "1 claim, nothing judged yet: stopped before the first block of instances was done",
        "not-judged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_worst_thing_on_the_page_is_the_headline(name: str) -> None:
    results, said, colour = CASES[name]
    assert headline(results) == said
    assert status(results) == colour
    assert f"<h1>{said}</h1>" in render_page(results)


def test_a_claim_is_marked_by_the_worst_of_its_two_forms() -> None:
    printed = {"holds": 1, "violated": 0, "undecided": 2, "vacuous": 0}
    text = render_page(page(claim={"printed_form": printed}))
    assert "? UNDECIDED" in text
    assert "✓ holds" not in text


def test_the_findings_that_ship_refute_theorem_4_17_and_nothing_else() -> None:
    content = findings_as_json(execute(f for f in find() if f.id in ("hf_fixed_relative_error", "no_task_variance")))
    assert [entry["refutes"] for entry in content["findings"]] == ["", "Theorem 4.17"]
    assert outcome_line(content).startswith("False as printed: Theorem 4.17.")
    assert headline(page() | {"findings": content}).endswith("; Theorem 4.17 is false as printed (a finding)")


def test_two_sides_that_differ_do_not_read_the_same() -> None:
    third = Fraction(10**30, 3 * 10**30 + 1)
    fact = Relation("near", third, "<", third + Fraction(1, 10**9))
    (entry,) = findings_as_json([_executed(fact)])["findings"][0]["facts"]
    left, right = comparison(entry).split(" < ")
    assert left != right
    assert left.startswith("about 0.333333333")


def _executed(fact: Relation) -> Any:
    from mamlcheck.findings import Executed

    return Executed(find()[0], Example("", (), (fact,)))


# -- tightness -------------------------------------------------------------------------------------------------------
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
    assert "Drawn are 12 of 192 instances" in text
