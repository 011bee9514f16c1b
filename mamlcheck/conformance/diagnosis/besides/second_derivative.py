"""A framework whose own second derivative of a loss is not that of what it computes: right code is off by it, too."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.attempts import MOST_SECONDS
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting

ORDER = 95


def beside(e: Explanation, case: Case) -> Explanation:
    """With a note on it, where something is wrong or nothing was recognised."""
    kind = case.question.seen[0].problem.kind
    if (e.found is not None and not e.defects) or kind.seconds > MOST_SECONDS:
        return e
    off = kind.second_derivative_off
    if not off:
        return e
    return noting(
        e,
        f"The framework's own second derivative of this loss differs by {off:.0e} (relative) from that of what it "
        "computes, so that code which takes it is off by no fault of its own. PyTorch's weight_norm and "
        "binary_cross_entropy are known for that: write them as formulas, or use binary_cross_entropy_with_logits.",
    )
