"""The reference run: witnesses, brackets, and what every claim gave on a fixed sweep, kept to notice drift.

It lies in a folder of three parts: `witnesses/<claim>.json`, `brackets.json`, and `results.json` with the counts of
verdicts and, of tightness, quantiles as certified enclosures. `mamlcheck.record.reference_sweep` measures it,
`mamlcheck.record.drifts` proves and measures it again, `mamlcheck.record.renewal` renews it.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from mamlcheck import disk
from mamlcheck.errors import InputError, MamlcheckError
from mamlcheck.formats.brackets import Brackets
from mamlcheck.formats.reference import ReferenceResults
from mamlcheck.hunt.witness import Witness
from mamlcheck.record.documents import read_document
from mamlcheck.record.witnesses import read_witness
from mamlcheck.shipped import PACKAGE, shipped

RESULTS, BRACKETS = "results.json", "brackets.json"

Read = TypeVar("Read", ReferenceResults, Brackets)


@dataclass(frozen=True)
class ReferenceRun:
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
    def results(self) -> ReferenceResults:
        """Verdict counts and tightness of the reference sweep."""
        return self._document(RESULTS, ReferenceResults)

    @cached_property
    def brackets(self) -> Brackets:
        """The brackets of all claims."""
        return self._document(BRACKETS, Brackets)

    @cached_property
    def claims(self) -> tuple[str, ...]:
        """The ids of the claims that it keeps: it has a witness, results or a bracket of them."""
        return tuple(dict.fromkeys((*self.witnesses, *self.results.claims, *self.brackets.claims)))

    def _document(self, name: str, kind: type[Read]) -> Read:
        self._require(self.folder / name)
        document = read_document(self.folder / name)
        if not isinstance(document, kind):
            raise InputError(f"{self.folder / name} says format {document.FORMAT!r} instead of {kind.FORMAT!r}")
        return document

    def _require(self, part: Path) -> None:
        if not part.exists():
            raise InputError(
                f"{self.folder} holds no reference run, since there is no {part.name}: give the folder of one, or make "
                f"one there with `mamlcheck reference update --reference {shlex.quote(str(self.folder))}`"
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
        f"If the change is meant, renew the reference run with `mamlcheck reference update{own}`; else something broke."
    )


def advice_on_new(claim_id: str, folder: Path | None = None) -> str:
    """What to do about a claim that the reference run in a folder does not keep, as in `advice`."""
    if folder is None and shipped("reports").parent == PACKAGE:
        return f"{claim_id} is unknown to the reference run that was published with this version of mamlcheck."
    own = "" if folder is None else f" --reference {shlex.quote(str(folder))}"
    return (
        f"{claim_id} is unknown to the reference run: `mamlcheck reference update{own}` adds it, and with "
        f"`--hunt --claim {claim_id}` hunts for a witness first."
    )


def reference_folder() -> Path:
    """Where the reference run of this mamlcheck lies. Raises `MamlcheckError` where the installation lacks it."""
    folder = shipped("reports") / "reference"
    if not folder.is_dir():
        remedy = (
            "install mamlcheck again" if folder.parent.parent == PACKAGE else "`mamlcheck reference update` makes one"
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


__all__ = ["BRACKETS", "RESULTS", "ReferenceRun", "advice", "advice_on_new", "reference_folder", "writable_folder"]
