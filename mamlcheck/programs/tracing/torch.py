"""Losses of PyTorch as programs: one run of the loss is recorded, operation by operation.

That the program is the loss, and not just one run of it, is checked on other parameters: branches of Python on
numbers, or numbers that leave PyTorch, would show there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.arithmetic.rounding import PerturbedArray, Rounding, rounding_error
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Builder
from mamlcheck.programs.derivatives import gradient
from mamlcheck.programs.program import Program
from mamlcheck.programs.running import Running
from mamlcheck.programs.tracing import CannotBeTraced, Traced
from mamlcheck.programs.tracing._torch.masked import Masked
from mamlcheck.programs.tracing._torch.memory import Unknown
from mamlcheck.programs.tracing._torch.recording import Recording

Tensors = Mapping[str, torch.Tensor]
# How far the parameters are moved, in units of their own size, to see whether the program is the loss there as well:
# one step of the size of training, one that turns most branches that there are.
MOVES = (2.0**-6, 0.5)
RUNS = 2  # in perturbed doubles


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
    _check_derivative(function, program, parameters, buffers, recording)
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
    """Raise `CannotBeTraced` if the loss at other parameters is not what the program computes there."""
    random = np.random.Generator(np.random.Philox(0))
    for move in (0.0, *MOVES):
        moved = {name: _moved(tensor, move, random) for name, tensor in parameters.items()}
        where = f"parameters moved by {move:g} of their size" if move else "the parameters themselves"
        _check_value(function, program, moved, buffers, recording, where)


def _check_value(
    function: Callable[..., Any], program: Program, at: Tensors, buffers: Tensors, recording: Recording, where: str
) -> None:
    """Raise `CannotBeTraced` if the loss at some parameters is not what the program computes there."""
    with _plain_operations():
        expected = float(function(_copies(at, buffers)).detach())
    numbers = {name: tensor.numpy() for name, tensor in at.items()}
    with np.errstate(all="ignore"):
        found = float(np.asarray(Running(program, Float64())(numbers)[0]))
        if np.isfinite(expected) and not _agree(program, numbers, np.array(found), np.array(expected), recording):
            raise CannotBeTraced(_elsewhere(where, found, expected, recording))


def _agree(
    program: Program, numbers: Mapping[str, Doubles], found: Doubles, expected: Doubles, recording: Recording
) -> bool:
    """Whether two computations of the outputs of a program agree in half of the digits that they have.

    Where parts cancel they have fewer than the precision that was computed in: how many is measured.
    """
    off, size = float(np.linalg.norm(found - expected)), float(np.linalg.norm(expected))
    if off <= math.sqrt(recording.spacing) * size:
        return True
    size = max(size, float(np.linalg.norm(found)))

    def again(ar: Rounding) -> PerturbedArray:
        outputs = Running(program, ar)({name: ar.exact(x) for name, x in numbers.items()})
        return ar.concatenate([cast("PerturbedArray", x).reshape((-1,)) for x in outputs], 0)

    lost = recording.spacing * rounding_error(again, found.ravel(), RUNS)
    return off <= math.sqrt(lost * size)


def _check_derivative(
    function: Callable[..., Any], program: Program, parameters: Tensors, buffers: Tensors, recording: Recording
) -> None:
    """Raise `CannotBeTraced` if PyTorch's derivative of the loss is not that of its program.

    No reference rests on PyTorch's derivatives. But where they are others than those of what is computed, something was
    done to them that no operation shows, and the program is not the function that the user differentiates. That is
    looked for at parameters beside the given ones, where no two numbers are equal by chance.
    """
    random = np.random.Generator(np.random.Philox(1))
    at = {name: _moved(tensor, MOVES[0], random) for name, tensor in parameters.items() if name in program.inputs}
    given = _copies({**parameters, **at}, buffers)
    with _plain_operations():
        loss = function(dict(given))
        try:
            slopes = torch.autograd.grad(loss.reshape(()), [given[name] for name in at], allow_unused=True)
        except RuntimeError:  # PyTorch has none, and says so to whoever asks for it
            return
    theirs = [torch.zeros_like(at[n]) if s is None else s for n, s in zip(at, slopes, strict=True)]
    expected = np.concatenate([slope.detach().numpy().ravel() for slope in theirs])
    numbers = {name: tensor.numpy() for name, tensor in at.items()}
    derivative = gradient(program, list(at))
    with np.errstate(all="ignore"):
        found = np.concatenate([np.asarray(x).ravel() for x in Running(derivative, Float64())(numbers)])
        if np.isfinite(expected).all() and not _agree(derivative, numbers, found, expected, recording):
            off = float(np.linalg.norm(found - expected) / max(np.linalg.norm(found), np.linalg.norm(expected)))
            raise CannotBeTraced(
                f"the derivative that PyTorch has for the loss differs by {off:.1g} (relative) from that of the "
                "operations that it computes: .detach_(), a hook (grad_fn.register_hook, saved_tensors_hooks) or the "
                "like is in it; use x.detach() in place of x.detach_(), and write what a hook does as a formula"
            )


def _moved(tensor: torch.Tensor, move: float, random: np.random.Generator) -> torch.Tensor:
    numbers: Doubles = tensor.detach().numpy()
    size = float(np.abs(numbers).mean()) if numbers.size else 0.0
    return torch.from_numpy(numbers + move * (size or 1.0) * random.standard_normal(numbers.shape))


def _elsewhere(where: str, found: float, expected: float, recording: Recording) -> str:
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
