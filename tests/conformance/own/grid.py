"""Right and wrong gradients of networks as people have them, a table a network: `python tests/conformance/own/grid.py`.

--only NET takes one, --rows PATTERN the rows whose name it matches, --steps K inner steps. Each row is appended to
--to FILE as soon as it is known, and one that is there is not done again: so a run of an hour can be done in pieces.
--sizes takes a support and a query size for each task, as 5,5 5,5. --certify NAME certifies the reference of these
algorithms, by whatever time that takes; without it, of those that take a moment.

A row says whether a gradient was called what it is; of a right one in float64 also how far the reference is from what
the framework's own derivatives give, and its radius, both in tolerances of the subject. cpu: seconds of this process
and its children. rss: the most that this process held; tree: the most that it and its children held together, by
samples.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "helpers"))

from own_cases import OF_JAX, OF_TORCH, Case, case
from own_defects import DEFECTS, Named

from mamlcheck import what_is
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Difference
from mamlcheck.conformance.subjects.reading import read_direction

ALPHA = 0.125
DELTAS = {"float32": 2.0**-11, "float64": 2.0**-16}  # small enough to pass no kink of a ReLU
UNIT = 2.0**-53
MIB = 2**20


@dataclass(frozen=True)
class Row:
    """A gradient of a network, and what it was called.

    off, radius: of the reference, in tolerances of a subject in float64; None where that was not looked at.
    """

    net: str
    steps: int
    name: str
    precision: str
    named: bool
    found: Named
    sentence: str
    cpu: float
    wall: float
    load: float
    rss: float
    tree: float
    certified: bool
    off: float | None = None
    radius: float | None = None

    @property
    def key(self) -> tuple[str, int, str, str]:
        return self.net, self.steps, self.name, self.precision

    def line(self) -> str:
        """Of the table."""
        figures = ["" if x is None else f"{x:.0e}" for x in (self.off, self.radius)]
        named = "named" if self.named else "NOT NAMED"
        start = f"{self.name:28} {self.precision:8} {named:10} {self.cpu:7.1f} {self.wall:7.1f} {self.load:5.1f}"
        rest = f"{self.rss:6.0f} {self.tree:6.0f} {figures[0]:>6} {figures[1]:>6}"
        return f"{start} {rest} {'certified' if self.certified else 'measured'}"


HEADER = f"{'':48}{'cpu s':>7} {'wall s':>7} {'load':>5} {'rss':>6} {'tree':>6} {'off':>6} {'radius':>6}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=(*OF_TORCH, *OF_JAX), required=True)
    parser.add_argument("--rows", default="", help="regular expression for names such as 'MAML float32'")
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--sizes", nargs="*", type=lambda s: tuple(map(int, s.split(","))), default=None)
    parser.add_argument("--certify", nargs="*", default=())
    parser.add_argument("--to", type=Path, default=None)
    said = parser.parse_args()
    there = rows_in(said.to)
    others = {} if said.sizes is None else {"sizes": said.sizes}
    print(f"{said.only}, {said.steps} inner steps\n{HEADER}")
    for row in rows(said.only, said.steps, said.rows, said.certify, {r.key for r in there}, others):
        print(row.line(), *(() if row.named else (f"    {row.sentence}",)), sep="\n", flush=True)
        if said.to is not None:
            with said.to.open("a") as file:
                file.write(json.dumps(asdict(row)) + "\n")
    for row in there:
        if row.net == said.only and row.steps == said.steps:
            print(row.line(), *(() if row.named else (f"    {row.sentence}",)), sep="\n")


def rows_in(path: Path | None) -> list[Row]:
    """Those that are done."""
    if path is None or not path.exists():
        return []
    done = [json.loads(line) for line in path.read_text().splitlines()]
    return [Row(**one | {"found": (one["found"][0], tuple(one["found"][1]))}) for one in done]


def rows(
    net: str, steps: int, pattern: str, certify: Any, done: set[tuple[str, int, str, str]], others: dict[str, Any]
) -> Iterator[Row]:
    """The rows of a network that match and are not done."""
    cases = {dtype: case(net, dtype, **others) for dtype in DELTAS}
    given = cases["float32"].problem(ALPHA, steps, progress=partial(print, file=sys.stderr, flush=True))
    for dtype, posed in cases.items():
        names = [*posed.right, *(name for name, d in DEFECTS.items() if (d.named if steps == 1 else d.of_two))]
        for name in names:
            if (net, steps, name, dtype) not in done and re.search(pattern, f"{name} {dtype}"):
                there = given.but(dtype=dtype, **({"certify": True} if name in certify else {}))
                yield row(net, posed, name, dtype, there)


def row(net: str, posed: Case, name: str, dtype: str, given: Problem) -> Row:
    """What a gradient is called."""
    delta = DELTAS[dtype] if name == "HF-MAML" else None
    right, steps = name in posed.right, given.steps
    loop = posed.right[name] if right else posed.wrong[name]
    gradient = posed.gradient(loop, ALPHA, steps, *([] if delta is None else [delta]))
    before, started = cpu(), time.monotonic()
    with peaks() as most:
        diagnosis = what_is(gradient, given, declared=name if right else "MAML", delta=delta)
    taken, wall = cpu() - before, time.monotonic() - started
    expected = (name, ()) if right else DEFECTS[name].named if steps == 1 else DEFECTS[name].of_two
    found = diagnosis.found, diagnosis.defects
    looked: dict[str, Any] = {}
    if right and dtype == "float64":
        c = plain(algorithm(name)) if delta is None else Candidate(algorithm(name), Difference(delta), "inner")
        own = read_direction(given, given.kind.source.model.named(gradient)).flat  # type: ignore[attr-defined]
        held, tolerance = c.enclosed(given), UNIT * c.tolerance(given)
        looked["off"] = float(np.linalg.norm(held.apart(own))) / tolerance
        if held.certified:
            looked["radius"] = float(np.linalg.norm(held.finer_radius)) / tolerance
    named = found == expected and diagnosis.conforms == right
    load = os.getloadavg()[0]
    return Row(
        net, steps, name, dtype, named, found, diagnosis.text, taken, wall, load, *most.read(),
        certified="certified reference" in diagnosis.sentence, **looked,
    )  # fmt: skip


def cpu() -> float:
    """Seconds of this process, and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


@dataclass
class Peaks:
    """The most that was held, in MiB: of this process since it was reset, and of all processes together by samples."""

    tree: list[float] = field(default_factory=list)

    def read(self) -> tuple[float, float]:
        held = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        assert held is not None
        return int(held[1]) / 1024, max(self.tree)


@contextmanager
def peaks() -> Iterator[Peaks]:
    """What is held while this lasts, on Linux."""
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew
    found, ended = Peaks([held_together()]), threading.Event()

    def watch() -> None:
        while not ended.wait(1):
            found.tree.append(held_together())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield found
    finally:
        ended.set()
        watching.join()
        found.tree.append(held_together())


def held_together() -> float:
    """MiB of this process and its descendants: what they share counts once, by shares."""
    total, left = 0, [os.getpid()]
    while left:
        here = Path(f"/proc/{left.pop()}")
        try:
            pss = re.search(r"^Pss:\s+(\d+)", (here / "smaps_rollup").read_text(), re.M)
            for thread in (here / "task").iterdir():
                left += map(int, (thread / "children").read_text().split())
        except OSError:  # it has ended
            continue
        total += int(pss[1]) if pss else 0
    return total * 1024 / MIB


if __name__ == "__main__":
    main()
