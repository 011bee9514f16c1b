"""The hunt: instances on which a claim is as tight as can be, or violated.

Float64 evaluates blocks of instances from the spaces of structured families and chooses among them. Nothing that it
says is believed: what it chooses is certified by exact fractions or Arb. The same seed and the same number of
evaluations give the same witness. A budget in seconds only says when to stop, and how many evaluations that allows
differs between machines.

In each space random points are scattered first. The best of them are the first population of differential evolution
(`scipy.optimize.differential_evolution`). It only ranks points, so that neither kinks nor scales disturb it; it reaches
the bounds of the cube, where extremes lie; and it evaluates a whole population as one block of instances. Every space
gets a short run, and the better half of them get longer runs. Then it all begins again with other random points.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np

from mamlcheck.check.certified import Certified, certified
from mamlcheck.check.sweeps import check_seed
from mamlcheck.check.verdict import Verdict
from mamlcheck.claims import Claim, find_claim
from mamlcheck.display import card, interval, rich_line, rounded_down
from mamlcheck.errors import InputError, MissingExtra
from mamlcheck.hunt.families import Space, load_spaces
from mamlcheck.hunt.simplify import simplified
from mamlcheck.hunt.tightness import float_tightness, with_float_constants
from mamlcheck.hunt.witness import Hunted, Witness
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.draws import Draws

HUNT_STREAM = 0x68756E74  # the stream of Philox that hunts draw from; no sweep draws from it
RANDOM_POINTS = 512  # random points of one space in each round
POINTS_AT_ONCE = 256  # random points that are evaluated as one block
POPULATION_POINTS = 48
SHORT_RUN_GENERATIONS = 40
LONG_RUN_GENERATIONS = 160
KEPT_TIGHTNESS = 0.9999  # the share of its tightness that a simplified witness has at least
IMPOSSIBLE_ENERGY = 1.0  # the energy of a point whose tightness is unknown; that of a point with tightness t is -t


# -- one space --------------------------------------------------------------------------------------------
@dataclass
class _Trail:
    """The search in one space: its population, and the energy of each point of the population.

    number: the place of the space among all. evaluations: how many instances were evaluated in this space.
    """

    space: Space
    number: int
    energies: np.ndarray = field(default_factory=lambda: np.zeros(0))
    population: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    evaluations: int = 0

    def energy(self, claim: Claim, points: np.ndarray) -> np.ndarray:
        """Minus the tightness at each of N points (N, size), and `IMPOSSIBLE_ENERGY` where it is unknown."""
        self.evaluations += len(points)
        tightness = float_tightness(claim, with_float_constants(self.space.instances(points)))
        return np.where(np.isfinite(tightness), -tightness, IMPOSSIBLE_ENERGY)

    @property
    def best(self) -> float:
        """The largest tightness in the population, by float64; minus infinity before the first population."""
        return -float(self.energies.min()) if self.energies.size else -np.inf

    def winner(self) -> Instances:
        """The instance of the population with the largest tightness, as a block of one."""
        return self.space.instances(self.population[[int(self.energies.argmin())]])

    def scatter(self, claim: Claim, seed: int, round_number: int) -> None:
        """Start anew from random points. Half of the population are the best, half the first drawn of the others."""
        points = Draws(HUNT_STREAM, seed, 2**16 * round_number + self.number).doubles(RANDOM_POINTS, self.space.size)
        energies = np.concatenate(
            [self.energy(claim, points[k : k + POINTS_AT_ONCE]) for k in range(0, RANDOM_POINTS, POINTS_AT_ONCE)]
        )
        order = np.argsort(energies, kind="stable")
        chosen = np.concatenate(
            [order[: POPULATION_POINTS // 2], np.sort(order[POPULATION_POINTS // 2 :])[: POPULATION_POINTS // 2]]
        )
        self.population, self.energies = points[chosen], energies[chosen]

    def evolve(self, claim: Claim, seed: int, generations: int) -> None:
        """Replace the population by what so many generations of differential evolution make of it."""
        result = _optimizer().differential_evolution(
            lambda columns: self.energy(claim, columns.T),
            [(0.0, 1.0)] * self.space.size,
            init=self.population,
            maxiter=generations,
            rng=np.random.Generator(np.random.Philox(key=[seed, self.evaluations])),
            strategy="rand1bin" if generations > SHORT_RUN_GENERATIONS else "best1bin",
            mutation=(0.3, 0.9),
            recombination=0.8,
            tol=0,
            atol=0,
            polish=False,
            updating="deferred",
            vectorized=True,
        )
        self.population, self.energies = result.population, result.population_energies


def _optimizer() -> Any:
    try:
        import scipy.optimize
    except ImportError as error:
        raise MissingExtra("scipy", "hunt") from error
    return scipy.optimize


# -- the hunt ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Hunt:
    """What a hunt found.

    best: the tightest certified witness, None where nothing was certified. verdict: of the claim on that witness.
    stopped: why the hunt ended, 'budget', 'violated' or 'interrupted'.
    """

    claim: Claim
    best: Witness | None
    verdict: Verdict | None
    evaluations: int
    seconds: float
    stopped: str

    @property
    def refuted(self) -> bool:
        """Whether it is proved that the claim is violated on the witness."""
        return self.verdict is Verdict.VIOLATED

    def __str__(self) -> str:
        effort = f"{self.evaluations:,} instances in {self.seconds:.1f} s"
        if self.best is None:
            return f"{self.claim.id}: nothing certified on {effort}"
        if self.refuted:
            return f"{self.claim.id}: REFUTED by an exact counterexample, found on {effort}"
        reached = rounded_down(self.best.tightness[0])
        return f"{self.claim.id}: some instance has tightness {reached} or more, certified; {effort}"

    def __repr__(self) -> str:
        return f"<Hunt {self}>"

    def _repr_html_(self) -> str:
        rows = {"stopped": self.stopped}
        if self.best is not None:
            rows |= {"tightness": interval(self.best.tightness), "certified in": f"{self.best.arithmetic} arithmetic"}
            rows |= {"found among": self.best.hunted.family}
        return card(str(self), rows, self.refuted)

    def __rich__(self) -> object:
        return rich_line(str(self), self.refuted)


Progress = Callable[[int, Witness | None], None]
"""It is told the number of evaluations so far, and the best certified witness."""


def hunt(
    claim: Claim | str,
    *,
    seed: int = 1,
    dimension: int = 1,
    families: tuple[str, ...] = (),
    seconds: float | None = 60.0,
    evaluations: int | None = None,
    keep: float = KEPT_TIGHTNESS,
    progress: Progress = lambda done, best: None,
) -> Hunt:
    """Hunt for the instance on which a claim is tightest, until a budget is spent or the claim is violated.

    claim: an id such as 'lemma_4_8', the path of a claim file of your own, './my_claim.py', or a `Claim`.
    seconds, evaluations: the budget, whichever is spent first; checked between runs of a second or so. families:
    names of those to hunt in, all by default. keep: the share of its tightness that simplifying must leave; 1 leaves
    the witness as it was found. Ctrl-C ends the hunt and keeps the best so far. Raises `InputError` for an
    argument that is none of these, and `MissingExtra` without SciPy.
    """
    check_seed(seed)
    if seconds is None and evaluations is None:
        raise InputError("a hunt needs a budget: give seconds, evaluations or both")
    if seconds is not None and not (isinstance(seconds, Real) and seconds > 0):  # nan is not above 0
        raise InputError(f"seconds = {seconds!r}: give a number of seconds above 0, or None beside evaluations")
    if evaluations is not None and (type(evaluations) is not int or evaluations < 1):
        raise InputError(f"evaluations = {evaluations!r}: give an integer from 1 on")
    if not (isinstance(keep, Real) and 0 <= keep <= 1):
        raise InputError(f"keep = {keep!r}: give a share from 0 to 1")
    _optimizer()
    hunted = find_claim(claim) if isinstance(claim, str) else claim
    search = _Search(hunted, seed, dimension, load_spaces(dimension, families))
    start = time.monotonic()
    stopped = "budget"
    try:
        for _ in search.runs():
            progress(search.evaluations, search.best)
            if search.violated:
                stopped = "violated"
                break
            late = seconds is not None and time.monotonic() - start >= seconds
            if late or (evaluations is not None and search.evaluations >= evaluations):
                break
        if search.best and keep < 1:
            search.simplify(keep)
    except KeyboardInterrupt:
        stopped = "interrupted"
    verdict = search.found.verdict if search.found else None
    spent = round(time.monotonic() - start, 3)
    return Hunt(hunted, search.best, verdict, search.evaluations, spent, stopped)


class _Search:
    """The state of a hunt: a trail for each space, and the best instance that was certified.

    keeps: what the family of the best instance must stay true of when that is simplified. refused: the number of the
    trail and the float64 tightness of each instance that did not become the best one when it was certified.
    """

    def __init__(self, claim: Claim, seed: int, dimension: int, spaces: tuple[Space, ...]):
        self.claim = claim
        self.seed = seed
        self.dimension = dimension
        self.trails = [_Trail(space, k) for k, space in enumerate(spaces)]
        self.best: Witness | None = None
        self.found: Certified | None = None
        self.keeps: Callable[[Instances], bool] = lambda one: True
        self.refused: set[tuple[int, float]] = set()

    @property
    def evaluations(self) -> int:
        """How many instances float64 has evaluated."""
        return sum(trail.evaluations for trail in self.trails)

    @property
    def violated(self) -> bool:
        return self.found is not None and self.found.verdict is Verdict.VIOLATED

    def runs(self) -> Iterator[None]:
        """Search without end. It pauses after each run in a space, when the best of that space has been certified."""
        round_number = 0
        while True:
            for trail in self.trails:
                trail.scatter(self.claim, self.seed, round_number)
                self.certify(trail)
                yield
            for trail in sorted(self.trails, key=lambda t: -t.best):
                trail.evolve(self.claim, self.seed, SHORT_RUN_GENERATIONS)
                self.certify(trail)
                yield
            count = max(2, len(self.trails) // 2)
            while count >= 1:
                for trail in sorted(self.trails, key=lambda t: -t.best)[:count]:
                    trail.evolve(self.claim, self.seed, LONG_RUN_GENERATIONS)
                    self.certify(trail)
                    yield
                count //= 2
            round_number += 1

    def certify(self, trail: _Trail) -> None:
        """Certify the best instance of a trail if float64 finds it tighter than the best one, and keep it if it is."""
        known = self.found.tightness[0] if self.found else 0.0
        if trail.best <= known or (trail.number, trail.best) in self.refused:
            return
        instance = trail.winner()
        found = certified(self.claim, instance)
        if found is None or found.tightness[0] <= known:
            self.refused.add((trail.number, trail.best))
            return
        how = Hunted(self.seed, self.dimension, str(trail.space), self.evaluations, found.tightness[0])
        self.found, self.keeps = found, trail.space.keeps
        self.best = Witness(self.claim.id, found.tightness, found.arithmetic, how, instance)

    def simplify(self, keep: float) -> None:
        """Simplify the best witness, so that a person can read it."""
        assert self.best is not None
        assert self.found is not None
        least = 1.0 if self.violated else keep * self.found.tightness[0]
        instance, self.found = simplified(self.claim, self.best.instance, self.found, least, self.keeps)
        self.best = replace(
            self.best, instance=instance, tightness=self.found.tightness, arithmetic=self.found.arithmetic
        )


# -- shaving -------------------------------------------------------------------------------------------------
def shaved(claim: Claim, factor: Fraction) -> Claim:
    """The claim with its right side multiplied by the exact `factor`. Raises `InputError` unless factor > 0."""
    if factor <= 0:
        raise InputError(f"the factor {factor} of a right side must be positive: such as 0.98")
    return replace(claim, right=lambda x: claim.right(x) * x.ar.exact(factor))


__all__ = ["Hunt", "Progress", "hunt", "shaved"]
