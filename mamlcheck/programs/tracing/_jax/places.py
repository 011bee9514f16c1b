"""The lines of the user's code that equations of a jaxpr and exceptions come from."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax

LIBRARIES = "site-packages"
OURS = f"{Path(__file__).parents[3]}/"


def place_of(eqn: Any) -> str:
    """The line of the user's code that an equation comes from, as 'model.py:12'.

    The innermost line outside of installed packages and of this one; of those, if there is no other, the innermost
    that is not JAX's.
    """
    return _place((f.file_name, f.line_num) for f in getattr(eqn.source_info.traceback, "frames", ()))


def place_in(error: BaseException) -> str:
    """The line of the user's code that an exception comes from, as ', at model.py:12'."""
    found = _place((f.filename, f.lineno or 0) for f in reversed(traceback.extract_tb(error.__traceback__)))
    return f", at {found}" if found else ""


def _place(lines: Iterable[tuple[str, int]]) -> str:
    """The first of these files and lines that is the user's."""
    foreign = [(file, n) for file, n in lines if not file.startswith((_folder(jax), OURS))]
    own = [(file, n) for file, n in foreign if LIBRARIES not in Path(file).parts and Path(file).exists()]
    for file, n in own or foreign:
        return f"{Path(file).name}:{n}"
    return ""


def _folder(package: Any) -> str:
    return str(Path(package.__file__).parent) + "/"


def is_users(jaxpr: Any) -> bool:
    """Whether a jaxpr is of a function outside of JAX.

    JAX keeps the jaxprs of its own functions, with the line that called them first.
    """
    info = getattr(jaxpr, "debug_info", None)
    return _folder(jax) not in str(getattr(info, "func_src_info", "") or "")
