"""What a diagnosis rests on: the problems a subject was seen on, whether they are enough, where it cannot be run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation, SubjectFailure
from mamlcheck.conformance.words import counted, listed
from mamlcheck.formats.conformance import EvidenceRecord

# Failures that say that the code is not meant for a problem; one that hangs, exits or returns nonsense is a defect.
RAISED = ("framework", "setup", "exception")
ONE_FOR_ALL = "that are one for all"  # where others differ by step or by parameter
# The value that a problem has on an axis, and how that reads in a sentence.
AXES: tuple[tuple[Callable[[Problem], str], str], ...] = ((lambda p: p.name, "on {}"), (lambda p: p.dtype, "in {}"))


def cannot_run(seen: Sequence[Observation]) -> dict[str, SubjectFailure]:
    """The kinds of problems and the precisions on which a subject raises an exception throughout, each with the first.

    Empty where it raises on everything: then there is nothing it can be run on, and nothing else to say.
    """
    found: dict[str, SubjectFailure] = {}
    if not any(o.failure is None for o in seen):
        return found
    for axis, _ in AXES:
        for value in dict.fromkeys(axis(o.problem) for o in seen):
            failures = [o.failure for o in seen if axis(o.problem) == value]
            raised = [f for f in failures if f is not None and f.kind in RAISED]
            if len(raised) == len(failures):
                found[value] = raised[0]
    return found


def why_not_run(given: Problem, not_run: Mapping[str, SubjectFailure]) -> str:
    """Why a subject cannot be run on a problem, or nothing where it can."""
    for axis, words in AXES:
        failure = not_run.get(axis(given))
        if failure is not None:
            return f"it cannot be run {words.format(axis(given))}: {failure}"
    return ""


@dataclass(frozen=True)
class Evidence:
    """The observations that a diagnosis rests on: how many, of how many that were asked for, and the problems, rates, K
    and precisions among them.

    built_in: whether the problems are those of mamlcheck. handed: whether gradients were handed over, and not computed
    by code that can be called again. certified: whether the references are proved, or measured in double-double;
    None where nothing is said that rests on one. alphas: one for each rate that was seen, or set of rates. rates: what
    these differ by, such as 'by step and parameter'; empty where alpha is the rate of all.
    """

    observations: int
    asked: int
    problems: tuple[str, ...]
    alphas: tuple[float, ...]
    steps: tuple[int, ...]
    precisions: tuple[str, ...]
    built_in: bool = True
    handed: bool = False
    certified: bool | None = True
    rates: str = ""

    def __str__(self) -> str:
        """In a sentence."""
        what = "gradient" if self.handed else "observation"
        count = f"{self.observations} of {counted(self.asked, what)}"
        by = "" if self.built_in or self.certified is None else f". The reference is {self.reference}"
        return f"This rests on {count}: {self._problems}, {self._alphas}, {self._steps}, {listed(self.precisions)}{by}."

    @property
    def reference(self) -> str:
        """How good the references are, in words."""
        return "certified by Arb" if self.certified else "measured in double-double, which proves nothing"

    @property
    def places(self) -> tuple[str, ...]:
        """The problems, where these are not all of mamlcheck's."""
        return () if self.built_in and len(self.problems) == len(kinds()) else self.problems

    @property
    def where(self) -> str:
        """Where gradients are what they are said to be: nothing else was seen of what made them."""
        return f" at {self._alphas} with {self._steps}" if self.handed else ""

    @property
    def _problems(self) -> str:
        if not self.built_in:
            return listed(self.problems)
        if not self.places:
            return f"{len(self.problems)} problems"
        return f"{len(self.problems)} of {len(kinds())} problems ({listed(self.problems)})"

    @property
    def record(self) -> EvidenceRecord:
        """The shape of its JSON."""
        return EvidenceRecord(**{field.name: getattr(self, field.name) for field in fields(self)})

    @property
    def _alphas(self) -> str:
        shown = [f"{alpha:g}" for alpha in dict.fromkeys(self.alphas)]
        if not self.rates:
            return f"alpha = {listed(shown)}"
        times = "" if shown == ["1"] else f" times {listed(shown)}"
        sets = f"{len(self.alphas)} sets of " if len(shown) < len(self.alphas) else ""
        return f"{sets}inner rates {self.rates}{times}"

    @property
    def _steps(self) -> str:
        return f"{listed([str(k) for k in self.steps])} inner step{'s' if self.steps != (1,) else ''}"

    @property
    def unreferenced(self) -> Evidence:
        """The same, of which nothing is said that rests on a reference: screening in doubles needs none."""
        return replace(self, certified=None)

    def lacks(self, metadata: Metadata) -> str:
        """What keeps it from saying that a subject is what was declared: a clause, or nothing.

        One rate cannot be told from a rate that is written into the code; nor one number of inner steps from a number
        that is written in, unless it is the only one that was declared.
        """
        seen = {"rate": f"with {self._alphas}", "number of inner steps": f"with {self._steps}"}
        missing = self.missing(metadata)
        if not missing:
            return ""
        said, like = listed([seen[name] for name in missing]), listed([f"a {name}" for name in missing])
        return f"{said}, which cannot be told from {like} written into the code"

    def missing(self, metadata: Metadata) -> list[str]:
        """Of what it has seen one value only, and would have to see two: see `lacks`."""
        found = ["rate"] if len(self.alphas) < 2 else []
        if len(self.steps) < 2 and len(metadata.steps or ()) != 1:
            found.append("number of inner steps")
        return found


def _rates(problems: Sequence[Problem]) -> str:
    """What inner rates differ by; nothing, where each problem has one."""
    rates = [p.key.rates for p in problems]
    if all(one is None for one in rates):
        return ""
    return " or ".join(dict.fromkeys(ONE_FOR_ALL if one is None else one.by for one in rates))


def evidence(seen: Sequence[Observation], asked: int) -> Evidence:
    """Of observations that all have a direction. asked: for how many problems there was to be one."""
    return Evidence(
        len(seen),
        asked,
        tuple(dict.fromkeys(o.problem.name for o in seen)),
        tuple(alpha for alpha, _ in dict.fromkeys((o.problem.alpha, o.problem.key.rates) for o in seen)),
        tuple(dict.fromkeys(o.problem.steps for o in seen)),
        tuple(dict.fromkeys(o.problem.dtype for o in seen)),
        built_in=all(o.problem.name in kinds() for o in seen),
        handed=all(o.handed for o in seen),
        certified=all(o.problem.kind.certifies for o in seen),
        rates=_rates([o.problem for o in seen]),
    )
