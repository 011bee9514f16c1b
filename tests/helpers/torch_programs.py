"""Programs of losses in PyTorch beside PyTorch's own derivatives of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.programs.derivatives import direction, gradient, hessian_vector
from mamlcheck.programs.running import run
from mamlcheck.programs.tracing import Traced
from mamlcheck.programs.tracing.torch import trace

Loss = Callable[[dict[str, torch.Tensor]], torch.Tensor]


def directions(parameters: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A vector of the shape of each parameter."""
    random = np.random.default_rng(3)
    return {name: torch.from_numpy(random.standard_normal(tuple(p.shape))) for name, p in parameters.items()}


def by_program(traced: Traced, parameters: Mapping[str, torch.Tensor]) -> list[list[np.ndarray]]:
    """The loss, its gradient and H v, by the program."""
    arrays: dict[str, Any] = {name: p.detach().numpy() for name, p in parameters.items()}
    names = list(parameters)
    slopes = gradient(traced.program, names)
    curved = hessian_vector(traced.program, names)
    along = {direction(name): v.numpy() for name, v in directions(parameters).items()}
    return [
        [np.asarray(x) for x in run(program, Float64(), given)]
        for program, given in ((traced.program, arrays), (slopes, arrays), (curved, arrays | along))
    ]


def by_autograd(loss: Loss, parameters: Mapping[str, torch.Tensor]) -> list[list[np.ndarray]]:
    """The same by PyTorch."""
    leaves = {name: p.detach().clone().requires_grad_() for name, p in parameters.items()}
    with sdpa_kernel(SDPBackend.MATH):
        value = loss(dict(leaves))
        slopes = _slopes(value, leaves)
        along = sum((s * v).sum() for s, v in zip(slopes, directions(parameters).values(), strict=True))
        try:
            curved = _slopes(along, leaves)
        except RuntimeError as error:
            if "is not implemented" not in str(error):
                raise
            curved = []  # some operations have no second derivatives in PyTorch
    return [[x.detach().numpy() for x in each] for each in ([value], slopes, curved)]


def _slopes(value: Any, leaves: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
    if not value.requires_grad:
        return [torch.zeros_like(x) for x in leaves.values()]
    found = torch.autograd.grad(value, list(leaves.values()), create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if s is None else s for s, x in zip(found, leaves.values(), strict=True)]


def assert_like_autograd(loss: Loss, parameters: Mapping[str, torch.Tensor], tolerance: float) -> Traced:
    """The loss, its gradient and H v agree, to a tolerance of the largest number in each."""
    traced = trace(loss, parameters)
    for mine, theirs in zip(by_program(traced, parameters), by_autograd(loss, parameters), strict=True):
        size = max((float(np.abs(x).max(initial=0)) for x in theirs), default=0.0)
        for x, y in zip(mine, theirs, strict=bool(theirs)):
            np.testing.assert_allclose(x, y, rtol=0, atol=tolerance * size)
    return traced
