"""Engines: pieces are done once each, killed workers are replaced, and nothing outlives its parent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from pieces import killed_always, killed_once, reciprocal

import mamlcheck
from mamlcheck.check import engines
from mamlcheck.check.engines import InProcess, Workers, local, usable_cores
from mamlcheck.errors import InputError, MamlcheckError, MissingExtra

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(mamlcheck.__file__).parents[1])}


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_piece_is_done_once(jobs: int) -> None:
    told: list[str] = []
    with local(jobs, told.append) as engine:
        assert Counter(engine.do(abs, range(-9, 0))) == {(-k, k): 1 for k in range(1, 10)}
        assert list(engine.do(abs, [])) == []
        assert list(engine.do(abs, [-1])) == [(-1, 1)]
    assert not told


@pytest.mark.parametrize("jobs", [0, -1, 2.0, True, "2", None])
def test_jobs_are_a_number_from_1_on(jobs: Any) -> None:
    with pytest.raises(InputError, match="give the number of processes, from 1 on"):
        local(jobs, print)


def test_usable_cores_are_those_of_this_process() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_one_job_is_done_here() -> None:
    assert isinstance(local(1, print), InProcess)
    assert list(local(1, print).do(lambda _: os.getpid(), [0])) == [(0, os.getpid())]


# -- killed workers ----------------------------------------------------------------------------------------------
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_killed_worker_is_said_and_its_piece_done_again(tmp_path: Path) -> None:
    told: list[str] = []
    marks = [str(tmp_path / name) for name in "abc"]
    with local(2, told.append) as engine:
        done = dict(engine.do(killed_once, marks))
    assert sorted(done) == marks
    assert os.getpid() not in done.values()
    assert set(told) == {"A worker process was killed: what it was doing is done again."}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_workers_that_are_killed_again_and_again_end_the_work_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "KILLS_BORNE", 1)
    told: list[str] = []
    with local(2, told.append) as engine, pytest.raises(MamlcheckError, match="--jobs 1"):
        list(engine.do(killed_always, [0]))
    assert len(told) == 1


def test_an_error_of_a_piece_is_raised() -> None:
    with local(2, print) as engine, pytest.raises(ZeroDivisionError):
        list(engine.do(reciprocal, [1, 0]))


def test_what_nobody_waits_for_is_ended_at_once_and_the_next_work_is_done() -> None:
    with local(2, print) as engine:
        start = time.monotonic()
        found = engine.do(time.sleep, [0.0, 600.0, 600.0])
        assert next(found) == (0.0, None)
        found.close()  # as when Ctrl-C ends a loop over it
        assert time.monotonic() - start < 300
        assert list(engine.do(abs, [-1])) == [(-1, 1)]


class Hasty(Executor):
    """Does everything at once, and notes how much was handed to it and not taken back."""

    def __init__(self) -> None:
        self.given = 0

    def submit(self, function: Any, /, *given: Any, **named: Any) -> Future[Any]:
        self.given += 1
        done: Future[Any] = Future()
        done.set_result(function(*given))
        return done


def test_pieces_are_made_when_workers_have_time_for_them() -> None:
    """A sweep without end has more pieces than fit into memory."""
    made, executor = [], Hasty()
    pieces = (made.append(k) or k for k in range(10**9))  # type: ignore[func-returns-value]
    found = Workers(2, lambda: (executor, executor.shutdown), print).do(abs, pieces)
    for _ in range(10):
        next(found)
    assert executor.given == len(made) <= 10 + 2 * (1 + engines.PIECES_AHEAD)


# -- parents that are gone -----------------------------------------------------------------------------------------
ENDLESS = """
import os, sys, time
sys.path.insert(0, {folder!r})
from mamlcheck.check.engines import local
from sleeping import pid_and_sleep
if __name__ == "__main__":
    with local(2, print) as engine:
        for _, pid in engine.do(pid_and_sleep, [0.0, 0.0, 600.0, 600.0]):
            print(pid, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_workers_end_when_their_parent_was_killed(tmp_path: Path) -> None:
    (tmp_path / "sleeping.py").write_text(
        "import os, time\n\ndef pid_and_sleep(seconds):\n    time.sleep(seconds)\n    return os.getpid()\n"
    )
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS.format(folder=str(tmp_path)))
    with subprocess.Popen([sys.executable, str(script)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = {int(parent.stdout.readline()) for _ in range(2)}
        parent.kill()
    end = time.monotonic() + 60
    while any(map(_is_there, workers)):
        assert time.monotonic() < end, "a worker goes on without its parent"
        time.sleep(0.05)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc").is_dir()


def test_a_worker_has_one_thread_for_linear_algebra_unless_the_environment_says_another() -> None:
    from mamlcheck.check.worker import THREADS

    others = {name: value for name, value in ENVIRONMENT.items() if name not in THREADS}
    script = "import os; from mamlcheck.check.worker import *; start_worker(None); print(os.environ['OMP_NUM_THREADS'])"
    for given, threads in (({}, "1"), ({"OMP_NUM_THREADS": "3"}, "3")):
        done = subprocess.run(
            [sys.executable, "-c", script], env=others | given, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == threads


def test_the_start_of_a_worker_imports_no_numpy() -> None:
    script = "import sys, mamlcheck.check.worker; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# -- Dask --------------------------------------------------------------------------------------------------------
def test_dask_does_the_pieces() -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'mamlcheck[dask]'")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster,
        engines.on_dask(cluster.scheduler_address, print) as engine,
    ):
        assert engine.jobs == 2
        assert Counter(engine.do(abs, range(-9, 0))) == {(-k, k): 1 for k in range(1, 10)}


def test_no_dask_scheduler_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'mamlcheck[dask]'")
    monkeypatch.setattr(engines, "DASK_SECONDS", 1)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        engines.on_dask("tcp://127.0.0.1:9", print)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"mamlcheck\[dask\]"):
        engines.on_dask("tcp://127.0.0.1:9", print)
