"""An algorithm's direction plus a multiple of the parameters."""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import (
    TELLING_SHARE,
    Fit,
    Question,
    algorithms_of,
    beyond_rounding,
    relative_tolerance,
    unit_of,
)
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 110
WEIGHT_DECAY = Cause(
    "weight_decay",
    "Most likely a weight decay is on in the outer step, or a norm of the parameters is in the loss.",
)


def attempt(question: Question) -> Explanation | None:
    """The first algorithm that fits so."""
    along = np.concatenate([_parameters(o) for o in question.seen])
    for c in algorithms_of(question):
        left = [o.direction - question.wanted_factor(o) * c.screened(o.problem) for o in question.seen]
        decay = float(np.concatenate(left) @ along / (along @ along))
        held = [_held(question, c, decay, o) for o in question.seen]
        added = [abs(decay) * float(np.linalg.norm(_parameters(o))) / o.size for o in question.seen]
        seen = any(share > slack for share, (_, slack) in zip(added, held, strict=True))
        if seen and all(error <= slack <= TELLING_SHARE for error, slack in held):
            return _of_decay(question, c, decay, max(error for error, _ in held))
    return None


def _parameters(o: Observation) -> np.ndarray:
    return np.concatenate([a.ravel() for a in o.problem.parameters.values()])


def _held(question: Question, c: Candidate, decay: float, o: Observation) -> tuple[float, float]:
    """The relative error against the direction plus so much of the parameters, and what rounding explains of it."""
    unit, factor, w = unit_of(o), question.wanted_factor(o), _parameters(o)
    error = float(np.linalg.norm(o.direction - factor * c.screened(o.problem) - decay * w)) / o.size
    # The product and the sum round besides; twice, as the multiple comes from a rounded direction too.
    sums = 2 * unit * (1 + abs(decay) * float(np.linalg.norm(w)) / o.size)
    if error > TELLING_SHARE or beyond_rounding(Fit(c, (factor,), (error,)), [o], [unit], 2 * sums * o.size):
        return error, 0.0
    error = float(np.linalg.norm(c.enclosed(o.problem).apart(o.direction - decay * w, factor))) / o.size
    return error, 2 * (relative_tolerance(c, o, factor, unit) + sums)


def _of_decay(question: Question, c: Candidate, decay: float, error: float) -> Explanation:
    def allows(o: Observation) -> bool:
        off, slack = _held(question, c, decay, o)
        return off <= slack

    return Explanation(
        c.algorithm,
        (WEIGHT_DECAY.id,),
        (f"{decay:.4g} times the parameters is added: a weight decay",),
        (WEIGHT_DECAY,),
        error=error,
        scale=question.wanted_factor(question.seen[0]),
        candidate=c,
        allows=allows,
    )
