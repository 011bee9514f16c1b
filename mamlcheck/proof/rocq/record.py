"""What Rocq accepted, as a record that ships with the proofs: `mamlcheck prove` and reports say so.

The record is of the very sources that proofs, statements and their files for Rocq are made of. Where one of them is
another, it is not believed, and nothing is said: `mamlcheck prove --rocq DIR --check --record` makes it anew.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import subprocess
from functools import cache
from pathlib import Path

from mamlcheck.disk import write_text
from mamlcheck.errors import InputError
from mamlcheck.formats.proofs import Rechecked
from mamlcheck.formats.rocq import RocqFiles, RocqRecord
from mamlcheck.shipped import PACKAGE, shipped

ROOMS = ("claims", "language", "meta", "proof")  # of the package: what claims say, and how proofs are made and written


def record_path() -> Path:
    """Where the record is."""
    return shipped("proofs") / "rocq" / "checked.json"


@cache
def sources() -> str:
    """The digest of all files that proofs and their statements are made of, here and in Rocq."""
    proofs = shipped("proofs")
    files = [(path, path.relative_to(PACKAGE)) for room in ROOMS for path in (PACKAGE / room).rglob("*.py")]
    files += [(path, path.relative_to(proofs.parent)) for end in ("*.py", "*.v") for path in proofs.rglob(end)]
    digest = hashlib.sha256()
    for path, name in sorted(files, key=lambda file: file[1].as_posix()):
        digest.update(f"{name.as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def accepted() -> dict[str, Rechecked]:
    """What Rocq accepted, by claim; nothing where the record is not of these sources."""
    try:
        found = RocqRecord.from_json(json.loads(record_path().read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
    return dict(found.claims) if found.sources == sources() else {}


def rechecked(claim: str) -> Rechecked | None:
    """When Rocq accepted the proof of a claim, and what it rests on there; None where it is not known to have."""
    return accepted().get(claim)


def keep(files: RocqFiles) -> Path:
    """Write down what Rocq accepted just now. Raises `InputError` where it refused one, or this is no checkout."""
    if not files.rocq or not files.accepted:
        raise InputError("Rocq did not accept all that was written, so that nothing is written down of it")
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    commit = _commit()
    claims = {
        claim: Rechecked(files.rocq, today, commit, file.rests_on)
        for claim, file in files.claims.items()
        if file.state == "accepted"
    }
    write_text(record_path(), RocqRecord(sources(), claims).text())
    return record_path()


def _commit() -> str:
    asked = ["git", "-C", str(shipped("proofs")), "rev-parse", "--short=10", "HEAD"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError:
        done = None
    if done is None or done.returncode != 0:
        raise InputError(
            "--record is for a checkout of mamlcheck with git: it writes down the commit, and there is none"
        )
    return done.stdout.strip()
