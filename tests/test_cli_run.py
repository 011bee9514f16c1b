"""`mamlcheck run`, as a new user meets it: in a pipe and in a terminal, stopped and resumed, and with wrong calls."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import mamlcheck
from mamlcheck.cli import main
from mamlcheck.formats.runs import RunGuarantee, RunResults
from mamlcheck.runs import making
from mamlcheck.runs.running import Runner

COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'mamlcheck'; from mamlcheck.cli import main; main()"]
FIRMS = "firm,invest,value\nA,1,2\nA,2,5\nA,4,4\nB,1,3\nB,3,1\nB,2,2\n"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("firms.csv").write_text(FIRMS)


def call(line: str) -> Result:
    return CliRunner().invoke(main, shlex.split(line), prog_name="mamlcheck")


def test_it_says_what_was_run_and_what_became_of_it() -> None:
    result = call("run --steps 30 --seeds 3")
    assert result.exit_code == 0, result.output
    for line in (
        "Table grunfeld, loss log_cosh; ridge tasks, n = 11, m = 20, d = 2.",
        "L = 10.87, rho = 50.23, certified.",
        "alpha = about 0.009202, the largest that the theorems allow.",
        "Direction: B = 20, D_in = 5, D_o = 5, D_h = 5 (default).",
        "Step size: B' = 1, D_beta = 1 (Lemma 4.9 at the start).",
        "30 steps, seeds 1 to 3; all algorithms have the same draws.",
        "Certified: the last two rows (of all seeds in --json). The guaranteed mean",
        "is the theorem's bound of E|grad F(w_K)|, rounded up. All others are floats.",
    ):
        assert line in result.stdout.splitlines()
    assert re.search(r"^eta +- +- +1/6 *$", result.stdout, re.MULTILINE)
    assert "eta" not in call("run --steps 1 --algorithm maml").stdout.replace("D_beta", "")
    assert len(re.findall(r"^guaranteed mean.*", result.stdout, re.MULTILINE)[0].split("(certified)")) == 4
    assert "No guarantee" not in result.stdout
    assert "not guaranteed" not in result.stdout
    assert re.search(r"^step +MAML +FO-MAML +HF-MAML *$", result.stdout, re.MULTILINE)
    assert "\x1b" not in result.output
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_json_is_the_document_of_the_same_runs() -> None:
    rest = (
        "--alpha 1/8 --eta 1/20 --factor 0.1 --tasks 3 --inner 1 --outer 2 --hessian 4 --stepsize-tasks 6 --stepsize 7"
    )
    result = call(f"run random-2/1/640 --steps 5 --seeds 2 --seed 7 --every 2 --algorithm hf-maml {rest} --json")
    assert result.exit_code == 0, result.output
    found = RunResults.from_json(json.loads(result.stdout))
    sizes = {"tasks": 3, "inner": 1, "outer": 2, "hessian": 4, "stepsize_tasks": 6, "stepsize": 7}
    rates = {"alpha": "1/8", "eta": "1/20", "factor": "0.1"}
    same: Any = {"steps": 5, "seeds": 2, "seed": 7, "every": 2, "algorithms": ["hf-maml"]} | sizes | rates
    assert found == mamlcheck.run("random-2/1/640", **same)
    assert [(size.symbol, size.count, size.origin) for size in found.settings.sizes] == [
        ("B", 3, "given"), ("D_in", 1, "given"), ("D_o", 2, "given"), ("D_h", 4, "given"), ("B'", 6, "given"),
        ("D_beta", 7, "given"),
    ]  # fmt: skip
    assert found.text() == result.stdout


def test_a_table_of_ones_own_and_what_was_noticed_of_it() -> None:
    Path("more.csv").write_text(FIRMS + "B,4,4\n")
    result = call("run --data more.csv --task firm --target invest --unequal first --loss sin --steps 3 --seeds 1")
    assert result.exit_code == 0, result.output
    assert "Table more: kept the first 3 rows of each task" in result.stderr
    assert "Table more, loss sin; ridge tasks, n = 2, m = 3, d = 1." in result.stdout
    assert "3 steps, seed 1;" in result.stdout
    assert "±" not in result.stdout.partition("along the way")[0]


def test_an_instance_file_and_notes() -> None:
    assert call("show random-2/1/640 --no-waterfall --save one.json").exit_code == 0
    result = call("run one.json --steps 2 --seeds 1 --alpha 1000 --tasks 3 --stepsize 1 --stepsize-tasks 1")
    assert result.exit_code == 0, result.output
    assert "Theorem 4.12 (MAML) does not apply" in result.stdout
    assert "Note: B = 3 is less than 20, which the theorems ask for." in result.stdout


def test_declared_constants_are_said_to_prove_nothing() -> None:
    assert call("show random-2/1/640 --no-waterfall --save one.json").exit_code == 0
    content = json.loads(Path("one.json").read_text())
    Path("one.json").write_text(json.dumps(content | {"smoothness": "1/64"}))
    result = call("run one.json --steps 1 --seeds 1")
    assert result.exit_code == 0, result.output
    assert "declared (not guaranteed: a constant is declared or estimated, not certified)." in result.stdout


def test_a_guarantee_is_printed_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from mamlcheck.runs import results

    found = {
        "maml": RunGuarantee(2.00001, None, "certified", True), "fo-maml": RunGuarantee(3.0, None, "estimated", False),
        "hf-maml": RunGuarantee(None, "Theorem 4.17 needs [more]", "certified", False),
    }  # fmt: skip
    monkeypatch.setattr(results, "guarantee", lambda plan, algorithm, steps: found[algorithm.name])
    text = call("run --steps 1 --seeds 1").stdout
    assert re.search(r"^guaranteed mean +2\.001 \(certified\) +3\.000 \(estimated\) +none *$", text, re.MULTILINE)
    assert "No guarantee for HF-MAML: Theorem 4.17 needs [more]." in text


def test_runs_go_on_from_their_file() -> None:
    assert call("run --steps 4 --seeds 2 --save r.npz").exit_code == 0
    more = call("run --resume r.npz --steps 9 --json")
    assert more.exit_code == 0, more.output
    assert more.stdout == call("run --steps 9 --seeds 2 --json").stdout
    assert call("run --resume r.npz --json").stdout == more.stdout


def test_ctrl_c_prints_what_is_done_and_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, real = call("run --steps 6 --seeds 2 --json").stdout, Runner._step

    def interrupted(self: Runner) -> None:
        if self.state.done == 4:
            raise KeyboardInterrupt
        real(self)

    monkeypatch.setattr(Runner, "_step", interrupted)
    result = call("run --steps 6 --seeds 2 --save r.npz")
    assert result.exit_code == 130
    assert "4 steps, seeds 1 to 2" in result.stdout
    assert "Stopped early: 4 of 6 steps are done." in result.stderr
    assert "They are kept: mamlcheck run --resume r.npz goes on from there." in result.stderr
    unkept = call("run --steps 6 --seeds 2 --json")
    assert unkept.exit_code == 130
    assert json.loads(unkept.stdout)["partial"] is True
    assert "are kept" not in unkept.stderr
    monkeypatch.setattr(Runner, "_step", real)
    assert call("run --resume r.npz --json").stdout == whole


def test_a_process_that_is_interrupted_or_killed_goes_on(tmp_path: Path) -> None:
    """As by hand: SIGINT while it runs, then as much as it takes to be killed between two files."""
    whole = call("run --steps 400 --seeds 1 --every 100 --json").stdout
    command = [*COMMAND, "run", "--steps", "400", "--seeds", "1", "--every", "100", "--save", "r.npz"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    fast = "import mamlcheck.runs.making as m; m.SECONDS_BETWEEN_FILES = 0.0; "
    command[2] = fast + command[2]
    for stop in (signal.SIGINT, signal.SIGKILL):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        end = time.monotonic() + 60
        while not Path("r.npz").exists() and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(stop)
        process.communicate()
        assert process.returncode in (130, 0, -signal.SIGKILL)
        assert call("run --resume r.npz --json").stdout == whole
        Path("r.npz").unlink()


WRONG = {
    "run --algorithm sgd": "there is no algorithm 'sgd' to run. They are: maml, fo-maml, hf-maml",
    "run --algorithm mmal": "Did you mean maml",
    "run --steps 0": "0 is not in the range",
    "run --steps 2000000000": "at most 1,000,000,000 are made",
    "run --seeds 0": "0 is not in the range",
    "run --seed -1": "seed = -1: give an integer from 0 to",
    "run --alpha much": "--alpha much: 'much' is not a number: write 3, -1/7 or 0.1",
    "run --alpha 0": "alpha = 0: give a number > 0",
    "run --eta -1/6": "eta = -1/6: give a number > 0",
    "run --tasks none": "not a valid integer",
    "run --loss sin --loss quadratic": "losses sin, quadratic: a run has one loss for all tasks of a table",
    "run --loss sinus": "'sinus' is no loss by name",
    "run nosuch": "'nosuch' is no id of an instance",
    "run random-2/1/1 --data grunfeld": "random-2/1/1 and --data grunfeld: give the one or the other",
    "run random-2/1/1 --loss sin": "--loss sin: give --data, too",
    "run --data firms.csv": "--data firms.csv also needs --task and --target",
    "run --save there.npz": "there.npz is there already: give another name",
    "run --save no/such.npz": "--save no/such.npz cannot be written",
    "run --resume nowhere.npz": "'nowhere.npz' cannot be read",
    "run --resume there.npz": "there.npz holds no runs that can go on: give a file that `mamlcheck run --save` wrote",
    "run random-2/1/1 --resume there.npz": "random-2/1/1: runs that are resumed go on as they began",
    "run --resume there.npz --seeds 3": "--seeds 3: runs that are resumed go on as they began",
    "run --resume there.npz --data grunfeld --alpha 1": "--alpha 1: runs that are resumed go on as they began",
    "run --nosuch": "No such option",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_call_says_what_is_wrong(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("there.npz").write_text("no runs")
    monkeypatch.setattr(Runner, "run", lambda *_: pytest.fail("a wrong call must fail before anything is computed"))
    result = call(line)
    assert result.exit_code == 2, result.output
    assert WRONG[line] in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert not result.stdout


def test_numbers_that_are_not_finite_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    result = call("run family-quadratic-2/1/640 --steps 30 --seeds 1 --factor 1e60")
    assert result.exit_code == 0, result.output
    assert "not finite" in result.stdout
    assert "not known" in result.stdout
    assert making.SECONDS_BETWEEN_FILES > 0
