"""Shapes of proofs and waterfalls, as `mamlcheck prove --json`, `mamlcheck show --json` and reports have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from mamlcheck.formats.codec import Document
from mamlcheck.formats.shared import Enclosure


@dataclass(frozen=True)
class FormulaRecord:
    """An expression, as text and in LaTeX."""

    text: str
    latex: str


@dataclass(frozen=True)
class LinkRecord:
    """A step of a chain: the relation and the expression it leads to, and why.

    kind: I identity, P inequality of polynomials, A by axioms. by: what justifies it. facts: what its axioms used.
    remainder: what it leaves out, which is not negative. missing: what it lacks, None where it holds.
    """

    number: int
    title: str
    relation: Literal["=", "<="]
    kind: str
    by: tuple[str, ...]
    facts: tuple[str, ...]
    remainder: str
    text: str
    latex: str
    holds: bool
    missing: str | None


@dataclass(frozen=True)
class ChainRecord:
    """Expressions with the links between them. strong_form_after: how many links lead to the claim's strong form."""

    name: str
    start: FormulaRecord
    strong_form_after: int | None
    links: tuple[LinkRecord, ...]


@dataclass(frozen=True)
class Rechecked:
    """That Rocq accepted a proof: its version, the day, the commit, and the axioms it rests on there, of Rocq."""

    rocq: str
    date: str
    commit: str
    rests_on: tuple[str, ...]


@dataclass(frozen=True)
class ProofRecord:
    """The proof of a claim: its chains, then the lemmas they use.

    missing: what it lacks, empty where it is proved. form: the form of the claim that it ends with. unused: hypotheses
    that it does not need. text: what the proof file says of it. left_out: how many lemmas a report leaves out, because
    there are many; `mamlcheck prove` with the claim's id prints them. rechecked: by Rocq, None where it was not.
    """

    proved: bool
    missing: tuple[str, ...]
    form: Literal["printed", "strong"]
    unused: tuple[str, ...]
    text: str
    chains: tuple[ChainRecord, ...]
    lemmas: tuple[ChainRecord, ...]
    left_out: int = 0
    rechecked: Rechecked | None = None


@dataclass(frozen=True)
class Axiom:
    """What may be concluded without proof, and where it is found."""

    title: str
    statement: str
    source: str


@dataclass(frozen=True)
class Axioms(Document):
    """What `mamlcheck prove --axioms --json` prints: all axioms by their names."""

    FORMAT: ClassVar[str] = "mamlcheck-axioms"
    VERSION: ClassVar[int] = 1

    axioms: Mapping[str, Axiom]


@dataclass(frozen=True)
class Proofs(Document):
    """What `mamlcheck prove --json` prints. proved: whether all are, but for conjectures.

    without_proof: claims that have no proof file; conjectures: claims that nobody has proved or refuted.
    """

    FORMAT: ClassVar[str] = "mamlcheck-proofs"
    VERSION: ClassVar[int] = 1

    proved: bool
    without_proof: tuple[str, ...]
    conjectures: tuple[str, ...]
    claims: Mapping[str, ProofRecord]


@dataclass(frozen=True)
class StepRecord:
    """One expression of a waterfall. title, relation: of the link that leads to it, '' for the first.

    value: None where `why` says that it was not computed. share: of the whole loss, the part that the link has, None
    where nothing is certainly lost. verdict: of the link, None for the first and where a side is missing.
    """

    title: str
    relation: Literal["", "=", "<="]
    latex: str
    value: Enclosure | None
    share: Enclosure | None
    verdict: str | None
    why: str | None


@dataclass(frozen=True)
class WaterfallRecord:
    """A claim's chain on one instance, from the left side to the right side."""

    chain: str
    proved: bool
    steps: tuple[StepRecord, ...]


__all__ = [
    "Axiom", "ChainRecord", "FormulaRecord", "LinkRecord", "ProofRecord", "Proofs", "Rechecked", "StepRecord",
    "WaterfallRecord",
]  # fmt: skip
