"""The process that a subject runs in, from its parent's side: questions to it, its replies, and what it prints.

It needs none of the numbers, so that a process can be started before the rest of mamlcheck is imported: the two then
import side by side.
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
from collections.abc import Mapping
from typing import IO, Any

DRAIN_SECONDS = 1.0  # that what was printed may take to be read
KEPT_OUTPUT_BYTES = 4000  # of what a subject printed


class Worker:
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

    def ask(self, problem: Mapping[str, Any], timeout: float) -> dict[str, Any] | None:
        """The reply on a problem, by the fields of its key, or None when the process ended; raises queue.Empty after
        `timeout` seconds.

        A line that does not answer this question is passed over: a subject can find the pipe and write to it.
        """
        assert self.process.stdin
        self._asked += 1
        try:
            self.process.stdin.write(json.dumps({"number": self._asked, "problem": problem}).encode() + b"\n")
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
