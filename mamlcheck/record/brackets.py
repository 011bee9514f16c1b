"""Brackets: between which constants the truth of a bound lies, as shares of the bound as printed.

Below stands the tightness that a certified instance reaches: no smaller constant is true. Above stands the best proved
constant: 1, or less where a sharper form is proved. The bracket is closed where the two are the same number, exactly.
Where it is open, a family of instances may come as close to the bound as one likes (`mamlcheck.limits`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mamlcheck.arithmetic import NotExact, rational
from mamlcheck.arithmetic.exact import double_above, short_text
from mamlcheck.arithmetic.surds import known_fraction
from mamlcheck.check.description import describe
from mamlcheck.claims import Claim, load_claims
from mamlcheck.display import card, interval, rich_line, rounded_down
from mamlcheck.errors import InputError
from mamlcheck.formats.brackets import BracketRecord, Brackets, State
from mamlcheck.formats.shared import Enclosure
from mamlcheck.hunt.witness import Witness, certify
from mamlcheck.limits import MEMBERS, Limit, limit_of
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.catalogue import has_proof, proved, right_side
from mamlcheck.record.portrait import portrait

READABLE_CHARACTERS = 60  # a bracket spells out a fraction that is no longer


@dataclass(frozen=True)
class Bracket:
    """A claim's bracket: the witness of its lower end, None where there is none, and the proved upper end.

    exact: the tightness as a fraction, where it is one. proved: the least constant known to be true, as a share of the
    printed bound, None where nothing is proved; proved_by: the claim whose proof says so. limit: what a family of
    instances reaches, of which members reach just that in exact fractions; None where there is none.
    """

    claim: Claim
    witness: Witness | None
    exact: Fraction | None
    proved: Fraction | None
    proved_by: str | None
    limit: Limit | None = None

    def __str__(self) -> str:
        below = "no instance" if self.witness is None else f"{rounded_down(self.witness.tightness[0])} reached"
        above = "nothing proved" if self.proved is None else f"{self.proved} proved"
        return f"{self.claim.id}: {self.state}, {below}, {above}"

    def __repr__(self) -> str:
        return f"<Bracket {self}>"

    def _repr_html_(self) -> str:
        reached = "no instance" if self.witness is None else interval(self.witness.tightness)
        rows = {"an instance reaches": reached, "proved": "nothing" if self.proved is None else str(self.proved)}
        rows |= {"proved by": self.proved_by} if self.proved_by else {}
        rows |= {"in the limit": str(self.limit)} if self.limit else {}
        return card(f"{self.claim.id}: the bracket is {self.state}", rows, self.state == "contradicted")

    def __rich__(self) -> object:
        return rich_line(str(self), self.state == "contradicted")

    @property
    def lower(self) -> Fraction | None:
        """What an instance certainly reaches."""
        if self.witness is None:
            return None
        return self.exact if self.exact is not None else Fraction(self.witness.tightness[0])

    @property
    def state(self) -> State:
        """'closed', 'open', 'no instance', 'conjecture', 'not proved', or 'contradicted'.

        Contradicted: an instance is beyond the upper end, or beyond the bound itself.
        """
        if self.lower is None:
            return "no instance"
        if self.lower > (1 if self.proved is None else self.proved):
            return "contradicted"
        if self.proved is None:
            return "conjecture" if self.claim.conjecture else "not proved"
        return "closed" if self.exact == self.proved else "open"

    @property
    def gap(self) -> Fraction | None:
        """How far apart the two ends are at most."""
        return None if self.lower is None or self.proved is None else self.proved - self.lower

    def record(self) -> BracketRecord:
        """The bracket as plain data, its portrait included."""
        witness = self.witness
        return BracketRecord(
            title=self.claim.title,
            tightness=None if witness is None else Enclosure.of(witness.tightness),
            exact=None if self.exact is None else short_text(self.exact, READABLE_CHARACTERS),
            proved=None if self.proved is None else str(self.proved),
            proved_by=self.proved_by,
            state=self.state,
            gap=None if self.gap is None else double_above(self.gap) + 0.0,
            limit=None if self.limit is None else str(self.limit),
            arithmetic=None if witness is None else witness.arithmetic,
            witness=None if witness is None else witness_name(self.claim.id),
            description=None if witness is None else describe(witness.instance),
            portrait=None if witness is None else portrait(self.claim, witness.instance),
            python=None if witness is None else witness.as_python(),
        )


def witness_name(claim_id: str) -> str:
    """The file of a claim's witness in a reference run."""
    return f"witnesses/{claim_id}.json"


def bracket(claim: Claim, witness: Witness | None, shares: Mapping[str, tuple[Fraction, str]]) -> Bracket:
    """The bracket of a claim: the witness is certified again, here. `shares` is what `proved_shares` gives."""
    share, by = shares.get(claim.id, (None, None))
    limit = exact_limit(claim)
    if witness is None:
        return Bracket(claim, None, None, share, by, limit)
    again = certify(witness, claim)
    return Bracket(claim, again, exact_tightness(claim, again.instance), share, by, limit)


def exact_limit(claim: Claim) -> Limit | None:
    """The claim's family of instances, where each member that is computed reaches exactly what the family says."""
    limit = limit_of(claim.id)
    return limit if limit and all(_reaches(claim, limit, t) for t in MEMBERS) else None


def _reaches(claim: Claim, limit: Limit, t: Fraction) -> bool:
    member = limit.instance(t)
    try:
        with rational.working():
            met = claim.hypotheses_hold(member.on(rational)).tolist() == [1]
    except NotExact:
        return False
    return met and bool(exact_tightness(claim, member) == 1 - limit.loses(t))


def brackets(
    witnesses: Mapping[str, Witness],
    claims: Iterable[Claim] | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[Bracket, ...]:
    """A bracket for every claim, in the paper's order. progress: told how many more are done."""
    wanted = claims_with_brackets() if claims is None else tuple(claims)
    shares = proved_shares(wanted)
    found = []
    for claim in wanted:
        found.append(bracket(claim, witnesses.get(claim.id), shares))
        progress(1)
    return tuple(found)


def claims_with_brackets(among: Iterable[Claim] | None = None) -> tuple[Claim, ...]:
    """All claims, or those among some, but for those about whole runs: few instances have a run that is known.

    Nothing is hunted for these.
    """
    return tuple(claim for claim in (load_claims() if among is None else among) if not claim.of_runs)


def brackets_document(rows: Iterable[Bracket]) -> Brackets:
    """Brackets as one document."""
    return Brackets({row.claim.id: row.record() for row in rows})


def proved_shares(wanted: Iterable[Claim] | None = None) -> dict[str, tuple[Fraction, str]]:
    """For each claim that is proved, the best proved constant as a share of its bound, and the claim whose proof it is.

    The share is 1, by the claim's own proof; less where a sharper form is proved whose right side is a smaller multiple
    of the printed one, in the terms of the two proofs: then that multiple is proved, too. A sharper form that is
    better on some instances and as good on others has no say. wanted: the claims to say it of; all that have a bracket,
    if left out.
    """
    claims = claims_with_brackets()
    asked = claims_with_brackets(wanted)
    best = {claim.id: (Fraction(1), claim.id) for claim in asked if _is_proved(claim.id)}
    for claim in claims:
        printed = claim.sharpens
        if printed is None or printed not in best or not _is_proved(claim.id):
            continue
        share = constant_ratio(*(right_side(proved(name).chains) for name in (claim.id, printed)))
        if share is not None and share < best[printed][0]:
            best[printed] = share, claim.id
    return best


def _is_proved(claim_id: str) -> bool:
    return has_proof(claim_id) and proved(claim_id).proved


def constant_ratio(sharper: Any, printed: Any) -> Fraction | None:
    """sharper / printed, where that is the same fraction whatever the symbols stand for; else None."""
    ratio = sharper / printed  # SymPy cancels common factors
    return Fraction(int(ratio.p), int(ratio.q)) if ratio.is_Rational else None


def exact_tightness(claim: Claim, instance: Instances) -> Fraction | None:
    """Left side over right side of a claim on one instance as a fraction; None where it is not known to be one."""
    one = instance if instance.shape else instance[None]
    try:
        with rational.working():
            x = one.on(rational)
            return known_fraction(claim.left(x)[0] / claim.right(x)[0])
    except (NotExact, InputError):  # a right side of 0 is NotExact
        return None


__all__ = [
    "Bracket", "bracket", "brackets", "brackets_document", "constant_ratio", "exact_limit", "exact_tightness",
    "proved_shares", "witness_name",
]  # fmt: skip
