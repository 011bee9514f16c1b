"""What a report says of its table, against numbers by hand and one instance at a time."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from mamlcheck import plan as plan_of
from mamlcheck.arithmetic import ball
from mamlcheck.check.checked import check_claim
from mamlcheck.check.sweeps import TableSweep, instance_at
from mamlcheck.claims import load_claim, load_claims
from mamlcheck.formats.codec import plain
from mamlcheck.report import own_table as making
from mamlcheck.report.own_table import failing_hypotheses, own_table, task_constants
from mamlcheck.tasks.losses import loss
from mamlcheck.tasks.tables import Table, read_table

GRUNFELD = read_table("grunfeld")


def small() -> Table:
    """Two tasks of two samples in one dimension, the second with features 0."""
    a = (np.array([[1.0], [3.0]]), np.zeros((2, 1)))
    return Table("small", ("one", "flat"), ("x",), "y", a, (np.array([0.5, -0.25]), np.ones(2)), ())


def test_constants_by_hand() -> None:
    """For psi = t^2 / 2: L_i is the mean of a^2, the gradient at 0 the mean of -a b."""
    one, flat = task_constants(small(), loss("quadratic"))
    assert one.smoothness == 5.0
    assert one.rate is not None
    assert Fraction(one.rate) <= Fraction(1, 5) < Fraction(one.rate) + Fraction(1, 2**50)
    gradients = [Fraction(-1, 2), Fraction(3, 4)]
    mean = sum(gradients) / 2
    assert one.deviation.lower is not None
    assert one.deviation.upper is not None
    deviation = Fraction(5, 8)  # of two numbers 5/4 apart
    assert Fraction(one.deviation.lower) <= deviation <= Fraction(one.deviation.upper)
    assert one.apart.lower is not None
    assert one.apart.upper is not None
    assert Fraction(one.apart.lower) <= abs(mean - mean / 2) <= Fraction(one.apart.upper)
    assert one.hessian_lipschitz == 0
    assert one.everywhere is None
    assert (flat.smoothness, flat.rate) == (0.0, None)


@pytest.mark.parametrize("psi", ["log_cosh", "welsch"])
def test_constants_of_a_real_table_against_mpmath(psi: str) -> None:
    """psi' at -b by mpmath's derivative of psi; |psi''| <= 1 for both, so that L_i <= the mean of |a|^2."""
    functions = {"log_cosh": lambda t: mpmath.log(mpmath.cosh(t)), "welsch": lambda t: 1 - mpmath.exp(-t * t / 2)}
    found = task_constants(GRUNFELD, loss(psi))
    with mpmath.workdps(40):
        slopes = [
            [
                [mpmath.diff(functions[psi], -mpmath.mpf(y)) * mpmath.mpf(x) for x in row]
                for row, y in zip(a, b, strict=True)
            ]
            for a, b in zip(GRUNFELD.a, GRUNFELD.b, strict=True)
        ]
        means = [[sum(column) / len(rows) for column in zip(*rows, strict=True)] for rows in slopes]
        whole = [sum(column) / len(means) for column in zip(*means, strict=True)]
        for task, rows, mean, a in zip(found, slopes, means, GRUNFELD.a, strict=True):
            spread = mpmath.sqrt(
                sum(sum((x - m) ** 2 for x, m in zip(row, mean, strict=True)) for row in rows) / len(rows)
            )
            apart = mpmath.sqrt(sum((m - w) ** 2 for m, w in zip(mean, whole, strict=True)))
            for enclosed, exact in ((task.deviation, spread), (task.apart, apart)):
                assert enclosed.lower is not None
                assert enclosed.upper is not None
                assert enclosed.lower - 1e-15 <= exact <= enclosed.upper + 1e-15
            matrix = (a[:, :, None] * a[:, None, :]).mean(axis=0)
            assert task.smoothness == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-6)
            assert task.everywhere is not None
            assert task.everywhere >= spread
    assert [task.task for task in found] == list(GRUNFELD.task_names)


def test_hypotheses_are_counted_as_single_instances_have_them() -> None:
    sweep, count = TableSweep(GRUNFELD, 3), 10
    claims = [load_claim(name) for name in ("lemma_4_8", "ours.descent.maml", "ours.hf_error.large_step")]
    found = {row.name: row for row in failing_hypotheses(sweep, count, claims)}
    wanted: dict[str, int] = {}
    for claim in claims:
        for hypothesis in claim.hypotheses:
            failing = 0
            for k in range(count):
                with ball.working():
                    failing += int(hypothesis.holds(instance_at(sweep, k).on(ball))[0] == 0)
            wanted[hypothesis.name] = failing
    assert {name: row.failing for name, row in found.items()} == {name: n for name, n in wanted.items() if n}
    assert found["large_step"].claims == ("ours.hf_error.large_step",)
    vacuous = sum(
        str(check_claim("ours.hf_error.large_step", instance_at(sweep, k)).verdict) == "VACUOUS" for k in range(count)
    )
    assert vacuous == found["large_step"].failing  # rho > 0 and L > 0 hold on all of these


def test_the_plan_is_that_of_the_command() -> None:
    found = own_table(TableSweep(GRUNFELD, 1), 3, load_claims()[:1], own=True)
    assert found.plan is not None
    assert found.plan.text() == plan_of("grunfeld", accuracy="1/10").text()
    assert (found.instances, found.own, found.accuracy) == (3, True, "1/10")
    assert plain(found)["loss"] == "log_cosh"


def test_a_plan_leaves_out_tasks_of_many_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST_PLANNED_NUMBERS", 10)
    found = own_table(TableSweep(GRUNFELD, 1), 1, (), own=False)
    assert found.plan is not None
    assert found.plan.instance is None
    assert found.plan.notes[-1] == making.LEFT_OUT


def test_where_there_is_no_plan_it_is_said_why() -> None:
    table = replace(small(), a=(np.zeros((2, 1)),) * 2)
    found = own_table(TableSweep(table, 1, (loss("log_cosh"),)), 2, (), own=True)
    assert found.plan is None
    assert found.why is not None
    assert "L = 0" in found.why
    assert math.isclose(found.tasks[0].smoothness, 0.0)
