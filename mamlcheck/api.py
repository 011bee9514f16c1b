"""The Python interface in a few functions: get an instance, check a claim on it, read both sides.

    import mamlcheck
    instance = mamlcheck.instance("random-1/1/123")
    print(mamlcheck.check("lemma_4_8", instance))
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mamlcheck.check.sweeps import RandomSweep, Sweep, TableSweep, instance_at, parse_id
from mamlcheck.check.verdict import Verdict, judge
from mamlcheck.claims import load_claim
from mamlcheck.errors import InputError
from mamlcheck.meta.files import read_instance
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.tables import Table, builtin_tables, read_table

MAX_INDEX = 2**40


@dataclass(frozen=True)
class Checked:
    """A claim on one instance: the verdict, enclosures of both sides as doubles, and how it was reached."""

    claim: str
    verdict: Verdict
    left: tuple[float, float]
    right: tuple[float, float]
    tightness: tuple[float, float] | None
    arithmetic: str
    guaranteed: bool

    def __str__(self) -> str:
        mark = "" if self.guaranteed else " (not guaranteed: a constant was declared, not certified)"
        return f"{self.claim}: {self.verdict}{mark}, left side in {_interval(self.left)}, right side in {_interval(self.right)}"


def _interval(bounds: tuple[float, float]) -> str:
    return f"[{bounds[0]!r}, {bounds[1]!r}]"


def check(claim: str, instance: Instances, everywhere: bool = False) -> Checked:
    """Judge one claim on one instance by rigorous arithmetic.

    claim: a claim id such as 'lemma_4_8'. instance: without leading axes, or a block of one. everywhere: judge the
    printed form, with deviations bounded at all points, instead of the strong form. Raises `InputError` for an
    unknown claim or a block of more than one instance.
    """
    block = instance if instance.shape else instance[None]
    if block.shape != (1,):
        raise InputError(f"this is a block of {block.shape} instances: check one, instance[k]")
    verdicts = judge(load_claim(claim), block, everywhere)
    lower, upper = verdicts.tightness
    return Checked(
        claim=claim,
        verdict=verdicts.verdict(0),
        left=(float(verdicts.left_lower[0]), float(verdicts.left_upper[0])),
        right=(float(verdicts.right_lower[0]), float(verdicts.right_upper[0])),
        tightness=None if lower[0] != lower[0] else (float(lower[0]), float(upper[0])),
        arithmetic=str(verdicts.arithmetic[0]),
        guaranteed=block.guaranteed,
    )


def instance(source: str | Path, table: Table | None = None) -> Instances:
    """One instance from an id such as 'random-1/1/123' or from an instance file, as a block of one.

    Ids of a table of your own need that `table`; built-in tables are found by name. Raises `InputError`.
    """
    parsed = parse_id(str(source))
    if parsed is None:
        return read_instance(source)
    if parsed.index >= MAX_INDEX:
        raise InputError(f"index {parsed.index}: a sweep has {MAX_INDEX} instances")
    return instance_at(_sweep_named(parsed.name, parsed.seed, table), parsed.index)


def _sweep_named(name: str, seed: int, table: Table | None) -> Sweep:
    if name == RandomSweep.name:
        return RandomSweep(seed)
    if table is not None and TableSweep(table, seed).name == name:
        return TableSweep(table, seed)
    if name.removesuffix("-1") in builtin_tables():
        return TableSweep(read_table(name.removesuffix("-1")), seed)
    raise InputError(
        f"no source of instances is called {name!r} here: ids start with {RandomSweep.name}, with a built-in table "
        f"({', '.join(t + '-1' for t in builtin_tables())}), or with a table of your own, which must be given too"
    )
