"""Table 1 with constants: each number again from the constants, and the theorems' own condition in fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from run_tasks import instance_of, quadratic, ridge

from mamlcheck.errors import InputError
from mamlcheck.figures.table_1 import table_1
from mamlcheck.formats.table1 import Table1, TableRow
from mamlcheck.runs.sources import start_of
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import read_table

EPS = Fraction(1, 10)
# convergence of each algorithm: 1 / c1, then R's shares of sigma^2/B, t^2/B, s^2, and l0, l1 of M_0
ONE = {
    "maml": (21, "0.0353", "0.0120", "0.0040", Fraction(37, 25), Fraction(36, 25)),
    "fo-maml": (49, "0.0071", "0.0029", "0.0014", Fraction(101, 81), Fraction(100, 81)),
    "hf-maml": (42, "0.0082", "0.0028", "0.0140", Fraction(37, 25), Fraction(36, 25)),
}


def made(source: str = "grunfeld", **asked: Any) -> Table1:
    return table_1(*start_of(source), seen=False, **asked)


@pytest.fixture(scope="module")
def grunfeld() -> Table1:
    return made()


def constants(found: Table1) -> dict[str, Fraction]:
    return {one.symbol: Fraction(one.upper) for one in found.constants if one.upper is not None}


def root(x: Fraction) -> mpmath.mpf:
    return mpmath.sqrt(mpmath.mpf(x.numerator) / x.denominator)


def real(x: Fraction) -> mpmath.mpf:
    return mpmath.mpf(x.numerator) / x.denominator


@pytest.mark.parametrize("source", ["grunfeld", "random-2/1/640"])
@pytest.mark.parametrize("accuracy", [Fraction(1, 10), Fraction(1, 3), Fraction(1, 50)])
@pytest.mark.parametrize("name", ["maml", "fo-maml", "hf-maml"])
def test_what_is_planned_reaches_the_accuracy(source: str, accuracy: Fraction, name: str) -> None:
    """(Delta / T + R / (4L)) (Lambda + lambda eps) <= c1 eps^2, with R of the theorem: no corollary is asked."""
    found = made(source, accuracy=accuracy)
    row, known, alpha = found.algorithms[name], constants(found), Fraction(found.alpha)
    assert row.plan is not None
    assert row.accuracy is not None
    sizes, eps, smoothness = row.plan.sizes, Fraction(row.accuracy), known["L"]
    assert eps >= accuracy or name == "fo-maml"
    inverse, b, t, s, l0, l1 = ONE[name]
    sigma, noise = known["sigma"] ** 2, known["sigma~"] ** 2
    cost = Fraction(b) * sigma / sizes["B"] + Fraction(s) * noise / sizes["D_in"]
    cost += Fraction(t) * noise / sizes["D_o"] / sizes["B"]
    if name == "fo-maml":
        cost += Fraction("0.2034") * (alpha * smoothness) ** 2 * sigma
    if name == "hf-maml":
        assert row.eta is not None
        eta = Fraction(row.eta)
        assert eta <= Fraction(1, 6)
        cost += eta**2 * (Fraction("0.1574") * sigma + Fraction("0.0803") * noise / sizes["D_o"])
    growth = 4 * smoothness + 2 * known["rho"] * alpha * (l0 * known["sigma"] + l1 * eps)
    gain = known["Delta"] / row.plan.steps + cost / (4 * smoothness)
    assert gain * growth <= eps**2 / inverse
    assert sizes["B"] >= 20
    if name != "fo-maml":
        assert sizes["D_h"] >= 2 * (alpha * known["sigma_H"]) ** 2
    assert sizes["B'"] >= (known["rho"] * alpha * known["sigma"] / smoothness) ** 2 / 2
    assert sizes["D_beta"] >= (2 * known["rho"] * alpha * known["sigma~"] / smoothness) ** 2
    hessian = sizes.get("D_h", 0)
    more = {"maml": 0, "fo-maml": 0, "hf-maml": 2 * sizes["B"] * hessian}[name]
    gradients = sizes["B"] * (sizes["D_in"] + sizes["D_o"]) + sizes["B'"] * sizes["D_beta"] + more
    assert row.plan.a_step.gradients == gradients
    assert row.plan.a_step.products == (sizes["B"] * hessian if name == "maml" else 0)
    assert row.plan.in_all == gradients * row.plan.steps


def growth_at(found: Table1, name: str, eps: mpmath.mpf) -> mpmath.mpf:
    """M_0 = 1 + rho alpha / (2L) (l0 sigma + l1 eps)."""
    known, alpha = constants(found), Fraction(found.alpha)
    l0, l1 = (real(x) for x in ONE[name][4:])
    return 1 + real(known["rho"] * alpha / (2 * known["L"])) * (l0 * real(known["sigma"]) + l1 * eps)


def test_numbers_of_maml_and_hf_maml(grunfeld: Table1) -> None:
    known = constants(grunfeld)
    for name, steps, tasks, samples in (("maml", 168, "3", "1.35"), ("hf-maml", 336, "4.3", "4.3")):
        row = grunfeld.algorithms[name]
        assert row.plan is not None
        growth = growth_at(grunfeld, name, real(EPS))
        assert row.growth == pytest.approx(float(growth), rel=1e-12)
        unit = growth / real(EPS) ** 2
        assert row.plan.steps == pytest.approx(float(steps * unit * real(known["L"] * known["Delta"])), abs=1)
        assert row.plan.sizes["B"] == math.ceil(mpmath.mpf(tasks) * unit * real(known["sigma"] ** 2))
        assert row.plan.sizes["D_in"] == math.ceil(mpmath.mpf(samples) * unit * real(known["sigma~"] ** 2))
        assert row.plan.sizes["D_o"] == -(-row.plan.sizes["D_in"] // row.plan.sizes["B"])
        assert row.chosen
    maml, hf = grunfeld.algorithms["maml"], grunfeld.algorithms["hf-maml"]
    assert maml.eta is None
    assert hf.plan is not None
    assert hf.growth is not None
    noise = hf.growth * (27 * known["sigma"] ** 2 + 14 * known["sigma~"] ** 2 / hf.plan.sizes["D_o"])
    assert float(Fraction(str(hf.eta))) == pytest.approx(0.1 / math.sqrt(noise), rel=1e-3)


def test_numbers_of_fo_maml(grunfeld: Table1) -> None:
    known, row = constants(grunfeld), grunfeld.algorithms["fo-maml"]
    a = Fraction(grunfeld.alpha) * known["L"]
    assert a == Fraction(1, 10)
    assert row.accuracy is not None
    assert row.plan is not None
    # 4.6 sqrt(M_0) a sigma, where M_0 is at that very number
    by_itself = 4.6 * math.sqrt(growth_at(grunfeld, "fo-maml", mpmath.mpf(row.accuracy))) * float(a * known["sigma"])
    assert row.accuracy == pytest.approx(by_itself, rel=1e-9)
    steps = 19 * known["Delta"] / ((Fraction(grunfeld.alpha) * known["sigma"]) ** 2 * known["L"])
    assert row.plan.steps == pytest.approx(float(steps), abs=1)
    assert row.plan.sizes["B"] in (100, 101)  # (alpha L)^-2 = 100, where L is a ball
    assert row.plan.sizes["D_in"] == math.ceil((known["sigma~"] / (a * known["sigma"])) ** 2)
    assert not row.chosen


@pytest.mark.parametrize("shots", [1, 5, 100])
def test_shots(grunfeld: Table1, shots: int) -> None:
    """<= .41 sqrt(M_0) sigma~ / sqrt(K) of MAML; FO-MAML adds a sigma, and does not fall to 0 with K."""
    found = made(shots=shots)
    known = constants(found)
    noise = float(known["sigma~"]) / math.sqrt(shots)
    for name, factor in (("maml", 0.41), ("hf-maml", 1.085)):
        value = found.algorithms[name].shots
        assert value is not None
        bound = factor * math.sqrt(growth_at(found, name, mpmath.mpf(value))) * noise
        assert 0.99 * bound < value <= bound
    first_order = found.algorithms["fo-maml"].shots
    assert first_order is not None
    own = 4.51 * 0.1 * float(known["sigma"])
    scale = math.sqrt(growth_at(found, "fo-maml", mpmath.mpf(first_order)))
    assert first_order == pytest.approx(scale * math.hypot(own, 0.262 * noise), rel=2e-3)


def test_the_constants_of_grunfelds_tasks(grunfeld: Table1) -> None:
    """Of log-cosh: |psi'| <= 1, |psi''| <= 1, psi >= 0 = psi(0). Bounds from the features, and F(0) by NumPy."""
    table = read_table("grunfeld")
    tasks = start_of(table)[0].tasks
    a = np.asarray(tasks.a, dtype=float)[0] if np.ndim(tasks.a) == 4 else np.asarray(tasks.a, dtype=float)
    b = np.asarray(tasks.b, dtype=float).reshape(a.shape[:-1])
    c = np.asarray(tasks.c, dtype=float).reshape(a.shape[:-1])
    lengths = np.linalg.norm(a, axis=-1)
    known = {symbol: float(x) for symbol, x in constants(grunfeld).items()}
    assert known["sigma"] == pytest.approx(math.sqrt(np.mean(np.mean(c * lengths, -1) ** 2)), rel=1e-9)
    assert known["sigma~"] == pytest.approx(math.sqrt(np.max(np.mean((c * lengths) ** 2, -1))), rel=1e-9)
    assert known["sigma_H"] == pytest.approx(math.sqrt(np.max(np.mean((c * lengths**2) ** 2, -1))), rel=1e-9)
    alpha = float(Fraction(grunfeld.alpha))
    inner = -alpha * np.mean((c * np.tanh(-b))[..., None] * a, -2)
    t = np.einsum("nmd,nd->nm", a, inner) - b
    assert float(known["Delta"]) == pytest.approx(np.mean(c * np.log(np.cosh(t))), rel=1e-9)
    assert {one.provenance for one in grunfeld.constants} == {"certified"}
    assert grunfeld.guaranteed
    assert grunfeld.dimension == 2


def unplanned(row: TableRow) -> bool:
    return row.plan is None and row.accuracy is None and row.growth is None


def test_what_is_not_known_is_said() -> None:
    """Quadratics of unlike curvature: no sigma holds everywhere, and nothing is made up for it."""
    found = table_1(instance_of(quadratic(), [1.0, 2.0]), "here", seen=False)
    told = {one.symbol: one for one in found.constants}
    for symbol in ("sigma", "sigma~", "sigma_H", "Delta"):
        assert told[symbol].upper is None
        assert told[symbol].provenance == "not known"
    assert "no bound that holds at all points" in told["sigma"].told
    assert "--gap" in told["Delta"].told
    assert all(unplanned(row) and row.shots is None for row in found.algorithms.values())
    for row in found.algorithms.values():
        assert row.counted.formula == row.counted.counted


def test_coefficients_of_either_sign_leave_f_without_a_bound_until_one_is_declared() -> None:
    start = instance_of(ridge(), [1.0, 2.0])
    found = table_1(start, "here", seen=False)
    assert {one.symbol: one.upper for one in found.constants}["Delta"] is None
    assert found.algorithms["maml"].plan is None
    assert found.algorithms["maml"].shots is not None  # it needs no Delta
    declared = table_1(start, "here", gap=Fraction(7, 3), seen=False)
    (gap,) = (one for one in declared.constants if one.symbol == "Delta")
    assert (gap.provenance, gap.told) == ("declared", "declared")
    assert Fraction(str(gap.upper)) >= Fraction(7, 3) or gap.upper >= 7 / 3
    assert not declared.guaranteed
    maml = declared.algorithms["maml"]
    assert maml.plan is not None
    assert maml.growth is not None
    smoothness = constants(declared)["L"]
    assert maml.plan.steps == pytest.approx(168 * maml.growth * float(smoothness) * 7 / 3 * 100, abs=1)


def test_quadratics_of_one_curvature_have_all_constants() -> None:
    half = np.array([Fraction(1, 2)] * 2, dtype=object)
    tasks = QuadraticTasks(np.full((2, 2, 1, 1), 2.0), np.array([[[1.0], [3.0]], [[-2.0], [0.0]]]), half)
    known = constants(table_1(instance_of(tasks, [4.0]), "here", seen=False))
    # gradients 2 (w - z): means of tasks 2 (w - 2) and 2 (w + 1), samples 1 from the centre of their task
    for symbol, exact in {"L": 2, "rho": 0, "sigma": 3, "sigma~": 2, "sigma_H": 0}.items():
        assert exact <= known[symbol] <= exact + 1e-12
    assert float(known["Delta"]) == pytest.approx(float(Fraction(9, 10) ** 2 * Fraction(7, 2) ** 2))


def test_an_alpha_that_a_theorem_does_not_allow_gets_no_plan() -> None:
    known = constants(made())
    alpha = Fraction(1, 8) / known["L"]
    found = made(alpha=alpha).algorithms
    assert [row.applies for row in found.values()] == [True, False, True]
    assert unplanned(found["fo-maml"])
    assert found["fo-maml"].shots is None
    assert found["maml"].plan is not None


@pytest.mark.parametrize(
    ("asked", "message"),
    [({"accuracy": Fraction(0)}, "accuracy = 0"), ({"gap": Fraction(-1)}, "gap = -1"), ({"shots": 0}, "shots"),
     ({"accuracy": Fraction(1, 10**300)}, "larger --accuracy")],
)  # fmt: skip
def test_what_cannot_be(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        made(**asked)


def test_the_step_size_is_given_the_batches_that_lemma_4_9_asks_for() -> None:
    """A psi with psi' large and psi'' small, so that rho sigma~ / L^2 is large."""
    psi = Loss.from_expression("10*log(cosh(t/10)) + log(1 + 16*t**2)/320")
    half = np.array([Fraction(1, 2)] * 2, dtype=object)
    tasks = RidgeTasks(
        np.ones((2, 2, 1)), np.array([[0.0, 1.0], [2.0, 3.0]]), np.ones((2, 2)), np.array(0.0), half, (psi,) * 2
    )
    found = table_1(instance_of(tasks, [4.0]), "here", gap=Fraction(1), seen=False)
    known, alpha = constants(found), Fraction(found.alpha)
    plan = found.algorithms["maml"].plan
    assert plan is not None
    share = known["rho"] * alpha / known["L"]
    assert plan.sizes["D_beta"] == math.ceil((2 * share * known["sigma~"]) ** 2) > 1
    assert plan.sizes["B'"] == math.ceil((share * known["sigma"]) ** 2 / 2)
