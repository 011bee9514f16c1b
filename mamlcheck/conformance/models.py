"""The models and losses of the conformance problems: value and gradient, each formula once, over an arithmetic.

Parameters come as one flat vector (..., n) in the order of `parameters`, inputs x as (..., m, p), targets y as (..., m,
c), under cross-entropy a row with a one at the label. Leading axes broadcast. Hessian-vector products are the gradient
formula on dual numbers. This module knows nothing of tasks, of MAML, or of frameworks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mamlcheck.arithmetic.dual import Dual, DualArray

Array = Any


@dataclass(frozen=True)
class Loss:
    """The mean loss of outputs (..., m, c), and its slope: the derivative by each output (..., m, c)."""

    value: Callable[[Any, Array, Array], Array]
    slope: Callable[[Any, Array, Array], Array]


@dataclass(frozen=True)
class Model:
    """A model by its forward pass and the reverse of it; `parameters` maps names to shapes, in order."""

    parameters: dict[str, tuple[int, ...]]
    forward: Callable[[Any, dict[str, Array], Array], tuple[Array, Array]]  # output, and what `backward` needs of it
    backward: Callable[[Any, dict[str, Array], Array, Array, Array], dict[str, Array]]

    @property
    def size(self) -> int:
        """n, the number of parameters."""
        return sum(math.prod(shape) for shape in self.parameters.values())

    def slices(self) -> Iterator[tuple[str, slice]]:
        """Where each parameter tensor lies in the flat vector."""
        start = 0
        for name, shape in self.parameters.items():
            stop = start + math.prod(shape)
            yield name, slice(start, stop)
            start = stop

    def unflatten(self, w: Array) -> dict[str, Array]:
        """Flat (..., n) to {name: (..., *shape)}."""
        lead = tuple(w.shape[:-1])
        return {name: w[..., part].reshape(*lead, *self.parameters[name]) for name, part in self.slices()}

    def flatten(self, ar: Any, tensors: dict[str, Array]) -> Array:
        """{name: (..., *shape)} to flat (..., n)."""
        rows = []
        for name, shape in self.parameters.items():
            tensor = tensors[name]
            lead = tuple(tensor.shape[: len(tensor.shape) - len(shape)])
            rows.append(tensor.reshape(*lead, math.prod(shape)))
        return ar.concatenate(rows, -1)


def value(ar: Any, model: Model, loss: Loss, w: Array, x: Array, y: Array) -> Array:
    """Mean loss (...) at parameters w (..., n)."""
    output, _ = model.forward(ar, model.unflatten(w), x)
    return loss.value(ar, output, y)


def gradient(ar: Any, model: Model, loss: Loss, w: Array, x: Array, y: Array) -> Array:
    """Gradient (..., n) of the mean loss at parameters w (..., n)."""
    tensors = model.unflatten(w)
    output, kept = model.forward(ar, tensors, x)
    return model.flatten(ar, model.backward(ar, tensors, x, kept, loss.slope(ar, output, y)))


def hessian_vector(ar: Any, model: Model, loss: Loss, w: Array, v: Array, x: Array, y: Array) -> Array:
    """H(w) v (..., n): the tangent of the gradient along v."""
    along: DualArray = gradient(Dual(ar), model, loss, DualArray(w, v), DualArray(x), DualArray(y))
    return along.tangent


# -- models ----------------------------------------------------------------------------------------------------
def _swapped(ar: Any, x: Array) -> Array:
    """The last two axes exchanged."""
    axes = list(range(len(x.shape)))
    axes[-1], axes[-2] = axes[-2], axes[-1]
    return ar.transpose(x, axes)


def _affine(ar: Any, weight: Array, bias: Array, x: Array) -> Array:
    return ar.matvec(weight, x) + bias[..., None, :]


def _affine_gradient(ar: Any, x: Array, slope: Array) -> tuple[Array, Array]:
    return ar.rmatvec(x, _swapped(ar, slope)), ar.sum(slope, -2)


def _network_forward(ar: Any, p: dict[str, Array], x: Array) -> tuple[Array, Array]:
    hidden = ar.tanh(_affine(ar, p["hidden.weight"], p["hidden.bias"], x))
    return _affine(ar, p["head.weight"], p["head.bias"], hidden), hidden


def _network_backward(ar: Any, p: dict[str, Array], x: Array, hidden: Array, slope: Array) -> dict[str, Array]:
    head_weight, head_bias = _affine_gradient(ar, hidden, slope)
    below = ar.rmatvec(p["head.weight"], slope) * (1 - ar.square(hidden))
    weight, bias = _affine_gradient(ar, x, below)
    return {"hidden.weight": weight, "hidden.bias": bias, "head.weight": head_weight, "head.bias": head_bias}


def tanh_network(features: int, hidden: int, outputs: int) -> Model:
    """Output tanh(x W1^T + b1) W2^T + b2."""
    shapes: dict[str, tuple[int, ...]] = {
        "hidden.weight": (hidden, features),
        "hidden.bias": (hidden,),
        "head.weight": (outputs, hidden),
        "head.bias": (outputs,),
    }
    return Model(shapes, _network_forward, _network_backward)


def _linear_forward(ar: Any, p: dict[str, Array], x: Array) -> tuple[Array, Array]:
    return _affine(ar, p["weight"], p["bias"], x), None


def _linear_backward(ar: Any, p: dict[str, Array], x: Array, kept: Array, slope: Array) -> dict[str, Array]:
    weight, bias = _affine_gradient(ar, x, slope)
    return {"weight": weight, "bias": bias}


def linear(features: int, outputs: int) -> Model:
    """Output x W^T + b."""
    return Model({"weight": (outputs, features), "bias": (outputs,)}, _linear_forward, _linear_backward)


# -- losses ----------------------------------------------------------------------------------------------------
def _log_softmax(ar: Any, output: Array) -> Array:
    return output - ar.log(ar.sum(ar.exp(output), -1))[..., None]


def _cross_entropy(ar: Any, output: Array, y: Array) -> Array:
    return -ar.mean(ar.sum(y * _log_softmax(ar, output), -1), -1)


def _cross_entropy_slope(ar: Any, output: Array, y: Array) -> Array:
    return (ar.exp(_log_softmax(ar, output)) - y) / output.shape[-2]


def _squared_error(ar: Any, output: Array, y: Array) -> Array:
    return ar.mean(ar.mean(ar.square(output - y), -1), -1)


def _squared_error_slope(ar: Any, output: Array, y: Array) -> Array:
    return 2 * (output - y) / (output.shape[-1] * output.shape[-2])


def _robust(ar: Any, output: Array, y: Array) -> Array:
    squares = ar.square(output - y)
    return ar.mean(ar.mean(squares / (1 + squares), -1), -1)


def _robust_slope(ar: Any, output: Array, y: Array) -> Array:
    residual = output - y
    return 2 * residual / ar.square(1 + ar.square(residual)) / (output.shape[-1] * output.shape[-2])


cross_entropy = Loss(_cross_entropy, _cross_entropy_slope)
squared_error = Loss(_squared_error, _squared_error_slope)
robust = Loss(_robust, _robust_slope)  # Geman and McClure's r^2 / (1 + r^2)
