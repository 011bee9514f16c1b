"""Is anything slower than in the last release?  python tests/benchmarks/against.py [--against REV] [--only TEXT]

The package at REV, and the one in this checkout, do the same works (`works.py`) in turn, in two processes of one run:
times of two machines, or of two days, say nothing. What counts is the median of the ratios of neighbouring samples of
seconds of CPU: what else the machine does slows both of a pair, or is far off the median. Samples are taken until the
median is known well enough. What it calls slower is looked at once more, with fresh processes, and is slower only if it
still is: then the exit status is 1.

REV: the last tag by default; without tags, the commit that last changed the version of the package.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from works import WORKS

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
VERSION = "mamlcheck/version.py"
SLOWER = 1.06  # a ratio that is called slower: at rest equal versions were within 3 %, and 10 % was seen as 8 to 15 %
LEAST_SAMPLES, MOST_SAMPLES = 20, 200  # of one look
KNOWN = 0.015  # half the width of the interval in which the median lies, at which it is known well enough
DEVIATIONS = 1.96  # of a standard normal, for an interval that has 95 % probability

Sample = Callable[[], float]


class CannotBeDone(Exception):  # noqa: N818 - reads as what it says
    """A work that one of the two versions cannot do."""


# -- times -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Ratios:
    """Of neighbouring samples, new over old: above 1 where the new version is slower."""

    each: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """What is said of the two versions."""
        return median(self.each)

    @property
    def uncertainty(self) -> float:
        """Half the width of an interval that has the median of all possible samples in it, with 95 % probability.

        It lies between two of the sorted ratios, since how many of them are below that median is binomial (n, 1/2).
        """
        count, ordered = len(self.each), sorted(self.each)
        below = max(0, math.floor((count - DEVIATIONS * math.sqrt(count)) / 2))
        return (ordered[count - 1 - below] - ordered[below]) / 2

    @property
    def slower(self) -> bool:
        """Whether the new version is slower by more than noise."""
        return self.median > SLOWER

    def sampled(self, old: Sample, new: Sample) -> Ratios:
        """These and more, until the median is known well enough."""
        found = self
        for k in range(MOST_SAMPLES):
            # Each goes first every other time, so that what the one leaves in the caches costs both alike.
            seconds = {which: which() for which in ((old, new) if k % 2 else (new, old))}
            found = Ratios((*found.each, seconds[new] / seconds[old]))
            if k + 1 >= LEAST_SAMPLES and found.uncertainty <= KNOWN:
                break
        return found


def compared(look: Callable[[Ratios], Ratios]) -> Ratios:
    """The ratios of one look, or of two where the first made the new version seem slower."""
    first = look(Ratios())
    return look(first) if first.slower else first


# -- two versions in two processes -----------------------------------------------------------------------------------
class Worker:
    """A process that does a work as the package in `tree` does it. Raises `CannotBeDone` where it cannot.

    repeats: how often it should be done for one sample.
    """

    def __init__(self, tree: Path, name: str):
        one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "works.py"), name],
            cwd=tree,
            env=os.environ | one_core | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.repeats = 1

    def __enter__(self) -> Worker:
        self.repeats = int(self._answer("repeats"))
        return self

    def __exit__(self, *of_error: object) -> None:
        self._process.communicate()

    def sample(self, repeats: int) -> float:
        """The seconds of CPU of doing the work so many times."""
        print(repeats, file=self._process.stdin, flush=True)
        return float(self._answer("seconds"))

    def _answer(self, of: str) -> Any:
        assert self._process.stdout
        answer = json.loads(self._process.stdout.readline() or '{"error": "it ended without an answer"}')
        if "error" in answer:
            self._process.communicate()
            raise CannotBeDone(answer["error"])
        return answer[of]


def look(old: Path, new: Path, name: str, so_far: Ratios) -> Ratios:
    """More samples of a work by both versions, in fresh processes; either does it as often in a sample as the other."""
    with Worker(old, name) as before, Worker(new, name) as after:
        repeats = max(before.repeats, after.repeats)
        return so_far.sampled(lambda: before.sample(repeats), lambda: after.sample(repeats))


# -- the last release ------------------------------------------------------------------------------------------------
def git(*words: str) -> bytes:
    """What git prints. Raises `CalledProcessError` where it fails."""
    return subprocess.run(["git", "-C", str(CHECKOUT), *words], capture_output=True, check=True).stdout


def last_release() -> str:
    """The last tag, else the commit that last changed the version of the package."""
    try:
        return git("describe", "--tags", "--abbrev=0").decode().strip()
    except subprocess.CalledProcessError:
        return git("log", "-1", "--format=%h", "--", VERSION).decode().strip()


def export(revision: str, folder: Path) -> None:
    """Write the files of a revision into a folder."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", revision))) as archive:
        archive.extractall(folder, filter="data")


def said(name: str, ratios: Ratios) -> str:
    """A line of the outcome."""
    verdict = "SLOWER" if ratios.slower else "faster" if ratios.median < 1 / SLOWER else "the same"
    return f"{name:<42} {ratios.median:6.2f} +- {ratios.uncertainty:.2f}  {verdict}"


def main() -> int:
    """Compare, print a line for each work, and return the exit status."""
    parser = argparse.ArgumentParser(description="Is anything slower than in the last release?")
    parser.add_argument("--against", metavar="REV", help="a tag or commit; the last release by default")
    parser.add_argument("--only", metavar="TEXT", default="", help="only works with this in their names")
    asked = parser.parse_args()
    revision = asked.against or last_release()
    if not revision:
        parser.error(f"git knows no tag and no commit that changed {VERSION}: give --against REV")
    slower = 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            export(revision, Path(folder))
        except subprocess.CalledProcessError as error:
            parser.error(f"--against {revision}: {error.stderr.decode().strip()}")
        print(f"seconds of CPU, this checkout over {revision}; above {SLOWER} is slower", flush=True)
        for name in (one for one in WORKS if asked.only in one):
            try:
                ratios = compared(lambda so_far, name=name: look(Path(folder), CHECKOUT, name, so_far))
            except CannotBeDone as error:
                print(f"{name:<42}      -          not compared: {error}", flush=True)
                continue
            print(said(name, ratios), flush=True)
            slower += ratios.slower
    print(f"{slower} slower" if slower else "nothing is slower")
    return int(slower > 0)


if __name__ == "__main__":
    sys.exit(main())
