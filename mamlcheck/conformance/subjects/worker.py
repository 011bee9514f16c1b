"""The process subjects run in, one after the other: `python -m mamlcheck.conformance.subjects.worker`.

Reads requests, one JSON object a line, from what was standard input, and answers each on what was standard output: what
a subject declares, once it is loaded, whether the process is fit for another one, and observations on problems. The
subject itself gets an empty standard input, and both its outputs go to standard error, which the parent drains. So a
subject may print, read or close what it likes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from mamlcheck.conformance import adapters
from mamlcheck.conformance.problems.problem import Key, Problem, made
from mamlcheck.conformance.subjects.declaring import Metadata, metadata_of
from mamlcheck.conformance.subjects.failing import described, subject_traceback
from mamlcheck.conformance.subjects.loading import NoSubject, load, unload
from mamlcheck.conformance.subjects.observing import Make, Observation, SubjectFailure
from mamlcheck.conformance.subjects.running import observe

Request = Mapping[str, Any]
NOT_THE_SAME = (
    "the problems that it declares are not the same in two processes: what is random in them needs a seed, such as "
    "torch.manual_seed(0)"
)


@dataclass
class Served:
    """The subject that is served. before: the modules that there were before it. posed: its own problems, once made."""

    reference: str
    before: set[str]
    make: Make
    posed: list[Problem] = field(default_factory=list)

    @property
    def metadata(self) -> Metadata:
        return metadata_of(self.make)

    def given(self, asked: Request) -> Problem:
        """The problem that is asked about: a built-in one, by its key, or one of its own, by its number."""
        if "key" in asked:
            return made(Key(**{**asked["key"], "tasks": tuple(asked["key"]["tasks"])}))
        found = self.posed[asked["own"]].but(**asked["changes"])
        if found.key.digest != asked["digest"]:
            raise ValueError(NOT_THE_SAME)
        return found

    def pose(self) -> Request:
        """Make its own problems."""
        assert self.metadata.problems is not None
        self.posed = list(self.metadata.problems())
        return {"posed": len(self.posed)}

    def observed(self, asked: Request) -> Request:
        """What is seen of it on a problem."""
        given = self.given(asked)
        try:
            seen = observe(self.make, given)
        except BaseException as error:  # KeyboardInterrupt and the like
            failure = SubjectFailure("exception", described(error), subject_traceback(error))
            seen = Observation(given, failure=failure)
        return dict(seen.as_json())


def main() -> None:
    """Serve until standard input ends."""
    own = os.getpid()
    requests, replies = _take_streams()
    served: Served | None = None
    for line in requests:
        asked = json.loads(line)
        if "load" in asked:
            if served is not None:
                unload(served.reference, served.before)
            served, reply = _loaded(asked["load"])
        elif "fit" in asked:
            reply = {"fit": adapters.untouched()}
        else:
            assert served is not None
            reply = _answered(served, asked)
        if os.getpid() != own:  # a child that the subject forked and let go on: the answer is not its to give
            os._exit(0)
        _flush()
        _send(replies, {"answers": asked["number"], **reply})


def _loaded(reference: str) -> tuple[Served | None, Request]:
    """A subject, and what it declares; or why there is none."""
    before = set(sys.modules)
    try:
        served = Served(reference, before, load(reference))
    except NoSubject as error:
        reply: Request = {"no_subject": str(error)}
    except BaseException as error:  # a subject may raise anything while it is imported
        reply = {"failure": SubjectFailure("import", described(error), subject_traceback(error)).as_json()}
    else:
        return served, {"metadata": served.metadata.as_json()}
    unload(reference, before)
    return None, reply


def _answered(served: Served, asked: Request) -> Request:
    """An observation; or why there is no problem to observe it on."""
    try:
        return served.pose() if "pose" in asked else served.observed(asked)
    except BaseException as error:  # what makes its problems is its own code as well
        said = str(error) if isinstance(error, ValueError) and str(error) == NOT_THE_SAME else described(error)
        return {"failure": SubjectFailure("setup", said, subject_traceback(error)).as_json()}


def _take_streams() -> tuple[TextIO, TextIO]:
    """Our own ends of the pipes; afterwards file descriptors 0, 1 and 2 are the subject's."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, replies


def _send(replies: TextIO, message: Mapping[str, object]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed, or replaced by something that raises what it likes
            continue


if __name__ == "__main__":
    main()
