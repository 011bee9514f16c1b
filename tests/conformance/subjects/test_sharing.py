"""Several subjects in one process, subjects that declare a loss, and own problems in a process of their own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mamlcheck.cli import main
from mamlcheck.conformance import conform, identify, open_subject, problem, subject
from mamlcheck.conformance.diagnosis.suite import posed
from mamlcheck.conformance.subjects.process import Workplace
from mamlcheck.errors import InputError

GIVEN = problem("tanh-cross-entropy")
MISBEHAVING = Path(__file__).with_name("misbehaving.py")
FIRST_ORDER = """
import os, sys
import numpy as np
from mamlcheck.conformance import subject
{above}

def gradient(problem, alpha):
    p = problem.on("numpy")

    def call():
        found = []
        for task in p.tasks:
            w = p.parameters
            for _ in range(p.steps):
                w = {{n: v - alpha * g for (n, v), g in zip(w.items(), p.gradient(w, task.inner).values())}}
            found.append(p.gradient(w, task.outer))
        return found

    return call

def make(problem):
    {within}
    return gradient(problem, problem.alpha)
"""


def written(path, above="", within="pass"):
    path.parent.mkdir(exist_ok=True)
    path.write_text(FIRST_ORDER.format(above=above, within=within), encoding="utf-8")
    return f"{path}:make"


def pid_of(place):
    return place.worker.process.pid


# -- one process -------------------------------------------------------------------------------------------------------
def test_subjects_share_a_process_and_not_their_modules(tmp_path):
    """Two files of one name have helpers of one name, and each gets its own; nothing printed is mixed up."""
    names = []
    for folder in ("a", "b"):
        helper = tmp_path / folder / "helper.py"
        names.append(
            written(
                tmp_path / folder / "mine.py",
                "import helper",
                f"print(helper.WHO); assert __file__ and helper.WHO == {folder!r}",
            )
        )
        helper.write_text(f"WHO = {folder!r}\n")
    with Workplace() as place:
        pids = []
        for name, folder in zip(names, "ab", strict=True):
            with open_subject(name, place=place) as opened:
                seen = opened.observe(GIVEN)
                assert seen.failure is None, seen.failure
                assert (set(seen.printed.split()), opened.name) == ({folder}, name)
            pids.append(pid_of(place))
        assert len(set(pids)) == 1
    assert place.worker is None


def test_two_that_are_open_at_once_are_not_mixed_up(tmp_path):
    right, zero = written(tmp_path / "mine.py"), f"{MISBEHAVING}:right"
    with Workplace() as place, open_subject(right, place=place) as one, open_subject(zero, place=place) as other:
        first, second, again = one.observe(GIVEN), other.observe(GIVEN), one.observe(GIVEN)
    assert np.array_equal(first.direction, again.direction)
    assert not np.array_equal(first.direction, second.direction)


@pytest.mark.parametrize("within", ["np.seterr(all='raise')", "torch.set_default_dtype(torch.float64)"])
def test_what_changes_settings_is_alone(tmp_path, within):
    above = ""
    if "torch" in within:
        pytest.importorskip("torch")
        above = "import torch"
    names = [written(tmp_path / "one.py", above, within), written(tmp_path / "two.py", above)]
    with Workplace() as place:
        pids = []
        for name in (names[1], names[0], names[1]):
            with open_subject(name, place=place) as opened:
                assert opened.observe(GIVEN).failure is None
            pids.append(pid_of(place))
    assert pids[0] == pids[1] != pids[2]


def test_after_one_that_hung_or_ended_the_next_one_is_served(tmp_path):
    right = written(tmp_path / "mine.py")
    with Workplace() as place:
        for name, kind in (("hang", "timeout"), ("os_exit", "exit")):
            with open_subject(f"{MISBEHAVING}:{name}", place=place) as opened:
                opened.timeout = 0.5 if kind == "timeout" else 30.0
                assert opened.observe(GIVEN).failure.kind == kind
            with open_subject(right, place=place) as opened:
                assert opened.observe(GIVEN).failure is None


def test_one_that_cannot_be_loaded_beside_another_gets_a_process_of_its_own(tmp_path):
    alone = written(tmp_path / "alone.py", "assert not hasattr(np, 'was_here')\nnp.was_here = True")
    with Workplace() as place:
        for _ in range(2):
            with open_subject(alone, place=place) as opened:
                assert opened.observe(GIVEN).failure is None
    with Workplace() as place, open_subject(written(tmp_path / "never.py", "1 / 0"), place=place) as opened:
        assert opened.observe(GIVEN).failure.message == "ZeroDivisionError: division by zero"


# -- the command line --------------------------------------------------------------------------------------------------
def test_several_subjects_in_one_call(tmp_path, monkeypatch):
    pids = []
    closing = Workplace.close
    monkeypatch.setattr(Workplace, "close", lambda self: (pids.append(self.worker and pid_of(self)), closing(self)))
    right, wrong = written(tmp_path / "right.py"), f"{MISBEHAVING}:right"
    done = CliRunner().invoke(main, ["identify", right, wrong, "--as", "FO-MAML"])
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == right
    assert lines[1].startswith("This is FO-MAML, as declared")
    assert lines[lines.index(wrong) - 1] == ""
    assert lines[lines.index(wrong) + 1].startswith("You declared FO-MAML.")
    assert len(pids) == 2  # what is wrong with a later one is looked at again, in a process of its own
    pids.clear()
    assert CliRunner().invoke(main, ["identify", right, right, "--as", "FO-MAML"]).exit_code == 0
    assert len(pids) == 1


@pytest.mark.parametrize("command", ["identify", "conform"])
def test_what_an_earlier_subject_has_changed_raises_no_alarm_for_a_later_one(tmp_path, command):
    spoils = written(
        tmp_path / "spoils.py",
        "from mamlcheck.conformance.adapters.numpy import NumpyView\n"
        "right = NumpyView.gradient\n"
        "NumpyView.gradient = lambda *given: {name: 2 * g for name, g in right(*given).items()}",
    )
    right = written(tmp_path / "right.py")
    only = ["--only", "reference*steps=1,float64]"] if command == "conform" else []
    found = CliRunner().invoke(main, [command, spoils, right, "--as", "FO-MAML", "--json", *only])
    assert [one["conforms"] for one in json.loads(found.stdout)["subjects"]] == [False, True]


def test_names_that_name_nothing_are_told_before_anything_is_run(tmp_path):
    noisy = written(tmp_path / "noisy.py", f"open({str(tmp_path / 'was_run')!r}, 'w').close()")
    done = CliRunner().invoke(main, ["identify", noisy, "nothing"])
    assert done.exit_code == 2
    assert not (tmp_path / "was_run").exists()


def test_json_has_the_subjects_in_the_order_of_the_call(tmp_path):
    right = written(tmp_path / "right.py")
    only = ["--as", "FO-MAML", "--only", "not-zero", "--json"]
    one, several = (
        json.loads(CliRunner().invoke(main, ["conform", *names, *only]).stdout)["subjects"]
        for names in ([right], [right, right])
    )
    assert several == one * 2
    assert CliRunner().invoke(main, ["conform", right, "no_such_module:make", *only]).exit_code == 2


@pytest.mark.parametrize("bad_first", [True, False])
@pytest.mark.parametrize("bad", ["no_such_module:make", f"{MISBEHAVING}:no_such_name"])
def test_a_name_that_cannot_be_loaded_takes_nothing_from_the_others(tmp_path, bad, bad_first):
    right = written(tmp_path / "right.py")
    names = [bad, right, bad] if bad_first else [right, bad]
    done = CliRunner().invoke(main, ["identify", *names, "--as", "FO-MAML", "--json"])
    (found,) = json.loads(done.stdout)["subjects"]
    assert (found["subject"], found["conforms"], done.exit_code) == (right, True, 2)
    assert done.stderr.count(f"mamlcheck: {bad}") == done.stderr.count("\n") == 1
    done = CliRunner().invoke(main, ["conform", *names, "--as", "FO-MAML", "--only", "deterministic"])
    assert (done.exit_code, "passed" in done.stdout, bad in done.stdout) == (2, True, False)
    assert done.stderr.count(f"mamlcheck: {bad}") == 1


def test_where_no_name_can_be_loaded_there_is_no_result():
    bad = ["no_such_module:make", "no_such_either:make"]
    done = CliRunner().invoke(main, ["identify", *bad, "--json"])
    assert (json.loads(done.stdout)["subjects"], done.exit_code, done.stderr.count("\n")) == ([], 2, 2)
    done = CliRunner().invoke(main, ["identify", bad[0], "--json"])
    assert (done.stdout, done.exit_code, done.stderr.count("\n")) == ("", 2, 1)


def test_an_option_that_is_wrong_for_each_is_told_once(tmp_path):
    right = written(tmp_path / "right.py")
    done = CliRunner().invoke(main, ["identify", right, right, "--as", "no-such-algorithm"])
    assert (done.stdout, done.exit_code, done.stderr.count("no-such-algorithm")) == ("", 2, 1)


def test_conform_prints_each_and_how_to_repeat_a_failure(tmp_path):
    right, wrong = written(tmp_path / "right.py"), f"{MISBEHAVING}:right"
    done = CliRunner().invoke(
        main, ["conform", right, wrong, "--as", "FO-MAML", "--only", "reference*steps=1,float64]"]
    )
    assert done.exit_code == 1
    assert f"{right} conforms to FO-MAML" in done.stdout
    assert "To repeat the first failure" in done.stdout
    assert f"check_subject({wrong!r}" in done.stdout.replace('"', "'")


# -- a loss that is declared -------------------------------------------------------------------------------------------
def test_a_declared_loss_is_the_only_one_that_it_is_asked_about():
    asked = []

    @subject("FO-MAML", loss="cross-entropy")
    def make(given):
        asked.append(given)
        p = given.on("numpy")

        def call():
            found = []
            for task in p.tasks:
                w = p.parameters
                for _ in range(p.steps):
                    w = {n: w[n] - p.alpha * g for n, g in p.gradient(w, task.inner).items()}
                found.append(p.gradient(w, task.outer))
            return found

        return call

    found = identify(make)
    assert found.conforms, found.text
    assert found.sentence.startswith("This is FO-MAML on tanh-cross-entropy, as declared")
    assert "It declares that it is for cross-entropy alone" in found.text
    checked = conform(make)
    assert checked.conforms, checked.text
    assert {given.loss for given in asked} == {"cross-entropy"}


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"loss": "cross entropy"}, "loss = 'cross entropy': choose one of cross-entropy, squared-error, robust"),
        ({"loss": "robust", "problems": []}, "own problems have their own losses"),
    ],
)
def test_wrong_losses_are_refused(declared, says):
    with pytest.raises(InputError, match=says):
        subject("MAML", **declared)


# -- own problems ------------------------------------------------------------------------------------------------------
OWN = """
import os, time
import torch
from mamlcheck.conformance import own_problem, subject


def problems():
    {seed}
    model = torch.nn.Linear(2, 1)
    tasks = [[(torch.randn(m, 2), torch.randn(m, 1)) for m in (3, 4)] for _ in range(2)]
    return [own_problem(model, torch.nn.functional.mse_loss, tasks, alpha=[0.25, 0.125], steps=2)]


def direction(problem):
    p = problem.on("torch")

    def call():
        found = []
        for task in p.tasks:
            f = {{n: v.requires_grad_() for n, v in p.parameters.items()}}
            for k in range(p.steps):
                slopes = torch.autograd.grad(p.loss(p.apply(f, task.inner[0]), task.inner[1]), list(f.values()))
                f = {{
                    n: (v - p.alpha * p.rates[k][n] * g).detach().requires_grad_()
                    for (n, v), g in zip(f.items(), slopes)
                }}
            found.append(torch.autograd.grad(p.loss(p.apply(f, task.outer[0]), task.outer[1]), list(f.values())))
        return found

    return call


@subject("FO-MAML", problems=problems)
def make(problem):
    return direction(problem)


@subject("FO-MAML", problems=problems)
def hangs(problem):
    return lambda: time.sleep(1000)


@subject("FO-MAML", problems=problems)
def exits(problem):
    return lambda: os._exit(3)


@subject("FO-MAML", problems=problems)
def says_where_it_runs(problem):
    print(os.getpid())
    return direction(problem)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "own_subjects_of_a_test.py"
    path.write_text(OWN.format(seed="torch.manual_seed(0)"), encoding="utf-8")
    return path


def test_own_problems_are_asked_about_in_a_process_of_its_own(own):
    with open_subject(f"{own}:says_where_it_runs") as opened:
        given = posed(opened.metadata)[0]
        assert posed(opened.metadata)[0] is given
        seen = [opened.observe(one) for one in (given, given.but(alpha=0.5), given.but(steps=1, dtype="float64"))]
        assert {int(one.printed.split()[-1]) for one in seen} == {opened.place.worker.process.pid}
        assert [one.failure for one in seen] == [None] * 3
        assert seen[2].dtype == "float64"
        with pytest.raises(InputError, match="declare it with @subject"):
            opened.observe(given.but(alpha=[0.5, 0.25]))
    found = identify(f"{own}:make")
    assert found.conforms, found.text


def test_own_problems_are_made_again_where_a_subject_is_loaded_again(own, tmp_path):
    other = written(tmp_path / "other.py")
    with Workplace() as place, open_subject(f"{own}:make", place=place) as opened:
        (given,) = posed(opened.metadata)
        for _ in range(2):
            assert opened.observe(given).failure is None
            with open_subject(other, place=place) as one:
                assert one.observe(GIVEN).failure is None
        place.close()
        assert opened.observe(given).failure is None


def test_on_own_problems_what_hangs_is_stopped_and_what_exits_is_noticed(own):
    with open_subject(f"{own}:hangs") as opened:
        given = posed(opened.metadata)[0]
        opened.timeout = 20.0
        seen = opened.observe(given)
        assert (seen.failure.kind, seen.failure.message) == (
            "timeout",
            "it had not returned after 20 s, and was stopped",
        )
    with open_subject(f"{own}:exits") as opened:
        assert (
            opened.observe(posed(opened.metadata)[0]).failure.message == "it ended the interpreter with exit status 3"
        )


def test_own_problems_that_differ_from_process_to_process_are_told(own):
    own.write_text(OWN.format(seed="torch.seed()"), encoding="utf-8")
    found = identify(f"{own}:make")
    assert "not the same in two processes: what is random in them needs a seed" in found.sentence
