"""The process that subjects run in, from its parent's side: requests, replies, and what it prints.

It needs none of the numbers, so that a process can be started before the rest of mamlcheck is imported: a framework is
then imported meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any

from mamlcheck.errors import InputError

DRAIN_SECONDS = 1.0  # that what was printed may take to be read
KEPT_OUTPUT_BYTES = 4000  # of what a subject printed


def check_reference(reference: str) -> None:
    """Raise `InputError` unless text may name a subject."""
    if ":" not in reference or not all(reference.rpartition(":")[::2]):
        raise InputError(f"{reference!r} names no subject: write it as pkg.module:make or path/to/file.py:make")


class Worker:
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
        """The reply to a request, or None when the process ended; raises queue.Empty after `timeout` seconds."""
        self.send(request)
        return self.answer(timeout)

    def send(self, request: Mapping[str, Any]) -> None:
        """Send a request, whose reply is still to be waited for."""
        assert self.process.stdin
        self._asked += 1
        with contextlib.suppress(OSError):  # it has ended, which its reply will say
            self.process.stdin.write(json.dumps({"number": self._asked, **request}).encode() + b"\n")
            self.process.stdin.flush()

    def answer(self, timeout: float) -> dict[str, Any] | None:
        """The reply to what was sent last, as `ask` has it.

        A line that does not answer this question is passed over: a subject can find the pipe and write to it.
        """
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
        self.worker: Worker | None = None
        self.served = ""
        self._begun = ""  # what a fresh process is loading, before anybody waits for it

    def begin(self, reference: str) -> None:
        """Have a fresh process load a subject, which `loaded` waits for."""
        self.worker, self._begun = Worker(), reference
        self.worker.send({"load": reference})

    def loaded(self, reference: str, timeout: float) -> tuple[Worker, dict[str, Any] | None]:
        """The process with a subject in it, and what its loading says; raises queue.Empty after `timeout` seconds.

        One that cannot be loaded beside what others have left gets a process of its own.
        """
        begun, self._begun = self._begun, ""
        if self.worker is not None and begun == reference:
            self.served = reference
            return self.worker, self.worker.answer(timeout)
        used = self.worker is not None
        if used and not self._fit(timeout):
            self.close()
            used = False
        if self.worker is None:
            self.worker = Worker()
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
