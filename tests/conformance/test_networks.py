"""Networks and criteria as formulas: what holds for any of them."""

from __future__ import annotations

import numpy as np
import pytest

from mamlcheck.arithmetic import arb, ball, float64, rational
from mamlcheck.conformance import criteria, networks
from mamlcheck.conformance.networks import Affine, Criterion, Network, tanh

mean_output = Criterion(
    "mean-output",
    lambda ar, output, y: ar.mean(ar.mean(output, -1), -1),
    lambda ar, output, y: (y * 0 + 1) / (output.shape[-1] * output.shape[-2]),
)


@pytest.mark.parametrize("ar", [float64, ball, rational], ids=repr)
def test_where_the_gradient_is_the_same_everywhere_the_hessian_is_zero(ar):
    network = networks.linear(2, 1)
    w, v = ar.exact([[1, 2, 3]]), ar.exact([[4, 5, 6]])
    x, y = ar.exact([[[1, 2], [3, 4]]]), ar.exact([[[0], [0]]])
    product = networks.hessian_vector(ar, network, mean_output, w, v, x, y)
    assert ar.lower(product).tolist() == ar.upper(product).tolist() == [[0, 0, 0]]
    product = networks.gauss_newton_vector(ar, network, mean_output, w, v, x, y)
    assert ar.lower(product).tolist() == ar.upper(product).tolist() == [[0, 0, 0]]


def test_gradients_of_deeper_networks_are_difference_quotients():
    """Three affine layers, which no problem has yet: a layer hands on what the one before it needs."""
    network = Network((Affine("a", 2, 3), tanh, Affine("b", 3, 3), tanh, Affine("head", 3, 2)))
    random = np.random.default_rng(3)
    w, v = random.normal(size=(2, 1, network.layout.size))
    x, y = random.normal(size=(1, 5, 2)), random.normal(size=(1, 5, 2))

    def value(w):
        return criteria.squared_error.value(float64, network.forward(float64, network.layout.unflatten(w), x), y)[0]

    def gradient(w):
        return networks.gradient(float64, network, criteria.squared_error, w, x, y)

    h = 1e-5
    along = (value(w + h * v) - value(w - h * v)) / (2 * h)
    np.testing.assert_allclose((gradient(w) * v).sum(), along, rtol=1e-8)
    bent = (gradient(w + h * v) - gradient(w - h * v)) / (2 * h)
    found = networks.hessian_vector(float64, network, criteria.squared_error, w, v, x, y)
    np.testing.assert_allclose(found, bent, rtol=1e-6)
    assert list(network.parameters) == ["a.weight", "a.bias", "b.weight", "b.bias", "head.weight", "head.bias"]


@pytest.mark.parametrize("criterion", [criteria.squared_error, criteria.cross_entropy, criteria.robust])
def test_a_weighted_loss_has_the_weighted_sum_of_the_derivatives_of_its_samples(criterion):
    network, random = networks.tanh_network(2, 3, 2), np.random.default_rng(5)
    x, y, times = random.normal(size=(1, 4, 2)), np.eye(2)[random.integers(2, size=(1, 4))], random.normal(size=(1, 4))
    w, v = random.normal(size=(2, 1, network.layout.size))
    given = (float64, network, criterion)
    alone = [(x[:, i : i + 1], y[:, i : i + 1]) for i in range(4)]
    slopes = sum(t * networks.gradient(*given, w, *one) for t, one in zip(times[0] / 4, alone, strict=True))
    np.testing.assert_allclose(networks.gradient(*given, w, x, y, times), slopes, rtol=1e-12, atol=1e-14)
    bent = sum(t * networks.hessian_vector(*given, w, v, *one) for t, one in zip(times[0] / 4, alone, strict=True))
    np.testing.assert_allclose(networks.hessian_vector(*given, w, v, x, y, times), bent, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("criterion", [criteria.squared_error, criteria.cross_entropy, criteria.robust])
def test_a_gauss_newton_product_is_of_jacobians(criterion):
    """J^T C J v with J and C as matrices, by difference quotients at 256 bits."""
    network, ar = networks.tanh_network(2, 3, 2), arb(256)
    random = np.random.default_rng(4)
    x = ar.exact(random.normal(size=(1, 4, 2)))
    y = ar.exact(np.eye(2)[random.integers(2, size=(1, 4))])
    w, v = (ar.exact(row) for row in random.normal(size=(2, 1, network.layout.size)))
    h = 2.0**-60

    def outputs(w):
        return network.forward(ar, network.layout.unflatten(w), x)

    def quotients(function, at, shape):
        """The derivative of a function by each number of `at`, in doubles."""
        size = int(np.prod(at.shape))
        moves = [ar.exact(h * np.eye(size)[k].reshape(at.shape)) for k in range(size)]
        rows = [ar.midpoint((function(at + move) - function(at - move)) / (2 * h)) for move in moves]
        return np.stack([row.reshape(shape) for row in rows], axis=1)

    with ar.working():
        jacobian = quotients(outputs, w, -1)
        curvature = quotients(lambda out: criterion.slope(ar, out, y), outputs(w), -1)
    expected = jacobian.T @ (curvature @ (jacobian @ ar.midpoint(v)[0]))
    found = ar.midpoint(networks.gauss_newton_vector(ar, network, criterion, w, v, x, y))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    bent = ar.midpoint(networks.hessian_vector(ar, network, criterion, w, v, x, y))[0]
    assert np.linalg.norm(bent - found) > 1e-2 * np.linalg.norm(bent)


def test_without_a_curvature_of_the_network_the_gauss_newton_product_is_the_hessians():
    network = networks.linear(3, 2)
    random = np.random.default_rng(5)
    w, v = random.normal(size=(2, 1, network.layout.size))
    x, y = random.normal(size=(1, 5, 3)), random.normal(size=(1, 5, 2))
    given = float64, network, criteria.robust, w, v, x, y
    np.testing.assert_allclose(networks.gauss_newton_vector(*given), networks.hessian_vector(*given), rtol=1e-12)


def test_a_network_is_flattened_and_back():
    network = networks.tanh_network(3, 4, 2)
    w = np.arange(2.0 * network.layout.size).reshape(2, -1)
    tensors = network.layout.unflatten(w)
    assert {name: a.shape[1:] for name, a in tensors.items()} == network.parameters
    np.testing.assert_array_equal(network.layout.flatten(float64, tensors), w)
