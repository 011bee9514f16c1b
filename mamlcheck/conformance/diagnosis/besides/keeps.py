"""Calls that keep tensors alive, so that memory grows from call to call."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause, in_words
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting
from mamlcheck.conformance.words import counted, listed

ORDER = 65
KEEPS = Cause(
    "keeps", "Most likely adapted parameters, losses or gradients are put into a list that outlives the call."
)


def beside(e: Explanation, case: Case) -> Explanation:
    """With a note on how many each call keeps, on the problem where that was seen first."""
    at = next((o for o in (*case.seen, *case.others) if o.kept), None)
    if at is None:
        return e
    # A mass noun would need no plural: 'node of the graph' has its own in the middle.
    some = listed([counted(n, what).replace("node of the graphs", "nodes of the graph") for what, n in at.kept.items()])
    return noting(
        e,
        f"Each call keeps {some} alive (on {at.problem.id}), so that memory grows from call to call. "
        f"{in_words(KEEPS, case.question.frameworks)}",
    )
