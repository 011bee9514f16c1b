"""What holds on the problems with one loss, or two, and not on the others: a loss that is written into the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mamlcheck.conformance.diagnosis.attempts import explained
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding_elsewhere
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.sentences import described_otherwise
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.words import listed

WRITTEN_IN = Cause("not_on_every_loss", "Most likely the loss, or the network, is written into the code.")
LOSS_WRITTEN_IN = Cause("not_on_every_loss", "Most likely the loss is written into the code.")


def on_one_loss(question: Question) -> Explanation | None:
    """The best explanation of the problems with one loss, and what it is on the others; None where there is none."""
    groups: dict[str, list[Observation]] = {}
    for o in question.seen:
        groups.setdefault(o.problem.loss, []).append(o)
    if len(groups) < 2:
        return None
    parts = {
        loss: explained(Question(seen, question.metadata, question.declared), plain=True)
        for loss, seen in groups.items()
    }
    found = [(e.found, e) for e in parts.values() if e.found is not None]
    if not found:
        return None
    _, best = min(found, key=lambda one: (len(one[1].defects), one[0].name != question.declared))
    same = tuple(loss for loss, e in parts.items() if (e.found, e.clauses) == (best.found, best.clauses))
    return replace(_elsewhere(best, parts, same, groups), losses=same, allows=_allowed_on(parts, same), predicts=None)


def _elsewhere(
    best: Explanation, parts: dict[str, Explanation], same: tuple[str, ...], groups: dict[str, list[Observation]]
) -> Explanation:
    """With what it is on the other losses."""
    others: dict[str, list[str]] = {}
    for loss, e in parts.items():
        if loss not in same:
            what = "it is not recognised" if e.found is None else described_otherwise(e, best)
            others.setdefault(what, []).append(loss)
    # Where networks with the same layers are on both sides, it is the loss that makes the difference.
    here, there = (
        {tuple(groups[x][0].problem.parameters) for x in parts if (x in same) is side} for side in (True, False)
    )
    cause = LOSS_WRITTEN_IN if here & there else WRITTEN_IN
    if len(same) == 1:
        cause = replace(cause, text=f'{cause.text} If that is meant, declare it: loss="{same[0]}".')
    for what, some in others.items():
        best = adding_elsewhere(best, cause.id, f"on {listed(some)} {what}", cause)
    return best


def _allowed_on(parts: dict[str, Explanation], same: tuple[str, ...]) -> Callable[[Observation], bool]:
    allows = {loss: parts[loss].allows for loss in same}

    def on_these(o: Observation) -> bool:
        held = allows[o.problem.loss]
        return held is None or held(o)

    return on_these
