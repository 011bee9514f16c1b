"""Imports point one way: pyproject.toml says which, and CONTRIBUTING.md draws the imports as they are.

`python tests/test_architecture.py` draws them anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

import mamlcheck

pytest.importorskip("importlinter", reason="import-linter is not installed: pip install 'mamlcheck[test]'")

PACKAGE = Path(mamlcheck.__file__).parent
PROJECT = Path(__file__).parents[1]
CONTRIBUTING = PROJECT / "CONTRIBUTING.md"
DRAWING = re.compile(r"^```mermaid\n(flowchart .*?)^```$", re.MULTILINE | re.DOTALL)


# -- the contracts ---------------------------------------------------------------------------------------------------
@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the package, with the contracts."""
    shutil.copytree(PACKAGE, tmp_path / "mamlcheck", ignore=shutil.ignore_patterns("__pycache__", "proofs", "reports"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def linted(folder: Path) -> tuple[int, str]:
    """The exit status of import-linter on the package in a folder, and what it prints, on one line."""
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def add_line(folder: Path, module: str, line: str) -> None:
    """Put a line to the end of a module."""
    path = folder / module
    assert path.exists(), module
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{line}\n", encoding="utf-8")


def test_all_contracts_are_kept(copied: Path) -> None:
    status, text = linted(copied)
    assert status == 0, text
    assert "Contracts: 3 kept, 0 broken" in text


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        pytest.param(
            "arithmetic/rounding.py",
            "def late():\n    import mamlcheck.tasks.losses",
            "mamlcheck.arithmetic is not allowed to import mamlcheck.tasks",
            id="upwards-in-a-function",
        ),
        pytest.param(
            "claims/lemma_4_8.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mamlcheck.check.verdict import Verdict",
            "mamlcheck.claims is not allowed to import mamlcheck.check",
            id="upwards-for-types",
        ),
        pytest.param(
            "tasks/loss.py",
            "import mamlcheck",
            "mamlcheck.tasks is not allowed to import mamlcheck",
            id="upwards-by-way-of-the-top",
        ),
        pytest.param(
            "conformance/reference.py",
            "import mamlcheck.claims",
            "mamlcheck.conformance is not allowed to import mamlcheck.claims",
            id="conformance-and-the-theory",
        ),
        pytest.param(
            "arithmetic/exact.py",
            "def late():\n    from mamlcheck.arithmetic import rational",
            "No cycles are allowed in mamlcheck.arithmetic",
            id="a-circle-of-files",
        ),
        pytest.param("newroom.py", "", "newroom", id="a-room-without-a-place"),
    ],
)
def test_a_contract_that_is_broken_is_noticed(copied: Path, module: str, line: str, said: str) -> None:
    if not (copied / "mamlcheck" / module).exists():
        (copied / "mamlcheck" / module).write_text('"""A new room."""\n')
    add_line(copied / "mamlcheck", module, line)
    status, text = linted(copied)
    assert status == 1, text
    assert said in text


# -- the drawing -----------------------------------------------------------------------------------------------------
@cache
def imported() -> dict[str, frozenset[str]]:
    """For each room and file at the top of the package, those that it imports from."""
    import grimp

    graph = grimp.build_graph("mamlcheck", cache_dir=None)
    found: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules - {"mamlcheck"}:
        room = module.split(".")[1]
        others = {one.split(".")[1] for one in graph.find_modules_directly_imported_by(module) if "." in one}
        found[room] |= others - {room}
    return {room: frozenset(others) for room, others in found.items()}


def reached(room: str, arrows: dict[str, frozenset[str]]) -> set[str]:
    """The rooms that arrows lead to, one after another."""
    seen: set[str] = set()
    waiting = list(arrows.get(room, ()))
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += arrows.get(one, ())
    return seen


def drawn_arrows(arrows: dict[str, frozenset[str]]) -> list[tuple[str, str]]:
    """Of these arrows those that do not follow from the others: (room, the room that it imports from)."""
    return sorted(
        (room, other)
        for room, others in arrows.items()
        for other in others
        if not any(other in reached(between, arrows) for between in others - {other})
    )


def drawing() -> str:
    """The imports as a flowchart for mermaid, without the arrows that follow from others."""
    lines = [f"  {room} --> {other}" for room, other in drawn_arrows(imported())]
    return "\n".join(["flowchart TD", *lines]) + "\n"


def test_the_drawing_in_contributing_is_of_the_imports_that_there_are() -> None:
    found = DRAWING.search(CONTRIBUTING.read_text(encoding="utf-8"))
    assert found, "CONTRIBUTING.md has no drawing of the imports"
    assert found[1] == drawing(), "imports changed: `python tests/test_architecture.py` draws them anew"


def test_the_drawing_has_no_circle() -> None:
    assert [room for room in imported() if room in reached(room, imported())] == []


def test_an_arrow_that_follows_from_others_is_not_drawn() -> None:
    arrows = {"c": frozenset("ab"), "b": frozenset("a"), "d": frozenset("a")}
    assert drawn_arrows(arrows) == [("b", "a"), ("c", "b"), ("d", "a")]


def draw() -> None:
    """Write the drawing into CONTRIBUTING.md."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    CONTRIBUTING.write_text(DRAWING.sub(lambda found: f"```mermaid\n{drawing()}```", text), encoding="utf-8")


if __name__ == "__main__":
    draw()
