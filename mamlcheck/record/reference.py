"""The reference run: witnesses, brackets, and what every claim gave on a fixed sweep, kept to notice drift.

It lies in a folder of three parts: `witnesses/<claim>.json`, `brackets.json`, and `results.json` with the counts of
verdicts and, of tightness, quantiles as certified enclosures. `drifts` proves and measures it all again. A quantile is
enclosed between the same order statistics of the lower and of the upper bounds, since sorting keeps order; so a rerun
on another machine overlaps it, and nothing else is asked.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mamlcheck import disk
from mamlcheck.arithmetic import arb
from mamlcheck.check.runner import judge_block
from mamlcheck.check.sweeps import BLOCK, RandomSweep, Sweep, TableSweep, instance_id
from mamlcheck.check.verdict import HOLDS, UNDECIDED, VACUOUS, VERDICTS, VIOLATED, Verdicts, evaluate
from mamlcheck.claims import Claim, load_claims
from mamlcheck.errors import InputError, MamlcheckError
from mamlcheck.hunt.witness import Witness
from mamlcheck.meta.files import content_text
from mamlcheck.meta.instance import Instances
from mamlcheck.record.brackets import bracket, brackets, brackets_document, certified_again, proved_shares, witness_name
from mamlcheck.record.documents import (
    LARGEST_FILE,
    ROOM,
    Change,
    changes,
    figures,
    is_enclosure,
    read_document,
    same,
    shown,
)
from mamlcheck.record.witnesses import read_witness, witness_text
from mamlcheck.shipped import PACKAGE, shipped
from mamlcheck.tasks.tables import read_table

FORMAT = "mamlcheck-reference"
VERSION = 1
SEED = 1
RANDOM, TABLE = 512, 128  # instances of the reference sweep
SLICE = 16  # of each block of a sweep: a block has one shape, and many shapes notice more than many instances of one
LEVELS = tuple(range(0, 101, 5))  # per cent
RESULTS, BRACKETS = "results.json", "brackets.json"

WIDE = 2.0**-10  # relative width of an enclosure of tightness that is narrowed
BITS = 128  # of Arb, for that

Bounds = tuple[np.ndarray, np.ndarray]
"""Lower and upper bounds of the tightness of N instances."""
Progress = Callable[[int], None]


# -- the folder ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reference:
    """A reference run in a folder, read part by part when first asked for."""

    folder: Path

    @cached_property
    def witnesses(self) -> dict[str, Witness]:
        """The witnesses by claim. Raises `InputError` where a file is none, or of another claim than its name says."""
        found = {}
        self._require(self.folder / "witnesses")
        for path in sorted((self.folder / "witnesses").glob("*.json")):
            if not path.exists():  # a run was killed before it added this one: its link leads nowhere
                continue
            witness = read_witness(path)
            if witness.claim != path.stem:
                raise InputError(f"{path} is a witness of {witness.claim}: name it {witness.claim}.json")
            found[witness.claim] = witness
        return found

    @cached_property
    def results(self) -> dict[str, Any]:
        """Verdict counts and tightness of the reference sweep."""
        return self._document(RESULTS, FORMAT)

    @cached_property
    def brackets(self) -> dict[str, Any]:
        """The brackets, as `brackets_document` gives them."""
        return self._document(BRACKETS, "mamlcheck-brackets")

    def _document(self, name: str, wanted: str) -> dict[str, Any]:
        self._require(self.folder / name)
        document = read_document(self.folder / name)
        if document["format"] != wanted:
            raise InputError(f"{self.folder / name} says format {document['format']!r} instead of {wanted!r}")
        return document

    def _require(self, part: Path) -> None:
        if not part.exists():
            raise InputError(
                f"{self.folder} holds no reference run, since there is no {part.name}: give the folder of one, or make "
                f"one there with `mamlcheck baseline update --reference {shlex.quote(str(self.folder))}`"
            )


def advice(folder: Path | None = None) -> str:
    """What to do about a drift from the reference run in a folder, None for the one that came with mamlcheck."""
    if folder is not None:
        own = f" --reference {shlex.quote(str(folder))}"
    elif shipped("reports").parent == PACKAGE:
        return (
            "This reference run was published with this version of mamlcheck: something broke, or differs on this "
            "machine. Please report it, with these lines."
        )
    else:
        own = ""
    return (
        f"If the change is meant, renew the reference run with `mamlcheck baseline update{own}`; else something broke."
    )


def reference_folder() -> Path:
    """Where the reference run of this mamlcheck lies. Raises `MamlcheckError` where the installation lacks it."""
    folder = shipped("reports") / "reference"
    if not folder.is_dir():
        remedy = (
            "install mamlcheck again" if folder.parent.parent == PACKAGE else "`mamlcheck baseline update` makes one"
        )
        raise MamlcheckError(f"there is no reference run in {folder}: {remedy}")
    return folder


def writable_folder(folder: Path | None) -> Path:
    """The folder to renew: the one given, or that of a checkout. Raises `InputError` where it is not to be written."""
    if folder is None:
        home = shipped("reports")
        if home.parent == PACKAGE:
            raise InputError(
                f"{home} belongs to an installed package, whose reference run is kept as it was published: work in a "
                "checkout of mamlcheck (pip install -e .), or keep a reference run of your own with --reference DIR"
            )
        folder = home / "reference"
    try:
        disk.writable_folder(folder / "witnesses")
        disk.writable_folder(folder)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror or error}): nothing was measured; give a folder that can be "
            "written with --reference DIR"
        ) from error
    return folder


# -- measuring -----------------------------------------------------------------------------------------------
@dataclass
class _Part:
    """What is known so far of one claim on one source."""

    codes: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    printed: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    lower: list[np.ndarray] = field(default_factory=list)
    upper: list[np.ndarray] = field(default_factory=list)
    worst: tuple[float, str] | None = None

    def add(self, sweep: Sweep, first: int, strong: Verdicts, printed: Verdicts | None, tightness: Bounds) -> None:
        for counts, verdicts in ((self.codes, strong), (self.printed, printed)):
            for code in range(len(VERDICTS)) if verdicts is not None else ():
                counts[code] += int((verdicts.codes == code).sum()) if verdicts is not None else 0
        lower, upper = tightness
        known = np.flatnonzero(~np.isnan(lower))
        self.lower.append(lower[known])
        self.upper.append(upper[known])
        for k in known.tolist():
            if self.worst is None or lower[k] > self.worst[0] + ROOM:  # the first, of those no machine can rank
                self.worst = float(lower[k]), instance_id(sweep, first + k)

    def summary(self) -> dict[str, Any]:
        lower, upper = (np.sort(np.concatenate([np.zeros(0), *parts])) for parts in (self.lower, self.upper))
        return {
            **{VERDICTS[code].value.lower(): self.codes[code] for code in (HOLDS, VIOLATED, UNDECIDED, VACUOUS)},
            "printed_form": {v.value.lower(): n for v, n in zip(VERDICTS, self.printed, strict=True)}
            if any(self.printed)
            else None,
            "measured": len(lower),
            "worst_instance": self.worst[1] if self.worst else None,
            "tightness": {
                f"{level} %": {"lower": float(lower[k]), "upper": float(upper[k])}
                for level, k in _order_statistics(len(lower))
            },
        }


def _order_statistics(count: int) -> Iterator[tuple[int, int]]:
    """Each level with the place that it has among `count` sorted numbers; none where there are none."""
    for level in LEVELS if count else ():
        yield level, math.floor(level * (count - 1) / 100)


def _slices(sweep: Sweep, count: int) -> Iterator[tuple[int, Instances]]:
    """`count` instances of a sweep, the first `SLICE` of each block, with the index of the first."""
    for k in range(math.ceil(count / SLICE)):
        yield k * BLOCK, sweep.block(k)[: min(SLICE, count - k * SLICE)]


def reference_sweeps() -> list[tuple[Sweep, int]]:
    """Where the instances of the reference run come from, and how many."""
    return [(RandomSweep(SEED), RANDOM), (TableSweep(read_table("grunfeld"), SEED), TABLE)]


def _narrowed(claims: tuple[Claim, ...], instances: Instances, bounds: dict[str, Bounds]) -> dict[str, Bounds]:
    """Bounds of tightness, by Arb where `ball` decided the verdict but hardly knows the sides: they cancel there."""
    found = {name: (lower.copy(), upper.copy()) for name, (lower, upper) in bounds.items()}
    wide = {name: upper - lower > WIDE * upper for name, (lower, upper) in bounds.items()}
    ar = arb(BITS)
    for k in np.flatnonzero(np.any(list(wide.values()), axis=0)).tolist():
        with ar.working():
            x = instances[k : k + 1].on(ar)
            for claim in claims:
                if wide[claim.id][k]:
                    lower, upper = evaluate(claim, x).tightness
                    if not np.isnan(lower[0]):
                        found[claim.id][0][k], found[claim.id][1][k] = lower[0], upper[0]
    return found


def measure(
    claims: tuple[Claim, ...],
    sweeps: Iterable[tuple[Sweep, int]] | None = None,
    progress: Progress = lambda done: None,
) -> dict[str, Any]:
    """Judge the claims on the reference sweep: the content of a reference run's `results.json`."""
    chosen = list(reference_sweeps() if sweeps is None else sweeps)
    parts = {claim.id: {sweep.name: _Part() for sweep, _ in chosen} for claim in claims}
    for sweep, count in chosen:
        for first, instances in _slices(sweep, count):
            judged = judge_block(claims, instances)
            bounds = _narrowed(claims, instances, {name: strong.tightness for name, (strong, _) in judged.items()})
            for name, (strong, printed) in judged.items():
                parts[name][sweep.name].add(sweep, first, strong, printed, bounds[name])
            progress(len(instances.alpha))
    return {
        "format": FORMAT,
        "version": VERSION,
        "seed": SEED,
        "sources": [{"name": sweep.name, "instances": count} for sweep, count in chosen],
        "claims": {claim.id: {source: part.summary() for source, part in parts[claim.id].items()} for claim in claims},
    }


# -- noticing drift ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Drift:
    """A change against the reference run, in a part of it: 'witness', 'results' or 'brackets'."""

    part: str
    change: Change

    def __str__(self) -> str:
        change = self.change
        return (
            f"{change.claim}: {self.part}: {change.figure} was {shown(change.old)} in the reference run and is "
            f"{shown(change.new)} now"
        )


def witness_drifts(claim: Claim, witness: Witness) -> tuple[Drift, ...]:
    """Prove a witness again, from its instance alone: is it still as tight as it was certified to be?"""
    was = {"lower": witness.tightness[0], "upper": witness.tightness[1]}
    try:
        again = certified_again(claim, witness)
    except MamlcheckError as error:
        return (Drift("witness", Change(claim.id, "tightness", was, f"not certified: {error}")),)
    now = {"lower": again.tightness[0], "upper": again.tightness[1]}
    found = [] if same(was, now) else [Drift("witness", Change(claim.id, "tightness", was, now))]
    if now["lower"] > 1:
        found.append(Drift("witness", Change(claim.id, "verdict", "HOLDS", "VIOLATED")))
    return tuple(found)


def result_drifts(reference: Reference, fresh: Mapping[str, Any], claim_id: str | None = None) -> tuple[Drift, ...]:
    """What differs between the reference results and fresh ones; of one claim only, if it is given."""
    return _drifts("results", reference.results, fresh, claim_id)


def bracket_drifts(reference: Reference, claim: Claim) -> tuple[Drift, ...]:
    """What differs between the reference bracket of a claim and the bracket made again of its witness."""
    try:
        row = bracket(claim, reference.witnesses.get(claim.id), proved_shares())
    except MamlcheckError as error:
        return (Drift("brackets", Change(claim.id, "bracket", "certified", f"not certified: {error}")),)
    return _drifts("brackets", reference.brackets, brackets_document([row]).as_json(), claim.id)


def _drifts(part: str, old: Mapping[str, Any], new: Mapping[str, Any], claim_id: str | None) -> tuple[Drift, ...]:
    before, after = figures(old), figures(new)
    if claim_id is not None:
        before, after = ({k: v for k, v in some.items() if k == claim_id} for some in (before, after))
    return tuple(Drift(part, change) for change in changes(before, after))


def unknown_drifts(reference: Reference, claims: Iterable[Claim]) -> tuple[Drift, ...]:
    """Claims that the reference run has and this mamlcheck does not."""
    known = {claim.id for claim in claims}
    kept = dict.fromkeys((*reference.witnesses, *reference.results["claims"], *reference.brackets["claims"]))
    return tuple(Drift("claims", Change(name, "the claim", "present", None)) for name in kept if name not in known)


def drifts(
    reference: Reference, claims: tuple[Claim, ...] | None = None, progress: Progress = lambda done: None
) -> tuple[Drift, ...]:
    """Everything that drifted from a reference run: what the regression tests check, in one go."""
    chosen = load_claims() if claims is None else claims
    found = list(unknown_drifts(reference, chosen))
    for claim in chosen:
        if claim.id in reference.witnesses:
            found += witness_drifts(claim, reference.witnesses[claim.id])
        found += bracket_drifts(reference, claim)
    found += result_drifts(reference, measure(chosen, progress=progress))
    return tuple(found)


# -- renewing ------------------------------------------------------------------------------------------------
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
    """The reference run made again: every witness proved, the sweep judged, the brackets drawn up.

    better: witnesses that may take the place of the old ones, where they are certified to be tighter. Figures that did
    not drift keep the digits they had, so that a run on another machine changes nothing.
    """
    chosen = load_claims() if claims is None else claims
    before = {name: _text_in(folder / name) for name in _names(folder)}
    old = Reference(folder)
    witnesses, found = _renewed_witnesses(old.witnesses, better or {}, chosen)
    fresh = measure(chosen, progress=progress)
    rows = brackets_document(brackets(witnesses, chosen)).as_json()
    texts = {witness_name(name): witness_text(witness) for name, witness in witnesses.items()}
    for name, document in ((RESULTS, fresh), (BRACKETS, rows)):
        if (folder / name).is_file():
            kept = read_document(folder / name)
            found += _drifts(name.removesuffix(".json"), kept, document, None)
            if kept.get("sources") == document.get("sources"):  # else the figures are of other instances
                document = _keeping(kept, document)
        texts[name] = content_text(document)
    return Renewal(texts, tuple(found), {name: before.get(name) for name in (*before, *texts)})


def _names(folder: Path) -> list[str]:
    kept = (RESULTS, BRACKETS, *(f"witnesses/{path.name}" for path in sorted((folder / "witnesses").glob("*.json"))))
    return [name for name in kept if (folder / name).is_file()]


def _text_in(path: Path) -> str:
    return disk.read_text(path, LARGEST_FILE, "a file of a reference run")


def _renewed_witnesses(
    old: Mapping[str, Witness], better: Mapping[str, Witness], claims: tuple[Claim, ...]
) -> tuple[dict[str, Witness], list[Drift]]:
    kept: dict[str, Witness] = {}
    found: list[Drift] = []
    for claim in claims:
        candidates = [certified_again(claim, w) for w in (old.get(claim.id), better.get(claim.id)) if w is not None]
        if not candidates:
            continue
        best = max(candidates, key=lambda w: w.tightness[0])  # the old one where they are equal
        before = old.get(claim.id)
        kept[claim.id] = best if before is None or not _same_witness(before, best) else before
        was, now = (_bounds(w) for w in (before, best))
        if was is None or not same(was, now):
            found.append(Drift("witness", Change(claim.id, "tightness", was, now)))
    return kept, found


def _same_witness(one: Witness, other: Witness) -> bool:
    return one.instance is other.instance and same(_bounds(one), _bounds(other))


def _bounds(witness: Witness | None) -> dict[str, float] | None:
    return None if witness is None else {"lower": witness.tightness[0], "upper": witness.tightness[1]}


def _width(bounds: Mapping[str, float]) -> float:
    return bounds["upper"] - bounds["lower"]


def _keeping(old: Any, new: Any) -> Any:
    """`new`, with the numbers of `old` where they may be the same ones; an enclosure unless the new one is narrower."""
    if is_enclosure(new):
        kept = is_enclosure(old) and same(old, new) and _width(old) <= _width(new) + ROOM
        return old if kept else new
    if isinstance(new, float) and isinstance(old, float):
        return old if same(old, new) else new
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        return [_keeping(before, after) for before, after in zip(old, new, strict=True)]
    if isinstance(new, dict) and isinstance(old, dict):
        return {name: _keeping(old.get(name), value) for name, value in new.items()}
    return new


__all__ = [
    "Drift", "Reference", "Renewal", "advice", "bracket_drifts", "drifts", "measure", "reference_folder",
    "reference_sweeps", "renewed", "result_drifts", "unknown_drifts", "witness_drifts",
    "writable_folder",
]  # fmt: skip
