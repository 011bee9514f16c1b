"""Certified directions of own models, kept on disk: Arb may need minutes for one.

A direction is a function of the program of each loss, which holds the data, of the numbers of samples, the parameters,
which of them are the last layer, the rates, the number of steps, the order of the tasks, the formula, FLINT's version,
and this package, as it is: all of these make the name of its file. A file
that is not what was written is left unread, and made anew. The folder is `mamlcheck` in $XDG_CACHE_HOME, else in
~/.cache; where it cannot be written, nothing is kept.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from mamlcheck import disk
from mamlcheck.conformance.enclosures import Enclosure
from mamlcheck.errors import InputError

LARGEST_BYTES = 1 << 30
DOUBLE = np.dtype("<f8")  # as it lies in a file, on any machine
PACKAGE = Path(__file__).parents[2]


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
    """The name of the file for what these parts say, and the FLINT that certifies."""
    return hashlib.sha256("\0".join((package_digest(), version("python-flint"), *parts)).encode()).hexdigest()


def kept(name: str, size: int) -> Enclosure | None:
    """The direction (n,) that is kept under a name; None where there is none, or none that is as it was written."""
    try:
        data = disk.read_bytes(folder() / f"{name}.direction", LARGEST_BYTES, "a kept direction")
    except InputError:
        return None
    digest, body = data[:32], data[32:]
    if hashlib.sha256(name.encode() + body).digest() != digest:
        return None
    if len(body) != 2 * size * DOUBLE.itemsize:
        return None
    midpoint, radius = np.frombuffer(body, DOUBLE).astype(np.float64).reshape(2, size)
    return Enclosure(midpoint, radius)


def keep(name: str, found: Enclosure) -> None:
    """Keep a certified direction, if that can be."""
    body = np.stack([found.midpoint, found.radius]).astype(DOUBLE).tobytes()
    try:
        disk.writable_folder(folder())
        disk.write_bytes(folder() / f"{name}.direction", hashlib.sha256(name.encode() + body).digest() + body)
    except (OSError, InputError):  # a disk that is full or read-only: the direction is right all the same
        return
