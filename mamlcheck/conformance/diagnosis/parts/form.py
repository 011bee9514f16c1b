"""MAML, or FO-MAML, on other samples, at a rate of its own for each tensor, or with parts of its graph cut.

A `Form` is what attempts by tensor, by sample and by task find: plain data, and a formula over a `Run` as those of the
mutants are. So it is screened in doubles, enclosed, and held against tolerances as any candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.data import SAMPLES_OF_ROLE, Batch, Task
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Run


@dataclass(frozen=True, order=True)
class Sample:
    """One sample of a task: of which of its sets, and where it lies there. shift: 0 for the task itself, 1 for the task
    after it, and so on round and round. target: where the target lies that it goes with; -1, where that is its own.
    """

    shift: int
    role: str
    index: int
    target: int = -1


Samples = tuple[Sample, ...]  # a sample that counts twice is there twice; a loss is the mean over them
Factors = tuple[tuple[str, float], ...]  # by the name of a tensor, see `tensors`; 1 for those that are not there


def own_samples(role: str, shift: int = 0) -> Samples:
    """All samples of a set."""
    return tuple(Sample(shift, role, i) for i in range(SAMPLES_OF_ROLE[role]))


def tensors(given: Problem) -> dict[str, str]:
    """What each parameter is called on all problems: a network of one layer, whose names have no layer, is all head."""
    return {name: f"head.{name}" if "." not in name and name in given.head else name for name in given.layout.shapes}


def mask(given: Problem, factors: Mapping[str, float]) -> np.ndarray:
    """A factor for each parameter (n,): that of its tensor."""
    called, found = tensors(given), np.ones(given.layout.size)
    for name, part in given.layout.slices():
        found[part] = factors.get(called[name], 1.0)
    return found


@dataclass(frozen=True)
class Form:
    """inner: the samples of the inner steps, one entry for all of them or one for each; empty, where that is the
    support set. outer: those of the outer loss; empty, where that is the query set. more: inner steps beyond those
    asked for. rate: the inner rate over alpha. rates: the inner rates of tensors over the others'.

    Of the graph, each by tensor: returned: the factor of what is returned. arriving: of the outer gradient at the end
    of the inner steps. kept: of what goes back past an inner step unchanged, as where the update starts from a detached
    copy. through: of what goes back into an inner gradient, 0 where that is detached. rows: of the Hessian term.
    weights: of the tasks, by their order; empty, where they are equal. terms: the factors of their Hessian terms.
    """

    inner: tuple[Samples, ...] = ()
    outer: Samples = ()
    more: int = 0
    rate: float = 1.0
    rates: Factors = ()
    returned: Factors = ()
    arriving: Factors = ()
    kept: Factors = ()
    through: Factors = ()
    rows: Factors = ()
    weights: tuple[float, ...] = ()
    terms: tuple[float, ...] = ()

    def __call__(self, x: Run) -> Numbers:
        """The direction (n,); the pull-back is that of `meta.algorithms.pulled_back`, with factors by tensor."""

        def factors(of: Factors) -> Numbers:
            return x.ar.exact(mask(x.problem, dict(of)))

        moved, rate = factors(self.rates), x.alpha * x.number(self.rate)
        count = max(0, x.steps + self.more)
        runs = [replace(x, problem=self.problem(x.problem, k)) for k in range(max(1, count))]
        w, points = x.w, []
        for k in range(count):
            here = runs[k].tasks.at(w)
            points.append(here)
            w = w - rate * x.along(moved * here.gradient("inner"), k)
        g = factors(self.arriving) * runs[-1].tasks.at(w).gradient("outer")
        if x.hessian != "none":
            kept, through, rows = factors(self.kept), factors(self.through), factors(self.rows)
            if self.terms:
                rows = x.ar.exact(np.array(self.terms)[:, None]) * rows
            for k in reversed(range(count)):
                g = kept * g - rate * (rows * runs[k].curvature(points[k], through * x.along(moved * g, k)))
        g = factors(self.returned) * g
        if self.weights:
            return x.ar.sum(x.ar.exact(np.array(self.weights)[:, None]) * g, -2)
        return x.mean(g)

    def problem(self, given: Problem, step: int = 0) -> Problem:
        """The problem whose support and query sets are these samples, at an inner step."""
        if not self.inner and not self.outer:
            return given
        inner = self.inner[min(step, len(self.inner) - 1)] if self.inner else ()
        tasks = []
        for i, task in enumerate(given.tasks):
            turn = [given.tasks[(i + shift) % len(given.tasks)] for shift in range(len(given.tasks))]
            tasks.append(
                Task(
                    batch(turn, inner) if inner else task.inner,
                    batch(turn, self.outer) if self.outer else task.outer,
                    task.hessian,
                )
            )
        return replace(given, tasks=tuple(tasks))

    def but(self, **changes: object) -> Form:
        """With other fields."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def different(self) -> tuple[str, ...]:
        """The fields that are not as in MAML."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != f.default)


def batch(turn: Sequence[Task], samples: Iterable[Sample]) -> Batch:
    """The samples of tasks as a batch."""
    x = [turn[s.shift].batch(s.role)[0][s.index] for s in samples]
    y = [turn[s.shift].batch(s.role)[1][s.index if s.target < 0 else s.target] for s in samples]
    return np.stack(x), np.stack(y)


def as_candidate(name: str, form: Form, defect: str = "form") -> Candidate:
    """A form of an algorithm, by its name, as a candidate whose mutant is the form."""
    known = algorithm(name)
    return replace(plain(known), mutant=Mutant(defect, (known,), "", "", ("inner",), True, 1, form, repr(form)))
