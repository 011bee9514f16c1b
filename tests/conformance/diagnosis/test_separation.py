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
from mamlcheck.meta.optimisers import Adagrad, Adam, RMSprop

ENOUGH, ENOUGH_OF_WIDE = 1000, 100
# Far enough from rounding, in each precision, that a one-sided difference shows.
DELTA = {"float64": 1e-3, "float32": 0.125}


def name(c):
    own = " (own Hessian set)" if c.role == "hessian" else ""
    return f"{c.algorithm.name}{own}{' ' + c.mutant.name if c.mutant else ''}"


def to_lines(x):
    """Of each direction (C, n), the distance to the line through each other one, over its own length (C, C)."""
    along = x @ x.T / (x * x).sum(axis=1)
    distances = [np.linalg.norm(one - factors[:, None] * x, axis=1) for one, factors in zip(x, along, strict=True)]
    return np.stack(distances) / np.linalg.norm(x, axis=1)[:, None]


def separations(everything, given, unit):
    """Of each two candidates on a problem (C, C); -inf where one of them is 0, or cannot be seen with so few steps."""
    here = [i for i, c in enumerate(everything) if c.from_steps <= given.steps and c.screened(given).any()]
    x = np.stack([everything[i].screened(given) for i in here])
    allowed = unit * np.array([everything[i].tolerance(given) for i in here]) / np.linalg.norm(x, axis=1)
    apart = to_lines(x)
    found = np.full((len(everything), len(everything)), -np.inf)
    found[np.ix_(here, here)] = np.minimum(apart, apart.T) / np.maximum.outer(allowed, allowed)
    return found


ROOTED = (Adam, Adagrad, RMSprop)  # optimisers that divide by a root of squares


def same_by_definition(a, b):
    """What a factor tells apart, or K = 1 does not.

    With one step Reptile is alpha times the support gradient, and Adam moves as RMSprop does, a tenth as far. BOIL does
    not adapt on networks of one layer. With one step and the Hessian, the joint gradient is MLDG's, which is named.
    Meta-SGD differs from MAML in its part for the rates.
    """
    names = {c.mutant.name if c.mutant else "" for c in (a, b)}
    known = {c.algorithm.name for c in (a, b)}
    return (
        ("support_gradient" in names and "Reptile" in known)
        or known == {"Reptile with Adam", "Reptile with RMSprop"}
        or ("joint_gradient" in names and known == {"MLDG", "MAML"})
        or (known == {"Meta-SGD", "MAML"} and names == {""})
    )


def not_told_in_float32(a, b):
    """HF-MAML approximates MAML: a difference that is good is not told from the Hessian itself. And the first step of
    Adam, Adagrad or RMSprop is near the sign of g, or ten times that, whose derivative is 0 but for eps: there MAML
    with it is FO-MAML with it, and what only eps tells apart is one.
    """
    known = {a.algorithm.name, b.algorithm.name}
    same = a.mutant == b.mutant and a.role == b.role
    joint = {a.mutant and a.mutant.name, b.mutant and b.mutant.name} == {None, "joint_gradient"}
    return (
        (known in ({"MAML", "HF-MAML"}, {"Meta-SGD", "HF-MAML"}) and same)
        or (known == {"MLDG", "HF-MAML"} and joint)
        or (same and a.algorithm.inside in ROOTED and a.algorithm.family == b.algorithm.family)
        or (same and {a.algorithm.inside, b.algorithm.inside} == {Adam, Adagrad})
        or (same and known == {"Reptile with RMSprop", "Reptile with Adagrad"})
        or ({a.mutant and a.mutant.name, b.mutant and b.mutant.name} == {"outer_adam_step", "outer_sign"})
    )


def enough(a, b, dtype):
    """How many tolerances are to be between two. In float32 that of a way back through Adam or RMSprop is a hundredth
    of the direction, as 1 - 0.999 has five digits there.
    """
    longer = max(a.from_steps, b.from_steps) >= 3  # seen with three steps alone
    rooted = [c for c in (a, b) if c.algorithm.inside in ROOTED]
    wide = any(longer or c.algorithm.hessian == "exact" for c in rooted)
    return ENOUGH if dtype == "float64" or not wide else ENOUGH_OF_WIDE


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everything_is_told_apart(dtype):
    unit = UNIT_ROUNDOFF[dtype]
    # With two inner steps, some of what is wrong in a few of three is what has a name of its own.
    problems = [*suite(dtype, Metadata()), *(p for p in suite(dtype, Metadata(steps=(1, 3))) if p.steps == 3)]
    everything = candidates(Difference(DELTA[dtype]))
    labels = [name(c) for c in everything]
    assert len(set(labels)) == len(labels)
    least = problems[0].steps
    on_each = {p.id: separations(everything, p, unit) for p in problems}
    worst, matrix = [], {}
    for (i, a), (j, b) in combinations(enumerate(everything), 2):
        if same_by_definition(a, b):
            continue
        # What is wrong with a second step cannot be seen in the first.
        needed = max(least, a.from_steps, b.from_steps)
        usable = [p for p in problems if (p.steps == least if needed == least else p.steps >= needed)]
        ratio, where = max((float(on_each[p.id][i, j]), p.id) for p in usable)
        matrix[name(a), name(b)] = ratio
        if ratio < enough(a, b, dtype) and not (dtype == "float32" and not_told_in_float32(a, b)):
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
