"""What changed since earlier results, row by row: read before anything is checked, and compared when all is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from mamlcheck.check.results import BriefClaim, BriefResults, Results
from mamlcheck.errors import InputError
from mamlcheck.formats.against import ChangedRow, Comparison, Standing, Turn
from mamlcheck.formats.differences import Difference
from mamlcheck.formats.measures import Measure, Measures
from mamlcheck.formats.shared import Word
from mamlcheck.record.documents import differences_of, read_document

WANTED = "give a results.json of `mamlcheck report`, or what `mamlcheck check --json` printed"
WORDS: tuple[Word, ...] = ("violated", "undecided", "not judged", "no support", "at confidence", "holds")  # worst first
OF_OTHER_INSTANCES = frozenset(
    {"holds", "at_confidence", "violated", "undecided", "vacuous", "max tightness", "median tightness",
     "worst instance"}
)  # fmt: skip
OF_THE_INSTANCES: tuple[Word, ...] = ("not judged", "no support", "at confidence")  # words for what was drawn
PRINTED_FORM = "printed form, "  # how counts of that form begin
VERDICT = "verdict"


@dataclass(frozen=True)
class Old:
    """Earlier results, whole or in brief. file: where they were read from, with the folder that it is in."""

    file: str
    results: Results | BriefResults


def read_old(path: str | Path) -> Old:
    """The results in a file. Raises `InputError` where it has none."""
    found = read_document(path)
    if not isinstance(found, Results | BriefResults):
        raise InputError(f"{path} says format {found.FORMAT!r}, and holds no results of a report: {WANTED}")
    file = Path(path)
    return Old("/".join(name for name in (file.parent.name, file.name) if name), found)


def compared(olds: Iterable[Old], new: Results) -> tuple[Comparison, ...]:
    """What changed since each of these, in their order."""
    return tuple(comparison(old, new) for old in olds)


def comparison(old: Old, new: Results) -> Comparison:
    """What changed since one of them. What the old results do not have at all, such as proofs, is not compared."""
    alike = _alike(old.results, new)
    before, now = _measures(old.results, alike), _measures(new, alike)
    common = {name: _in_both(before.get(name), measures) for name, measures in now.items()}
    before = {name: _in_both(now.get(name), measures) for name, measures in before.items()}
    found: dict[str, list[Difference]] = {}
    for difference in differences_of(before, common):
        found.setdefault(difference.claim, []).append(difference)
    titles = {name: claim.title for name, claim in new.claims.items()}
    rows = [ChangedRow(name, titles.get(name) or name, _turn(some), tuple(some)) for name, some in found.items()]
    turns = get_args(Turn)
    return Comparison(
        file=old.file,
        mamlcheck=old.results.versions.get("mamlcheck", ""),
        seed=old.results.seed,
        completed=old.results.completed,
        partial=old.results.partial,
        alike=alike,
        rows=tuple(sorted(rows, key=lambda row: turns.index(row.turn))),
        unchanged=len({*before, *common}) - len(found),
        standings=standings(old.results),
    )


def standings(results: Results | BriefResults) -> dict[str, Standing]:
    """How it stands with each claim."""
    return {name: Standing(claim.counts.status, claim.tightness.max) for name, claim in _brief(results).claims.items()}


def _brief(results: Results | BriefResults) -> BriefResults:
    return results.in_brief() if isinstance(results, Results) else results


def _alike(old: Results | BriefResults, new: Results) -> bool:
    """Whether both judged the same instances, as far as they say."""
    if (old.seed, old.completed) != (new.seed, new.completed):
        return False
    return isinstance(old, BriefResults) or _instances(old) == _instances(new)


def _instances(results: Results) -> list[tuple[str, int, int]]:
    return [(source.name, source.first, source.instances) for source in results.sources]


# -- what is compared ------------------------------------------------------------------------------------------------
def _measures(results: Results | BriefResults, alike: bool) -> dict[str, dict[str, Measure]]:
    """Of each claim its verdict, and what is measured where the instances are alike; its proof and its bracket, and
    what became of implementations, where the results have them.
    """
    found: dict[str, dict[str, Measure]] = {}
    measured: Measures = _brief(results).measures
    for name, claim in _brief(results).claims.items():
        word = _word(claim)
        found[name] = {} if word in OF_THE_INSTANCES and not alike else {VERDICT: word}
        found[name] |= {what: value for what, value in measured[name].items() if alike or not _of_other_instances(what)}
    if isinstance(results, BriefResults):
        return found
    for name, whole in results.claims.items():
        if whole.proof is not None:
            found[name]["proved"] = whole.proof.proved
    for name, bracket in (results.brackets.measures if results.brackets else {}).items():
        if name in found:  # a claim that was not judged is no row
            found[name] |= {f"bracket, {what}": value for what, value in bracket.items()}
    for subject in results.conformance or ():
        outcomes: dict[str, Measure] = {check.check: check.outcome for check in subject.results}
        found[f"{subject.subject} as {subject.algorithm}"] = {"conforms": subject.conforms} | outcomes
    return found


def _word(claim: BriefClaim) -> Word:
    """The worse one of its strong form and its printed form."""
    words = [claim.counts.status, *([claim.printed_form.status] if claim.printed_form is not None else [])]
    return min((word for word in words if word not in ("not judged", "no support")), key=WORDS.index, default=words[0])


def _of_other_instances(what: str) -> bool:
    return what in OF_OTHER_INSTANCES or what.startswith(PRINTED_FORM)


def _in_both(other: Mapping[str, Measure] | None, own: Mapping[str, Measure]) -> dict[str, Measure]:
    """The measures that both have; all of them where the other has no such row."""
    return {what: value for what, value in own.items() if other is None or what in other}


# -- what a change is ------------------------------------------------------------------------------------------------
def _turn(differences: Sequence[Difference]) -> Turn:
    """The gravest of them: worse where a verdict, a guarantee, a proof or a check is worse than it was."""
    turns = [_turn_of(one) for one in differences]
    return min(turns, key=get_args(Turn).index)


def _turn_of(one: Difference) -> Turn:
    if one.measure == "the claim":
        return "gone" if one.new is None else "new"
    ranks = [_rank(one.measure, value) for value in (one.old, one.new)]
    if ranks[0] is None or ranks[1] is None or ranks[0] == ranks[1]:
        return "other"
    return "worse" if ranks[1] < ranks[0] else "better"


def _rank(measure: str, value: Measure) -> int | None:
    """The more, the better; None where a value is neither good nor bad."""
    if measure == VERDICT:
        return WORDS.index(value) if value in WORDS else None
    if measure in ("guaranteed", "proved", "conforms"):
        return int(bool(value))
    if measure == "bracket, state":
        return 0 if value == "contradicted" else 1
    if value in ("passed", "expected failure", "failed", "unexpected pass"):
        return int(value in ("passed", "expected failure"))
    return None


__all__ = ["Old", "compared", "comparison", "read_old", "standings"]
