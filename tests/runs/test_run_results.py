"""What runs gave: certified ends against 50 digits, means against plain ones, words, and where runs may start."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

import mamlcheck
from mamlcheck.check.sweeps import RandomSweep, instance_at
from mamlcheck.errors import InputError
from mamlcheck.formats.runs import RunGuarantee, RunResults
from mamlcheck.meta.files import instance_text
from mamlcheck.runs import evaluation
from mamlcheck.runs import results as of_runs
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import read_table


@pytest.fixture(scope="module")
def grunfeld() -> RunResults:
    return mamlcheck.run("grunfeld", steps=12, seeds=3, every=5)


def in_fifty_digits(alpha: Fraction, w: Any) -> tuple[Any, Any]:
    """F and |grad F| for the Grunfeld panel under log-cosh, from the definitions."""
    table = read_table("grunfeld")
    with mpmath.workdps(50):
        rate = mpmath.mpf(alpha.numerator) / alpha.denominator
        point, total, slope = mpmath.matrix(w), mpmath.mpf(0), mpmath.matrix(len(w), 1)
        for a, b in zip(table.a, table.b, strict=True):
            rows, targets = [mpmath.matrix(row.tolist()) for row in a], [mpmath.mpf(float(x)) for x in b]
            m = len(rows)

            def margins(at: Any, rows: Any = rows, targets: Any = targets) -> list[Any]:
                return [(row.T * at)[0] - target for row, target in zip(rows, targets, strict=True)]

            def gradient(at: Any, rows: Any = rows, m: int = m, margins: Any = margins) -> Any:
                parts = (row * mpmath.tanh(t) for row, t in zip(rows, margins(at), strict=True))
                return sum(parts, mpmath.matrix(len(w), 1)) / m

            adapted = point - rate * gradient(point)
            g = gradient(adapted)
            bent = sum(
                (row * ((row.T * g)[0] / mpmath.cosh(t) ** 2) for row, t in zip(rows, margins(point), strict=True)),
                mpmath.matrix(len(w), 1),
            ) / m  # fmt: skip
            total += sum(mpmath.log(mpmath.cosh(t)) for t in margins(adapted)) / m
            slope += g - rate * bent
        n = len(table.a)
        return total / n, mpmath.norm(slope / n)


def test_ends_are_enclosed_and_narrowly(grunfeld: RunResults) -> None:
    for each in grunfeld.algorithms.values():
        run = each.runs[1]
        assert run.point is not None
        for truth, found in zip(
            in_fifty_digits(Fraction(grunfeld.settings.alpha), run.point),
            (run.objective, run.gradient_norm),
            strict=True,
        ):
            assert found.lower is not None
            assert found.upper is not None
            assert mpmath.mpf(found.lower) <= truth <= mpmath.mpf(found.upper)
            assert found.width < 1e-11


def test_few_points_at_a_time_give_the_same(grunfeld: RunResults, monkeypatch: pytest.MonkeyPatch) -> None:
    """To rounding: two points of the nine in the first piece, one in the last."""
    monkeypatch.setattr(evaluation, "MOST_NUMBERS", 2 * 11 * 20 * 2)
    pieces = mamlcheck.run("grunfeld", steps=12, seeds=3, every=5)
    for name, each in grunfeld.algorithms.items():
        other = pieces.algorithms[name]
        np.testing.assert_allclose(other.gradient_norm.means, each.gradient_norm.means, rtol=1e-12)
        np.testing.assert_allclose(other.objective.spreads, each.objective.spreads, rtol=1e-6, atol=1e-15)
        for one, same in zip(other.runs, each.runs, strict=True):
            assert one.point == same.point
            np.testing.assert_allclose(one.objective.lower or 0, same.objective.lower or 1, rtol=1e-12)


def test_means_and_spreads_are_over_the_seeds(grunfeld: RunResults) -> None:
    assert grunfeld.algorithms["maml"].evaluated == (0, 5, 10)
    alone = [mamlcheck.run("grunfeld", steps=12, seeds=1, seed=seed, every=5) for seed in (1, 2, 3)]
    for name, each in grunfeld.algorithms.items():
        own = [run.algorithms[name] for run in alone]
        for course in ("objective", "gradient_norm"):
            values = np.array([getattr(one, course).means for one in own])
            np.testing.assert_allclose(getattr(each, course).means, values.mean(axis=0), rtol=1e-12)
            spreads = [math.sqrt(sum((x - v.mean()) ** 2 for x in v) / 2) for v in values.T]
            np.testing.assert_allclose(getattr(each, course).spreads, spreads, rtol=1e-6, atol=1e-15)
            assert getattr(own[0], course).spreads == (None,) * 3
        by_seed = [np.mean(one.gradient_norm.means) for one in own]
        np.testing.assert_allclose([run.mean_gradient_norm for run in each.runs], by_seed, rtol=1e-12)
        np.testing.assert_allclose(each.mean_gradient_norm.mean or 0, np.mean(by_seed), rtol=1e-12)
        ends = [run.gradient_norm.lower or 0 for run in each.runs]
        np.testing.assert_allclose(each.end_gradient_norm.mean or 0, np.mean(ends), rtol=1e-12)
        assert each.start_gradient_norm == each.gradient_norm.means[0]


def test_what_is_said(grunfeld: RunResults) -> None:
    assert str(grunfeld).startswith("12 steps, 3 seeds: |grad F| from MAML 0.4913 to 0.")
    assert repr(grunfeld) == f"<RunResults: {grunfeld}>"
    assert RunResults.from_json(json.loads(grunfeld.text())) == grunfeld
    assert all(one.guarantee.proved for one in grunfeld.algorithms.values())
    assert (grunfeld.algorithms["hf-maml"].eta, grunfeld.algorithms["maml"].eta) == ("1/6", None)
    assert [one.theorem for one in grunfeld.algorithms.values()] == ["Theorem 4.12", "Theorem 4.15", "Theorem 4.17"]


def test_declared_constants_are_marked() -> None:
    psi = Loss("declared", "sqrt(t**2 + 1)", declared_second=Fraction(2), declared_third=Fraction(2))
    found = mamlcheck.run("grunfeld", loss=psi, steps=1, seeds=1)
    assert (found.constants.provenance, found.constants.guaranteed) == ("declared", False)
    assert str(found).endswith("(constants not guaranteed)")
    assert not str(mamlcheck.run("grunfeld", steps=1, seeds=1)).endswith("guaranteed)")


def test_constants_given_by_hand_are_those_of_the_runs_and_declared() -> None:
    instance = replace(
        instance_at(RandomSweep(1), 640), smoothness=np.array([1 / 64]), hessian_lipschitz=np.array([0.25])
    )
    found = mamlcheck.run(instance, steps=1, seeds=1)
    assert (found.constants.smoothness, found.constants.hessian_lipschitz) == (1 / 64, 0.25)
    assert (found.constants.provenance, found.settings.alpha) == ("declared", "32/5")


def test_a_guarantee_is_kept_where_a_theorem_gives_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seam at which theorems come in: it is asked for each algorithm, with the steps that were made."""
    asked = []

    def guarantee(plan: Any, algorithm: Any, steps: int) -> RunGuarantee:
        asked.append((algorithm.name, steps))
        return RunGuarantee(None, f"of {algorithm.title}", "certified", False)

    monkeypatch.setattr(of_runs, "guarantee", guarantee)
    found = mamlcheck.run("grunfeld", steps=2, seeds=1)
    assert asked == [("maml", 2), ("fo-maml", 2), ("hf-maml", 2)]
    assert found.algorithms["hf-maml"].guarantee.why == "of HF-MAML"


# -- where runs start --------------------------------------------------------------------------------------------------
def test_a_table_starts_at_zero_and_an_instance_at_its_w() -> None:
    instance = instance_at(RandomSweep(1), 640)
    by_id = mamlcheck.run("random-2/1/640", steps=1, seeds=1, factor=Fraction(1, 10**30))
    by_hand = mamlcheck.run(instance, steps=1, seeds=1, factor="1e-30")
    of_text = mamlcheck.run(instance_text(instance), steps=1, seeds=1, factor="1e-30")
    start = tuple(float(x) for x in instance.w[0])
    for found in (by_id, by_hand, of_text):
        np.testing.assert_allclose(found.algorithms["maml"].runs[0].point or (), start, rtol=1e-15)
    still = mamlcheck.run(read_table("grunfeld"), steps=1, seeds=1, factor=Fraction(1, 10**30))
    assert max(map(abs, still.algorithms["maml"].runs[0].point or (1,))) < 1e-29
    assert (by_id.settings.source, by_hand.settings.source) == ("random-2/1/640", "an instance")
    assert still.settings.source == "Table grunfeld, loss log_cosh"


def test_numbers_are_exact() -> None:
    assert mamlcheck.run("grunfeld", steps=1, seeds=1, alpha="0.001").settings.alpha == "1/1000"
    assert mamlcheck.run("grunfeld", steps=1, seeds=1, alpha=0.5**10).settings.alpha == "1/1024"
    assert mamlcheck.run("grunfeld", steps=1, seeds=1, alpha=Fraction(1, 300)).settings.alpha == "1/300"
    other = mamlcheck.run("grunfeld", loss="sin", steps=1, seeds=1, algorithms=["FO-MAML"])
    assert (other.settings.source, list(other.algorithms)) == ("Table grunfeld, loss sin", ["fo-maml"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "there is nothing to run: give a source, such as 'grunfeld', or resume"),
        ({"source": "nosuch"}, "'nosuch' is no id of an instance"),
        ({"source": RandomSweep(1).block(0)}, r"a block of instances of shape \(\d+,\): give one of them"),
        ({"source": "random-2/1/1", "loss": "sin"}, "loss = 'sin' is that of a table's tasks"),
        ({"source": "grunfeld", "loss": "sinus"}, "'sinus' is no loss by name"),
        ({"source": "grunfeld", "alpha": "much"}, "alpha = 'much' is not a number: write 3, -1/7 or 0.1"),
        ({"source": "grunfeld", "alpha": float("nan")}, "alpha = nan is no number: give one, or text such as '1/100'"),
        ({"source": "grunfeld", "eta": object()}, "is no number"),
        ({"source": "grunfeld", "algorithms": ["sgd"]}, "there is no algorithm 'sgd' to run"),
        ({"resume": "r", "source": "grunfeld"}, "source = 'grunfeld': runs that are resumed go on as they began"),
        ({"resume": "r", "seeds": 3}, "seeds = 3: runs that are resumed"),
        ({"resume": "r", "alpha": "1"}, "alpha = Fraction.* runs that are resumed"),
    ],
)
def test_what_cannot_be_run_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        mamlcheck.run(**given)
