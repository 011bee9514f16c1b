"""Gradients of networks as people have them: what is right is recognised, what is wrong is named.

`grid.py` has the same as a table, with times and memory, a network at a time.
"""

from __future__ import annotations

import os

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mamlcheck[torch]'")

from own_cases import OF_JAX, case
from own_defects import DEFECTS

from mamlcheck import what_is

ALPHA = 0.125
DELTAS = {"float32": 2.0**-11, "float64": 2.0**-16}  # small enough to pass no kink of a small network
PRECISIONS = tuple(DELTAS)
SMALL = ("tanh", "transformer", "resnet")
LARGER = ("lstm", "perceptron", "conv4-8", "flax", "equinox")  # JAX takes a minute to compile the loops of a network
FOUR = ((3, 4), (5, 4), (3, 6), (4, 4))  # tasks, by the sizes of their sets

LARGE = os.environ.get("MAMLCHECK_NETS") == "all"  # the larger ones take minutes, and are left out otherwise
ONE_STEP = [*SMALL, *(LARGER if LARGE else [])]
TWO_STEPS = [*SMALL, *LARGER] if LARGE else ["transformer"]


def posed(name, steps=1, **others):
    """A problem, and for each precision its case: the same numbers, so that it shares its references."""
    for library in ("flax", "equinox") if name in OF_JAX else ():
        pytest.importorskip(library, reason="these tests pose problems of its networks")
    both = {dtype: case(name, dtype, **others) for dtype in PRECISIONS}
    return both["float32"].problem(ALPHA, steps), both


def told(given, posed, loop, *more, **asked):
    dtype = "float64" if posed.precise else "float32"
    return what_is(posed.gradient(loop, ALPHA, given.steps, *more), given.but(dtype=dtype), **asked)


@pytest.mark.parametrize("name", ONE_STEP)
def test_right_gradients_raise_no_alarm(name):
    given, both = posed(name)
    for dtype, one in both.items():
        for declared, loop in one.right.items():
            delta = DELTAS[dtype] if declared == "HF-MAML" else None
            diagnosis = told(given, one, loop, *([] if delta is None else [delta]), declared=declared, delta=delta)
            assert (diagnosis.found, diagnosis.defects) == (declared, ()), diagnosis.text


@pytest.mark.parametrize("name", TWO_STEPS)
def test_two_inner_steps_raise_no_alarm(name):
    given, both = posed(name, steps=2, sizes=FOUR)
    for one in both.values():
        for declared, loop in one.right.items():
            if declared != "HF-MAML":
                diagnosis = told(given, one, loop, declared=declared)
                assert (diagnosis.found, diagnosis.defects) == (declared, ()), diagnosis.text


@pytest.mark.parametrize("name", ONE_STEP)
def test_what_is_wrong_is_named(name):
    given, both = posed(name)
    for one in both.values():
        for defect, known in DEFECTS.items():
            if known.named is None or (known.searched and name != "tanh" and not LARGE):
                continue
            diagnosis = told(given, one, one.wrong[defect], declared="MAML")
            assert (diagnosis.found, diagnosis.defects) == known.named, (defect, diagnosis.text)
            assert not diagnosis.conforms


def test_what_is_wrong_with_further_steps_is_named():
    given, both = posed("tanh", steps=2)
    for one in both.values():
        for defect, known in DEFECTS.items():
            if known.of_two is not None:
                diagnosis = told(given, one, one.wrong[defect], declared="MAML")
                assert (diagnosis.found, diagnosis.defects) == known.of_two, (defect, diagnosis.text)
