"""Plans by other means: formulas typed in again, sizes against brute force, constants against their definitions."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

import mamlcheck
from mamlcheck.errors import InputError
from mamlcheck.formats.plans import PlanDocument
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.plans import search
from mamlcheck.plans.corollaries import by_corollary
from mamlcheck.plans.making import Goal, constants_named, plan_for_constants, plan_for_tasks
from mamlcheck.plans.pilot import estimated
from mamlcheck.plans.planned import read_plan
from mamlcheck.plans.search import costs_of, planned
from mamlcheck.runs import constants as of_constants
from mamlcheck.runs.constants import constants_of, lowest_of, lowest_value
from mamlcheck.runs.plan import Asked, plan_of
from mamlcheck.runs.sources import start_of
from mamlcheck.runs.theorems import THEOREMS, Numbers, root_above
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.losses import builtin_losses

F = Fraction
ALL = tuple(THEOREMS)
UNITS = {name: F(1) for name in ("L", "rho", "sigma", "sigma~", "sigma_H", "Delta")}


def numbers(k: int) -> Numbers:
    """Random constants and sizes, all exact."""
    rng = np.random.default_rng(k)

    def one(low: int = 1) -> Fraction:
        return F(int(rng.integers(low, 40)), 8)

    smoothness = one()
    sizes = BatchSizes(
        inner=int(rng.integers(1, 50)), outer=int(rng.integers(1, 50)), hessian=int(rng.integers(1, 9)),
        stepsize=int(rng.integers(1, 9)), stepsize_tasks=int(rng.integers(1, 9)), step_tasks=int(rng.integers(18, 60)),
        run_steps=int(rng.integers(1, 10**5)),
    )  # fmt: skip
    rate = F(int(rng.integers(1, 22)), 120)
    return Numbers(
        smoothness, one(0), one(0), one(0), one(0), one(0), rate / smoothness, F(1, int(rng.integers(5, 60))), sizes
    )


# -- the theorems, typed in again --------------------------------------------------------------------------------------
def by_hand(name: str, x: Numbers, eps: Fraction) -> bool:
    """All hypotheses of a theorem in Python's fractions."""
    s2, t2, h2 = x.sigma**2, x.sigma_tilde**2, x.sigma_hessian**2
    z, a = x.sizes, x.alpha * x.smoothness
    tasks, outer, inner = z.step_tasks, z.outer, z.inner
    cost, share, rate, l0, l1 = {
        "maml": (
            F("0.0353") * s2 / tasks + F("0.0120") * t2 / (tasks * outer) + F("0.0040") * t2 / inner,
            F(1, 21), F(1, 6), F(37, 25), F(36, 25),
        ),
        "fo-maml": (
            F("0.2034") * a**2 * s2 + F("0.0071") * s2 / tasks + F("0.0029") * t2 / (tasks * outer)
            + F("0.0014") * t2 / inner,
            F(1, 49), F(1, 10), F(101, 81), F(100, 81),
        ),
        "hf-maml": (
            x.eta**2 * (F("0.1574") * s2 + F("0.0803") * t2 / outer) + F("0.0082") * s2 / tasks
            + F("0.0028") * t2 / (tasks * outer) + F("0.0140") * t2 / inner,
            F(1, 42), F(1, 6), F(37, 25), F(36, 25),
        ),
    }[name]  # fmt: skip
    bend = x.hessian_lipschitz * x.alpha
    enough = (
        a <= rate and tasks >= 20
        and z.stepsize_tasks >= max(1, (bend * x.sigma / x.smoothness) ** 2 / 2)
        and z.stepsize >= max(1, (2 * bend * x.sigma_tilde / x.smoothness) ** 2)
        and (name == "fo-maml" or z.hessian >= 2 * x.alpha**2 * h2)
        and (name != "hf-maml" or x.eta <= F(1, 6))
    )  # fmt: skip
    gain = x.gap / z.run_steps + cost / (4 * x.smoothness)
    return enough and gain * (4 * x.smoothness + 2 * bend * (l0 * x.sigma + l1 * eps)) <= share * eps**2


@pytest.mark.parametrize("name", ALL)
def test_hypotheses_are_those_of_the_theorem(name: str) -> None:
    answers = set()
    for k in range(300):
        x, eps = numbers(k), F(int(np.random.default_rng(k).integers(1, 60)), 10)
        assert THEOREMS[name].promises(x, eps) is by_hand(name, x, eps)
        answers.add(by_hand(name, x, eps))
    assert answers == {True, False}


@pytest.mark.parametrize("name", ALL)
def test_the_accuracy_is_the_least_double(name: str) -> None:
    found = 0
    for k in range(300):
        x = numbers(k)
        eps = THEOREMS[name].accuracy(x)
        if eps is None:
            assert not by_hand(name, x, F(10**9))
        elif eps > 0:
            found += 1
            assert by_hand(name, x, F(eps))
            assert not by_hand(name, x, F(eps * (1 - 2**-45)))
    assert found > 20


def test_an_accuracy_that_rounds_below_is_moved_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from mamlcheck.runs.theorems import Parts

    x = numbers(0)
    x = replace(x, hessian_lipschitz=F(0), alpha=F(1, 12) / x.smoothness, sigma_hessian=F(0), gap=F(3))
    x = replace(x, sizes=BatchSizes(step_tasks=20, run_steps=7))
    right = THEOREMS["maml"].accuracy(x)
    assert right is not None
    root = Parts.root
    monkeypatch.setattr(Parts, "root", lambda self: math.nextafter(math.nextafter(root(self), 0), 0))
    found = THEOREMS["maml"].accuracy(x)
    assert found is not None
    assert by_hand("maml", x, F(found))


@pytest.mark.parametrize(
    "square", [F(0), F(4, 9), F(2), F(1, 3), F(10**40 + 1), F(1, 10**41), F(2**300, 3), F(3, 2**301)]
)
def test_roots_are_rounded_up(square: Fraction) -> None:
    root = root_above(square)
    assert root**2 >= square
    assert (root * (1 - F(1, 2**60))) ** 2 <= square
    assert root_above(F(4, 9)) == F(2, 3)


# -- the search --------------------------------------------------------------------------------------------------------
def total(name: str, x: Numbers) -> int:
    costs = costs_of(name, x.sizes)
    a_step = costs.gradients(x.sizes) + search.PRODUCT_IN_GRADIENTS * costs.hessian_products(x.sizes)
    return int(x.sizes.run_steps * a_step)


def best_of_all(name: str, x: Numbers, eps: Fraction) -> int:
    """The least cost over a grid of sizes, T for each by bisection: brute force, with the hypotheses typed in above."""
    least = 10**30
    for tasks, inner, outer in itertools.product(
        (20, 22, 26, 32, 48, 80), (1, 2, 4, 8, 12, 16, 24, 32, 64, 128), (1, 2, 3, 4, 8)
    ):

        def at(steps: int, own: tuple[int, int, int] = (tasks, inner, outer)) -> Numbers:
            sizes = {**vars(x.sizes), "step_tasks": own[0], "inner": own[1], "outer": own[2], "run_steps": steps}
            return replace(x, sizes=BatchSizes(**sizes))

        high = 2**24
        if not by_hand(name, at(high), eps):
            continue
        low = 0
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if by_hand(name, at(middle), eps) else (middle, high)
        least = min(least, total(name, at(high)))
    return least


@pytest.mark.parametrize("name", ALL)
def test_plans_are_as_cheap_as_a_grid_of_all_sizes(name: str) -> None:
    x = Numbers(F(1), F(1), F(1, 2), F(1), F(1), F(3), F(1, 40 if name == "fo-maml" else 10))
    eps = F(1, 2)
    found = planned(name, x, eps)
    assert found is not None
    assert by_hand(name, found, eps)
    fewer = replace(found, sizes=BatchSizes(**{**vars(found.sizes), "run_steps": found.sizes.run_steps - 1}))
    assert not by_hand(name, fewer, eps)
    assert total(name, found) <= 1.02 * best_of_all(name, found, eps)


def test_costs_count_what_a_step_draws() -> None:
    sizes = BatchSizes(inner=3, outer=4, hessian=5, step_tasks=20, stepsize_tasks=6, stepsize=7)
    counts = {
        name: (costs_of(name, sizes).gradients(sizes), costs_of(name, sizes).hessian_products(sizes)) for name in ALL
    }
    assert counts == {"maml": (182, 100), "fo-maml": (182, 0), "hf-maml": (382, 0)}


@pytest.mark.parametrize("name", ALL)
def test_corollaries_follow_from_the_theorems(name: str) -> None:
    found = 0
    for k in range(200):
        x = numbers(k)
        eps = F(1 + k % 7, 1 if name == "fo-maml" else 5)
        closed = by_corollary(name, x, eps)
        if closed is None:
            continue
        found += 1
        assert by_hand(name, closed, eps), (k, closed)
    assert found > 20


def test_half_of_the_accuracy_takes_four_times_the_steps() -> None:
    """Computed, for corollaries too: 168 L Delta / eps^2 at rho = 0."""
    plan = plan_for_constants(Goal(F(1, 50), given=constants_named({**UNITS, "rho": F(0)})))
    maml = plan.algorithms["maml"]
    assert maml.run is not None
    assert maml.twice is not None
    assert maml.corollary is not None
    assert maml.corollary.sizes.steps == 168 * 2500
    assert 3.9 < maml.run.sizes.steps / maml.twice.sizes.steps < 4.1


# -- constants ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [psi.name for psi in builtin_losses()])
@pytest.mark.parametrize("sign", [1, -1])
def test_infima_of_losses_are_not_above_them(name: str, sign: int) -> None:
    psi = next(each for each in builtin_losses() if each.name == name)
    least = lowest_value(psi, sign)
    t = mpmath.matrix([x / 16 for x in range(-800, 801)])
    import sympy

    symbol = next(iter(psi.expression.free_symbols))
    value = sympy.lambdify(symbol, psi.expression, "mpmath")
    lowest = min(sign * value(x) for x in t)
    if least is None:
        assert lowest in (sign * value(t[0]), sign * value(t[len(t) - 1]))  # it is still falling there
    else:
        assert mpmath.mpf(least.numerator) / least.denominator <= lowest <= float(least) + 1e-3


def test_the_lowest_f_is_not_above_a_minimum() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.integers(-8, 9, size=(3, 4, 1)) / 8, rng.integers(-8, 9, size=(3, 4)) / 8
    c = rng.integers(1, 9, size=(3, 4)) / 4
    equal = np.array([F(1, 3)] * 3, dtype=object)
    tasks = RidgeTasks(a, b, c, np.array(0.0), equal, (Loss("sin", "sin(t)"),) * 3)
    least = lowest_of(tasks)
    assert least is not None
    grid = np.linspace(-20, 20, 4001)[:, None, None]
    values = (c * np.sin(a[..., 0] * grid - b)).mean(axis=-1).mean(axis=-1)
    assert least <= values.min()
    assert float(least) == pytest.approx(-float(c.mean()), abs=1e-6)
    upside_down = RidgeTasks(a, b, -c, np.array(0.0), equal, (Loss("log_cosh", "log(cosh(t))"),) * 3)
    assert lowest_of(upside_down) is None


def of_curvature(h: Fraction, centres: Any, p: Any, w: Any) -> Instances:
    z = np.array(centres, dtype=object)
    n, m, d = z.shape
    tasks = QuadraticTasks(np.broadcast_to(np.eye(d, dtype=int) * h, (n, m, d, d)), z, np.array(p, dtype=object))
    point = np.array(w, dtype=object)
    return Instances(tasks, np.array(F(1, 10) / h, dtype=object), point, point, point, np.array(1.0), np.array(1.0))


def test_tasks_of_one_curvature_have_exact_constants() -> None:
    """By hand: centres -3, 3 with variance 9 and 5 with none; means 0 and 5 with weights 2/3 and 1/3; h = 2."""
    instance = of_curvature(F(2), [[[F(-3)], [F(3)]], [[F(5)], [F(5)]]], [F(2, 3), F(1, 3)], [F(7)])
    found = constants_of(instance)
    assert found.sigma is not None
    assert found.sigma_tilde is not None
    assert found.gap is not None
    assert found.sigma_tilde.value == 6
    assert found.sigma.value**2 == pytest.approx(float(4 * F(2, 9) * 25), rel=1e-15)
    assert found.sigma.value**2 >= 4 * F(2, 9) * 25
    # grad F = (9/10)^2 2 (w - 5/3), F - min F = grad^2 / (2 (9/10)^2 2).
    assert found.gap.value == F(81, 100) * (7 - F(5, 3)) ** 2
    assert (found.sigma_tilde.provenance, found.gap.provenance, found.provenance) == ("exact", "exact", "certified")


def test_certified_deviations_and_gap_bound_what_is_seen() -> None:
    plan = plan_of(*start_of("grunfeld"), Asked())
    found = plan.known
    assert not found.missing
    seen = estimated(plan.instance, replace(found, sigma=None, sigma_tilde=None, sigma_hessian=None, gap=None))
    for name in ("sigma", "sigma_tilde", "sigma_hessian", "gap"):
        assert 0 < getattr(seen, name).value <= getattr(found, name).value
        assert getattr(seen, name).provenance == "estimated"
    assert seen.provenance == "estimated"


def test_estimates_are_marked_and_never_guaranteed() -> None:
    plan = mamlcheck.plan("grunfeld", accuracy="1/2", loss="quadratic")
    assert (plan.provenance, plan.guaranteed) == ("estimated", False)
    assert {one.symbol: one.provenance for one in plan.constants}["sigma"] == "estimated"
    assert {one.symbol: one.provenance for one in plan.constants}["L"] in ("exact", "certified")
    assert any("Assumptions 4.5 and 4.6" in note for note in plan.notes)
    assert "not guaranteed" in str(plan)
    declared = mamlcheck.plan(
        "grunfeld", accuracy="1/2", loss="quadratic", constants={"sigma": 3, "sigma~": 4, "sigma_H": 2, "Delta": 1}
    )
    assert (declared.provenance, declared.guaranteed) == ("declared", False)


def test_a_loss_with_declared_constants_makes_all_that_rests_on_it_declared() -> None:
    psi = Loss("declared", "sqrt(t**2 + 1)", declared_second=F(2), declared_third=F(2))
    plan = mamlcheck.plan("grunfeld", accuracy="1/2", loss=psi)
    assert not plan.guaranteed
    assert {one.provenance for one in plan.constants if one.symbol != "Delta"} == {"declared"}


# -- what cannot be promised -------------------------------------------------------------------------------------------
def test_fo_maml_cannot_promise_less_than_its_floor() -> None:
    """The floor is the root of .2034 a^2 sigma^2 / (4L) (Lambda + lambda eps) = eps^2 / 49, by hand at rho = 0."""
    given = constants_named({**UNITS, "rho": F(0)})
    floor = math.sqrt(0.2034 / 100 * 49)
    plan = plan_for_constants(Goal(F(floor) * F(99, 100), given=given))
    assert plan.algorithms["fo-maml"].run is None
    assert "floor" in str(plan.algorithms["fo-maml"].why)
    assert plan.algorithms["fo-maml"].floor == pytest.approx(floor, rel=1e-12)
    assert plan.algorithms["maml"].run is not None
    assert plan.algorithms["hf-maml"].run is not None
    above = plan_for_constants(Goal(F(floor) * F(102, 100), given=given))
    assert above.algorithms["fo-maml"].run is not None


def test_an_inner_rate_that_is_too_large_is_said() -> None:
    plan = plan_for_constants(Goal(F(1), alpha=F(1, 8), given=constants_named(UNITS)))
    assert plan.algorithms["fo-maml"].why == "Theorem 4.15 needs alpha in [0, 1/(10L)]"
    assert plan.algorithms["maml"].run is not None
    assert plan_for_constants(Goal(F(1), ("maml",), given=constants_named(UNITS))).alpha == "1/6"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mamlcheck.plan("grunfeld", accuracy=0), "accuracy = 0: give an eps > 0"),
        (lambda: mamlcheck.plan("grunfeld", accuracy=1, alpha=0), "alpha = 0"),
        (lambda: mamlcheck.plan(accuracy=1), "L, rho, sigma, sigma~, sigma_H not given"),
        (lambda: mamlcheck.plan(accuracy=1, constants={"M": 1}), "there is no constant 'M'"),
        (lambda: mamlcheck.plan(accuracy=1, constants={"L": 0}), "L = 0: give a number > 0"),
        (lambda: mamlcheck.plan(accuracy=1, constants={"rho": -1}), "rho = -1: give a number >= 0"),
        (lambda: mamlcheck.plan(accuracy=1, loss="sin"), "give a table"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused(call: Callable[[], object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert said in str(caught.value)


def test_an_accuracy_beyond_counting_is_no_plan() -> None:
    plan = plan_for_constants(Goal(F(1, 10**9), given=constants_named(UNITS)))
    assert plan.cheapest is None
    assert "take a larger eps" in str(plan.algorithms["maml"].why)
    assert str(plan).startswith("no plan reaches")


def test_without_delta_steps_are_for_one() -> None:
    given = {name: value for name, value in UNITS.items() if name != "Delta"}
    plan = plan_for_constants(Goal(F(1, 4), given=constants_named(given)))
    assert plan.algorithms == plan_for_constants(Goal(F(1, 4), given=constants_named(UNITS))).algorithms
    assert "Delta is not given" in plan.notes[0]


def test_a_given_l_is_that_of_the_run_and_proved_where_it_is_large_enough() -> None:
    larger = mamlcheck.plan("grunfeld", accuracy=3, constants={"L": 16})
    assert (larger.provenance, larger.alpha) == ("certified", "1/160")
    assert mamlcheck.run(plan=larger, seeds=1, steps=1).constants.smoothness == 16
    smaller = mamlcheck.plan("grunfeld", accuracy=3, constants={"L": 8})
    assert (smaller.provenance, smaller.guaranteed) == ("declared", False)


def test_no_noise_takes_the_least_batches() -> None:
    given = {"L": F(1), "rho": F(0), "sigma": F(0), "sigma~": F(0), "sigma_H": F(0), "Delta": F(1)}
    plan = plan_for_constants(Goal(F(1), given=constants_named(given)))
    for name, steps in (("maml", 84), ("fo-maml", 196), ("hf-maml", 168)):  # 4 L Delta / c1
        run = plan.algorithms[name].run
        assert run is not None
        assert run.sizes.steps == steps
        assert (run.sizes.tasks, run.sizes.inner, run.sizes.outer) == (20, 1, 1)


# -- runs of plans, and what runs guarantee ----------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["maml", "hf-maml"])
def test_a_run_of_a_plan_guarantees_what_was_planned(name: str, tmp_path: Path) -> None:
    plan = mamlcheck.plan("grunfeld", accuracy="3/2", save=tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan
    run = plan.algorithms[name].run
    assert run is not None
    found = mamlcheck.run(plan=tmp_path / "plan.json", algorithms=[name], seeds=1, every=100)
    (one,) = found.algorithms.values()
    assert found.done == run.sizes.steps
    assert (one.guarantee.accuracy, one.guarantee.proved, one.eta) == (run.sure, True, run.eta)
    assert run.sure <= 1.5
    sizes = {"B": run.sizes.tasks, "D_in": run.sizes.inner, "D_o": run.sizes.outer, "D_h": run.sizes.hessian}
    assert {size.symbol: size.count for size in found.settings.sizes}.items() >= sizes.items()
    short = mamlcheck.run(plan=plan, algorithms=[name], seeds=1, steps=5)
    assert short.done == 5
    assert (short.algorithms[name].guarantee.accuracy or 0) > 1.5


def test_the_cheapest_is_run_where_none_is_named() -> None:
    plan = mamlcheck.plan("grunfeld", accuracy=2)
    assert plan.cheapest == "maml"
    assert list(mamlcheck.run(plan=plan, seeds=1, steps=1).algorithms) == ["maml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"alpha": 1}, "alpha = Fraction(1, 1): rates and sizes are those of the plan"),
        ({"source": "grunfeld"}, "the plan has tasks of its own"),
        ({"algorithms": ["maml", "hf-maml"]}, "the sizes of a plan are those of one algorithm"),
        ({"algorithms": ["fo-maml"]}, "the plan has no run of fo-maml: the bound of Theorem 4.15 keeps a floor"),
    ],
)
def test_runs_of_plans_that_are_refused(arguments: dict[str, Any], said: str) -> None:
    plan = mamlcheck.plan("grunfeld", accuracy="2/5")
    with pytest.raises(InputError) as caught:
        mamlcheck.run(**{"plan": plan, "steps": 1, **arguments})
    assert said in str(caught.value)


def test_a_plan_for_constants_runs_on_tasks_that_have_no_larger_ones() -> None:
    given = {"L": 11, "rho": 60, "sigma": 2, "sigma~": 4, "sigma_H": 20, "Delta": 1}
    plan = mamlcheck.plan(accuracy=3, constants=given)
    assert mamlcheck.run("grunfeld", plan=plan, steps=1, seeds=1).done == 1
    with pytest.raises(InputError, match="give a source"):
        mamlcheck.run(plan=plan)
    smaller = mamlcheck.plan(accuracy=3, constants=given | {"L": 10})
    with pytest.raises(InputError, match="L of these tasks is above that of the plan"):
        mamlcheck.run("grunfeld", plan=smaller, steps=1, seeds=1)


def test_a_step_that_is_too_large_for_memory_is_refused() -> None:
    plan = mamlcheck.plan("grunfeld", accuracy="1/100")
    with pytest.raises(InputError, match="a step of this plan draws"):
        mamlcheck.run(plan=plan, steps=1)


def test_files_that_are_no_plans(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("{")
    with pytest.raises(InputError, match="is no plan"):
        read_plan(path)
    content = json.loads(mamlcheck.plan("grunfeld", accuracy=2).text())
    path.write_text(json.dumps(content | {"version": 99}))
    with pytest.raises(InputError, match="version 99"):
        read_plan(path)
    assert PlanDocument.from_json(content).text() == json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"tasks": 19}, "Theorem 4.12 needs B >= 20"),
        ({"alpha": "1/2"}, "Theorem 4.12 needs alpha in [0, 1/(6L)]"),
        ({"factor": "1/13"}, "Theorem 4.12 is for c = 1/12"),
        ({"loss": "quadratic"}, of_constants.NO_DEVIATIONS),
    ],
)
def test_runs_say_why_nothing_is_guaranteed(arguments: dict[str, Any], why: str) -> None:
    found = mamlcheck.run("grunfeld", steps=1, seeds=1, algorithms=["maml"], **arguments).algorithms["maml"].guarantee
    assert (found.accuracy, found.proved) == (None, False)
    assert why in str(found.why)


def test_too_few_for_the_step_size_or_the_hessian_guarantee_nothing() -> None:
    """Constants of the theorems, and not those at the start: here B', D_beta and D_h would have to be larger."""
    x = Numbers(F(1), F(100), F(5), F(5), F(100), F(1), F(1, 10))
    texts = {one.text for one in THEOREMS["maml"].failing(x)}
    assert texts == {
        "B' >= max(1, (rho alpha sigma / L)^2 / 2)", "D_beta >= max(1, (2 rho alpha sigma~ / L)^2)",
        "D_h >= 2 alpha^2 sigma_H^2",
    }  # fmt: skip
    assert {one.text for one in THEOREMS["fo-maml"].failing(x)} == texts - {"D_h >= 2 alpha^2 sigma_H^2"}
    assert THEOREMS["maml"].accuracy(x) is None


def test_a_plan_for_an_instance_starts_at_its_w() -> None:
    instance = of_curvature(F(1), [[[F(0)], [F(2)]]], [F(1)], [F(9)])
    plan = plan_for_tasks(instance, "an instance", Goal(F(1)))
    assert plan.guaranteed
    found = mamlcheck.run(plan=plan, seeds=1, steps=1)
    # grad F = (9/10)^2 (w - 1) at w = 9
    assert found.algorithms["maml"].start_gradient_norm == pytest.approx(0.81 * 8, rel=1e-14)
