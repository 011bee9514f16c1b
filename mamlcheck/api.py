"""The functions of `import mamlcheck` that no room has as its own: thin, over what the commands use."""

from __future__ import annotations

from mamlcheck.check.checked import Checked, check_claim
from mamlcheck.claims import load_claim, load_claims
from mamlcheck.display import Listing
from mamlcheck.proof.catalogue import Proved, proved
from mamlcheck.record.brackets import Bracket
from mamlcheck.record.brackets import brackets as brackets_of
from mamlcheck.record.reference import ReferenceRun, reference_folder
from mamlcheck.record.sources import instance

__all__ = ["Checked", "brackets", "check_claim", "instance", "prove"]


def prove(claim: str) -> Proved:
    """Have the kernel check the proof of the claim with this id.

    What comes back says whether it is `proved`, what is `missing` otherwise, and has the `chains` of steps. A proof is
    checked once in a process. Raises `InputError` where there is no such claim, or no proof of it.
    """
    return proved(load_claim(claim).id)


def brackets(*claims: str) -> Listing[Bracket]:
    """How far printed bounds are from the truth: of all claims, or of those named by id or family.

    Each witness of the reference run that ships with mamlcheck is certified again. Raises `InputError` for a name that
    is none.
    """
    return Listing(brackets_of(ReferenceRun(reference_folder()).witnesses, load_claims(claims)))
