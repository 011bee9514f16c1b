"""Every block of the README and of the pages under docs/ is run here, or one list says why not and who runs it.

A page is read from top to bottom, in a folder of its own:

- `sh`, without `$`: commands, which run;
- lines that begin with `$ `, in `console` or a block of no language: a transcript, which must be what the program
  prints (a line of `...` stands for any lines);
- `python`: it runs, with the names of the blocks before it on the page; its tests are called. One whose first line is a
  comment `# NAME.py` is written to that file instead, for what stands below it.

`python tests/test_examples.py [PAGE ...]` renews the transcripts: it runs their commands and writes what they print.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

import mamlcheck
from mamlcheck.cli import main
from mamlcheck.record.reference import ReferenceRun, reference_folder

PROJECT = Path(__file__).parents[1]
WIDTH = 120  # columns that pages are set in
MADE = {"_build", "generated"}  # folders that Sphinx writes
RENEW = "The page shows something else: `python tests/test_examples.py {page}` renews its transcripts."

# What is not run here, by page and the beginning of the block: why, and who runs it.
ELSEWHERE = {
    ("README.md", "pip install .\n"): ".ci/run takes it from the README and runs it in a fresh environment",
    ("README.md", "pip install '.[test]'"): ".ci/run takes it from the README and runs it in a fresh environment",
    ("docs/how-to/in-ci.md", "pytest --pyargs mamlcheck"): "test_the_commands_of_the_reference_run",
    ("docs/how-to/commands.md", "mamlcheck report [--out DIR]"): "test_the_commands_are_listed_with_options_they_have",
    ("docs/benchmarks.md", "nox -s benchmarks"): "takes half an hour, by itself, on a machine that does nothing else",
    ("docs/rocq.md", "$ mamlcheck prove --rocq DIR"): "tests/proof/test_rocq.py",
    ("docs/rocq.md", "CONTEXT SUMMARY"): "tests/proof/test_rocq.py",
    ("docs/rocq.md", "(** lemma_4_8:"): "a statement of proofs/rocq/Claims.v, nothing to run",
    ("docs/what-you-must-trust.md", "=========="): "a table, which tests/proof holds against the kernel",
}
WHOLE_PAGES = {"docs/sweeps.md": "tests/test_sweeps_page.py runs it with its shells"}
NOTHING_TO_RUN = {
    "mermaid": "a drawing",
    "bibtex": "an entry of a bibliography",
    "json": "a document",
    "yaml": "a file",
}

# What differs from one machine, or one budget, to the next: nothing else may differ.
VARIES = (
    (r"[\d,]+ instances in [\d.]+ s", "N instances in T s"),
    (r"(relative error \(?|relative error: |residual of the best fit: )[\d.e-]+", r"\1E"),
    (r"the tightest instance has 0\.\d+", "the tightest instance has X"),
)

# What takes minutes, or more than a test may, is run with less of it: here in transcripts as well, ...
LESS = {
    "mamlcheck hunt lemma_4_9.first_moment": "--evaluations 2000",
    "mamlcheck hunt --shave lemma_4_8=0.98": "--evaluations 10000",
    "mamlcheck hunt --shave lemma_4_9.second_moment=0.6": "--evaluations 4000",
    "mamlcheck run random-2/1/300 --steps 1000 --algorithm maml --algorithm hf-maml": "--steps 20",
    "mamlcheck run --resume wages.npz --steps 5000": "--steps 250",
    "mamlcheck run --plan plan.json": "--steps 20",
    "mamlcheck run --steps 4000 --every 40 --chart runs-grunfeld.svg": "--steps 40 --seeds 2",
    "mamlcheck report --instances 64": "--instances 4",
    "mamlcheck report --instances 16 --format html --format junit": "--instances 4",
}
# ... and here in commands without output: the options that a command is given where it has none of them.
LESS_OF_A_COMMAND = (
    ("mamlcheck report ", "--instances", "4"),
    ("mamlcheck hunt ", "--evaluations", "2000"),
    ("mamlcheck conform ", "--only", "alpha-zero"),
    ("pytest --mamlcheck-subject", "-k", "alpha-zero"),
)

TABLE = "{},{},hours,books\n" + "".join(
    f"{group},{3 * k + shift},{k},{(7 * k + shift) % 5}\n" for shift, group in enumerate("ABC") for k in range(6)
)
TABLES = {"students.csv": TABLE.format("school", "score"), "wages.csv": TABLE.format("firm", "wage")}
LOOP = ("docs/how-to/own-model.md", "# loop.py")  # what a reader has: a training loop,
MINE = ("docs/how-to/in-ci.md", "# mine.py")  # and an implementation


# -- blocks ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Block:
    """What stands between fences: its language, its text, and the line that it begins at."""

    language: str
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, if it is one."""
        found = re.match(r"# ([\w-]+\.py)\n", self.text)
        return found[1] if found else None


def blocks(text: str) -> list[Block]:
    found = re.finditer(r"^(`{3,}|:{3,})([^\n`]*)\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL)
    return [Block(f[2].strip(), f[3], text[: f.start()].count("\n") + 2) for f in found if f[1][0] == "`"]


def block(page: str, first: str) -> str:
    """The block of a page that begins so."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    return next(b.text for b in blocks(text) if b.text.startswith(first))


def pages() -> list[str]:
    """The README and every page under docs/ with a block, by their places in the project."""
    found = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    return [
        page.relative_to(PROJECT).as_posix()
        for page in found
        if not MADE & set(page.parts) and blocks(page.read_text(encoding="utf-8"))
    ]


def elsewhere(page: str, block: Block) -> str:
    """Why a block is not run here; nothing if it is."""
    if page in WHOLE_PAGES:
        return WHOLE_PAGES[page]
    if block.language.startswith("{"):
        return "a directive, which Sphinx reads"
    listed = [why for (where, first), why in ELSEWHERE.items() if where == page and block.text.startswith(first)]
    return listed[0] if listed else NOTHING_TO_RUN.get(block.language, "")


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a transcript, each with the output that stands under it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def command_lines(text: str) -> list[str]:
    r"""The commands of a block without output, where a line that ends with \ goes on."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


# -- running ---------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def readers_folder() -> Iterator[Path]:
    """A folder, to stand in and to import from, with the tables that pages speak of."""
    before, path, known = Path.cwd(), [*sys.path], {*sys.modules}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, text in TABLES.items():
            (folder / name).write_text(text, encoding="utf-8")
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        try:
            yield folder
        finally:
            os.chdir(before)
            sys.path[:] = path
            for name in {*sys.modules} - known:  # the next page has another file of this name
                if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(folder):
                    del sys.modules[name]


def with_less(command: str) -> str:
    """A command without output, with less of what takes long."""
    for start, option, value in LESS_OF_A_COMMAND:
        if f"{command} ".startswith(start) and option not in command and command not in LESS:
            return f"{command.partition(' #')[0].rstrip()} {option} {value}"
    return command


def printed(command: str) -> str:
    """What a command prints, on either stream; it must not be a wrong call, nor a program that fails."""
    command = command.partition(" #")[0].strip()
    words = shlex.split(f"{command} {LESS.get(command, '')}")
    if words[0] == "pip":
        return ""  # the environment of the tests has it
    if words[0] == "mamlcheck" and not {"|", ">", "&&", ";"} & {*words}:
        result = CliRunner().invoke(main, words[1:], env={"COLUMNS": "80"})  # as wide as pages show it
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code in (0, 1), f"{command}\n{result.output}"  # 2 is a wrong call
        return result.output
    if words[0] == "pytest":
        run = [sys.executable, "-m", *words, "-p", "no:cacheprovider", "-n", "0"]
    elif words[0] == "python":
        run = [sys.executable, *words[1:]]
    else:
        program = f'mamlcheck() {{ "{sys.executable}" -m mamlcheck "$@"; }}\n'
        run = [shutil.which("bash") or "bash", "-ec", program + command]
    environment = {**os.environ, "COLUMNS": "80", "PYTHONPATH": str(Path(mamlcheck.__file__).parents[1])}
    done = subprocess.run(run, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def python(text: str, names: dict[str, Any], where: str) -> None:
    """Runs a block with the names of the page, and calls the tests that it brings, but for those with cases."""
    importlib.invalidate_caches()
    before = {name: value for name, value in names.items() if name.startswith("test_")}
    with unhurried():
        exec(compile(ast.parse(text), where, "exec"), names)
        for name, value in [*names.items()]:
            if name.startswith("test_") and before.get(name) is not value:
                filled = [mark for mark in getattr(value, "pytestmark", []) if mark.name == "parametrize"]
                assert all(len(mark.args[1]) > 0 for mark in filled), f"{name} of {where} has no cases"
                if not filled:
                    value()


@contextlib.contextmanager
def unhurried() -> Iterator[None]:
    """Hypothesis reads every module's constants before its first example: a busy machine is no fault of the example."""
    before = settings()
    settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("unhurried")
    try:
        yield
    finally:
        settings.register_profile("as before", before)
        settings.load_profile("as before")


def normal(text: str) -> str:
    """The words of a text, without what may vary."""
    words = " ".join(text.split())
    for pattern, name in VARIES:
        words = re.sub(pattern, name, words)
    return words


def matches(shown: str, output: str) -> bool:
    """Whether a transcript shows what was printed, where a line of `...` stands for any lines."""
    parts = [re.escape(normal(part)) for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)]
    return re.fullmatch(r"\s*.*\s*".join(parts), normal(output), re.DOTALL) is not None


def is_transcript(block: Block) -> bool:
    return block.language in ("", "console", "text") and block.text.startswith("$ ")


def run(page: str, block: Block, names: dict[str, Any]) -> None:
    """Runs one block of a page, in the page's folder."""
    where = f"{page}:{block.line}"
    if is_transcript(block):
        for command, shown in commands(block.text):
            output = printed(command)
            assert not shown.strip() or matches(shown, output), f"$ {command}\n{output}\n{RENEW.format(page=page)}"
    elif block.language == "sh":
        for command in command_lines(block.text):
            printed(with_less(command))
    elif block.language == "python" and block.file:
        Path(block.file).write_text(block.text, encoding="utf-8")
    elif block.language == "python":
        python(block.text, names, where)
    else:
        raise AssertionError(f"{where}: say in ELSEWHERE who runs this block, or why nobody does")


def prepared(page: str) -> dict[str, Any]:
    """The names that the blocks of a page begin with: the README shows three lines of what its readers have."""
    if page != "README.md":
        return {}
    from mamlcheck.conformance import parametrize_with_checks

    Path("mine.py").write_text(block(*MINE), encoding="utf-8")
    names: dict[str, Any] = {"parametrize_with_checks": parametrize_with_checks}
    exec(block(*LOOP).partition("\nwith ")[0], names)
    return names


def required(found: list[Block]) -> set[str]:
    """The frameworks that the blocks of a page import."""
    text = "\n".join(b.text for b in found if b.language == "python")
    return set(re.findall(r"^\s*(?:import|from) (torch|jax)\b", text, re.MULTILINE))


# -- the tests -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", pages())
def test_the_examples_of_a_page_are_true(page: str) -> None:
    found = [b for b in blocks((PROJECT / page).read_text(encoding="utf-8")) if not elsewhere(page, b)]
    for framework in sorted(required(found) | ({"torch"} if page == "README.md" else set())):
        pytest.importorskip(framework)
    with readers_folder():
        names = prepared(page)
        for each in found:
            run(page, each, names)


def test_what_is_run_elsewhere_is_there() -> None:
    for page, first in ELSEWHERE:
        assert block(page, first)
    for why in (*ELSEWHERE.values(), *WHOLE_PAGES.values()):
        for place in re.findall(r"(?:tests/|\.ci/)[\w/]+(?:\.py)?", why):
            assert (PROJECT / place).exists(), place
        for test in re.findall(r"\btest_the_\w+", why):
            assert test in globals(), test
    assert "Quick start" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")


def test_a_transcript_that_says_something_else_is_noticed() -> None:
    assert matches("a 1\n...\nlast\n", "a 1\nb\nc\nlast\n")
    assert matches("3 instances in 2.0 s;\nmore", "491,520 instances in 65.3 s; more\n")
    for shown in ("a 2\n...\n", "a 1\n", "a 1\nb\nc\n...\nend\n", "...\nb\n"):
        assert not matches(shown, "a 1\nb\nc\nlast\n")


@pytest.mark.parametrize(
    ("language", "text", "why"),
    [
        ("console", "$ mamlcheck --version\nmamlcheck, version 99\n", "renews its transcripts"),
        ("sh", "mamlcheck checks\n", "No such command"),
        ("sh", "python -c 'raise SystemExit(3)'\n", "SystemExit"),
        ("python", "assert 1 > 2, 'so it is not'\n", "so it is not"),
        ("python", "def test_mine():\n    assert 1 > 2, 'so it is not'\n", "so it is not"),
        ("", "mamlcheck check\n", "say in ELSEWHERE"),
        ("rust", "fn main() {}\n", "say in ELSEWHERE"),
    ],
)
def test_a_block_that_is_wrong_is_noticed(language: str, text: str, why: str) -> None:
    (made,) = blocks(f"# A page\n\n```{language}\n{text}```\n")
    assert made == Block(language, text, 4)
    with readers_folder(), pytest.raises(AssertionError, match=why):
        run("docs/a-page.md", made, {})


def test_a_block_that_is_a_file_can_be_imported_below_on_its_page_alone() -> None:
    for number in ("1", "2"):
        with readers_folder():
            run("docs/a-page.md", Block("python", f"# theirs_and_mine.py\nNUMBER = {number}\n", 1), {})
            run("docs/a-page.md", Block("python", f"import theirs_and_mine as t\nassert t.NUMBER == {number}\n", 1), {})


def test_the_commands_of_the_reference_run() -> None:
    """CI runs the first; tests/record/test_reference_run.py runs the next two, which are long; the last is run here."""
    text = block("docs/how-to/in-ci.md", "pytest --pyargs mamlcheck")
    lines = [shlex.split(line, comments=True) for line in text.splitlines()]
    assert [words[:3] for words in lines[:3]] == [
        ["pytest", "--pyargs", "mamlcheck"], ["mamlcheck", "reference", "check"], ["mamlcheck", "reference", "update"],
    ]  # fmt: skip
    assert "pytest --pyargs mamlcheck" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    with readers_folder():
        for name in ("A.json", "B.json"):
            Path(name).write_text(printed("mamlcheck check hf_error --instances 4 --json"), encoding="utf-8")
        assert printed(" ".join(lines[3])) == "No difference.\n"


COMMANDS = {
    "brackets", "check", "conform", "derive", "diff", "findings", "hunt", "identify", "merge", "plan", "prove",
    "reference", "report", "run", "show", "sweep", "table1",
}  # fmt: skip


def test_the_commands_are_listed_with_options_they_have() -> None:
    """Every command that is known is there, and every option that is named is one of its own."""
    listed = set()
    for line in block("docs/how-to/commands.md", "mamlcheck report [--out DIR]").splitlines():
        words = line.partition("#")[0].split()[1:]
        command: Any = main.commands[words[0]]
        listed.add(words[0])
        if hasattr(command, "commands"):
            command = command.commands[words[1]]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"--[a-z-]+", line.partition("#")[0])) <= known, line
    assert listed >= COMMANDS


def test_check_subject_raises_with_the_diagnosis() -> None:
    """As its comment in docs/how-to/in-ci.md says, of the implementation in docs/how-to/own-framework.md."""
    pytest.importorskip("torch")
    from mamlcheck.conformance import check_subject

    with readers_folder():
        Path("mine.py").write_text(block("docs/how-to/own-framework.md", "# mine.py"), encoding="utf-8")
        with pytest.raises(AssertionError, match="This is FO-MAML"):
            check_subject("mine:make", "MAML")


def test_what_is_said_of_random_instances_is_what_the_reference_run_has() -> None:
    words = " ".join((PROJECT / "docs/how-to/hunt.md").read_text(encoding="utf-8").split())
    said = re.search(
        r"of the (\d+) in the reference run, half reach less than (\d+) % of (.*?), "
        r"and the tightest reach (\d+) to (\d+) %",
        words,
    )
    assert said is not None
    median, least, most = (int(said[k]) / 100 for k in (2, 4, 5))
    results = ReferenceRun(reference_folder()).results
    assert results.sources[0].instances == int(said[1])
    for claim in re.findall("`(.*?)`", said[3]):
        reached = results.claims[claim]["random-2"].tightness
        assert reached["50 %"].upper < median, claim
        assert least <= reached["100 %"].lower <= reached["100 %"].upper <= most, claim


# -- renewing --------------------------------------------------------------------------------------------------------
def renewed(shown: str, output: str) -> str:
    """A transcript with the lines that are printed now: all of them, or those that begin where each part of it did."""
    parts = re.split(r"^\.\.\.\n?$", shown.rstrip("\n"), flags=re.MULTILINE)
    lines = output.rstrip("\n").split("\n")
    if len(parts) == 1:
        return "\n".join(textwrap.fill(line, WIDTH) if len(line) > WIDTH else line for line in lines).rstrip() + "\n"
    found = []
    for part in (p.strip("\n").split("\n") if p.strip() else [] for p in parts):
        start = next((k for k, line in enumerate(lines) if part and normal(line) == normal(part[0])), 0)
        found.append("\n".join(line.rstrip() for line in lines[start : start + len(part)]))
    return "\n".join(f"{part}\n..." if part else "..." for part in found).removesuffix("\n...").lstrip("\n") + "\n"


def transcript(text: str) -> str:
    """A transcript of now: one that still matches stays as it is."""
    new = ""
    for command, shown in commands(text):
        output = printed(command)
        new += f"$ {command}\n" + (shown if not shown.strip() or matches(shown, output) else renewed(shown, output))
    return new


def renew(page: str) -> None:
    """Write into a page what its commands print. All else on it is run, since commands may need what it makes."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    with readers_folder():
        names = prepared(page)
        for each in blocks(text):
            if elsewhere(page, each):
                continue
            if is_transcript(each):
                text = text.replace(each.text, transcript(each.text))
            else:
                run(page, each, names)
    (PROJECT / page).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    for place in sys.argv[1:] or pages():
        renew(Path(place).resolve().relative_to(PROJECT).as_posix())
