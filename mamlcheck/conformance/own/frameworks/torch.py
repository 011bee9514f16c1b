"""Models of PyTorch: an `nn.Module`, whose parameters that require a gradient are learnt, and others are frozen.

Batch norm in train mode is a function of the batch, and its running statistics are state that a run changes. The model
that was given is copied, in the mode that it is in, and left as it is.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.conformance.adapters.torch import TorchView
from mamlcheck.conformance.adapters.view import ViewedTask
from mamlcheck.conformance.data import ROLES
from mamlcheck.conformance.own.frameworks import Inputs, Loss, OwnModel
from mamlcheck.errors import InputError
from mamlcheck.programs import tracing
from mamlcheck.programs.tracing import Traced

if TYPE_CHECKING:
    import torch

ORDER = 1


def holds(model: Any, parameters: Any) -> bool:
    """Whether the model is an `nn.Module`."""
    found = sys.modules.get("torch")
    return found is not None and isinstance(model, found.nn.Module)


def opened(model: torch.nn.Module, parameters: Iterable[str] | None = None) -> OwnModel:
    """A copy of the model in double precision. parameters: the names of those that are learnt, if not those that
    require a gradient.
    """
    import torch

    named = dict(model.named_parameters())
    learnt = [n for n, p in named.items() if p.requires_grad] if parameters is None else _names(parameters)
    unknown = [name for name in learnt if name not in named]
    if unknown:
        raise InputError(f"{unknown[0]!r} is no parameter of the model: choose among {', '.join(named)}")
    if not learnt:
        raise InputError("the model has no parameter that requires a gradient: set requires_grad_() on those to learn")
    dtypes = {str(named[name].dtype).rpartition(".")[2] for name in learnt}
    if len(dtypes) > 1:
        raise InputError(f"the parameters are in {' and '.join(sorted(dtypes))}: give all of them one precision")
    double = copy.deepcopy(model).double()
    double.zero_grad(set_to_none=True)
    whole = dict(double.named_parameters())
    fixed = {n: p.detach() for n, p in whole.items() if n not in learnt}
    buffers = {n: b.detach() for n, b in double.named_buffers()}
    start = {n: whole[n].detach() for n in learnt}

    def traced(loss: Loss, inputs: Inputs, target: torch.Tensor) -> Traced:
        x, y = (_cast(value, torch.float64) for value in (inputs, target))
        measured = copy.deepcopy(loss).double() if isinstance(loss, torch.nn.Module) else loss

        def value(given: dict[str, torch.Tensor]) -> torch.Tensor:
            output = torch.func.functional_call(double, fixed | given, *_called(x))
            result: torch.Tensor = measured(output, y)
            return result

        originals = {n: p for n, p in named.items() if n in learnt}
        return tracing.trace("torch", value, start, buffers, originals=originals)

    return OwnModel(
        framework="torch",
        name=type(model).__name__,
        parameters={n: np.asarray(p.cpu().numpy(), dtype=np.float64) for n, p in start.items()},
        dtype=dtypes.pop(),
        head=_head(model, learnt),
        traced=traced,
        named=_named,
        view=lambda given, loss: OwnTorchView(given, model, loss),
        frozen=tuple(fixed),
    )


def _names(parameters: Any) -> list[str]:
    """The names of those that are to be learnt. Raises `InputError` for what is neither a name nor a list of names."""
    found = [parameters] if isinstance(parameters, str) else parameters
    if not isinstance(found, Iterable):
        raise InputError(f"parameters = {parameters!r}: give the names of those that are learnt, as in ['0.weight']")
    return list(found)


class OwnTorchView(TorchView):
    """An own problem as a subject sees it: as `TorchView`, with the author's own model, loss and data."""

    def __init__(self, problem: Any, model: torch.nn.Module, loss: Loss):
        import torch

        self._torch = torch
        self._dtype = getattr(torch, problem.dtype)
        self._array = self._tensor
        self._given_loss = copy.deepcopy(loss).to(self._dtype) if isinstance(loss, torch.nn.Module) else loss
        self._adopt(problem)
        self.tasks = tuple(self._viewed(task) for task in problem.tasks)
        self.model = copy.deepcopy(model).to(self._dtype)
        self.model.zero_grad(set_to_none=True)

    def _viewed(self, task: Any) -> ViewedTask:
        return ViewedTask(*(_cast(batch, self._dtype) for batch in (task.inner, task.outer, task.hessian)))

    def apply(self, parameters: dict[str, torch.Tensor], x: Any) -> torch.Tensor:
        """The model's output with these parameters in place of its own. x: as in the tasks."""
        arguments, keywords = _called(x)
        output: torch.Tensor = self._torch.func.functional_call(self.model, parameters, arguments, keywords)
        return output

    def loss(self, output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The author's loss."""
        found: torch.Tensor = self._given_loss(output, y)
        return found

    def changed(self, pristine: Any) -> tuple[str, ...]:
        """Which of the data and of the model's parameters are no longer what they were."""
        found = []
        for i, (mine, given) in enumerate(zip(self.tasks, pristine.tasks, strict=True)):
            for role in ROLES:
                then = _cast(getattr(given, role), self._dtype)
                if not _equal(self._torch, getattr(mine, role), then):
                    found.append(f"tasks[{i}].{role}")
        return (*found, *self._moved(pristine))


def _called(x: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments and named arguments that inputs stand for."""
    if isinstance(x, dict):
        return (), x
    return (x if isinstance(x, tuple) else (x,)), {}


def _equal(torch: Any, x: Any, y: Any) -> bool:
    if isinstance(x, torch.Tensor):
        return bool(torch.equal(x, y))
    if isinstance(x, dict):
        return all(_equal(torch, x[name], y[name]) for name in y)
    if isinstance(x, (tuple, list)):
        return all(_equal(torch, a, b) for a, b in zip(x, y, strict=True))
    return bool(x == y)


def _named(gradient: Any) -> Any:
    """The `.grad`s of a module by name, where one is given; otherwise the gradient as it is."""
    if hasattr(gradient, "named_parameters"):
        return {name: p.grad for name, p in gradient.named_parameters() if p.requires_grad}
    return gradient


def _cast(value: Any, dtype: torch.dtype) -> Any:
    """Copies of the tensors in whatever they are held, the floating ones in a precision; everything else as it is."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.detach().clone().to(dtype if value.is_floating_point() else value.dtype)
    if isinstance(value, np.ndarray):
        return _cast(torch.from_numpy(value), dtype)
    if isinstance(value, dict):
        return {name: _cast(item, dtype) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_cast(item, dtype) for item in value)
    return value


def _head(model: torch.nn.Module, learnt: list[str]) -> tuple[str, ...]:
    """The learnt parameters of the module that comes last among those that have any of their own."""
    last: tuple[str, ...] = ()
    for prefix, module in model.named_modules():
        own = [f"{prefix}.{n}" if prefix else n for n, _ in module.named_parameters(recurse=False)]
        found = tuple(name for name in own if name in learnt)
        last = found or last
    return last
