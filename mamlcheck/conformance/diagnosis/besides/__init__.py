"""What is wrong with a subject beside its formula: its state, its inner steps, its precision, where it does not run.

One file each, found by its place in this folder, with its `ORDER` and `beside(explanation, case)`: it takes what
explains the observations so far, and gives it back, with more said where there is more to say.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.place import modules_in

Beside = Callable[[Explanation, Case], Explanation]


@cache
def besides() -> tuple[Beside, ...]:
    """All of them, in order."""
    return tuple(file.beside for file in modules_in(__name__, __path__))
