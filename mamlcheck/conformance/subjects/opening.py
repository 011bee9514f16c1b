"""How a subject is found and opened: by its name, in a process of its own, or as the callable itself, in this one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from mamlcheck.conformance.subjects.isolation import IsolatedSubject
from mamlcheck.conformance.subjects.observing import Make, Subject
from mamlcheck.conformance.subjects.process import Workplace
from mamlcheck.conformance.subjects.running import CallableSubject
from mamlcheck.errors import InputError

TIMEOUT_SECONDS = 60.0
Source = str | Make | Subject


def open_subject(source: str | Make, timeout: float = TIMEOUT_SECONDS, place: Workplace | None = None) -> Subject:
    """A subject, from 'pkg.module:make', from 'path/to/file.py:make', or from the callable `make` itself.

    Text names a subject that is run in a process of its own and stopped after `timeout` seconds on one problem;
    problems that it declares are made there, and here, where references are computed. A callable runs in this process,
    where nothing can stop it. place: the process, where several subjects share one, so that frameworks are imported
    once. Raises `InputError` for what is no subject.
    """
    if isinstance(source, str):
        return IsolatedSubject(source, timeout, place)
    if not callable(source):
        raise InputError(f"{source!r} is no subject: give a callable make(problem), or its name as 'pkg.module:make'")
    return CallableSubject(source)


def reopened(source: Source, timeout: float = TIMEOUT_SECONDS) -> Subject:
    """A subject that is open already, or one opened here; the caller closes it."""
    if isinstance(source, str) or not hasattr(source, "observe"):
        return open_subject(source, timeout)
    return cast("Subject", source)


@contextmanager
def opened(source: Source, timeout: float = TIMEOUT_SECONDS) -> Iterator[Subject]:
    """A subject that is open already, left open; or one that is opened here, and closed."""
    subject = reopened(source, timeout)
    try:
        yield subject
    finally:
        if subject is not source:
            subject.close()
