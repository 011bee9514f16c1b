"""The recording of a run: each operation that PyTorch computes is put down as values of a program.

Operations are seen below PyTorch's own derivatives, which are not used. An operation that has no file in
`torch_operations` is taken apart, by PyTorch's decompositions, into others that may have. What does not depend on the
parameters and is whole numbers or flags stays what PyTorch has computed; other data enter as exact constants.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from mamlcheck.errors import InputError
from mamlcheck.place import modules_in
from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.calls import Call
from mamlcheck.programs.tracing._torch.memory import Held, Memory, Unknown
from mamlcheck.programs.tracing._torch.places import in_own_derivative, place

Lowering = Callable[..., Any]
OPERATIONS = "mamlcheck.programs.tracing.torch_operations"
RANDOM = (
    "each call computes another function, so there is no loss to differentiate. Call model.eval(), set p=0, or take "
    "the dropout out; draw noise before, and hand it over as data"
)


@cache
def operations() -> Mapping[str, Lowering]:
    """All operations that have a file, by name: of the operation ('max') or of one of its overloads ('max.dim')."""
    found: dict[str, Lowering] = {}
    for module in _files():
        found |= module.OPERATIONS
    return found


@cache
def moving() -> frozenset[str]:
    """The names of operations that compute nothing: of data that no parameter comes into, their results are data."""
    return frozenset(name for module in _files() for name in getattr(module, "EXACT", ()))


def _files() -> list[ModuleType]:
    return modules_in(OPERATIONS, importlib.import_module(OPERATIONS).__path__)


class Recording(TorchDispatchMode):  # type: ignore[misc]
    """While this lasts, operations are put down in the builder. notes, read: sentences, places of numbers read."""

    def __init__(self, builder: Builder):
        super().__init__()
        self.builder = builder
        self.memory = Memory(builder)
        self.notes: dict[str, None] = {}
        self.read: dict[str, None] = {}
        self._depends: list[bool] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        with self.builder.at(place()):
            try:
                return self._seen(func, args, kwargs or {})
            except CannotBeTraced:
                raise
            except InputError as error:
                raise CannotBeTraced(f"{self._at}{_short(func)} cannot be put down: {error}") from error

    @property
    def _at(self) -> str:
        return f"{self.builder.place}: " if self.builder.place else ""

    def depends(self, held: Held) -> bool:
        """Whether it depends on a parameter."""
        if isinstance(held, Unknown):
            return True
        nodes = self.builder.nodes
        for node in nodes[len(self._depends) :]:
            self._depends.append(node.operation == "input" or any(self._depends[i] for i in node.inputs))
        return self._depends[held.position]

    # -- one operation -----------------------------------------------------------------------------------------------
    def _seen(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if torch._C._current_graph_task_id() != -1:
            raise CannotBeTraced(
                f"{self._at}the loss takes derivatives itself (torch.autograd.grad or .backward()), which is not "
                "supported: write what it needs of them as a formula"
            )
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise CannotBeTraced(f"{self._at}{_short(func)} is random: {RANDOM}")
        if func._schema.is_mutable:
            return self._written(func, args, kwargs)
        known = [self.memory.read(t) for t in _tensors((args, kwargs)) if self.memory.knows(t)]
        depends = any(self.depends(held) for held in known)
        if func is torch.ops.aten._local_scalar_dense.default:
            return self._read_out(func, args, depends)
        if not depends and ((not known and _name(func) in moving()) or not _floats((args, kwargs))):
            return func(*args, **kwargs)
        unknown = [held for held in known if isinstance(held, Unknown)]
        if unknown:
            return self._put(func(*args, **kwargs), unknown[0])
        lower = operations().get(f"{_name(func)}.{func._overloadname}") or operations().get(_name(func))
        return self._lowered(lower, func, args, kwargs, depends)

    def _lowered(self, lower: Lowering | None, func: Any, args: Any, kwargs: Any, depends: bool) -> Any:
        """Put an operation down, or take it apart; data that can be neither stay what PyTorch has computed."""
        if lower is None:
            parts = self._apart(func, args, kwargs)
            if parts is not NotImplemented:
                return parts
        result = func(*args, **kwargs)
        if not depends and not _floats(result):
            return result
        values: Any = None
        problem = _missing(func, self._at)
        if lower is not None:
            shapes = tuple(tuple(t.shape) if isinstance(t, torch.Tensor) else () for t in _results(result))
            try:
                values = lower(
                    Call(self.builder, func, shapes), *tree_map(self._given, args), **tree_map(self._given, kwargs)
                )
            except CannotBeTraced as error:
                problem = CannotBeTraced(f"{self._at}{error}")
        if values is None:
            if depends:
                return self._put(result, Unknown(problem))
            self.notes[f"{self._at}{_short(func)} of data was computed by PyTorch, and its rounded result is used"] = (
                None
            )
            return result
        return self._put(result, values)

    def _apart(self, func: Any, args: Any, kwargs: Any) -> Any:
        """The result by PyTorch's decomposition, whose operations are recorded; NotImplemented if it has none."""
        table = torch._decomp.decomposition_table
        with self:
            if func in table:
                return table[func](*args, **kwargs)
            return func.decompose(*args, **kwargs)

    def _put(self, result: Any, values: Any) -> Any:
        """Say what the results hold."""
        tensors = _results(result)
        each = list(values) if isinstance(values, (tuple, list)) else [values] * len(tensors)
        for tensor, value in zip(tensors, each, strict=True):
            if isinstance(tensor, torch.Tensor):
                self.memory.put(tensor, self._held(tensor, value))
        return result

    def _held(self, tensor: torch.Tensor, value: Value | Unknown | None) -> Held:
        if value is None:
            return Unknown(CannotBeTraced(f"{self._at}the loss depends on positions that depend on the parameters"))
        if isinstance(value, Unknown):
            return value
        if value.shape != tuple(tensor.shape):
            raise InputError(f"a result of shape {tuple(tensor.shape)} was put down with the shape {value.shape}")
        if torch.is_grad_enabled() or not self.depends(value):
            return value
        if in_own_derivative():
            return Unknown(
                CannotBeTraced(
                    f"{self._at}a torch.autograd.Function has a derivative that is written by hand, and need not be "
                    "that of what it computes: use operations of PyTorch in its place"
                )
            )
        return value.held()

    def _given(self, x: Any) -> Any:
        """An argument as what puts operations down takes it."""
        if not isinstance(x, torch.Tensor):
            return x
        if self.memory.knows(x) or x.is_floating_point():
            return self.memory.read(x)
        return x.detach().numpy()

    # -- what changes something --------------------------------------------------------------------------------------
    def _written(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An operation that writes into its first argument: as the one that does not, whose result is written."""
        name = _name(func)
        packet = getattr(torch.ops.aten, name.removesuffix("_"), None)
        target = args[0] if args else None
        if torch.Tag.inplace_view in func.tags:
            func(*args, **kwargs)
            if self.memory.knows(args[0]):
                self.memory.look(args[0])
            return target
        if not name.endswith("_") or packet is None or not isinstance(target, torch.Tensor):
            return self._written_elsewhere(func, args, kwargs)
        known = any(self.memory.knows(t) for t in _tensors((args, kwargs)))
        if not known and (name.removesuffix("_") in moving() or not target.is_floating_point()):
            return func(*args, **kwargs)
        with self:
            made = getattr(packet, func._overloadname)(*args, **kwargs)
        value = self.memory.read(made)
        if isinstance(value, Value):
            value = value.broadcast_to(tuple(target.shape))
        self.memory.write(target, value)
        func(*args, **kwargs)
        return target

    def _written_elsewhere(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        tensors = _tensors((args, kwargs))
        known = any(self.memory.knows(t) for t in tensors)
        if not known:
            return func(*args, **kwargs)
        raise CannotBeTraced(
            f"{self._at}{_short(func)} writes its result into a tensor that it is given (out=...), which is not "
            "supported: use the operation that returns it"
        )

    def _read_out(self, func: Any, args: tuple[Any, ...], depends: bool) -> Any:
        """A tensor read by Python: .item(), float(x), `if x > 1`."""
        if depends:
            self.read[self.builder.place] = None
        return func(*args)


def _missing(func: Any, at: str) -> CannotBeTraced:
    return CannotBeTraced(
        f"{at}{_short(func)} has no primitives to be put down with. To add it, write a file in the folder "
        f"mamlcheck/programs/tracing/torch_operations with OPERATIONS = {{{_name(func)!r}: a function that returns "
        "values of a program}; the files there are examples"
    )


def _short(func: Any) -> str:
    return str(func).removesuffix(".default")


def _name(func: Any) -> str:
    return str(func._schema.name.split("::")[1])


def _results(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def _tensors(x: Any) -> list[torch.Tensor]:
    return [t for t in tree_leaves(x) if isinstance(t, torch.Tensor)]


def _floats(x: Any) -> bool:
    return any(t.is_floating_point() for t in _tensors(x))
