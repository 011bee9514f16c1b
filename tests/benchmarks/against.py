"""Is anything slower than in the last release?  python tests/benchmarks/against.py [--against REV] [--only TEXT]

The package at REV, and the one in this checkout, do the same works (`works.py`) in turn, in two processes of one run:
times of two machines, or of two days, say nothing. Two ratios count: that of the least seconds of CPU, since whatever
else runs only adds to them, and the median of those of neighbouring samples, which the rest of the machine's work moves
the least. Samples are taken until neither version's least time comes down any further. What both ratios call slower is
looked at once more, with fresh processes, and is slower only if it still is: then the exit status is 1.

REV: the last tag by default; without tags, the commit that last changed the version of the package.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import median

from works import WORKS

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
VERSION = "mamlcheck/version.py"
SLOWER = 1.07  # a ratio that is called slower: a slow-down of 10 % is found though noise hides 2 % of it
LEAST_SAMPLES, MOST_SAMPLES = 20, 150
QUIET_SAMPLES = 12  # in a row that lower neither least time by more than SETTLED: then more samples would say the same
SETTLED = 0.005

Sample = Callable[[], float]


class CannotBeDone(Exception):  # noqa: N818 - reads as what it says
    """A work that one of the two versions cannot do."""


# -- times -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Times:
    """Seconds that the old and the new version took, sampled in turn: those at the same place, one after the other."""

    old: tuple[float, ...] = ()
    new: tuple[float, ...] = ()

    @property
    def ratios(self) -> tuple[float, float]:
        """New over old, above 1 where the new version is slower: of the least times, and the median of all pairs."""
        pairs = (new / old for new, old in zip(self.new, self.old, strict=True))
        return min(self.new) / min(self.old), median(pairs)

    @property
    def slower(self) -> bool:
        """Whether both ratios say so: at rest they agree, and beside other work they seldom err alike."""
        return min(self.ratios) > SLOWER

    def sampled(self, old: Sample, new: Sample) -> Times:
        """These and more samples of both, until neither version's least time comes down any further."""
        olds, news, quiet = [*self.old], [*self.new], 0
        for k in range(MOST_SAMPLES):
            least = min(olds, default=inf), min(news, default=inf)
            # Each goes first every other time, so that what the one leaves in the caches costs both alike.
            for which, times in ((old, olds), (new, news))[:: 1 if k % 2 else -1]:
                times.append(which())
            lower = olds[-1] < least[0] * (1 - SETTLED) or news[-1] < least[1] * (1 - SETTLED)
            quiet = 0 if lower else quiet + 1
            if k + 1 >= LEAST_SAMPLES and quiet >= QUIET_SAMPLES:
                break
        return Times(tuple(olds), tuple(news))


def compared(look: Callable[[Times], Times]) -> Times:
    """The times of one look, or of two where the first made the new version seem slower."""
    first = look(Times())
    return look(first) if first.slower else first


# -- two versions in two processes -----------------------------------------------------------------------------------
@contextmanager
def worker(tree: Path, name: str) -> Iterator[Sample]:
    """Samples of a work as the package in `tree` does it, in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
    environment |= {"OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-P", str(HERE / "works.py")],
        cwd=tree,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout

        def sample() -> float:
            print(name, file=process.stdin, flush=True)
            answer = json.loads(process.stdout.readline())
            if "error" in answer:
                raise CannotBeDone(answer["error"])
            return float(answer["seconds"])

        try:
            yield sample
        finally:
            process.stdin.close()


def look(old: Path, new: Path, name: str, so_far: Times) -> Times:
    """More samples of a work by both versions, in fresh processes."""
    with worker(old, name) as before, worker(new, name) as after:
        return so_far.sampled(before, after)


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


def said(name: str, times: Times) -> str:
    """A line of the outcome."""
    verdict = "SLOWER" if times.slower else "faster" if max(times.ratios) < 1 / SLOWER else "the same"
    return f"{name:<42} {times.ratios[0]:6.2f} {times.ratios[1]:6.2f}  {verdict}"


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
        print(f"seconds of CPU, this checkout over {revision}: least, and median of pairs; slower if both > {SLOWER}")
        for name in (one for one in WORKS if asked.only in one):
            try:
                times = compared(lambda so_far, name=name: look(Path(folder), CHECKOUT, name, so_far))
            except CannotBeDone as error:
                print(f"{name:<42}      -      -  not compared: {error}", flush=True)
                continue
            print(said(name, times), flush=True)
            slower += times.slower
    print(f"{slower} slower" if slower else "nothing is slower")
    return int(slower > 0)


if __name__ == "__main__":
    sys.exit(main())
