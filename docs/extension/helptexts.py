"""Help of commands as reStructuredText: it is plain text for a terminal, in which nothing is markup."""

from __future__ import annotations

import re

import click
from sphinx.application import Sphinx

EVENTS = ("description", "options", "arguments", "epilog")
_DIRECTIVE_OR_KEPT_LINES = re.compile(r"\s*(\.\. \w+:: .*|\| )?")
_MARKUP = re.compile(r"(``[^`]+``)|([\\*|_])|(?<![`\w])`([^`]+)`(?!`)|`")


def as_restructured_text(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Called by sphinx-click for each part of a command's help, which it changes in place."""
    for k, line in enumerate(lines):
        start = _DIRECTIVE_OR_KEPT_LINES.match(line).end()
        lines[k] = line[:start] + _MARKUP.sub(_as_it_stands, line[start:])


def _as_it_stands(found: re.Match[str]) -> str:
    marked, _, code = found.groups()  # sphinx-click marks default values itself
    return marked or (f"``{code}``\\ " if code else f"\\{found[0]}")
