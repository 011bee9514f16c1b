"""MAML, or FO-MAML, with one adaptation for all tasks: to all of them in turn, or to the first or the last one alone.

All outer losses are then taken at the same adapted parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.parts.searching import FAMILY
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.reference import Run, added

ORDER = 165
IN_TURN = "the parameters are adapted to all tasks in turn, and all outer losses are taken at the end"
FIRST = "all tasks share the parameters that are adapted to the first task"
LAST = "all tasks share the parameters that are adapted to the last task"
BEHIND = "Most likely the loop over tasks carries the adapted parameters along, and the outer loss stands behind it."
ONCE = "Most likely the adapted parameters are kept from the first task, and not computed anew."
END = "Most likely the outer losses are taken behind the loop over tasks, which leaves its last adapted parameters."


@dataclass(frozen=True)
class Shared:
    """The formula. start, stop: of the slice of the tasks that the parameters are adapted to, in turn."""

    start: int = 0
    stop: int | None = None

    def __call__(self, x: Run) -> Numbers:
        """The direction (n,)."""
        tasks: Sequence[Run] = [x.only(i) for i in range(x.count)][self.start : self.stop]
        w, paths = x.only(0).w, []
        for task in tasks:
            paths.append(task.adapt(w))
            w = paths[-1].end.w
        g = added(x.only(i).tasks.at(w).gradient("outer") for i in range(x.count)) / x.count
        for task, path in zip(reversed(tasks), reversed(paths), strict=True):
            g = task.pull_back(path, g)
        return x.mean(g)


def attempt(question: Question) -> Explanation | None:
    """The first that fits, of second order or of first."""
    if len(question.widest.problem.tasks) < 2:
        return None
    for c in ways():
        match = question.match_of(c)
        if match is not None:
            return of_match(question, match)
    return None


def ways() -> Iterator[Candidate]:
    """All that are tried."""
    for defect, says, cause, formula in (
        ("adapted_in_turn", IN_TURN, BEHIND, Shared()),
        ("adapted_to_first_task", FIRST, ONCE, Shared(stop=1)),
        ("adapted_to_last_task", LAST, END, Shared(start=-1)),
    ):
        for name in FAMILY.values():
            known = algorithm(name)
            mutant = Mutant(defect, (known,), says, cause, ("inner",), True, 1, formula)
            yield replace(plain(known), mutant=mutant)
