"""A subject in a process of its own: what hangs is stopped, what exits is noticed, what it prints does no harm.

The parent's side of `worker.py`. One process serves all problems, and in a `Workplace` all subjects, one after the
other, so that a framework is imported once; after a problem that hung or ended it, the next one gets a fresh process,
and so does a subject after one that changed what holds for a whole process, such as a default precision.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any, cast

from mamlcheck.conformance.problems.problem import Key, Problem
from mamlcheck.conformance.subjects.declaring import Metadata, metadata_of
from mamlcheck.conformance.subjects.loading import load
from mamlcheck.conformance.subjects.observing import Observation, ObservationJson, SubjectFailure
from mamlcheck.conformance.subjects.process import Worker, Workplace, check_reference
from mamlcheck.errors import InputError


class IsolatedSubject:
    """A subject by reference, 'pkg.module:make' or 'path/to/file.py:make'; see `open_subject`.

    Problems of its own are made twice: here, where references are computed, and in its process, where it is called.
    """

    def __init__(self, reference: str, timeout: float, place: Workplace | None = None):
        check_reference(reference)
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

    def _loaded(self) -> Worker | None:
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

    def _asked(self, worker: Worker, request: Mapping[str, Any]) -> dict[str, Any] | None:
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
