"""The process a subject runs in: `python -m mamlcheck.conformance.subjects.worker pkg.module:make`.

Reads problems, one JSON object a line, from what was standard input, and answers each with an observation on what was
standard output; the subject itself gets an empty standard input, and both its outputs go to standard error, which the
parent drains. So a subject may print, read or close what it likes.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from mamlcheck.conformance.problems.problem import Key, made
from mamlcheck.conformance.subjects.declaring import metadata_of
from mamlcheck.conformance.subjects.failing import described, subject_traceback
from mamlcheck.conformance.subjects.observing import Make, Observation, SubjectFailure
from mamlcheck.conformance.subjects.running import observe


class _NoSubject(Exception):  # noqa: N818 - reads as what it says
    """The reference names nothing that can be a subject: the caller's mistake, not the subject's."""


def main() -> None:
    """Serve until standard input ends."""
    own = os.getpid()
    requests, replies = _take_streams()
    try:
        make = _load(sys.argv[1])
    except _NoSubject as error:
        _send(replies, {"no_subject": str(error)})
        return
    except BaseException as error:  # a subject may raise anything while it is imported
        _send(replies, {"failure": SubjectFailure("import", described(error), subject_traceback(error)).as_json()})
        return
    _send(replies, {"metadata": asdict(metadata_of(make))})
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


def _load(reference: str) -> Make:
    """The callable of 'pkg.module:make' or 'path/to/file.py:make'."""
    place, _, attribute = reference.rpartition(":")
    if place.endswith(".py"):
        path = Path(place).resolve()
        sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise _NoSubject(f"there is no file {place}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    else:
        sys.path.insert(0, os.getcwd())
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError as error:
            if error.name is not None and (place == error.name or place.startswith(error.name + ".")):
                raise _NoSubject(
                    f"there is no module {error.name!r} in {os.getcwd()} or among the installed packages"
                ) from None
            raise
    found: object = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = [name for name in vars(module) if not name.startswith("_") and callable(getattr(module, name))]
            raise _NoSubject(f"{place} has no {attribute!r}" + (f"; it has {', '.join(near[:8])}" if near else ""))
        found = getattr(found, part)
    if not callable(found):
        raise _NoSubject(f"{reference} is a {type(found).__name__}: a subject is a function make(problem)")
    return found


if __name__ == "__main__":
    main()
