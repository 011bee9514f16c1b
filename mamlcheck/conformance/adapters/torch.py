"""A problem for PyTorch: an `nn.Module`, a loss, tensors, and helpers that read a direction out of a training step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.conformance.adapters.view import Given, Inputs, Operations, View, imported
from mamlcheck.conformance.networks import Affine, Network

if TYPE_CHECKING:
    import torch

PACKAGES = ("torch",)
LEAST = "2.1"  # that of the extra in pyproject.toml
ADVICE = {
    "no_gradient": "Most likely the graph is cut between the parameters and the outer loss: detach(), .data, "
    "torch.no_grad(), or a copy of the model whose gradients are never brought back.",
    "hessian_missing": "Most likely the inner gradient is taken without create_graph=True, or the parameters are "
    "updated through .data.",
    "hessian_present": "Most likely the inner gradient is not detached: create_graph=True is set.",
    "hessian_first_step_only": "Most likely create_graph=True is given in the first inner step only.",
    "hessian_last_step_only": "Most likely the adapted parameters are detached before the last inner step.",
    "first_order_in_first_step": "Most likely detach() is called in the first inner step.",
    "first_order_in_last_step": "Most likely create_graph=True is left out in the last inner step.",
    "inner_sum": "Most likely the inner loss uses reduction='sum'.",
    "scaled_by_query": "Most likely the outer loss uses reduction='sum'.",
    "joint_gradient": "Most likely both losses are sent through backward() into the same .grad, which is not zeroed in "
    "between.",
    "stale_gradients": "Most likely zero_grad() is missing before backward().",
    "inner_gradients_pile_up": "Most likely zero_grad() is missing before backward() in the inner loop.",
    "others_without_gradient": "Most likely the losses of the other tasks carry no graph when they are added: .item(), "
    "float() or detach().",
    "clipped": "Most likely clip_grad_norm_ or its like is left in the training step.",
    "clipped_by_value": "Most likely clip_grad_value_ or its like is left in the training step.",
    "zero_tensors": "Most likely requires_grad is False for these parameters, they are detached, or they are not "
    "handed to the outer optimiser.",
    "inner_gradient_cut": "Most likely the inner gradient of these parameters is detached, or they are updated through "
    ".data.",
    "outer_cut": "Most likely these parameters are detached, or load_state_dict copies them, before the outer loss.",
    "start_cut": "Most likely the update of these parameters starts from detach(), .data or a deepcopy.",
    "some_samples": "Most likely a slice, a batch size, or drop_last=True of a DataLoader leaves samples out.",
}


class TorchView(View):
    """See `View`. model: an `nn.Module` with the initial parameters, made once: a subject may train it."""

    def __init__(self, problem: Given):
        self._torch = imported("torch", "torch", LEAST)
        self._dtype = getattr(self._torch, problem.dtype)
        functional = self._torch.nn.functional
        criteria = {"cross-entropy": functional.cross_entropy, "squared-error": functional.mse_loss}
        super().__init__(problem, self._tensor, _as_numpy, Operations(self._torch), criteria)
        self.model = _model(self._torch, problem.kind.network, self._operations).to(self._dtype)
        self.model.load_state_dict(self.parameters)

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        made: torch.Tensor = self._torch.tensor(array)
        return made.to(self._dtype) if made.is_floating_point() else made

    def apply(self, parameters: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """The model's output with these parameters in place of its own: by its operations, and not by putting them into
        the module, so that threads can share it.
        """
        for layer in self.problem.kind.network.layers:
            if isinstance(layer, Affine):
                x = self._torch.nn.functional.linear(x, *(parameters[name] for name in layer.shapes))
            else:
                x = layer.value(self._operations, x)
        self._noted(x)
        return x

    def _is_differentiated(self, output: torch.Tensor) -> bool:
        return output.requires_grad or bool(self._torch._C._functorch.is_functorch_wrapped_tensor(output))

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
        self, step: Callable[[], object], rate: float, model: torch.nn.Module | None = None
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
            with self._torch.no_grad():
                for name, p in named.items():
                    p.copy_(before[name])

    def changed(self, pristine: Inputs) -> tuple[str, ...]:
        """Which task tensors and which of the model's parameters no longer hold what `pristine` gives."""
        return (*super().changed(pristine), *self._moved(pristine))

    def _moved(self, pristine: Inputs) -> tuple[str, ...]:
        """Which of the model's parameters."""
        named = dict(self.model.named_parameters())
        return tuple(
            f"model {name}"
            for name, value in pristine.parameters.items()
            if name not in named or not np.array_equal(_as_numpy(named[name]), value)
        )


def _model(torch: Any, network: Network, operations: Any) -> torch.nn.Module:
    """The network as a module whose children are its affine layers, by name; that layer itself, where it is the only.

    What is no parameter is kept out of the module's attributes, so that it can be copied.
    """

    def linear(layer: Affine) -> torch.nn.Module:
        made: torch.nn.Module = torch.nn.Linear(layer.inputs, layer.outputs)
        return made

    if len(network.layers) == 1:
        return linear(network.head)

    class Chain(torch.nn.Module):
        """The layers one after the other."""

        def __init__(self) -> None:
            super().__init__()
            for layer in network.layers:
                if isinstance(layer, Affine):
                    self.add_module(layer.name, linear(layer))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for layer in network.layers:
                x = getattr(self, layer.name)(x) if isinstance(layer, Affine) else layer.value(operations, x)
            return x

    return Chain()


def _as_numpy(tensor: torch.Tensor) -> np.ndarray:
    return np.asarray(tensor.detach().cpu().numpy())


def alive(objects: Sequence[object]) -> dict[str, int]:
    """The tensors among these objects, and the nodes of the graphs that they hang on."""
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    tensors: list[Any] = [o for o in objects if issubclass(type(o), torch.Tensor)]
    nodes, left = set[Any](), [t.grad_fn for t in tensors if t.grad_fn is not None]
    while left:
        node = left.pop()
        if node is not None and node not in nodes:
            nodes.add(node)
            left += [before for before, _ in node.next_functions]
    return {"tensor": len(tensors), "node of the graph": len(nodes)}


def untouched() -> bool:
    """Whether the default precision and device, and the modes of gradients, are those of a fresh import."""
    torch = sys.modules.get("torch")
    return torch is None or (
        torch.get_default_dtype() == torch.float32
        and torch.empty(0).device.type == "cpu"
        and torch.is_grad_enabled()
        and not torch.is_anomaly_enabled()
        and not torch.is_autocast_enabled()
        and not torch.are_deterministic_algorithms_enabled()
    )


def view(problem: Given) -> TorchView:
    """The problem for PyTorch."""
    return TorchView(problem)
