"""What a report computes of the algorithms at work: floors as the claims have them, the figure as known by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from mamlcheck.check.sweeps import TABLE_LOSSES
from mamlcheck.claims.ours.floors import fo_maml, hf_maml
from mamlcheck.formats.dynamics import Dynamics
from mamlcheck.report.dynamics import RUNS, dynamics_of, figure_one, floor_bounds
from mamlcheck.runs.constants import constants_of
from mamlcheck.runs.plan import plan_of
from mamlcheck.runs.sources import start_of
from mamlcheck.tasks.losses import loss
from mamlcheck.tasks.tables import read_table

PLAN = plan_of(*start_of("grunfeld"), RUNS)


@pytest.fixture(scope="module")
def found() -> Dynamics:
    return dynamics_of(read_table("grunfeld"), TABLE_LOSSES)


def test_floors_are_the_right_sides_of_their_claims_where_the_direction_is_0() -> None:
    known = constants_of(PLAN.instance)
    assert known.sigma is not None
    sigma, smoothness, alpha = (float(x) for x in (known.sigma.value, known.smoothness.value, PLAN.alpha))
    arithmetic = SimpleNamespace(sqrt=math.sqrt, norm=lambda v: 0.0)
    x = SimpleNamespace(
        ar=arithmetic, alpha=alpha, smoothness=smoothness, step_task_variance=sigma**2, difference_factor=1 / 6,
        full_hf_maml=None, mean_adapted_gradient=None,
    )  # fmt: skip
    by_claims = (fo_maml.right(x), hf_maml.right(x) / (1 - alpha * smoothness))  # type: ignore[arg-type]
    bounds = floor_bounds(PLAN)
    assert [bound.algorithm for bound in bounds] == ["FO-MAML", "HF-MAML"]
    assert [bound.value for bound in bounds] == pytest.approx(by_claims, rel=1e-12)


def test_no_floor_is_drawn_of_deviations_that_are_not_bounded() -> None:
    plan = plan_of(*start_of("grunfeld", "quadratic"), RUNS)
    assert floor_bounds(plan) == ()


def test_all_three_run_and_their_theorems_promise_more_than_was_seen(found: Dynamics) -> None:
    assert list(found.runs.algorithms) == ["maml", "fo-maml", "hf-maml"]
    for runs in found.runs.algorithms.values():
        assert runs.guarantee.proved
        assert runs.guarantee.accuracy is not None
        assert runs.mean_gradient_norm.mean is not None
        assert runs.mean_gradient_norm.mean < runs.guarantee.accuracy


def test_table_1_is_for_the_table_and_has_the_floors(found: Dynamics) -> None:
    assert found.table1 is not None
    assert found.table1.source == "Table grunfeld, loss log_cosh"
    assert [Fraction(floor.floor) for floor in found.table1.floors] == [Fraction(890109, 2000000), Fraction(1, 2)]


def test_equal_reports_show_equal_things(found: Dynamics) -> None:
    assert dynamics_of(read_table("grunfeld"), TABLE_LOSSES) == found


def test_where_table_1_cannot_be_made_it_is_said_why() -> None:
    table = read_table("grunfeld")
    flat = replace(table, a=tuple(np.zeros_like(a) for a in table.a))
    made = dynamics_of(flat, (loss("log_cosh"),))
    assert made.table1 is None
    assert made.why is not None
    assert "L = 0" in made.why


def test_the_figure_by_hand() -> None:
    """Minimisers are means of the centres with weights lambda (1 - alpha lambda)^(2K)."""
    figure = figure_one()
    curvatures = [Fraction(text) for text in figure.curvatures]
    for start in figure.starts:
        weights = [c * (1 - Fraction(figure.alpha) * c) ** (2 * start.steps) for c in curvatures]
        for axis in (0, 1):
            mean = sum(w * Fraction(centre[axis]) for w, centre in zip(weights, figure.centres, strict=True)) / sum(
                weights
            )
            assert Fraction(start.point[axis]) == mean
            assert start.at[axis] == float(mean)
    assert [str(start.mean_losses[0]) for start in figure.starts][:2] == ["233/21", "33305/2166"]
    assert all(fact.holds for fact in figure.relations)
    for curvature, radius in zip(curvatures, figure.radii, strict=True):
        assert float(curvature) / 2 * radius**2 == pytest.approx(figure.level)
