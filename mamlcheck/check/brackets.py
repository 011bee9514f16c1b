"""Brackets: between which constants the truth of a bound lies, as shares of the bound as printed.

Below stands the tightness that a certified instance reaches: no smaller constant is true. Above stands the best proved
constant: 1, or less where a sharper form is proved. The bracket is closed where the two are the same number, exactly.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from mamlcheck.arithmetic import NotExact, rational
from mamlcheck.arithmetic.exact import double_above, fraction
from mamlcheck.check.portrait import portrait
from mamlcheck.check.runner import describe
from mamlcheck.check.witness import Witness, certified
from mamlcheck.claims import Claim, claim_ids, load_claim
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances

FORMAT = "mamlcheck-brackets"
VERSION = 1
READABLE = 60  # characters of a fraction up to which a bracket spells it out


@dataclass(frozen=True)
class Bracket:
    """A claim's bracket: the witness of its lower end, None where there is none, and the proved upper end.

    exact: the tightness as a fraction, where it is one. proved: the least constant known to be true, as a share of the
    printed bound; proved_by: the claim that says so.
    """

    claim: Claim
    witness: Witness | None
    exact: Fraction | None
    proved: Fraction
    proved_by: str

    @property
    def lower(self) -> Fraction | None:
        """What an instance certainly reaches."""
        if self.witness is None:
            return None
        return self.exact if self.exact is not None else Fraction(self.witness.tightness[0])

    @property
    def state(self) -> str:
        """'closed', 'open', 'no instance', or 'contradicted': an instance beyond what is said to be proved."""
        if self.lower is None:
            return "no instance"
        if self.lower > self.proved:
            return "contradicted"
        return "closed" if self.exact == self.proved else "open"

    @property
    def gap(self) -> Fraction | None:
        """How far apart the two ends are at most."""
        return None if self.lower is None else self.proved - self.lower

    def as_json(self) -> dict[str, Any]:
        """The bracket as plain data, its portrait included."""
        known = self.witness is not None and self.gap is not None
        return {
            "title": self.claim.title,
            "tightness": dict(zip(("lower", "upper"), self.witness.tightness, strict=True)) if self.witness else None,
            "exact": str(self.exact) if self.exact is not None and len(str(self.exact)) <= READABLE else None,
            "proved": str(self.proved),
            "proved_by": self.proved_by,
            "state": self.state,
            "gap": double_above(self.gap) + 0.0 if known and self.gap is not None else None,
            "arithmetic": self.witness.arithmetic if self.witness else None,
            "witness": witness_name(self.claim.id) if self.witness else None,
            "description": describe(self.witness.instance) if self.witness else None,
            "portrait": portrait(self.claim, self.witness.instance) if self.witness else None,
        }


def witness_name(claim_id: str) -> str:
    """The file of a claim's witness in a reference run."""
    return f"witnesses/{claim_id}.json"


def bracket(claim: Claim, witness: Witness | None, sharper: Mapping[str, tuple[Fraction, str]]) -> Bracket:
    """The bracket of a claim: the witness is certified again, here. `sharper` is what `proved_shares` gives."""
    share, by = sharper.get(claim.id, (Fraction(1), claim.id))
    if witness is None:
        return Bracket(claim, None, None, share, by)
    again = certified_again(claim, witness)
    return Bracket(claim, again, exact_tightness(claim, again.instance), share, by)


def certified_again(claim: Claim, witness: Witness) -> Witness:
    """The witness with the claim judged on its instance anew. Raises `InputError` where nothing can be certified."""
    found = certified(claim, witness.instance)
    if found is None:
        raise InputError(
            f"{claim.id} cannot be certified on its witness: a hypothesis fails or cannot be decided, or a side is "
            "unknown or zero"
        )
    return replace(witness, tightness=found.tightness, arithmetic=found.arithmetic)


def brackets(witnesses: Mapping[str, Witness], claims: Iterable[Claim] | None = None) -> tuple[Bracket, ...]:
    """A bracket for every claim, in the paper's order."""
    sharper = proved_shares()
    chosen = [load_claim(name) for name in claim_ids()] if claims is None else claims
    return tuple(bracket(claim, witnesses.get(claim.id), sharper) for claim in chosen)


def brackets_json(rows: Iterable[Bracket]) -> dict[str, Any]:
    """Brackets as one document."""
    return {"format": FORMAT, "version": VERSION, "claims": {row.claim.id: row.as_json() for row in rows}}


def proved_shares() -> dict[str, tuple[Fraction, str]]:
    """Of each claim with a sharper form, the best proved constant as a share of the printed bound, and who says so.

    A claim file with SHARPENS (the id of the claim that it sharpens) may state SHARE: the supremum, over all instances,
    of its right side over the printed one. Without it the sharper form is better on some instances, not on all.
    """
    best: dict[str, tuple[Fraction, str]] = {}
    for claim_id in claim_ids():
        module = importlib.import_module(f"mamlcheck.claims.{claim_id}")
        printed, share = getattr(module, "SHARPENS", None), Fraction(getattr(module, "SHARE", 1))
        if printed is not None and share < best.get(printed, (Fraction(1), ""))[0]:
            best[printed] = share, claim_id
    return best


def exact_tightness(claim: Claim, instance: Instances) -> Fraction | None:
    """Left side over right side of a claim on one instance as a fraction; None where it is not known to be one."""
    one = instance if instance.shape else instance[None]
    try:
        with rational.working():
            x = one.on(rational)
            left, right = fraction(claim.left(x)[0]), fraction(claim.right(x)[0])
    except (NotExact, InputError):
        return None
    return left / right if right else None


__all__ = [
    "Bracket", "bracket", "brackets", "brackets_json", "certified_again", "exact_tightness", "proved_shares",
    "witness_name",
]  # fmt: skip
