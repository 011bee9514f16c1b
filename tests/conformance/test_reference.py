"""The certified references against SymPy, mpmath's finite differences, exact fractions and PyTorch's autograd."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

from mamlcheck.arithmetic import arb, ball, float64, rational
from mamlcheck.conformance import criteria, networks, problem
from mamlcheck.conformance.algorithms import algorithms
from mamlcheck.conformance.data import SAMPLES_OF_ROLE
from mamlcheck.conformance.mutants import mutants
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.numbers import TASK_COUNT
from mamlcheck.conformance.reference import Difference, Run, enclosed, screened

ALL = [(name, steps) for name in kinds() for steps in (1, 2, 3)]


def encloses(enclosure, exact):
    return all(
        abs(mpmath.mpf(float(m)) + mpmath.mpf(float(rest)) - x) <= mpmath.mpf(float(r))
        for m, rest, r, x in zip(enclosure.midpoint, enclosure.rest, enclosure.finer_radius, exact, strict=True)
    )


# -- SymPy, on a network small enough for it ---------------------------------------------------------------------
@pytest.mark.parametrize("loss", ["cross-entropy", "squared-error"])
def test_gradient_and_hessian_are_sympys(loss):
    """One sample, one hidden unit, two outputs: every derivative by SymPy from the formula of the loss."""
    model = networks.tanh_network(1, 1, 2)
    w = sympy.symbols("w0:6")
    x, label = sympy.Rational(3, 4), 1
    hidden = sympy.tanh(w[0] * x + w[1])
    output = [w[2] * hidden + w[4], w[3] * hidden + w[5]]
    if loss == "cross-entropy":
        chosen, y = criteria.cross_entropy, [0.0, 1.0]
        value = sympy.log(sum(sympy.exp(o) for o in output)) - output[label]
    else:
        chosen, y = criteria.squared_error, [0.5, -1.25]
        value = sum((o - sympy.Rational(t)) ** 2 for o, t in zip(output, y, strict=True)) / 2
    at = [0.5, -0.25, 1.5, -0.75, 0.125, 0.375]
    v = [1.0, -0.5, 0.25, 2.0, -1.0, 0.5]
    point = dict(zip(w, map(sympy.Rational, at), strict=True))
    gradient = [sympy.diff(value, s) for s in w]
    bent = [sum(sympy.diff(g, s) * sympy.Rational(c) for s, c in zip(w, v, strict=True)) for g in gradient]
    ar = arb(200)
    with ar.working():
        flat, data = ar.exact([at]), (ar.exact([[[0.75]]]), ar.exact([[y]]))
        pairs = [
            (networks.gradient(ar, model, chosen, flat, *data), gradient),
            (networks.hessian_vector(ar, model, chosen, flat, ar.exact([v]), *data), bent),
        ]
        for found, exact in pairs:
            for got, expression in zip(found[0], exact, strict=True):
                reference = sympy.N(expression.subs(point), 50)
                assert abs(mpmath.mpf(str(got.mid().str(45, radius=False))) - mpmath.mpf(str(reference))) < 1e-40


# -- mpmath, with no derivative but of the last loss ---------------------------------------------------------------
def plain_loss(name, w, x, y):
    """A task's loss by loops over mpmath numbers; w is a list in the order of the parameters."""
    total = mpmath.mpf(0)
    for row, target in zip(x, y, strict=True):
        if name == "linear-robust":
            r = sum(w[k] * row[k] for k in range(3)) + w[3] - target[0]
            total += r * r / (1 + r * r)
            continue
        outputs = 3 if name == "tanh-cross-entropy" else 2
        hidden = [mpmath.tanh(sum(w[3 * h + k] * row[k] for k in range(3)) + w[12 + h]) for h in range(4)]
        start = 16
        out = [
            sum(w[start + 4 * c + h] * hidden[h] for h in range(4)) + w[start + 4 * outputs + c] for c in range(outputs)
        ]
        if name == "tanh-cross-entropy":
            total += mpmath.log(sum(mpmath.exp(o) for o in out)) - out[int(target)]
        else:
            total += sum((o - t) ** 2 for o, t in zip(out, target, strict=True)) / outputs
    return total / len(x)


def numbers(array):
    return [[mpmath.mpf(float(v)) for v in np.atleast_1d(row)] for row in array]


def slope(function, w, h):
    """Central differences at 60 digits: an error of h^2."""
    found = []
    for k in range(len(w)):
        ahead, behind = list(w), list(w)
        ahead[k] += h
        behind[k] -= h
        found.append((function(ahead) - function(behind)) / (2 * h))
    return found


@pytest.mark.parametrize("name", kinds())
def test_maml_is_the_difference_quotient_of_its_objective(name):
    """The gradient of w -> mean of f_i(w - alpha grad f_i(w)), both derivatives by finite differences in mpmath."""
    given = problem(name, alpha=0.4)
    with mpmath.workdps(60):
        h, alpha = mpmath.mpf(10) ** -15, mpmath.mpf(0.4)
        w = [mpmath.mpf(float(v)) for a in given.parameters.values() for v in a.ravel()]
        labels = given.kind.criterion.of_labels
        tasks = [
            [(numbers(x), list(y) if labels else numbers(y)) for x, y in (t.inner, t.outer)] for t in given.tasks[:1]
        ]
        given = problem(name, alpha=0.4, tasks=(0,))
        components = [0, 3] if len(w) < 10 else [0, 13, 17, len(w) - 1]

        def objective(point):
            total = 0
            for inner, outer in tasks:
                g = slope(lambda u, inner=inner: plain_loss(name, u, *inner), point, h)
                total += plain_loss(name, [a - alpha * b for a, b in zip(point, g, strict=True)], *outer)
            return total / len(tasks)

        reference = enclosed(given, algorithms()["MAML"].direction)
        for k in components:
            ahead, behind = list(w), list(w)
            ahead[k] += h
            behind[k] -= h
            quotient = (objective(ahead) - objective(behind)) / (2 * h)
            assert abs(quotient - mpmath.mpf(float(reference.midpoint[k]))) < 1e-14


# -- exact fractions -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ["MAML", "FO-MAML", "Reptile", "HF-MAML"])
def test_the_linear_model_is_exact_in_fractions(algorithm):
    """r^2 / (1 + r^2) is rational: the same formula in exact fractions lies in every enclosure."""
    given = problem("linear-robust", alpha=0.05)
    known = algorithms()[algorithm]
    hessian = Difference(0.125) if known.hessian == "difference" else known.hessian
    exact = known.direction(Run(rational, given, hessian))
    enclosure = enclosed(given, known.direction, hessian)
    middles = zip(enclosure.midpoint, enclosure.rest, enclosure.radius, enclosure.finer_radius, exact, strict=True)
    for middle, rest, radius, finer, value in middles:
        off = Fraction(float(middle)) - Fraction(int(value.p), int(value.q))
        assert abs(off) <= Fraction(float(radius))
        assert abs(off + Fraction(float(rest))) <= Fraction(float(finer))
    assert enclosure.radius.max() < 1e-15
    assert enclosure.finer_radius.max() < 1e-17


# -- PyTorch -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "steps"), ALL)
@pytest.mark.parametrize("algorithm", ["MAML", "FO-MAML"])
def test_pytorchs_autograd_agrees(name, steps, algorithm):
    torch = pytest.importorskip("torch")
    given = problem(name, steps=steps)
    p = given.on("torch")
    w = {k: v.requires_grad_() for k, v in p.parameters.items()}
    total = 0
    for task in p.tasks:
        fast = w
        for _ in range(steps):
            inner = p.loss(p.apply(fast, task.inner[0]), task.inner[1])
            g = torch.autograd.grad(inner, list(fast.values()), create_graph=algorithm == "MAML")
            fast = {k: v - p.alpha * d for (k, v), d in zip(fast.items(), g, strict=True)}
        total = total + p.loss(p.apply(fast, task.outer[0]), task.outer[1])
    found = torch.autograd.grad(total / len(p.tasks), list(w.values()))
    flat = np.concatenate([g.numpy().ravel() for g in found])
    known = algorithms()[algorithm]
    reference = enclosed(given, known.direction, known.hessian)
    assert np.linalg.norm(flat - reference.midpoint) <= 1e-14 * np.linalg.norm(flat)


# -- one formula, several arithmetics --------------------------------------------------------------------------------
@pytest.mark.parametrize("name", kinds())
def test_ball_and_arb_enclose_each_other(name):
    given = problem(name, steps=2)
    for known in algorithms().values():
        hessian = Difference(0.01) if known.hessian == "difference" else known.hessian
        sharp = enclosed(given, known.direction, hessian)
        with ball.working():
            wide = known.direction(Run(ball, given, hessian))
        assert (np.abs(wide.mid - sharp.midpoint) <= wide.rad + sharp.radius).all()
        assert (sharp.radius <= 1e-14 * np.abs(sharp.midpoint) + 1e-300).all()


def test_mutants_are_what_their_names_say():
    """Identities between mutants and algorithms that hold by definition."""
    given = problem("tanh-cross-entropy")
    maml, first = (screened(given, algorithms()[n].direction, h) for n, h in (("MAML", "exact"), ("FO-MAML", "none")))
    term = first - maml

    def mutant(name, hessian="exact"):
        return screened(given, mutants()[name].direction, hessian)

    np.testing.assert_allclose(mutant("hessian_halved"), first - term / 2, rtol=1e-12)
    np.testing.assert_allclose(mutant("hessian_wrong_sign"), first + term, rtol=1e-12)
    each = [
        screened(problem("tanh-cross-entropy", tasks=(i,)), algorithms()["MAML"].direction) for i in range(TASK_COUNT)
    ]
    np.testing.assert_allclose(mutant("last_task_only"), each[-1], rtol=1e-12)
    np.testing.assert_allclose(mutant("first_task_only"), each[0], rtol=1e-12)
    np.testing.assert_allclose(np.mean(each, axis=0), maml, rtol=1e-12)
    still = problem("tanh-cross-entropy", alpha=0.0)
    np.testing.assert_allclose(
        screened(still, algorithms()["MAML"].direction), mutant("no_adaptation", "none"), rtol=1e-12
    )
    np.testing.assert_allclose(
        mutant("inner_sum"),
        screened(problem("tanh-cross-entropy", alpha=0.4 * SAMPLES_OF_ROLE["inner"]), algorithms()["MAML"].direction),
        rtol=1e-12,
    )
    units = [screened_hessian_column(given, k) for k in range(len(maml))]
    diagonal = np.array([column[:, k] for k, column in enumerate(units)]).T
    x = Run(float64, given)
    np.testing.assert_allclose(x.start.hessian_diagonal("inner"), diagonal, rtol=1e-12, atol=1e-15)


def screened_hessian_column(given, k):
    x = Run(float64, given)
    unit = np.zeros_like(x.w)
    unit[:, k] = 1
    return x.start.hessian_vector(unit, "inner")
