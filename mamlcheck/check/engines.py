"""Engines: who does the pieces of work of a run, this process or several.

An engine does pieces in any order and hands each back with what came of it. What comes of a piece depends on the piece
alone, and tallies can be joined in any order, so results are the same whoever did the work.

Worker processes start afresh and are never forked from a process that may have threads. Each has one thread for linear
algebra: matrices are small here, and there are as many workers as cores. A worker whose parent is gone ends by itself.
If one is killed, all that was being done is done again by new ones; nothing is lost, since what a piece gave arrives
whole or not at all.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from typing import Protocol, Self, TypeVar

from mamlcheck.check.worker import start_worker
from mamlcheck.errors import InputError, MamlcheckError, MissingExtra

Piece = TypeVar("Piece")
Outcome = TypeVar("Outcome")

Tell = Callable[[str], None]
"""Is told in a sentence what a person should know while work goes on."""

PIECES_AHEAD = 2  # for each worker, so that none waits for the next
DASK_SECONDS = 30  # to find a scheduler
KILLS_BORNE = 5  # one after the other, with nothing done in between


class Engine(Protocol):
    """Does work. jobs: how many pieces at a time."""

    @property
    def jobs(self) -> int: ...

    def do(self, function: Callable[[Piece], Outcome], pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Outcome]]:
        """function(piece) of each piece, in any order."""
        ...


class InProcess:
    """Does the pieces here, one after the other."""

    jobs = 1

    def do(self, function: Callable[[Piece], Outcome], pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Outcome]]:
        """function(piece) of each piece, in their order."""
        for piece in pieces:
            yield piece, function(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class Workers:
    """Does the pieces on an executor as `concurrent.futures` has them: use it in a `with` block.

    start: makes an executor, and another one when that is broken, with what ends its work at once, done or not. tell:
    is told when a worker was killed. close: lets go of what `start` needs.
    """

    def __init__(
        self,
        jobs: int,
        start: Callable[[], tuple[Executor, Callable[[], None]]],
        tell: Tell,
        close: Callable[[], None] = lambda: None,
    ):
        self.jobs = jobs
        self._start, self._tell, self._close = start, tell, close
        self._executor: Executor | None = None
        self._end: Callable[[], None] = lambda: None

    def do(self, function: Callable[[Piece], Outcome], pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Outcome]]:
        """function(piece) of each piece, as they are done. Raises `MamlcheckError` if workers are killed repeatedly."""
        waiting, again, kills = iter(pieces), list[Piece](), 0
        running: dict[Future[Outcome], Piece] = {}
        try:
            while True:
                try:
                    while len(running) < (1 + PIECES_AHEAD) * self.jobs:
                        piece = again.pop() if again else next(waiting)
                        running[self._submitted(function, piece)] = piece
                except StopIteration:
                    pass
                if not running:
                    return
                broken = False
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    piece = running.pop(future)
                    try:
                        outcome = future.result()
                    except BrokenExecutor:
                        broken = True
                        again.append(piece)
                        continue
                    kills = 0
                    yield piece, outcome
                if broken:
                    again += running.values()
                    running.clear()
                    kills += 1
                    self._broken(kills)
        finally:
            if running:  # nobody waits for these any more
                self._end()
                self._stop()

    def _submitted(self, function: Callable[[Piece], Outcome], piece: Piece) -> Future[Outcome]:
        if self._executor is None:
            self._executor, self._end = self._start()
        try:
            return self._executor.submit(function, piece)
        except BrokenExecutor as error:  # since the last look at it
            failed: Future[Outcome] = Future()
            failed.set_exception(error)
            return failed

    def _broken(self, kills: int) -> None:
        if kills > KILLS_BORNE:
            raise MamlcheckError(
                f"worker processes ended {kills} times before any work was done: if memory is short, give fewer jobs, "
                "such as --jobs 1; in a script of your own, start work below `if __name__ == '__main__':`"
            )
        self._stop()
        self._tell("A worker process was killed: what it was doing is done again.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._close()

    def _stop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True)
            self._executor = None


def usable_cores() -> int:
    """How many cores this process may use."""
    count = getattr(os, "process_cpu_count", None)  # from Python 3.13 on
    if count is not None:
        return count() or 1
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def local(jobs: int, tell: Tell) -> InProcess | Workers:
    """An engine on this machine: `jobs` worker processes, or this process alone where that is one."""
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise InputError(f"jobs = {jobs!r}: give the number of processes, from 1 on")
    return InProcess() if jobs == 1 else Workers(jobs, lambda: _pool(jobs), tell)


def on_dask(address: str, tell: Tell) -> Workers:
    """An engine on the workers of a Dask scheduler, such as tcp://10.0.0.1:8786, that have this mamlcheck installed."""
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtra("distributed", "dask") from error
    try:
        client = Client(address, timeout=DASK_SECONDS)
        threads = sum(client.nthreads().values())
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address} ({error}): give its address, tcp://HOST:PORT"
        ) from error
    if not threads:
        raise InputError(f"the Dask scheduler at {address} has no workers: start some, `dask worker {address}`")
    return Workers(threads, lambda: (client.get_executor(), lambda: None), tell, client.close)


def _pool(jobs: int) -> tuple[ProcessPoolExecutor, Callable[[], None]]:
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    return ProcessPoolExecutor(jobs, context, start_worker, (theirs,)), ours.close


__all__ = ["Engine", "InProcess", "Tell", "Workers", "local", "on_dask", "usable_cores"]
