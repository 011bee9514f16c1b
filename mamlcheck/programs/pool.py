"""Programs of several tasks run in Arb side by side, in processes of their own.

The processes are started afresh, never forked, and end with their parent, as their input ends then.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event
from types import TracebackType

from mamlcheck.arithmetic.arrays import Objects
from mamlcheck.arithmetic.packing import packed, unpacked
from mamlcheck.errors import MamlcheckError
from mamlcheck.programs.messages import received, send
from mamlcheck.programs.program import Program
from mamlcheck.programs.undecided import Undecided

Request = tuple[str, Program, Mapping[str, Objects]]  # the name of a program, itself, and its inputs


class WorkerEnded(MamlcheckError):  # noqa: N818 - reads as what it says
    """A process ended before it had replied."""


class Worker:
    """One process. known: the names of the programs that it has."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mamlcheck.programs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is the parent's alone
        )

    def ask(self, bits: int, request: Request) -> list[Objects]:
        """The outputs of a program. Raises `Undecided`, `WorkerEnded`."""
        name, program, inputs = request
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        sent = None if name in self.known else program
        try:
            send(self.process.stdin, (bits, name, sent, {key: packed(x) for key, x in inputs.items()}))
            reply = received(self.process.stdout)
        except OSError:
            reply = None
        self.known.add(name)
        if reply is None:
            raise WorkerEnded(
                f"a process that certifies ended with status {self.process.poll()}, for want of memory, most likely: "
                "certify=False measures instead"
            )
        if isinstance(reply, dict):
            raise Undecided(**reply)
        return [unpacked(part) for part in reply]

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):  # what it did not read
                    stream.close()


class Pool:
    """So many processes; use it in a `with` block. A task goes to the same one each time, as that has its programs."""

    def __init__(self, jobs: int):
        self._workers = [Worker() for _ in range(jobs)]
        self._threads = ThreadPoolExecutor(jobs)

    def run(self, bits: int, requests: Sequence[Request]) -> list[list[Objects]]:
        """The outputs of each request, at a precision. Raises `Undecided`, `WorkerEnded`, once nothing is at work."""
        jobs, failed = len(self._workers), Event()

        def share(k: int) -> list[list[Objects]]:
            found = []
            for request in requests[k::jobs]:
                if failed.is_set():
                    break
                try:
                    found.append(self._workers[k].ask(bits, request))
                except BaseException:
                    failed.set()
                    raise
            return found

        under_way = [self._threads.submit(share, k) for k in range(jobs)]
        # For all of them, also where one has failed: a reply that is still owed could be read by what is asked next.
        wait(under_way)
        shares = [one.result() for one in under_way]
        return [shares[i % jobs][i // jobs] for i in range(len(requests))]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self._workers:
            worker.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)
