"""A program held against the loss that it was traced from: its value elsewhere, and its derivative."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.arithmetic.rounding import PerturbedArray, Rounding, rounding_error
from mamlcheck.programs.derivatives import direction, gradient
from mamlcheck.programs.program import Program
from mamlcheck.programs.running import Running
from mamlcheck.programs.tracing import CannotBeTraced

Tensors = Mapping[str, torch.Tensor]
# How far the parameters are moved, in units of their own size, to see whether the program is the loss there as well:
# one step of the size of training, one that turns most branches that there are.
MOVES = (2.0**-6, 0.5)
RUNS = 2  # in perturbed doubles


def copies(parameters: Tensors, buffers: Tensors) -> dict[str, torch.Tensor]:
    """What one run of the loss is given: nobody else's memory, and parameters that derivatives are taken by."""
    fresh = {name: tensor.detach().clone().requires_grad_() for name, tensor in parameters.items()}
    return fresh | {name: tensor.detach().clone() for name, tensor in buffers.items()}


@contextmanager
def plain_operations() -> Iterator[None]:
    """Operations that are fused, and so say nothing of what they compute, are left out; derivatives are on."""
    with sdpa_kernel(SDPBackend.MATH), torch.enable_grad():
        yield


@dataclass(frozen=True, eq=False)
class Comparison:
    """function: the loss, of {name: tensor}. spacing: of the numbers at 1, in the lowest precision that it computes in.

    read: the lines where Python reads numbers of it. Each check is of a program, and raises `CannotBeTraced`.
    """

    function: Callable[[dict[str, torch.Tensor]], Any]
    parameters: Tensors
    buffers: Tensors
    spacing: float
    read: tuple[str, ...]

    def elsewhere(self, program: Program) -> None:
        """The loss at other parameters is what the program computes there."""
        random = np.random.Generator(np.random.Philox(0))
        for move in (0.0, *MOVES):
            moved = {name: _moved(tensor, move, random).numpy() for name, tensor in self.parameters.items()}
            at = f"parameters moved by {move:g} of their size" if move else "the parameters themselves"
            self.value(program, moved, at)

    def after(self, program: Program, buffers: Tensors, changed: Sequence[str]) -> None:
        """The loss is the same once a run has changed the state beside the parameters, as batch norm's is.

        A state that has settled, as that of spectral norm has when a model is made, hardly changes in a run at the same
        parameters, and at others it will: so the loss is also to be the same where its numbers are quite different.
        """
        random = np.random.Generator(np.random.Philox(2))
        other = {
            name: _moved(buffers[name], MOVES[-1], random) for name in changed if buffers[name].is_floating_point()
        }
        try:
            at = {name: tensor.detach().numpy() for name, tensor in self.parameters.items()}
            for state in (buffers, {**buffers, **other}):
                replace(self, buffers=state).value(program, at, "the parameters themselves")
        except CannotBeTraced as error:
            raise CannotBeTraced(
                f"each run of the loss changes state ({', '.join(changed)}), and the next run is another function for "
                "it, so there is no one loss to differentiate: call model.eval(), or take what keeps that state, such "
                "as spectral_norm, out"
            ) from error

    def value(self, program: Program, at: Mapping[str, Doubles], where: str) -> None:
        """The loss at some parameters is what the program computes there. where: these, in words."""
        tensors = {name: torch.from_numpy(np.array(numbers)) for name, numbers in at.items()}
        with plain_operations():
            expected = float(self.function(copies(tensors, self.buffers)).detach())
        with np.errstate(all="ignore"):
            found = float(np.asarray(Running(program, Float64())(at)[0]))
            if np.isfinite(expected) and not self._agree(program, at, np.array(found), np.array(expected)):
                raise CannotBeTraced(self._elsewhere(where, found, expected))

    def derivative(self, program: Program) -> None:
        """PyTorch's derivative of the loss is that of its program.

        No reference rests on PyTorch's derivatives. But where they are others than those of what is computed, something
        was done to them that no operation shows, and the program is not the function that the user differentiates. That
        is looked for at parameters beside the given ones, where no two numbers are equal by chance.
        """
        random = np.random.Generator(np.random.Philox(1))
        inputs = program.inputs
        at = {name: _moved(x, MOVES[0], random) for name, x in self.parameters.items() if name in inputs}
        given = copies({**self.parameters, **at}, self.buffers)
        with plain_operations():
            loss = self.function(dict(given))
            try:
                slopes = torch.autograd.grad(loss.reshape(()), [given[name] for name in at], allow_unused=True)
            except RuntimeError:  # PyTorch has none, and says so to whoever asks for it
                return
        theirs = [torch.zeros_like(at[n]) if s is None else s for n, s in zip(at, slopes, strict=True)]
        expected = np.concatenate([slope.detach().numpy().ravel() for slope in theirs])
        numbers = {name: tensor.numpy() for name, tensor in at.items()}
        slope = gradient(program, list(at))
        with np.errstate(all="ignore"):
            found = np.concatenate([np.asarray(x).ravel() for x in Running(slope, Float64())(numbers)])
            if np.isfinite(expected).all() and not self._agree(slope, numbers, found, expected):
                off = float(np.linalg.norm(found - expected) / max(np.linalg.norm(found), np.linalg.norm(expected)))
                raise CannotBeTraced(
                    f"the derivative that PyTorch has for the loss differs by {off:.1g} (relative) from that of the "
                    "operations that it computes: .detach_(), a hook (grad_fn.register_hook, saved_tensors_hooks) or "
                    "the like is in it; use x.detach() in place of x.detach_(), and write what a hook does as a formula"
                )

    def second(self, product: Program, by: Sequence[str]) -> float:
        """How far PyTorch's H v is from that of a program of H v by these parameters: see `Traced`."""
        random = np.random.Generator(np.random.Philox(3))
        v = {name: torch.from_numpy(random.standard_normal(self.parameters[name].shape)) for name in by}
        given = copies(self.parameters, self.buffers)
        with plain_operations():
            loss = self.function(dict(given)).reshape(())
            try:
                slopes = torch.autograd.grad(loss, [given[n] for n in by], create_graph=True, allow_unused=True)
                parts = [(s * v[n]).sum() for n, s in zip(by, slopes, strict=True) if s is not None and s.requires_grad]
                if not parts:
                    return 0.0
                found = torch.autograd.grad(sum(parts), [given[n] for n in by], allow_unused=True)
            except (RuntimeError, NotImplementedError):  # PyTorch has none, and says so to whoever asks for it
                return 0.0
        theirs = [torch.zeros_like(v[n]) if s is None else s for n, s in zip(by, found, strict=True)]
        expected = np.concatenate([s.detach().numpy().ravel() for s in theirs])
        numbers = {name: self.parameters[name].detach().numpy() for name in self.parameters}
        numbers |= {direction(name): part.numpy() for name, part in v.items()}
        at = {name: numbers[name] for name in product.inputs}
        with np.errstate(all="ignore"):
            ours = np.concatenate([np.asarray(x).ravel() for x in Running(product, Float64())(at)])
            off, size = float(np.linalg.norm(ours - expected)), float(np.linalg.norm(ours))
            explained = 2 * self.spacing * self._rounding(product, at, ours)  # of either
        return off / size if explained < off < np.inf and size else 0.0

    def _rounding(self, program: Program, at: Mapping[str, Doubles], found: Doubles) -> float:
        """What rounding may do to the outputs of a program, as a norm, in units of the unit roundoff."""

        def again(ar: Rounding) -> PerturbedArray:
            outputs = Running(program, ar)({name: ar.exact(x) for name, x in at.items()})
            return ar.concatenate([cast("PerturbedArray", x).reshape((-1,)) for x in outputs], 0)

        return rounding_error(again, found.ravel(), RUNS)

    def _agree(self, program: Program, at: Mapping[str, Doubles], found: Doubles, expected: Doubles) -> bool:
        """Whether two computations of the outputs of a program agree in half of the digits that they have.

        Where parts cancel they have fewer than the precision that was computed in: how many is measured.
        """
        off, size = float(np.linalg.norm(found - expected)), float(np.linalg.norm(expected))
        if off <= math.sqrt(self.spacing) * size:
            return True

        lost = self.spacing * self._rounding(program, at, found)
        return off <= math.sqrt(lost * max(size, float(np.linalg.norm(found))))

    def _elsewhere(self, where: str, found: float, expected: float) -> str:
        why = (
            "numbers that depend on the parameters are read by Python at " + ", ".join(self.read)
            if self.read
            else "something in it leaves PyTorch (NumPy, .tolist()), keeps a state between calls, or is random"
        )
        return (
            f"the loss is {expected:.17g} at {where}, and its operations as recorded give {found:.17g}: {why}. A loss "
            "can be traced if it computes the same operations at all parameters; use torch.where for branches"
        )


def _moved(tensor: torch.Tensor, move: float, random: np.random.Generator) -> torch.Tensor:
    numbers: Doubles = tensor.detach().numpy()
    size = float(np.abs(numbers).mean()) if numbers.size else 0.0
    moved: Doubles = np.asarray(
        numbers + move * (size or 1.0) * random.standard_normal(numbers.shape)
    )  # of no axes too
    return torch.from_numpy(moved)
