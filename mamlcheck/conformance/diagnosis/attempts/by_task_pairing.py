"""MAML, or FO-MAML, that adapts to one task and judges on another: the outer sets are paired with other tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.parts.searching import FAMILY
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.reference import Run, added
from mamlcheck.conformance.words import listed

ORDER = 167
MOST_TASKS = 4  # with more there are too many ways to pair them
CAUSE = "Most likely the support and the query sets are drawn, ordered or zipped apart from each other."


@dataclass(frozen=True)
class Paired:
    """The formula. judged: for each task the one whose outer set its adapted parameters are judged on."""

    judged: tuple[int, ...]

    def __call__(self, x: Run) -> Numbers:
        """The direction (n,)."""
        found = []
        for i, j in enumerate(self.judged):
            task = x.only(i)
            path = task.adapt()
            g = x.only(j).tasks.at(path.end.w).gradient("outer")
            found.append(task.pull_back(path, g))
        return x.mean(added(found) / len(self.judged))


def attempt(question: Question) -> Explanation | None:
    """The first pairing that fits, of second order or of first."""
    counts = {len(o.problem.tasks) for o in question.seen}
    count = counts.pop()
    if counts or not 2 <= count <= MOST_TASKS or not question.tells:
        return None
    for c in _ways(count):
        match = question.match_of(c)
        if match is not None:
            return of_match(question, match)
    return None


def _ways(count: int) -> Iterator[Candidate]:
    for judged in list(permutations(range(count)))[1:]:
        pairs = [f"task {i + 1} on that of task {j + 1}" for i, j in enumerate(judged) if i != j]
        says = f"query sets go with support sets of other tasks: {listed(pairs)}"
        for name in FAMILY.values():
            known = algorithm(name)
            mutant = Mutant("paired", (known,), says, CAUSE, ("inner",), True, 1, Paired(judged), f"{judged}")
            yield replace(plain(known), mutant=mutant)
