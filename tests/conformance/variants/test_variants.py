"""Each variant computes what is said of it, by an oracle that shares nothing with it; and none is dead."""

from __future__ import annotations

import importlib.util
from functools import cache

import numpy as np
import pytest
from complex_steps import Oracle
from variant import FRAMEWORKS, LEAST_DEFECT, PACKAGES, RIGHT_KINDS, ROUNDING, TRIED, WRONG_KINDS, all_variants

from mamlcheck.conformance import problem
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.subjects.declaring import metadata_of
from mamlcheck.conformance.subjects.running import observe

RATES = (0.4, 0.05, 0.4)


def tried(make):
    """A problem of each kind, with the most and the fewest inner steps that are declared, or two and three."""
    steps = metadata_of(make).steps or (2, 3)
    counts = (max(steps), min(steps), max(steps))
    return [problem(name, alpha=a, steps=k) for name, a, k in zip(kinds(), RATES, counts, strict=True)]


def declared_direction(o, said):
    """What would be right."""
    found = {
        "MAML": o.maml,
        "FO-MAML": o.fo,
        "HF-MAML": lambda: o.maml() if said.delta is None else o.hf(said.delta),
        "ANIL": lambda: o.maml(on=o.on("head")),
        "FO-ANIL": lambda: o.fo(on=o.on("head")),
        "Reptile": o.reptile,
    }[said.algorithm]()
    return found * len(o.tasks) if said.summed else found


def off(direction, truth):
    return float(np.linalg.norm(direction - truth) / np.linalg.norm(truth))


@cache
def seen(named):
    """What it does on the problems that it is tried on."""
    return [(given, observe(named.variant.make, given)) for given in tried(named.variant.make)]


@pytest.mark.parametrize("named", all_variants(frameworks=TRIED), ids=lambda n: n.id)
def test_it_computes_what_is_said(named):
    variant = named.variant
    for given, observed in seen(named):
        assert observed.failure is None, observed.failure
        truth = variant.truth(Oracle(given))
        first, second = truth if isinstance(truth, tuple) else (truth, truth)
        assert off(observed.directions[0], first) <= variant.within, given.id
        assert off(observed.directions[1], second) <= variant.within, given.id
        if variant.wrong and variant.within > 1e3 * ROUNDING:  # it is of precision
            assert off(observed.directions[0], first) > variant.within / 1e5, "dead: it is exact"


@pytest.mark.parametrize("named", all_variants(WRONG_KINDS, TRIED), ids=lambda n: n.id)
def test_it_is_wrong(named):
    """On one problem at least, by what can be seen in float64."""
    said = metadata_of(named.variant.make)
    errors = []
    for given, observed in seen(named):
        right = declared_direction(Oracle(given), said)
        errors += [off(d, right) for d in observed.directions]
    assert max(errors) > LEAST_DEFECT


@pytest.mark.parametrize("named", all_variants(RIGHT_KINDS, TRIED), ids=lambda n: n.id)
def test_it_has_an_algorithm(named):
    assert not named.variant.wrong
    assert named.variant.found == metadata_of(named.variant.make).algorithm


@pytest.mark.parametrize("package", [*FRAMEWORKS, *PACKAGES])
def test_nothing_is_left_out(package):
    """What is not installed has no variants here, and is to be told."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    assert any(package in (named.framework, named.kind) for named in all_variants())


def test_enough_are_planted():
    """84 wrong ones in all three frameworks, and 44 right ones."""
    if any(importlib.util.find_spec(package) is None for package in (*FRAMEWORKS, *PACKAGES)):
        pytest.skip(f"needs {', '.join((*FRAMEWORKS, *PACKAGES))}")
    assert len(all_variants(WRONG_KINDS)) >= 84
    assert len(all_variants(RIGHT_KINDS)) >= 44


def test_names_are_unique():
    ids = [named.id for named in all_variants()]
    assert len(set(ids)) == len(ids)
