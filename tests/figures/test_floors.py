"""Floors seen in runs: the same paths by plain loops over splines made by hand, and what is certified at their ends."""

from __future__ import annotations

from fractions import Fraction

import pytest
from splines_by_hand import Spline

from mamlcheck.errors import InputError
from mamlcheck.figures.floors import SMALL_ETA, STEPS, cases, course, direction, floors_seen, meta_gradient, places

HALF, MU = Fraction(1, 2), Fraction(1, 100)
BY_HAND = {  # tasks, alpha, L, rho
    "fo-maml": (
        (Spline((-2, -1, 1, 2), (MU, 1, 1, MU), 10 - MU), Spline((-2, 2), (MU, MU), -9)), Fraction(1, 10), 1, 1 - MU,
    ),
    "hf-maml": (
        (Spline((-1, 0, 1), (HALF, -HALF, HALF), 6), Spline((-2, -1, 0, 1, 2), (HALF, -HALF, HALF, -HALF, HALF), -6)),
        Fraction(1, 6), HALF, 1,
    ),
}  # fmt: skip
FACTORS = {"maml": Fraction(1, 12), "fo-maml": Fraction(1, 18), "hf-maml": Fraction(1, 25)}


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def direction_by_hand(where, name, eta, w):
    tasks, alpha, _, rho = BY_HAND[where]
    found = []
    for task in tasks:
        v = task.slope(w - alpha * task.slope(w))
        if name == "maml":
            found.append(v - alpha * task.bend(w) * v)
        elif name == "fo-maml":
            found.append(v)
        else:
            delta = eta / (rho * alpha * abs(v))
            found.append(v - alpha * (task.slope(w + delta * v) - task.slope(w - delta * v)) / (2 * delta))
    return mean(found)


def step_by_hand(where, name, eta, w):
    tasks, alpha, smoothness, rho = BY_HAND[where]
    beta = FACTORS[name] / (4 * smoothness + 2 * rho * alpha * mean(abs(task.slope(w)) for task in tasks))
    return w - beta * direction_by_hand(where, name, eta, w)


def runs():
    for case in cases():
        for name, eta in ((case.floored, case.eta), *case.others):
            yield pytest.param(case, name, eta, id=f"{case.floored}-{name}-{eta}".replace("/", "_"))


@pytest.mark.parametrize(("case", "name", "eta"), list(runs()))
def test_a_run_is_that_of_plain_loops(case, name, eta):
    """Exact steps, each rounded to 2**-50; the run in floats is within what 60 steps of rounding make."""
    w = case.start
    for _ in range(60):
        exact = step_by_hand(case.floored, name, eta, w)
        w = Fraction(round(exact * 2**50), 2**50)
    found = course(case, name, eta, 60)
    assert found.point == pytest.approx(float(w), rel=1e-12)
    assert found.steps[0] == 0
    assert found.steps[-1] == 60
    true = abs(direction_by_hand(case.floored, "maml", eta, Fraction(found.point)))
    assert Fraction(found.end.lower) <= true <= Fraction(found.end.upper)
    assert found.end.width < 1e-12
    start = abs(direction_by_hand(case.floored, "maml", eta, case.start))
    assert found.gradient_norm[0] == pytest.approx(float(start), rel=1e-12)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.floored)
def test_where_an_algorithm_rests_its_direction_is_0_and_the_gradient_is_not(case):
    assert direction(case, case.floored, case.eta, case.rest) == 0
    assert direction_by_hand(case.floored, case.floored, case.eta, case.rest) == 0
    assert meta_gradient(case, case.rest) == direction_by_hand(case.floored, "maml", case.eta, case.rest) != 0
    assert direction(case, "maml", case.eta, case.rest) == meta_gradient(case, case.rest)
    assert direction(case, "hf-maml", SMALL_ETA, case.rest) != 0


@pytest.fixture(scope="module")
def seen():
    return {floor.finding: floor for floor in floors_seen()}


def test_maml_goes_to_0_and_fo_maml_to_its_floor(seen):
    floor = seen["fo_maml_floor"]
    assert Fraction(floor.floor) == Fraction(890109, 2000000)
    maml, first_order = floor.courses
    assert (maml.title, first_order.title) == ("MAML", "FO-MAML")
    assert maml.end.upper < 1e-5
    assert 0.99 * float(Fraction(floor.floor)) < first_order.end.lower <= float(Fraction(floor.floor))
    assert maml.gradient_norm[0] == first_order.gradient_norm[0] < first_order.end.lower  # it leaves a better point
    assert maml.steps[-1] == first_order.steps[-1] == STEPS


def test_hf_maml_keeps_its_floor_with_the_printed_delta_and_not_with_a_small_eta(seen):
    floor = seen["hf_fixed_relative_error"]
    assert Fraction(floor.floor) == HALF
    maml, printed, small = floor.courses
    assert [(one.title, one.eta) for one in floor.courses] == [("MAML", None), ("HF-MAML", "1/6"), ("HF-MAML", "1/60")]
    assert maml.end.upper < 1e-10
    assert 0.46 < printed.end.lower <= printed.end.upper < 0.5
    assert all(a < b for a, b in zip(printed.gradient_norm, printed.gradient_norm[1:], strict=False))  # towards 1/2
    assert small.end.upper < 1e-5


def test_places_of_a_course():
    assert places(3) == (0, 1, 2, 3)
    assert places(1000)[:2] == (0, 13)
    assert places(1000)[-1] == 1000
    assert len(places(1000)) == 80


@pytest.mark.parametrize("steps", [0, -1, 1.5, True])
def test_a_run_has_a_step(steps):
    with pytest.raises(InputError, match="an integer >= 1"):
        course(cases()[0], "maml", HALF, steps)
