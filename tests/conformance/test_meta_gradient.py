"""Whole directions on networks small enough for SymPy: its derivative of w -> mean of f_i(w - alpha grad f_i(w)).

SymPy is given the loss of one sample and differentiates the nested expression by itself: for MAML no formula of its
gradient, no backward pass and no Hessian-vector product stands here. FO-MAML, HF-MAML and MAML with a Hessian of a set
of its own are derivatives of no such objective: they follow the paper's equations, with SymPy's slopes and Hessians of
the loss. The expressions are evaluated at 50 digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import numpy as np
import pytest
import sympy

from mamlcheck.conformance import criteria, networks
from mamlcheck.conformance.algorithms import algorithms
from mamlcheck.conformance.data import Task
from mamlcheck.conformance.problems.kinds import ProblemKind, kinds
from mamlcheck.conformance.problems.problem import Key, Problem
from mamlcheck.conformance.reference import Difference, enclosed

TASKS, INNER, OUTER, HESSIAN = 4, 2, 3, 1  # distinct: a mean over the wrong axis cannot pass
ALPHA, DELTA = 0.375, 0.125
DIGITS = 50


def opaque(known):
    """A function with SymPy's own derivative, without the simplification SymPy tries on each (long) argument."""
    z = sympy.Dummy()
    slope = known(z).diff(z)

    class Opaque(sympy.Function):
        def fdiff(self, argindex=1):
            return slope.replace(known, type(self)).xreplace({z: self.args[0]})

    Opaque.__name__ = known.__name__  # by which mpmath's function is found
    return Opaque


tanh, exp, log = map(opaque, (sympy.tanh, sympy.exp, sympy.log))


@dataclass(frozen=True)
class Tiny:
    """A model by its sizes (linear where hidden is 0), one input, and its loss; K steps."""

    hidden: int
    outputs: int
    labels: bool
    steps: int

    def kind(self):
        """The same, as the library has it."""
        network = (
            networks.tanh_network(1, self.hidden, self.outputs) if self.hidden else networks.linear(1, self.outputs)
        )
        return ProblemKind("tiny", network, criteria.cross_entropy if self.labels else criteria.squared_error, 0)

    def loss(self, w, x, y):
        """One sample's loss as an expression: parameters w in the library's order, input x, targets y (c,)."""
        h, c = self.hidden, self.outputs
        below = [tanh(w[i] * x + w[h + i]) for i in range(h)] if h else [x]
        start, width = 2 * h, len(below)
        output = [
            sum(w[start + width * o + i] * below[i] for i in range(width)) + w[start + width * c + o] for o in range(c)
        ]
        if self.labels:
            return log(sum(map(exp, output))) - sum(a * b for a, b in zip(output, y, strict=True))
        return sum((a - b) ** 2 for a, b in zip(output, y, strict=True)) / c

    def sample(self, name):
        """Symbols of an input and its targets."""
        return sympy.Symbol(name, real=True), sympy.symbols(f"{name}_0:{self.outputs}", real=True)

    @property
    def w(self):
        return sympy.symbols(f"w0:{self.kind().network.layout.size}", real=True)

    def slope_and_hessian(self):
        """Of one sample's loss, each a function of w, x, y."""
        w, (x, y) = self.w, self.sample("x")
        value = self.loss(w, x, y)
        slope = [value.diff(u) for u in w]
        bend = [[g.diff(u) for u in w] for g in slope]
        return [sympy.lambdify([w, x, y], f, "mpmath", cse=True) for f in (slope, bend)]

    def meta_gradient(self):
        """The derivative of one outer sample's loss at the adapted parameters, of w, alpha, inner samples, sample."""
        w, alpha, (x, y) = self.w, sympy.Symbol("alpha", real=True), self.sample("x")
        inner = [self.sample(f"inner{j}") for j in range(INNER)]
        value = sum(self.loss(w, *s) for s in inner) / INNER
        slope = [value.diff(u) for u in w]
        point = list(w)
        for _ in range(self.steps):
            here = dict(zip(w, point, strict=True))
            point = [u - alpha * g.xreplace(here) for u, g in zip(point, slope, strict=True)]
        composed = self.loss(point, x, y)
        return sympy.lambdify([w, alpha, inner, x, y], [composed.diff(u) for u in w], "mpmath", cse=True)


CASES = {
    "tanh-squared-error-1": Tiny(hidden=2, outputs=1, labels=False, steps=1),
    "tanh-squared-error-2": Tiny(hidden=2, outputs=1, labels=False, steps=2),
    "tanh-cross-entropy-1": Tiny(hidden=1, outputs=2, labels=True, steps=1),
    # one layer: with tanh the expression grows out of hand
    "linear-cross-entropy-2": Tiny(hidden=0, outputs=2, labels=True, steps=2),
}


def made(tiny):
    """A problem of numbers over 16 with the tiny model."""
    random = np.random.default_rng(11)
    kind = tiny.kind()

    def batch(size):
        x = random.integers(-28, 29, size=(size, 1)) / 16
        y = random.integers(0, 2, size=size) if tiny.labels else random.integers(-32, 33, size=(size, 1)) / 16
        return x, y

    parameters = {name: random.integers(-16, 17, size=shape) / 16 for name, shape in kind.network.parameters.items()}
    tasks = tuple(Task(batch(INNER), batch(OUTER), batch(HESSIAN)) for _ in range(TASKS))
    key = Key(next(iter(kinds())), alpha=ALPHA, steps=tiny.steps)
    return Problem(key, kind, parameters, tasks)


def samples(tiny, batch):
    """Pairs of an input and its targets (one-hot for labels), as mpmath numbers: exact."""
    x, y = batch
    targets = np.eye(tiny.outputs)[y] if tiny.labels else y
    return [(mpmath.mpf(float(a[0])), [mpmath.mpf(float(v)) for v in b]) for a, b in zip(x, targets, strict=True)]


def mean(rows):
    return sum(rows[1:], rows[0]) / len(rows)


def directions(tiny, given):
    """Each direction by its definition, with SymPy's derivatives: {(algorithm, set of the Hessian): vector}."""
    slope, bend = tiny.slope_and_hessian()
    nested = tiny.meta_gradient()
    w = mpmath.matrix([float(v) for a in given.parameters.values() for v in a.ravel()])
    alpha, delta = mpmath.mpf(ALPHA), mpmath.mpf(DELTA)

    def gradient(point, batch):
        return mean([mpmath.matrix(slope(list(point), *s)) for s in batch])

    found = {}
    for task in given.tasks:
        sets = {role: samples(tiny, getattr(task, role)) for role in ("inner", "outer", "hessian")}
        points = [w]
        for _ in range(tiny.steps):
            points.append(points[-1] - alpha * gradient(points[-1], sets["inner"]))
        outer = gradient(points[-1], sets["outer"])
        own = {
            ("FO-MAML", "inner"): outer,
            ("MAML", "inner"): mean([mpmath.matrix(nested(list(w), alpha, sets["inner"], *s)) for s in sets["outer"]]),
        }
        for role in ("inner", "hessian"):  # equations (9)-(11)
            v = outer
            for point in reversed(points[:-1]):
                ahead, behind = (gradient(point + d * v, sets[role]) for d in (delta, -delta))
                v = v - alpha * (ahead - behind) / (2 * delta)
            own["HF-MAML", role] = v
        v = outer
        for point in reversed(points[:-1]):  # equation (5), with a set of its own for the Hessian
            v = v - alpha * mean([mpmath.matrix(bend(list(point), *s)) for s in sets["hessian"]]) * v
        own["MAML", "hessian"] = v
        for name, direction in own.items():
            found.setdefault(name, []).append(direction)
    return {name: mean(rows) for name, rows in found.items()}


def encloses(enclosure, vector):
    bounds = zip(enclosure.midpoint, enclosure.rest, enclosure.finer_radius, vector, strict=True)
    return all(
        abs(mpmath.mpf(float(middle)) + mpmath.mpf(float(rest)) - value) <= mpmath.mpf(float(radius))
        for middle, rest, radius, value in bounds
    )


@pytest.mark.parametrize("case", CASES)
def test_certified_directions_enclose_sympys(case):
    tiny = CASES[case]
    given = made(tiny)
    with mpmath.workdps(DIGITS):
        exact = directions(tiny, given)
        for name, role in exact:
            known = algorithms()[name]
            hessian = Difference(DELTA) if known.hessian == "difference" else known.hessian
            enclosure = enclosed(given, known.direction, hessian, role)
            # each its own and no other's: so narrow that it tells them apart
            holding = [which for which, vector in exact.items() if encloses(enclosure, vector)]
            assert holding == [(name, role)]
            assert (enclosure.radius <= 2.0**-51 * np.abs(enclosure.midpoint)).all()  # a double's last places
