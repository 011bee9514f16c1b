"""The problems on which a subject is identified, and what is seen of it there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mamlcheck.conformance.diagnosis.evidence import RAISED
from mamlcheck.conformance.problems.kinds import kinds_with
from mamlcheck.conformance.problems.problem import DTYPES, INNER_RATES, INNER_STEPS, Problem, problem
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.errors import InputError

ENDLESS = ("timeout", "import")  # failures after which asking again costs much and tells nothing


def suite(dtype: str, metadata: Metadata) -> Iterator[Problem]:
    """The problems that tell candidates apart: every kind with the loss that is declared, if one is, two inner rates,
    and more inner steps where there are.

    They are among those of the checks' catalogue, so that a subject that passes these is called by its name.
    """
    least, *more = sorted(metadata.steps or INNER_STEPS)
    first, second = INNER_RATES[:2]
    places = [(first, least), (second, least), *((first, count) for count in more[:1])]
    for alpha, steps in places:
        for name in kinds_with(metadata.loss):
            yield problem(name, alpha=alpha, steps=steps, dtype=dtype)


def posed(metadata: Metadata) -> list[Problem] | None:
    """The problems that a subject declares, made now; None where it declares none."""
    return None if metadata.problems is None else list(metadata.problems())


OTHER_RATE = 0.25  # of the rate that an own problem is posed at: a power of two, so that it is as exact


def own_suite(problems: Iterable[Problem], metadata: Metadata) -> Iterator[Problem]:
    """The problems that were given, and the first of them at another inner rate and with other inner steps.

    Raises `InputError`.
    """
    given = list(problems)
    if not given or not all(isinstance(p, Problem) for p in given):
        raise InputError("problems: give a list of problems, each made by own_problem")
    yield from given
    first = given[0]
    if len({p.alpha for p in given}) < 2:
        yield first.but(alpha=first.alpha * OTHER_RATE)
    if len({p.steps for p in given}) < 2:
        more = metadata.steps or (first.steps + 1, first.steps - 1)
        rates = first.key.rates
        others = [k for k in more if k not in (0, first.steps) and (rates is None or rates.reach(k))]
        yield from (first.but(steps=k) for k in others[:1])


def observations(observe: Callable[[Problem], Observation], dtype: str, metadata: Metadata) -> list[Observation]:
    """What is seen on the suite, and on one problem in the other precision.

    Where a call does not come to an end, the other problems of that kind are left out, as each costs the whole timeout;
    so are all problems where that happens before there is any direction. If it raises an exception in the other
    precision, the other kinds are tried there: one that raises says nothing of a precision.
    """
    seen: list[Observation] = []
    hung = set[str]()
    for given in suite(dtype, metadata):
        if given.name in hung:
            continue
        seen.append(observe(given))
        failure = seen[-1].failure
        if failure is None or failure.kind not in ENDLESS:
            continue
        if failure.kind == "import" or not any(o.has_direction for o in seen):
            return seen
        hung.add(given.name)
    other = next(d for d in DTYPES if d != dtype)
    first_of_kind: dict[str, Problem] = {}
    for o in seen:
        if o.has_direction:
            first_of_kind.setdefault(o.problem.name, o.problem)
    for given in first_of_kind.values():
        seen.append(observe(given.but(dtype=other)))
        failure = seen[-1].failure
        if failure is None or failure.kind not in RAISED:
            break
    return seen
