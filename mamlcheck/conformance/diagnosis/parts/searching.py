"""What is searched for, and how numbers that were found become a form that is certified.

A `Plan` says which numbers are free. It is fitted to all observations at once, in doubles; numbers that are near plain
ones are taken for these; what comes out is held against the certified reference, within tolerance, as any candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from mamlcheck.conformance.algorithms import algorithms
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match, times
from mamlcheck.conformance.diagnosis.fits import UNNAMED, Match, Question, fit, named
from mamlcheck.conformance.diagnosis.parts.form import (
    Factors,
    Form,
    Samples,
    as_candidate,
    mask,
    own_samples,
    tensors,
)
from mamlcheck.conformance.diagnosis.parts.least_squares import Solution, fitted
from mamlcheck.conformance.diagnosis.parts.sampled import Sampled, all_roles, samples_of, weights_of
from mamlcheck.conformance.diagnosis.parts.words import patterns, said
from mamlcheck.conformance.diagnosis.scales import Scale
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.subjects.observing import Observation

Array = np.ndarray

FAMILY = {True: "MAML", False: "FO-MAML"}  # by whether it goes back through the inner steps
MOST_TIMES = 36  # that a sample is counted, over the least: all samples of three tasks and two sets as one
LARGEST_DENOMINATOR = 12  # of a number that is taken for a plain one
FEW_TENSORS = 16  # of more, each alone is not tried: a direction each would take long
EQUATIONS = 2  # of observations to each free number, at least: numbers fit anything where there are as many
SAME = 1e-10  # relative: numbers that were found, and differ by less, are the same number, rounded
DIGITS = 12  # a number that is no plain one is tried with so many digits first


@dataclass(frozen=True)
class Plan:
    """exact, more: see `Form`.

    inner: 'sets', 'samples' or 'support', whose weights are free in the inner steps, those of single samples in the
    latter two; or the set that they are on. outer: likewise. shifts: the number of tasks whose samples these are.
    rates: whether each tensor has an inner rate of its own. split: whether each tensor has a factor of its own.
    by_step: whether each inner step has weights of its own.
    """

    exact: bool = True
    more: int = 0
    inner: str = "inner"
    outer: str = "sets"
    shifts: int = 1
    rates: bool = False
    split: bool = False
    by_step: bool = False


def can_be_taken_apart(question: Question) -> bool:
    """Whether its problems can be asked for single samples: those of mamlcheck can."""
    return all(o.problem.name in kinds() for o in question.seen)


def near(question: Question) -> float:
    """The relative residual from which on it is worth looking closer: far above what rounding leaves, and far below
    what anything else does.
    """
    return float(np.cbrt(max(question.units)))


def names_of(question: Question) -> list[str]:
    """All tensors of all problems."""
    return list(dict.fromkeys(name for o in question.seen for name in tensors(o.problem).values()))


def masks_of(o: Observation, names: Sequence[str]) -> Array:
    """For each tensor 1 on it and 0 elsewhere (T, n)."""
    nothing = dict.fromkeys(names, 0.0)
    return np.stack([mask(o.problem, nothing | {name: 1.0}) for name in names])


def some_left_out(names: Sequence[str]) -> Iterator[Factors]:
    """0 for tensors that have something in common, or for all but those, and 1 for the others; single ones as well,
    where there are few.
    """
    some = list(patterns(names).values()) + ([{name} for name in names] if len(names) <= FEW_TENSORS else [])
    chosen = [frozenset(one) for one in some] + [frozenset(names) - one for one in some]
    for out in dict.fromkeys(chosen):
        if 0 < len(out) < len(names):
            yield tuple((name, 0.0 if name in out else 1.0) for name in names)


# -- fitting -----------------------------------------------------------------------------------------------------------
class Search:
    """A plan on observations, and the numbers that fit them best."""

    def __init__(self, question: Question, plan: Plan):
        self.question, self.plan = question, plan
        self.there = samples_of(plan.shifts)
        self.names = names_of(question)
        self.steps = max(0, question.seen[0].problem.steps + plan.more)
        sets = np.stack(list(all_roles(plan.shifts, self.there).values()))
        free = {"sets": sets, "samples": np.eye(len(self.there))}
        free["support"] = np.eye(len(self.there))[[self.there.index(s) for s in own_samples("inner")]]
        self.inner = free.get(plan.inner)
        self.support = weights_of(own_samples("inner" if self.inner is not None else plan.inner), self.there)
        self.outer = free[plan.outer] if plan.outer in free else weights_of(own_samples(plan.outer), self.there)[None]
        self.parts = [Sampled(o.problem, self.there) for o in question.seen]
        self.masks = [masks_of(o, self.names) for o in question.seen]
        start = []
        if self.inner is not None and self.steps:
            of_step = np.linalg.lstsq(self.inner.T, self.support, rcond=None)[0]
            start += [of_step] * (self.steps if plan.by_step else 1)
        if plan.rates:
            start.append(np.ones(len(self.names)))
        self.start = np.concatenate([*start, []])
        self.count = self.start.size + len(self.outer) * (len(self.names) if plan.split else 1)

    @cached_property
    def solution(self) -> Solution:
        """The best numbers from the start that is MAML's; from one sample after the other, where that leads nowhere."""
        rights = [o.direction for o in self.question.seen]
        found = fitted(self._columns, rights, self.start)
        if not self.plan.by_step or self.inner is None:
            return found
        count = len(self.inner)
        for first in range(count):
            if found.residual <= near(self.question):
                break
            start = np.concatenate([np.eye(count)[(first + k) % count] for k in range(self.steps)])
            found = min(found, fitted(self._columns, rights, start), key=lambda one: one.residual)
        return found

    def _taken(self, numbers: Array) -> tuple[list[Array], Array]:
        """The weights (..., S) of the samples in each inner step, and the rates (..., T) of the tensors."""
        inner = [self.support] * self.steps
        if self.inner is not None and self.steps:
            count = len(self.inner)
            own = range(self.steps if self.plan.by_step else 1)
            of_steps = [numbers[..., k * count : (k + 1) * count] @ self.inner for k in own]
            inner = [of_steps[min(k, len(of_steps) - 1)] for k in range(self.steps)]
        rates = numbers[..., -len(self.names) :] if self.plan.rates else np.ones(len(self.names))
        return inner, rates

    def _columns(self, numbers: Array) -> list[Array]:
        """(..., n, L) of each observation, for numbers (..., p)."""
        inner, rates = self._taken(numbers)
        found = []
        for part, masks in zip(self.parts, self.masks, strict=True):
            columns = part.columns(inner, self.outer, rates @ masks, self.plan.exact).mean(-2)
            if self.plan.split:
                columns = columns[..., None, :, :] * masks[:, None]
                columns = columns.reshape(*columns.shape[:-3], -1, columns.shape[-1])
            found.append(np.swapaxes(columns, -1, -2))
        return found

    # -- what it says --------------------------------------------------------------------------------------------------
    def forms(self) -> Iterator[tuple[Form, float]]:
        """What the numbers say, each with the factor of the whole: with plain numbers first, then as they are."""
        for slack in (self._slack, 0.0):
            found = self._form(slack)
            if found is not None:
                yield found

    @property
    def _slack(self) -> float:
        return near(self.question)

    def _form(self, slack: float) -> tuple[Form, float] | None:
        inner, rates = self._taken(self.solution.numbers)
        shape = (len(self.names) if self.plan.split else 1, len(self.outer))
        of_tensors, outer = rank_one(self.solution.factors.reshape(shape))
        outer = outer @ self.outer
        whole = float(outer.sum())
        form = Form(more=self.plan.more)
        taken = []
        for weights in inner if self.plan.by_step else inner[:1]:
            some = counted_samples(weights / weights.sum(), self.there)
            if some is None:
                return None
            taken.append(some)
        if inner and not self.plan.by_step and self.inner is not None:
            form = form.but(rate=plain_number(float(inner[0].sum()), slack))
        if any(some != own_samples("inner") for some in taken):
            form = form.but(inner=tuple(taken))
        some = counted_samples(outer / whole, self.there) if whole else None
        if some is None:
            return None
        if some != own_samples("outer"):
            form = form.but(outer=some)
        if self.plan.rates:
            found = plain_numbers(rates, slack)
            if len({*found}) == 1:
                form = form.but(rate=found[0])
            else:
                form = form.but(rates=tuple(zip(self.names, found, strict=True)))
        if self.plan.split:
            form = form.but(returned=as_factors(self.names, of_tensors, slack))
        return form, whole


def rank_one(factors: Array) -> tuple[Array, Array]:
    """Factors (T, L) as those of tensors (T,), the most frequent one 1, times those of columns (L,)."""
    left, sizes, right = np.linalg.svd(factors)
    of_tensors, outer = left[:, 0] * sizes[0], right[0]
    base = usual(of_tensors)
    return of_tensors / base, outer * base


def usual(values: Array) -> float:
    """The value that most are near to and that is not 0; the first of those, where there are several."""
    size = float(np.abs(values).max())
    candidates = [v for v in values if abs(v) > 1e-3 * size] or [1.0]
    return float(max(candidates, key=lambda v: int((np.abs(values - v) <= 1e-3 * size).sum())))


def as_factors(names: Sequence[str], values: Array, slack: float) -> Factors:
    """Factors by tensor; none, where all are 1."""
    found = tuple(zip(names, plain_numbers(values, slack), strict=True))
    return () if all(v == 1 for _, v in found) else found


def plain_numbers(values: Array, slack: float) -> list[float]:
    """Each as a plain number, if it is near to one; those that differ in their last digits alone are the same."""
    found: list[float] = []
    for value in values:
        number = plain_number(float(value), slack)
        found.append(next((known for known in found if abs(known - number) <= SAME * abs(known)), number))
    return found


def plain_number(value: float, slack: float) -> float:
    """A fraction with a small denominator, or the number with few digits, if it is that near to it."""
    allowed = slack * max(1.0, abs(value))
    fraction = float(Fraction(value).limit_denominator(LARGEST_DENOMINATOR))
    if abs(fraction - value) <= allowed:
        return fraction
    for digits in range(2, DIGITS):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= allowed:
            return short
    return float(f"{value:.{DIGITS}g}") if slack else value


def counted_samples(shares: Array, there: Samples) -> Samples | None:
    """Samples of which each is there as often as its share says (S,), if the shares are those of a mean over some."""
    kept = np.where(np.abs(shares) < 1e-3, 0.0, shares)
    if (kept < 0).any() or not kept.any():
        return None
    for least in range(1, 5):
        times = kept / kept[kept > 0].min() * least
        counts = np.rint(times).astype(int)
        if counts.max() <= MOST_TIMES and np.abs(times - counts).max() <= 1e-2:
            return tuple(s for s, count in zip(there, counts, strict=True) for _ in range(count))
    return None


def enough(question: Question, count: int) -> bool:
    """Whether the observations tell more than so many free numbers would fit by themselves."""
    return sum(o.direction.size for o in question.seen) >= EQUATIONS * count


# -- certifying --------------------------------------------------------------------------------------------------------
def explained_by(question: Question, plan: Plan) -> Explanation | None:
    """What a plan says, if that is certified."""
    search = Search(question, plan)
    if not enough(question, search.count):
        return None
    if search.solution.residual > near(question):
        return None
    for form, whole in search.forms():
        found = certified(question, FAMILY[plan.exact], form, whole)
        if found is not None:
            return found
    return None


def certified(question: Question, algorithm: str, form: Form, whole: float = 1.0) -> Explanation | None:
    """A form, times a factor, where it fits all observations within tolerance; with as little that is wrong as does."""
    match = matched(question, algorithm, form, whole)
    if match is None:
        return None
    for field in form.different:
        plainer = form.but(**{field: type(form).__dataclass_fields__[field].default})
        again = matched(question, algorithm, plainer, whole)
        if again is not None:
            form, match = plainer, again
    form, match = _sparser(question, algorithm, form, match, whole)
    return in_words(question, algorithm, form, match)


def _sparser(question: Question, algorithm: str, form: Form, match: Match, whole: float) -> tuple[Form, Match]:
    """Without factors of tensors that these problems cannot tell from 1."""
    for field in form.different:
        factors = getattr(form, field)
        if field not in ("rates", "returned", "arriving", "kept", "through", "rows"):
            continue
        for name, value in factors:
            if value != 1:
                plainer = form.but(**{field: tuple((n, 1.0 if n == name else v) for n, v in getattr(form, field))})
                again = matched(question, algorithm, plainer, whole)
                if again is not None:
                    form, match = plainer, again
    return form, match


def matched(question: Question, algorithm: str, form: Form, whole: float) -> Match | None:
    """A form within tolerance on every observation, times a factor with a name, or times this one."""
    c = as_candidate(algorithm, form)
    unnamed = Scale((UNNAMED,), f"{whole:.6g}", (), lambda p: whole)
    return named(fit(c, question.seen), question.seen, question.units, [*question.scales, unnamed])


def in_words(question: Question, algorithm: str, form: Form, match: Match) -> Explanation:
    """A match as an explanation: an algorithm that adapts some layers alone is called by its name."""
    names = names_of(question)
    called, left = _called(question, algorithm, form)
    clauses = said(left, names)
    c = replace(match.candidate, algorithm=algorithms()[called])
    c = replace(c, mutant=replace(c.mutant, of=(c.algorithm,))) if c.mutant is not None else c
    match = replace(match, candidate=c)
    e = of_match(question, match)
    bare = replace(e, defects=(), clauses=(), causes=())
    wrong = replace(
        bare,
        defects=tuple(dict.fromkeys(one.cause.id for one in clauses)),
        clauses=tuple(one.clause for one in clauses),
        causes=tuple(one.cause for one in clauses if one.cause.text),
    )
    return times(wrong, match.scale)


LAYERS = {"MAML": ("ANIL", "BOIL"), "FO-MAML": ("FO-ANIL", "FO-BOIL")}


def _called(question: Question, algorithm: str, form: Form) -> tuple[str, Form]:
    """ANIL, where the head alone is adapted, or BOIL, where all but the head is; and what is left to say of a form."""
    head = {t for o in question.seen for name, t in tensors(o.problem).items() if name in o.problem.head}
    rates = dict(form.rates)
    for name, moves in zip(LAYERS.get(algorithm, ()), (True, False), strict=False):
        if rates and all(rate == float((tensor in head) is moves) for tensor, rate in rates.items()):
            return name, form.but(rates=())
    return algorithm, form
