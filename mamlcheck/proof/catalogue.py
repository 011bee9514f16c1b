"""Finds the proofs, one file for each claim at the claim's place in `proofs/`, and has the kernel check them.

A proof file holds `prove(p)`, which returns its chains; where there is more than one, the claim's right side is the
smallest of their ends. A proof may go on where that of another claim ends (`chains_of`), never in a circle. A claim is
proved where every link holds and the ends of the chains *are* its sides, as terms read from its own formulas.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import sympy

from mamlcheck.claims import Claim, load_claim
from mamlcheck.display import rich_line
from mamlcheck.errors import InputError, MamlcheckError
from mamlcheck.language.statement import hypotheses_said, language_of
from mamlcheck.language.terms import Expr
from mamlcheck.meta.hypotheses import known_hypotheses
from mamlcheck.proof import display
from mamlcheck.proof.kernel import Chain, Fact, NotProved, Proof
from mamlcheck.proof.statement import differences
from mamlcheck.shipped import shipped

Prove = Callable[[Proof], list[Chain]]


@dataclass(frozen=True)
class Proved:
    """What the kernel says of one proof. chains: of the claim; lemmas: chains that these use.

    theorem: left <= right in its strong form, None where the proof broke off; printed: in its printed form, None where
    the proof ends with the strong one. missing: what it lacks, empty where the claim is proved.
    """

    of: Claim
    text: str
    proof: Proof
    chains: tuple[Chain, ...]
    theorem: Fact | None
    printed: Fact | None
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.claim}: {display.line(self.chains, self.lemmas, self.proved, self.missing)}"

    def __repr__(self) -> str:
        return f"<Proved {self}>"

    def _repr_latex_(self) -> str:
        return display.latex(self.proof.language, self.chains)

    def __rich__(self) -> object:
        return rich_line(str(self), not self.proved)

    @property
    def claim(self) -> str:
        """The claim's id."""
        return self.of.id

    @property
    def proved(self) -> bool:
        """Whether every link holds, and the chains begin and end with the claim's sides."""
        return self.theorem is not None and self.theorem.proved and not self.missing

    @property
    def unused(self) -> tuple[str, ...]:
        """Names of the inequalities among the claim's hypotheses that no step uses.

        Signs of numbers, such as 0 <= alpha, are left out: the language uses them without a step.
        """
        used = {name.removeprefix("hypothesis ") for name in self.proof.used}
        said = {one.name for h in self.of.hypotheses for one in h.says}
        return tuple(
            name
            for name, (left, right, _) in self.proof.hypotheses.items()
            if name in said - used and not (left == 0 and right.is_Symbol)
        )

    @property
    def lemmas(self) -> tuple[Chain, ...]:
        """The chains that the claim's own use, in the order in which they were proved."""
        return tuple(c for c in self.proof.chains if c not in self.chains)


def proof_path(claim: str, folder: Path | None = None) -> Path:
    """Where the proof of a claim is, whether or not there is one."""
    return (folder or shipped("proofs")).joinpath(*claim.split(".")).with_suffix(".py")


def has_proof(claim: str) -> bool:
    """Whether the claim has a proof file."""
    return proof_path(claim).is_file()


def proof_file(claim: str) -> ModuleType:
    """The file that proves a claim: proofs may share their lemmas. Raises `InputError` where there is none."""
    path = proof_path(claim)
    if not path.is_file():
        raise InputError(f"there is no proof of {claim}: it would be {path.name} at the claim's place in proofs/")
    spec = importlib.util.spec_from_file_location(f"mamlcheck_proofs.{claim}", path)
    assert spec is not None
    assert spec.loader is not None  # a path that ends in .py has both
    file = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(file)
    return file


def _prove_of(claim: str) -> tuple[Prove, str]:
    file = proof_file(claim)
    if not callable(getattr(file, "prove", None)):
        raise InputError(f"{file.__file__} has no function prove(p): it returns the chains of the proof of {claim}")
    return file.prove, (file.__doc__ or claim).strip()


def chains_of(p: Proof, claim: str) -> list[Chain]:
    """The chains of another claim's proof, carried out under the hypotheses of this one."""
    with p.proving(claim):
        return _prove_of(claim)[0](p)


def lemma(p: Proof, name: str, prove: Callable[[Proof], Chain]) -> Chain:
    """The chain that `prove` carries out and calls `name`; the one that is there already, where a proof had it before.

    Whatever such a chain says was checked when it was carried out, by whichever proof that was.
    """
    return next((chain for chain in p.chains if chain.name == name), None) or prove(p)


def begin(claim: Claim) -> Proof:
    """The proof of a claim, before its first step: its language, and the hypotheses that it has."""
    x = language_of(claim)
    said, refused = hypotheses_said(claim, x)
    own = {h.name for h in claim.hypotheses}
    for hypothesis in known_hypotheses():
        if hypothesis.name not in own:
            absent = [one.name for one in hypothesis.says if one.name not in said]
            refused |= dict.fromkeys(absent, f"it does not assume {hypothesis.name}")
    return Proof(claim.id, x, said, frozenset(claim.assumptions), refused)


def check_proof(claim: Claim, prove: Prove, text: str = "") -> Proved:
    """Have the kernel check a proof of a claim. What breaks it off, or is missing, is said and never raised."""
    p = begin(claim)
    try:
        chains = tuple(prove(p))
        if not chains:
            raise NotProved(f"the proof of {claim.id} returns no chain")
        for chain in chains:
            if not any(chain is one for one in p.chains):
                raise NotProved(f"the proof of {claim.id} returns {chain!r}, which belongs to another proof")
        theorem = _smallest(p, [chain.strong_fact() for chain in chains])
        goes_on = any(chain.strong is not None for chain in chains)
        printed = _smallest(p, [chain.done() for chain in chains]) if goes_on else None
        p.close()
    except MamlcheckError as error:
        return Proved(claim, text, p, (), None, None, (*_broken(p).values(), str(error)))
    except Exception as error:  # a proof file is anybody's code
        said = f"the proof of {claim.id} breaks off with {type(error).__name__}: {error}"
        return Proved(claim, text, p, (), None, None, (*_broken(p).values(), said))
    missing = _missing(p, printed or theorem)
    return Proved(claim, text, p, chains, theorem, printed, missing or tuple(differences(claim, p.language, chains)))


def _smallest(p: Proof, facts: list[Fact]) -> Fact:
    theorem = p.own(facts[0])
    for one in facts[1:]:
        theorem = p.smaller(theorem, one)
    return theorem


def _missing(p: Proof, theorem: Fact) -> tuple[str, ...]:
    """Every link of every chain that does not hold, and whatever else the theorem rests on that is open."""
    said = _broken(p)
    return (*said.values(), *(name for name in theorem.open if name not in said))


def _broken(p: Proof) -> dict[str, str]:
    """The links that do not hold, by name, with what they lack."""
    links = ((f"{c.name}, step {k} ({link.title})", link) for c in p.chains for k, link in enumerate(c.links, 1))
    return {name: f"{name}: {link.missing}" for name, link in links if not link.holds}


@lru_cache(maxsize=64)
def proved(claim: str) -> Proved:
    """The proof of a claim, checked once. Raises `InputError` where there is none."""
    prove, text = _prove_of(claim)
    return check_proof(load_claim(claim), prove, text)


def right_side(chains: tuple[Chain, ...]) -> Expr:
    """The smallest of the ends."""
    ends = [chain.end for chain in chains]
    return ends[0] if len(ends) == 1 else sympy.Min(*ends)
