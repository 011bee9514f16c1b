"""Inner steps of optimisers, and the way back through them, against oracles that share no formula.

Forward: PyTorch's own optimisers, and plain recursions at 50 digits. Back: exact fractions, where momentum makes w_K an
affine function of w_0; else difference quotients at 400 bits. The toy loss is a quartic, so that its Hessian moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import flint
import mpmath
import numpy as np
import pytest

from mamlcheck.arithmetic import arb, float64, rational
from mamlcheck.arithmetic.rounding import PERTURBATION, Rounding
from mamlcheck.meta.optimisers import Adagrad, Adam, Momentum, RMSprop, optimised_steps, pulled_through

RATE = Fraction(1, 8)
CENTRES = ((Fraction(3, 4), Fraction(-5, 8), Fraction(7, 16)), (Fraction(-1, 2), Fraction(9, 8), Fraction(-1, 4)))
START = ((Fraction(1, 4), Fraction(1, 2), Fraction(-3, 8)), (Fraction(1, 8), Fraction(-1, 4), Fraction(5, 8)))
OUTER = ((Fraction(1), Fraction(-2), Fraction(1, 2)), (Fraction(-1, 4), Fraction(3, 2), Fraction(1)))
OPTIMISERS = (
    Momentum(),
    Momentum(0.37),
    RMSprop(),
    RMSprop(0.9, 1e-3),
    Adam(),
    Adam(beta1=0.0),
    Adam(0.5, 0.75, 1e-2),
    Adam(eps=1e-2, eps_hat=1),
    Adam(0.5, 0.75, 1e-2, uncorrected=1),
    Momentum(0.37, nesterov=1),
    RMSprop(0.9, 1e-3, eps_in_root=1),
    Adagrad(),
    Adagrad(1e-2),
)


@dataclass(frozen=True)
class Toy:
    """Two tasks of 3 numbers: f_i(w) = sum_j [(w_j - c_ij)^2 / 2 + quartic (w_j - c_ij)^4 / 4] + cubic w_1 w_2 w_3."""

    ar: object
    quartic: int = 1
    cubic: int = 1

    @property
    def centres(self):
        return self.ar.exact(CENTRES)

    def at(self, w):
        return ToyAt(self, w)


@dataclass(frozen=True)
class ToyAt:
    tasks: Toy
    w: object

    def _others(self, a, b):
        """For each of three numbers the product of the two others, one from each array."""
        return self.tasks.ar.concatenate([a[..., [j]] * b[..., [k]] for j, k in ((1, 2), (2, 0), (0, 1))], -1)

    def gradient(self, batch):
        assert batch == "inner"
        t, off = self.tasks, self.w - self.tasks.centres
        return off + t.quartic * off * off * off + t.cubic * self._others(self.w, self.w)

    def hessian_vector(self, v):
        t, off = self.tasks, self.w - self.tasks.centres
        mixed = self._others(v, self.w) + self._others(self.w, v)
        return v + 3 * t.quartic * off * off * v + t.cubic * mixed


def path_of(ar, optimiser, steps, start=START, carried=(0, ()), **toy):
    w = start if not isinstance(start, tuple) else ar.exact(start)
    return optimised_steps(ar, optimiser, Toy(ar, **toy), w, ar.exact([[RATE]]), "inner", steps, carried)


def back(ar, optimiser, path):
    g, rate = ar.exact(OUTER), ar.exact([[RATE]])
    return pulled_through(ar, optimiser, path, g, rate, lambda start, v: start.hessian_vector(v))


@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=str)
def test_the_way_back_is_the_derivative(optimiser, steps):
    """By w_0, of <g, w_K>: difference quotients at 400 bits, off by h^2 = 2^-200; also with a state carried in."""
    ar = arb(400)
    with ar.working():
        h = flint.arb(2) ** -100
        for carried in ((0, ()), path_of(ar, optimiser, 3).state):
            found = back(ar, optimiser, path_of(ar, optimiser, steps, carried=carried))
            for i, j in product(range(2), range(3)):
                ends = []
                for side in (h, -h):
                    w = ar.exact(START)
                    w[i, j] += side
                    ends.append(path_of(ar, optimiser, steps, w, carried).end.w)
                quotient = (ar.exact(OUTER) * (ends[0] - ends[1])).sum() / (2 * h)
                assert abs(quotient - found[i, j]) < flint.arb(2) ** -150
                assert found[i, j].rad() < flint.arb(2) ** -300


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("nesterov", [0, 1])
def test_the_way_back_through_momentum_is_exact_in_fractions(steps, nesterov):
    """Of a quadratic w_K is affine in w_0: its columns are exact differences, and so is the way back."""
    optimiser = Momentum(0.625, nesterov)
    toy = {"quartic": 0, "cubic": 0}
    found = back(rational, optimiser, path_of(rational, optimiser, steps, **toy))
    here = path_of(rational, optimiser, steps, **toy).end.w
    for i, j in product(range(2), range(3)):
        moved = [list(row) for row in START]
        moved[i][j] += 1
        there = path_of(rational, optimiser, steps, tuple(map(tuple, moved)), **toy).end.w
        assert (rational.exact(OUTER) * (there - here)).sum() == found[i, j]


def by_hand(optimiser, steps):
    """The steps for one number after another, at 50 digits."""
    with mpmath.workdps(50):
        p = {name: mpmath.mpf(value) for name, value in vars(optimiser).items()}
        w = mpmath.matrix([[mpmath.mpf(x.numerator) / x.denominator for x in row] for row in START])
        c = mpmath.matrix([[mpmath.mpf(x.numerator) / x.denominator for x in row] for row in CENTRES])
        m, v = mpmath.matrix(2, 3), mpmath.matrix(2, 3)
        for k in range(1, steps + 1):
            new = w.copy()
            for i, j in product(range(2), range(3)):
                g = w[i, j] - c[i, j] + (w[i, j] - c[i, j]) ** 3 + w[i, (j + 1) % 3] * w[i, (j + 2) % 3]
                if isinstance(optimiser, Momentum):
                    m[i, j] = p["momentum"] * m[i, j] + g
                    d = g + p["momentum"] * m[i, j] if p["nesterov"] else m[i, j]
                elif isinstance(optimiser, RMSprop):
                    v[i, j] = p["smoothing"] * v[i, j] + (1 - p["smoothing"]) * g**2
                    inside, beside = (p["eps"], 0) if p["eps_in_root"] else (0, p["eps"])
                    d = g / (mpmath.sqrt(v[i, j] + inside) + beside)
                elif isinstance(optimiser, Adagrad):
                    v[i, j] += g**2
                    d = g / (mpmath.sqrt(v[i, j]) + p["eps"])
                else:
                    m[i, j] = p["beta1"] * m[i, j] + (1 - p["beta1"]) * g
                    v[i, j] = p["beta2"] * v[i, j] + (1 - p["beta2"]) * g**2
                    one, two = (1, 1) if p["uncorrected"] else (1 - p["beta1"] ** k, 1 - p["beta2"] ** k)
                    if p["eps_hat"]:
                        d = m[i, j] * mpmath.sqrt(two) / one / (mpmath.sqrt(v[i, j]) + p["eps"])
                    else:
                        d = (m[i, j] / one) / (mpmath.sqrt(v[i, j] / two) + p["eps"])
                new[i, j] = w[i, j] - d / 8
            w = new
        return [[str(w[i, j]) for j in range(3)] for i in range(2)]


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=str)
def test_enclosures_hold_the_steps_at_50_digits(optimiser, steps):
    ar = arb(128)
    with ar.working():
        found = path_of(ar, optimiser, steps).end.w
        for row, wanted in zip(found, by_hand(optimiser, steps), strict=True):
            for ball, value in zip(row, wanted, strict=True):
                assert ball.rad() < 1e-34
                assert ball.overlaps(flint.arb(value, 1e-45))


NOT_PYTORCHS = ("eps_hat", "uncorrected", "eps_in_root")  # numbers of other frameworks, and of code by hand


@pytest.mark.parametrize(
    "optimiser", [o for o in OPTIMISERS if not any(getattr(o, name, 0) for name in NOT_PYTORCHS)], ids=str
)
def test_pytorchs_optimisers_make_the_same_steps(optimiser):
    torch = pytest.importorskip("torch")
    makes = {
        Momentum: lambda w, o: torch.optim.SGD([w], lr=0.125, momentum=o.momentum, nesterov=bool(o.nesterov)),
        Adagrad: lambda w, o: torch.optim.Adagrad([w], lr=0.125, eps=o.eps),
        RMSprop: lambda w, o: torch.optim.RMSprop([w], lr=0.125, alpha=o.smoothing, eps=o.eps),
        Adam: lambda w, o: torch.optim.Adam([w], lr=0.125, betas=(o.beta1, o.beta2), eps=o.eps),
    }
    w = torch.tensor(np.array(START, dtype=float), requires_grad=True)
    c = torch.tensor(np.array(CENTRES, dtype=float))
    made = makes[type(optimiser)](w, optimiser)
    for _ in range(4):
        made.zero_grad()
        ((w - c) ** 2 / 2 + (w - c) ** 4 / 4).sum().add(w.prod(-1).sum()).backward()
        made.step()
    found = path_of(float64, optimiser, 4).end.w
    np.testing.assert_allclose(w.detach().numpy(), found, rtol=1e-13)


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=str)
def test_a_state_is_carried_on(optimiser):
    """Steps in two halves, the second with the state of the first, are the steps."""
    whole = path_of(float64, optimiser, 5)
    first = path_of(float64, optimiser, 2)
    second = path_of(float64, optimiser, 3, first.end.w, first.state)
    np.testing.assert_array_equal(second.end.w, whole.end.w)
    assert second.state[0] == 5


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=str)
def test_where_nothing_pulls_nothing_moves(optimiser):
    """A component whose gradient is exactly 0 stays, as in PyTorch; nothing there is divided by 0."""
    for ar in (float64, arb(64)):
        with ar.working():
            path = path_of(ar, optimiser, 3, CENTRES, cubic=0)
            assert (ar.lower(path.end.w - ar.exact(CENTRES)) == 0).all()
            assert (ar.upper(path.end.w - ar.exact(CENTRES)) == 0).all()


@pytest.mark.parametrize("optimiser", [RMSprop(), Adam()], ids=str)
def test_the_way_back_is_undefined_there(optimiser):
    """PyTorch's is NaN, as the root's slope at 0 is infinite; an enclosure is no number either."""
    ar = arb(64)
    with ar.working():
        found = back(ar, optimiser, path_of(ar, optimiser, 1, CENTRES, cubic=0))
    assert not any(x.is_finite() for x in found.ravel())


def test_rounding_sees_the_digits_that_a_correction_loses():
    """1 - 0.999 has a thousandth of the digits: two correct programs may differ by that, and the analysis says so."""
    ends = np.array([path_of(Rounding(seed), Adam(0.0), 1).end.w.value for seed in range(20)])
    spread = ends.std(axis=0) / PERTURBATION
    assert (spread > 10).all()
    assert (spread < 1000).all()
