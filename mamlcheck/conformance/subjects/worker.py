"""The process a subject runs in: `python -m mamlcheck.conformance.subjects.worker pkg.module:make`.

Reads problems, one JSON object a line, from what was standard input, and answers each with an observation on what was
standard output; the subject itself gets an empty standard input, and both its outputs go to standard error, which the
parent drains. So a subject may print, read or close what it likes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from mamlcheck.conformance.problems.problem import Key, made
from mamlcheck.conformance.subjects.declaring import metadata_of
from mamlcheck.conformance.subjects.failing import described, subject_traceback
from mamlcheck.conformance.subjects.loading import NoSubject, load
from mamlcheck.conformance.subjects.observing import Observation, SubjectFailure
from mamlcheck.conformance.subjects.running import observe


def main() -> None:
    """Serve until standard input ends."""
    own = os.getpid()
    requests, replies = _take_streams()
    try:
        make = load(sys.argv[1])
    except NoSubject as error:
        _send(replies, {"no_subject": str(error)})
        return
    except BaseException as error:  # a subject may raise anything while it is imported
        _send(replies, {"failure": SubjectFailure("import", described(error), subject_traceback(error)).as_json()})
        return
    _send(replies, {"metadata": metadata_of(make).as_json()})
    for line in requests:
        asked = json.loads(line)
        key = asked["problem"]
        given = made(Key(**{**key, "tasks": tuple(key["tasks"])}))
        try:
            seen = observe(make, given)
        except BaseException as error:  # KeyboardInterrupt and the like
            failure = SubjectFailure("exception", described(error), subject_traceback(error))
            seen = Observation(given, failure=failure)
        if os.getpid() != own:  # a child that the subject forked and let go on: the answer is not its to give
            os._exit(0)
        _flush()
        _send(replies, {"answers": asked["number"], **seen.as_json()})


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
