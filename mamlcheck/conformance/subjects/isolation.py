"""A subject in a process of its own: what hangs is stopped, what exits is noticed, what it prints does no harm.

The parent's side of `worker.py`. One process serves all problems, and in a `Workplace` all subjects, one after the
other, so that a framework is imported once; after a problem that hung or ended it, the next one gets a fresh process,
and so does a subject after one that changed what holds for a whole process, such as a default precision.
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
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import IO, Any, cast

from mamlcheck.conformance.problems.problem import Key, Problem
from mamlcheck.conformance.subjects.declaring import Metadata, metadata_of
from mamlcheck.conformance.subjects.loading import load
from mamlcheck.conformance.subjects.observing import Observation, ObservationJson, SubjectFailure
from mamlcheck.errors import InputError

DRAIN_SECONDS = 1.0  # that what was printed may take to be read
KEPT_OUTPUT_BYTES = 4000  # of what a subject printed


class _Worker:
    """A running process, with a thread that reads its replies and one that drains what it prints."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mamlcheck.conformance.subjects.worker"],
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

    def ask(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any] | None:
        """The reply to a request, or None when the process ended; raises queue.Empty after `timeout` seconds.

        A line that does not answer this question is passed over: a subject can find the pipe and write to it.
        """
        assert self.process.stdin
        self._asked += 1
        try:
            self.process.stdin.write(json.dumps({"number": self._asked, **request}).encode() + b"\n")
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


class Workplace:
    """A process that subjects are run in, one after the other; close it, or use it in a `with` statement.

    served: the name of the one that was loaded last.
    """

    def __init__(self) -> None:
        self.worker: _Worker | None = None
        self.served = ""

    def loaded(self, reference: str, timeout: float) -> tuple[_Worker, dict[str, Any] | None]:
        """The process with a subject in it, and what its loading says; raises queue.Empty after `timeout` seconds.

        One that cannot be loaded beside what others have left gets a process of its own.
        """
        used = self.worker is not None
        if used and not self._fit(timeout):
            self.close()
            used = False
        if self.worker is None:
            self.worker = _Worker()
        self.worker.printed = b""
        reply = self.worker.ask({"load": reference}, timeout)
        if used and (reply is None or "failure" in reply):
            self.close()
            return self.loaded(reference, timeout)
        self.served = reference
        return self.worker, reply

    def _fit(self, timeout: float) -> bool:
        """Whether the process is as good as a fresh one."""
        assert self.worker is not None
        try:
            reply = self.worker.ask({"fit": True}, timeout)
        except queue.Empty:
            return False
        return reply is not None and bool(reply["fit"])

    def close(self) -> None:
        """End the process."""
        if self.worker is not None:
            self.worker.stop()
            self.worker, self.served = None, ""

    def __enter__(self) -> Workplace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class IsolatedSubject:
    """A subject by reference, 'pkg.module:make' or 'path/to/file.py:make'; see `open_subject`.

    Problems of its own are made twice: here, where references are computed, and in its process, where it is called.
    """

    def __init__(self, reference: str, timeout: float, place: Workplace | None = None):
        if ":" not in reference or not all(reference.rpartition(":")[::2]):
            raise InputError(f"{reference!r} names no subject: write it as pkg.module:make or path/to/file.py:make")
        if not 0 < timeout < threading.TIMEOUT_MAX:
            raise InputError(f"timeout = {timeout!r}: give a finite number of seconds > 0")
        self.name = reference
        self.timeout = timeout
        self.place = Workplace() if place is None else place
        self._shared = place is not None
        self._broken: SubjectFailure | None = None  # it cannot even be imported
        self._metadata = Metadata()
        self._own: list[Problem] = []
        self._posed = False  # its own problems are made in the process that it is loaded in
        self._loaded()

    @property
    def metadata(self) -> Metadata:
        return self._metadata

    def _loaded(self) -> _Worker | None:
        """The process with this subject in it; None where it cannot be imported, which is kept."""
        try:
            worker, reply = self.place.loaded(self.name, self.timeout)
        except queue.Empty:
            self._broken = SubjectFailure(
                "timeout", f"it was still being imported after {self.timeout:g} s, and was stopped"
            )
        except BaseException:
            self.place.close()
            raise
        else:
            if reply is None:
                self._broken = SubjectFailure("exit", f"its import {worker.ended()}", worker.tail())
            elif "no_subject" in reply:
                self.close()
                raise InputError(f"{self.name}: {reply['no_subject']}")
            elif "failure" in reply:
                self._broken = SubjectFailure(**reply["failure"])
            else:
                self._metadata, self._posed = self._read(reply["metadata"]), False
                return worker
        self.place.close()
        return None

    def _read(self, said: dict[str, Any]) -> Metadata:
        """What it declares, from plain data."""
        said["steps"] = None if said["steps"] is None else tuple(said["steps"])
        said["numbers"] = tuple((number, value) for number, value in said["numbers"])
        poses = said.pop("poses")
        return Metadata(**said, problems=self._problems if poses else None)

    def _problems(self) -> Sequence[Problem]:
        """The problems that it declares, made in this process, once."""
        if not self._own:
            own = metadata_of(load(self.name)).problems
            self._own = [] if own is None else list(own())
        return self._own

    def _request(self, given: Problem) -> dict[str, Any]:
        """What its process is asked for a problem: a built-in one by its key, one of its own by its number and what is
        changed in it. Raises `InputError` for any other.
        """
        key = given.key
        if isinstance(key, Key):
            return {"key": asdict(key)}
        for number, own in enumerate(self._own):
            as_posed = {"alpha": own.alpha, "steps": own.steps, "dtype": own.dtype, "tasks": own.key.tasks}
            if key.but(**as_posed) == own.key:
                changes = {"alpha": key.alpha, "steps": key.steps, "dtype": key.dtype, "tasks": key.tasks}
                return {"own": number, "changes": changes, "digest": key.digest}
        raise InputError(
            f"{self.name} runs in a process of its own, and {given.id} is a problem of this one: declare it with "
            "@subject(..., problems=...), or give the callable"
        )

    def _asked(self, worker: _Worker, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """The reply of its process, where its own problems are made first, once, with as much time."""
        if "own" in request and not self._posed:
            made = worker.ask({"pose": True}, self.timeout)
            if made is None or "failure" in made:
                return made
            self._posed = True
        return worker.ask(request, self.timeout)

    def observe(self, given: Problem) -> Observation:
        request = self._request(given)
        if self._broken is not None:
            return Observation(given, failure=self._broken)
        worker = self.place.worker if self.place.served == self.name else self._loaded()
        if worker is None:
            return Observation(given, failure=self._broken)
        try:
            reply = self._asked(worker, request)
        except queue.Empty:
            failure = SubjectFailure("timeout", f"it had not returned after {self.timeout:g} s, and was stopped")
        except BaseException:  # Ctrl-C: leave no process behind
            self.place.close()
            raise
        else:
            if reply is not None and "directions" in reply:
                return Observation.from_json(given, cast("ObservationJson", reply), worker.tail())
            if reply is not None:
                return Observation(given, failure=SubjectFailure(**reply["failure"]), printed=worker.tail())
            failure = SubjectFailure("exit", f"it {worker.ended()}")
        printed = worker.tail()  # before the pipe is closed
        self.place.close()
        return Observation(given, failure=failure, printed=printed)

    def close(self) -> None:
        """End its process, if that is not shared with other subjects."""
        if not self._shared:
            self.place.close()

    def __enter__(self) -> IsolatedSubject:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
