"""The hunt: instances on which a claim is as tight as can be, or violated.

Float64 evaluates blocks of instances from the spaces of structured families and chooses among them. Nothing that it
says is believed: what it chooses is certified by exact fractions or Arb. The same seed and the same number of
evaluations give the same witness. A budget in seconds only says when to stop, and how many evaluations that allows
differs between machines.

In each space random points are scattered first. The best of them are the first population of differential evolution
(`mamlcheck.hunt.evolution`). It only ranks points, so that neither kinks nor scales disturb it, and it reaches the
bounds of the cube, where extremes lie. Every space gets a short run, and the better half of them get longer runs. Then
it all begins again with other random points, and with twice as many populations side by side: a block of many instances
costs hardly more than a block of few, while a short hunt is better served by few populations that evolve for long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from numbers import Real

import numpy as np

from mamlcheck.check.certified import Certified, certified
from mamlcheck.check.sweeps import check_seed
from mamlcheck.check.verdict import Verdict
from mamlcheck.claims import Claim, find_claim
from mamlcheck.display import card, interval, rich_line, rounded_down
from mamlcheck.errors import InputError
from mamlcheck.hunt.evolution import Islands
from mamlcheck.hunt.families import Space, load_spaces
from mamlcheck.hunt.simplify import simplified
from mamlcheck.hunt.tightness import float_tightness, with_float_constants
from mamlcheck.hunt.witness import Hunted, Witness
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.draws import Draws

HUNT_STREAM = 0x68756E74  # the stream of Philox that hunts draw from; no sweep draws from it
RANDOM_POINTS = 512  # random points of one space in each round
POINTS_AT_ONCE = 1024  # points that are evaluated as one block: larger arrays leave the cache
POPULATION_POINTS = 48
FIRST_ISLANDS = 1  # populations of one space in the first round; each round has twice as many as the one before,
MOST_ISLANDS = 16  # up to so many, at which a generation of them all fills a block
SHORT_RUN_GENERATIONS = 40
LONG_RUN_GENERATIONS = 160
KEPT_TIGHTNESS = 0.9999  # the share of its tightness that a simplified witness has at least
IMPOSSIBLE_ENERGY = 1.0  # the energy of a point whose tightness is unknown; that of a point with tightness t is -t


# -- one space --------------------------------------------------------------------------------------------
@dataclass
class _Trail:
    """The search in one space: its populations, on islands of their own, and the energy of each point of them.

    number: the place of the space among all. evaluations: how many instances were evaluated in this space. runs: how
    many draws of random numbers it has begun.
    """

    space: Space
    number: int
    islands: Islands = field(default_factory=lambda: Islands(np.zeros((0, 0, 0)), np.zeros((0, 0))))
    evaluations: int = 0
    runs: int = 0

    def energy(self, claim: Claim, points: np.ndarray) -> np.ndarray:
        """Minus the tightness at each of N points (N, size), and `IMPOSSIBLE_ENERGY` where it is unknown."""
        self.evaluations += len(points)
        found = [self._energy(claim, points[k : k + POINTS_AT_ONCE]) for k in range(0, len(points), POINTS_AT_ONCE)]
        return np.concatenate(found)

    def _energy(self, claim: Claim, points: np.ndarray) -> np.ndarray:
        tightness = float_tightness(claim, with_float_constants(self.space.instances(points)))
        return np.where(np.isfinite(tightness), -tightness, IMPOSSIBLE_ENERGY)

    @property
    def best(self) -> float:
        """The largest tightness on the islands, by float64; minus infinity before the first populations."""
        return -float(self.islands.energies.min()) if self.islands.energies.size else -np.inf

    def winner(self) -> Instances:
        """The instance with the largest tightness on the islands, as a block of one."""
        points = self.islands.points.reshape(-1, self.space.size)
        return self.space.instances(points[[int(self.islands.energies.argmin())]])

    def scatter(self, claim: Claim, seed: int, islands: int) -> None:
        """Start anew from random points. Half of a population are the best, half the first drawn of the others."""
        points = self._draws(seed).doubles(islands, RANDOM_POINTS, self.space.size)
        energies = self.energy(claim, points.reshape(-1, self.space.size)).reshape(islands, RANDOM_POINTS)
        order = np.argsort(energies, axis=1, kind="stable")
        best, others = np.split(order, [POPULATION_POINTS // 2], axis=1)
        chosen = np.concatenate([best, np.sort(others, axis=1)[:, : POPULATION_POINTS // 2]], axis=1)
        island = np.arange(islands)[:, None]
        self.islands = Islands(points[island, chosen], energies[island, chosen])

    def evolve(self, claim: Claim, seed: int, generations: int) -> None:
        """Replace the populations by what so many generations of differential evolution make of them."""
        self.islands = self.islands.evolved(
            lambda points: self.energy(claim, points),
            self._draws(seed),
            generations,
            from_best=generations <= SHORT_RUN_GENERATIONS,
        )

    def _draws(self, seed: int) -> Draws:
        """Random numbers that were not drawn before in this hunt."""
        self.runs += 1
        return Draws(HUNT_STREAM, seed, 2**32 * self.number + self.runs)


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
    argument that is none of these.
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
        islands = FIRST_ISLANDS
        while True:
            for trail in self.trails:
                trail.scatter(self.claim, self.seed, islands)
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
            islands = min(2 * islands, MOST_ISLANDS)

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
