"""One program in every arithmetic: enclosures that hold, exact fractions, expressions that are SymPy's own."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from nets import conv4, mlp, relu

from mamlcheck.arithmetic import arb, ball, double_double, float64, rational, symbolic
from mamlcheck.arithmetic.exact import fraction
from mamlcheck.programs.building import Builder
from mamlcheck.programs.derivatives import direction, gradient, hessian_vector
from mamlcheck.programs.program import Program
from mamlcheck.programs.running import Running
from mamlcheck.programs.undecided import Undecided

NETS = {"tanh": mlp((6, 5, 3), 4), "relu": mlp((6, 5, 3), 4, "relu"), "conv4": conv4(2, samples=3, size=16, classes=3)}


def derivatives(program: Program, names, ar, inputs):
    """The gradient and the product of the Hessian with the parameters, one after the other."""
    arrays = {k: ar.exact(v) for k, v in inputs.items()}
    along = {direction(n): arrays[n] for n in names}
    return Running(gradient(program, names), ar)(arrays) + Running(hessian_vector(program, names), ar)(arrays | along)


@pytest.mark.parametrize("name", NETS)
def test_balls_enclose_and_double_double_meets_arb_at_256_bits(name):
    net = NETS[name]
    inputs, names = {**net.parameters, **net.batches[0]}, list(net.parameters)
    fine = arb(256)
    with fine.working():
        exact = derivatives(net.loss, names, fine, inputs)
        low, high = ([side(x) for x in exact] for side in (fine.lower, fine.upper))
        pairs = derivatives(net.loss, names, double_double, inputs)
        size = max(float(abs(v.mid())) for x in exact for v in x.flat)
        for got, right in zip(pairs, exact, strict=True):
            for h, low_part, v in zip(got.high.flat, got.low.flat, right.flat, strict=True):
                assert float(abs((v - float(h) - float(low_part)).mid())) <= 1e-26 * size
    with ball.working():
        try:
            balls = derivatives(net.loss, names, ball, inputs)
        except Undecided:
            assert name == "conv4"  # balls of doubles are too wide there
            return
        for x, below, above in zip(balls, low, high, strict=True):
            assert (ball.lower(x) <= above).all()
            assert (below <= ball.upper(x)).all()


def polynomial() -> tuple[Program, dict[str, np.ndarray]]:
    """A mean square of ReLUs, centred, with the largest of each row: pieces of polynomials of data in thirds."""
    random = np.random.default_rng(3)
    b = Builder()
    y = relu(b.input("x", (3, 4)) @ b.input("w", (4, 3)))
    loss = y.centered(0).square().mean() + (y.taken(y.argmax()).sum() * b.input("w", (4, 3)).sum()).square()
    thirds = {
        name: np.array([Fraction(int(k), 3) for k in random.integers(-9, 9, size=np.prod(shape))]).reshape(shape)
        for name, shape in {"x": (3, 4), "w": (4, 3)}.items()
    }
    return b.program([loss]), thirds


def test_fractions_are_exact():
    """Along w + t w, a polynomial of degree 4 in t while 1 + t > 0, five values give both derivatives exactly."""
    program, inputs = polynomial()
    slopes = derivatives(program, ["w"], rational, inputs)
    value = Running(program, rational)

    def along(t: Fraction) -> Fraction:
        loss = value({"x": rational.exact(inputs["x"]), "w": rational.exact(inputs["w"] * (1 + t))})[0]
        return fraction(loss.item())

    t = Fraction(1, 7)
    f = {k: along(k * t) for k in range(-2, 3)}
    first = (f[-2] - 8 * f[-1] + 8 * f[1] - f[2]) / (12 * t)
    second = (-f[-2] + 16 * f[-1] - 30 * f[0] + 16 * f[1] - f[2]) / (12 * t * t)
    w = rational.exact(inputs["w"])
    assert fraction((slopes[0] * w).sum()) == first
    assert fraction((slopes[1] * w).sum()) == second
    with arb(128).working():
        enclosed = derivatives(program, ["w"], arb(128), inputs)
    with arb(512).working():  # so that the fractions are known far better than the enclosures
        for got, right in zip(enclosed, slopes, strict=True):
            assert all((a - b).contains(0) for a, b in zip(got.flat, right.flat, strict=True))


def test_expressions_are_sympys_derivatives():
    b = Builder()
    x, w = b.input("x", (2, 2)), b.input("w", (2,))
    y = (x @ w.reshape((2, 1))).tanh() + (w.square().sum() + 1).log() * w.sin().sum() / (2 + w.square().mean().sqrt())
    program = b.program([(y.erf() * (-y.square()).exp()).sum()])
    names = sympy.symbols("u v", positive=True)
    inputs = {"x": np.array([[0.5, -1.0], [2.0, 0.25]])}
    arrays = {"x": symbolic.exact(inputs["x"]), "w": np.array(names, dtype=object)}
    along = {direction("w"): symbolic.exact(np.array([1.0, -2.0]))}
    (loss,) = Running(program, symbolic)(arrays)
    (slopes,) = Running(gradient(program, ["w"]), symbolic)(arrays)
    (product,) = Running(hessian_vector(program, ["w"]), symbolic)(arrays | along)
    own = [sympy.diff(loss.item(), s) for s in names]
    second = [sympy.diff(own[0], names[0]) - 2 * sympy.diff(own[0], names[1])]
    second += [sympy.diff(own[1], names[0]) - 2 * sympy.diff(own[1], names[1])]
    values = sympy.lambdify(names, [*slopes, *product, *own, *second], "mpmath", cse=True)
    with mpmath.workdps(50):
        found = values(mpmath.mpf(3) / 7, mpmath.mpf(5) / 11)
        for got, right in zip(found[:4], found[4:], strict=True):
            assert abs(got - right) < 1e-40


def test_doubles_agree_with_the_finest():
    net = NETS["conv4"]
    inputs, names = {**net.parameters, **net.batches[0]}, list(net.parameters)
    for plain, pair in zip(*(derivatives(net.loss, names, ar, inputs) for ar in (float64, double_double)), strict=True):
        np.testing.assert_allclose(plain, pair.high, rtol=0, atol=1e-12 * max(1, np.abs(pair.high).max()))
