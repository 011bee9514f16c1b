"""Advice in the package's own texts: the commands, options and extras that it names are there.

What a message says for one situation is tested with the situation; here it is only that no advice names what is not.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mamlcheck
from mamlcheck.cli import main
from mamlcheck.conformance.adapters import packages

ROOT = Path(mamlcheck.__file__).parent
PROJECT = Path(__file__).parents[1]


def texts() -> Iterator[tuple[str, str]]:
    """Every text that the package holds, docstrings included, with the file; what f-strings put in is an 'x'."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield (
                    path.name,
                    "".join(part.value if isinstance(part, ast.Constant) else " x " for part in node.values),
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, node.value


def wrong(words: list[str]) -> str | None:
    """What of a call of mamlcheck is not there."""
    command: Any = main.commands.get(words[0])
    if command is None:
        return words[0]
    if hasattr(command, "commands") and len(words) > 1:
        command = command.commands.get(words[1])
        if command is None:
            return words[1]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return next((word for word in words if word.startswith("--") and word.partition("=")[0] not in known), None)


def test_commands_that_are_advised_are_there() -> None:
    advised = [
        (file, found.split()) for file, text in texts() for found in re.findall(r"`mamlcheck ([a-z][^`\n]*)`", text)
    ]
    assert len(advised) > 15
    assert [(file, words) for file, words in advised if wrong(words) is not None] == []
    assert wrong(["hunts"]) == "hunts"
    assert wrong(["reference", "renew"]) == "renew"
    assert wrong(["show", "ID", "--svae", "FILE"]) == "--svae"


def test_extras_that_are_advised_are_there() -> None:
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {extra for _, text in texts() for extra in re.findall(r"mamlcheck\[([a-z]+)\]", text)}
    for page in (PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")):
        named |= set(re.findall(r"mamlcheck\[([a-z]+)\]", page.read_text(encoding="utf-8")))
    raised = {
        node.args[1].value
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MissingExtra"
        if isinstance(node.args[-1], ast.Constant)
    }
    raised |= {extra for _, extra in packages()}
    assert raised >= {"torch", "jax", "tables"}
    assert (named | raised) <= {*extras}, named | raised
