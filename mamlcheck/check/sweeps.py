"""Sweeps: where instances come from. Every instance is a function of (source, version, seed, index).

A sweep is cut into blocks of `BLOCK` instances of one shape, so that they run as arrays; block k is made by
counter-based Philox from (seed, k) alone. Only uniform integers and doubles are drawn, and all data lie on a grid of
small dyadic numbers: the same on every machine, exact in every arithmetic, and readable. Only the inner rates are not
on the grid: they are shares of 1/L, and the certified L may differ in the last of its 40 bits where the BLAS rounds
another way (on 12 of 18,432 instances made with two kernels of OpenBLAS, by one unit).

**An id keeps its meaning.** A sweep owns every list it picks from, losses included: what the package gains later, a
loss or a family, is not drawn by a sweep that is there already. A variable that is declared later is drawn from a
stream of its own, so that all other numbers stay what they were. Whatever changes what a sweep draws needs a new
version in its name, random-2; `tests/check/test_sweeps.py` pins the exact numbers of the first blocks.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.errors import InputError
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import BatchSizes, Instances, Tasks
from mamlcheck.meta.variables import Listed, Shape, Variable, declared, sizes
from mamlcheck.tasks.losses import Loss, RefusedLoss, builtin_losses
from mamlcheck.tasks.profiles import Losses, Splines
from mamlcheck.tasks.quadratic import QuadraticTasks
from mamlcheck.tasks.ridge import RidgeTasks
from mamlcheck.tasks.tables import Table, builtin_tables, read_table

BLOCK = 64
GRID = 2.0**-12
MAX_SEED = 2**63 - 1

TASKS = (1, 2, 3, 4, 5, 6, 8, 11, 16)
SAMPLES = (1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32)
DIMENSIONS = ((1, 1), (2, 3), (4, 7), (8, 15), (16, 31), (32, 50))
BATCHES = (1, 2, 3, 4, 5, 8, 13, 21, 34, 55, 89)
WORK = 2**19  # n m d^3: the Hessians' deviations of one instance
BATCH_WORK = 2**13  # n m K: one profile evaluation over all K batches
ATOMS = 512  # n K: atoms of the step size's distribution
LARGEST_BATCH = 64  # of batches that are not listed

# Owned here, and not asked of the built-in losses: of these, under these names, random-1 picks by position.
LOSSES = (
    Loss("quadratic", "t**2/2"),
    Loss("log_cosh", "log(cosh(t))"),
    Loss("log1p_square", "log(t**2 + 1)"),
    Loss("welsch", "1 - exp(-t**2/2)"),
    Loss("geman_mcclure", "t**2/(t**2 + 1)"),
    Loss("sin", "sin(t)"),
    Loss("softplus", "t/2 + log(2*cosh(t/2))"),
    Loss("tanh_squared", "tanh(t)**2"),
)
_NAMED = {psi.name: psi for psi in LOSSES}
ZERO_AT_ZERO = tuple(psi for psi in LOSSES if psi.name not in ("sin", "softplus"))  # psi'(0) = 0
TABLE_LOSSES = tuple(_NAMED[name] for name in ("log_cosh", "quadratic", "log1p_square", "welsch"))


class Sweep(Protocol):
    """A source of instances."""

    @property
    def name(self) -> str:
        """Short name, the first part of the ids."""
        ...

    @property
    def title(self) -> str:
        """Name for people."""
        ...

    @property
    def description(self) -> str:
        """What the instances are, in a sentence."""
        ...

    @property
    def seed(self) -> int: ...

    def block(self, k: int) -> Instances:
        """Instances k * BLOCK to (k + 1) * BLOCK - 1."""
        ...


def instance_id(sweep: Sweep, index: int) -> str:
    """The id from which `instance_by_id` makes the instance again."""
    return f"{sweep.name}/{sweep.seed}/{index}"


def blocks(sweep: Sweep, count: int) -> Iterator[tuple[int, Instances]]:
    """The first `count` instances of a sweep in blocks, each with the index of its first."""
    for k in range(math.ceil(count / BLOCK)):
        first = k * BLOCK
        block = sweep.block(k)
        yield first, block if count - first >= BLOCK else block[: count - first]


def check_seed(seed: int) -> int:
    """`seed`, or `InputError`."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed = {seed!r}: give an integer from 0 to {MAX_SEED}")
    return seed


class Draws:
    """Uniform draws from Philox for one block of one sweep."""

    def __init__(self, stream: int, seed: int, block: int):
        key = np.array([seed, stream], dtype=np.uint64)
        counter = np.array([0, 0, block, 0], dtype=np.uint64)
        self._raw = np.random.Philox(key=key, counter=counter)

    def doubles(self, *shape: int) -> np.ndarray:
        """Uniform in [0, 1), from the raw bits: no method whose stream may change between NumPy versions."""
        size = math.prod(shape)
        bits = self._raw.random_raw(size) if size else np.zeros(0, dtype=np.uint64)
        return (np.asarray(bits, dtype=np.uint64) >> np.uint64(11)).astype(np.float64).reshape(shape) * 2.0**-53

    def grid(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Uniform on the multiples of GRID in [low, high)."""
        return np.floor((low + (high - low) * self.doubles(*shape)) / GRID) * GRID

    def integer(self, low: int, high: int) -> int:
        """One integer in [low, high]."""
        return low + int(self.doubles(1)[0] * (high - low + 1))

    def pick(self, choices: Any) -> Any:
        """One of the choices."""
        return choices[self.integer(0, len(choices) - 1)]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.doubles(1)[0] < probability)

    def picks(self, choices: np.ndarray, size: int) -> np.ndarray:
        """`size` of the choices, independently."""
        return choices[(self.doubles(size) * len(choices)).astype(np.intp)]


@dataclass(frozen=True)
class RandomSweep:
    """Random smooth tasks: ridge tasks of the losses above, quadratics and splines, corners included."""

    seed: int
    name = "random-1"
    title = "Random smooth tasks"
    description = (
        "Ridge tasks of eight losses with coefficients of either sign, indefinite quadratics and 1-D splines; "
        "n 1 to 16 tasks, m 1 to 32 samples, d 1 to 50; corners included: one task, one sample, identical tasks, "
        "zero gradients, rho = 0, sigma = 0, alpha = 0 and alpha = 1/L."
    )

    def __post_init__(self) -> None:
        check_seed(self.seed)

    def block(self, k: int) -> Instances:
        draws = Draws(1, self.seed, k)
        tasks, stationary = _random_tasks(draws)
        return _instances(draws, tasks, stationary, _later(self.seed, k))


@dataclass(frozen=True)
class TableSweep:
    """Random points, rates and batches on the tasks of a table, under each of a few losses in turn."""

    table: Table
    seed: int
    losses: tuple[Loss, ...] = TABLE_LOSSES

    def __post_init__(self) -> None:
        check_seed(self.seed)

    @cached_property
    def name(self) -> str:
        """One word without slashes, as the first part of an id must be: the table's name and a digest of its numbers.

        So the ids of a file that was changed, or is read another way, are others. A built-in table that is read as it
        comes has its name alone.
        """
        word = re.sub(r"[/\s]+", "_", self.table.name)[:60]
        if self.table.name in builtin_tables():
            shipped = TableSweep(read_table(self.table.name), self.seed)
            if self._digest == shipped._digest:
                return f"{word}-1"
        return f"{word}-{self._digest}-1"

    @cached_property
    def _digest(self) -> str:
        """Of everything that the tasks are made of: features, targets and losses."""
        content = hashlib.sha256()
        for array in (*self.table.a, *self.table.b):
            content.update(f"{array.shape}".encode() + array.astype("<f8").tobytes())
        for psi in self.losses:
            content.update(f"{psi.text}, {psi.declared_second}, {psi.declared_third}\n".encode())
        return content.hexdigest()[:8]

    @property
    def title(self) -> str:
        return self.table.title or f"Table {self.table.name}"

    @property
    def description(self) -> str:
        n, m, d = self.table.shape
        scaled = ", standardised" if any((s.centre, s.scale) != (0, 1) for s in self.table.scalings) else ""
        return (
            f"{n} tasks of {m} rows with {d} feature{'s' if d > 1 else ''} ({', '.join(self.table.features)}){scaled}; "
            f"losses {', '.join(psi.name for psi in self.losses)} in turn."
            + "".join(f" Note: {note}." for note in self.table.notes)
        )

    def block(self, k: int) -> Instances:
        draws = Draws(2, self.seed, k)
        tasks = self._tasks(self.losses[k % len(self.losses)])
        return _instances(draws, tasks, False, _later(self.seed, k))

    def _tasks(self, psi: Loss) -> RidgeTasks:
        a, b = self.table.stacked()
        n = a.shape[0]
        probabilities = np.full((BLOCK, n), Fraction(1, n), dtype=object)
        return RidgeTasks(
            _repeated(a), _repeated(b), np.ones((BLOCK, *b.shape)), np.zeros(BLOCK), probabilities,
            Losses((psi,) * n),
        )  # fmt: skip


def table_losses(given: Sequence[Loss | str] | None) -> tuple[Loss, ...]:
    """The losses of a table's sweep: names, expressions in t or losses; the four usual ones where none is given.

    Raises `InputError` for what is neither a name nor a certified loss, and for a text instead of a list.
    """
    if given is None or len(given) == 0:
        return TABLE_LOSSES
    if isinstance(given, str):
        raise InputError(f"losses = {given!r}: give a list, such as losses=['sin', 't**2/2 + cos(t)']")
    return tuple(psi if isinstance(psi, Loss) else _loss_of(psi) for psi in given)


def _loss_of(text: str) -> Loss:
    named = {psi.name: psi for psi in builtin_losses()}
    if text in named:
        return named[text]
    try:
        return Loss.from_expression(text)
    except RefusedLoss as error:
        raise InputError(f"{_unnamed(text, named)}: {error.said}; take another loss") from None
    except InputError as error:
        raise InputError(f"{_unnamed(text, named)}: {error}") from None


def _unnamed(text: str, named: Iterable[str]) -> str:
    short = text if len(text) <= 80 else text[:77] + "..."
    return f"{short!r} is no loss by name ({', '.join(named)}); as an expression in t"


def _repeated(x: np.ndarray) -> np.ndarray:
    return np.broadcast_to(x, (BLOCK, *x.shape))


# -- tasks -------------------------------------------------------------------------------------------------------
def _random_tasks(draws: Draws) -> tuple[Tasks, bool]:
    """Tasks for one block, and whether 0 is a stationary point of all of them."""
    family = draws.pick(("ridge",) * 5 + ("quadratic", "spline", "spline"))
    n, m, d = draws.pick(TASKS), draws.pick(SAMPLES), draws.integer(*draws.pick(DIMENSIONS))
    n = 1 if draws.chance(1 / 16) else n
    m = 1 if draws.chance(1 / 16) else m
    d = 1 if family == "spline" else d
    while n * m * d**3 > WORK:
        n, m = (n, max(m // 2, 1)) if m >= n else (max(n // 2, 1), m)
    identical, stationary = draws.chance(1 / 12), draws.chance(1 / 12)
    probabilities = _random_probabilities(draws, n)
    distinct = 1 if identical else n
    if family == "quadratic":
        tasks: Tasks = _random_quadratics(draws, n, distinct, m, d, probabilities, stationary)
    elif family == "spline":
        tasks = _random_splines(draws, n, distinct, m, probabilities, stationary)
    else:
        tasks = _random_ridge(draws, n, distinct, m, d, probabilities, stationary)
    return tasks, stationary


def _random_probabilities(draws: Draws, n: int) -> np.ndarray:
    """Uniform probabilities or random small-denominator ones (BLOCK, n), exact fractions."""
    if draws.chance(0.5):
        return np.full((BLOCK, n), Fraction(1, n), dtype=object)
    weights = (draws.doubles(BLOCK, n) * 9).astype(np.int64) + 1
    return np.array([[Fraction(w, sum(row)) for w in row] for row in weights.tolist()], dtype=object)


def _for_all_tasks(x: np.ndarray, n: int) -> np.ndarray:
    """(BLOCK, 1 or n, ...) as (BLOCK, n, ...): identical tasks share their data."""
    return np.ascontiguousarray(np.broadcast_to(x, (x.shape[0], n, *x.shape[2:])))


def _random_ridge(
    draws: Draws, n: int, distinct: int, m: int, d: int, probabilities: np.ndarray, stationary: bool
) -> RidgeTasks:
    scale = 2.0 ** -(math.ceil(math.log2(d) / 2) if d > 1 else 0)
    a = draws.grid(-2, 2, BLOCK, distinct, m, d) * scale
    b = np.zeros((BLOCK, distinct, m)) if stationary else draws.grid(-2, 2, BLOCK, distinct, m)
    c = draws.grid(0.25, 2, BLOCK, distinct, m)
    if draws.chance(0.5):
        c = c * np.where(draws.doubles(BLOCK, distinct, m) < 0.5, -1.0, 1.0)
    mu = draws.grid(0, 1, BLOCK) if draws.chance(0.25) else np.zeros(BLOCK)
    a, b, c = (_for_all_tasks(x, n) for x in (a, b, c))
    return RidgeTasks(a, b, c, mu, probabilities, Losses(_random_losses(draws, n, distinct, stationary)))


def _random_losses(draws: Draws, n: int, distinct: int, stationary: bool) -> tuple[Loss, ...]:
    losses = ZERO_AT_ZERO if stationary else LOSSES
    if distinct == 1 or draws.chance(0.5):
        return (draws.pick(losses),) * n
    return tuple(sorted((draws.pick(losses) for _ in range(n)), key=lambda psi: psi.name))


def _random_quadratics(
    draws: Draws, n: int, distinct: int, m: int, d: int, probabilities: np.ndarray, stationary: bool
) -> QuadraticTasks:
    matrices = draws.grid(-1, 1, BLOCK, distinct, m, d, d)
    matrices = matrices + np.swapaxes(matrices, -1, -2)
    centres = draws.grid(-2, 2, BLOCK, distinct, m, d) * (0.0 if stationary else 1.0)
    return QuadraticTasks(_for_all_tasks(matrices, n), _for_all_tasks(centres, n), probabilities)


def _random_splines(
    draws: Draws, n: int, distinct: int, m: int, probabilities: np.ndarray, stationary: bool
) -> RidgeTasks:
    pieces = draws.integer(2, 5)
    gaps = draws.grid(1, 3, BLOCK, distinct, m, pieces)
    knots = np.cumsum(gaps, axis=-1) - 2 * pieces / 2
    values = draws.grid(-1, 1, BLOCK, distinct, m, pieces)
    slope = draws.grid(-1, 1, BLOCK, distinct, m) * (0.0 if stationary else 1.0)
    knots, values, slope = (_for_all_tasks(x, n) for x in (knots, values, slope))
    ones = np.ones((BLOCK, n, m))
    return RidgeTasks(
        ones[..., None],
        np.zeros((BLOCK, n, m)),
        ones,
        np.zeros(BLOCK),
        probabilities,
        Splines(knots, values, slope),
    )


# -- everything else a claim quantifies over -----------------------------------------------------------------------
Later = Callable[[Variable], Draws]
"""The stream of a variable that a sweep does not draw from its own, since it was declared after the sweep was made."""


def _later(seed: int, block: int) -> Later:
    def stream(variable: Variable) -> Draws:
        digest = hashlib.sha256(variable.name.encode()).digest()
        return Draws(int.from_bytes(digest[:8], "big"), seed, block)

    return stream


def _instances(draws: Draws, tasks: Tasks, at_zero: bool, later: Later) -> Instances:
    d = tasks.d
    w = np.zeros((BLOCK, d)) if at_zero else draws.grid(-2, 2, BLOCK, d)
    apart = draws.picks(np.array([2.0**-20, 2.0**-6, 0.5, 1.0, 4.0]), BLOCK)[:, None]
    step = draws.grid(-2, 2, BLOCK, d)
    step[..., 0] += GRID * (np.abs(step).sum(axis=-1) == 0)
    known: dict[str, Any] = {
        "alpha": _random_rates(draws, tasks.smoothness),
        "w": w,
        "u": w + apart * step,
        "v": draws.grid(-2, 2, BLOCK, d),
        "delta": draws.picks(np.array([2.0**-20, 2.0**-10, 2.0**-4, 0.5, 1.0, 4.0]), BLOCK),
        "phi": draws.picks(np.array([2.0**-6, 0.25, 0.5, 1.0, 2.0, 8.0]), BLOCK),
        "task": draws.integer(0, tasks.n - 1),
    }
    for variable in declared():
        if variable.name not in known and not variable.is_size and not variable.of_tasks:
            known[variable.name] = _drawn(variable, later(variable), tasks, known)
    instances = Instances(tasks=tasks, **known)
    return replace(instances, sizes=_random_sizes(draws, instances, later))


def _drawn(variable: Variable, draws: Draws, tasks: Tasks, known: Mapping[str, Any]) -> Any:
    """A variable that the sweep does not own, as its declaration has it."""
    if variable.shape is Shape.TASK:
        return draws.integer(0, tasks.n - 1)
    numbers = draws.picks(_exactly(variable.drawn), BLOCK)
    if variable.drawn_between is not None:
        low, high = map(Fraction, variable.drawn_between)
        inside = low + (high - low) * _exactly(draws.grid(0, 1, BLOCK))
        numbers = np.where(draws.doubles(BLOCK) < 0.5, numbers, inside)
    if variable.over_smoothness:
        numbers = np.array([_over(v, c) for v, c in zip(numbers, tasks.smoothness.tolist(), strict=True)], dtype=object)
    if not variable.is_vector:
        return numbers
    start = _exactly(known[variable.near]) if variable.near else Fraction(0)
    return start + numbers[:, None] * _exactly(draws.grid(-2, 2, BLOCK, tasks.d))


_exactly = np.vectorize(Fraction, otypes=[object])  # doubles as the fractions that they are


def _over(share: Fraction, smoothness: float) -> Fraction:
    """share / L, and the share itself where L = 0."""
    return share / Fraction(smoothness) if smoothness else share


def _random_rates(draws: Draws, smoothness: np.ndarray) -> np.ndarray:
    """alpha = share / L with share 0, tiny, inside (0, 1) or exactly 1, as fractions (BLOCK,)."""
    kind, inside = draws.doubles(BLOCK), draws.grid(0, 1, BLOCK)
    shares = np.select([kind < 0.05, kind < 0.15, kind < 0.6], [0.0, 2.0**-30, inside], 1.0)
    pairs = zip(shares.tolist(), smoothness.tolist(), strict=True)
    return np.array([_over(Fraction(s), c) for s, c in pairs], dtype=object)


def _random_sizes(draws: Draws, instances: Instances, later: Later) -> BatchSizes:
    """Batch sizes whose batches can be enumerated; D_beta and B' as large as Lemma 4.9 asks where possible."""
    n, m = instances.tasks.n, instances.tasks.m

    def feasible(tasks: int, most: int) -> list[int]:
        fits = [size for size in BATCHES if tasks * m * multiset_count(m, size) <= BATCH_WORK]
        return [size for size in fits if tasks * multiset_count(m, size) <= most] or [1]

    stepsize = feasible(n, ATOMS)
    known = {
        "inner": draws.pick(feasible(1, BATCH_WORK)),
        "outer": draws.integer(1, LARGEST_BATCH),
        "hessian": draws.integer(1, LARGEST_BATCH),
        "test": draws.pick(feasible(n, BATCH_WORK)),
    }
    wanted_samples, wanted_tasks = _stepsize_needs(instances)
    enough = [size for size in stepsize if size >= wanted_samples] or stepsize[-1:]
    known["stepsize"] = enough[0] if draws.chance(0.75) else draws.pick(enough)
    known["stepsize_tasks"] = wanted_tasks * draws.pick((1, 1, 2, 5, 50))
    for size in sizes():
        if size.name not in known and size.shape is Shape.COUNT:
            known[size.name] = int(later(size).pick(size.drawn))
        elif size.name not in known and size.listed is Listed.NOTHING:
            known[size.name] = later(size).integer(1, LARGEST_BATCH)
        elif size.name not in known:
            known[size.name] = later(size).pick(feasible(size.listed.tasks(n), BATCH_WORK))
    return BatchSizes(**known)


def _stepsize_needs(instances: Instances) -> tuple[int, int]:
    """The largest D_beta and B' that Lemma 4.9 asks for in the block, by float64: they choose, they prove nothing."""
    with float64.working():
        x = instances.on(float64)
        share = np.square(x.hessian_lipschitz * x.alpha / np.maximum(x.smoothness, 2.0**-500))
        samples = np.max(4 * share * x.mean_gradient_variance)
        tasks = np.max(0.5 * share * x.task_variance)
    return (max(1, math.ceil(1.001 * v)) if math.isfinite(v) and v < 10**6 else 1 for v in (samples, tasks))  # type: ignore[return-value]


# -- instances by their ids ------------------------------------------------------------------------------------------
_ID = re.compile(r"(?P<name>[^/\s]{1,80})/(?P<seed>\d{1,19})/(?P<index>\d{1,15})")


@dataclass(frozen=True)
class ParsedId:
    """The parts of an instance id."""

    name: str
    seed: int
    index: int


def parse_id(text: str) -> ParsedId | None:
    """The parts of an instance id such as random-1/7/123, or None when the text is no such id."""
    match = _ID.fullmatch(text)
    return ParsedId(match["name"], int(match["seed"]), int(match["index"])) if match else None


def instance_at(sweep: Sweep, index: int) -> Instances:
    """Instance `index` of a sweep, as a block of one."""
    k = index % BLOCK
    return sweep.block(index // BLOCK)[k : k + 1]


__all__ = [
    "BLOCK", "Draws", "ParsedId", "RandomSweep", "Sweep", "TableSweep", "blocks", "check_seed",
    "instance_at", "instance_id", "parse_id", "table_losses",
]  # fmt: skip
