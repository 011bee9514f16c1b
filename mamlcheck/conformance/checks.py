"""The checks a subject must pass to conform to an algorithm, from one generator for every way to run them.

Precondition checks come first; where one fails, the checks that need it are not run and say so, so that failures do
not cascade. A model or a precision on which a subject raises an exception throughout is one that it cannot be run on:
the checks there are not run either, and say so. The last check is the diagnosis that `identify` gives, of the same
observations, so that the two never disagree. A check holds no special case for any subject: what is known to fail is
given by the caller, as {check: reason}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from mamlcheck.conformance.algorithms import algorithm as algorithm_named
from mamlcheck.conformance.candidates import Candidate, of_algorithm
from mamlcheck.conformance.diagnosis import Diagnosis, diagnose, observations, suite
from mamlcheck.conformance.evidence import cannot_run, listed, why_not_run
from mamlcheck.conformance.explanations import rounded_constant
from mamlcheck.conformance.fits import SHARE, relative_error, relative_tolerance, unit_of
from mamlcheck.conformance.problems import DTYPES, KINDS, STEPS, TASKS, Problem, catalogue, problem
from mamlcheck.conformance.reference import UNIT_ROUNDOFF, Difference
from mamlcheck.conformance.subjects import TIMEOUT, Failure, Make, Metadata, Observation, Subject, opened, reopened
from mamlcheck.errors import InputError

PRECONDITIONS = ("returns-a-direction", "not-zero", "deterministic", "inputs-untouched")
BASE = next(iter(KINDS))  # the model of checks that any model would do for
DIAGNOSIS = "diagnosis"
MAIN = "float64"  # the precision that a subject is identified in


@dataclass(frozen=True)
class Verdict:
    """passed, and in words why not; or, where it passed, what is worth knowing."""

    passed: bool
    message: str = ""
    traceback: str = ""


PASSED = Verdict(True)


@dataclass(frozen=True)
class Check:
    """name: unique among the checks of a subject. problems: what the subject is run on. judge: says what it makes of
    the observations, in that order. needs: names of the checks that must have passed. anywhere: the problems may be of
    another model, where the subject cannot be run on this one.
    """

    name: str
    problems: tuple[Problem, ...]
    judge: Callable[[Sequence[Observation]], Verdict]
    needs: tuple[str, ...] = PRECONDITIONS
    anywhere: bool = True


@dataclass(frozen=True)
class Expectation:
    """What a subject is held against: an algorithm by its candidates, and the factor that its reduction brings.

    over_rate: the direction may be over the inner rate, which turns Reptile's update into a gradient.
    """

    candidates: tuple[Candidate, ...]
    summed: bool
    over_rate: bool = False

    def factor(self, given: Problem) -> float:
        """Factor to the mean over tasks."""
        return float(len(given.tasks)) if self.summed else 1.0

    def nearest(self, seen: Observation) -> tuple[Candidate, float]:
        """The candidate that comes nearest, and its factor."""
        factors = [self.factor(seen.problem)]
        if self.over_rate and seen.problem.alpha:
            factors.append(factors[0] / seen.problem.alpha)
        return min(product(self.candidates, factors), key=lambda pair: relative_error(pair[0], seen, pair[1]))

    def tolerance(self, seen: Observation) -> float:
        """Relative tolerance of the nearest candidate."""
        c, factor = self.nearest(seen)
        return relative_tolerance(c, seen, factor, unit_of(seen))


def expectation(name: str, metadata: Metadata) -> Expectation:
    """The references that a subject declared to be this algorithm is held against. Raises `InputError`."""
    known = algorithm_named(name)
    if known.hessian == "difference" and metadata.delta is None:
        raise InputError(
            f"{known.name} depends on its delta: declare it, such as @subject({known.name!r}, delta=0.01), or give it "
            "(delta=0.01 in Python, --delta 0.01 to mamlcheck conform, --mamlcheck-delta=0.01 to pytest)"
        )
    found = list(of_algorithm(known, None if metadata.delta is None else Difference(metadata.delta)))
    if known.hessian == "difference" and metadata.delta is not None:
        found += of_algorithm(known, Difference(metadata.delta, over_norm=True))
    return Expectation(tuple(found), metadata.reduction == "sum", over_rate=known.name == "Reptile")


def checks(name: str, metadata: Metadata) -> Iterator[Check]:
    """Every check of a subject that is declared to be this algorithm, preconditions first. Raises `InputError`."""
    against = expectation(name, metadata)
    steps = metadata.steps or STEPS
    base = problem(BASE, steps=min(steps))
    yield Check("returns-a-direction", (base,), lambda seen: _returns(seen[0]), needs=())
    yield Check("not-zero", (base,), lambda seen: _not_zero(seen[0]), needs=PRECONDITIONS[:1])
    yield Check("deterministic", (base,), lambda seen: _deterministic(seen[0], against), needs=PRECONDITIONS[:2])
    yield Check("inputs-untouched", (base,), lambda seen: _untouched(seen[0]), needs=PRECONDITIONS[:2])
    for given in catalogue(steps):
        yield Check(_reference(given), (given,), lambda seen: _as_reference(seen[0], against), anywhere=False)
    if algorithm_named(name).name != "Reptile":  # its direction is 0 there
        still = problem(BASE, alpha=0.0, steps=min(steps))
        yield Check("alpha-zero", (still,), lambda seen: _as_reference(seen[0], against))
    alike = tuple(problem(BASE, steps=min(steps), tasks=tasks) for tasks in ((1,) * TASKS, (1,)))
    yield Check("identical-tasks", alike, lambda seen: _same(seen[0], seen[1], against))
    turned = (*range(1, TASKS), 0)
    yield Check(
        "task-order",
        (base, problem(BASE, steps=min(steps), tasks=turned)),
        lambda seen: _same(seen[0], seen[1], against),
    )
    yield Check(
        "constant-added-to-the-loss",
        (base, problem(BASE, steps=min(steps), offset=1.0)),
        lambda seen: _same(seen[0], seen[1], against),
    )
    # What the references say already is not said twice.
    needs = (*PRECONDITIONS, *(_reference(given) for dtype in DTYPES for given in suite(dtype, metadata)))
    yield Check(DIAGNOSIS, (), _undiagnosed, needs, anywhere=False)


def _reference(given: Problem) -> str:
    return f"reference[{given.id}]"


def _undiagnosed(seen: Sequence[Observation]) -> Verdict:
    raise NotImplementedError("a session judges its diagnosis itself")


# -- judging ---------------------------------------------------------------------------------------------------
def _returns(seen: Observation) -> Verdict:
    if seen.failure is None:
        return PASSED
    return Verdict(False, seen.failure.message, seen.failure.traceback)


def _not_zero(seen: Observation) -> Verdict:
    if seen.directions[0].any():
        return PASSED
    return Verdict(False, "every component of the direction is 0")


def _deterministic(seen: Observation, against: Expectation) -> Verdict:
    first, second = seen.directions
    apart = float(np.linalg.norm(second - first) / np.linalg.norm(first))
    allowed = 2 * against.tolerance(seen)
    if apart <= allowed:
        return PASSED
    return Verdict(False, f"two calls differ by {apart:.1e}, relatively; rounding explains {allowed:.1e}")


def _diagnosed(found: Diagnosis) -> Verdict:
    if found.conforms:
        return PASSED
    return Verdict(False, f"the diagnosis finds {listed(found.defects)}")


def _untouched(seen: Observation) -> Verdict:
    if not seen.changed:
        return PASSED
    return Verdict(False, f"a call changes {', '.join(seen.changed)}")


def _failed(seen: Observation) -> Verdict | None:
    if seen.failure is None:
        return None
    return Verdict(False, f"{seen.problem.id}: {seen.failure.message}", seen.failure.traceback)


def _as_reference(seen: Observation, against: Expectation) -> Verdict:
    """Within rounding of one of the certified references."""
    broken = _failed(seen)
    if broken is not None:
        return broken
    if not seen.directions[0].any():
        return Verdict(False, "every component of the direction is 0")
    best, factor = against.nearest(seen)
    error = relative_error(best, seen, factor)
    allowed = relative_tolerance(best, seen, factor, unit_of(seen))
    if allowed > SHARE:
        return Verdict(False, f"rounding alone explains {allowed:.0%} of the direction: nothing can be told")
    if error <= allowed:
        coarser = seen.dtype != seen.problem.dtype and unit_of(seen) > UNIT_ROUNDOFF[seen.problem.dtype]
        return Verdict(True, f"it is returned in {seen.dtype}") if coarser else PASSED
    if rounded_constant(best, seen, factor):
        return Verdict(True, f"a constant is rounded to float32 (relative error {error:.0e})")
    return Verdict(False, f"relative error {error:.1e}; rounding explains {allowed:.1e}")


def _same(first: Observation, second: Observation, against: Expectation) -> Verdict:
    """Directions on two problems that must agree."""
    for seen in (first, second):
        broken = _failed(seen)
        if broken is not None:
            return broken
    a = first.directions[0] / against.factor(first.problem)
    b = second.directions[0] / against.factor(second.problem)
    size = float(np.linalg.norm(a))
    if not size:
        return Verdict(False, f"every component of the direction on {first.problem.id} is 0")
    apart = float(np.linalg.norm(b - a)) / size
    allowed = 2 * (against.tolerance(first) + against.tolerance(second))
    if apart <= allowed:
        return PASSED
    return Verdict(
        False,
        f"{first.problem.id} and {second.problem.id} give directions that differ by {apart:.1e}, relatively; rounding "
        f"explains {allowed:.1e}",
    )


# -- running ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Result:
    """A check. outcome: 'passed', 'failed', 'expected failure', 'unexpected pass' or 'not run'."""

    check: str
    outcome: str
    message: str = ""
    traceback: str = ""


@dataclass(frozen=True)
class Conformance:
    """Every check of a subject against an algorithm; `diagnosis` is there when all were wanted, or one failed."""

    subject: str
    algorithm: str
    results: tuple[Result, ...]
    diagnosis: Diagnosis | None = None
    unmatched: tuple[str, ...] = ()  # expected failures that name no check
    by_name: bool = True  # the subject can be named in a call
    delta: float | None = None  # as it was given, beside what is declared
    not_run: Mapping[str, str] = field(default_factory=dict)  # models and precisions it cannot be run on, and why

    @property
    def run(self) -> int:
        """The number of checks that were run."""
        return sum(r.outcome != "not run" for r in self.results)

    @property
    def failed(self) -> tuple[Result, ...]:
        """The checks that say no: failed, or expected to fail and passed."""
        return tuple(r for r in self.results if r.outcome in ("failed", "unexpected pass"))

    @property
    def conforms(self) -> bool:
        """Nothing failed, nothing was left out but for expected failures, every expected failure names a check."""
        return not self.failed and not self.unmatched

    def paste(self, result: Result) -> str:
        """Python that repeats one check."""
        lines = ["from mamlcheck.conformance import check_subject"]
        source = repr(self.subject)
        if not self.by_name:
            module, _, source = self.subject.rpartition(":")
            if source.isidentifier() and module not in ("", "__main__"):
                lines.append(f"from {module} import {source}")
            else:  # made where it is used: there is nothing to import it from
                lines.append(f"make = ...  # {self.subject}")
                source = "make"
        delta = "" if self.delta is None else f", delta={self.delta!r}"
        return "\n".join([*lines, f"check_subject({source}, {self.algorithm!r}{delta}, only={result.check!r})"])

    def summary(self) -> str:
        """One line: how many checks were run, and what became of them."""
        counts = {o: sum(r.outcome == o for r in self.results) for o in dict.fromkeys(r.outcome for r in self.results)}
        said = ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
        verdict = "conforms" if self.conforms else "does not conform"
        where = self._where if self.conforms else ""
        counted = f"{self.run} check{'' if self.run == 1 else 's'} run"
        return f"{self.subject} {verdict} to {self.algorithm}{where}: {counted}; {said}."

    @property
    def _where(self) -> str:
        """The models and the precisions that it can be run on, where these are not all."""
        said = []
        for everything, word in ((tuple(KINDS), "on"), (DTYPES, "in")):
            left = [value for value in everything if value not in self.not_run]
            said += [f" {word} {listed(left)}"] if len(left) < len(everything) else []
        return "".join(said)

    def __str__(self) -> str:
        lines = [self.summary()]
        if self.diagnosis is not None:
            lines.append(str(self.diagnosis))
        lines += [f"the expected failure {name!r} matches no check" for name in self.unmatched]
        lines += [f"{r.outcome}: {r.check}: {r.message}" for r in self.failed]
        if self.failed:
            lines += ["To repeat the first:", self.paste(self.failed[0])]
            if self.failed[0].traceback:
                lines.append(self.failed[0].traceback)
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "subject": self.subject,
            "algorithm": self.algorithm,
            "conforms": self.conforms,
            "checks_run": self.run,
            "diagnosis": None if self.diagnosis is None else self.diagnosis.as_json(),
            "unmatched_expected_failures": list(self.unmatched),
            "cannot_be_run": dict(self.not_run),
            "results": [
                {"check": r.check, "outcome": r.outcome, "message": r.message, "traceback": r.traceback}
                for r in self.results
            ],
        }


class NonConformance(AssertionError):  # noqa: N818 - reads as what it says
    """A subject does not conform; `conformance` says where."""

    def __init__(self, conformance: Conformance):
        super().__init__(str(conformance))
        self.conformance = conformance


@dataclass
class Session:
    """An open subject with the checks of an algorithm; observations and results are kept, as checks share them."""

    subject: Subject
    algorithm: str
    delta: float | None = None
    _seen: dict[str, Observation] = field(default_factory=dict)
    verdicts: dict[str, Verdict | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.algorithm = algorithm_named(self.algorithm).name
        self.metadata = self.subject.metadata
        if self.delta is not None:
            self.metadata = replace(self.metadata, delta=self.delta)
        self.checks = {check.name: check for check in checks(self.algorithm, self.metadata)}
        self.checks[DIAGNOSIS] = replace(self.checks[DIAGNOSIS], judge=lambda seen: _diagnosed(self.diagnosis))

    def observe(self, given: Problem) -> Observation:
        """The observation on a problem, made once."""
        if given.id not in self._seen:
            self._seen[given.id] = self.subject.observe(given)
        return self._seen[given.id]

    @cached_property
    def identified_by(self) -> list[Observation]:
        """The observations that `identify` makes."""
        return observations(self.observe, MAIN, self.metadata)

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What `identify` says."""
        return diagnose(self.subject.name, self.identified_by, self.metadata, self.algorithm)

    @cached_property
    def not_run(self) -> dict[str, Failure]:
        """The models and precisions that the subject cannot be run on, and why."""
        return cannot_run(self.identified_by)

    def problems(self, name: str) -> list[Problem]:
        """What a check is run on: of a model that the subject can be run on, where any will do."""
        check = self.checks[name]
        model = next((model for model in KINDS if model not in self.not_run), BASE)
        return [problem(**{**p.key, "name": model}) if check.anywhere else p for p in check.problems]

    def verdict(self, name: str) -> Verdict | None:
        """The verdict of a check, or None where it is not run: `why_not` says why."""
        if name not in self.verdicts:
            ready = not self.why_not(name)
            judge = self.checks[name].judge
            self.verdicts[name] = judge([self.observe(p) for p in self.problems(name)]) if ready else None
        return self.verdicts[name]

    def why_not(self, name: str) -> str:
        """Why a check is not run, or nothing."""
        for given in self.problems(name):
            reason = why_not_run(given, self.not_run)
            if reason:
                return reason
        for need in self.checks[name].needs:
            if not self._passed(need) and not self._left_out(need):
                return f"it needs {need}"
        return ""

    def _passed(self, name: str) -> bool:
        verdict = self.verdict(name)
        return verdict is not None and verdict.passed

    def _left_out(self, name: str) -> bool:
        """Whether a check is of a problem that the subject cannot be run on."""
        return any(why_not_run(given, self.not_run) for given in self.problems(name))

    def told(self, failed: Sequence[str]) -> Diagnosis:
        """The diagnosis after these checks have failed."""
        return self.diagnosis.but_not(failed)


def run_checks(
    source: str | Make | Subject,
    algorithm: str | None = None,
    *,
    delta: float | None = None,
    expected_failures: Mapping[str, str] | None = None,
    only: str | None = None,
    timeout: float = TIMEOUT,
    progress: Callable[[int], None] = lambda done: None,
) -> Conformance:
    """Run the checks and say what came of them; `check_subject` raises where this reports.

    progress: called with 1 after each check. The other arguments are those of `check_subject`.
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
        wanted = [n for n in session.checks if only is None or _matches(only, n)]
        if not wanted:
            raise InputError(f"no check is called {only!r}: names are such as {', '.join(list(session.checks)[:5])}")
        results = []
        for check in wanted:
            results.append(_result(session, check, expected))
            progress(1)
        unmatched = tuple(p for p in expected if not any(_matches(p, n) for n in session.checks))
        failed = [r.check for r in results if r.outcome in ("failed", "expected failure")]
        return Conformance(
            subject.name,
            session.algorithm,
            tuple(results),
            session.told(failed) if failed or only is None else None,
            unmatched,
            by_name=isinstance(source, str),
            delta=delta,
            not_run={value: failure.message for value, failure in session.not_run.items()},
        )


def _result(session: Session, name: str, expected: Mapping[str, str]) -> Result:
    verdict = session.verdict(name)
    reason = next((why for pattern, why in expected.items() if _matches(pattern, name)), None)
    if verdict is None:
        return Result(name, "not run", session.why_not(name))
    if verdict.passed:
        if reason is not None:
            message = f"it was expected to fail ({reason}) and passes: drop the expectation"
            return Result(name, "unexpected pass", message)
        return Result(name, "passed", verdict.message)
    if reason is not None:
        return Result(name, "expected failure", f"{reason} ({verdict.message})", verdict.traceback)
    return Result(name, "failed", verdict.message, verdict.traceback)


def _matches(pattern: str, name: str) -> bool:
    """A check's name, in which * stands for anything."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name) is not None


def check_subject(
    source: str | Make | Subject,
    algorithm: str | None = None,
    *,
    delta: float | None = None,
    expected_failures: Mapping[str, str] | None = None,
    only: str | None = None,
    timeout: float = TIMEOUT,
) -> Conformance:
    """Raise `NonConformance` unless a subject passes every check of an algorithm.

    source: 'pkg.module:make', 'path/to/file.py:make', the callable, or an open `Subject`. algorithm: what it is held
    against; what it declares, by default. delta: HF-MAML's step, if not declared. expected_failures: {check: reason},
    where * in a check's name stands for anything; one that matches no check, or passes, is an error. only: run this
    check (and those it needs). timeout: seconds for a problem, where the source is text. Raises `InputError`.
    """
    conformance = run_checks(
        source, algorithm, delta=delta, expected_failures=expected_failures, only=only, timeout=timeout
    )
    if not conformance.conforms:
        raise NonConformance(conformance)
    return conformance


@dataclass(frozen=True)
class BoundCheck:
    """A check of a subject as a function of no arguments: for pytest, which `parametrize_with_checks` hands it to."""

    session: Session
    name: str

    def __call__(self) -> None:
        """Raise AssertionError with the reason where the check fails; skip where a check it needs has not passed."""
        import pytest

        verdict = self.session.verdict(self.name)
        if verdict is None:
            pytest.skip(self.session.why_not(self.name))
        if not verdict.passed:
            found = self.session.told([self.name])
            text = f"{self.session.subject.name}: {self.name}: {verdict.message}. {found.sentence}"
            raise AssertionError(f"{text}\n{verdict.traceback}" if verdict.traceback else text)

    def __repr__(self) -> str:
        return f"<check {self.name}>"


def parametrize_with_checks(
    source: str | Make | Subject,
    algorithm: str | None = None,
    *,
    delta: float | None = None,
    expected_failures: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Any:
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
    unmatched = [p for p in expected if not any(_matches(p, n) for n in session.checks)]
    if unmatched:
        raise InputError(f"expected failures that match no check: {', '.join(unmatched)}")
    parameters = []
    for check in session.checks:
        reason = next((why for pattern, why in expected.items() if _matches(pattern, check)), None)
        marks = () if reason is None else (pytest.mark.xfail(reason=reason, strict=True),)
        parameters.append(pytest.param(BoundCheck(session, check), id=check, marks=marks))
    return pytest.mark.parametrize("check", parameters)
