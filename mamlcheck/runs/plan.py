"""What is run: tasks, a start, rates, sizes and seeds, with the defaults that the theory gives.

The inner rate is by default the largest that the theorems of all the algorithms allow. B' and D_beta are what Lemma 4.9
asks for with the deviations at the start, rounded up from their certified bounds; all along the run the deviations may
be larger, so that is no proof that its hypothesis holds everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import ball
from mamlcheck.arithmetic.exact import fraction, nearest_double
from mamlcheck.errors import InputError
from mamlcheck.formats.runs import Origin, RunConstants, RunSettings, RunSize
from mamlcheck.formats.shared import Enclosure
from mamlcheck.meta.expectation import positive_int
from mamlcheck.meta.hypotheses import needed_stepsize_samples, needed_stepsize_tasks, number_text
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.runs.algorithms import Algorithm, algorithms_named
from mamlcheck.runs.constants import Constants, constants_of
from mamlcheck.runs.draws import Sizes
from mamlcheck.tasks.written import number

STEPS, SEEDS = 200, 8
TASKS_OF_A_STEP = 20  # B: what the theorems ask for at least
SAMPLES_OF_A_BATCH = 5  # D_in, D_o and D_h
PRINTED_ETA = Fraction(1, 6)
MOST_STEPS = 10**9
MOST_STEPSIZE_DRAWS = 10**6  # B' and D_beta that are taken without being asked for
LARGEST_SEED = 2**63 - 1
LONGEST_NUMBER = 12  # characters of an exact number in a note


@dataclass(frozen=True)
class Asked:
    """What a caller asks of runs; None is what the theory gives.

    algorithms: names, all three where there is none. every: evaluate F and |grad F| at each such step. alpha, factor
    and eta are exact numbers. tasks: B. inner, outer, hessian, stepsize: D_in, D_o, D_h, D_beta. stepsize_tasks: B'.
    """

    algorithms: Sequence[str] = ()
    steps: int = STEPS
    every: int = 1
    seed: int = 1
    seeds: int = SEEDS
    alpha: Fraction | None = None
    factor: Fraction | None = None
    eta: Fraction | None = None
    tasks: int | None = None
    inner: int | None = None
    outer: int | None = None
    hessian: int | None = None
    stepsize_tasks: int | None = None
    stepsize: int | None = None


@dataclass(frozen=True)
class Plan:
    """Runs that can be made: an instance without leading axes (tasks, rate, start and sizes), and settings."""

    instance: Instances
    settings: RunSettings

    @cached_property
    def algorithms(self) -> tuple[Algorithm, ...]:
        """The algorithms, in the paper's order."""
        return algorithms_named(self.settings.algorithms)

    @property
    def seeds(self) -> range:
        """The seeds of the runs."""
        return range(self.settings.seed, self.settings.seed + self.settings.seeds)

    @property
    def sizes(self) -> Sizes:
        """What a step draws."""
        own = self.instance.sizes
        return Sizes(self.settings.size("B"), own.inner, own.outer, own.hessian, own.stepsize_tasks, own.stepsize)

    @property
    def alpha(self) -> Fraction:
        """The inner rate."""
        return fraction(self.instance.alpha.item())

    def factor(self, algorithm: Algorithm) -> Fraction:
        """c of the step size c beta~."""
        return algorithm.factor if self.settings.factor is None else Fraction(self.settings.factor)

    @property
    def eta(self) -> Fraction:
        """Of HF-MAML's delta."""
        return Fraction(self.settings.eta)

    @cached_property
    def needed(self) -> Needed:
        """What Lemma 4.9 asks for at the start."""
        return _needed(self.instance)

    @cached_property
    def constants(self) -> RunConstants:
        """L, rho and the deviations at the start."""
        smoothness, bend = (
            nearest_double(fraction(np.asarray(x).item()))
            for x in (self.instance.smoothness_constant, self.instance.hessian_lipschitz_constant)
        )
        provenance: Any = self.instance.provenance
        deviations = self.needed.task_variance, self.needed.sample_variance
        return RunConstants(smoothness, bend, provenance, self.instance.guaranteed, *deviations)

    @cached_property
    def known(self) -> Constants:
        """The constants that the theorems on whole runs need, at all points."""
        return constants_of(self.instance)

    def extended(self, steps: int) -> Plan:
        """The same runs with another number of steps."""
        return replace(self, settings=replace(self.settings, steps=_steps(steps)))

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """In which way the runs are not those of the theorems, as far as the settings show."""
        found = []
        smoothness = fraction(np.asarray(self.instance.smoothness_constant).item())
        for each in self.algorithms:
            if self.alpha * smoothness > each.largest_rate:
                told = _readable(self.alpha * smoothness)
                found.append(f"alpha L = {told} > {each.largest_rate}: {each.theorem} ({each.title}) does not apply")
            if self.factor(each) != each.factor:
                found.append(f"c = {self.factor(each)}, where {each.theorem} ({each.title}) has {each.factor}")
            if each.rests_on_eta and self.eta > PRINTED_ETA:
                found.append(f"eta = {self.eta} > {PRINTED_ETA}, which {each.theorem} ({each.title}) has")
        if self.sizes.tasks < TASKS_OF_A_STEP:
            found.append(f"B = {self.sizes.tasks} is less than {TASKS_OF_A_STEP}, which the theorems ask for")
        for symbol, count, least in (
            ("B'", self.sizes.stepsize_tasks, self.needed.tasks),
            ("D_beta", self.sizes.stepsize, self.needed.samples),
        ):
            if count < least:
                found.append(f"{symbol} = {count} is less than {least:,}, which Lemma 4.9 asks for at the start")
        return tuple(found)


# -- making a plan -----------------------------------------------------------------------------------------------------
def plan_of(instance: Instances, source: str, asked: Asked) -> Plan:
    """The plan of runs from the w of an instance, one alone or a block of one. Its rate and sizes are not used.

    source: where it comes from, in words. Raises `InputError` for what cannot be run.
    """
    one = instance[0] if instance.shape else instance
    algorithms = algorithms_named(asked.algorithms)
    _check(asked)
    smoothness = fraction(np.asarray(one.smoothness_constant).item())
    if smoothness == 0:
        raise InputError(
            "L = 0: all losses are linear, and the step sizes of the theory are infinite: take other tasks"
        )
    alpha = _rate(asked.alpha, algorithms, smoothness)
    one = replace(one, alpha=np.array(alpha, dtype=object), sizes=BatchSizes())
    given = {name: getattr(asked, name) for name in ("inner", "outer", "hessian")}
    chosen = {name: SAMPLES_OF_A_BATCH if count is None else count for name, count in given.items()}
    needed = _needed(one)
    for name, symbol, least in (("stepsize_tasks", "B'", needed.tasks), ("stepsize", "D_beta", needed.samples)):
        given[name] = getattr(asked, name)
        chosen[name] = _affordable(symbol, least) if given[name] is None else given[name]
    drawn = TASKS_OF_A_STEP if asked.tasks is None else asked.tasks
    lemma: Origin = "Lemma 4.9 at the start"
    sizes = [RunSize("B", drawn, "default" if asked.tasks is None else "given")]
    for name, symbol, otherwise in _SIZES:
        sizes.append(
            RunSize(symbol, chosen[name], (lemma if otherwise else "default") if given[name] is None else "given")
        )
    settings = RunSettings(
        source=source,
        algorithms=tuple(each.name for each in algorithms),
        steps=asked.steps,
        every=asked.every,
        seed=asked.seed,
        seeds=asked.seeds,
        alpha=str(alpha),
        alpha_origin="largest of the theorem" if asked.alpha is None else "given",
        factor=None if asked.factor is None else str(asked.factor),
        eta=str(PRINTED_ETA if asked.eta is None else asked.eta),
        sizes=tuple(sizes),
    )
    return Plan(replace(one, sizes=BatchSizes(**chosen)), settings)


_SIZES = (  # names in an instance, symbols, and whether Lemma 4.9 says how large
    ("inner", "D_in", False),
    ("outer", "D_o", False),
    ("hessian", "D_h", False),
    ("stepsize_tasks", "B'", True),
    ("stepsize", "D_beta", True),
)


def check_settings(settings: RunSettings, instance: Instances) -> None:
    """Raise `InputError` for settings, read from a file, that `plan_of` never makes of this instance."""
    symbols = [size.symbol for size in settings.sizes]
    known = ["B", *(symbol for _, symbol, _ in _SIZES)]
    if symbols != known:
        raise InputError(f"its sizes are {', '.join(symbols) or 'none'}: they must be {', '.join(known)}")
    counts = {name: settings.size(symbol) for name, symbol, _ in _SIZES}
    if counts != {name: getattr(instance.sizes, name) for name in counts}:
        raise InputError("its sizes are not those of its instance")
    rates = {name: None if text is None else number(text, name) for name, text in _rates(settings).items()}
    if rates["alpha"] != fraction(instance.alpha.item()):
        raise InputError(f"its alpha, {settings.alpha}, is not that of its instance")
    names = tuple(each.name for each in algorithms_named(settings.algorithms))
    if names != settings.algorithms:
        told = ", ".join(settings.algorithms) or "none"
        raise InputError(f"its algorithms are {told}: they must be {', '.join(names)}")
    counted = {name: getattr(settings, name) for name in ("steps", "every", "seed", "seeds")}
    asked: dict[str, Any] = {"tasks": settings.size("B"), **counts, **counted, **rates}
    _check(Asked(names, **asked))


def _rates(settings: RunSettings) -> dict[str, str | None]:
    return {"alpha": settings.alpha, "factor": settings.factor, "eta": settings.eta}


def _check(asked: Asked) -> None:
    """Raise `InputError` for numbers that no run can have."""
    _steps(asked.steps)
    for name, count in (("every", asked.every), ("seeds", asked.seeds)):
        positive_int(name, count)
    for symbol, name in (("B", "tasks"), *((symbol, name) for name, symbol, _ in _SIZES)):
        if getattr(asked, name) is not None:
            positive_int(symbol, getattr(asked, name))
    seed = asked.seed
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED - asked.seeds:
        raise InputError(f"seed = {seed!r}: give an integer from 0 to {LARGEST_SEED - asked.seeds}")
    for symbol, rate in (("alpha", asked.alpha), ("c", asked.factor), ("eta", asked.eta)):
        if rate is not None and rate <= 0:
            raise InputError(f"{symbol} = {rate}: give a number > 0")


def _steps(steps: Any) -> int:
    if positive_int("steps", steps) > MOST_STEPS:
        raise InputError(f"steps = {steps}: at most {MOST_STEPS:,} are made")
    return int(steps)


def _rate(given: Fraction | None, algorithms: Sequence[Algorithm], smoothness: Fraction) -> Fraction:
    """The inner rate: the one given, else the largest that all theorems allow."""
    return min(each.largest_rate for each in algorithms) / smoothness if given is None else given


def _readable(value: Fraction) -> str:
    text = number_text(value)
    return text if len(text) <= LONGEST_NUMBER else f"about {nearest_double(value):.4g}"


@dataclass(frozen=True)
class Needed:
    """What Lemma 4.9 asks for: at least so many tasks B' and samples D_beta, and the deviations behind that."""

    tasks: int
    samples: int
    task_variance: Enclosure
    sample_variance: Enclosure


def _needed(instance: Instances) -> Needed:
    """max(1, ceil((rho alpha sigma / L)^2 / 2)) and max(1, ceil((2 rho alpha sigma~ / L)^2)), of certified bounds."""
    with ball.working():
        x = instance.on(ball)
        ar, square = x.ar, x.ar.square(x.smoothness)
        bounds = (ar.upper(needed_stepsize_tasks(x) / (2 * square)), ar.upper(needed_stepsize_samples(x) / square))
        tasks, samples = (_rounded_up(float(bound)) for bound in bounds)
        return Needed(tasks, samples, enclosed(x.task_variance), enclosed(x.mean_gradient_variance))


def _rounded_up(bound: float) -> int:
    return max(1, math.ceil(bound)) if math.isfinite(bound) else MOST_STEPSIZE_DRAWS + 1


def _affordable(symbol: str, least: int) -> int:
    """What Lemma 4.9 asks for, or `InputError` where that is too many to draw."""
    if least > MOST_STEPSIZE_DRAWS:
        raise InputError(
            f"Lemma 4.9 asks for {symbol} of more than {MOST_STEPSIZE_DRAWS:,} at the start: give {symbol}, or a "
            "smaller alpha"
        )
    return least


def enclosed(x: Any) -> Enclosure:
    """A ball without axes as bounds."""
    return Enclosure.of((float(ball.lower(x)), float(ball.upper(x))))


__all__ = ["SEEDS", "STEPS", "Asked", "Plan", "check_settings", "enclosed", "plan_of"]
