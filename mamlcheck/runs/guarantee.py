"""What the theorem of an algorithm guarantees of a run: the one place where a theorem's bound enters results."""

from __future__ import annotations

from mamlcheck.runs.algorithms import Algorithm
from mamlcheck.runs.plan import Plan


def guarantee(plan: Plan, algorithm: Algorithm, steps: int) -> str | None:
    """The guarantee for so many steps, as a sentence; None where nothing is guaranteed, and nothing is said then."""
    return None


__all__ = ["guarantee"]
