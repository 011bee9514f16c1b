"""Losses of PyTorch as programs: one run of the loss is recorded, operation by operation.

That the program is the loss, and not just one run of it, is checked on other parameters: branches of Python on
numbers, or numbers that leave PyTorch, would show there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Builder
from mamlcheck.programs.program import Node, Program
from mamlcheck.programs.running import Running
from mamlcheck.programs.tracing import CannotBeTraced, Traced
from mamlcheck.programs.tracing._torch.masked import Masked
from mamlcheck.programs.tracing._torch.memory import Unknown
from mamlcheck.programs.tracing._torch.recording import Recording

Tensors = Mapping[str, torch.Tensor]
# How far the parameters are moved, in units of their own size, to see whether the program is the loss there as well:
# one step of the size of training, one that turns most branches that there are.
MOVES = (2.0**-6, 0.5)


def trace(
    function: Callable[[dict[str, torch.Tensor]], Any], parameters: Tensors, buffers: Tensors | None = None
) -> Traced:
    """The program of a loss. function: of {name: tensor}, of the parameters and the buffers together.

    buffers: the state beside the parameters, such as running statistics; each run has a copy. Raises `CannotBeTraced`.
    """
    buffers = dict(buffers or {})
    _check(parameters)
    builder = Builder()
    recording = Recording(builder)
    given = _copies(parameters, buffers)
    for name in parameters:
        recording.memory.put(given[name], builder.input(name, tuple(given[name].shape)))
    with _plain_operations(), recording:
        loss = function(dict(given))
    program = _program(recording, loss)
    _check_what_was_done(recording, {name: given[name] for name in parameters})
    _check_elsewhere(function, program, parameters, buffers, recording)
    changed = tuple(name for name in buffers if not _same(given[name], buffers[name]))
    notes = [*recording.notes, *(_read(place) for place in recording.read)]
    return Traced(program, changed, tuple(notes))


def _check(parameters: Tensors) -> None:
    for name, tensor in parameters.items():
        if tensor.dtype != torch.float64:
            raise InputError(
                f"the parameter {name!r} is in {tensor.dtype}: a loss is traced in torch.float64, model.double()"
            )


def _copies(parameters: Tensors, buffers: Tensors) -> dict[str, torch.Tensor]:
    """What one run of the loss is given: nobody else's memory, and parameters that derivatives are taken by."""
    fresh = {name: tensor.detach().clone().requires_grad_() for name, tensor in parameters.items()}
    return fresh | {name: tensor.detach().clone() for name, tensor in buffers.items()}


@contextmanager
def _plain_operations() -> Iterator[None]:
    """Operations that are fused, and so say nothing of what they compute, are left out; derivatives are on."""
    with sdpa_kernel(SDPBackend.MATH), torch.enable_grad():
        yield


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


def _check_elsewhere(
    function: Callable[..., Any], program: Program, parameters: Tensors, buffers: Tensors, recording: Recording
) -> None:
    """Raise `CannotBeTraced` if the loss at other parameters is not what the program computes there.

    Two computations of one number agree in far more than half of the digits of the largest number that occurs; of a
    loss that is another function, most numbers do not.
    """
    running = Running(program, Float64())
    random = np.random.Generator(np.random.Philox(0))
    for move in (0.0, *MOVES):
        moved = {name: _moved(tensor, move, random) for name, tensor in parameters.items()}
        with _plain_operations():
            expected = float(function(_copies(moved, buffers)).detach())
        largest = [abs(expected)]

        def seen(k: int, node: Node, result: Any, largest: list[float] = largest) -> None:
            if result.dtype == np.float64 and result.size:
                largest[0] = max(largest[0], float(np.abs(result).max()))

        with np.errstate(all="ignore"):
            found = float(np.asarray(running({name: tensor.numpy() for name, tensor in moved.items()}, seen)[0]))
        if np.isfinite(expected) and not abs(found - expected) <= math.sqrt(recording.spacing) * largest[0]:
            raise CannotBeTraced(_elsewhere(move, found, expected, recording))


def _moved(tensor: torch.Tensor, move: float, random: np.random.Generator) -> torch.Tensor:
    numbers: Doubles = tensor.detach().numpy()
    size = float(np.abs(numbers).mean()) if numbers.size else 0.0
    return torch.from_numpy(numbers + move * (size or 1.0) * random.standard_normal(numbers.shape))


def _elsewhere(move: float, found: float, expected: float, recording: Recording) -> str:
    where = f"parameters moved by {move:g} of their size" if move else "the parameters themselves"
    why = (
        "numbers that depend on the parameters are read by Python at " + ", ".join(recording.read)
        if recording.read
        else "something in it leaves PyTorch (NumPy, .tolist()), keeps a state between calls, or is random"
    )
    return (
        f"the loss is {expected:.17g} at {where}, and its operations as recorded give {found:.17g}: {why}. A loss can "
        "be traced if it computes the same operations at all parameters; use torch.where for branches"
    )


def _read(place: str) -> str:
    return (
        f"{place}: a number that depends on the parameters is read by Python (.item(), float(), if): the program is "
        "the loss as long as what is made of it stays as it is"
    )


def _same(x: torch.Tensor, y: torch.Tensor) -> bool:
    return bool(torch.equal(x.detach(), y.detach()))
