"""Results that say the same are told in one line, and results that do not are not."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from planted import PLANTED, load

from mamlcheck.cli import main
from mamlcheck.conformance import conform, subject
from mamlcheck.conformance.checks.folding import folded
from mamlcheck.formats.conformance import CheckRecord


def result(check, outcome="failed", message="relative error 1.0e-01; rounding explains 2.0e-14"):
    return CheckRecord(check, outcome, message, "")


def reference(kind, alpha, steps, dtype):
    return f"reference[{kind},alpha={alpha},steps={steps},{dtype}]"


EVERY = [
    reference(k, a, s, d) for k in ("tanh", "linear") for a in (0.4, 0.05) for s in (1, 2) for d in ("float64", "f32")
]


def test_references_are_told_by_what_they_have_in_common():
    half = [result(name, "failed" if "steps=2" in name else "passed", "") for name in EVERY]
    assert [(one.label, one.outcome) for one in folded(half)] == [
        ("8 references: steps=1", "passed"),
        ("8 references: steps=2", "failed"),
    ]
    assert [one.label for one in folded([result(name) for name in EVERY])] == ["all 16 references"]
    some = [result(name, "failed" if name in EVERY[:3] else "passed", "") for name in EVERY]
    assert next(one.label for one in folded(some) if one.outcome == "failed") == f"{EVERY[0]} and 2 more"


def test_figures_differ_and_the_reason_is_one():
    first = result(EVERY[0], message="relative error 1.0e-01; rounding explains 2.0e-14")
    second = result(EVERY[1], message="relative error 3; rounding explains 2e-07")
    other = result(EVERY[2], message="every component of the direction is 0")
    one, two = folded([first, second, other])
    assert one.results == (first, second)
    assert one.message == f"such as: {first.message}"
    assert two.message == other.message


def test_other_checks_and_other_outcomes_stay_apart():
    rows = [result("task-order"), result("alpha-zero"), result("task-order", "passed"), result("alpha-zero", "not run")]
    assert len(folded(rows)) == 4
    waits = [result(name, "not run", "it needs not-zero") for name in ("task-order", "alpha-zero", EVERY[0])]
    assert [one.label for one in folded(waits)] == ["task-order and 2 more"]


def test_nothing_is_lost():
    rows = [result(name, outcome, message) for name in EVERY for outcome, message in (("failed", name), ("passed", ""))]
    assert sorted(r.check for one in folded(rows) for r in one.results) == sorted(r.check for r in rows)


def test_one_step_code_is_told_once():
    pytest.importorskip("torch")
    text = conform(load("torch_narrow").one_step_undeclared).text
    assert text.splitlines()[0].endswith("If that is meant, declare it: steps=(1,).")
    assert text.count("failed: ") == 1
    assert "failed: 36 references: steps=2 and 3: such as: relative error" in text
    shown = CliRunner().invoke(main, ["conform", f"{PLANTED / 'torch_narrow.py'}:one_step_undeclared"]).output
    assert shown.startswith("You declared MAML. This is MAML")
    assert shown.count("reference[") <= 3  # what a check needs, and the one to repeat


def test_an_exception_says_in_which_call_on_which_problem():
    def raising(at, declared="MAML"):
        @subject(declared)
        def make(given):
            calls = []

            def call():
                calls.append(given)
                if len(calls) == at:
                    raise ValueError("boom")
                return list(given.parameters.values())

            if at == 0:
                raise ValueError("boom")
            return call

        return make

    on = "on tanh-cross-entropy,alpha=0.4,steps=1,float64: ValueError: boom."
    for at, beginning in (
        (0, "make(problem) fails"),
        (1, "The first call raises an exception"),
        (2, "The second call"),
    ):
        conformance = conform(raising(at))
        assert conformance.diagnosis.sentence.startswith(f"You declared MAML. {beginning}")
        assert conformance.diagnosis.sentence.endswith(on)
    assert "returns-a-direction: in the second call, after a first that returned: ValueError: boom" in conformance.text
