"""Networks and criteria as formulas over an arithmetic: the loss of the conformance problems, its gradient and H v.

A network is a chain of layers, and each layer says its forward pass and the reverse of it; a criterion says its value
and its slope. So a derivative is written once for each layer, and a Hessian-vector product not at all: it is the
gradient on dual numbers. Parameters come as one flat vector (..., n) in the order of `parameters`, inputs x as
(..., m, p), targets y as (..., m, c). Leading axes broadcast. This module knows nothing of tasks, of MAML, or of
frameworks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from mamlcheck.arithmetic.dual import Dual, DualArray
from mamlcheck.arithmetic.protocol import ModelArithmetic, Numbers
from mamlcheck.conformance.layout import Layout


@dataclass(frozen=True)
class Criterion:
    """The mean loss of outputs (..., m, c) against targets (..., m, c), and its derivative by each output (..., m, c).

    name: in sentences, and by which a framework finds its own function. of_labels: targets are classes, of which the
    formulas get a row with a one at the label.
    """

    name: str
    value: Callable[[ModelArithmetic, Numbers, Numbers], Numbers]
    slope: Callable[[ModelArithmetic, Numbers, Numbers], Numbers]
    of_labels: bool = False


@dataclass(frozen=True)
class Affine:
    """x W^T + b, with parameters `name`.weight and `name`.bias; plainly weight and bias where the name is empty."""

    name: str
    inputs: int
    outputs: int

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of its parameters, by name: the weight, then the bias."""
        prefix = f"{self.name}." if self.name else ""
        return {f"{prefix}weight": (self.outputs, self.inputs), f"{prefix}bias": (self.outputs,)}

    def forward(self, ar: ModelArithmetic, parameters: Mapping[str, Numbers], x: Numbers) -> Numbers:
        weight, bias = (parameters[name] for name in self.shapes)
        return ar.matvec(weight, x) + bias[..., None, :]

    def slopes(self, ar: ModelArithmetic, x: Numbers, slope: Numbers) -> dict[str, Numbers]:
        """The derivative by each parameter; slope: that by the layer's output."""
        return dict(zip(self.shapes, (ar.rmatvec(x, _swapped(ar, slope)), ar.sum(slope, -2)), strict=True))

    def backward(
        self, ar: ModelArithmetic, parameters: Mapping[str, Numbers], output: Numbers, slope: Numbers
    ) -> Numbers:
        """The derivative by the layer's input."""
        return ar.rmatvec(parameters[next(iter(self.shapes))], slope)


@dataclass(frozen=True)
class Elementwise:
    """A function of each number: `value` of the input, and its derivative `slope` as a function of that value."""

    value: Callable[[ModelArithmetic, Numbers], Numbers]
    slope: Callable[[ModelArithmetic, Numbers], Numbers]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """It has no parameters."""
        return {}

    def forward(self, ar: ModelArithmetic, parameters: Mapping[str, Numbers], x: Numbers) -> Numbers:
        return self.value(ar, x)

    def slopes(self, ar: ModelArithmetic, x: Numbers, slope: Numbers) -> dict[str, Numbers]:
        """It has no parameters."""
        return {}

    def backward(
        self, ar: ModelArithmetic, parameters: Mapping[str, Numbers], output: Numbers, slope: Numbers
    ) -> Numbers:
        """The derivative by the layer's input."""
        return slope * self.slope(ar, output)


Layer = Affine | Elementwise
tanh = Elementwise(lambda ar, x: ar.tanh(x), lambda ar, y: 1 - ar.square(y))


@dataclass(frozen=True)
class Network:
    """A chain of layers, the first and the last of which are affine."""

    layers: tuple[Layer, ...]

    @property
    def first(self) -> Affine:
        """The layer that takes the inputs."""
        return self._affine[0]

    @property
    def head(self) -> Affine:
        """The layer that gives the outputs."""
        return self._affine[-1]

    @property
    def _affine(self) -> list[Affine]:
        return [layer for layer in self.layers if isinstance(layer, Affine)]

    @cached_property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the parameters by name, in order."""
        return {name: shape for layer in self.layers for name, shape in layer.shapes.items()}

    @cached_property
    def layout(self) -> Layout:
        """How the parameters lie in a flat vector."""
        return Layout(self.parameters)

    def forward(self, ar: ModelArithmetic, parameters: Mapping[str, Numbers], x: Numbers) -> Numbers:
        """The outputs (..., m, c) for inputs x (..., m, p)."""
        return self.passed(ar, parameters, x)[-1]

    def passed(self, ar: ModelArithmetic, parameters: Mapping[str, Numbers], x: Numbers) -> list[Numbers]:
        """The inputs and what each layer makes of them, in order: `backward` needs all of these."""
        values = [x]
        for layer in self.layers:
            values.append(layer.forward(ar, parameters, values[-1]))
        return values

    def backward(
        self, ar: ModelArithmetic, parameters: Mapping[str, Numbers], values: list[Numbers], slope: Numbers
    ) -> dict[str, Numbers]:
        """The derivative by each parameter, from that by the outputs. values: what `passed` gave."""
        slopes: dict[str, Numbers] = {}
        for k in reversed(range(len(self.layers))):
            layer = self.layers[k]
            slopes |= layer.slopes(ar, values[k], slope)
            if k:
                slope = layer.backward(ar, parameters, values[k + 1], slope)
        return slopes


def tanh_network(features: int, hidden: int, outputs: int) -> Network:
    """Outputs tanh(x W1^T + b1) W2^T + b2."""
    return Network((Affine("hidden", features, hidden), tanh, Affine("head", hidden, outputs)))


def linear(features: int, outputs: int) -> Network:
    """Outputs x W^T + b."""
    return Network((Affine("", features, outputs),))


def gradient(
    ar: ModelArithmetic,
    network: Network,
    criterion: Criterion,
    w: Numbers,
    x: Numbers,
    y: Numbers,
    times: Numbers | None = None,
) -> Numbers:
    """Gradient (..., n) of the mean loss at parameters w (..., n). times: what the loss of each sample is multiplied by
    before the mean is taken (..., m), where that is not 1.
    """
    parameters = network.layout.unflatten(w)
    values = network.passed(ar, parameters, x)
    slope = criterion.slope(ar, values[-1], y)
    if times is not None:
        slope = slope * times[..., None]
    return network.layout.flatten(ar, network.backward(ar, parameters, values, slope))


def hessian_vector(
    ar: ModelArithmetic,
    network: Network,
    criterion: Criterion,
    w: Numbers,
    v: Numbers,
    x: Numbers,
    y: Numbers,
    times: Numbers | None = None,
) -> Numbers:
    """H(w) v (..., n): the tangent of the gradient along v. times: as for `gradient`."""
    along = gradient(Dual(ar), network, criterion, DualArray(w, v), DualArray(x), DualArray(y), times)
    tangent = cast("DualArray", along).tangent
    return v * 0 if tangent is None else tangent  # None: the gradient is the same everywhere


def gauss_newton_vector(
    ar: ModelArithmetic, network: Network, criterion: Criterion, w: Numbers, v: Numbers, x: Numbers, y: Numbers
) -> Numbers:
    """J^T C J v (..., n): J is the derivative of the outputs by the parameters, C the second one of the mean loss by
    the outputs. It is H(w) v without the curvature of the network.
    """
    parameters = network.layout.unflatten(w)
    values, dual = network.passed(ar, parameters, x), Dual(ar)
    along = network.forward(dual, network.layout.unflatten(DualArray(w, v)), DualArray(x))
    bent = cast("DualArray", criterion.slope(dual, along, DualArray(y))).tangent
    if bent is None:  # the slope is the same everywhere
        return v * 0
    return network.layout.flatten(ar, network.backward(ar, parameters, values, bent))


def _swapped(ar: ModelArithmetic, x: Numbers) -> Numbers:
    """The last two axes exchanged."""
    axes = list(range(len(x.shape)))
    axes[-1], axes[-2] = axes[-2], axes[-1]
    return ar.transpose(x, axes)
