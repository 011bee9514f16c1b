"""Runs claims over sweeps and gathers the results: counts, tightness, the worst instance of each claim.

For equal inputs the results are equal, apart from `seconds` and `versions`. An interrupted run keeps what it has, and
says that it is partial.
"""

from __future__ import annotations

import platform
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from types import FrameType

from mamlcheck.arithmetic import filtering
from mamlcheck.check.plan import Part, plan
from mamlcheck.check.results import ClaimResult, Results, Source
from mamlcheck.check.sweeps import Sweep, blocks
from mamlcheck.check.tally import Tally, merged
from mamlcheck.check.verdict import Verdicts, concatenated, judge_on
from mamlcheck.claims import Claim
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.reach import few_drawn, refusal
from mamlcheck.meta.variables import Listed, sizes
from mamlcheck.version import __version__

LARGEST_ARRAY_NUMBERS = 2**22  # 32 MiB of numbers in one array: a few dozen such arrays are alive at once

Progress = Callable[[int], None]
"""Is told how many more instances are done."""


def run(
    claims: tuple[Claim, ...],
    sweeps: Iterable[tuple[Sweep, int]],
    seed: int,
    progress: Progress = lambda done: None,
) -> Results:
    """Judge the claims on `count` instances of each (sweep, count).

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
                    for name, (strong, printed) in judged.items():
                        tallies[name][sweep.name].add(sweep, first, instances, strong, printed)
                    done[sweep.name] += len(instances.alpha)
                progress(len(instances.alpha))
    except KeyboardInterrupt:
        partial = True
    try:
        for claim in claims:
            for sweep, _ in chosen:
                tallies[claim.id][sweep.name].settle_the_worst(claim, sweep)
    except KeyboardInterrupt:  # all verdicts are there: only enclosures of the tightness stay wider
        partial = True
    return Results(
        partial=partial,
        seed=seed,
        completed=sum(done.values()),
        planned=sum(count for _, count in chosen),
        sources=tuple(
            Source(sweep.name, sweep.title, _described(sweep, plans[sweep.name]), done[sweep.name])
            for sweep, _ in chosen
        ),
        claims={claim.id: _claim_result(claim, tallies[claim.id]) for claim in claims},
        seconds=round(time.perf_counter() - start, 3),
        versions=versions(),
    )


def _first_of(instances: Instances, count: int) -> Instances:
    return instances[:count] if count < len(instances.alpha) else instances


def _described(sweep: Sweep, parts: tuple[Part, ...]) -> str:
    return sweep.description + "".join(f" {part.why[:1].upper()}{part.why[1:]}." for part in parts if part.why)


Judged = dict[str, tuple[Verdicts, Verdicts | None]]
"""For each claim id, the verdicts on the strong form and, if the tasks allow one, on the printed form."""


def judge_block(claims: tuple[Claim, ...], instances: Instances) -> Judged:
    """Judge the claims on a block of instances, in slices if the arrays for the whole block would take much memory."""
    length = max(1, LARGEST_ARRAY_NUMBERS // largest_array(claims, instances))
    if length >= len(instances.alpha):
        return _judge_slice(claims, instances)
    starts = range(0, len(instances.alpha), length)
    parts = [_judge_slice(claims, instances[start : start + length]) for start in starts]
    return {name: _joined([part[name] for part in parts]) for name in parts[0]}


def largest_array(claims: tuple[Claim, ...], instances: Instances) -> int:
    """The size of the largest array that the claims need of one instance: of Hessians, or of samples at all batches.

    Sweeps make instances of more than one number a sample small: the blocks of random instances are never sliced.
    """
    tasks, quantified = instances.tasks, {symbol for claim in claims for symbol in claim.quantifies}
    n, m = tasks.n, tasks.m
    of_batches = [
        rows * multiset_count(m, size) * m
        for rows, size, by_samples in _listed_batches(instances, quantified)
        if not (by_samples and few_drawn(m, size)) and not refusal(rows, m, tasks.width, size)
    ]
    return max([n * m * tasks.d**2, *of_batches])


def _listed_batches(instances: Instances, quantified: set[str]) -> Iterator[tuple[int, int, bool]]:
    """For each kind of batches that claims list: the number of tasks, the size, and whether every task has its own."""
    for variable in sizes():
        if variable.symbol in quantified and variable.listed is not Listed.NOTHING:
            size = getattr(instances.sizes, variable.name)
            yield variable.listed.tasks(instances.tasks.n), size, variable.listed is Listed.GRADIENTS_OF_EVERY_TASK


def _joined(parts: list[tuple[Verdicts, Verdicts | None]]) -> tuple[Verdicts, Verdicts | None]:
    strong, printed = zip(*parts, strict=True)
    return concatenated(strong), None if printed[0] is None else concatenated(printed)


def _judge_slice(claims: tuple[Claim, ...], instances: Instances) -> Judged:
    with filtering.working():
        x = instances.on(filtering)
        strong = {claim.id: judge_on(claim, x) for claim in claims}
        printed = {}
        if instances.tasks.global_deviations is not None:
            everywhere = x.with_global_deviations()
            printed = {c.id: judge_on(c, everywhere) for c in claims if c.bounds_deviations}
    return {name: (verdicts, printed.get(name)) for name, verdicts in strong.items()}


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C until the end of a `with` block. Only the main thread can do so; others go on as they are."""
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


def _claim_result(claim: Claim, by_source: dict[str, Tally]) -> ClaimResult:
    whole = merged(list(by_source.values()))
    return ClaimResult(
        **vars(whole.result()),
        title=claim.title,
        statement=claim.statement,
        where=claim.where,
        assumptions=claim.assumptions,
        hypotheses=claim.hypothesis_texts,
        guarantee=claim.guarantee,
        source=claim.source,
        sharpens=claim.sharpens,
        by_source={name: tally.result() for name, tally in by_source.items()},
        scatter=tuple(whole.scatter),
        failures=tuple(whole.failures),
    )


def versions() -> dict[str, str]:
    """Versions of what the results depend on."""
    known = {"mamlcheck": __version__, "python": platform.python_version()}
    for package in ("numpy", "python-flint", "crival", "sympy"):
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            known[package] = "not installed"
    return known


__all__ = ["Judged", "Progress", "judge_block", "largest_array", "run", "versions"]
