"""Runs claims over sweeps and gathers the results: counts, tightness, the worst instance of each claim.

For equal inputs the results are equal, apart from `seconds` and `versions`, however many processes do the work. An
interrupted run keeps what it has, and says that it is partial.
"""

from __future__ import annotations

import platform
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import FrameType

from mamlcheck.check.engines import Engine, InProcess
from mamlcheck.check.gathering import Gathering
from mamlcheck.check.ids import of_another_version, sweep_named
from mamlcheck.check.judging import Judged, judge_block, largest_array
from mamlcheck.check.plan import Part, plan
from mamlcheck.check.results import ClaimResult, Results, Source
from mamlcheck.check.store import Store, merged
from mamlcheck.check.sweeps import Sweep
from mamlcheck.check.tally import Tally, joined
from mamlcheck.check.work import (
    Judging,
    Settling,
    Tallies,
    judged,
    length_of_pieces,
    require_shipped,
    settled_by,
)
from mamlcheck.claims import Claim, load_claim
from mamlcheck.errors import InputError
from mamlcheck.version import __version__

SOURCES_APART = 2**60  # more instances than a sweep has

Progress = Callable[[int], None]
"""Is told how many more instances are done."""


def run(
    claims: tuple[Claim, ...],
    sweeps: Iterable[tuple[Sweep, int]],
    seed: int,
    progress: Progress = lambda done: None,
    engine: Engine | None = None,
) -> Results:
    """Judge the claims on `count` instances of each (sweep, count).

    engine: who does the work, by default this process alone; several processes can judge the claims that ship with
    mamlcheck. KeyboardInterrupt ends the run early: the results so far are returned with `partial` set, `completed` of
    the `planned` instances, the same for every claim but those that a plan judges on fewer.
    """
    start = time.perf_counter()
    workers = InProcess() if engine is None else engine
    if workers.jobs > 1:
        require_shipped(claims)
    chosen = list(sweeps)
    ids = [claim.id for claim in claims]
    gathered = {sweep.name: Gathering.of(ids) for sweep, _ in chosen}
    plans = {sweep.name: plan(claims, sweep, count) for sweep, count in chosen}
    pieces = [Judging(sweep, plans[sweep.name], 0, count) for sweep, count in chosen]
    partial = False
    try:
        for piece, tallies in workers.do(judged, _cut(pieces, len(claims), workers)):
            with _uninterrupted():  # instances count for all claims or for none
                gathered[piece.sweep.name].add(tallies, len(piece))
            progress(len(piece))
    except KeyboardInterrupt:
        partial = True
    found = {name: gathering.whole() for name, gathering in gathered.items()}
    try:
        settle(found, claims, [sweep for sweep, _ in chosen], workers)
    except KeyboardInterrupt:  # all verdicts are there: only enclosures of the tightness stay wider
        partial = True
    done = {name: gathering.instances for name, gathering in gathered.items()}
    return results_of(
        claims,
        found,
        seed=seed,
        partial=partial,
        planned=sum(count for _, count in chosen),
        sources=tuple(
            Source(sweep.name, sweep.title, _described(sweep, plans[sweep.name]), done[sweep.name])
            for sweep, _ in chosen
        ),
        seconds=round(time.perf_counter() - start, 3),
    )


def _cut(pieces: Iterable[Judging], claims: int, engine: Engine) -> Iterator[Judging]:
    """Block by block where one process does the work, since that ends early between two; else in larger pieces."""
    for piece in pieces:
        yield from piece.cut(length_of_pieces(len(piece), claims, engine.jobs))


def settle(found: dict[str, Tallies], claims: tuple[Claim, ...], sweeps: Iterable[Sweep], engine: Engine) -> None:
    """Certify the contenders in all tallies, by source and claim, and put the settled tallies in their places."""
    pieces = [
        Settling(claim, sweep, found[sweep.name][claim.id])
        for claim in claims
        for sweep in sweeps
        if found[sweep.name][claim.id].contenders
    ]
    for piece, tally in engine.do(settled_by, pieces):
        found[piece.sweep.name][piece.claim.id] = tally


def results_of(
    claims: tuple[Claim, ...],
    found: dict[str, Tallies],
    *,
    seed: int,
    partial: bool,
    planned: int,
    sources: tuple[Source, ...],
    seconds: float,
) -> Results:
    """The results in settled tallies, by source and claim."""
    return Results(
        partial=partial,
        seed=seed,
        completed=sum(source.instances for source in sources),
        planned=planned,
        sources=sources,
        claims={claim.id: _claim_result(claim, {name: found[name][claim.id] for name in found}) for claim in claims},
        seconds=seconds,
        versions=versions(),
    )


def results_of_store(folder: Path, engine: Engine, progress: Progress = lambda done: None) -> Results:
    """The results of all chunks in a store: those of a run over the same instances. Raises `InputError`."""
    start = time.perf_counter()
    kept = merged(Store(folder), progress)
    sweep = sweep_named(kept.source, kept.seed)
    if sweep is None:
        raise InputError(of_another_version(kept.source) or f"no source of instances is called {kept.source!r} here")
    claims = tuple(map(load_claim, kept.tallies))  # by id alone: a chunk may name no file of claims
    found = {sweep.name: kept.tallies}
    settle(found, claims, [sweep], engine)
    count = kept.end - kept.first
    source = Source(sweep.name, sweep.title, sweep.description, count, first=kept.first)
    seconds = round(time.perf_counter() - start, 3)
    return results_of(claims, found, seed=kept.seed, partial=False, planned=count, sources=(source,), seconds=seconds)


def _described(sweep: Sweep, parts: tuple[Part, ...]) -> str:
    return sweep.description + "".join(f" {part.why[:1].upper()}{part.why[1:]}." for part in parts if part.why)


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
    """Of two equally tight instances in two sources, that of the first is the worst."""
    whole = joined(tally.after(k * SOURCES_APART) for k, tally in enumerate(by_source.values()))
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
        scatter=tuple((point.left, point.right) for tally in by_source.values() for point in tally.scatter),
        drawn={name: len(tally.scatter) for name, tally in by_source.items()},
        rates=tuple(point.rate for tally in by_source.values() for point in tally.scatter),
        failures=tuple(failure.instance for failure in whole.failures),
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


__all__ = ["Judged", "Progress", "judge_block", "largest_array", "results_of_store", "run", "versions"]
