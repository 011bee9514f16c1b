"""Has anything drifted from the reference run? Witnesses are certified again, the sweep is judged again, all compared.

Each failure says which figure of which claim drifted, what it was and what it is now. A drift that is meant is taken
over with `mamlcheck baseline update`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from mamlcheck.claims import claim_ids, load_claim, load_claims
from mamlcheck.record.reference import (
    Drift,
    Reference,
    advice,
    bracket_drifts,
    measure,
    reference_folder,
    result_drifts,
    unknown_drifts,
    witness_drifts,
)


@pytest.fixture(scope="module")
def reference() -> Reference:
    """The reference run of this installation."""
    return Reference(reference_folder())


@pytest.fixture(scope="module")
def fresh() -> dict[str, Any]:
    """Every claim judged again on the reference sweep."""
    return measure(load_claims())


def none_of(drifts: Iterable[Drift]) -> None:
    """Fail with the old and the new figures, where there are any."""
    lines = [str(drift) for drift in drifts]
    if lines:
        pytest.fail("\n".join([*lines, advice()]), pytrace=False)


def test_every_kept_claim_is_known(reference: Reference) -> None:
    """A claim of the reference run that this mamlcheck lacks would otherwise be missed by nobody."""
    none_of(unknown_drifts(reference, load_claims()))


@pytest.mark.parametrize("claim_id", claim_ids())
def test_witness(claim_id: str, reference: Reference) -> None:
    """The kept witness is certified to be as tight as it was, and its bracket stands where it stood."""
    claim = load_claim(claim_id)
    kept = reference.witnesses.get(claim_id)
    certified = witness_drifts(claim, kept) if kept is not None else ()
    none_of((*certified, *bracket_drifts(reference, claim)))


@pytest.mark.parametrize("claim_id", claim_ids())
def test_verdicts_and_tightness(claim_id: str, reference: Reference, fresh: dict[str, Any]) -> None:
    """Verdict counts and the distribution of tightness on the reference sweep are what they were."""
    none_of(result_drifts(reference, fresh, claim_id))


def test_the_reference_sweep(reference: Reference, fresh: dict[str, Any]) -> None:
    """The same seed, and as many instances of each source."""
    none_of(result_drifts(reference, fresh, "(run)"))
