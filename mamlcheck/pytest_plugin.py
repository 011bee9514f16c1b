"""The pytest plugin: `pytest --mamlcheck-subject=pkg.module:make --mamlcheck-as=MAML` runs every check as a test.

It is loaded into every pytest run where mamlcheck is installed: until it is asked for, it only adds its options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mamlcheck.conformance.checks.parametrizing import BoundCheck
    from mamlcheck.conformance.checks.session import Session

_SESSIONS = pytest.StashKey[list["Session"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, in a group of their own."""
    group = parser.getgroup("mamlcheck", "conformance of MAML implementations")
    group.addoption(
        "--mamlcheck-subject",
        action="append",
        default=[],
        metavar="MODULE:MAKE",
        help="check this subject: pkg.module:make or path/to/file.py:make (repeatable)",
    )
    group.addoption("--mamlcheck-as", metavar="ALGORITHM", help="hold it against this algorithm, such as MAML")
    group.addoption("--mamlcheck-delta", type=float, metavar="DELTA", help="the step of HF-MAML's difference")
    group.addoption(
        "--mamlcheck-timeout", type=float, default=60.0, metavar="SECONDS", help="for one problem (default: 60)"
    )


@pytest.hookimpl(tryfirst=True)  # so that -k and --deselect see the checks too
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the checks of each subject to the tests that were collected."""
    opened = config.stash.setdefault(_SESSIONS, [])
    for reference in config.getoption("--mamlcheck-subject"):
        items.extend(_checks(session, config, reference, opened))


def _checks(
    session: pytest.Session, config: pytest.Config, reference: str, opened: list[Session]
) -> Iterator[pytest.Item]:
    from mamlcheck.conformance import open_subject
    from mamlcheck.conformance.checks.parametrizing import BoundCheck
    from mamlcheck.conformance.checks.session import Session
    from mamlcheck.errors import MamlcheckError

    try:
        subject = open_subject(reference, config.getoption("--mamlcheck-timeout"))
        name = config.getoption("--mamlcheck-as") or subject.metadata.algorithm
        if name is None:
            subject.close()
            raise pytest.UsageError(f"{reference} does not say what it is: give --mamlcheck-as=MAML")
        checked = Session(subject, name, config.getoption("--mamlcheck-delta"))
    except MamlcheckError as error:
        raise pytest.UsageError(str(error)) from None
    opened.append(checked)
    group = SubjectNode.from_parent(session, name=reference, nodeid=reference)
    for check in checked.checks:
        yield CheckItem.from_parent(group, name=check, bound=BoundCheck(checked, check))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close the subjects."""
    for checked in session.config.stash.get(_SESSIONS, []):
        checked.subject.close()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """How many checks were run, and what the subject computes."""
    for checked in config.stash.get(_SESSIONS, []):
        judged = {name: found for name, found in checked.assessments.items() if found is not None}
        failed = [name for name, found in judged.items() if not found.passed]
        terminalreporter.section(f"mamlcheck: {checked.subject.name} as {checked.algorithm}")
        terminalreporter.line(f"{len(judged)} checks run, {len(failed)} failed.")
        if judged:
            terminalreporter.line(checked.told(failed).text)
            checked.subject.close()


class SubjectNode(pytest.Collector):
    """A subject, as the parent of its checks."""

    def collect(self) -> list[pytest.Item]:
        return []


class CheckItem(pytest.Item):
    """A check of a subject, as a test."""

    def __init__(self, *, bound: BoundCheck, **arguments: Any):
        super().__init__(**arguments)
        self.bound = bound

    def runtest(self) -> None:
        self.bound()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, None, str]:
        return self.bound.session.subject.name, None, f"{self.bound.session.subject.name}::{self.name}"
