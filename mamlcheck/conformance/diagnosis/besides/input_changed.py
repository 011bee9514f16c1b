"""A call that changes what it was given."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding

ORDER = 10
INPUTS_NAMED = 3  # in a sentence, before "and so many more"
STEPPED = "Most likely the outer or inner optimiser steps on the model, and its weights are not put back."
IN_PLACE = "Most likely data are normalised, shuffled or updated in place."


def beside(e: Explanation, case: Case) -> Explanation:
    """With the inputs that were changed."""
    changed = sorted({name for o in (*case.seen, *case.others) for name in o.changed})
    if not changed:
        return e
    more = len(changed) - INPUTS_NAMED
    some = ", ".join(changed[:INPUTS_NAMED]) + (f" and {more} more" if more > 0 else "")
    of_model = all(name.startswith("model ") for name in changed)
    what = f"leaves the model's parameters changed ({some})" if of_model else f"changes its inputs ({some})"
    return adding(e, "inputs_mutated", f"a call {what}", Cause("inputs_mutated", STEPPED if of_model else IN_PLACE))
