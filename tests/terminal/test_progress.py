"""Progress in a terminal moves each second, in one long step too; Ctrl-C leaves the terminal whole; pipes get none."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from in_a_terminal import COMMAND, HIDDEN, SHOWN, in_terminal

WRONG = f"{Path(__file__).parents[1] / 'conformance' / 'planted' / 'numpy_wrong.py'}:first_order_sold_as_second"
SLEEPS = "import time; time.sleep(3.3)"
COMPUTES = "import time; end = time.monotonic() + 3.3\n    while time.monotonic() < end: sum(range(10**4))"


def script(step: str, total: str) -> list[str]:
    code = f"from mamlcheck.terminal.console import progress_bar\nwith progress_bar({total}, 'Doing'):\n    {step}"
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("total", ["None", "7"])
@pytest.mark.parametrize("step", [SLEEPS, COMPUTES])
def test_the_time_moves_each_second_within_one_step(step: str, total: str) -> None:
    status, seen = in_terminal(script(step, total))
    assert status == 0
    text = "".join(part for _, part in seen)
    assert {"0:00:01", "0:00:02", "0:00:03"} <= set(re.findall(r"\d:\d\d:\d\d", text))
    assert text.rindex(SHOWN) > text.rindex(HIDDEN), "the cursor is back"


@pytest.mark.parametrize("total", ["None", "7", "125000000"])
@pytest.mark.parametrize(("columns", "shown"), [(30, "0:00:0"), (48, "Doing"), (80, "Doing")])
def test_nothing_is_cut_in_a_narrow_terminal(columns: int, shown: str, total: str) -> None:
    status, seen = in_terminal(script(SLEEPS.replace("3.3", "1.3"), total), columns)
    text = "".join(part for _, part in seen)
    assert status == 0
    assert "…" not in text
    assert shown in text
    if total != "None":
        assert f"/{total}" in text
    if columns == 80 and total != "None":
        assert "━" in text


def test_a_pipe_gets_no_progress() -> None:
    done = subprocess.run(script("pass", "7"), capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


# Every command that can take longer than two seconds, with what its progress says; others have nothing to wait for.
SHOWS = {
    "check hf_error --instances 70": "Checking instances",
    "report --instances 4 --out {out}": "Checking proofs, and where bounds lose",
    "brackets lemma_4_8": "Checking proofs and witnesses",
    "show random-2/1/9 --no-waterfall": "Judging all claims",
    "table1": "Working out the table",
    "plan --data grunfeld --accuracy 1": "Planning",
    "run --steps 3 --seeds 2": "Making steps",
    "prove hf_error": "Checking proofs",
    "findings": "Running examples",
    "derive grad_F --dim 1": "Deriving",
    "hunt hf_error --evaluations 2000": "hf_error: ",
    "sweep hf_error --range 0:512 --store {out} --jobs 1": "Judging instances",
}


@pytest.mark.parametrize("line", SHOWS)
def test_a_command_shows_progress_in_a_terminal_and_takes_it_away(line: str, tmp_path: object) -> None:
    status, seen = in_terminal([*COMMAND, *shlex.split(line.format(out=tmp_path))])
    text = "".join(part for _, part in seen)
    assert status == 0, text
    assert SHOWS[line] in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    assert text.rindex(SHOWN) > text.rindex(HIDDEN)


# -- Ctrl-C ------------------------------------------------------------------------------------------------------------
PARTLY = {
    "prove": ("[1-9]/[0-9]+", r"the proofs of \d+ of \d+ claims were checked", "claims proved"),
    "brackets": ("[1-9]/[0-9]+", r"the brackets of \d+ of \d+ claims were drawn up", "reached"),
    "findings": ("[1-9]/[0-9]+", r"\d+ of \d+ examples were run", "findings, each confirmed"),
    "show random-2/1/9": ("[1-9]/[0-9]+", r"\d+ of \d+ claims were judged", "Repeat it in Python"),
    "table1": ("Making runs", "the table is worked out, and floors seen in runs and powers", "gradients in all"),
    f"conform {WRONG}": (
        "Running checks", "0 of 1 implementations were judged", "Running checks"
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", PARTLY)
def test_ctrl_c_says_what_was_done_and_leaves_the_terminal_whole(command: str) -> None:
    when, told, result = PARTLY[command]
    status, seen = in_terminal([*COMMAND, *shlex.split(command)], stop_when=when)
    text = "".join(part for _, part in seen)
    assert status == 130, text
    assert "Traceback" not in text
    words = " ".join(text.split())
    assert re.search(f"Stopped early: {told}", words)
    assert re.search(result, words), "what was done until then is printed"
    assert text.rindex(SHOWN) > text.rindex(HIDDEN)


def test_ctrl_c_in_the_middle_says_how_far_it_came() -> None:
    status, seen = in_terminal([*COMMAND, "brackets", "--json"], stop_when="[1-9]/[0-9]+")
    text = "".join(part for _, part in seen)
    assert status == 130
    assert re.search(r"Checking proofs and witnesses: \d+ of \d+ were done\.", text)
    assert '"format"' not in text, "no document in part"
    assert text.rindex(SHOWN) > text.rindex(HIDDEN)


def test_a_plan_that_is_stopped_says_so_and_writes_no_file(tmp_path: Path) -> None:
    line = f"plan --data grunfeld --accuracy 1/10 --save {tmp_path / 'plan.json'}"
    status, seen = in_terminal([*COMMAND, *shlex.split(line)], stop_when="Planning")
    text = "".join(part for _, part in seen)
    assert status == 130, text
    assert "Traceback" not in text
    assert "Stopped by Ctrl-C before the end" in text
    assert not list(tmp_path.iterdir())
    assert text.rindex(SHOWN) > text.rindex(HIDDEN)
