"""The problems tell all algorithms and defects apart by at least 1000 times the tolerance; `pytest -s` prints how far.

The entry of a pair is the distance of one direction to the line of the other (no factor can bridge it), over the larger
rounding tolerance, on the problem of the suite that separates the pair best.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mamlcheck.conformance.candidates import candidates
from mamlcheck.conformance.diagnosis import suite
from mamlcheck.conformance.reference import UNIT_ROUNDOFF, Difference
from mamlcheck.conformance.subjects import Metadata

ENOUGH = 1000
# With one inner step some formulas coincide, or differ by a factor alone: Reptile is alpha times the support gradient,
# and what is wrong with a second step cannot be seen in the first.
ONE_STEP = {"hessian_last_step_only", "one_step_only"}
# A difference that is good in its precision.
DELTA = {"float64": 1e-3, "float32": 0.05}


def name(c):
    own = " (own Hessian set)" if c.role == "hessian" else ""
    return f"{c.algorithm.name}{own}{' ' + c.mutant.name if c.mutant else ''}"


def to_line(a, b):
    """Distance of a to the line through b."""
    return float(np.linalg.norm(a - b * (a @ b) / (b @ b)))


def separation(a, b, problems, unit):
    """The best of the problems: (ratio, its id)."""
    found = []
    for given in problems:
        x, y = a.screened(given), b.screened(given)
        if not x.any() or not y.any():
            continue
        apart = min(to_line(x, y) / np.linalg.norm(x), to_line(y, x) / np.linalg.norm(y))
        allowed = unit * max(a.tolerance(given) / np.linalg.norm(x), b.tolerance(given) / np.linalg.norm(y))
        found.append((apart / allowed, given.id))
    return max(found)


def same_by_definition(a, b):
    """With one step Reptile is alpha times the support gradient: the factor tells them apart, not the direction."""
    names = {a.mutant.name if a.mutant else "", b.mutant.name if b.mutant else ""}
    return "support_gradient" in names and "Reptile" in {a.algorithm.name, b.algorithm.name}


def difference_of_the_same(a, b):
    """HF-MAML approximates MAML: in float32, a difference that is good is not told from the Hessian itself."""
    return {a.algorithm.name, b.algorithm.name} == {"MAML", "HF-MAML"} and a.mutant == b.mutant and a.role == b.role


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everything_is_told_apart(dtype):
    unit = UNIT_ROUNDOFF[dtype]
    problems = list(suite(dtype, Metadata()))
    everything = candidates(Difference(DELTA[dtype]))
    labels = [name(c) for c in everything]
    assert len(set(labels)) == len(labels)
    least = problems[0].steps
    worst, matrix = [], {}
    for a, b in combinations(everything, 2):
        if same_by_definition(a, b):
            continue
        needs_steps = {c.mutant.name for c in (a, b) if c.mutant} & ONE_STEP
        usable = [p for p in problems if p.steps > least] if needs_steps else [p for p in problems if p.steps == least]
        ratio, where = separation(a, b, usable, unit)
        matrix[name(a), name(b)] = ratio
        if ratio < ENOUGH and not (dtype == "float32" and difference_of_the_same(a, b)):
            worst.append((ratio, name(a), name(b), where))
    for (a, b), ratio in sorted(matrix.items(), key=lambda item: item[1])[:40]:
        print(f"{ratio:10.2e}  {a}  |  {b}")
    print(f"{dtype}: {len(matrix)} pairs of {len(everything)} candidates, least separation {min(matrix.values()):.2e}")
    assert not worst, sorted(worst)
