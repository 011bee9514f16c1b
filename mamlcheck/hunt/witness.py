"""Witnesses: instances kept because a claim is extreme on them, with the tightness that was certified and how found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mamlcheck.check.certified import certified
from mamlcheck.claims import find_claim
from mamlcheck.errors import InputError
from mamlcheck.formats.witnesses import Hunted
from mamlcheck.meta.instance import Instances


@dataclass(frozen=True)
class Witness:
    """An instance, a block of one, and certified bounds of the tightness (lower, upper) of a claim on it.

    claim: the claim's id, or the path of a claim file. arithmetic: the one that certified.
    """

    claim: str
    tightness: tuple[float, float]
    arithmetic: str
    hunted: Hunted
    instance: Instances


def certify(witness: Witness) -> Witness:
    """The same witness judged again, from its instance alone: tightness and arithmetic as certified now.

    Raises `InputError` where nothing can be certified on it.
    """
    found = certified(find_claim(witness.claim), witness.instance)
    if found is None:
        raise InputError(
            f"{witness.claim} cannot be certified on this witness: a hypothesis fails or cannot be decided, or a side "
            "is unknown. `mamlcheck show` with the witness file says which"
        )
    return replace(witness, tightness=found.tightness, arithmetic=found.arithmetic)


__all__ = ["Hunted", "Witness", "certify"]
