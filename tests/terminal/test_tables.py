"""Every table that a command prints fits the terminal: no line is wider, no cell is cut or broken, no id is lost."""

from __future__ import annotations

import io
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console

from mamlcheck.check.results import Results
from mamlcheck.claims import claim_ids
from mamlcheck.cli import main
from mamlcheck.terminal.grid import Column, fold, print_columns, print_comparison, print_grid
from mamlcheck.terminal.sweeps import print_table

MOST_UNBROKEN = 2  # words of a line that has no place to break it: an id or a formula after a relation
PLANTED = Path(__file__).parents[1] / "conformance" / "planted" / "numpy_wrong.py"
CONSTANTS = "L=1,rho=1,sigma=1,sigma~=1,sigma_H=1,Delta=1"
# Each command that prints a table, with words that its first line of titles has: a table has not become a list.
TABLES = {
    "check --instances 70": "claim holds vacuous",
    "report --instances 40 --out out": "claim holds vacuous",
    "merge store": "claim holds",
    "brackets": "claim reached proved bracket",
    "show random-2/1/9": "claim verdict",
    "table1": "MAML FO-MAML HF-MAML",
    "plan --data grunfeld --accuracy 1/10": "MAML FO-MAML HF-MAML",
    f"plan --constants {CONSTANTS} --accuracy 1/1000": "MAML FO-MAML HF-MAML",
    "run --steps 12 --seeds 2": "MAML FO-MAML HF-MAML",
    "diff a.json b.json": "claim measure",
    f"conform {PLANTED}:first_order_sold_as_second": "check outcome",
    "prove --rocq rocq hf_error lemma_4_8": "claim lines",
    "findings": "",
    "prove ours.lemma_4_10": "",
    "prove --axioms": "",
    "hunt hf_error --evaluations 3000": "",
    f"identify {PLANTED}:first_order_sold_as_second": "",
}


def call(line: str) -> str:
    done = CliRunner().invoke(main, shlex.split(line), prog_name="mamlcheck")
    assert done.exit_code in (0, 1), done.output
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of a sweep and two results."""
    made = tmp_path_factory.mktemp("made")
    call(f"sweep lemma_4_8 hf_error --range 0:512 --jobs 1 --store {made / 'store'}")
    for name, seed in (("a", 1), ("b", 2)):
        (made / f"{name}.json").write_text(call(f"check hf_error lemma_4_8 --instances 8 --seed {seed} --json"))
    return made


@pytest.fixture
def files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that the commands run in."""
    monkeypatch.chdir(folder)


def prose_and_tables(text: str) -> str:
    """What is printed without Python to be copied, whose lines are as long as they are."""
    return text.partition("In Python:")[0].partition("Repeat it in Python:")[0].partition("To repeat the first")[0]


OTHERWISE = ("plan --data grunfeld", "brackets", "show", "diff", "conform", "merge", "prove --r")  # at other widths too
CASES = [(line, width) for line in TABLES for width in (60, 80, 120) if width == 80 or line.startswith(OTHERWISE)]


@pytest.mark.parametrize(("line", "width"), CASES)
@pytest.mark.usefixtures("files")
def test_no_line_is_wider_than_the_terminal_and_no_cell_is_cut(
    line: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    said = prose_and_tables(call(line))
    wide = [one for one in said.splitlines() if cell_len(one) > width and len(one.split()) > MOST_UNBROKEN]
    assert not wide
    assert not re.search("[^0-9)]…", said), "digits go on, and nothing else is cut"
    assert max(map(len, said.splitlines())) > width / 2, "the width is made use of"
    titles = TABLES[line].split()
    if titles and width >= 80:
        heads = [one.split() for one in said.splitlines()]
        assert any(head[: len(titles)] == titles or (head and head[-len(titles) :] == titles) for head in heads)


@pytest.mark.usefixtures("files")
def test_a_row_of_brackets_is_one_line_and_what_it_has_beside_is_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = call("brackets").splitlines()
    rows = {one.split()[0]: k for k, one in enumerate(lines) if one.split()[0] in claim_ids()}
    assert "closed" in lines[rows["lemma_4_8"]]
    assert lines[rows["lemma_4_8"] + 1].startswith("ours.lemma_4_8"), "nothing stands below a row that needs no more"
    assert (
        lines[rows["hf_error"] + 1] == "  reached, exactly: 1/2   proved, exactly: 1/2   proved by: ours.hf_error.half"
    )
    assert "certified by" not in lines[0], "what is the same in each row is said once"
    assert "Each instance is certified by exact fractions." in lines


# -- the layout itself -------------------------------------------------------------------------------------------------
def printed(width: int) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=width, soft_wrap=True, highlight=False), file


def test_columns_that_are_0_throughout_go_and_are_named() -> None:
    console, file = printed(80)
    columns = (Column("a", ("x", "y")), Column("b", ("0", "0"), zeros_go=True), Column("c", ("0", "1"), zeros_go=True))
    assert print_columns(console, columns) == ("b",)
    assert file.getvalue() == "a  c\nx  0\ny  1\n"


def test_a_column_is_shortened_first_and_then_the_widest_stands_below() -> None:
    columns = (
        Column("name", ("first", "second")),
        Column("number", ("[1.23456, 1.23457]", "-"), short=("1.2345…", "-")),
        Column("note", ("a note that is longer than all", "")),
    )
    console, file = printed(80)
    print_columns(console, columns)
    assert file.getvalue().splitlines()[1] == "first   [1.23456, 1.23457]  a note that is longer than all"
    console, file = printed(48)
    print_columns(console, columns)
    assert file.getvalue().splitlines()[1] == "first   1.2345…  a note that is longer than all"
    console, file = printed(40)
    print_columns(console, columns)
    assert file.getvalue().splitlines() == [
        "name    number", "first   1.2345…", "  note: a note that is longer than all", "second  -",
    ]  # fmt: skip


def test_a_long_name_stands_on_a_line_of_its_own() -> None:
    console, file = printed(40)
    columns = (
        Column("step", ("short", "a name with very many words in it")),
        Column("value", ("1.5", "2.5"), right=True),
    )
    print_columns(console, (*columns, Column("", ("####", "########"))), long_names=True)
    assert file.getvalue().splitlines() == [
        "step                     value", "short                      1.5  ####",
        "a name with very many words in it", "                           2.5  ########",
    ]  # fmt: skip


def test_long_rows_of_a_comparison_become_lines() -> None:
    console, file = printed(30)
    rows = [("steps", "1", "2"), ("formula", "168 M_0 L Delta / eps^2", "19 Delta / (alpha^2 sigma^2 L)")]
    print_comparison(console, ("", "MAML", "FO-MAML"), rows)
    assert file.getvalue().splitlines() == [
        "       MAML  FO-MAML", "steps  1     2", "formula", "  MAML: 168 M_0 L Delta /", "    eps^2",
        "  FO-MAML: 19 Delta / (alpha^2", "    sigma^2 L)",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [24, 200])
def test_what_would_steer_a_terminal_is_spelled_out_in_each_form(width: int) -> None:
    console, file = printed(width)
    print_grid(console, ("a\x1b[2J", "b"), [("c\u202e", "d\x1b[2J and more of it")])
    print_comparison(console, ("", "e\x1b[2J"), [("f", "g\u202e and more of it")])
    assert not set(file.getvalue()) & {"\x1b", "\u202e"}


def test_a_fold_breaks_between_words_and_keeps_short_equations_and_long_words() -> None:
    assert fold("  with D_in = 5 here", 12, 2) == "  with\n    D_in = 5\n    here"
    assert fold("see random-2/1/123456789 there", 12) == "see\nrandom-2/1/123456789\nthere"
    assert fold("short", 3) == "short"
    assert fold("one line\n  two", 80) == "one line\n  two"


# -- own data ----------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("files")
def test_own_data_stand_apart_from_random_instances() -> None:
    Path("own.csv").write_text("k,y,x\n" + "".join(f"{k},{k * j},{j}\n" for k in (1, 2, 3) for j in range(4)))
    said = call("report --instances 40 --out out --data own.csv --task k --target y")
    results = Results.from_json(json.loads(Path("out/results.json").read_text()))
    random, own = results.sources
    first, _, second = said.partition(f"({own.name}), 10 instances:")
    assert f"({random.name}), 40 instances:" in first
    for part, source in ((first, random), (second, own)):
        rows = {line.split()[0]: line.split() for line in part.splitlines() if line.strip()}
        for name, claim in results.claims.items():
            counted = claim.by_source[source.name]
            assert rows[name][1] == str(counted.counts.holds)
            assert (rows[name][-1] if counted.worst else None) == counted.worst_instance


def test_of_one_source_there_is_one_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    from mamlcheck.check.runner import run
    from mamlcheck.check.sweeps import RandomSweep
    from mamlcheck.claims import load_claims

    print_table(run(load_claims(("lemma_4_8",)), [(RandomSweep(1), 8)], 1))
    said = capsys.readouterr().out.splitlines()
    assert said[0].split()[:2] == ["claim", "holds"]
    assert said[2] == "0 throughout: violated, undecided, vacuous, at confidence."
