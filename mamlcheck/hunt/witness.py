"""Witnesses: instances that are kept because a claim is extreme on them.

A witness says which tightness was certified on its instance, and how the instance was found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from mamlcheck.check.certified import certified
from mamlcheck.claims import Claim, find_claim
from mamlcheck.display import card, interval
from mamlcheck.errors import InputError
from mamlcheck.formats.witnesses import Hunted
from mamlcheck.meta.instance import Instances


@dataclass(frozen=True)
class Witness:
    """An instance (a block of one), and certified lower and upper bounds of the tightness of a claim on it.

    claim: the claim's id, or the path of a claim file. arithmetic: the name of the one that certified.
    """

    claim: str
    tightness: tuple[float, float]
    arithmetic: str
    hunted: Hunted
    instance: Instances

    def __str__(self) -> str:
        return f"{self.claim}: tightness in {interval(self.tightness)}, certified in {self.arithmetic} arithmetic"

    def __repr__(self) -> str:
        return f"<Witness {self}>"

    def as_python(self, factor: Fraction | None = None) -> str:
        """Python that judges the claim on this instance again, its right side times `factor` where one is given."""
        imports, claim = ["import mamlcheck"], repr(self.claim)
        if factor is not None or self.claim.endswith(".py"):
            imports.append("from mamlcheck.claims import Claim, find_claim")
            claim = f"find_claim({claim})"
        if factor is not None:
            shaving = ["from fractions import Fraction", "from mamlcheck.hunt.search import shaved"]
            imports = [imports[0], *shaving, *imports[1:]]
            claim = f"shaved({claim}, {factor!r})"
        return "\n".join(
            [*imports, f"instance = {self.instance.as_python()}", f"print(mamlcheck.check_claim({claim}, instance))"]
        )

    def _repr_html_(self) -> str:
        how = self.hunted
        found = f"{how.family}, after {how.evaluations:,} instances, seed {how.seed}"
        rows = {
            "tightness": interval(self.tightness),
            "certified in": f"{self.arithmetic} arithmetic",
            "found among": found,
        }
        return card(f"{self.claim}: a witness", rows)


def certify(witness: Witness, claim: Claim | None = None) -> Witness:
    """Judge a witness again, from its instance alone: the same witness with the tightness that is certified now.

    claim: the claim that is judged, where it is not the one that the witness names. Raises `InputError` where nothing
    can be certified.
    """
    judged = find_claim(witness.claim) if claim is None else claim
    found = certified(judged, witness.instance)
    if found is None:
        raise InputError(
            f"{judged.id} cannot be certified on its witness: a hypothesis fails or cannot be decided, or a side is "
            "unknown or zero. `mamlcheck show` with the witness file says which"
        )
    return replace(witness, tightness=found.tightness, arithmetic=found.arithmetic)


__all__ = ["Hunted", "Witness", "certify"]
