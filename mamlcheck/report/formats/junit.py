"""XML as systems for continuous integration read test results, after JUnit: what the report holds, a test case each.

A claim, a proof, a bracket, a check of an implementation and a finding is a case. What is violated, undecided or not
proved is a failure of a type of its own; what no instance supports is skipped, with the reason. The form is that of
Jenkins' and pytest's schema, xunit2.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as Tree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mamlcheck.check.results import Results
from mamlcheck.display import visible
from mamlcheck.report.brackets import gap_text, proved_text, reached_text
from mamlcheck.report.claims import ShownClaim, shown_claims
from mamlcheck.report.words import many

NAMES = ("report.xml",)
SKIPPED = {
    "no support": "no instance meets the hypotheses",
    "not judged": "no instance was judged",
    "left to its proof": "a claim about whole runs: hardly any instance has one that is known, and its proof says it",
}
_NO_XML = re.compile("[\ufffe\uffff]")  # what `visible` leaves, and XML 1.0 has no place for


@dataclass(frozen=True)
class Case:
    """A test case: its name, what became of it, of which type a failure is, and what is said of it."""

    name: str
    outcome: Literal["passed", "failure", "skipped"] = "passed"
    kind: str = ""
    said: str = ""


def files(results: Results) -> Mapping[str, str]:
    """The one file."""
    suites = Tree.Element("testsuites", {"name": "mamlcheck"})
    for k, (name, cases) in enumerate(suites_of(results).items()):
        if cases:
            suites.append(_suite(name, cases, results.seconds if k == 0 else 0.0))
    Tree.indent(suites)
    return {NAMES[0]: f'<?xml version="1.0" encoding="utf-8"?>\n{Tree.tostring(suites, encoding="unicode")}\n'}


def suites_of(results: Results) -> dict[str, tuple[Case, ...]]:
    """The test cases by the suites that they are in."""
    found = {
        "claims": tuple(_claims(results)),
        "proofs": tuple(_proofs(results)),
        "brackets": tuple(_brackets(results)),
        "findings": tuple(_findings(results)),
    }
    for k, subject in enumerate(results.conformance or ()):
        found[f"implementation {k + 1}: {subject.subject} as {subject.algorithm}"] = tuple(_checks(results, k))
    return found


def _claims(results: Results) -> Iterator[Case]:
    if results.partial:
        told = f"stopped by the user after {results.completed:,} of {many(results.planned, 'instance')}"
        yield Case("the whole run", "skipped", said=told)
    for claim in shown_claims(results):
        if claim.status in ("violated", "undecided"):
            yield Case(claim.name, "failure", claim.status, _counted(claim))
        elif claim.status in SKIPPED:
            yield Case(claim.name, "skipped", said=SKIPPED[claim.status])
        else:
            yield Case(claim.name, said=_counted(claim))


def _counted(claim: ShownClaim) -> str:
    """What was counted, in both forms of the claim, and the first instances that fail."""
    told = str(claim.found)
    failures = ", ".join(f"{one.verdict} on {one.instance}" for one in claim.found.failures)
    return f"{told}. {failures}" if failures else told


def _proofs(results: Results) -> Iterator[Case]:
    for name, claim in results.claims.items():
        if claim.proof is not None:
            proved = claim.proof.proved
            yield Case(name) if proved else Case(name, "failure", "not proved", "; ".join(claim.proof.missing))
    told = {node.id: node for node in results.map.nodes} if results.map else {}
    for name, claim in results.claims.items():  # those about whole runs, of which the map alone says it
        node = told.get(f"claim:{name}")
        if claim.proof is None and node is not None and node.standing in ("proved", "not proved"):
            yield Case(name) if node.standing == "proved" else Case(name, "failure", node.standing, node.told)


def _brackets(results: Results) -> Iterator[Case]:
    for name, row in (results.brackets.claims if results.brackets else {}).items():
        said = f"an instance reaches {reached_text(row)}, proved {proved_text(row)}: {gap_text(row)}"
        if row.state == "contradicted":
            yield Case(name, "failure", "contradicted", said)
        elif row.state == "no instance":
            yield Case(name, "skipped", said="no instance is kept for it")
        else:
            yield Case(name, said=said)


def _findings(results: Results) -> Iterator[Case]:
    for finding in results.findings.findings if results.findings else ():
        why = finding.error or "its example does not show what it says"
        yield Case(finding.id) if finding.confirmed else Case(finding.id, "failure", "not confirmed", why)


def _checks(results: Results, k: int) -> Iterator[Case]:
    subject = (results.conformance or ())[k]
    for check in subject.results:
        if check.outcome in ("failed", "unexpected pass"):
            yield Case(check.check, "failure", check.outcome, f"{check.message}\n{check.traceback}".strip())
        elif check.outcome == "passed":
            yield Case(check.check)
        else:
            yield Case(check.check, "skipped", said=f"{check.outcome}: {check.message}")
    for pattern in subject.unmatched_expected_failures:
        yield Case(f"expected failure {pattern}", "failure", "matches no check", "It matches no check.")


def _suite(name: str, cases: tuple[Case, ...], seconds: float) -> Tree.Element:
    counted = {outcome: sum(case.outcome == outcome for case in cases) for outcome in ("failure", "skipped")}
    suite = Tree.Element(
        "testsuite",
        {
            "name": _text(name),
            "tests": str(len(cases)),
            "failures": str(counted["failure"]),
            "errors": "0",
            "skipped": str(counted["skipped"]),
            "time": f"{seconds:.3f}",
        },
    )
    for case in cases:
        suite.append(_case(name, case))
    return suite


def _case(suite: str, case: Case) -> Tree.Element:
    place = {"classname": _text(f"mamlcheck.{suite}"), "name": _text(case.name), "time": "0.000"}
    element = Tree.Element("testcase", place)
    if case.outcome == "failure":
        said = Tree.SubElement(element, "failure", {"type": case.kind, "message": _text(case.said.partition("\n")[0])})
        said.text = _text(case.said)
    elif case.outcome == "skipped":
        Tree.SubElement(element, "skipped", {"message": _text(case.said)})
    elif case.said:
        Tree.SubElement(element, "system-out").text = _text(case.said)
    return element


def _text(text: str) -> str:
    return _NO_XML.sub("?", visible(text))
