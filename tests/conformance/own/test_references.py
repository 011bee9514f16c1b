"""References of own models: measured, certified, PyTorch's own, and mpmath's from a network written by hand."""

from __future__ import annotations

import os

import mpmath
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mamlcheck[torch]'")

from own_loops import anil, fo_maml, maml, reptile  # noqa: E402
from own_nets import NETS  # noqa: E402

from mamlcheck import own_problem  # noqa: E402
from mamlcheck.arithmetic import arb  # noqa: E402
from mamlcheck.conformance.algorithms import algorithm  # noqa: E402
from mamlcheck.conformance.diagnosis.candidates import plain  # noqa: E402
from mamlcheck.conformance.reference import Run, enclosed  # noqa: E402

ALPHA = 0.125
UNIT = 2.0**-53
LOOPS = {"MAML": maml, "FO-MAML": fo_maml, "ANIL": anil, "Reptile": reptile}
LARGE = os.environ.get("MAMLCHECK_NETS") == "all"  # the larger ones take minutes, and are left out otherwise
CERTIFIED = ["tanh", "resnet", *(("lstm", "transformer", "perceptron") if LARGE else ())]


def flat(gradient):
    return np.concatenate([g.detach().numpy().ravel() for g in gradient.values()])


def posed(name, steps=1):
    model, tasks = NETS[name].posed(torch.float64, sizes=((3, 4), (2, 3)))
    return model, tasks, own_problem(model, NETS[name].loss, tasks, alpha=ALPHA, steps=steps, certify=False)


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("name", CERTIFIED)
def test_measured_and_certified_and_autograd_agree(name, steps):
    """The certified radius is a hundredth of the tolerance of a subject in float64, or less."""
    model, tasks, given = posed(name, steps)
    for known, loop in LOOPS.items() if steps == 1 else [("MAML", maml)]:
        c = plain(algorithm(known))
        seen, proved = c.enclosed(given), c.enclosed(given.but(certify=True))
        assert proved.certified
        assert not seen.certified
        size, tolerance = np.linalg.norm(proved.midpoint), UNIT * c.tolerance(given)
        assert np.linalg.norm(proved.finer_radius) <= tolerance / 100
        apart = np.abs(proved.apart(seen.midpoint) + seen.rest)
        assert np.linalg.norm(apart) <= tolerance / 100
        own = flat(loop(model, NETS[name].loss, tasks, ALPHA, steps))
        assert np.linalg.norm(proved.apart(own)) <= tolerance
        assert tolerance <= 1e-11 * size


if LARGE:

    def test_a_convolutional_network_is_certified():
        model, tasks, given = posed("conv4-8")
        c = plain(algorithm("MAML"))
        seen, proved = c.enclosed(given), c.enclosed(given.but(certify=True))
        assert proved.certified
        assert np.linalg.norm(proved.finer_radius) <= UNIT * c.tolerance(given) / 100
        assert np.linalg.norm(seen.midpoint - proved.midpoint) <= 2.0**-50 * np.linalg.norm(proved.midpoint)
        own = flat(maml(model, NETS["conv4-8"].loss, tasks, ALPHA))
        assert np.linalg.norm(own - proved.midpoint) <= UNIT * c.tolerance(given)


# -- mpmath ------------------------------------------------------------------------------------------------------------
class ByHand:
    """A network of one hidden layer of tanh, mean squared error, and its gradient, in mpmath's numbers."""

    def __init__(self, model):
        self.hidden, self.inputs = model[0].weight.shape
        self.start = [mpmath.mpf(x) for p in model.parameters() for x in p.detach().flatten().tolist()]

    def parts(self, w):
        n, h = self.inputs, self.hidden
        rows = [w[j * n : (j + 1) * n] for j in range(h)]
        return rows, w[h * n : h * n + h], w[h * n + h : h * n + 2 * h], w[-1]

    def errors(self, w, batch):
        """For each sample the input, the hidden layer, and prediction - target."""
        rows, bias, out, last = self.parts(w)
        for x, y in zip(*batch, strict=True):
            z = [mpmath.tanh(mpmath.fdot(row, x) + b) for row, b in zip(rows, bias, strict=True)]
            yield x, z, mpmath.fdot(out, z) + last - y

    def loss(self, w, batch):
        return mpmath.fsum(e * e for _, _, e in self.errors(w, batch)) / len(batch[1])

    def gradient(self, w, batch):
        _, _, out, _ = self.parts(w)
        total = [mpmath.mpf(0)] * len(w)
        for x, z, e in self.errors(w, batch):
            slope = 2 * e / len(batch[1])
            back = [slope * v * (1 - u * u) for v, u in zip(out, z, strict=True)]
            each = [b * a for b in back for a in x] + back + [slope * u for u in z] + [slope]
            total = [s + t for s, t in zip(total, each, strict=True)]
        return total

    def meta(self, w, tasks, steps):
        """The MAML objective."""
        values = []
        for support, query in tasks:
            moved = w
            for _ in range(steps):
                moved = [p - mpmath.mpf(ALPHA) * g for p, g in zip(moved, self.gradient(moved, support), strict=True)]
            values.append(self.loss(moved, query))
        return mpmath.fsum(values) / len(values)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_certified_direction_encloses_what_mpmath_finds(steps):
    """Its derivatives are differences at 50 digits: nothing is shared with the programs, or with PyTorch."""
    model, tasks, given = posed("tanh", steps)
    sets = [[(x.tolist(), y.tolist()) for x, y in task] for task in tasks]
    with mpmath.workdps(50):
        net = ByHand(model)
        for k in (0, 7, 11, 17, 20):

            def along(t, k=k):
                return net.meta([*net.start[:k], t, *net.start[k + 1 :]], sets, steps)

            exact = mpmath.diff(along, net.start[k])
            for found in (given.but(certify=True), given):
                held = enclosed(found, algorithm("MAML").direction)
                slack = held.finer_radius[k] if held.certified else UNIT**2 * 2**10 * abs(held.midpoint[k])
                found_there = mpmath.mpf(held.midpoint[k]) + mpmath.mpf(held.rest[k])
                assert abs(found_there - exact) <= slack + mpmath.mpf(10) ** -25


def test_arb_at_few_bits_encloses_arb_at_many():
    _, _, given = posed("resnet")
    direction = algorithm("MAML").direction
    few, many = (direction(Run(arb(bits), given)) for bits in (192, 512))
    assert all(a.overlaps(b) and a.rad() >= b.rad() for a, b in zip(np.ravel(few), np.ravel(many), strict=True))
