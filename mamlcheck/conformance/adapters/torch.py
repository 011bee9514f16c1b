"""A problem for PyTorch: an `nn.Module`, a loss, tensors, and helpers that read a direction out of a training step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.conformance.adapters.view import View
from mamlcheck.errors import MissingExtra

try:
    import torch
except ImportError as error:
    raise MissingExtra("torch", "torch") from error

if TYPE_CHECKING:
    from mamlcheck.conformance.problems import Problem


class TanhNetwork(torch.nn.Module):
    """Two layers, `hidden` and `head`, with tanh between them."""

    def __init__(self, features: int, hidden: int, outputs: int):
        super().__init__()
        self.hidden = torch.nn.Linear(features, hidden)
        self.head = torch.nn.Linear(hidden, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.tanh(self.hidden(x)))


def _robust(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    squares = (output - y) ** 2
    return (squares / (1 + squares)).mean()


class TorchView(View):
    """See `View`. model: an `nn.Module` with the initial parameters, made once: a subject may train it."""

    def __init__(self, problem: Problem):
        self.torch_dtype = getattr(torch, problem.dtype)
        super().__init__(problem, self._tensor, lambda tensor: np.asarray(tensor.detach().cpu().numpy()))
        self.model = self._module()

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        made = torch.tensor(array)
        return made.to(self.torch_dtype) if made.is_floating_point() else made

    def _module(self) -> torch.nn.Module:
        shapes = self.problem.kind.model.parameters
        if "weight" in shapes:
            model: torch.nn.Module = torch.nn.Linear(shapes["weight"][1], shapes["weight"][0])
        else:
            hidden, features = shapes["hidden.weight"]
            model = TanhNetwork(features, hidden, shapes["head.bias"][0])
        model = model.to(self.torch_dtype)
        model.load_state_dict(self.parameters)
        return model

    def apply(self, parameters: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """The model's output with these parameters in place of its own."""
        output: torch.Tensor = torch.func.functional_call(self.model, parameters, (x,))
        return output

    def loss(self, output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The mean loss of a batch."""
        functional = torch.nn.functional
        choices = {
            "cross-entropy": functional.cross_entropy,
            "squared-error": functional.mse_loss,
            "robust": _robust,
        }
        mean: torch.Tensor = self._of_loss(choices)(output, y)
        return mean + self.problem.offset if self.problem.offset else mean

    def gradients(self, model: torch.nn.Module | None = None) -> dict[str, torch.Tensor | None]:
        """The `.grad` of each parameter of the model (of the view's own, if none is given), copied."""
        named = (self.model if model is None else model).named_parameters()
        return {name: None if p.grad is None else p.grad.detach().clone() for name, p in named}

    @contextmanager
    def without_step(self, optimizer: torch.optim.Optimizer) -> Iterator[None]:
        """While this lasts, `optimizer.step()` does nothing, so that `.grad` can be read and the weights stay."""
        optimizer.step = lambda closure=None: None
        try:
            yield
        finally:
            del optimizer.step  # the instance's own; the class has its method still

    def from_update(
        self, step: Callable[[], Any], rate: float, model: torch.nn.Module | None = None
    ) -> dict[str, torch.Tensor]:
        """The direction behind an update: runs `step()`, returns (before - after) / rate, puts the parameters back.

        The digits that this loses are counted, see `from_difference`: the larger the rate, the fewer.
        """
        named = dict((self.model if model is None else model).named_parameters())
        before = {name: p.detach().clone() for name, p in named.items()}
        try:
            step()
            return self.from_difference(before, {name: p.detach() for name, p in named.items()}, rate)
        finally:
            with torch.no_grad():
                for name, p in named.items():
                    p.copy_(before[name])

    def changed(self, pristine: Problem) -> tuple[str, ...]:
        """Which task tensors and which of the model's parameters no longer hold what `pristine` gives."""
        named = dict(self.model.named_parameters())
        moved = [
            f"model {name}"
            for name, value in pristine.parameters.items()
            if name not in named or not np.array_equal(self._numpy(named[name]), value)
        ]
        return (*super().changed(pristine), *moved)


def view(problem: Problem) -> TorchView:
    """The problem for PyTorch."""
    return TorchView(problem)
