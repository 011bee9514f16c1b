"""An open subject with the checks of an algorithm; observations and assessments are kept, as checks share them.

A kind of problem or a precision on which a subject raises an exception throughout is one that it cannot be run on: the
checks there are not run, and say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from mamlcheck.conformance.algorithms import algorithm as algorithm_named
from mamlcheck.conformance.checks.assessment import Assessment
from mamlcheck.conformance.checks.listing import Check, any_kind, checks
from mamlcheck.conformance.diagnosis.evidence import cannot_run, why_not_run
from mamlcheck.conformance.diagnosis.identifying import diagnose
from mamlcheck.conformance.diagnosis.result import Diagnosis
from mamlcheck.conformance.diagnosis.sentences import but_not
from mamlcheck.conformance.diagnosis.suite import observations, own_suite, posed
from mamlcheck.conformance.diagnosis.updates import ReadOff, read_off
from mamlcheck.conformance.problems.kinds import kinds_with
from mamlcheck.conformance.problems.problem import AnyKey, Problem
from mamlcheck.conformance.subjects.observing import Observation, Subject, SubjectFailure

IDENTIFIED_IN = "float64"  # the precision that a subject is identified in


class Session:
    """A subject held against an algorithm. delta: that of HF-MAML's difference, in place of what is declared.

    assessments: by the name of the check, those judged so far; None where a check is not run. Raises `InputError`.
    """

    def __init__(self, subject: Subject, algorithm: str, delta: float | None = None):
        self.subject = subject
        self.algorithm = algorithm_named(algorithm).name
        self.metadata = subject.metadata if delta is None else subject.metadata.but(delta=delta)
        own = posed(self.metadata)
        self.own = [] if own is None else list(own_suite(own, self.metadata))
        self.checks: Mapping[str, Check] = {
            check.name: check for check in checks(self.algorithm, self.metadata, lambda: self.diagnosis, self.own)
        }
        self.assessments: dict[str, Assessment | None] = {}
        self.reported: set[str] = set()  # the checks that pytest has called
        self._seen: dict[AnyKey, Observation] = {}

    def observe(self, given: Problem) -> Observation:
        """The observation on a problem, made once."""
        if given.key not in self._seen:
            self._seen[given.key] = self.subject.observe(given)
        return self._seen[given.key]

    @cached_property
    def identified_by(self) -> list[Observation]:
        """The observations that `identify` makes."""
        if self.own:
            return [self.observe(given) for given in self.own]
        return observations(self.observe, IDENTIFIED_IN, self.metadata)

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What `identify` says."""
        return diagnose(self.subject.name, self.identified_by, self.metadata, self.algorithm)

    @cached_property
    def read_off(self) -> ReadOff | None:
        """How the directions were read off an update by hand, if they were."""
        return read_off(self.identified_by)

    @cached_property
    def not_run(self) -> dict[str, SubjectFailure]:
        """The kinds of problems and the precisions that the subject cannot be run on, and why."""
        return cannot_run(self.identified_by)

    def problems(self, name: str) -> list[Problem]:
        """What a check is run on: of a kind that the subject can be run on, where any will do."""
        check = self.checks[name]
        some = kinds_with(self.metadata.loss)
        kind = next((kind for kind in some if kind not in self.not_run), any_kind(self.metadata))
        return [p.but(name=kind) if check.anywhere else p for p in check.problems]

    def assessment(self, name: str) -> Assessment | None:
        """What a check says, or None where it is not run: `why_not` says why."""
        if name not in self.assessments:
            ready = not self.why_not(name)
            self.assessments[name] = self._judged(name) if ready else None
        return self.assessments[name]

    def _judged(self, name: str) -> Assessment:
        """What a check says; where it says no, with the digits counted that reading an update by hand has lost, then in
        the reduced precision that is declared.
        """
        check, seen = self.checks[name], [self.observe(p) for p in self.problems(name)]
        said = check.judge(seen)
        if not said.passed and self.read_off is not None:
            said = check.judge([self.read_off.of(o) for o in seen])
        precision = self.metadata.computes
        if said.passed or precision is None:
            return said
        coarse = check.judge([replace(o, dtype=precision) if o.failure is None else o for o in seen])
        return replace(coarse, message=f"as good as {precision} can be, as declared") if coarse.passed else said

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

    def fails(self, name: str) -> bool:
        """Whether a check was run and says no."""
        assessment = self.assessment(name)
        return assessment is not None and not assessment.passed

    def _passed(self, name: str) -> bool:
        assessment = self.assessment(name)
        return assessment is not None and assessment.passed

    def _left_out(self, name: str) -> bool:
        """Whether a check is of a problem that the subject cannot be run on."""
        return any(why_not_run(given, self.not_run) for given in self.problems(name))

    def told(self, failed: Sequence[str]) -> Diagnosis:
        """The diagnosis after these checks have failed."""
        return but_not(self.diagnosis, failed)
