"""Files of proofs, claims and formulas with something changed in them, and what the kernel says of the proof then.

A file is changed by its text. The proof runs as it does in the package: the files that it shares with others are found
in the same way, with the changed ones in their place.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import pytest

from mamlcheck import claims
from mamlcheck.claims import Claim, claim_of, load_claim
from mamlcheck.meta.hypotheses import Hypothesis, inner_rate_at_most_one_over_l
from mamlcheck.proof import catalogue
from mamlcheck.proof.catalogue import Proved, check_proof, proof_path

ROOT = Path(__file__).parents[2]
FORMULAS = ("meta/hypotheses", "meta/descent")  # what claims are made of, each before what imports it


@dataclass(frozen=True)
class Change:
    """What stands in a file, and what is put in its place: where it stands first, or wherever it does.

    place: "proofs/ours/lemma_4_8", "claims/ours/lemma_4_8", "meta/descent".
    """

    place: str
    old: str
    new: str
    everywhere: bool = False

    def of(self, text: str) -> str:
        """A text that is changed."""
        assert self.old in text, f"{self.place} does not hold {self.old!r}"
        return text.replace(self.old, self.new) if self.everywhere else text.replace(self.old, self.new, 1)


def in_proof(claim: str, old: str, new: str, everywhere: bool = False) -> Change:
    """A change of a claim's proof, or of a file of proofs that stands at that place."""
    return Change(f"proofs/{claim.replace('.', '/')}", old, new, everywhere)


def in_claim(claim: str, old: str, new: str, everywhere: bool = False) -> Change:
    """A change of a claim's file."""
    return Change(f"claims/{claim.replace('.', '/')}", old, new, everywhere)


def changed_text(place: str, path: Path, changes: tuple[Change, ...]) -> str:
    """The text of a file with all changes of this place."""
    text = path.read_text(encoding="utf-8")
    for change in changes:
        if change.place == place:
            text = change.of(text)
    return text


@contextmanager
def changed_proofs(*changes: Change) -> Iterator[None]:
    """While this lasts, proofs are taken from files that are changed."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        paths = {}
        for place in {c.place for c in changes if c.place.startswith("proofs/")}:
            claim = place.removeprefix("proofs/").replace("/", ".")
            paths[claim] = Path(folder, f"{claim}.py")
            paths[claim].write_text(changed_text(place, proof_path(claim), changes), encoding="utf-8")
        patch.setattr(catalogue, "proof_path", lambda claim, _=None: paths.get(claim) or proof_path(claim))
        yield


def changed_claim(claim: str, *changes: Change) -> Claim:
    """A claim that is read from its file where that, or a formula that it is made of, is changed."""
    places = {c.place for c in changes}
    own = f"claims/{claim.replace('.', '/')}"
    if not places & {own, *FORMULAS}:
        return load_claim(claim)
    with pytest.MonkeyPatch.context() as patch:
        for place in FORMULAS:
            if place in places:
                made = _module(place, changes)
                patch.setitem(sys.modules, f"mamlcheck.{place.replace('/', '.')}", made)
                if place == "meta/hypotheses":
                    patch.setattr(claims, "Hypothesis", (made.Hypothesis, Hypothesis))  # either is one
        return claim_of(_module(own, changes), claim)


def _module(place: str, changes: tuple[Change, ...]) -> ModuleType:
    path = ROOT / "mamlcheck" / f"{place}.py"
    made = ModuleType(f"corrupted.{place.replace('/', '.')}")
    sys.modules[made.__name__] = made  # dataclasses look for their module
    exec(compile(changed_text(place, path, changes), f"{place} corrupted", "exec"), made.__dict__)
    return made


def corrupted(claim: str, *changes: Change, without: str | None = None) -> Proved:
    """The proof of a claim with files changed, checked.

    without: a hypothesis of the claim, by its function's name, that is dropped.
    """
    given = claim_without(changed_claim(claim, *changes), without)
    with changed_proofs(*changes):
        prove, _ = catalogue._prove_of(claim)
        return check_proof(given, prove)


def claim_without(given: Claim, hypothesis: str | None) -> Claim:
    """A claim that lacks one of its hypotheses; of the inner rate what stays is its sign."""
    kept = tuple(h for h in given.hypotheses if h.name != hypothesis)
    assert hypothesis is None or len(kept) == len(given.hypotheses) - 1
    if hypothesis == inner_rate_at_most_one_over_l.name:
        kept = (*kept, Hypothesis("inner_rate", "alpha >= 0", inner_rate_at_most_one_over_l.says[:1]))
    return replace(given, hypotheses=kept)
