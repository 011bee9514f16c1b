"""Subjects in a process of their own: whatever they do, there is an answer in words, and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mamlcheck.conformance import identify, open_subject, problem
from mamlcheck.errors import InputError

MODULE = Path(__file__).with_name("misbehaving.py")
GIVEN = problem("tanh-cross-entropy")


def observe(name, timeout=30.0):
    with open_subject(f"{MODULE}:{name}", timeout) as subject:
        return subject.observe(GIVEN)


def expected():
    p = GIVEN.on("numpy")
    each = [np.concatenate([g.ravel() for g in p.gradient(p.parameters, t.outer).values()]) for t in p.tasks]
    return np.mean(each, axis=0)


@pytest.mark.parametrize("name", ["hang", "hang_and_ignore", "leaves_a_child"])
def test_what_hangs_is_stopped(name):
    start = time.monotonic()
    with open_subject(f"{MODULE}:{name}", timeout=30.0) as subject:
        subject.timeout = 0.5
        seen = subject.observe(GIVEN)
    assert time.monotonic() - start < 20
    assert seen.failure.kind == "timeout"
    assert seen.failure.message == "it had not returned after 0.5 s, and was stopped"
    if seen.printed.startswith("child"):
        child = int(seen.printed.split()[1])
        for _ in range(100):
            if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text():
                break
            time.sleep(0.05)
        else:
            pytest.fail("the child of the subject is still there")


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("os_exit", "exit", "exit status 3"),
        ("sys_exit", "exit", "sys.exit('enough')"),
        ("segfault", "exit", "SIGSEGV"),
        ("killed", "exit", "SIGKILL"),
        ("interrupt", "exception", "KeyboardInterrupt"),
        ("recursion", "exception", "RecursionError"),
    ],
)
def test_what_ends_is_said(name, kind, said):
    seen = observe(name)
    assert seen.failure.kind == kind
    assert said in seen.failure.message


@pytest.mark.parametrize(
    "name", ["noisy", "talks_json", "reads_and_closes", "forks", "replaces_stdout", "writes_everywhere"]
)
def test_noise_does_no_harm(name):
    seen = observe(name)
    assert seen.failure is None
    np.testing.assert_allclose(seen.directions[0], expected(), rtol=1e-12)
    assert len(seen.printed) <= 4000
    if name == "talks_json":
        assert "not UTF-8" in seen.printed


def test_answers_do_not_get_mixed_up():
    """Each question gets its own answer, though forked children and strays wrote to the same pipe."""
    for name in ("forks", "writes_everywhere"):
        with open_subject(f"{MODULE}:{name}") as subject:
            for given in (GIVEN, problem("linear-robust"), problem("tanh-squared-error")):
                seen = subject.observe(given)
                assert seen.failure is None
                assert seen.directions[0].size == given.layout.size


def test_the_next_problem_is_answered_after_an_exit():
    with open_subject(f"{MODULE}:exits_on_one_problem") as subject:
        assert subject.observe(problem("linear-robust")).failure.kind == "exit"
        assert subject.observe(GIVEN).failure is None


def test_numbers_arrive_exactly():
    seen = observe("subnormal")
    assert seen.directions[0].min() == -1e139
    assert 5e-324 in seen.directions[0]
    assert 1 / 3 in seen.directions[0]


def test_metadata_arrives():
    with open_subject(f"{MODULE}:declared") as subject:
        said = subject.metadata
    assert (said.algorithm, said.delta, said.reduction, said.steps) == ("HF-MAML", 0.01, "sum", (1, 2))


def test_an_import_that_hangs_or_fails(tmp_path):
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(1000)\n")
    (tmp_path / "broken.py").write_text("def f():\n    raise ValueError('no <data>')\n\nf()\n")
    (tmp_path / "needs.py").write_text("import a_package_that_is_not_there\n")
    with open_subject(f"{tmp_path / 'slow.py'}:make", timeout=2.0) as subject:
        assert "still being imported after 2 s" in subject.observe(GIVEN).failure.message
    with open_subject(f"{tmp_path / 'broken.py'}:make") as subject:
        failure = subject.observe(GIVEN).failure
    assert (failure.kind, failure.message) == ("import", "ValueError: no <data>")
    assert failure.traceback.splitlines()[1].endswith("line 4, in <module>")
    with open_subject(f"{tmp_path / 'needs.py'}:make") as subject:
        assert "a_package_that_is_not_there" in subject.observe(GIVEN).failure.message


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("no_such_module:make", "there is no module 'no_such_module'"),
        (f"{MODULE}:no_such_name", "has no 'no_such_name'; it has"),
        (f"{MODULE}:not_callable", "a subject is a function make(problem)"),
        ("no_such_file.py:make", "there is no file no_such_file.py"),
        ("no_colon", "write it as pkg.module:make"),
        (":make", "write it as pkg.module:make"),
    ],
)
def test_a_wrong_reference_is_the_callers_mistake(reference, said):
    with pytest.raises(InputError) as error:
        open_subject(reference)
    assert said in str(error.value)


def test_a_hanging_subject_is_told_in_a_sentence():
    diagnosis = identify(f"{MODULE}:hang", "MAML", timeout=2.0)
    assert diagnosis.defects == ("timeout",)
    assert diagnosis.sentence.startswith("You declared MAML. It does not come to an end")


def test_ctrl_c_in_the_parent_leaves_no_process_behind():
    code = (
        "import os, sys, threading, signal\n"
        "from mamlcheck.conformance import open_subject, problem\n"
        f"s = open_subject({f'{MODULE}:hang'!r})\n"
        "print(s.place.worker.process.pid, flush=True)\n"
        "threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "s.observe(problem('tanh-cross-entropy'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "KeyboardInterrupt" in done.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout.split()[0]), 0)
