"""The candidates that a question tries, and their order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mamlcheck.conformance import Metadata, Observation, problem
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.fits import FAR, Question, fit, named
from mamlcheck.conformance.diagnosis.hessian_term import first_and_second_order
from mamlcheck.conformance.diagnosis.scales import OVER_ALPHA, SUM_OVER_TASKS, scales
from mamlcheck.conformance.problems.kinds import ProblemKind
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Difference, tolerance


def seen(c: Candidate, steps: int = 1, times: float = 1.0) -> list[Observation]:
    """The direction of a candidate on two problems, as if a subject had returned it."""
    given = [problem("tanh-cross-entropy", alpha=alpha, steps=steps) for alpha in (0.4, 0.05)]
    return [Observation(p, (times * c.screened(p),) * 2, "float64") for p in given]


@pytest.mark.parametrize("steps", [1, 2])
def test_what_cannot_be_told_apart_with_so_few_steps_is_not_tried(steps):
    question = Question(seen(plain(algorithm("MAML")), steps), Metadata(), None)
    assert [f.residual < 1e-12 for f in question.fits[:2]] == [True, False]
    tried = {f.candidate.mutant.name for f in question.fits if f.candidate.mutant is not None}
    assert ("hessian_first_step_only" in tried) == (steps > 1)


def test_a_declared_delta_is_tried_along_the_direction_and_over_its_norm():
    steps = {f.candidate.hessian for f in Question(seen(plain(algorithm("MAML"))), Metadata(delta=0.5), None).fits}
    assert steps == {"exact", "none", Difference(0.5), Difference(0.5, over_norm=True)}


def test_an_update_over_the_rate_is_preferred_where_it_was_declared():
    """Reptile over alpha is the support gradient with one step: what was declared is meant."""
    question = Question(seen(plain(algorithm("Reptile"))), Metadata(), "Reptile")
    over = [Observation(o.problem, tuple(d / o.problem.alpha for d in o.directions), "float64") for o in question.seen]
    match = Question(over, Metadata(), "Reptile").matches()[0]
    assert (match.candidate.algorithm.name, match.scale) == ("Reptile", OVER_ALPHA)
    assert Question(over, Metadata(), None).matches()[0].candidate.algorithm.name != "Reptile"


def test_a_sum_that_was_declared_is_no_defect():
    assert next(scales(summed=True)).defects == ()
    assert all(scale.defects != SUM_OVER_TASKS.defects for scale in scales(summed=True))
    assert len(list(scales(summed=True))) == len(list(scales()))


def test_variants_are_found_by_how_they_take_the_hessian():
    assert [(a.algorithm.name, b.algorithm.name) for a, b in first_and_second_order()][:2] == [
        ("FO-MAML", "MAML"), ("FO-ANIL", "ANIL")
    ]  # fmt: skip
    assert {how: known.name for how, known in algorithm("hf-maml").variants.items()} == {
        "exact": "MAML", "none": "FO-MAML", "difference": "HF-MAML"
    }  # fmt: skip


# -- rounding ----------------------------------------------------------------------------------------------------------
def test_a_tolerance_is_that_of_all_runs_and_a_rough_one_is_near_it():
    for known in ("MAML", "Reptile", "iMAML"):
        c = plain(algorithm(known))
        for name in ("tanh-cross-entropy", "linear-robust"):
            given = problem(name)
            assert c.tolerance(given) == tolerance(given, c.direction, c.hessian, c.role)
            assert 1 / 4 < c.rough_tolerance(given) / c.tolerance(given) < 4


@dataclass(frozen=True)
class Counting(Candidate):
    """A candidate whose tolerances are said, the rough one of a single run among them."""

    rough: float = 1.0
    whole: float = 1.0
    asked: list[str] | None = None

    def rough_tolerance(self, given: Problem) -> float:
        self.asked.append("rough")
        return self.rough

    def tolerance(self, given: Problem) -> float:
        self.asked.append("whole")
        return self.whole

    def __hash__(self) -> int:
        return id(self)


class Jumping(ProblemKind):
    """A kind whose gradients jump."""

    jumps = True


UNIT = 2.0**-53


@pytest.mark.parametrize(
    ("off", "jumps", "rough", "asked"),
    [
        (3 * FAR, False, 1.0, {"rough"}),  # far beyond: one run is enough
        (FAR / 3, False, 1.0, {"rough", "whole"}),  # beyond, and not that far
        (3 * FAR, True, 1.0, {"whole"}),  # a kink may turn in any of the other runs
        (3 * FAR, False, 10.0, {"rough", "whole"}),
    ],
)
def test_all_runs_are_made_where_one_does_not_tell(off, jumps, rough, asked):
    """off: what is left, over twice what rounding leaves by one of the runs."""
    c, given = plain(algorithm("MAML")), problem("tanh-cross-entropy")
    v = c.screened(given)
    across = np.random.default_rng(1).standard_normal(v.size)
    across -= v * (across @ v) / (v @ v)
    x = v + 2 * off * UNIT * across / np.linalg.norm(across)
    counting = Counting(c.algorithm, c.hessian, c.role, rough=rough, asked=[])
    kind = given.kind
    there = replace(given, kind=Jumping(kind.name, kind.network, kind.criterion, kind.seed)) if jumps else given
    o = Observation(there, (x,) * 2, "float64")
    assert named(fit(counting, [o]), [o], [UNIT], scales()) is None
    assert set(counting.asked) == asked
