"""Has anything drifted from the reference run? Witnesses are certified again, the sweep is judged again, all compared.

Each failure says which measure of which claim drifted, what it was and what it is now. A drift that is meant is taken
over with `mamlcheck reference update`. A claim that the reference run does not know is
judged as well, and a warning names it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import pytest

from mamlcheck.claims import claim_ids, load_claim, load_claims
from mamlcheck.formats.differences import Drift
from mamlcheck.formats.measures import OF_THE_RUN
from mamlcheck.formats.reference import ReferenceResults
from mamlcheck.record.drifts import bracket_drifts, not_kept, result_drifts, unknown_drifts, witness_drifts
from mamlcheck.record.reference import ReferenceRun, advice, advice_on_new, reference_folder
from mamlcheck.record.reference_sweep import measure


@pytest.fixture(scope="module")
def reference() -> ReferenceRun:
    """The reference run of this installation."""
    return ReferenceRun(reference_folder())


@pytest.fixture(scope="module")
def fresh() -> ReferenceResults:
    """Every claim judged again on the reference sweep."""
    return measure(load_claims())


def none_of(drifts: Iterable[Drift]) -> None:
    """Fail with the old and the new measures, where there are any drifts."""
    lines = [str(drift) for drift in drifts]
    if lines:
        pytest.fail("\n".join([*lines, advice()]), pytrace=False)


def test_every_kept_claim_is_known(reference: ReferenceRun) -> None:
    """A claim of the reference run that this mamlcheck lacks would otherwise be missed by nobody."""
    none_of(unknown_drifts(reference, load_claims()))


@pytest.mark.filterwarnings("default:.* is unknown to the reference run")
def test_every_claim_is_kept_or_named(reference: ReferenceRun) -> None:
    """A claim that is new is no failure: what it gives is kept when the reference run is renewed."""
    for claim_id in not_kept(reference, load_claims()):
        warnings.warn(advice_on_new(claim_id), stacklevel=1)


@pytest.mark.parametrize("claim_id", claim_ids())
def test_witness(claim_id: str, reference: ReferenceRun) -> None:
    """The kept witness is certified to be as tight as it was, and its bracket stands where it stood."""
    claim = load_claim(claim_id)
    kept = reference.witnesses.get(claim_id)
    certified = witness_drifts(claim, kept) if kept is not None else ()
    none_of((*certified, *bracket_drifts(reference, claim)))


@pytest.mark.parametrize("claim_id", claim_ids())
def test_verdicts_and_tightness(claim_id: str, reference: ReferenceRun, fresh: ReferenceResults) -> None:
    """Verdict counts and the distribution of tightness on the reference sweep are what they were."""
    none_of(result_drifts(reference, fresh, claim_id))


def test_the_reference_sweep(reference: ReferenceRun, fresh: ReferenceResults) -> None:
    """The same seed, and as many instances of each source."""
    none_of(result_drifts(reference, fresh, OF_THE_RUN))
