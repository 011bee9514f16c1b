"""A subject in a process of its own: what hangs is stopped, what exits is noticed, what it prints does no harm.

The parent's side of `worker.py`. One process serves all problems, so that a framework is imported once; after a problem
that hung or ended it, the next one gets a fresh process.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import asdict
from types import TracebackType
from typing import cast

from mamlcheck.conformance.problems.problem import Key, Problem
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation, ObservationJson, SubjectFailure
from mamlcheck.conformance.subjects.process import Worker
from mamlcheck.errors import InputError


class IsolatedSubject:
    """A subject by reference, 'pkg.module:make' or 'path/to/file.py:make'; see `open_subject`."""

    def __init__(self, reference: str, timeout: float):
        if ":" not in reference or not all(reference.rpartition(":")[::2]):
            raise InputError(f"{reference!r} names no subject: write it as pkg.module:make or path/to/file.py:make")
        if not 0 < timeout < threading.TIMEOUT_MAX:
            raise InputError(f"timeout = {timeout!r}: give a finite number of seconds > 0")
        self.name = reference
        self.timeout = timeout
        self._worker: Worker | None = None
        self._broken: SubjectFailure | None = None  # it cannot even be imported
        self._metadata = Metadata()
        self.poses = False  # it has problems of its own, which are made where it runs
        self._start()

    @property
    def metadata(self) -> Metadata:
        return self._metadata

    def _start(self) -> None:
        self._worker = Worker(self.name)
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
            reply = worker.ask(asdict(given.key), self.timeout)
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
