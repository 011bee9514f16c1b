"""The problems tell all algorithms and defects apart by at least 1000 times the tolerance; `pytest -s` prints how far.

The entry of a pair is the distance of one direction to the line of the other (no factor can bridge it), over the larger
rounding tolerance, on the problem of the suite that separates the pair best.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mamlcheck.conformance import Metadata
from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.candidates import candidates
from mamlcheck.conformance.diagnosis.scales import scales
from mamlcheck.conformance.diagnosis.suite import suite
from mamlcheck.conformance.reference import Difference

ENOUGH = 1000
# Far enough from rounding, in each precision, that a one-sided difference shows.
DELTA = {"float64": 1e-3, "float32": 0.125}


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
        # What is wrong with a second step cannot be seen in the first.
        needed = max([least, *(c.mutant.from_steps for c in (a, b) if c.mutant)])
        usable = [p for p in problems if (p.steps == least if needed == least else p.steps >= needed)]
        ratio, where = separation(a, b, usable, unit)
        matrix[name(a), name(b)] = ratio
        if ratio < ENOUGH and not (dtype == "float32" and difference_of_the_same(a, b)):
            worst.append((ratio, name(a), name(b), where))
    print("\nlog10 of the separation over the tolerance")
    for i, label in enumerate(labels):
        row = (matrix.get((labels[j], label)) for j in range(i))
        print(f"{i:3}", *("  ." if ratio is None else f"{np.log10(ratio):3.0f}" for ratio in row), "", label)
    for (a, b), ratio in sorted(matrix.items(), key=lambda item: item[1])[:40]:
        print(f"{ratio:10.2e}  {a}  |  {b}")
    print(f"{dtype}: {len(matrix)} pairs of {len(everything)} candidates, least separation {min(matrix.values()):.2e}")
    assert not worst, sorted(worst)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_named_factor_is_told_from_every_other(dtype):
    """On one of the problems, two factors differ by far more than rounding, relatively."""
    problems = list(suite(dtype, Metadata()))
    allowed = max(
        UNIT_ROUNDOFF[dtype] * c.tolerance(given) / np.linalg.norm(c.screened(given))
        for c in candidates()[:2]
        for given in problems
    )
    apart = {
        (a.defects, b.defects): max(abs(a.factor(p) / b.factor(p) - 1) for p in problems) / allowed
        for a, b in combinations(scales(), 2)
    }
    print(f"{dtype}: {len(apart)} pairs of factors, least separation {min(apart.values()):.2e}")
    assert min(apart.values()) >= ENOUGH
