"""The results of a run, typed: what `run` returns, what `mamlcheck report` keeps as results.json and its page shows.

Version 3 of the format; `docs/results-format.md` says what each entry means and what changed since version 1. Equal
runs have equal results, apart from `seconds` and `versions`. What only a report has (proofs, waterfalls, brackets,
implementations, findings, dynamics, the table, what changed, the map, the command) is None in those of a mere run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from mamlcheck.claims import is_of_runs
from mamlcheck.display import card, rich_line, rounded_down
from mamlcheck.formats.against import Comparison
from mamlcheck.formats.brackets import AtWork, Brackets
from mamlcheck.formats.codec import LATER, Document
from mamlcheck.formats.conformance import ConformanceRecord
from mamlcheck.formats.dynamics import Dynamics
from mamlcheck.formats.findings import Findings
from mamlcheck.formats.made import Made
from mamlcheck.formats.measures import OF_THE_RUN, Measure, Measures
from mamlcheck.formats.own_table import OwnTable
from mamlcheck.formats.proof_map import ProofMap
from mamlcheck.formats.proofs import ProofRecord, WaterfallRecord
from mamlcheck.formats.shared import Counts, Enclosure


@dataclass(frozen=True)
class Histogram:
    """counts[k] instances have a log10 of tightness between edges[k] and edges[k + 1]."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class TightnessInBrief:
    """Tightness, left side over right side: its maximum and its median, None where no instance has one.

    measured: instances that have a tightness; unmeasured: those that are not vacuous and have none, since the right
    side is not known to be above 0, or a side is not known.
    """

    max: Enclosure | None
    median: Enclosure | None
    measured: int
    unmeasured: int


@dataclass(frozen=True)
class Tightness(TightnessInBrief):
    """The same with its distribution. zero: instances on which the middle of its enclosure is 0."""

    zero: int
    histogram: Histogram


@dataclass(frozen=True)
class WorstInstance:
    """The instance on which a claim is certainly tightest. source: the name of the sweep; description: in a line."""

    instance: str
    source: str
    tightness: Enclosure
    description: str
    lhs: Enclosure
    rhs: Enclosure


@dataclass(frozen=True)
class FailedInstance:
    """An instance on which a claim is violated or undecided, with both sides."""

    instance: str
    verdict: Literal["VIOLATED", "UNDECIDED"]
    lhs: Enclosure
    rhs: Enclosure


@dataclass(frozen=True)
class Tallied:
    """What was found of a claim on many instances.

    guaranteed: whether all constants behind it are proved. arithmetic: how many verdicts each arithmetic reached.
    printed_form: verdicts on the claim with deviations bounded at all points, None where no tasks allow that.
    """

    counts: Counts
    guaranteed: bool
    tightness: Tightness
    worst: WorstInstance | None
    arithmetic: Mapping[str, int]
    printed_form: Counts | None

    @property
    def worst_instance(self) -> str | None:
        """The id of the worst instance."""
        return None if self.worst is None else self.worst.instance

    @property
    def measures(self) -> Iterator[tuple[str, Measure]]:
        """What can be compared with another run, by name."""
        yield from _measures_in_brief(self)
        yield "distribution of tightness", self.tightness.histogram.counts

    @property
    def at_confidence(self) -> int:
        """How many verdicts hold at confidence only, in both forms of the claim."""
        return self.counts.at_confidence + (0 if self.printed_form is None else self.printed_form.at_confidence)

    @property
    def all_hold(self) -> bool:
        """Whether nothing is violated or undecided, in either form of the claim."""
        return self.counts.all_hold and (self.printed_form is None or self.printed_form.all_hold)


@dataclass(frozen=True)
class ClaimResult(Tallied):
    """What was found of a claim on all instances, beside what the claim says.

    statement, where: LaTeX. sharpens: the printed claim that it is a sharper form of. by_source: the same for each
    source. scatter: some instances' (left side, right side). failures: the first that are violated or undecided.
    waterfall: of the worst instance; witness_waterfall: of the witness of the claim's bracket. drawn: how many points
    of the scatter each source has, which follow one another in this order. rates: about alpha L at each point of the
    scatter, None where that is no double. at_work: an instance on which every term of the bound counts, where the
    witness leaves some at 0.
    """

    title: str
    statement: str
    where: str
    assumptions: tuple[str, ...]
    hypotheses: tuple[str, ...]
    guarantee: str
    source: str
    sharpens: str | None
    by_source: Mapping[str, Tallied]
    scatter: tuple[tuple[float, float], ...]
    failures: tuple[FailedInstance, ...]
    proof: ProofRecord | None = None
    waterfall: WaterfallRecord | None = None
    witness_waterfall: WaterfallRecord | None = field(default=None, metadata=LATER)
    at_work: AtWork | None = field(default=None, metadata=LATER)
    drawn: Mapping[str, int] = field(default_factory=dict, metadata=LATER)
    rates: tuple[float | None, ...] = field(default=(), metadata=LATER)

    def __str__(self) -> str:
        counts, most = self.counts, self.tightness.max
        seen = [f"{counts.holds:,} hold", f"{counts.violated:,} violated", f"{counts.undecided:,} undecided"]
        reached = (
            "" if most is None or most.lower is None else f"; tightness {rounded_down(most.lower)} or more reached"
        )
        mark = f", {counts.at_confidence:,} at confidence" if counts.at_confidence else ""
        mark += "" if self.guaranteed else " (not guaranteed)"
        form = self.printed_form
        if form is not None and not form.all_hold:
            mark += f"; printed form: {form.violated:,} violated, {form.undecided:,} undecided"
        return f"{', '.join(seen)}, {counts.vacuous:,} vacuous{reached}{mark}"

    def __repr__(self) -> str:
        return f"<ClaimResult {self.title}: {self}>"


@dataclass(frozen=True)
class Source:
    """Where instances come from, and how many were judged, from which index on.

    options: what `mamlcheck show` needs to make them again.
    """

    name: str
    title: str
    description: str
    instances: int
    options: str | None = None
    first: int = 0


@dataclass(frozen=True, kw_only=True)
class Results(Document):
    """The results of a run over claims and sources of instances, and what a report adds to them.

    partial: the run was stopped by the user, after `completed` of `planned` instances.
    """

    FORMAT: ClassVar[str] = "mamlcheck-results"
    VERSION: ClassVar[int] = 3

    extent: Literal["whole"] = "whole"
    partial: bool
    seed: int
    completed: int
    planned: int
    sources: tuple[Source, ...]
    claims: Mapping[str, ClaimResult]
    seconds: float
    versions: Mapping[str, str]
    command: str | None = None
    brackets: Brackets | None = None
    conformance: tuple[ConformanceRecord, ...] | None = None
    findings: Findings | None = None
    dynamics: Dynamics | None = field(default=None, metadata=LATER)
    table: OwnTable | None = field(default=None, metadata=LATER)
    against: tuple[Comparison, ...] | None = field(default=None, metadata=LATER)
    made: Made | None = field(default=None, metadata=LATER)
    map: ProofMap | None = field(default=None, metadata=LATER)

    @property
    def all_hold(self) -> bool:
        """Whether nothing is violated or undecided, in either form of any claim."""
        return all(claim.all_hold for claim in self.claims.values())

    @property
    def nothing_fails(self) -> bool:
        """Whether all claims hold, all proofs are accepted, all findings confirmed, and all implementations conform."""
        return (
            self.all_hold
            and all(claim.proof is None or claim.proof.proved for claim in self.claims.values())
            and not (self.brackets and self.brackets.contradicted)
            and not (self.map and self.map.not_proved)
            and not (self.findings and self.findings.not_confirmed)
            and all(subject.conforms for subject in self.conformance or ())
        )

    @property
    def measures(self) -> Measures:
        """What can be compared with another run."""
        claims: dict[str, dict[str, Measure]] = {}
        for name, claim in self.claims.items():
            claims[name] = dict(claim.measures)
            for source, part in claim.by_source.items():
                claims[name] |= {f"{source}: {what}": value for what, value in part.measures}
        for subject in self.conformance or ():
            outcomes: dict[str, Measure] = {check.check: check.outcome for check in subject.results}
            claims[f"{subject.subject} as {subject.algorithm}"] = {"conforms": subject.conforms} | outcomes
        sources = {f"instances of {source.name}": source.instances for source in self.sources}
        return {OF_THE_RUN: _measures_of_run(self) | sources} | claims

    @property
    def digest(self) -> str:
        """SHA-256 of the results without `seconds`, `versions` and `made`: equal runs have equal ones."""
        text = replace(self, seconds=0.0, versions={}, made=None).text()
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def __str__(self) -> str:
        bad = [name for name, claim in self.claims.items() if not claim.all_hold]
        found = f"violated or undecided: {', '.join(bad)}" if bad else _supported(self.claims)
        if not bad and not self.nothing_fails:
            found += ", but a proof, a bracket, a finding or an implementation fails"
        early = f", stopped early of {self.planned:,}" if self.partial else ""
        return f"{len(self.claims)} claims on {self.completed:,} instances{early}, seed {self.seed}: {found}"

    def __repr__(self) -> str:
        return f"<Results {self}>"

    def _repr_html_(self) -> str:
        return card(str(self), {name: str(claim) for name, claim in self.claims.items()}, not self.nothing_fails)

    def __rich__(self) -> object:
        return rich_line(str(self), not self.nothing_fails)

    def in_brief(self) -> BriefResults:
        """The results without what only the page needs."""
        return BriefResults(
            partial=self.partial,
            seed=self.seed,
            completed=self.completed,
            planned=self.planned,
            claims={name: _in_brief(claim) for name, claim in self.claims.items()},
            seconds=self.seconds,
            versions=self.versions,
            digest=self.digest,
        )


@dataclass(frozen=True)
class BriefClaim:
    """What was found of a claim, in brief; fields as those of `ClaimResult`, but the worst instance's id alone."""

    counts: Counts
    guaranteed: bool
    tightness: TightnessInBrief
    worst_instance: str | None
    printed_form: Counts | None


@dataclass(frozen=True, kw_only=True)
class BriefResults(Document):
    """What `mamlcheck check --json` prints: the same format, in brief. digest: of the whole results."""

    FORMAT: ClassVar[str] = Results.FORMAT
    VERSION: ClassVar[int] = Results.VERSION

    extent: Literal["brief"] = "brief"
    partial: bool
    seed: int
    completed: int
    planned: int
    claims: Mapping[str, BriefClaim]
    seconds: float
    versions: Mapping[str, str]
    digest: str

    @property
    def measures(self) -> Measures:
        """What can be compared with another run, in brief or not."""
        return {OF_THE_RUN: _measures_of_run(self)} | {
            name: dict(_measures_in_brief(claim)) for name, claim in self.claims.items()
        }


def _supported(claims: Mapping[str, ClaimResult]) -> str:
    """That all claims hold, or which of them no instance supports; and where that is not guaranteed, or not certain."""
    without = [name for name, claim in claims.items() if not claim.counts.holds and not is_of_runs(name)]
    mark = "" if all(claim.guaranteed for claim in claims.values()) else " (not guaranteed)"
    sampled = sum(claim.at_confidence for claim in claims.values())
    if sampled:
        mark += f", {sampled:,} of the verdicts at confidence only"
    if not without:
        return f"all hold{mark}"
    if not any(claim.counts.total for claim in claims.values()):
        return "nothing judged yet"
    if not any(claim.counts.holds for claim in claims.values()) and not sampled:
        return "no instance meets the hypotheses, so nothing is supported"
    return f"none violated{mark}, but no instance supports {', '.join(without)}"


def _measures_of_run(results: Results | BriefResults) -> dict[str, Measure]:
    return {"partial": results.partial, "seed": results.seed, "completed": results.completed}


def _measures_in_brief(found: Tallied | BriefClaim) -> Iterator[tuple[str, Measure]]:
    yield from found.counts.by_name
    yield "guaranteed", found.guaranteed
    for name, count in () if found.printed_form is None else found.printed_form.by_name:
        yield f"printed form, {name}", count
    yield "max tightness", found.tightness.max
    yield "median tightness", found.tightness.median
    yield "worst instance", found.worst_instance


def _in_brief(claim: ClaimResult) -> BriefClaim:
    known = claim.tightness
    return BriefClaim(
        counts=claim.counts,
        guaranteed=claim.guaranteed,
        tightness=TightnessInBrief(known.max, known.median, known.measured, known.unmeasured),
        worst_instance=claim.worst_instance,
        printed_form=claim.printed_form,
    )


__all__ = [
    "BriefClaim", "BriefResults", "ClaimResult", "FailedInstance", "Histogram", "Results", "Source", "Tallied",
    "Tightness", "TightnessInBrief", "WorstInstance",
]  # fmt: skip
