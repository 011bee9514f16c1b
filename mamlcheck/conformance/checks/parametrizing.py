"""The checks of a subject as pytest's tests: `parametrize_with_checks`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mamlcheck.conformance.checks.running import expected_reason, unmatched
from mamlcheck.conformance.checks.session import Session
from mamlcheck.conformance.subjects.opening import TIMEOUT_SECONDS, Source, reopened
from mamlcheck.errors import InputError

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class BoundCheck:
    """A check of a subject as a function of no arguments: for pytest, which `parametrize_with_checks` hands it to.

    expected: the checks that are expected to fail.
    """

    session: Session
    name: str
    expected: Collection[str] = ()

    def __call__(self) -> None:
        """Raise AssertionError with the reason where the check fails; skip where a check it needs has not passed.

        Where that one fails and has not been called, since it was deselected, the first check that needs it fails.
        """
        import pytest

        assessment = self.session.assessment(self.name)
        self.session.reported.add(self.name)
        if assessment is None:
            untold = self._untold()
            if untold:
                self.session.reported.update(untold)  # once is enough
                pytest.fail(f"{self.session.subject.name}: {self.name} needs {untold[0]}, which fails", pytrace=False)
            pytest.skip(self.session.why_not(self.name))
        if not assessment.passed:
            found = self.session.told([self.name])
            text = f"{self.session.subject.name}: {self.name}: {assessment.message}. {found.sentence}"
            raise AssertionError(f"{text}\n{assessment.traceback}" if assessment.traceback else text)

    def _untold(self) -> list[str]:
        """The checks it needs that fail, where none of them has been called and none is expected to."""
        failing = [n for n in self.session.checks[self.name].needs if n not in self.expected and self.session.fails(n)]
        return [] if self.session.reported & {*failing} else failing

    def __repr__(self) -> str:
        return f"<check {self.name}>"


def parametrize_with_checks(
    source: Source,
    algorithm: str | None = None,
    *,
    delta: float | None = None,
    expected_failures: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> pytest.MarkDecorator:
    """Decorator of a pytest test with an argument `check`: one test for each check, whose body is `check()`.

    Expected failures become strict xfails with their reason. The arguments are those of `check_subject`. Raises
    `InputError`, also for an expected failure that matches no check.
    """
    import pytest

    subject = reopened(source, timeout)
    name = algorithm or subject.metadata.algorithm
    if name is None:
        raise InputError(f"{subject.name} does not say what it is: parametrize_with_checks(make, 'MAML') does")
    session = Session(subject, name, delta)
    expected = dict(expected_failures or {})
    unknown = unmatched(expected, session)
    if unknown:
        raise InputError(f"expected failures that match no check: {', '.join(unknown)}")
    reasons = {check: expected_reason(check, expected) for check in session.checks}
    known = [check for check, reason in reasons.items() if reason is not None]
    parameters = []
    for check, reason in reasons.items():
        # raises: what is expected is that this check fails, not one that it needs
        marks = () if reason is None else (pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True),)
        parameters.append(pytest.param(BoundCheck(session, check, known), id=check, marks=marks))
    return pytest.mark.parametrize("check", parameters)
