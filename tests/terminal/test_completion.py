"""What a shell is offered: the names that there are, fast, and never an error."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import BashComplete, ShellComplete

from mamlcheck.check.sweeps import VERSION
from mamlcheck.claims import claim_ids
from mamlcheck.cli import main
from mamlcheck.hunt.families import family_names
from mamlcheck.runs.algorithms import algorithms_named
from mamlcheck.tasks.columns import builtin_tables
from mamlcheck.tasks.losses import builtin_losses
from mamlcheck.terminal import completion

OWN = "school,final score,hours\nA,1,2\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.csv").write_text(OWN)
    Path("own.csv.gz").write_bytes(gzip.compress(OWN.replace(",", ";").encode()))
    Path("one.json").write_text("{}")
    Path("my_claim.py").write_text("")
    Path("folder").mkdir()
    Path("folder/in.csv").write_text("a\n")


def offered(*words: str) -> list[str]:
    """What is offered for the last of the words."""
    shell = ShellComplete(main, {}, "mamlcheck", "_MAMLCHECK_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize("command", ["check", "prove", "brackets", "sweep"])
def test_claims_and_their_families(command: str) -> None:
    found = offered(command, "")
    assert set(claim_ids()) <= set(found)
    families = set(found) - set(claim_ids())
    assert families == {name.rpartition(".")[0] for name in claim_ids() if "." in name}
    assert offered(command, "lemma_4_8", "lemma_4_8") == [], "what is on the line already is not offered again"
    assert offered(command, "theorem_4_1") == ["theorem_4_11"]


def test_claims_to_hunt_for_may_be_files() -> None:
    assert "my_claim.py" in offered("hunt", "my")
    assert offered("hunt", "hf_e") == ["hf_error"]
    assert offered("hunt", "--shave", "hf_e") == ["hf_error="]
    assert set(offered("hunt", "--family", "")) == set(family_names())


@pytest.mark.parametrize("command", ["show", "run", "plan", "table1"])
def test_instances_are_ids_or_files(command: str) -> None:
    assert offered(command, "rand") == [f"random-{VERSION}/1/"]
    assert f"family-spline-{VERSION}/1/" in offered(command, "family")
    assert offered(command, "one") == ["one.json"]
    assert offered(command, "fol") == ["folder/"]
    assert offered(command, "folder/") == ["folder/in.csv"]


def test_names_are_those_that_there_are() -> None:
    assert completion.SOURCES_VERSION == VERSION
    assert set(offered("check", "--source", "")) >= {f"{name}-{VERSION}" for name in builtin_tables()}
    assert set(offered("show", "--loss", "")) == {loss.name for loss in builtin_losses()}
    assert set(offered("report", "--data", "")) >= {*builtin_tables(), "own.csv", "folder/"}
    assert "FO-MAML" in offered("identify", "--as", "FO")
    names = offered("run", "--algorithm", "")
    assert [one.name for one in algorithms_named(names)] == [one.name for one in algorithms_named(())]


@pytest.mark.parametrize("data", ["own.csv", "own.csv.gz"])
def test_columns_are_those_of_the_table_on_the_line(data: str) -> None:
    for option in ("--task", "--target"):
        assert offered("report", "--data", data, option, "") == ["school", "final score", "hours"]
    assert offered("run", "--data", data, "--task", "sc") == ["school"]
    assert offered("report", "--data", data, "--features", "hours,") == ["hours,school", "hours,final score"]
    assert offered("report", "--data", data, "--features", "final score,ho") == ["final score,hours"]
    assert offered("report", "--task", "") == [], "no table is on the line"


def test_columns_of_a_built_in_table_and_of_parquet() -> None:
    assert "firm" in offered("report", "--data", "grunfeld", "--task", "")
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"a": [1], "b b": [2]}), "own.parquet")
    assert offered("report", "--data", "own.parquet", "--task", "") == ["a", "b b"]


@pytest.mark.parametrize("data", ["nothing.csv", "folder", "bad.csv", "bad.csv.gz", "bad.parquet", "\0", ""])
def test_nothing_is_ever_raised(data: str) -> None:
    for name in ("bad.csv", "bad.csv.gz", "bad.parquet"):
        Path(name).write_bytes(b"\xff\xfe\x00\x81" * 9)
    for option in ("--task", "--target", "--features"):
        assert offered("report", "--data", data, option, "") == []
    assert offered("show", "nowhere/at/all/") == []


def test_it_is_fast(tmp_path: Path) -> None:
    """Neither NumPy nor SymPy nor rich is imported for names that files tell."""
    code = (
        "import sys; from click.shell_completion import ShellComplete; from mamlcheck.cli import main\n"
        "shell = ShellComplete(main, {}, 'mamlcheck', '_MAMLCHECK_COMPLETE')\n"
        "lines = 'check -', 'show random', 'report --data own.csv --task s', 'hunt --family s', 'check lemma'\n"
        "for words in (line.split() for line in lines):\n"
        "    assert shell.get_completions(words[:-1], words[-1])\n"
        "print([name for name in ('numpy', 'sympy', 'rich', 'flint', 'mpmath') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[]\n"


def in_bash(line: str) -> list[str]:
    """What the program answers when bash asks, as the script that it gives bash does."""
    words: dict[str, Any] = {"_MAMLCHECK_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": "2"}
    command = [sys.executable, "-c", "import sys; sys.argv[0] = 'mamlcheck'; from mamlcheck.cli import main; main()"]
    done = subprocess.run(command, env=os.environ | words, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_bash_is_answered() -> None:
    assert in_bash("mamlcheck check theorem_4_1") == ["plain,theorem_4_11"]
    assert "_MAMLCHECK_COMPLETE=bash_complete" in BashComplete(main, {}, "mamlcheck", "_MAMLCHECK_COMPLETE").source()


def test_the_help_says_how_it_is_switched_on() -> None:
    assert main.epilog is not None
    assert 'eval "$(_MAMLCHECK_COMPLETE=bash_source mamlcheck)"' in main.epilog
