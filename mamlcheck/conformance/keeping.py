"""Files in which what took long to compute is kept, so that the next process need not compute it again.

A file's name is made of all that its content is a function of, and of FLINT's and NumPy's versions and this package,
as it is. A file that is not what was written is left unread. The folder is `mamlcheck` in $XDG_CACHE_HOME, else in
~/.cache; where it cannot be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mamlcheck import disk
from mamlcheck.errors import InputError
from mamlcheck.version import __version__

LARGEST_BYTES = 1 << 30  # of a file, and of all files of one suffix
PACKAGE = Path(__file__).parents[1]


def folder() -> Path:
    """Where they are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "mamlcheck"


@cache
def package_digest() -> str:
    """Of the text of every module of this package: another text may compute something else."""
    text = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        text.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return text.hexdigest()


def name_of(*parts: str) -> str:
    """The name of the file for what these parts say, and for what computes it."""
    by = (package_digest(), __version__, version("python-flint"), version("numpy"))
    return hashlib.sha256("\0".join((*by, *parts)).encode()).hexdigest()


def read(name: str, suffix: str) -> bytes | None:
    """What is kept under a name; None where there is nothing, or nothing that is as it was written."""
    try:
        data = disk.read_bytes(_place(name, suffix), LARGEST_BYTES, "a kept result")
    except InputError:
        return None
    return data[32:] if data[:32] == _digest(name, data[32:]) else None


def write(name: str, suffix: str, body: bytes) -> None:
    """Keep it, if that can be; the oldest files of this suffix go when there is too much of them."""
    if len(body) + 32 > LARGEST_BYTES:
        return
    place = _place(name, suffix)
    # A disk that is full or read-only: what was computed is right all the same.
    with contextlib.suppress(OSError, InputError):
        disk.writable_folder(place.parent)
        disk.write_bytes(place, _digest(name, body) + body)
        disk.make_room(place.parent, suffix, LARGEST_BYTES)


def _place(name: str, suffix: str) -> Path:
    return folder() / f"{name}.{suffix}"


def _digest(name: str, body: bytes) -> bytes:
    return hashlib.sha256(name.encode() + body).digest()
