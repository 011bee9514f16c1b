"""What is worth knowing of the model that observations are of, such as the state that a forward pass changes."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting

ORDER = 90


def beside(e: Explanation, case: Case) -> Explanation:
    """With the notes of its problems, each once."""
    return noting(e, *dict.fromkeys(note for o in case.judged for note in o.problem.kind.notes))
