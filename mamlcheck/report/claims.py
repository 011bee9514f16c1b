"""Claims as the page speaks of them: under which title, how sure, and how it stands with each."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mamlcheck.check.results import ClaimResult, Results, Tallied
from mamlcheck.claims import is_of_runs
from mamlcheck.formats.brackets import BracketRecord
from mamlcheck.formats.shared import Counts
from mamlcheck.report.decimals import certain_digits
from mamlcheck.report.outcome import PageWord


@dataclass(frozen=True)
class ShownClaim:
    """A claim of the results. index: its number on the page, from 1."""

    name: str
    index: int
    found: ClaimResult
    results: Results

    @property
    def title(self) -> str:
        """What it is called."""
        return self.found.title or self.name

    @property
    def anchor(self) -> str:
        """The id of its section."""
        return anchor(self.name, self.index)

    @property
    def ours(self) -> bool:
        """Whether it is not in the paper: a sharper form, or a claim of our own."""
        return self.name.startswith("ours.")

    @property
    def bracket(self) -> BracketRecord | None:
        """Between which constants its truth lies, None where that is not known."""
        brackets = self.results.brackets
        return None if brackets is None else brackets.claims.get(self.name)

    @property
    def guaranteed(self) -> bool:
        """Whether all constants behind it are proved: a claim is as good as its weakest source."""
        return self.found.guaranteed and all(part.guaranteed for part in self.found.by_source.values())

    @property
    def certified(self) -> int:
        """How many verdicts are decided and rest on proved constants."""
        if self.guaranteed:
            return self.found.counts.decided
        return sum(part.counts.decided for part in self.found.by_source.values() if part.guaranteed)

    @property
    def status(self) -> PageWord:
        """The one word for it: the worse one of its strong form and its printed form.

        A claim about whole runs is left to its proof: hardly any instance has a run that is known exactly.
        """
        own, printed = self.found.counts.status, self.found.printed_form
        if own != "violated" and printed is not None and printed.status in ("violated", "undecided"):
            return printed.status
        if own == "holds" and printed is not None and printed.at_confidence:
            return "at confidence"
        return "left to its proof" if own == "no support" and is_of_runs(self.name) else own

    @property
    def tally(self) -> TallyRow:
        """Its verdicts on all instances."""
        title = "All sources" if self.found.by_source else "All instances"
        return tally_row(self.results, title, self.found, self.guaranteed)


@dataclass(frozen=True)
class TallyRow:
    """Verdicts on some instances, as a row of a table. command: shows the worst instance."""

    title: str
    counts: Counts
    guaranteed: bool
    tightness: str | None
    command: str | None


def shown_claims(results: Results) -> tuple[ShownClaim, ...]:
    """The claims of the results, in order."""
    return tuple(
        ShownClaim(name, index, found, results) for index, (name, found) in enumerate(results.claims.items(), start=1)
    )


def cards(results: Results) -> tuple[tuple[ShownClaim, ...], ...]:
    """The claims as the page puts them together: each printed one with its other forms after it, the rest alone."""
    claims = shown_claims(results)
    printed = [claim.name for claim in claims if not claim.ours]
    found: dict[str, list[ShownClaim]] = {}
    for claim in claims:
        found.setdefault(_belongs_to(claim, printed) or claim.name, []).append(claim)
    return tuple(tuple(sorted(forms, key=lambda claim: claim.ours)) for forms in found.values())


def _belongs_to(claim: ShownClaim, printed: Sequence[str]) -> str | None:
    """The printed claim of which this one is another form: what it sharpens, or the one that its id ends with."""
    if claim.found.sharpens in printed:
        return claim.found.sharpens
    tail = claim.name.partition(".")[2] if claim.ours else ""
    while tail:
        exactly = [name for name in printed if name == tail or name.startswith(f"{tail}.")]
        if exactly:
            return exactly[0]
        tail = tail.partition(".")[2]
    return None


def anchor(name: str, index: int) -> str:
    """The id of a claim's section."""
    # The colon keeps an anchor that was made up apart from those that carry a name.
    return f"claim-{name}" if re.fullmatch(r"[A-Za-z0-9_.-]+", name) else f"claim:{index}"


def tally_row(results: Results, title: str, found: Tallied, guaranteed: bool) -> TallyRow:
    """The row of some verdicts on a claim."""
    return TallyRow(
        title=title,
        counts=found.counts,
        guaranteed=guaranteed,
        tightness=certain_digits(found.tightness.max),
        command=None if found.worst_instance is None else show_command(results, found.worst_instance),
    )


def source_title(results: Results, name: str) -> str:
    """What a source of instances is called."""
    return next((source.title or name for source in results.sources if source.name == name), name)


def show_command(results: Results, instance: str) -> str:
    """The command that shows an instance, for copying: with the options that its table needs."""
    needed = next(_options(results, instance.partition("/")[0]), "")
    return f"mamlcheck show {shlex.quote(instance)}{needed}"


def _options(results: Results, source: str) -> Iterator[str]:
    return (f" {known.options}" for known in results.sources if known.name == source and known.options)
