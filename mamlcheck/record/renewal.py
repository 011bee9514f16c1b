"""Renewing the reference run on purpose: every witness is proved, the sweep judged, the brackets drawn up again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from mamlcheck import disk
from mamlcheck.check.runner import Progress
from mamlcheck.claims import Claim, load_claims
from mamlcheck.formats.brackets import Brackets
from mamlcheck.formats.differences import Drift
from mamlcheck.formats.reference import ReferenceResults
from mamlcheck.formats.shared import Enclosure
from mamlcheck.hunt.witness import Witness, certify
from mamlcheck.meta.files import content_text
from mamlcheck.record.brackets import brackets, brackets_document, witness_name
from mamlcheck.record.documents import DRIFT_BETWEEN_MACHINES, LARGEST_FILE_BYTES, same
from mamlcheck.record.drifts import differences_as_drifts
from mamlcheck.record.reference import BRACKETS, RESULTS, ReferenceRun
from mamlcheck.record.reference_sweep import measure
from mamlcheck.record.witnesses import witness_text


@dataclass(frozen=True)
class Renewal:
    """A reference run to be written: its files' texts by name, what differs from the old one, and that one's texts."""

    texts: Mapping[str, str]
    drifts: tuple[Drift, ...]
    old: Mapping[str, str | None]

    def write(self, folder: Path) -> tuple[str, ...]:
        """Write the files that changed, all or none, and return their names.

        Raises `InputError` where the folder cannot be written, or is no longer the one that was renewed.
        """
        return disk.write_together(folder, self.texts, self.old)


def renewed(
    folder: Path,
    claims: tuple[Claim, ...] | None = None,
    better: Mapping[str, Witness] | None = None,
    progress: Progress = lambda done: None,
) -> Renewal:
    """The reference run made again.

    better: witnesses that may take the place of the old ones, where they are certified to be tighter. Measures that did
    not drift keep the digits they had, so that a run on another machine changes nothing.
    """
    chosen = load_claims() if claims is None else claims
    before = {name: _text_in(folder / name) for name in _names(folder)}
    old = ReferenceRun(folder)
    witnesses, found = _renewed_witnesses(old.witnesses, better or {}, chosen)
    results = measure(chosen, progress=progress)
    rows = brackets_document(brackets(witnesses, chosen))
    if RESULTS in before:
        found += differences_as_drifts("results", old.results, results)
        if old.results.sources == results.sources:  # else the measures are of other instances
            results = keeping(old.results, results)
    if BRACKETS in before:
        found += differences_as_drifts("brackets", old.brackets, rows)
        rows = keeping(old.brackets, rows)
    texts = {witness_name(name): witness_text(witness) for name, witness in witnesses.items()}
    texts |= {RESULTS: content_text(results.as_json()), BRACKETS: content_text(rows.as_json())}
    return Renewal(texts, tuple(found), {name: before.get(name) for name in (*before, *texts)})


def _names(folder: Path) -> list[str]:
    kept = (RESULTS, BRACKETS, *(f"witnesses/{path.name}" for path in sorted((folder / "witnesses").glob("*.json"))))
    return [name for name in kept if (folder / name).is_file()]


def _text_in(path: Path) -> str:
    return disk.read_text(path, LARGEST_FILE_BYTES, "a file of a reference run")


def tightest(witnesses: Iterable[Witness]) -> dict[str, Witness]:
    """The tightest of several witnesses for each claim; of two that are equally tight the first."""
    found: dict[str, Witness] = {}
    for witness in witnesses:
        best = found.get(witness.claim)
        if best is None or witness.tightness[0] > best.tightness[0]:
            found[witness.claim] = witness
    return found


# -- witnesses -----------------------------------------------------------------------------------------------
def _renewed_witnesses(
    old: Mapping[str, Witness], better: Mapping[str, Witness], claims: tuple[Claim, ...]
) -> tuple[dict[str, Witness], list[Drift]]:
    kept: dict[str, Witness] = {}
    found: list[Drift] = []
    for claim in claims:
        candidates = [certify(w, claim) for w in (old.get(claim.id), better.get(claim.id)) if w is not None]
        if not candidates:
            continue
        best = max(candidates, key=lambda w: w.tightness[0])  # the old one where they are equal
        before = old.get(claim.id)
        kept[claim.id] = best if before is None or not _same_witness(before, best) else before
        was, now = None if before is None else Enclosure.of(before.tightness), Enclosure.of(best.tightness)
        if was is None or not same(was, now):
            found.append(Drift("witness", claim.id, "tightness", was, now))
    return kept, found


def _same_witness(one: Witness, other: Witness) -> bool:
    return one.instance is other.instance and same(Enclosure.of(one.tightness), Enclosure.of(other.tightness))


# -- digits --------------------------------------------------------------------------------------------------
Record = TypeVar("Record", ReferenceResults, Brackets)


def keeping(old: Record, new: Record) -> Record:
    """`new`, with the numbers of `old` where they may be the same ones; an enclosure unless the new one is narrower."""
    return cast(Record, _keeping(old, new))


def _keeping(old: object, new: object) -> object:
    if isinstance(new, Enclosure):
        kept = isinstance(old, Enclosure) and same(old, new) and old.width <= new.width + DRIFT_BETWEEN_MACHINES
        return old if kept else new
    if isinstance(new, float) and isinstance(old, float):
        return old if same(old, new) else new
    if isinstance(new, tuple) and isinstance(old, tuple) and len(new) == len(old):
        return tuple(_keeping(before, after) for before, after in zip(old, new, strict=True))
    if isinstance(new, Mapping) and isinstance(old, Mapping):
        return {name: _keeping(old.get(name), value) for name, value in new.items()}
    if is_dataclass(new) and not isinstance(new, type) and type(new) is type(old):
        return replace(
            new, **{field.name: _keeping(getattr(old, field.name), getattr(new, field.name)) for field in fields(new)}
        )
    return new


__all__ = ["Renewal", "keeping", "renewed", "tightest"]
