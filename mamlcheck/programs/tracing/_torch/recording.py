"""The recording of a run: each operation that PyTorch computes is put down as values of a program.

Operations are seen below PyTorch's own derivatives, which are not used. An operation that has no file in
`torch_operations` is taken apart, by PyTorch's decompositions, into others that may have. What does not depend on the
parameters and is whole numbers or flags stays what PyTorch has computed; other data enter as exact constants.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from mamlcheck.errors import InputError
from mamlcheck.place import modules_in
from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.calls import Call
from mamlcheck.programs.tracing._torch.masked import Masked, finite_part, hidden_part, is_masked
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
def _signature(lower: Lowering) -> inspect.Signature:
    return inspect.signature(lower)


def _takes(lower: Lowering, call: Call, args: Any, kwargs: Any) -> bool:
    """Whether a function can be called so; PyTorch may have arguments that nobody has thought of."""
    try:
        _signature(lower).bind(call, *args, **kwargs)
    except TypeError:
        return False
    return True


@cache
def masked() -> Mapping[str, Lowering]:
    """The operations that may be of minus infinity."""
    found: dict[str, Lowering] = {}
    for module in _files():
        found |= getattr(module, "MASKED", {})
    return found


@cache
def moving() -> frozenset[str]:
    """The names of operations that compute nothing: of data that no parameter comes into, their results are data."""
    return frozenset(name for module in _files() for name in getattr(module, "EXACT", ()))


def _files() -> list[ModuleType]:
    return modules_in(OPERATIONS, importlib.import_module(OPERATIONS).__path__)


class Recording(TorchDispatchMode):  # type: ignore[misc]
    """While this lasts, operations are put down in the builder. notes, read: sentences, and places of numbers read.

    spacing: of the numbers at 1, in the lowest precision that was computed in. originals: see `trace`.
    """

    def __init__(self, builder: Builder, originals: Mapping[str, torch.Tensor] | None = None):
        super().__init__()
        self._originals = {id(tensor): (name, tensor) for name, tensor in (originals or {}).items()}
        self.builder = builder
        self.memory = Memory(builder)
        self.notes: dict[str, None] = {}
        self.read: dict[str, None] = {}
        self.spacing = float(torch.finfo(torch.float64).eps)
        self._depends: list[bool] = []
        self._detached: set[int] = set()  # ids of tensors that are kept in the memory

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Not to be wrapped for PyTorch's compiler, which would be imported for it, in several seconds."""
        return False

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
        return self._depends[(held.finite if isinstance(held, Masked) else held).position]

    # -- one operation -----------------------------------------------------------------------------------------------
    def _seen(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if torch._C._current_graph_task_id() != -1:
            raise CannotBeTraced(
                f"{self._at}the loss takes derivatives itself (torch.autograd.grad or .backward()), which is not "
                "supported: write what it needs of them as a formula"
            )
        self._check_originals(func, args, kwargs)
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
        result = self._recorded(func, args, kwargs, known, depends)
        if (depends and _name(func) == "detach") or any(id(t) in self._detached for t in _tensors((args, kwargs))):
            storages = {t.untyped_storage()._cdata for t in _tensors((args, kwargs))}
            windows = [t for t in _tensors(result) if t.untyped_storage()._cdata in storages]
            self._detached |= {id(t) for t in windows}
        return result

    def _check_originals(self, func: Any, args: Any, kwargs: Any) -> None:
        """A loss that gets at the model by itself depends on parameters that nobody can put others in the place of."""
        if not self._originals or not torch.is_grad_enabled() or _name(func) == "detach":
            return
        for tensor in _tensors((args, kwargs)):
            name, original = self._originals.get(id(tensor), ("", None))
            if original is not None and tensor.requires_grad:
                raise CannotBeTraced(
                    f"{self._at}the loss uses the parameter {name!r} of the model itself, and not of the output that "
                    "it is given, so that at adapted parameters it is another function: compute that term in the "
                    f"model's forward and return it with the output; if it is to be a constant, use {name}.detach()"
                )

    def _recorded(self, func: Any, args: Any, kwargs: Any, known: list[Held], depends: bool) -> Any:
        unknown = [held for held in known if isinstance(held, Unknown)]
        if func is torch.ops.aten.as_strided.default:
            result = func(*args, **kwargs)
            self.memory.look(result)
            return result
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
        if _name(func) == "_to_copy" and not self._is_cast(args[0], result):
            return self._put(result, Unknown(self._positions()))
        values: Any = None
        whole = not any(t.is_floating_point() or t.is_complex() for t in _tensors(result))
        problem = self._positions() if whole else _missing(func, self._at)
        if lower is not None:
            shapes = tuple(tuple(t.shape) if isinstance(t, torch.Tensor) else () for t in _results(result))
            try:
                values = self._by(lower, Call(self.builder, func, shapes), args, kwargs)
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

    def _by(self, lower: Lowering, call: Call, args: Any, kwargs: Any) -> Any:
        """Put an operation down; one on minus infinity only if it is known to go with it."""
        name = _name(call.operation)
        given, named = tree_map(self._given, args), tree_map(self._given, kwargs)
        if not _takes(lower, call, given, named):
            raise CannotBeTraced(
                f"{_short(call.operation)} is not known with these arguments: see OPERATIONS[{name!r}]"
            )
        every = tree_leaves((given, named))
        if not any(isinstance(x, Masked) for x in every) and not (name in moving() and any(map(is_masked, every))):
            return lower(call, *given, **named)
        if any(self.memory.knows(t) and not t.is_floating_point() for t in _tensors((args, kwargs))):
            raise CannotBeTraced(f"{_short(call.operation)} has minus infinity where the parameters decide about it")
        if name in masked():
            return masked()[name](call, *given, **named)
        if name not in moving():
            raise CannotBeTraced(
                f"{_short(call.operation)} of minus infinity is not known: only a softmax may follow it"
            )
        values = lower(call, *tree_map(finite_part, given), **tree_map(finite_part, named))
        hidden = call.operation(*tree_map(hidden_part, given), **tree_map(hidden_part, named))
        return [
            Masked(value, flags.numpy() > 0) if bool((flags > 0).any()) else value
            for value, flags in zip(_results(values), _results(hidden), strict=True)
        ]

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
            if isinstance(tensor, torch.Tensor) and not isinstance(value, np.ndarray):
                self.memory.put(tensor, self._held(tensor, value))
        return result

    def _is_cast(self, x: torch.Tensor, result: torch.Tensor) -> bool:
        """Whether a copy in another type has the same numbers, but for rounding, which is noted."""
        if result.is_floating_point() and x.is_floating_point() and result.element_size() < x.element_size():
            self.spacing = max(self.spacing, float(torch.finfo(result.dtype).eps))
            self.notes[
                f"{self._at}a cast to {result.dtype} rounds; the program goes on with the numbers as they were"
            ] = None
        return result.is_floating_point() or not x.is_floating_point()

    def _positions(self) -> CannotBeTraced:
        return CannotBeTraced(
            f"{self._at}the loss depends on positions, or other whole numbers, that depend on the parameters: it jumps "
            "where they change"
        )

    def _held(self, tensor: torch.Tensor, value: Held | None) -> Held:
        """What a result holds, from what was put down: without a derivative, where PyTorch keeps none."""
        if value is None:
            return Unknown(self._positions())
        if isinstance(value, Unknown):
            return value
        finite = value.finite if isinstance(value, Masked) else value
        if finite.shape != tuple(tensor.shape):
            raise InputError(f"a result of shape {tuple(tensor.shape)} was put down with the shape {finite.shape}")
        if torch.is_grad_enabled() or not self.depends(finite):
            return value
        if in_own_derivative():
            return Unknown(
                CannotBeTraced(
                    f"{self._at}a torch.autograd.Function has a derivative that is written by hand, and need not be "
                    "that of what it computes: use operations of PyTorch in its place"
                )
            )
        return Masked(finite.held(), value.hidden) if isinstance(value, Masked) else finite.held()

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
        if name == "set_":
            return func(*args, **kwargs)  # a window on memory: the memory knows whose, when it is looked through
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
        before = self.memory.read(target)
        if id(target) in self._detached and self.memory.holds(target, self.depends):
            raise CannotBeTraced(
                f"{self._at}{_short(func)} writes through a detached tensor into the memory of one that has a "
                "derivative, which PyTorch does not notice: write into a copy, as x.detach().clone()"
            )
        with self:
            made = packet(*args, **kwargs)
        after = self.memory.read(made)
        if isinstance(after, Value) and isinstance(before, Value):
            after = after.broadcast_to(before.shape)
            if not torch.is_grad_enabled() and self.depends(before):
                after = before + (after - before).held()  # the numbers change, and what they are derived from does not
        self.memory.write(target, after)
        func(*args, **kwargs)
        return target

    def _written_elsewhere(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An operation that writes into a tensor that it is given for its result (out=)."""
        if not any(self.memory.knows(t) for t in _tensors((args, kwargs))):
            return func(*args, **kwargs)
        out = kwargs.get("out")
        if not isinstance(out, torch.Tensor) or out.shape != func(*args, **kwargs).shape:
            raise CannotBeTraced(
                f"{self._at}{_short(func)} writes into tensors that it is given, which is not supported: use "
                "operations that return their results"
            )
        with self:
            made = getattr(torch.ops.aten, _name(func))(*args, **{k: v for k, v in kwargs.items() if k != "out"})
        self.memory.write(out, self.memory.read(made))
        return func(*args, **kwargs)

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
