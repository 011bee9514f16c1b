"""One instance with every claim judged on it, and where each bound loses: what `mamlcheck show` shows."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.check.checked import Checked, check_claim
from mamlcheck.check.description import describe
from mamlcheck.check.verdict import Verdict
from mamlcheck.claims import claim_ids
from mamlcheck.formats.shared import Enclosure
from mamlcheck.formats.shown import ShownClaim, ShownInstance
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.catalogue import has_proof, proved
from mamlcheck.proof.records import waterfall_record
from mamlcheck.proof.waterfall import waterfall


def shown_instance(
    name: str, block: Instances, with_waterfalls: bool = True, claims: Sequence[str] | None = None
) -> ShownInstance:
    """Claims judged on one instance, all by default. name: what it was asked for by."""
    checked = [check_claim(claim, block) for claim in (claim_ids() if claims is None else claims)]
    return ShownInstance(
        instance=name,
        description=describe(block),
        guaranteed=block.guaranteed,
        claims={one.claim: _shown(one, block, with_waterfalls) for one in checked},
    )


def _shown(checked: Checked, block: Instances, with_waterfall: bool) -> ShownClaim:
    fall = None
    if with_waterfall and checked.verdict is not Verdict.VACUOUS and has_proof(checked.claim):
        fall = waterfall_record(waterfall(proved(checked.claim), block))
    return ShownClaim(
        verdict=checked.verdict.value,
        why=checked.why,
        lhs=Enclosure.of(checked.left),
        rhs=Enclosure.of(checked.right),
        tightness=Enclosure.of(checked.tightness) if checked.tightness else None,
        arithmetic=checked.arithmetic,
        waterfall=fall,
    )


__all__ = ["shown_instance"]
