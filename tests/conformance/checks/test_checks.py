"""The list of checks: its order, its teeth, its expected failures, and every way to run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mamlcheck.cli import main
from mamlcheck.conformance import (
    Conformance,
    Metadata,
    NonConformance,
    check_subject,
    conform,
    identify,
    parametrize_with_checks,
    subject,
)
from mamlcheck.conformance.checks.listing import DIAGNOSIS, PRECONDITIONS, checks
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.problem import DTYPES, INNER_RATES, INNER_STEPS
from mamlcheck.errors import InputError
from mamlcheck.formats.conformance import CheckRecord

HERE = Path(__file__).parents[1]
RIGHT = f"{HERE / 'planted' / 'numpy_right.py'}"
MISBEHAVING = f"{HERE / 'subjects' / 'misbehaving.py'}"
WRONG = f"{HERE / 'planted' / 'numpy_wrong.py'}"
PLACES = len(kinds()) * len(INNER_RATES)


def listed(algorithm, metadata):
    """The checks, of a subject whose diagnosis nobody asks for."""
    return list(checks(algorithm, metadata, lambda: pytest.fail("nobody asked for a diagnosis")))


EVERY = len(listed("MAML", Metadata()))


def step(w, g, rate):
    return {name: w[name] - rate * g[name] for name in w}


@subject("FO-MAML")
def right(problem):
    p = problem.on("numpy")

    def direction(task):
        w = p.parameters
        for _ in range(p.steps):
            w = step(w, p.gradient(w, task.inner), p.alpha)
        return p.gradient(w, task.outer)

    return lambda: [direction(task) for task in p.tasks]


def with_fault(fault):
    """`right`, with its direction put through `fault(problem, mean direction)`."""

    @subject("FO-MAML")
    def make(problem):
        call = right(problem)

        def faulty():
            each = call()
            mean = {k: np.mean([d[k] for d in each], axis=0) for k in each[0]}
            return fault(problem, mean)

        return faulty

    return make


def test_the_list():
    names = [check.name for check in listed("MAML", Metadata())]
    assert tuple(names[:4]) == PRECONDITIONS
    assert names[-1] == DIAGNOSIS
    assert len(names) == len(set(names)) == 4 + PLACES * len(INNER_STEPS) * len(DTYPES) + 4 + 1
    assert len(listed("MAML", Metadata(steps=(1,)))) == 4 + PLACES * len(DTYPES) + 4 + 1
    for check in listed("HF-MAML", Metadata(delta=0.01)):
        assert all(need in names[: names.index(check.name)] for need in check.needs)
    with pytest.raises(InputError, match="depends on its delta"):
        listed("HF-MAML", Metadata())


def test_a_right_one_conforms():
    conformance = check_subject(right)
    assert conformance.conforms
    assert conformance.run == EVERY
    assert f"{EVERY} checks run; {EVERY} passed" in conformance.summary()


ONLY = {
    "alpha-zero": lambda p, d: {k: v * (2 if p.alpha == 0 else 1) for k, v in d.items()},
    "identical-tasks": lambda p, d: {
        k: v * (2 if len(p.tasks) == 3 and np.array_equal(p.tasks[0].inner[0], p.tasks[1].inner[0]) else 1)
        for k, v in d.items()
    },
    "task-order": lambda p, d: {k: v * (2 if p.key.tasks == (1, 2, 0) else 1) for k, v in d.items()},
    "constant-added-to-the-loss": lambda p, d: {k: v + p.offset for k, v in d.items()},
    "reference[linear-robust,alpha=0.05,steps=2,float32]": lambda p, d: {
        k: v * (1 + 1e-4 * (p.id == "linear-robust,alpha=0.05,steps=2,float32")) for k, v in d.items()
    },
    "reference[tanh-squared-error,alpha=0.001,steps=3,float64]": lambda p, d: {
        k: v * (1 + 1e-6 * (p.id == "tanh-squared-error,alpha=0.001,steps=3,float64")) for k, v in d.items()
    },
}


@pytest.mark.parametrize("check", ONLY)
def test_each_check_has_teeth(check):
    """A fault that one check alone can see fails that check alone."""
    conformance = conform(with_fault(ONLY[check]))
    assert [r.check for r in conformance.failed] == [check]
    assert conformance.run == EVERY


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (lambda p, d: None, "returns-a-direction"),
        (lambda p, d: {k: 0 * v for k, v in d.items()}, "not-zero"),
        (lambda p, d: {k: v * np.random.default_rng().random() for k, v in d.items()}, "deterministic"),
        (lambda p, d: [p.tasks[0].inner[0].fill(0), d][1], "inputs-untouched"),
    ],
)
def test_failed_preconditions_do_not_cascade(fault, check):
    conformance = conform(with_fault(fault))
    assert [r.check for r in conformance.failed] == [check]
    assert conformance.run < 5
    left_out = [r for r in conformance.results if r.outcome == "not run"]
    assert len(left_out) == EVERY - conformance.run
    assert all(f"it needs {check}" == r.message for r in left_out if r.check not in PRECONDITIONS)


def second_call(where, change):
    """`right`, whose second call on the problems that `where` says has its direction changed."""

    @subject("FO-MAML")
    def make(problem):
        call, calls = right(problem), []

        def faulty():
            calls.append(call())
            if len(calls) == 2 and where(problem):
                return change(problem, calls[0])
            return calls[0]

        return faulty

    return make


def twice(problem, each):
    return [{k: 3 * v for k, v in d.items()} for d in each]


def spoilt(problem, each):
    problem.tasks[0].inner[0].fill(0)
    return each


@pytest.mark.parametrize(("change", "said"), [(twice, "two calls differ by 2.0e+00"), (spoilt, "a call changes ")])
@pytest.mark.parametrize(
    ("where", "count"),
    [
        (lambda p: p.steps == 2, PLACES * len(DTYPES)),
        (lambda p: p.dtype == "float32", PLACES * len(INNER_STEPS)),
        (lambda p: p.key.tasks == (1, 2, 0), 1),
    ],
    ids=["steps", "float32", "order"],
)
def test_the_second_call_is_judged_on_every_problem(where, count, change, said):
    make = second_call(where, change)
    conformance = conform(make)
    assert len(conformance.failed) == count
    assert all(said in r.message for r in conformance.failed)
    if count > 1:  # else it is a problem that `identify` does not look at
        expected = "not_deterministic" if change is twice else "inputs_mutated"
        assert identify(make).defects == (expected,)


def test_calls_that_differ_on_a_loss_that_is_not_recognised_are_told():
    def make(problem):
        shares = iter((1.0, 3.0))

        def call():
            if problem.name != "linear-robust":
                return right(problem)()
            share = next(shares)
            return {k: share * (1 + np.arange(v.size)).reshape(v.shape) for k, v in problem.parameters.items()}

        return call

    assert identify(make, "FO-MAML").defects == ("not_on_every_loss", "not_deterministic")


def test_a_float32_constant_is_no_failure_and_is_said():
    third = float(np.float32(1 / 3)) * 3
    conformance = conform(with_fault(lambda p, d: {k: v * third for k, v in d.items()}))
    assert conformance.conforms
    assert any("a constant is rounded to float32" in r.message for r in conformance.results)


def test_an_error_of_that_size_that_float32_does_not_make_is_a_failure_and_no_word_of_float32():
    conformance = conform(with_fault(lambda p, d: {k: v * (1 + 1e-8) for k, v in d.items()}))
    assert not conformance.conforms
    assert not any("float32" in r.message for r in conformance.results)
    assert "rounded to float32" not in conformance.diagnosis.text


def test_expected_failures():
    faulty = with_fault(ONLY["task-order"])
    with pytest.raises(NonConformance, match="task-order") as error:
        check_subject(faulty)
    assert "check_subject" in str(error.value)
    expected = {"task-order": "it keeps a running average"}
    assert check_subject(faulty, expected_failures=expected).conforms
    assert check_subject(faulty, expected_failures={"task-*": "the same"}).conforms
    with pytest.raises(NonConformance, match="matches no check"):
        check_subject(faulty, expected_failures={**expected, "no-such-check": "none"})
    with pytest.raises(NonConformance, match="drop the expectation"):
        check_subject(right, expected_failures=expected)


def zero(p, d):
    return {k: 0 * v for k, v in d.items()}


def test_a_check_that_is_asked_for_brings_those_it_needs():
    conformance = conform(with_fault(zero), only="task-order")
    assert [r.check for r in conformance.failed] == ["not-zero"]
    assert not conformance.conforms
    assert conform(right, only="task-order").run == len(PRECONDITIONS) + 1
    done = run("conform", f"{MISBEHAVING}:zeros", "--only", "reference[linear-robust,*")
    assert done.exit_code == 1
    assert "does not conform to MAML" in done.output


def test_where_nothing_passed_nothing_conforms():
    nothing = Conformance("mine", "MAML", (CheckRecord("task-order", "not run", "it needs not-zero", ""),))
    assert not nothing.conforms
    assert nothing.summary() == "mine does not conform to MAML: 0 checks run; 1 not run."
    known = {"returns-a-direction": "known"}
    assert not conform(with_fault(lambda p, d: None), expected_failures=known).conforms


def test_what_expected_failures_leave_out_is_said():
    conformance = conform(with_fault(zero), expected_failures={"not-zero": "known"})
    assert conformance.conforms
    assert "conforms to FO-MAML but for expected failures and the checks that need them: 2 checks" in str(conformance)
    assert "but for" not in str(conform(right))


def test_a_failure_pastes_back():
    name = f"{WRONG}:first_order_sold_as_second"
    conformance = conform(name, only="reference[linear-robust,alpha=0.4,*")
    text = conformance.paste(conformance.failed[0])
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert "NonConformance" in done.stderr
    assert conformance.failed[0].check in done.stderr


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(InputError, match="does not say what it is"):
        conform(lambda problem: None)
    with pytest.raises(InputError, match="no check is called"):
        conform(right, only="no-such-check")
    with pytest.raises(InputError, match="match no check"):
        parametrize_with_checks(right, expected_failures={"no-such-check": "none"})


@parametrize_with_checks(right)
def test_as_its_users_write_it(check):
    check()


def test_expected_failures_in_pytest(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "from mamlcheck.conformance import parametrize_with_checks\n"
        f"@parametrize_with_checks({f'{WRONG}:first_order_sold_as_second'!r},"
        " expected_failures={'reference[*': 'first order', 'task-order': 'wrong'})\n"
        "def test_it(check):\n"
        "    check()\n"
    )
    done = pytest_in(tmp_path, "-rxX")
    assert done.returncode == 1
    assert f"{PLACES * len(DTYPES)} xfailed" in done.stdout  # the references
    assert "XPASS(strict)" in done.stdout  # the order of tasks
    assert "1 failed" in done.stdout


@pytest.mark.parametrize(
    ("expected", "wanted", "outcome", "status"),
    [
        ({}, "task-order or alpha-zero", "1 failed, 1 skipped", 1),  # not-zero fails, and is deselected
        ({}, "not-zero or task-order", "1 failed, 1 skipped", 1),
        ({"not-zero": "known"}, "task-order", "1 skipped", 0),
        ({"task-order": "known"}, "task-order", "1 failed", 1),  # it was not expected of not-zero
    ],
)
def test_a_skipped_check_hides_no_failure(tmp_path, expected, wanted, outcome, status):
    (tmp_path / "test_it.py").write_text(
        "from mamlcheck.conformance import parametrize_with_checks\n"
        f"@parametrize_with_checks({f'{MISBEHAVING}:zeros'!r}, expected_failures={expected})\n"
        "def test_it(check):\n"
        "    check()\n"
    )
    done = pytest_in(tmp_path, "-k", wanted)
    assert f" {outcome}, " in done.stdout
    assert done.returncode == status
    assert ("needs not-zero, which fails" in done.stdout) == (status == 1 and "not-zero" not in wanted)


# -- the command line ----------------------------------------------------------------------------------------------
def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


def test_conform_in_a_terminal():
    good = run("conform", f"{RIGHT}:first_order", "--as", "fo-maml")
    assert good.exit_code == 0, good.output
    assert f"conforms to FO-MAML: {EVERY} checks run" in good.output
    assert "all 54 references" in good.output
    bad = run("conform", f"{WRONG}:first_order_sold_as_second", "--as", "MAML")
    assert bad.exit_code == 1
    assert "This is FO-MAML" in bad.output
    assert "To repeat the first failure" in bad.output


def test_conform_as_json():
    done = run("conform", f"{WRONG}:first_order_sold_as_second", "--json")
    (data,) = json.loads(done.output)["subjects"]
    assert done.exit_code == 1
    assert data["conforms"] is False
    assert data["diagnosis"]["defects"] == ["hessian_missing"]
    assert data["checks_run"] == 4 + PLACES * len(DTYPES) + 4  # the diagnosis finds nothing more


def test_expected_failures_on_the_command_line():
    reference = f"{WRONG}:first_order_sold_as_second"
    done = run("conform", reference, "--expect-failure", "reference[*=first order on purpose")
    assert done.exit_code == 0, done.output
    assert run("conform", reference, "--expect-failure", "reference").exit_code == 2
    one = "reference[linear-robust,alpha=0.4,steps=1,float64]=known"
    assert run("conform", reference, "--only", one[:-6], "--expect-failure", one).exit_code == 0


def test_identify_in_a_terminal_and_as_json():
    done = run("identify", f"{WRONG}:half_the_hessian")
    assert done.exit_code == 1
    assert "the Hessian term is halved" in done.output
    (data,) = json.loads(run("identify", f"{WRONG}:half_the_hessian", "--json").output)["subjects"]
    assert data["hessian_coefficient"] == pytest.approx(0.5)
    (data,) = json.loads(run("identify", f"{RIGHT}:by_hand", "--json").output)["subjects"]
    assert (data["found"], data["conforms"]) == ("MAML", True)
    assert run("identify", f"{RIGHT}:by_hand", "--as", "FO-MAML").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("identify",),
        ("identify", "nothing"),
        ("identify", f"{RIGHT}:no_such"),
        ("identify", f"{RIGHT}:by_hand", "--as", "MALM"),
        ("identify", f"{RIGHT}:by_hand", "--timeout", "0"),
        ("conform", f"{HERE / 'subjects' / 'misbehaving.py'}:right"),
        ("conform", f"{RIGHT}:by_hand", "--only", "none"),
    ],
)
def test_a_wrong_call_is_told_in_a_line(arguments):
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


# -- pytest --------------------------------------------------------------------------------------------------------
def pytest_in(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_plugin_in_an_empty_folder(tmp_path):
    done = pytest_in(tmp_path, f"--mamlcheck-subject={RIGHT}:first_order", "--mamlcheck-as=FO-MAML")
    assert done.returncode == 0, done.stdout
    assert f"{EVERY} passed" in done.stdout
    assert f"{EVERY} checks run, 0 failed." in done.stdout


def test_the_plugin_says_what_it_is_instead(tmp_path):
    done = pytest_in(tmp_path, f"--mamlcheck-subject={WRONG}:first_order_sold_as_second", "-k", "float32")
    assert done.returncode == 1
    assert f"{PLACES} failed" in done.stdout
    assert "You declared MAML. This is FO-MAML" in done.stdout
    assert "deselected" in done.stdout


def test_the_plugin_tells_of_a_failure_that_was_deselected(tmp_path):
    done = pytest_in(tmp_path, f"--mamlcheck-subject={MISBEHAVING}:zeros", "-k", "reference")
    assert done.returncode == 1
    references = PLACES * len(INNER_STEPS) * len(DTYPES)
    assert f"1 failed, {references - 1} skipped, " in done.stdout
    assert "needs not-zero, which fails" in done.stdout


def test_the_plugin_on_a_wrong_call(tmp_path):
    for arguments in (
        ["--mamlcheck-subject=none:make"],
        [f"--mamlcheck-subject={HERE / 'subjects' / 'misbehaving.py'}:right"],
        [f"--mamlcheck-subject={RIGHT}:first_order", "--mamlcheck-as=MALM"],
    ):
        done = pytest_in(tmp_path, *arguments)
        assert done.returncode == 4, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr


def test_the_plugin_leaves_others_alone(tmp_path):
    (tmp_path / "test_one.py").write_text("def test_one():\n    pass\n")
    done = pytest_in(tmp_path)
    assert done.returncode == 0
    assert "mamlcheck:" not in done.stdout
