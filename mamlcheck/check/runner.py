"""Runs claims over sweeps and gathers the results: counts, tightness, the worst instance of each claim.

Results are plain data, in the shape that `results.json` has. For equal inputs they are equal to the byte, apart from
`seconds` and `versions`. An interrupted run keeps what it has, and says that it is partial.
"""

from __future__ import annotations

import platform
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from types import FrameType
from typing import Any

import numpy as np

from mamlcheck.arithmetic import ball
from mamlcheck.check.certified import certified
from mamlcheck.check.plan import Part, plan
from mamlcheck.check.sweeps import Sweep, blocks, instance_at, instance_id
from mamlcheck.check.verdict import (
    HOLDS,
    UNDECIDED,
    VACUOUS,
    VERDICTS,
    VIOLATED,
    Verdicts,
    concatenated,
    finite_or_none,
    judge_on,
)
from mamlcheck.claims import Claim
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.reach import few_drawn, refusal
from mamlcheck.version import __version__

HISTOGRAM_EDGES = tuple(-12 + 0.25 * k for k in range(49))  # log10 of tightness, 1e-12 to 1
SCATTER_POINTS = 300  # points of a claim's scatter, per source
CONTENDERS = 40  # instances of a claim and a source that are certified again, to know which is the tightest
NARROW = 2.0**-30  # relative width of an enclosure that has nine digits: nobody prints more
ROOM = 2**22  # numbers of one array, 32 MiB: a few dozen of them are alive at once
FAILURES = 20  # instances listed when a claim is violated or undecided


@dataclass
class Tally:
    """What is known so far of one claim on one sweep."""

    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    printed: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    guaranteed: bool = True
    arithmetic: dict[str, int] = field(default_factory=lambda: {"ball": 0, "arb": 0, "rational": 0})
    tightness: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    scatter: list[list[float]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    worst: dict[str, Any] | None = None

    def add(self, sweep: Sweep, first: int, instances: Instances, verdicts: Verdicts) -> None:
        """Count a block whose first instance has index `first`."""
        for code in range(4):
            self.counts[code] += int((verdicts.codes == code).sum())
        for name in self.arithmetic:
            self.arithmetic[name] += int((verdicts.arithmetic == name).sum())
        self.guaranteed &= instances.guaranteed
        lower, upper = verdicts.tightness
        self.tightness.append((lower, upper))
        self._remember_scatter(verdicts)
        self._remember_worst(sweep, first, instances, verdicts, lower, upper)
        for k in np.flatnonzero((verdicts.codes == VIOLATED) | (verdicts.codes == UNDECIDED)).tolist():
            if len(self.failures) < FAILURES:
                self.failures.append(
                    {"instance": instance_id(sweep, first + k), "verdict": str(verdicts.verdict(k))}
                    | _finite_sides(verdicts, k)
                )

    def _remember_scatter(self, verdicts: Verdicts) -> None:
        room = SCATTER_POINTS - len(self.scatter)
        shown = np.flatnonzero((verdicts.codes != VACUOUS) & np.isfinite(verdicts.left_upper))[: min(room, 4)]
        self.scatter += [[float(verdicts.left_upper[k]), float(verdicts.right_lower[k])] for k in shown]

    def _remember_worst(
        self,
        sweep: Sweep,
        first: int,
        instances: Instances,
        verdicts: Verdicts,
        lower: np.ndarray,
        upper: np.ndarray,
    ) -> None:
        if np.isnan(lower).all():
            return
        k = int(np.nanargmax(lower))
        if self.worst is None or lower[k] > self.worst["tightness"]["lower"]:
            self.worst = {
                "instance": instance_id(sweep, first + k),
                "source": sweep.name,
                "tightness": {"lower": float(lower[k]), "upper": float(upper[k])},
                "description": describe(instances),
            } | _finite_sides(verdicts, k)

    def settle_the_worst(self, claim: Claim, sweep: Sweep) -> None:
        """Certify again, by Arb or exact fractions, what may be tighter than the tightest and is too wide in `ball`.

        Where that is too many, the rest keep their wide enclosures, and so does the maximum.
        """
        if self.worst is None:
            return
        lower, upper = (np.concatenate(ends) for ends in zip(*self.tightness, strict=True))
        wide = np.flatnonzero(upper - lower > NARROW * upper)
        for k in wide[np.argsort(-upper[wide], kind="stable")][:CONTENDERS].tolist():
            if not upper[k] > self.worst["tightness"]["lower"]:
                break
            one = instance_at(sweep, k)
            found = certified(claim, one)
            if found is None:
                continue
            lower[k], upper[k] = max(lower[k], found.tightness[0]), min(upper[k], found.tightness[1])
            if lower[k] >= self.worst["tightness"]["lower"]:
                self.worst = {
                    "instance": instance_id(sweep, k),
                    "source": sweep.name,
                    "tightness": _enclosure(lower[k], upper[k]),
                    "description": describe(one),
                    "lhs": _enclosure(*found.left),
                    "rhs": _enclosure(*found.right),
                }
        self.tightness = [(lower, upper)]

    def summary(self) -> dict[str, Any]:
        """The tally as plain data."""
        return {
            "holds": self.counts[HOLDS],
            "violated": self.counts[VIOLATED],
            "undecided": self.counts[UNDECIDED],
            "vacuous": self.counts[VACUOUS],
            "guaranteed": self.guaranteed,
            "tightness": _distribution(self.tightness, sum(self.counts) - self.counts[VACUOUS]),
            "worst_instance": self.worst["instance"] if self.worst else None,
            "worst": self.worst,
            "arithmetic": self.arithmetic,
            "printed_form": {str(v).lower(): n for v, n in zip(VERDICTS, self.printed, strict=True)}
            if any(self.printed)
            else None,
            "scatter": self.scatter,
            "failures": self.failures,
        }


def describe(instances: Instances) -> str:
    """What an instance is, in a line."""
    tasks, sizes = instances.tasks, instances.sizes
    kind = type(tasks).__name__.removesuffix("Tasks").lower()
    return (
        f"{kind} tasks: n = {tasks.n}, m = {tasks.m}, d = {tasks.d}; D_in = {sizes.inner}, D_o = {sizes.outer}, "
        f"D_test = {sizes.test}, D_beta = {sizes.stepsize}, B' = {sizes.stepsize_tasks}"
    )


def _finite_sides(verdicts: Verdicts, k: int) -> dict[str, dict[str, float | None]]:
    return {
        side: {name: finite_or_none(value) for name, value in bounds.items()}
        for side, bounds in verdicts.sides(k).items()
    }


def _distribution(parts: list[tuple[np.ndarray, np.ndarray]], judged: int) -> dict[str, Any]:
    """Maximum and median of tightness as enclosures, its histogram, and on how many instances that rests.

    measured: instances that have a tightness; unmeasured: those that are not vacuous and have none, since the right
    side is not known to be above 0, or a side is not known. The median is the middle one, the lower of two: the same
    order statistics of lower and upper bounds enclose it, since sorting keeps order. The histogram is of midpoints.
    """
    lower, upper = (np.concatenate([np.zeros(0), *ends]) for ends in (zip(*parts, strict=True) if parts else ((), ())))
    known = ~np.isnan(lower)
    lower, upper = lower[known], upper[known]
    middle = (len(lower) - 1) // 2
    values = 0.5 * (lower + upper)
    positive = values[(values > 0) & np.isfinite(values)]
    counts = np.histogram(np.clip(np.log10(positive), HISTOGRAM_EDGES[0], 0.0), bins=HISTOGRAM_EDGES)[0]
    return {
        "max": _enclosure(lower.max(), upper.max()) if len(lower) else None,
        "median": _enclosure(np.sort(lower)[middle], np.sort(upper)[middle]) if len(lower) else None,
        "measured": len(lower),
        "unmeasured": judged - len(lower),
        "zero": int((values == 0).sum()),
        "histogram": {"edges": list(HISTOGRAM_EDGES), "counts": counts.tolist()},
    }


def _enclosure(lower: float, upper: float) -> dict[str, float | None]:
    return {"lower": finite_or_none(float(lower)), "upper": finite_or_none(float(upper))}


Progress = Callable[[int], None]
"""Told how many instances were just done."""


def run(
    claims: tuple[Claim, ...],
    sweeps: Iterable[tuple[Sweep, int]],
    seed: int,
    progress: Progress = lambda done: None,
) -> dict[str, Any]:
    """Judge the claims on `count` instances of each (sweep, count), and return the results as plain data.

    KeyboardInterrupt ends the run early: the results so far are returned with `partial` set, `completed` of the
    `planned` instances, the same for every claim but those that a plan judges on fewer.
    """
    start = time.perf_counter()
    chosen = list(sweeps)
    tallies = {claim.id: {sweep.name: Tally() for sweep, _ in chosen} for claim in claims}
    done = {sweep.name: 0 for sweep, _ in chosen}
    plans = {sweep.name: plan(claims, sweep, count) for sweep, count in chosen}
    partial = False
    try:
        for sweep, count in chosen:
            for first, instances in blocks(sweep, count):
                judged: Judged = {}
                for part in plans[sweep.name]:
                    if part.count > first:
                        judged |= judge_block(part.claims, _first_of(instances, part.count - first))
                with _uninterrupted():  # a block counts for all claims or for none
                    _count_block(sweep, first, instances, judged, tallies)
                    done[sweep.name] += len(instances.alpha)
                progress(len(instances.alpha))
    except KeyboardInterrupt:
        partial = True
    for claim in claims:
        for sweep, _ in chosen:
            tallies[claim.id][sweep.name].settle_the_worst(claim, sweep)
    return {
        "format": "mamlcheck-results",
        "version": 1,
        "partial": partial,
        "seed": seed,
        "instances": sum(done.values()),
        "completed": sum(done.values()),
        "planned": sum(count for _, count in chosen),
        "seconds": round(time.perf_counter() - start, 3),
        "versions": versions(),
        "sources": [
            {"name": s.name, "title": s.title, "description": _described(s, plans[s.name]), "instances": done[s.name]}
            for s, _ in chosen
        ],
        "claims": {claim.id: _claim_results(claim, tallies[claim.id]) for claim in claims},
    }


def _first_of(instances: Instances, count: int) -> Instances:
    return instances[:count] if count < len(instances.alpha) else instances


def _described(sweep: Sweep, parts: tuple[Part, ...]) -> str:
    return sweep.description + "".join(f" {part.why[:1].upper()}{part.why[1:]}." for part in parts if part.why)


Judged = dict[str, tuple[Verdicts, Verdicts | None]]
"""Of each claim, the verdicts on its strong form and, where the tasks allow one, on its printed form."""


def judge_block(claims: tuple[Claim, ...], instances: Instances) -> Judged:
    """Judge the claims on a block of instances, in slices where its arrays would take much memory."""
    length = max(1, ROOM // largest_array(claims, instances))
    if length >= len(instances.alpha):
        return _judge_slice(claims, instances)
    starts = range(0, len(instances.alpha), length)
    parts = [_judge_slice(claims, instances[start : start + length]) for start in starts]
    return {name: _joined([part[name] for part in parts]) for name in parts[0]}


def largest_array(claims: tuple[Claim, ...], instances: Instances) -> int:
    """How many numbers the largest array has that the claims need of one instance: Hessians, or samples at all batches.

    Sweeps make instances of more than one number a sample small: the blocks of random instances are never sliced.
    """
    tasks, sizes = instances.tasks, instances.sizes
    n, m = tasks.n, tasks.m
    of_batches = [
        rows * multiset_count(m, size) * m
        for symbol, rows, size in (("D_in", 1, sizes.inner), ("D_test", n, sizes.test), ("D_beta", n, sizes.stepsize))
        if any(symbol in claim.quantifies for claim in claims)
        and not (symbol == "D_beta" and few_drawn(m, size))
        and not refusal(rows, m, tasks.width, size)
    ]
    return max([n * m * tasks.d**2, *of_batches])


def _joined(parts: list[tuple[Verdicts, Verdicts | None]]) -> tuple[Verdicts, Verdicts | None]:
    strong, printed = zip(*parts, strict=True)
    return concatenated(strong), None if printed[0] is None else concatenated(printed)


def _judge_slice(claims: tuple[Claim, ...], instances: Instances) -> Judged:
    with ball.working():
        x = instances.on(ball)
        strong = {claim.id: judge_on(claim, x) for claim in claims}
        printed = {}
        if instances.tasks.global_deviations is not None:
            everywhere = x.with_global_deviations()
            printed = {c.id: judge_on(c, everywhere) for c in claims if c.bounds_deviations}
    return {name: (verdicts, printed.get(name)) for name, verdicts in strong.items()}


def _count_block(
    sweep: Sweep, first: int, instances: Instances, judged: Judged, tallies: dict[str, dict[str, Tally]]
) -> None:
    for name, (strong, printed) in judged.items():
        tally = tallies[name][sweep.name]
        tally.add(sweep, first, instances, strong)
        if printed is not None:
            for code in range(4):
                tally.printed[code] += int((printed.codes == code).sum())


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C until the end of the block of code, where signals can be handled (the main thread)."""
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if came:
        previous(*came[0])


def _claim_results(claim: Claim, by_source: dict[str, Tally]) -> dict[str, Any]:
    summaries = {name: tally.summary() for name, tally in by_source.items()}
    total = _merged(list(by_source.values())).summary()
    return {
        "title": claim.title,
        "statement": claim.statement,
        "where": claim.where,
        "assumptions": list(claim.assumptions),
        "hypotheses": list(claim.hypothesis_texts),
        "guarantee": claim.guarantee,
        "source": claim.source,
        "sharpens": claim.sharpens,
        **total,
        "by_source": {
            name: {key: value for key, value in summary.items() if key not in ("scatter", "failures", "worst")}
            for name, summary in summaries.items()
        },
    }


def _merged(tallies: list[Tally]) -> Tally:
    merged = Tally()
    for tally in tallies:
        merged.counts = [a + b for a, b in zip(merged.counts, tally.counts, strict=True)]
        merged.printed = [a + b for a, b in zip(merged.printed, tally.printed, strict=True)]
        merged.guaranteed &= tally.guaranteed
        merged.arithmetic = {name: merged.arithmetic[name] + tally.arithmetic[name] for name in merged.arithmetic}
        merged.tightness += tally.tightness
        merged.scatter += tally.scatter
        merged.failures += tally.failures
        if tally.worst and (
            merged.worst is None or tally.worst["tightness"]["lower"] > merged.worst["tightness"]["lower"]
        ):
            merged.worst = tally.worst
    merged.failures = merged.failures[:FAILURES]
    return merged


def versions() -> dict[str, str]:
    """Versions of what the results depend on."""
    known = {"mamlcheck": __version__, "python": platform.python_version()}
    for package in ("numpy", "python-flint", "crival", "sympy"):
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            known[package] = "not installed"
    return known


def all_hold(results: dict[str, Any]) -> bool:
    """Whether nothing is violated or undecided, in either form of any claim."""
    return all(
        claim["violated"] == claim["undecided"] == 0
        and not (claim["printed_form"] and (claim["printed_form"]["violated"] or claim["printed_form"]["undecided"]))
        for claim in results["claims"].values()
    )


__all__ = ["Tally", "all_hold", "describe", "run", "versions"]
