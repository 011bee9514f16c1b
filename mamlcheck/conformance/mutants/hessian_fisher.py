"""The empirical Fisher matrix, the mean over samples of g g^T of their gradients g, stands for the Hessian."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.data import Task
from mamlcheck.conformance.problems.kind import DoesNotApply, TasksAt
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
SAYS = "the empirical Fisher matrix, the mean of the outer products of the samples' gradients, stands for the Hessian"
CAUSE = "Most likely a Fisher or natural-gradient approximation of the Hessian is used."


def direction(x: Run) -> Numbers:
    if x.problem.name not in kinds():
        raise DoesNotApply("the problem cannot be asked for single samples")
    path = x.adapt()
    (count,) = {len(task.inner[0]) for task in x.problem.tasks}
    # The first samples of all tasks, then the second ones, and so on.
    alone = [
        Task(*[(task.inner[0][i : i + 1], task.inner[1][i : i + 1])] * 3)
        for i in range(count)
        for task in x.problem.tasks
    ]
    singles = x.problem.kind.over(x.ar, alone)

    def product(start: TasksAt, v: Numbers) -> Numbers:
        rows = singles.at(x.ar.concatenate([start.w] * count, -2)).gradient("inner")
        along = x.ar.concatenate([v] * count, -2)
        terms = x.ar.sum(rows * along, -1)[..., None] * rows
        return x.ar.mean(terms.reshape(count, x.count, x.layout.size), 0)

    return x.mean(x.pull_back(path, path.end.gradient("outer"), curvature=product))
