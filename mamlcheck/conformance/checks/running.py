"""Run the checks of a subject: `conform` reports what came of them, `check_subject` raises where they say no."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from mamlcheck.conformance.checks.result import Conformance, NonConformance
from mamlcheck.conformance.checks.session import Session
from mamlcheck.conformance.subjects.isolation import IsolatedSubject
from mamlcheck.conformance.subjects.opening import TIMEOUT_SECONDS, Source, opened
from mamlcheck.errors import InputError
from mamlcheck.formats.conformance import CheckRecord


def conform(
    source: Source,
    algorithm: str | None = None,
    *,
    delta: float | None = None,
    expected_failures: Mapping[str, str] | None = None,
    only: str | None = None,
    timeout: float = TIMEOUT_SECONDS,
    progress: Callable[[int], None] = lambda done: None,
) -> Conformance:
    """Run the checks of a subject and say what came of them, as `mamlcheck conform` does.

    source: 'pkg.module:make', 'path/to/file.py:make', the callable, or an open `Subject`. algorithm: what it is held
    against; what it declares, by default. delta: HF-MAML's step, if not declared. expected_failures: {check: reason},
    where * in a check's name stands for anything; one that matches no check, or passes, is an error. only: run this
    check (and those it needs). timeout: seconds for a problem, where the source is text. progress: called with 1 after
    each check. Ctrl-C is told what came of the checks until then. Raises `InputError`.
    """
    expected = dict(expected_failures or {})
    with opened(source, timeout) as subject:
        name = algorithm or subject.metadata.algorithm
        if name is None:
            raise InputError(
                f"{subject.name} does not say what it is: declare it with @subject('MAML'), or give an algorithm "
                "(check_subject(make, 'MAML') in Python, --as MAML on the command line)"
            )
        session = Session(subject, name, delta)
        asked = [n for n in session.checks if only is None or matches(only, n)]
        if not asked:
            raise InputError(f"no check is called {only!r}: names are such as {', '.join(list(session.checks)[:5])}")
        needed = {need for n in asked for need in session.checks[n].needs}
        wanted = [n for n in session.checks if n in asked or n in needed]
        results = list[CheckRecord]()
        try:
            for check in wanted:
                results.append(_result(session, check, expected))
                progress(1)
        except KeyboardInterrupt as stopped:
            stopped.add_note(_so_far(subject.name, results, len(wanted)))
            raise
        failed = [r.check for r in results if r.outcome in ("failed", "expected failure")]
        return Conformance(
            subject.name,
            session.algorithm,
            tuple(results),
            session.told(failed) if failed or only is None else None,
            unmatched(expected, session),
            by_name=isinstance(subject, IsolatedSubject),
            delta=delta,
            not_run={value: str(failure) for value, failure in session.not_run.items()},
        )


def check_subject(
    source: Source,
    algorithm: str | None = None,
    *,
    delta: float | None = None,
    expected_failures: Mapping[str, str] | None = None,
    only: str | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Conformance:
    """Raise `NonConformance` unless a subject passes every check of an algorithm. The arguments are those of `conform`.

    Raises `InputError`.
    """
    conformance = conform(
        source, algorithm, delta=delta, expected_failures=expected_failures, only=only, timeout=timeout
    )
    if not conformance.conforms:
        raise NonConformance(conformance)
    return conformance


def _result(session: Session, name: str, expected: Mapping[str, str]) -> CheckRecord:
    assessment = session.assessment(name)
    reason = expected_reason(name, expected)
    if assessment is None:
        return CheckRecord(name, "not run", session.why_not(name), "")
    if not assessment.passed:
        if reason is None:
            return CheckRecord(name, "failed", assessment.message, assessment.traceback)
        return CheckRecord(name, "expected failure", f"{reason} ({assessment.message})", assessment.traceback)
    if reason is None:
        return CheckRecord(name, "passed", assessment.message, "")
    message = f"it was expected to fail ({reason}) and passes: drop the expectation"
    return CheckRecord(name, "unexpected pass", message, "")


def _so_far(name: str, results: Sequence[CheckRecord], wanted: int) -> str:
    """What came of the checks that were run until Ctrl-C, in a sentence."""
    failed = [one.check for one in results if one.outcome in ("failed", "unexpected pass")]
    told = f": {', '.join(failed)}" if failed else ""
    return f"{name}: {len(results)} of {wanted} checks were run, and {len(failed)} of these failed{told}."


def matches(pattern: str, name: str) -> bool:
    """Whether this is a check's name; * stands for anything."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name) is not None


def expected_reason(name: str, expected: Mapping[str, str]) -> str | None:
    """Why a check is expected to fail, or None where it is not."""
    return next((why for pattern, why in expected.items() if matches(pattern, name)), None)


def unmatched(expected: Mapping[str, str], session: Session) -> tuple[str, ...]:
    """The expected failures that name no check."""
    return tuple(pattern for pattern in expected if not any(matches(pattern, name) for name in session.checks))
