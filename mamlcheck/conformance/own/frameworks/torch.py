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

from mamlcheck.conformance.own.frameworks import Inputs, Loss, OwnModel
from mamlcheck.errors import InputError
from mamlcheck.programs import tracing
from mamlcheck.programs.tracing import Traced

if TYPE_CHECKING:
    import torch


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
    learnt = [n for n, p in named.items() if p.requires_grad] if parameters is None else list(parameters)
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
        x, y = _doubled(inputs), _doubled(target)
        measured = copy.deepcopy(loss).double() if isinstance(loss, torch.nn.Module) else loss

        def value(given: dict[str, torch.Tensor]) -> torch.Tensor:
            arguments = x if isinstance(x, tuple) else (x,)
            keywords = x if isinstance(x, dict) else {}
            output = torch.func.functional_call(
                double, fixed | given, () if isinstance(x, dict) else arguments, keywords
            )
            result: torch.Tensor = measured(output, y)
            return result

        return tracing.trace("torch", value, start, buffers)

    return OwnModel(
        framework="torch",
        name=type(model).__name__,
        parameters={n: np.asarray(p.cpu().numpy(), dtype=np.float64) for n, p in start.items()},
        dtype=dtypes.pop(),
        head=_head(model, learnt),
        traced=traced,
        frozen=tuple(fixed),
    )


def _doubled(value: Any) -> Any:
    """Floating tensors in double precision, in whatever they are held; everything else as it is."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.detach().double() if value.is_floating_point() else value.detach()
    if isinstance(value, np.ndarray):
        return _doubled(torch.from_numpy(value))
    if isinstance(value, dict):
        return {name: _doubled(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_doubled(item) for item in value)
    return value


def _head(model: torch.nn.Module, learnt: list[str]) -> tuple[str, ...]:
    """The learnt parameters of the module that comes last among those that have any of their own."""
    last: tuple[str, ...] = ()
    for prefix, module in model.named_modules():
        own = [f"{prefix}.{n}" if prefix else n for n, _ in module.named_parameters(recurse=False)]
        found = tuple(name for name in own if name in learnt)
        last = found or last
    return last
