"""Sweeps: where instances come from. Every instance is a function of (source, version, seed, index).

A sweep is cut into blocks of one shape (`mamlcheck.check.spans`), so that they run as arrays; block k is made by
counter-based Philox from (seed, k) alone. Only uniform integers and doubles are drawn, and all data lie on a grid of
small dyadic numbers: the same on every machine, exact in every arithmetic, and readable. Only the inner rates are not
on the grid: they are shares of 1/L, and the certified L may differ in the last of its 40 bits where the BLAS rounds
another way (on 12 of 18,432 instances made with two kernels of OpenBLAS, by one unit).

**An id keeps its meaning.** A sweep owns every list it picks from, losses included: what the package gains later, a
loss or a family, is not drawn by a sweep that is there already. A variable that is declared later is drawn from a
stream of its own, so that all other numbers stay what they were. Whatever changes what a sweep draws, or into which
blocks, needs a new `VERSION`, which is part of its name; `tests/check/test_sweeps.py` pins the exact numbers of the
first blocks. The ids of an earlier version are refused: what they mean is known to the mamlcheck that made them.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, Protocol

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.check.spans import block_at, span
from mamlcheck.errors import InputError
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.meta.variables import Listed, Shape, Variable, declared, sizes
from mamlcheck.tasks.draws import GRID, Draws
from mamlcheck.tasks.families import load_family
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.family import Tasks, Wanted
from mamlcheck.tasks.loss import Loss, RefusedLoss
from mamlcheck.tasks.losses import builtin_losses
from mamlcheck.tasks.tables import Table, builtin_tables, read_table

VERSION = 2  # of all sweeps: the last part of their names
INSTANCES = 2**40  # of a sweep, as far as an id may count
LARGEST_SEED = 2**63 - 1

TASKS = (1, 2, 3, 4, 5, 6, 8, 11, 16)
SAMPLES = (1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32)
DIMENSIONS = ((1, 1), (2, 3), (4, 7), (8, 15), (16, 31), (32, 50))
LISTED_SIZES = (1, 2, 3, 4, 5, 8, 13, 21, 34, 55, 89)  # of batches that are listed
BLOCK_NUMBERS = 2**22  # N n m d^2: the Hessians of a block; short blocks have room for any shape
HESSIAN_NUMBERS = 2**19  # n m d^3: the Hessians' deviations of one instance
BATCH_NUMBERS = 2**13  # n m K: one evaluation of all samples at a point of each of the K batches
MOST_ATOMS = 512  # n K: atoms of the step size's distribution
LARGEST_BATCH = 64  # of batches that are not listed

# Owned here, and asked neither of the families nor of the built-in losses there are: of these, under these names,
# these versions of the random sweeps pick by position.
FAMILIES = ("ridge",) * 5 + ("quadratic", "spline", "spline")
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
        """The instances with the indices `span(k)`."""
        ...


def instance_id(sweep: Sweep, index: int) -> str:
    """The id from which `instance_by_id` makes the instance again."""
    return f"{sweep.name}/{sweep.seed}/{index}"


def instance_at(sweep: Sweep, index: int) -> Instances:
    """Instance `index` of a sweep, as a block of one."""
    return instance_in(sweep.block, index)


def instance_in(block: Callable[[int], Instances], index: int) -> Instances:
    """The same, of a sweep whose blocks are made by `block`, which may keep some of them."""
    number = block_at(index)
    k = index - span(number).start
    return block(number)[k : k + 1]


def blocks(sweep: Sweep, end: int, first: int = 0) -> Iterator[tuple[int, Instances]]:
    """The instances from index `first`, where a block starts, to `end` - 1 in blocks, each with the index of its first.

    The last may be the beginning of a block.
    """
    while first < end:
        k = block_at(first)
        indices, block = span(k), sweep.block(k)
        yield first, block if indices.stop <= end else block[: end - first]
        first = indices.stop


def check_seed(seed: int) -> int:
    """`seed`, or `InputError`."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"seed = {seed!r}: give an integer from 0 to {LARGEST_SEED}")
    return seed


@dataclass(frozen=True)
class RandomSweep:
    """Random smooth tasks: ridge tasks of the losses above, quadratics and splines, corners included."""

    seed: int
    name = f"random-{VERSION}"
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
        tasks, stationary = _random_tasks(draws, draws.pick(FAMILIES), len(span(k)))
        return _instances(draws, tasks, stationary, _later(self.seed, k))


@dataclass(frozen=True)
class FamilySweep:
    """Random tasks of one family, of the sizes and with the corners of `RandomSweep`."""

    family: str
    seed: int

    def __post_init__(self) -> None:
        check_seed(self.seed)
        load_family(self.family)

    @property
    def name(self) -> str:
        """The family's name between "family-" and the version."""
        return f"family-{self.family}-{VERSION}"

    @property
    def title(self) -> str:
        return f"Random tasks of the family {self.family}"

    @property
    def description(self) -> str:
        """The first sentence of the family's own description, and the corners."""
        return (
            f"Tasks of the family {self.family}, n 1 to 16 tasks, m 1 to 32 samples, d 1 to 50 where the family has "
            "them; corners included: one task, one sample, identical tasks, zero gradients, alpha = 0 and alpha = 1/L."
        )

    def block(self, k: int) -> Instances:
        draws = Draws(self._stream, self.seed, k)
        tasks, stationary = _random_tasks(draws, self.family, len(span(k)))
        return _instances(draws, tasks, stationary, _later(self.seed, k))

    @cached_property
    def _stream(self) -> int:
        """A stream of draws of the family's own, apart from the few small ones of other sweeps."""
        return int.from_bytes(hashlib.sha256(self.family.encode()).digest()[:8], "big")


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
                return f"{word}-{VERSION}"
        return f"{word}-{self._digest}-{VERSION}"

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
        tasks = table_tasks(self.table, self.losses[k % len(self.losses)], len(span(k)))
        return _instances(draws, tasks, False, _later(self.seed, k))


def table_tasks(table: Table, psi: Loss, count: int) -> RidgeTasks:
    """The tasks of a table under a loss, equally likely and without a ridge, as a block of `count` equal instances."""
    a, b = (np.broadcast_to(x, (count, *x.shape)) for x in table.stacked())
    n = a.shape[1]
    probabilities = np.full((count, n), Fraction(1, n), dtype=object)
    return RidgeTasks(a, b, np.ones(b.shape), np.zeros(count), probabilities, (psi,) * n)


def table_losses(given: Sequence[Loss | str] | None) -> tuple[Loss, ...]:
    """The losses of a table's sweep: names, expressions in t or losses; the four usual ones where none is given.

    Raises `InputError` for what is neither a name nor a certified loss, and for what is no list.
    """
    if given is None:
        return TABLE_LOSSES
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InputError(f"losses = {given!r}: give a list, such as losses=['sin', 't**2/2 + cos(t)']")
    return tuple(psi if isinstance(psi, Loss) else _loss_of(psi) for psi in given) or TABLE_LOSSES


def _loss_of(text: str) -> Loss:
    if not isinstance(text, str):
        raise InputError(f"a loss is {text!r}: give its name, an expression in t, or a Loss")
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


# -- tasks -------------------------------------------------------------------------------------------------------
def _random_tasks(draws: Draws, family: str, count: int) -> tuple[Tasks, bool]:
    """Tasks for a block of `count`, and whether 0 is a stationary point of all of them."""
    kind = load_family(family)
    n, m, d = draws.pick(TASKS), draws.pick(SAMPLES), draws.integer(*draws.pick(DIMENSIONS))
    n = 1 if draws.chance(1 / 16) else n
    m = 1 if draws.chance(1 / 16) else m
    d = d if kind.random_dimensions is None else min(d, kind.random_dimensions)
    while n * m * d**3 > HESSIAN_NUMBERS or count * n * m * d**2 > BLOCK_NUMBERS:
        n, m = (n, max(m // 2, 1)) if m >= n else (max(n // 2, 1), m)
    identical, stationary = draws.chance(1 / 12), draws.chance(1 / 12)
    wanted = Wanted(
        n=n,
        distinct=1 if identical else n,
        m=m,
        d=d,
        probabilities=_random_probabilities(draws, count, n),
        stationary=stationary,
        losses=ZERO_AT_ZERO if stationary else LOSSES,
    )
    return kind.random(draws, wanted), stationary


def _random_probabilities(draws: Draws, count: int, n: int) -> np.ndarray:
    """Uniform probabilities or random small-denominator ones (count, n), exact fractions."""
    if draws.chance(0.5):
        return np.full((count, n), Fraction(1, n), dtype=object)
    weights = (draws.doubles(count, n) * 9).astype(np.int64) + 1
    return np.array([[_share(w, sum(row)) for w in row] for row in weights.tolist()], dtype=object)


_share = cache(Fraction)  # of a weight and a sum: equal probabilities are one object, which is looked at once


# -- everything else a claim quantifies over -----------------------------------------------------------------------
Later = Callable[[Variable], Draws]
"""The stream of a variable that a sweep does not draw from its own, since it was declared after the sweep was made."""


def _later(seed: int, block: int) -> Later:
    def stream(variable: Variable) -> Draws:
        digest = hashlib.sha256(f"variable {variable.name}".encode()).digest()
        return Draws(int.from_bytes(digest[:8], "big"), seed, block)

    return stream


def _instances(draws: Draws, tasks: Tasks, at_zero: bool, later: Later) -> Instances:
    count, d = len(tasks.probabilities), tasks.d
    w = np.zeros((count, d)) if at_zero else draws.grid(-2, 2, count, d)
    apart = draws.picks(np.array([2.0**-20, 2.0**-6, 0.5, 1.0, 4.0]), count)[:, None]
    step = draws.grid(-2, 2, count, d)
    step[..., 0] += GRID * (np.abs(step).sum(axis=-1) == 0)
    known: dict[str, Any] = {
        "alpha": _random_rates(draws, tasks.smoothness),
        "w": w,
        "u": w + apart * step,
        "v": draws.grid(-2, 2, count, d),
        "delta": draws.picks(np.array([2.0**-20, 2.0**-10, 2.0**-4, 0.5, 1.0, 4.0]), count),
        "phi": draws.picks(np.array([2.0**-6, 0.25, 0.5, 1.0, 2.0, 8.0]), count),
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
    count = len(tasks.probabilities)
    numbers = draws.picks(_exactly(variable.drawn), count)
    if variable.drawn_between is not None:
        low, high = map(Fraction, variable.drawn_between)
        inside = low + (high - low) * _exactly(draws.grid(0, 1, count))
        numbers = np.where(draws.doubles(count) < 0.5, numbers, inside)
    if variable.over_smoothness:
        numbers = np.array([_over(v, c) for v, c in zip(numbers, tasks.smoothness.tolist(), strict=True)], dtype=object)
    if not variable.is_vector:
        return numbers
    start = _exactly(known[variable.near]) if variable.near else Fraction(0)
    return start + numbers[:, None] * _exactly(draws.grid(-2, 2, count, tasks.d))


_exactly = np.vectorize(Fraction, otypes=[object])  # doubles as the fractions that they are


def _over(share: Fraction, smoothness: float) -> Fraction:
    """share / L, and the share itself where L = 0."""
    return share / Fraction(smoothness) if smoothness else share


def _random_rates(draws: Draws, smoothness: np.ndarray) -> np.ndarray:
    """alpha = share / L with share 0, tiny, inside (0, 1) or exactly 1, as fractions (N,)."""
    count = len(smoothness)
    kind, inside = draws.doubles(count), draws.grid(0, 1, count)
    shares = np.select([kind < 0.05, kind < 0.15, kind < 0.6], [0.0, 2.0**-30, inside], 1.0)
    pairs = zip(shares.tolist(), smoothness.tolist(), strict=True)
    return np.array([_over(Fraction(s), c) for s, c in pairs], dtype=object)


def _random_sizes(draws: Draws, instances: Instances, later: Later) -> BatchSizes:
    """Batch sizes whose batches can be enumerated; D_beta and B' as large as Lemma 4.9 asks where possible."""
    n, m = instances.tasks.n, instances.tasks.m

    def feasible(tasks: int, most: int) -> list[int]:
        fits = [size for size in LISTED_SIZES if tasks * m * multiset_count(m, size) <= BATCH_NUMBERS]
        return [size for size in fits if tasks * multiset_count(m, size) <= most] or [1]

    stepsize = feasible(n, MOST_ATOMS)
    known = {
        "inner": draws.pick(feasible(1, BATCH_NUMBERS)),
        "outer": draws.integer(1, LARGEST_BATCH),
        "hessian": draws.integer(1, LARGEST_BATCH),
        "test": draws.pick(feasible(n, BATCH_NUMBERS)),
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
            known[size.name] = later(size).pick(feasible(size.listed.tasks(n), BATCH_NUMBERS))
    return BatchSizes(**known)


def _stepsize_needs(instances: Instances) -> tuple[int, int]:
    """The largest D_beta and B' that Lemma 4.9 asks for in the block, by float64: they choose, they prove nothing."""
    with float64.working():
        x = instances.on(float64)
        slope, smooth = np.asarray(x.hessian_lipschitz * x.alpha), np.asarray(x.smoothness)
        share = np.square(slope / np.maximum(smooth, 2.0**-500))
        samples = np.max(4 * share * x.mean_gradient_variance)
        tasks = np.max(0.5 * share * x.task_variance)
    return (max(1, math.ceil(1.001 * v)) if math.isfinite(v) and v < 10**6 else 1 for v in (samples, tasks))  # type: ignore[return-value]


__all__ = [
    "INSTANCES", "VERSION", "FamilySweep", "RandomSweep", "Sweep", "TableSweep", "blocks", "check_seed", "instance_at",
    "instance_id", "instance_in", "table_losses", "table_tasks",
]  # fmt: skip
