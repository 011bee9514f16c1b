"""Writes proofs for Rocq into a folder, with the library that they rest on, and has Rocq read them.

What Rocq accepted is remembered in the folder, by the digest of a file together with the library and Rocq's version:
the same file is not read twice. A file counts as accepted where `coqc` ends well and `Print Assumptions` after each of
its theorems names no axiom but those of the standard library's real numbers (`ALLOWED`).
"""

from __future__ import annotations

import graphlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from mamlcheck.disk import require_writable, write_text
from mamlcheck.errors import InputError, MamlcheckError
from mamlcheck.formats.rocq import RocqFile, RocqFiles
from mamlcheck.proof.catalogue import has_proof, proved
from mamlcheck.proof.rocq.files import file_text, stated, statement_name
from mamlcheck.proof.rocq.terms import CannotBeWritten
from mamlcheck.shipped import shipped

ALLOWED = (
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
    "Classical_Prop.classic",
)
"""Axioms of Rocq's standard library, on which its real numbers and classical logic rest: all that may be used."""

UNPROVED = re.compile(r"\b(Axiom|Axioms|Conjecture|Parameter|Parameters|Admitted|admit|give_up)\b")
ACCEPTED = "accepted.json"  # in the folder: digests of files that Rocq accepted, with what they rest on
SAID_LINES = 12  # of Rocq's message that are kept

NO_ROCQ = (
    "Rocq's compiler `coqc` was not found, so that nothing was checked. Install it (on Debian or Ubuntu: apt-get "
    "install coq) and ask again, or take the folder to where it is: there `coqc -Q . MamlCheck FILE` reads it"
)


class NoRocq(MamlcheckError):  # noqa: N818 - reads as what it says
    """Rocq is not installed; the message says how to get it."""


@cache
def library() -> dict[str, str]:
    """The library's files, by name without .v, each after those that it rests on."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (shipped("proofs") / "rocq").glob("*.v")}
    needs = {name: set(required(text)) & set(texts) for name, text in sorted(texts.items())}
    return {name: texts[name] for name in graphlib.TopologicalSorter(needs).static_order()}


def required(text: str) -> tuple[str, ...]:
    """The files of the library that a file asks for."""
    lines = re.findall(r"^From MamlCheck Require Import (.*)\.$", text, re.M)
    return tuple(name for line in lines for name in line.split())


def write(folder: Path, claims: Iterable[str], progress: Callable[[int], None] = lambda done: None) -> RocqFiles:
    """Write one file a claim, and the library. Raises `InputError` where a proof does not hold or a file cannot be.

    A claim that has no proof or no statement in Rocq, or uses an axiom that is no theorem there, is told and left out.
    """
    require_writable(folder, f"--rocq {folder}")
    for name, text in library().items():
        write_text(folder / f"{name}.v", text)
    write_text(folder / "_CoqProject", "-Q . MamlCheck\n")
    found: dict[str, RocqFile] = {}
    for claim in claims:
        found[claim] = _write(folder, claim)
        progress(1)
    return RocqFiles(str(folder), "", tuple(library()), found)


def _write(folder: Path, claim: str) -> RocqFile:
    name = statement_name(claim)
    if not has_proof(claim):
        return RocqFile("not written", "", 0, said="it has no proof")
    if name not in stated():
        return RocqFile("not written", "", 0, said="it has no statement in proofs/rocq/Claims.v")
    try:
        text = _text_of(claim)
    except CannotBeWritten as error:
        return RocqFile("not written", "", 0, said=str(error))
    write_text(folder / f"{name}.v", text)
    return RocqFile("written", f"{name}.v", text.count("\n"))


def _text_of(claim: str) -> str:
    proof = proved(claim)
    if not proof.proved:
        raise InputError(f"{claim} is not proved, so that there is nothing to write: {proof.missing[0]}")
    return file_text(proof)


# -- asking Rocq -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Rocq:
    """Rocq as it is installed."""

    coqc: str
    version: str

    @staticmethod
    def found() -> Rocq:
        """The `coqc` on the path. Raises `NoRocq`."""
        coqc = shutil.which("coqc")
        if coqc is None:
            raise NoRocq(NO_ROCQ)
        said = subprocess.run([coqc, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"version (\S+)", said)
        return Rocq(coqc, version.group(1) if version else "of unknown version")

    def read(self, folder: Path, name: str) -> tuple[bool, str, float]:
        """Whether it accepts a file, what it says, and the seconds that it took."""
        start = time.monotonic()
        done = subprocess.run(
            [self.coqc, "-q", "-Q", ".", "MamlCheck", f"{name}.v"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode == 0, done.stdout + done.stderr, time.monotonic() - start


def check(
    files: RocqFiles, progress: Callable[[int], None] = lambda done: None, workers: int | None = None
) -> RocqFiles:
    """Have Rocq read the files that were written. workers: how many at once, as many as there are cores if None.

    Raises `NoRocq` where it is not installed, and `InputError` where it refuses the library itself.
    """
    rocq, folder = Rocq.found(), Path(files.folder)
    known = _known(folder)
    base = hashlib.sha256(("\n".join(library().values()) + rocq.version).encode()).hexdigest()
    digests = {
        claim: hashlib.sha256(base.encode() + (folder / file.file).read_bytes()).hexdigest()
        for claim, file in files.claims.items()
        if file.state == "written"
    }
    new = [claim for claim, digest in digests.items() if digest not in known]
    if new:
        _read_library(rocq, folder)
    done = {
        claim: replace(files.claims[claim], state="accepted", rests_on=known[digest])
        for claim, digest in digests.items()
        if digest in known
    }
    progress(len(done))
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1)
    try:
        asked = {claim: pool.submit(_verdict, rocq, folder, files.claims[claim]) for claim in new}
        for claim, job in asked.items():
            done[claim] = file = job.result()
            if file.state == "accepted":  # remembered at once: whoever stops here has not waited in vain
                known[digests[claim]] = file.rests_on
                write_text(folder / ACCEPTED, json.dumps(known, indent=1, sort_keys=True) + "\n")
            progress(1)
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C none of those that wait is begun
    return replace(files, rocq=rocq.version, claims={c: done.get(c, file) for c, file in files.claims.items()})


def _known(folder: Path) -> dict[str, tuple[str, ...]]:
    """What Rocq accepted before, by digest; nothing where the file is missing or not as it was written."""
    try:
        content: object = json.loads((folder / ACCEPTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, Mapping):
        return {}
    return {str(digest): tuple(map(str, axioms)) for digest, axioms in content.items() if isinstance(axioms, list)}


def _read_library(rocq: Rocq, folder: Path) -> None:
    for name, text in library().items():
        word = UNPROVED.search(_without_comments(text))
        accepted, said, _ = rocq.read(folder, name)
        if not accepted or word:
            reason = f"it holds the word {word.group()}" if word else said.strip()
            raise InputError(f"Rocq {rocq.version} does not accept the library's file {name}.v: {reason}")


def _verdict(rocq: Rocq, folder: Path, file: RocqFile) -> RocqFile:
    text = (folder / file.file).read_text(encoding="utf-8")
    word = UNPROVED.search(_without_comments(text))
    if word:
        return replace(file, state="refused", said=f"it holds the word {word.group()}")
    accepted, said, seconds = rocq.read(folder, file.file.removesuffix(".v"))
    if not accepted:
        return replace(file, state="refused", seconds=seconds, said="\n".join(said.strip().splitlines()[:SAID_LINES]))
    axioms = tuple(sorted(set(re.findall(r"^([A-Za-z_]\w*(?:\.\w+)+)\s*(?::|$)", said, re.M))))
    others = [axiom for axiom in axioms if axiom not in ALLOWED]
    if others or text.count("Print Assumptions") != said.count("Axioms:") + said.count("Closed under the global"):
        said = f"it rests on {', '.join(others) or 'what is not told'}"
        return replace(file, state="refused", seconds=seconds, said=said)
    return replace(file, state="accepted", seconds=seconds, rests_on=axioms)


def _without_comments(text: str) -> str:
    return re.sub(r"\(\*.*?\*\)", "", text, flags=re.S)
