"""Decisions that rounding can turn: which numbers are so near to 0, or so near to the largest, that another program of
the same function may go the other way there.

How far rounding moves each number that is decided by is measured: the root mean square over runs in perturbed doubles
(`arithmetic.rounding`), in units of the unit roundoff. A decision is at risk if its margin is less than LAMBDA times
that. For normal errors of standard deviation s, the estimate over 8 runs is s times the root of a chi-square of 8
degrees of freedom over 8, so an error is beyond LAMBDA = 8 estimates with the probability of |t| > 8 for Student's t of
8 degrees of freedom, 4e-5: of 25,000 decisions that rounding turns one is missed. Nothing is proved here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mamlcheck.arithmetic.arrays import Doubles, Integers
from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.arithmetic.protocol import DirectionArithmetic
from mamlcheck.arithmetic.rounding import LAMBDA, PERTURBATION, Rounding
from mamlcheck.programs.program import Node, Program
from mamlcheck.programs.running import Running, Seen, Side

RUNS = 8
DECISIONS = ("positive", "argmax", "largest")


@dataclass(frozen=True)
class Kink:
    """Decisions of one node, in one evaluation of a program, that rounding can turn.

    evaluation: the name that the caller gave to it. operation: 'positive', 'argmax' or 'largest'. place: the line of
    the user's code. sides: each decision the other way; of a maximum, one side for each number that may be the largest
    instead.
    """

    evaluation: str
    operation: str
    place: str
    sides: tuple[Side, ...]


Watching: TypeAlias = Callable[[str, Program], Seen]
"""What an evaluation, by its name, and its program are handed to, for what `Running` is to show its results to."""
Formula: TypeAlias = Callable[[DirectionArithmetic, Watching], object]
_Seen: TypeAlias = dict[tuple[str, str], tuple[Node, Doubles]]


def decisions_at_risk(program: Program, inputs: Mapping[str, Doubles], unit_roundoff: float) -> tuple[Kink, ...]:
    """The decisions of a program at these inputs that are at risk in an arithmetic of this unit roundoff."""

    def once(ar: DirectionArithmetic, watching: Watching) -> object:
        return Running(program, ar)({name: ar.exact(x) for name, x in inputs.items()}, watching("", program))

    return at_risk(once, unit_roundoff)


def at_risk(formula: Formula, unit_roundoff: float) -> tuple[Kink, ...]:
    """The same of all evaluations of programs in a formula, whose inputs may have been rounded before.

    The formula is run in doubles and in perturbed ones; in each run it hands `Watching` the same names.
    """
    plain = Float64()
    exact = _decided_by(formula, plain, lambda x: x)
    squares = {key: np.zeros(numbers.shape) for key, (_, numbers) in exact.items()}
    best = {key: numbers.argmax(-1) for key, (node, numbers) in exact.items() if node.operation != "positive"}
    margins = {key: _margins(numbers, best.get(key)) for key, (_, numbers) in exact.items()}
    for seed in range(RUNS):
        for key, (_, numbers) in _decided_by(formula, Rounding(seed), lambda x: x.value).items():
            squares[key] += np.square(_margins(numbers, best.get(key)) - margins[key])
    factor = LAMBDA * unit_roundoff / PERTURBATION / math.sqrt(RUNS)
    kinks = []
    for key, (node, _) in exact.items():
        near = np.abs(margins[key]) < factor * np.sqrt(squares[key])
        if near.any():
            sides = tuple(_sides(key[1], near, margins[key], node.operation))
            kinks.append(Kink(key[0], node.operation, node.place, sides))
    return tuple(kinks)


def _margins(numbers: Doubles, best: Integers | None) -> Doubles:
    """By how much a number is above 0, or the largest above each other one, which of them the exact run says."""
    return numbers if best is None else np.take_along_axis(numbers, best[..., None], -1) - numbers


def _sides(decision: str, near: np.ndarray, margins: Doubles, operation: str) -> Iterator[Side]:
    flat = np.flatnonzero(near).tolist()
    if operation == "positive":
        yield from (Side(decision, k, int(not margins.flat[k] > 0)) for k in flat)
    else:
        yield from (Side(decision, *divmod(k, near.shape[-1])) for k in flat)


def _decided_by(formula: Formula, ar: Any, doubles: Callable[[Any], Doubles]) -> _Seen:
    """What is decided by, for each evaluation and each of its nodes that decide."""
    found: _Seen = {}

    def watching(evaluation: str, program: Program) -> Seen:
        inputs: dict[int, list[int]] = {}
        for k, node in enumerate(program.nodes):
            if node.operation in DECISIONS:
                inputs.setdefault(node.inputs[0], []).append(k)

        def seen(position: int, node: Node, result: Any) -> None:
            for k in inputs.get(position, ()):
                found[evaluation, program.identities[k]] = program.nodes[k], doubles(result)

        return seen

    with ar.working():
        formula(ar, watching)
    return found
