"""A subject in a process of its own: what hangs is stopped, what exits is noticed, what it prints does no harm.

The parent's side of `worker.py`. One process serves all problems, so that a framework is imported once; after a problem
that hung or ended it, the next one gets a fresh process.
"""

from __future__ import annotations

import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from types import TracebackType
from typing import IO, Any, cast

from mamlcheck.conformance.problems.problem import Key, Problem
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation, ObservationJson, SubjectFailure
from mamlcheck.errors import InputError

DRAIN_SECONDS = 1.0  # that what was printed may take to be read
KEPT_OUTPUT_BYTES = 4000  # of what a subject printed


class _Worker:
    """A running process, with a thread that reads its replies and one that drains what it prints."""

    def __init__(self, reference: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mamlcheck.conformance.subjects.worker", reference],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that Ctrl-C is ours alone, and that its children can be stopped with it
        )
        self.printed = b""
        self._asked = 0
        self._kept = threading.Event()  # what was read last is in `printed`
        self._kept.set()
        self.replies: queue.Queue[bytes | None] = queue.Queue()
        assert self.process.stdout
        assert self.process.stderr
        self._threads = [
            threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._drain, args=(self.process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.replies.put(line)
        self.replies.put(None)

    def _drain(self, stream: IO[bytes]) -> None:
        while True:
            try:
                _readable(stream, None)
                self._kept.clear()
                block = os.read(stream.fileno(), 1 << 16)
            except (OSError, ValueError):  # closed by `stop` while something the subject left behind held the other end
                return
            self.printed = (self.printed + block)[-KEPT_OUTPUT_BYTES:]
            self._kept.set()
            if not block:
                return

    def tail(self) -> str:
        """The end of what it printed before now, safe to show."""
        assert self.process.stderr
        until = time.monotonic() + DRAIN_SECONDS
        while self._threads[1].is_alive() and time.monotonic() < until:
            if self._kept.is_set() and not _readable(self.process.stderr, 0):
                break
            time.sleep(0.001)
        return self.printed.decode("utf-8", "replace")

    def hello(self, timeout: float) -> dict[str, Any] | None:
        """What it says of the subject once that is imported; as `ask` otherwise."""
        line = self.replies.get(timeout=timeout)
        found: dict[str, Any] | None = None if line is None else json.loads(line)
        return found

    def ask(self, key: Key, timeout: float) -> dict[str, Any] | None:
        """The reply on a problem, or None when the process ended; raises queue.Empty after `timeout` seconds.

        A line that does not answer this question is passed over: a subject can find the pipe and write to it.
        """
        assert self.process.stdin
        self._asked += 1
        try:
            self.process.stdin.write(json.dumps({"number": self._asked, "problem": asdict(key)}).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            return None
        until = time.monotonic() + timeout
        while (line := self.replies.get(timeout=max(0.0, until - time.monotonic()))) is not None:
            reply = _read_reply(line)
            if reply.get("answers") == self._asked:
                return reply
        return None

    def stop(self) -> None:
        """Kill it and what it started, and close the pipes."""
        try:
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        except ProcessLookupError:
            pass
        self.process.wait()
        for thread in self._threads:
            thread.join(timeout=1)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                continue

    def ended(self) -> str:
        """How it ended, in words."""
        status = self.process.wait()
        if status < 0:
            try:
                name = signal.Signals(-status).name
            except ValueError:
                name = str(-status)
            return f"was killed by signal {name}"
        return f"ended the interpreter with exit status {status}"


def _readable(stream: IO[bytes], timeout: float | None) -> bool:
    """Whether there is something to read, at the latest after so many seconds; not known outside of POSIX."""
    return os.name == "posix" and bool(select.select([stream], [], [], timeout)[0])


def _read_reply(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class IsolatedSubject:
    """A subject by reference, 'pkg.module:make' or 'path/to/file.py:make'; see `open_subject`."""

    def __init__(self, reference: str, timeout: float):
        if ":" not in reference or not all(reference.rpartition(":")[::2]):
            raise InputError(f"{reference!r} names no subject: write it as pkg.module:make or path/to/file.py:make")
        if not 0 < timeout < threading.TIMEOUT_MAX:
            raise InputError(f"timeout = {timeout!r}: give a finite number of seconds > 0")
        self.name = reference
        self.timeout = timeout
        self._worker: _Worker | None = None
        self._broken: SubjectFailure | None = None  # it cannot even be imported
        self._metadata = Metadata()
        self.poses = False  # it has problems of its own, which are made where it runs
        self._start()

    @property
    def metadata(self) -> Metadata:
        return self._metadata

    def _start(self) -> None:
        self._worker = _Worker(self.name)
        try:
            reply = self._worker.hello(self.timeout)
        except queue.Empty:
            self._broken = SubjectFailure(
                "timeout", f"it was still being imported after {self.timeout:g} s, and was stopped"
            )
        except BaseException:
            self.close()
            raise
        else:
            if reply is None:
                self._broken = SubjectFailure("exit", f"its import {self._worker.ended()}", self._worker.tail())
            elif "no_subject" in reply:
                self.close()
                raise InputError(f"{self.name}: {reply['no_subject']}")
            elif "failure" in reply:
                self._broken = SubjectFailure(**reply["failure"])
            else:
                said = reply["metadata"]
                said["steps"] = None if said["steps"] is None else tuple(said["steps"])
                self.poses = said.pop("poses")
                said["numbers"] = tuple((number, value) for number, value in said["numbers"])
                self._metadata = Metadata(**said)
        if self._broken is not None:
            self.close()

    def observe(self, given: Problem) -> Observation:
        if not isinstance(given.key, Key):
            raise InputError(
                f"{self.name} runs in a process of its own, and {given.id} is a problem of this one: give the callable"
            )
        if self._broken is not None:
            return Observation(given, failure=self._broken)
        if self._worker is None:
            self._start()
            if self._broken is not None or self._worker is None:
                return Observation(given, failure=self._broken)
        worker = self._worker
        try:
            reply = worker.ask(given.key, self.timeout)
        except queue.Empty:
            failure = SubjectFailure("timeout", f"it had not returned after {self.timeout:g} s, and was stopped")
        except BaseException:  # Ctrl-C: leave no process behind
            self.close()
            raise
        else:
            if reply is not None:
                return Observation.from_json(given, cast("ObservationJson", reply), worker.tail())
            failure = SubjectFailure("exit", f"it {worker.ended()}")
        printed = worker.tail()  # before the pipe is closed
        self.close()
        return Observation(given, failure=failure, printed=printed)

    def close(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def __enter__(self) -> IsolatedSubject:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
