"""Every block of the README is run here, or it is said who runs it; a transcript is what the program prints.

`python tests/test_readme.py` renews the transcripts: it runs their commands and writes what they print into README.md.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

from mamlcheck.cli import main
from mamlcheck.record.reference import ReferenceRun, reference_folder

README = Path(__file__).parents[1] / "README.md"
WIDTH = 120  # columns that the README is set in

# What differs from one machine, or one budget, to the next: nothing else may differ.
VARIES = (
    (r"[\d,]+ instances in [\d.]+ s", "N instances in T s"),
    (r"(relative error \(?|relative error: |residual of the best fit: )[\d.e-]+", r"\1E"),
    (r"the tightest instance has 0\.\d+", "the tightest instance has X"),
)

# What takes minutes, or more than a test may, is run with less of it.
LESS = {
    "mamlcheck hunt lemma_4_9.first_moment": "--evaluations 2000",
    "mamlcheck hunt --shave lemma_4_8=0.98": "--evaluations 10000",
    "mamlcheck hunt --shave lemma_4_9.second_moment=0.6": "--evaluations 4000",
    "mamlcheck hunt ./my_claim.py": "--evaluations 2000",
    "mamlcheck report --data students.csv --task school --target score": "--instances 4",
    "mamlcheck conform mine:make --as MAML": "--only alpha-zero",
    "pytest --mamlcheck-subject=mine:make --mamlcheck-as=MAML": "-p no:cacheprovider -q -k alpha-zero",
}

STUDENTS = "school,score,hours,books\n" + "".join(
    f"{school},{3 * k + shift},{k},{(7 * k + shift) % 5}\n" for shift, school in enumerate("ABC") for k in range(6)
)


# -- blocks ----------------------------------------------------------------------------------------------------------
def blocks(text: str) -> list[str]:
    """What stands between fences, in order."""
    return [found[1] for found in re.finditer(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def block(first: str) -> str:
    """The block that begins with this line."""
    return next(b for b in blocks(README.read_text(encoding="utf-8")) if b.split("\n")[0].startswith(first))


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a transcript, each with the output that stands under it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


@contextlib.contextmanager
def readers_folder() -> Iterator[Path]:
    """A folder, to stand in, with the files that a reader of the README has made by then."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, first in (
            ("loop.py", "# loop.py"),
            ("mine.py", "import torch"),
            ("theirs.py", "import jax"),
            ("my_claim.py", '"""One inner'),
        ):
            (folder / name).write_text(block(first), encoding="utf-8")
        (folder / "students.csv").write_text(STUDENTS, encoding="utf-8")
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


def printed(command: str) -> str:
    """What a command prints, on either stream, with less of what takes long."""
    words = shlex.split(f"{command} {LESS.get(command, '')}", comments=True)
    if words[0] == "pip":
        return ""  # the environment of the tests has it
    if words[0] == "pytest":
        done = subprocess.run([sys.executable, "-m", *words, "-n", "0"], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr
    if words[0] == "python":
        done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=True)
        return done.stdout
    assert words[0] == "mamlcheck"
    result = CliRunner().invoke(main, words[1:], env={"COLUMNS": "80"})  # as wide as README
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1), result.output  # 2 is a wrong call
    return result.output


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


# -- how each block is run -------------------------------------------------------------------------------------------
def by_ci(text: str) -> None:
    """The quick start: .ci/run takes these blocks from the README and runs them in a fresh environment."""
    assert "Quick start" in (README.parent / ".ci" / "run").read_text(encoding="utf-8")


def transcript(text: str) -> None:
    for command, shown in commands(text):
        output = printed(command)
        assert not shown.strip() or matches(shown, output), f"$ {command}\n{output}\n{RENEW}"


def command_lines(text: str) -> None:
    """Commands without output: they run."""
    for command in text.splitlines():
        assert printed(command).strip()


def watched(text: str) -> None:
    """loop.py, which the transcript that follows it runs."""
    assert "create_graph" not in text


def own_gradient(text: str) -> None:
    """A gradient of the model of loop.py that is MAML's: the block has nothing to say against it."""
    torch = pytest.importorskip("torch")
    names: dict[str, Any] = {}
    exec(block("# loop.py").partition("\ndef train_step")[0], names)  # the model, the loss and the tasks
    model, loss, alpha, tasks = (names[name] for name in ("model", "loss", "alpha", "tasks"))
    total = torch.zeros(())
    for (x, y), (u, v) in tasks:
        weights = dict(model.named_parameters())
        for _ in range(5):
            value = loss(torch.func.functional_call(model, weights, x), y)
            inner = torch.autograd.grad(value, list(weights.values()), create_graph=True)
            weights = {name: w - alpha * g for (name, w), g in zip(weights.items(), inner, strict=True)}
        total = total + loss(torch.func.functional_call(model, weights, u), v) / len(tasks)
    names["gradient"] = torch.autograd.grad(total, list(model.parameters()))
    exec(text, names)


def wrong_maml(text: str) -> None:
    """mine.py, whose diagnosis is the transcript that follows it."""
    pytest.importorskip("torch")
    assert "create_graph" not in text


def right_maml(text: str) -> None:
    pytest.importorskip("jax")
    assert printed("mamlcheck identify theirs:make").startswith("This is MAML, as declared")


def torch_transcript(text: str) -> None:
    pytest.importorskip("torch")
    transcript(text)


def torch_commands(text: str) -> None:
    pytest.importorskip("torch")
    command_lines(text)


def checks_in_python(text: str) -> None:
    """check_subject raises, as its comment says; the test under it is a check each."""
    pytest.importorskip("torch")
    names: dict[str, Any] = {}
    for statement in ast.parse(text).body:
        code = compile(ast.Module([statement], []), "README.md", "exec")
        if isinstance(statement, ast.Expr):
            with pytest.raises(AssertionError, match="This is FO-MAML"):
                exec(code, names)
        else:
            exec(code, names)
    (mark,) = (mark for mark in names["test_mine"].pytestmark if mark.name == "parametrize")
    assert len(mark.args[1]) > 20


def own_claim(text: str) -> None:
    """my_claim.py is what a claim file holds; the block after it hunts it."""
    from mamlcheck.claims import find_claim

    assert find_claim("./my_claim.py").title == "An inner step stretches by at most 1 + alpha L"


def python(text: str) -> None:
    """A test with Hypothesis, or plain Python: it is run, and its tests are called."""
    Path("example.py").write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("example", "example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with unhurried():
        spec.loader.exec_module(module)
        for name in vars(module):
            if name.startswith("test_"):
                getattr(module, name)()


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


def reference_commands(text: str) -> None:
    """CI runs the first; tests/record/test_reference_run.py runs the next two, which are long; the last is run here."""
    lines = [shlex.split(line, comments=True) for line in text.splitlines()]
    assert [words[:3] for words in lines[:3]] == [
        ["pytest", "--pyargs", "mamlcheck"], ["mamlcheck", "reference", "check"], ["mamlcheck", "reference", "update"],
    ]  # fmt: skip
    assert "pytest --pyargs mamlcheck" in (README.parent / ".ci" / "run").read_text(encoding="utf-8")
    for name in ("A.json", "B.json"):
        Path(name).write_text(printed("mamlcheck check hf_error --instances 4 --json"), encoding="utf-8")
    assert printed(" ".join(lines[3])) == "No difference.\n"


COMMANDS = {
    "brackets", "check", "conform", "derive", "diff", "findings", "hunt", "identify", "prove", "reference", "report",
    "run", "show",
}  # fmt: skip


def usage(text: str) -> None:
    """Every command that is known is there, and every option that is named is one of its own."""
    listed = set()
    for line in text.splitlines():
        words = line.partition("#")[0].split()[1:]
        command: Any = main.commands[words[0]]
        listed.add(words[0])
        if hasattr(command, "commands"):
            command = command.commands[words[1]]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"--[a-z-]+", line.partition("#")[0])) <= known, line
    assert listed >= COMMANDS


HOW: dict[str, Callable[[str], None]] = {
    "pip install .": by_ci,
    "pip install '.[test]'": by_ci,
    "# loop.py": watched,
    "$ pip install 'mamlcheck[torch]'\n$ python loop.py": torch_transcript,
    "found = mamlcheck.what_is(": own_gradient,
    "import torch": wrong_maml,
    "$ pip install 'mamlcheck[torch]'": torch_transcript,
    "import jax": right_maml,
    "mamlcheck conform mine:make --as MAML": torch_commands,
    "from mamlcheck.conformance import check_subject, parametrize_with_checks": checks_in_python,
    "$ mamlcheck prove lemma_4_8": transcript,
    "$ mamlcheck show random-2/1/500": transcript,
    "$ mamlcheck hunt lemma_4_9.first_moment": transcript,
    "$ mamlcheck hunt --shave lemma_4_8=0.98": transcript,
    '"""One inner step takes two points apart by a factor of at most 1 + alpha L."""  # my_claim.py': own_claim,
    "mamlcheck hunt ./my_claim.py": command_lines,
    "from hypothesis import given  # a hunt": python,
    "$ mamlcheck brackets": transcript,
    "pytest --pyargs mamlcheck       # in any environment with mamlcheck and pytest": reference_commands,
    "$ mamlcheck plan --data grunfeld": transcript,
    "mamlcheck plan --data students.csv": command_lines,
    "mamlcheck report [--out DIR] [--instances N] [--seed S]": usage,
    "mamlcheck report --data students.csv --task school --target score": command_lines,
    "$ mamlcheck derive grad_F --dim 1 --samples 1": transcript,
    "import mamlcheck": python,
    "from hypothesis import given": python,
}
RENEW = "The README shows something else: `python tests/test_readme.py` renews its transcripts."


def how(text: str) -> str:
    """The key of a block in `HOW`: the longest that it begins with."""
    return max((first for first in HOW if text.startswith(first)), key=len, default="")


@pytest.mark.parametrize("first", HOW)
def test_a_block_of_the_readme_is_true(first: str) -> None:
    (text,) = (b for b in blocks(README.read_text(encoding="utf-8")) if how(b) == first)
    with readers_folder():
        HOW[first](text)


def test_no_block_is_left_out() -> None:
    assert sorted(how(b) for b in blocks(README.read_text(encoding="utf-8"))) == sorted(HOW)


def test_a_transcript_that_says_something_else_is_noticed() -> None:
    assert matches("a 1\n...\nlast\n", "a 1\nb\nc\nlast\n")
    assert matches("3 instances in 2.0 s;\nmore", "491,520 instances in 65.3 s; more\n")
    for shown in ("a 2\n...\n", "a 1\n", "a 1\nb\nc\n...\nend\n", "...\nb\n"):
        assert not matches(shown, "a 1\nb\nc\nlast\n")


def test_what_the_readme_says_of_random_instances_is_what_the_reference_run_has() -> None:
    words = " ".join(README.read_text(encoding="utf-8").split())
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


def renew() -> None:
    """Write into the README what its commands print."""
    text = README.read_text(encoding="utf-8")
    with readers_folder():
        for old in blocks(text):
            if not old.startswith("$ "):
                continue
            new = ""
            for command, shown in commands(old):
                output = printed(command) if shown.strip() else ""
                new += f"$ {command}\n" + (
                    shown if not shown.strip() or matches(shown, output) else renewed(shown, output)
                )
            text = text.replace(old, new)
    README.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    renew()
