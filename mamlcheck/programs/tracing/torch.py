"""Losses of PyTorch as programs: one run of the loss is recorded, operation by operation.

That the program is the loss, and not just one run of it, is checked on other parameters: branches of Python on
numbers, or numbers that leave PyTorch, would show there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from mamlcheck.errors import InputError
from mamlcheck.programs.building import Builder
from mamlcheck.programs.program import Program
from mamlcheck.programs.tracing import CannotBeTraced, Traced
from mamlcheck.programs.tracing._torch.comparing import Comparison, Tensors, copies, plain_operations
from mamlcheck.programs.tracing._torch.masked import Masked
from mamlcheck.programs.tracing._torch.memory import Unknown
from mamlcheck.programs.tracing._torch.recording import Recording


def trace(
    function: Callable[[dict[str, torch.Tensor]], Any],
    parameters: Tensors,
    buffers: Tensors | None = None,
    originals: Tensors | None = None,
) -> Traced:
    """The program of a loss. function: of {name: tensor}, of the parameters and the buffers together.

    buffers: the state beside the parameters, such as running statistics; each run has a copy. originals: what the
    parameters were made from, by name, which the loss must not depend on in their place. Raises `CannotBeTraced`.
    """
    buffers = dict(buffers or {})
    _check(parameters)
    builder = Builder()
    recording = Recording(builder, originals)
    given = copies(parameters, buffers)
    for name in parameters:
        recording.memory.put(given[name], builder.input(name, tuple(given[name].shape)))
    with plain_operations(), recording:
        loss = function(dict(given))
    program = _program(recording, loss)
    _check_what_was_done(recording, {name: given[name] for name in parameters})
    comparison = Comparison(function, parameters, buffers, recording.spacing, tuple(recording.read))
    comparison.elsewhere(program)
    comparison.derivative(program)
    changed = tuple(name for name in buffers if not _same(given[name], buffers[name]))
    if changed:
        comparison.after(program, {name: given[name] for name in buffers}, changed)
    notes = [*recording.notes, *(_read(place) for place in recording.read)]
    return Traced(program, changed, tuple(notes), recording.spacing / 2, comparison.value, comparison.second)


def _check(parameters: Tensors) -> None:
    for name, tensor in parameters.items():
        if tensor.dtype != torch.float64:
            raise InputError(
                f"the parameter {name!r} is in {tensor.dtype}: a loss is traced in torch.float64, model.double()"
            )


def _program(recording: Recording, loss: Any) -> Program:
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        what = (
            f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, torch.Tensor) else f"a {type(loss).__name__}"
        )
        raise CannotBeTraced(f"the loss is {what}: it is to be one number, in a tensor")
    held = recording.memory.read(loss) if recording.memory.knows(loss) else None
    if isinstance(held, Unknown):
        raise held.error
    if isinstance(held, Masked):
        raise CannotBeTraced("the loss is minus infinity")
    if held is None or not recording.depends(held):
        raise CannotBeTraced(
            "the loss does not depend on the parameters by operations of PyTorch that can be seen: compute it from the "
            "parameters that the function is given, without NumPy and without torch.compile"
        )
    return recording.builder.program([held.reshape(())])


def _check_what_was_done(recording: Recording, parameters: Tensors) -> None:
    """Raise `CannotBeTraced` if the run did to tensors what a program does not show."""
    if recording.memory.hooked():
        raise CannotBeTraced(
            "the loss has a hook on a tensor (register_hook), which may change derivatives: take it out, or write what "
            "it does as a formula"
        )
    for name, tensor in parameters.items():
        if not tensor.requires_grad:
            raise CannotBeTraced(
                f"the loss takes the parameter {name!r} out of the derivatives (requires_grad_(False)): use a copy, as "
                f"{name}.detach(), or leave it out of the parameters"
            )
        if recording.memory.is_written(tensor):
            raise CannotBeTraced(
                f"the loss writes into the parameter {name!r}: compute it from a copy, as {name}.clone()"
            )


def _read(place: str) -> str:
    return (
        f"{place}: a number that depends on the parameters is read by Python (.item(), float(), if): the program is "
        "the loss as long as what is made of it stays as it is"
    )


def _same(x: torch.Tensor, y: torch.Tensor) -> bool:
    return bool(torch.equal(x.detach(), y.detach()))
