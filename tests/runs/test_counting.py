"""What a step costs: counted by the package, by the loss functions that are really called, and by plain loops."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from run_tasks import instance_of, quadratic, ridge

from mamlcheck.runs.algorithms import ALGORITHMS, algorithms_named
from mamlcheck.runs.counting import Cost, cost_by_formula, counted_step
from mamlcheck.runs.plan import Asked, Plan, plan_of
from mamlcheck.runs.running import Runner

SIZES = (
    Asked(tasks=3, inner=2, outer=5, hessian=7, stepsize_tasks=4, stepsize=6),
    Asked(tasks=1, inner=1, outer=1, hessian=1, stepsize_tasks=1, stepsize=1),
    Asked(tasks=20, inner=11, outer=3, hessian=2, stepsize_tasks=2, stepsize=9),
)


def plan(tasks: Any, asked: Asked) -> Plan:
    return plan_of(instance_of(tasks, np.ones(tasks.d)), "here", asked)


def by_loops(name: str, asked: Any, bent: bool) -> Cost:
    """Equations (4), (5), (8), (10) and Lemma 4.9 as nested loops, which evaluate one sample at a time."""
    done: Counter[str] = Counter()
    for _task in range(asked.tasks):
        for _sample in range(asked.inner):
            done["gradient at w"] += 1
        for _sample in range(asked.outer):
            done["gradient at w_i"] += 1
        for _sample in range(asked.hessian if name != "fo-maml" else 0):
            if name == "maml":
                done["product at w"] += 1
            else:
                done["gradient at w + delta v"] += 1
                done["gradient at w - delta v"] += 1
    for _task in range(asked.stepsize_tasks if bent else 0):
        for _sample in range(asked.stepsize):
            done["gradient at w, for the step size"] += 1
    return Cost(sum(n for what, n in done.items() if what.startswith("gradient")), done["product at w"])


@pytest.mark.parametrize("asked", SIZES, ids=lambda asked: f"B={asked.tasks}")
@pytest.mark.parametrize("name", ["maml", "fo-maml", "hf-maml"])
@pytest.mark.parametrize("bent", [True, False])
def test_what_is_counted_is_the_formula_and_what_loops_evaluate(name: str, asked: Asked, bent: bool) -> None:
    made = plan(ridge() if bent else quadratic(), asked)
    (algorithm,) = algorithms_named([name])
    counted = counted_step(made, algorithm)
    assert counted == cost_by_formula(algorithm, made.sizes, bent) == by_loops(name, asked, bent)


def test_one_by_hand() -> None:
    made = plan(ridge(), SIZES[0])
    assert [counted_step(made, each) for each in ALGORITHMS] == [
        Cost(3 * (2 + 5) + 4 * 6, 3 * 7), Cost(3 * (2 + 5) + 4 * 6, 0), Cost(3 * (2 + 5 + 2 * 7) + 4 * 6, 0),
    ]  # fmt: skip


class Watching:
    """A profile of psi that notes for how many samples psi' and psi'' are evaluated, and where."""

    def __init__(self, profile: Any, seen: Counter[str]):
        self.profile, self.seen = profile, seen

    def drawn(self, ar: Any, rows: Any) -> Watching:
        return Watching(self.profile.drawn(ar, rows), self.seen)

    def first(self, ar: Any, t: Any) -> Any:
        self.seen["psi'"] += np.size(t)
        return self.profile.first(ar, t)

    def first_and_second(self, ar: Any, t: Any) -> Any:
        self.seen["psi''"] += np.size(t)
        return self.profile.first_and_second(ar, t)


@pytest.mark.parametrize("name", ["maml", "fo-maml", "hf-maml"])
def test_what_is_counted_is_what_the_losses_are_asked_for(name: str) -> None:
    """psi' once for each sample gradient, psi'' once for each product: nothing is evaluated beside what is counted."""
    made = plan(ridge(), SIZES[0])
    (algorithm,) = algorithms_named([name])
    seen: Counter[str] = Counter()

    def watched(tasks: Any) -> Any:
        return replace(tasks, profile=Watching(tasks.profile, seen))

    alone = replace(made, settings=replace(made.settings, algorithms=(name,), steps=1, seeds=1))
    Runner(alone, through=watched).run()
    assert counted_step(made, algorithm) == Cost(seen["psi'"], seen["psi''"])


def test_counting_changes_no_step() -> None:
    made = plan(ridge(), replace(SIZES[0], steps=3, seeds=2))
    plain, through = Runner(made), Runner(made, through=lambda tasks: replace(tasks))  # type: ignore[type-var]
    plain.run()
    through.run()
    np.testing.assert_array_equal(plain.state.w, through.state.w)
