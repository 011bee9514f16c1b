"""The forms that a report may be written in, one file each: its name is what `mamlcheck report --format` takes.

A file of this folder holds
    files(results)  the files of this form, each name with its text: a pure function of the results; the first is the
                    one to be looked at
    NAMES           the names of these files, known before there are results

Nothing is registered anywhere.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from mamlcheck.place import names_in

if TYPE_CHECKING:
    from mamlcheck.check.results import Results

DEFAULT = "html"


class Form(Protocol):
    """What a file of this folder holds."""

    NAMES: tuple[str, ...]

    def files(self, results: Results) -> Mapping[str, str]:
        """The files of this form, each name with its text."""


def format_names() -> list[str]:
    """The names of all forms. None of them is imported for that: the help of the command needs them."""
    return [name for name in names_in(__path__) if not name.startswith("_")]


def require_places(forms: Sequence[str], out: Path, given: str) -> None:
    """Raise `InputError` where a report cannot be written, before anything is checked. given: how `out` was given."""
    from mamlcheck.disk import require_place, require_writable

    require_writable(out, given)
    for form in forms:
        for name in _form(form).NAMES:
            require_place(out / name, f"{given}: {out / name}")


def files_of(results: Results, forms: Sequence[str]) -> dict[str, str]:
    """All files of a report in these forms, each name with its text."""
    found: dict[str, str] = {}
    for form in forms:
        found |= _form(form).files(results)
    return found


def write(results: Results, out: Path, forms: Sequence[str]) -> list[Path]:
    """Write a report in these forms, all files or none; returns the file of each form that is to be looked at.

    Raises:
        InputError: `out` cannot be made or written.

    """
    from mamlcheck.disk import write_together

    write_together(out, files_of(results, forms))
    return [out / _form(form).NAMES[0] for form in forms]


def _form(name: str) -> Form:
    return cast(Form, importlib.import_module(f"{__name__}.{name}"))


__all__ = ["DEFAULT", "files_of", "format_names", "require_places", "write"]
