"""The command line, as a new user meets it: in a terminal, in a pipe, with wrong calls, interrupted."""

from __future__ import annotations

import errno
import gzip
import html
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import in_a_terminal
import pytest
from click.testing import CliRunner, Result
from in_a_terminal import COMMAND
from known import seldom_met
from rich.console import Console

import mamlcheck
from mamlcheck.check import runner, work
from mamlcheck.check.results import Results
from mamlcheck.claims import claim_ids, load_claims
from mamlcheck.cli import main
from mamlcheck.formats.proofs import ProofRecord
from mamlcheck.formats.shared import Counts
from mamlcheck.meta.files import instance_text
from mamlcheck.report import making
from mamlcheck.terminal.console import loud
from mamlcheck.terminal.grid import print_grid

FIRMS = "firm,invest,value,note\nA,1,2,x\nA,2,5,y\nA,4,4,x\nB,1,3,x\nB,3,1,z\n"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    Path("firms.csv").write_text(FIRMS)


def call(line: str) -> Result:
    return CliRunner().invoke(main, shlex.split(line), prog_name="mamlcheck")


def in_terminal(line: str, columns: int = 80, stop_when: str | None = None) -> tuple[int, str]:
    """Exit status and everything seen, in a terminal of so many columns; Ctrl-C once `stop_when` was seen."""
    status, seen = in_a_terminal.in_terminal([*COMMAND, *shlex.split(line)], columns, stop_when)
    return status, "".join(part for _, part in seen)


def words_of(text: str) -> set[str]:
    return set(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", text).split())


OURS = sum(name.startswith("ours.") for name in claim_ids())
KINDS = f"{len(claim_ids()) - OURS} printed claims and {OURS} of ours"


# -- help and wrong calls ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("line", ["--help", "-h", "report --help", "check --help", "show --help", "--version"])
def test_help(line: str) -> None:
    result = call(line)
    assert result.exit_code == 0
    assert "..." not in result.output.partition("Commands:")[2]  # no summary is cut
    assert "mamlcheck" in result.output


def test_help_says_what_the_exit_status_means() -> None:
    said = " ".join(call("--help").output.split())
    assert "0 nothing fails, or the subject conforms; 1 something is violated or undecided, or it does not" in said
    assert "2 the call is wrong" in said


WRONG = {
    "check lemma_4_88": "Did you mean lemma_4_8?",
    "check --instances 0": "0 is not in the range",
    "check --instances many": "not a valid integer",
    "check --seed -1": "seed = -1: give an integer from 0 to",
    "check --seed 9223372036854775808": "seed = 9223372036854775808",
    "check --nosuch": "No such option",
    "report --instances 0": "0 is not in the range",
    "report --seed -1": "seed = -1",
    "report --data firms.csv": "--data firms.csv also needs --task and --target",
    "report --data nosuch": "also needs",
    "report --data nosuch.csv --task a --target b": "nosuch.csv",
    "report --data firms.csv --task frim --target invest": "did you mean 'firm'?",
    "report --data firms.csv --task firm --target nosuch": "no column 'nosuch'",
    "report --data firms.csv --task firm --target note --unequal first": "must hold numbers",
    "report --data firms.csv --task firm --target invest": "say --unequal first to keep the first 2 rows",
    "report --data single.csv --task k --target y": "tasks of one row each",
    "report --data holes.csv --task firm --target y": "missing",
    "report --data text.csv --task firm --target y": "must hold numbers",
    "report --data nan.csv --task firm --target y": "infinite",
    "report --data wages.csv --task firm --target y": "give --decimal , if it is 1.5, or name the features without it "
    "by --features",
    "report --data wages.csv --task firm --target wage": "give --decimal , if it is 1.5",
    "report --data mixed.csv --task firm --target y": "give --decimal . or --decimal ,",
    "report --data mixed.csv --task firm --target y --decimal , --features x,y": "'y' is the target column",
    "report --data mixed.csv --task firm --target y --decimal ;": "--decimal ';': give '.' or ','",
    "report --data holes.csv --task firm --target y --na 2": "leave their rows out by --drop-missing",
    "report --data both.csv --task t --target y": "comma and semicolon equally often: say which by --delimiter",
    "report --data firms.csv --target invest --task firm --max-rows 1": "--max-rows 1: give an integer from 2 on",
    "report --data flat.csv --task firm --target y": "keep the numbers as they are by --no-standardise",
    "report --data flat.csv --task firm --target x --features (intercept) --intercept": "leave out --intercept",
    "report --data firms.csv --task firm --target invest --delimiter tab": "--delimiter says otherwise",
    "report --data grunfeld --loss sinus": "'sinus' is no loss by name (quadratic,",
    "report --data grunfeld --delimiter ;": "--delimiter ';' is for CSV files only",
    "show random-2/1/1 --features x --drop-missing": "--features x --drop-missing: give --data, too",
    "show firms-1/1/1 --data firms.csv --task firm --target invest --unequal first": "that you gave start with firms-",
    "report --out firms.csv": "cannot be written",
    "report --out firms.csv/deeper": "cannot be written",
    "report --out page": "page/index.html cannot be written (index.html is a folder)",
    "report --out data": "data/results.json cannot be written (results.json is a folder)",
    "show": "Missing argument",
    "show ''": "'' is no id of an instance and no file that can be read",
    "conform mine:make --timeout inf": "timeout = inf: give a finite number of seconds > 0",
    "report --data firms.csv --task firm --target note --features ''": "features is empty: name at least one of "
    "'invest', 'value', or",
    "show nosuch": "'nosuch' is no id of an instance and no file that can be read: an id is SOURCE/SEED/INDEX",
    "show random-2/1": "an id is SOURCE/SEED/INDEX, such as random-2/1/123",
    "prove lemma_4_11": "Did you mean theorem_4_11?",
    "check theorem_4.8": "Did you mean lemma_4_8?",
    "brackets --reference nowhere": "make one there with `mamlcheck reference update --reference nowhere`",
    "reference check --reference nowhere": "nowhere holds no reference run",
    "show nosuch-1/1/1": "no source of instances",
    "show random-3/1/1": "random-3 is version 3 of its sweep, and this mamlcheck knows version 2: a newer mamlcheck",
    "check --source nosuch-1": "no source of instances is called 'nosuch-1': give random-2, a family of tasks (family-",
    "check --source family-rige-2": "family-ridge-2",
    "show random-2/1/-1": "an id is SOURCE/SEED/INDEX, such as random-2/1/123",
    "show firms-1/1/1": "--data on the command line",
    "show bad.json": "bad.json: this is not a complete JSON text",
    "show random-2/1/1 --save /nosuch/file": "cannot be written",
    "show random-2/1/1 --save /": "/ cannot be written (/ is a folder)",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_call_says_what_is_wrong(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("holes.csv").write_text("firm,y,x\nA,1,2\nA,2,\nB,1,3\nB,3,1\n")
    Path("text.csv").write_text("firm,y,x\nA,1,2\nA,2,3\nB,one,3\nB,3,1\n")
    Path("nan.csv").write_text("firm,y,x\nA,1,2\nA,inf,3\nB,1,3\nB,3,1\n")
    Path("single.csv").write_text("k,y,x\n1,2,3\n2,3,4\n")
    Path("wages.csv").write_text("firm;y;wage\nA;1;1,5\nA;2;2,5\nB;1;3,5\nB;3;1,5\n")
    Path("mixed.csv").write_text("firm,y,x\nA,1,987\nA,2,1.234\nB,1,3\nB,3,1\n")
    Path("both.csv").write_text("a;t,y\n1;A,1\n")
    Path("flat.csv").write_text("firm,y,x,(intercept)\nA,1,2,1\nA,1,3,1\nB,1,3,1\nB,1,1,1\n")
    Path("bad.json").write_text("{")
    Path("page/index.html").mkdir(parents=True)
    Path("data/results.json").mkdir(parents=True)
    monkeypatch.setattr(runner, "run", lambda *_: pytest.fail("a wrong call must fail before anything is computed"))
    result = call(line)
    assert result.exit_code == 2, result.output
    assert WRONG[line] in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert not result.stdout


def test_a_folder_without_permission_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the operating system refuses it: root, who may write everywhere, would not see this otherwise."""

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "closed")

    monkeypatch.setattr(runner, "run", lambda *_: pytest.fail("nothing must be computed"))
    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", refused)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refused)
    result = call("report --out closed")
    assert result.exit_code == 2
    assert "Permission denied" in result.stderr


@pytest.mark.alike
def test_a_report_that_cannot_be_written_leaves_the_previous_one_and_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert call("report --instances 4 --out out").exit_code == 0
    before = {path.name: path.read_bytes() for path in Path("out").iterdir()}

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    result = call("report --instances 8 --out out --seed 2")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert "certified verdicts" in result.stdout
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == before


def test_the_page_is_written_wherever_the_text_goes_and_its_data_are_the_same_in_every_process() -> None:
    """Nobody reads the text, or no disk takes it: what took the time is the page. Its results hold proofs, waterfalls,
    brackets and findings, and no set or hash decides the order of anything in them.
    """
    seen = set()
    for seed, into in (("1", "| true"), ("2", "> /dev/full")):
        command = shlex.join([*COMMAND, "report", "--instances", "4", "--out", "out"])
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run(["bash", "-c", f"{command} {into}"], stderr=subprocess.DEVNULL, check=False, env=environment)
        assert {path.name for path in Path("out").iterdir()} == {"index.html", "results.json"}
        text = Path("out/results.json").read_text()
        assert {"proof", "waterfall"} <= set(json.loads(text)["claims"]["lemma_4_8"])
        assert {"brackets", "findings"} <= set(json.loads(text))
        seen.add(re.sub(r'"seconds": [0-9.e-]+|"made": {[^}]*}', "", text))  # the day may change in between
        shutil.rmtree("out")
    assert len(seen) == 1


# -- check -------------------------------------------------------------------------------------------------------
def test_json_is_one_object_with_nothing_else() -> None:
    result = call("check --instances 70 --json")
    assert result.exit_code == 0
    assert result.stderr == ""
    content = json.loads(result.stdout)
    assert list(content["claims"]) == list(claim_ids())
    assert (content["seed"], content["completed"], content["planned"]) == (1, 70, 70)
    assert {"seconds", "versions"} <= set(content)
    for name, claim in content["claims"].items():
        assert sum(claim["counts"].values()) == 70
        assert claim["guaranteed"] is True
        if not claim["counts"]["holds"]:  # of so few instances
            assert seldom_met(name) or name in ("ours.general_descent.hf_maml", "ours.convex.lemma_4_8")
            continue
        assert 0 <= claim["tightness"]["max"]["lower"] <= claim["tightness"]["max"]["upper"]
        assert mamlcheck.instance(claim["worst_instance"]).shape == (1,)


def test_json_is_the_same_to_the_byte_in_every_process() -> None:
    seen = set()
    for seed in ("0", "1", "4242"):
        done = subprocess.run(
            [*COMMAND, "check", "--instances", "100", "--json", "--seed", "3"],
            env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        seen.add(re.sub(r'"seconds": [0-9.e-]+', "", done.stdout))
        assert done.stderr == ""
    assert len(seen) == 1


def test_claims_by_id_and_by_family() -> None:
    content = json.loads(call("check theorem_4_11 lemma_4_9 --instances 8 --json").stdout)
    assert list(content["claims"]) == ["theorem_4_11", "lemma_4_9.first_moment", "lemma_4_9.second_moment"]


def a_result(printed: Counts | None = None, partial: bool = False, **counts: int) -> Results:
    results = runner.run(load_claims(("hf_error",)), [], 1)
    claim = replace(results.claims["hf_error"], counts=Counts(**{"holds": 1} | counts), printed_form=printed)
    return replace(results, claims={"hf_error": claim}, partial=partial)


@pytest.mark.parametrize(
    ("counts", "partial", "status"),
    [
        ({}, False, 0),
        ({"vacuous": 1}, False, 0),
        ({"violated": 1}, False, 1),
        ({"undecided": 1}, False, 1),
        ({"printed": Counts(holds=1, violated=1)}, False, 1),
        ({}, True, 130),
        ({"violated": 1}, True, 1),
    ],
)
@pytest.mark.parametrize("how", ["", "--json"])
def test_exit_status(
    counts: dict[str, Any], partial: bool, status: int, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = a_result(partial=partial, **counts)
    monkeypatch.setattr(runner, "run", lambda *_: results)
    assert call(f"check hf_error {how}").exit_code == status


def test_the_printed_form_is_told_where_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    results = a_result(printed=Counts(holds=1, violated=3))
    monkeypatch.setattr(runner, "run", lambda *_: results)
    assert "hf_error, as printed: 3 violated" in call("check hf_error").stdout


def test_a_pipe_gets_whole_lines_and_no_colours() -> None:
    text = call("check --instances 130").stdout
    assert "\x1b" not in text
    assert not re.search("[^0-9]…", text)  # digits go on, nothing else is cut
    rows = {line.split()[0]: line for line in text.splitlines() if line.strip()}
    for claim in claim_ids():  # a row each, whatever width a file may have
        holds = int(rows[claim].split()[1])
        assert ("random-2/" in rows[claim]) == (holds > 0)
    assert re.search(rf"^{KINDS}, \d,\d+ certified verdicts: none violated", text, re.MULTILINE)


@pytest.mark.parametrize("width", [40, 200])
def test_what_would_steer_a_terminal_is_spelled_out(width: int) -> None:
    """Names come from files of other people; wide, in a table, and narrow, a block of lines for each row."""
    console, hostile = Console(file=io.StringIO(), width=width), "\x1b[2J\u202e"
    row = (f"a{hostile}", f"b{hostile}", loud(f"c{hostile}", bad=False))
    print_grid(console, ("first", "second", f"file{hostile}"), [row])
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert not set(said) & set(hostile[::5])
    for name in ("a", "b", "c", "file"):
        assert rf"{name}\x1b[2J\u202e" in said


def test_a_difference_does_not_steer_the_terminal() -> None:
    text = call("check hf_error --instances 4 --json").stdout
    Path("a.json").write_text(text)
    Path("b.json").write_text(text.replace('"hf_error": {', '"hf_\\u001b[2Jerror": {'))
    said = call("diff a.json b.json")
    assert said.exit_code == 1
    assert r"hf_\x1b[2Jerror" in said.stdout
    assert "\x1b" not in said.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = shlex.join([*COMMAND, "show", "random-2/1/9"]) + " | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("random-2/1/9: ")
    assert done.stderr == ""


@pytest.mark.alike
@pytest.mark.parametrize("columns", [30, 80, 200])
def test_ids_can_be_copied_from_any_terminal(columns: int) -> None:
    status, seen = in_terminal("check --instances 130", columns)
    seen = seen[seen.rindex("\x1b[2K") :]  # what stays once the progress bar is gone
    assert status == 0
    assert not re.search("[^0-9]…", seen)
    assert set(claim_ids()) <= words_of(seen)
    worst = [word for word in words_of(seen) if word.startswith("random-2/")]
    assert worst
    for instance in worst:
        assert mamlcheck.instance(instance).shape == (1,)


# -- Ctrl-C ------------------------------------------------------------------------------------------------------
@pytest.mark.alike
def test_ctrl_c_leaves_what_is_done() -> None:
    status, seen = in_terminal("check --instances 100000000", 100, stop_when="[1-9][0-9]*/100000000")
    assert status == 130
    assert "Traceback" not in seen
    assert "none violated" in seen  # and not that all hold: claims about whole runs have no random instance
    done = re.search(r"Stopped early: ([0-9,]+) of 100,000,000 instances were checked", seen)
    assert done is not None
    assert int(done[1].replace(",", "")) % 64 == 0


@pytest.mark.alike
def test_ctrl_c_writes_a_partial_report() -> None:
    status, seen = in_terminal("report --instances 100000000 --out out", 100, stop_when="[1-9][0-9]*/125000000")
    assert status == 130
    assert "Report: out/index.html" in seen
    results = json.loads(Path("out/results.json").read_text())
    assert results["partial"] is True
    assert 0 < results["completed"] < results["planned"] == 125_000_000
    page = Path("out/index.html").read_text()
    assert f"partial: stopped by the user after {results['completed']:,} of 125,000,000 instances" in page
    totals = {sum(claim["counts"].values()) for claim in results["claims"].values()}
    assert totals == {results["completed"]}


def test_ctrl_c_after_the_checks_prints_what_they_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "with_proofs", interrupted)
    result = call("report --instances 4 --out out")
    assert result.exit_code == 130
    assert f"{KINDS}, " in result.stdout
    assert "what is not printed above is lost" in result.stderr
    assert not Path("out/index.html").exists()


def test_a_block_counts_for_all_claims_or_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of counting waits until the block is counted for every claim."""
    from mamlcheck.check.sweeps import RandomSweep

    plain = runner.Gathering.add

    def interrupted(self: runner.Gathering, *arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        plain(self, *arguments)

    monkeypatch.setattr(runner.Gathering, "add", interrupted)
    results = runner.run(load_claims(("lemma_4_8", "hf_error")), [(RandomSweep(1), 640)], 1)
    assert results.partial
    assert results.completed == 64
    assert {claim.counts.total for claim in results.claims.values()} == {64}


def test_ctrl_c_before_the_first_block_says_that_nothing_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "judge_block", interrupted)
    for line in ("check hf_error --instances 64", "report --instances 64 --out out"):
        result = call(line)
        assert result.exit_code == 130
        assert "nothing judged yet: stopped before the first block of instances was done" in result.stdout
        assert "Stopped early: nothing was judged yet." in result.stderr
        assert "no instance" not in result.output
        assert "hold" not in result.stdout.partition("worst instance")[2].replace("holds", "")
    page = Path("out/index.html").read_text()
    assert "partial: stopped by the user before the first block of instances was done; nothing was judged" in page
    assert "No instance meets the hypotheses" not in page
    assert "– not judged" in page


# -- report ------------------------------------------------------------------------------------------------------
def test_report_says_where_it_is_and_how_it_was_made() -> None:
    line = "report --instances 8 --data firms.csv --task firm --target invest --unequal first --out 'a b'"
    result = call(line)
    assert result.exit_code == 0
    assert "Report: a b/index.html" in result.stdout
    assert "left out the column 'note'" in result.stderr
    results = json.loads(Path("a b/results.json").read_text())
    assert shlex.split(results["command"])[0] == "mamlcheck"
    assert sorted(shlex.split(results["command"])[1:]) == sorted(shlex.split(line))
    assert "kept the first 2 rows of each task" in results["sources"][1]["description"]
    assert (results["completed"], results["planned"]) == (10, 10)


WAGES = "firm;wage;hours;sex\nA;1,5;2;f\nA;1.002,5;3,25;m\nA;2;-999;f\nA;2;5;f\nB;1,007;3;m\nB;3;1;f\nB;;1;m\n"


@pytest.mark.alike
def test_a_table_of_another_country_in_one_line() -> None:
    """Decimal commas, packed, a mark of missing, losses of one's own; and each instance of it that the page names."""
    Path("my wages.csv.gz").write_bytes(gzip.compress(WAGES.encode()))
    options = (
        "--data 'my wages.csv.gz' --task firm --target wage --features hours --decimal , --na -999 --drop-missing "
        "--max-rows 2 --no-standardise --loss sin --loss 't**2/2 + cos(t)'"
    )
    result = call(f"report --instances 8 --out out {options}")
    assert result.exit_code == 0, result.output
    assert "left out 2 of 7 rows with a missing value ('hours': 1, 'wage': 1)" in result.stderr
    assert "kept at most the first 2 rows of each task, left out 1 of 5 rows" in result.stderr
    results = json.loads(Path("out/results.json").read_text())
    assert shlex.split(results["command"]) == shlex.split(f"mamlcheck report --out out --instances 8 {options}")
    assert results["sources"][1]["name"].startswith("my_wages-")
    assert (
        "2 tasks of 2 rows with 1 feature (hours); losses sin, t**2/2 + cos(t) in turn."
        in (results["sources"][1]["description"])
    )
    page = html.unescape(Path("out/index.html").read_text())
    shown = set(re.findall(r"mamlcheck (show my_wages-\S+ .*?)<", page))
    assert shown
    for line in sorted(shown)[:2]:
        again = call(line + " --json --no-waterfall")
        assert again.exit_code == 0, again.output
        assert json.loads(again.stdout)["claims"]


def test_a_proof_that_does_not_hold_is_exit_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(results: Results, *_: Any) -> Results:
        if "hf_error" not in results.claims:  # of one claim after the other
            return results
        chainless = ProofRecord(False, ("a step",), "printed", (), "", (), ())
        claim = replace(results.claims["hf_error"], proof=chainless)
        return replace(results, claims={**results.claims, "hf_error": claim})

    monkeypatch.setattr(making, "with_proofs", broken)
    result = call("report --instances 4 --out out")
    assert result.exit_code == 1
    assert "NOT PROVED: HF error" in result.stdout


# -- show --------------------------------------------------------------------------------------------------------
def snippet_of(text: str) -> str:
    return text.partition("Repeat it in Python:")[2].strip()


SHOWN = {
    "by id": "show random-2/1/123",
    "of the built-in table": "show grunfeld-2/1/5",
    "of a table": "show {}/1/3 --data firms.csv --task firm --target invest --unequal first",
    "of a table with every option": "show {}/1/3 --data wages.csv.gz --task firm --target y --features 'x,z' "
    "--decimal , --delimiter ';' --na -999 --drop-missing --max-rows 2 --no-standardise --intercept "
    "--loss sin --loss '1-cos(t)'",
    "of a table named like another source": "show {}/1/3 --data random.csv --task firm --target y",
    "of the built-in table read another way": "show {}/1/3 --data grunfeld --task year",
    "in a file": "show 'an instance.json'",
}


def with_its_name(line: str) -> str:
    """The call with the name of the table's ids in it, as a wrong id is told."""
    told = re.search(r"the table that you gave start with (\S+),", call(line.format("nosuch-1")).stderr)
    return line if told is None else line.format(told[1])


@pytest.mark.parametrize("what", SHOWN)
def test_the_snippet_repeats_what_show_did(what: str) -> None:
    Path("random.csv").write_text("firm,y,x\nA,1,2\nA,2,3\nB,7,3\nB,3,1\n")
    wages = "firm;y;x;z\nA;1,5;2;1\nA;2;3,25;-999\nA;2;3;1\nA;2;4;5\nB;1.007;3;2\nB;3;1;2\n"
    Path("wages.csv.gz").write_bytes(gzip.compress(wages.encode()))
    Path("an instance.json").write_text(instance_text(mamlcheck.instance("random-2/2/70")))
    line = with_its_name(SHOWN[what]) if "{}" in SHOWN[what] else SHOWN[what]
    result = call(line)
    assert result.exit_code == 0, result.output
    done = subprocess.run([sys.executable, "-c", snippet_of(result.stdout)], capture_output=True, text=True, check=True)
    shown = json.loads(call(line + " --json").stdout)
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(shown["claims"])
    for line, claim in zip(lines, shown["claims"].values(), strict=True):
        assert claim["verdict"] in line
        assert f"left side in [{told(claim['lhs']['lower'], '-inf')}, " in line
        assert f"{told(claim['rhs']['upper'], 'inf')}]" in line


def told(end: float | None, unknown: str) -> str:
    return unknown if end is None else repr(end)


def test_show_says_why_a_claim_is_vacuous() -> None:
    text = instance_text(mamlcheck.instance("random-2/1/9"))
    Path("far.json").write_text(re.sub(r'"alpha": "[^"]*"', '"alpha": "1000.5"', text))
    result = call("show far.json")
    assert result.exit_code == 0
    assert re.search(
        r"lemma_4_8 is vacuous: alpha = 1000\.5 exceeds 1/L = \S+: Lemma 4\.8 needs alpha in \[0, 1/L\]\.",
        result.stdout,
    )
    Path("back.json").write_text(re.sub(r'"alpha": "[^"]*"', '"alpha": "-1/7"', text))
    assert "lemma_4_8 is vacuous: alpha = -1/7 is negative: Lemma 4.8 needs" in call("show back.json").stdout
    content = json.loads(call("show back.json --json").stdout)
    assert content["claims"]["lemma_4_9.first_moment"]["verdict"] == "VACUOUS"
    assert content["claims"]["lemma_4_9.first_moment"]["lhs"] == {"lower": None, "upper": None}


def test_save_writes_the_same_instance() -> None:
    assert call("show random-2/1/9 --save one.json").exit_code == 0
    assert Path("one.json").read_text() == instance_text(mamlcheck.instance("random-2/1/9"))
    by_id, by_file = (json.loads(call(f"show {x} --json").stdout)["claims"] for x in ("random-2/1/9", "one.json"))
    assert by_id == by_file


def test_a_declared_constant_is_shown_as_such() -> None:
    text = instance_text(mamlcheck.instance("random-2/1/9"))
    Path("low.json").write_text(text.replace('"task":', '"smoothness": "1/1000", "task":'))
    assert "NOT GUARANTEED" in call("show low.json").stdout


@pytest.mark.alike
def test_show_in_a_narrow_terminal() -> None:
    status, seen = in_terminal("show random-2/1/9", 40)
    assert status == 0
    assert set(claim_ids()) <= words_of(seen)
    assert not re.search("[^0-9]…", seen)  # digits go on, nothing else is cut
