"""Decisions that rounding can turn: a preactivation near 0, a maximum with a near rival, and their other sides."""

from __future__ import annotations

import numpy as np
import pytest
from nets import conv4, relu

from mamlcheck.arithmetic import arb, double_double, float64
from mamlcheck.programs.building import Builder
from mamlcheck.programs.derivatives import gradient, hessian_vector
from mamlcheck.programs.kinks import at_risk, decisions_at_risk
from mamlcheck.programs.running import Running, Side

FLOAT32, FLOAT64 = 2.0**-24, 2.0**-53


def layer(margin: float) -> tuple[Builder, dict[str, np.ndarray]]:
    """sum(relu(x w + b)^2 + relu(..)) of 3 samples and 4 units; unit 2 of sample 1 is at the margin."""
    random = np.random.default_rng(1)
    b = Builder()
    with b.at("net.py:7"):
        y = relu(b.input("x", (3, 5)) @ b.input("w", (5, 4)) + b.input("bias", (4,)))
    builder_loss = (y.square() + y).sum()
    numbers = {"x": random.normal(size=(3, 5)), "w": random.normal(size=(5, 4)), "bias": random.normal(size=4)}
    numbers["bias"][2] = margin - (numbers["x"] @ numbers["w"])[1, 2]
    return b.program([builder_loss]), numbers


@pytest.mark.parametrize(("margin", "flag"), [(1e-9, 1), (-1e-9, 0)])
def test_a_sign_within_rounding_is_at_risk_in_float32_and_not_in_float64(margin, flag):
    program, numbers = layer(margin)
    (kink,) = decisions_at_risk(program, numbers, FLOAT32)
    assert (kink.operation, kink.place) == ("positive", "net.py:7")
    assert [(s.position, s.side) for s in kink.sides] == [(1 * 4 + 2, 1 - flag)]
    assert decisions_at_risk(program, numbers, FLOAT64) == ()


def test_signs_far_from_zero_are_not_at_risk():
    program, numbers = layer(1e-3)
    assert decisions_at_risk(program, numbers, FLOAT32) == ()


def test_what_is_at_risk_holds_what_float32_turns():
    """Preactivations spread over 3e-5 around 0: each that float32 decides otherwise than doubles is listed."""
    random = np.random.default_rng(2)
    b = Builder()
    loss = relu(b.input("x", (40000, 30)) @ b.input("w", (30, 1)) + b.input("bias", (40000, 1))).sum()
    x, w = (random.normal(size=s).astype(np.float32) for s in ((40000, 30), (30, 1)))
    bias = (-(x.astype(float) @ w) + random.normal(size=(40000, 1)) * 3e-5).astype(np.float32)
    numbers = {"x": x.astype(float), "w": w.astype(float), "bias": bias.astype(float)}
    turned = np.flatnonzero((x @ w + bias > 0) != (numbers["x"] @ numbers["w"] + numbers["bias"] > 0))
    (kink,) = decisions_at_risk(b.program([loss]), numbers, FLOAT32)
    listed = {s.position for s in kink.sides}
    assert turned.size > 100
    assert set(turned.tolist()) <= listed
    assert len(listed) < 20000


@pytest.mark.parametrize("operation", ["argmax", "largest"])
def test_maxima_with_a_near_rival(operation):
    b = Builder()
    y = b.input("x", (3, 4)) * b.input("w", (4,))
    with b.at("net.py:9"):
        picked = y.taken(y.argmax()) if operation == "argmax" else y.kept(y.largest()).sum(-1)
    program = b.program([picked.square().sum()])
    x = np.array([[1.0, 2.0, 3.0, 0.0], [5.0, 1.0, 5.0 + 1e-8, 5.0 - 1e-8], [0.0, 0.0, 0.0, 0.0]])
    numbers = {"x": x, "w": np.full(4, 1 / 3)}
    (kink,) = decisions_at_risk(program, numbers, FLOAT32)
    assert (kink.operation, kink.place) == (operation, "net.py:9")
    assert [(s.position, s.side) for s in kink.sides] == [(1, 0), (1, 3)]
    assert decisions_at_risk(program, numbers, FLOAT64) == ()
    running = Running(gradient(program, ["x"]), float64)
    for sides, column in (((), 2), (kink.sides[:1], 0), (kink.sides[1:], 3)):
        (slope,) = running(numbers, forced=sides)
        assert np.flatnonzero(slope[1]).tolist() == [column]
        assert np.flatnonzero(slope[0]).tolist() == [2]


def test_equal_numbers_that_are_moved_alike_are_not_at_risk():
    """Zeros beside each other, as after a ReLU in a window of a pool: whichever is taken, it is 0."""
    b = Builder()
    x = b.input("x", (2, 4))
    y = relu(x)
    program = b.program([y.taken(y.argmax()).sum()])
    assert decisions_at_risk(program, {"x": -np.ones((2, 4))}, FLOAT32) == ()


@pytest.mark.parametrize("ar", [float64, double_double, arb(128)], ids=repr)
def test_the_other_side_of_a_kink_is_that_of_a_number_beyond_it(ar):
    """The gradient with the decision forced is that of a bias on the other side, to the size of the step across."""
    program, numbers = layer(1e-9)
    names = ("w", "bias")
    slopes = gradient(program, names)
    (kink,) = decisions_at_risk(program, numbers, FLOAT32)
    beyond = {**numbers, "bias": numbers["bias"] - np.array([0, 0, 2e-9, 0])}
    with ar.working():
        running = Running(slopes, ar)
        arrays = {k: ar.exact(v) for k, v in numbers.items()}
        here, forced = running(arrays), running(arrays, forced=kink.sides)
        there = running({k: ar.exact(v) for k, v in beyond.items()})
        apart = [[ar.midpoint(a - b) for a, b in zip(one, there, strict=True)] for one in (here, forced)]
    assert max(np.abs(d).max() for d in apart[0]) > 0.1
    assert max(np.abs(d).max() for d in apart[1]) < 1e-7


def test_a_side_is_found_in_the_hessian_too_and_elsewhere_changes_nothing():
    program, numbers = layer(1e-9)
    (kink,) = decisions_at_risk(program, numbers, FLOAT32)
    product = hessian_vector(program, ("bias",))
    arrays = {**numbers, "along bias": np.ones(4)}
    plain, forced = (Running(product, float64)(arrays, forced=sides)[0] for sides in ((), kink.sides))
    assert plain[2] - forced[2] == 2.0
    assert np.array_equal(np.delete(plain, 2), np.delete(forced, 2))
    unknown = Running(product, float64)(arrays, forced=[Side("unknown", 0, 1)])[0]
    assert np.array_equal(unknown, plain)


def test_evaluations_are_told_apart_and_rounded_inputs_count():
    """The second evaluation is at a bias that an inner step moved near 0; the step's rounding puts it at risk."""
    b = Builder()
    loss = (relu(b.input("bias", (2,))) * b.constant([1.0, 3.0])).sum()
    program = b.program([loss])
    slopes = gradient(program, ["bias"])

    def formula(ar, watching):
        running = Running(slopes, ar)
        bias = ar.exact([0.3 + 1e-8, 2.0])
        (slope,) = running({"bias": bias}, watching("at w", slopes))
        return running({"bias": bias - ar.exact(0.3) * slope}, watching("at w'", slopes))

    (kink,) = at_risk(formula, FLOAT32)
    assert kink.evaluation == "at w'"
    assert [(s.position, s.side) for s in kink.sides] == [(0, 0)]


def test_in_a_convolutional_net_few_decisions_are_at_risk():
    """About one of 100,000: numbers of a spread of 1 are decided to about 1e-6."""
    found = []
    for seed in range(12):
        net = conv4(8, seed=seed)
        numbers = {**net.parameters, **net.batches[0]}
        found.append(sum(len(k.sides) for k in decisions_at_risk(net.loss, numbers, FLOAT32)))
        assert decisions_at_risk(net.loss, numbers, FLOAT64) == ()
    assert 0 < sum(found) < 100
