"""Symbolic models: F, F^, L(w), L~(w) and the directions of the three algorithms as SymPy expressions, for d <= 3.

Nothing is written down here a second time: the formulas of `objective` and `algorithms` run in the `symbolic`
arithmetic on ridge tasks whose data are symbols. The loss is psi, an unknown function with its derivatives psi', psi''
and psi''', or any expression in t. Expressions are nested in full (`symbolic_tasks`), for SymPy to differentiate, or,
with `Names`, cut into short steps: what a formula hands on gets a symbol and a definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.arithmetic import Numbers, symbolic
from mamlcheck.arithmetic.objects import as_array, elementwise
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import TaskBatches, fo_maml_direction, hf_maml_direction, maml_direction
from mamlcheck.meta.expectation import multiset_count, multisets
from mamlcheck.meta.objective import InnerStep, stochastic_smoothness
from mamlcheck.tasks.expression import parse_expression, variable
from mamlcheck.tasks.gathering import Gathering
from mamlcheck.tasks.ridge_sums import RidgeAt, RidgeOn

if TYPE_CHECKING:
    import sympy

Array = np.ndarray  # of SymPy expressions

LARGEST_MODEL_DIMENSION = 3  # a full F with its Hessian takes SymPy a minute at d = 5
MOST_MODEL_SAMPLES = 16  # n m: of each a formula has a term, and nobody reads more
MOST_MODEL_BATCHES = 16  # of F^
INNER = "_in"  # the mark of points adapted with the batch D_in


# -- the loss ----------------------------------------------------------------------------------------------------
@cache
def unknown_loss() -> tuple[Any, ...]:
    """psi, psi', psi'' and psi''' as SymPy functions, each the derivative of the one before."""
    import sympy

    functions: list[Any] = []
    for order in (3, 2, 1, 0):
        later = functions[0] if functions else None
        functions.insert(0, type("psi" + "'" * order, (sympy.Function,), _function_parts(order, later)))
    return tuple(functions)


def _function_parts(order: int, derivative: Any) -> dict[str, Any]:
    def fdiff(self: Any, argindex: int = 1) -> Any:
        if derivative is None:
            raise InputError("psi has derivatives up to psi''' here: the formulas need no more")
        return derivative(self.args[0])

    def latex(self: Any, printer: Any, exp: Any = None) -> str:
        text = r"\psi" + "'" * order + rf"\left({printer._print(self.args[0])}\right)"
        return text if exp is None else rf"{{{text}}}^{{{exp}}}"

    return {"fdiff": fdiff, "_latex": latex, "nargs": 1, "is_real": True, "is_commutative": True}


@dataclass(frozen=True)
class Psi:
    """A profile for symbolic tasks: psi, psi' and psi'', each from one SymPy expression to another."""

    orders: tuple[Callable[[Any], Any], ...]

    def value(self, ar: Any, t: Array) -> Array:
        return elementwise(self.orders[0], t)

    def first(self, ar: Any, t: Array) -> Array:
        return elementwise(self.orders[1], t)

    def first_and_second(self, ar: Any, t: Array) -> tuple[Array, Array]:
        return self.first(ar, t), elementwise(self.orders[2], t)


@dataclass(frozen=True)
class _NamedPsi:
    """`Psi` with a symbol for an argument that a point has not named: that of the far end of a difference."""

    psi: Psi
    names: Names

    def value(self, ar: Any, t: Array) -> Array:
        return self.psi.value(ar, self.names.array("t", "+", t))

    def first(self, ar: Any, t: Array) -> Array:
        return self.psi.first(ar, self.names.array("t", "+", t))

    def first_and_second(self, ar: Any, t: Array) -> tuple[Array, Array]:
        return self.psi.first_and_second(ar, self.names.array("t", "+", t))


def generic_psi() -> Psi:
    """The unknown loss."""
    return Psi(unknown_loss()[:3])


def psi_of(expression: sympy.Expr | str) -> Psi:
    """Any loss: text in t as instance files have it, or a SymPy expression in `expression.variable()`."""
    t = variable()
    given = parse_expression(expression) if isinstance(expression, str) else expression
    derivatives = [given, given.diff(t), given.diff(t, 2)]  # in one dimension, where that costs nothing
    return Psi(tuple(_at(e, t) for e in derivatives))


def _at(expression: Any, t: Any) -> Callable[[Any], Any]:
    return lambda x: expression.xreplace({t: x})


# -- names -------------------------------------------------------------------------------------------------------
@dataclass
class Names:
    """Symbols for what formulas hand on, and their definitions in the order in which they are needed.

    `marks`: what the next new points are called: "w'" and its likes.
    """

    definitions: dict[Any, Any] = field(default_factory=dict)
    latex: dict[Any, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    _known: dict[Any, Any] = field(default_factory=dict)

    def array(self, letter: str, mark: str, values: Numbers) -> Array:
        """A symbol for each element of `values` that is not a symbol already; equal ones share theirs."""
        expressions, out = np.asarray(values), np.empty(values.shape, dtype=object)
        for index in np.ndindex(values.shape):
            out[index] = self._symbol(letter, mark, _counted(index, values.shape), expressions[index])
        return out

    def _symbol(self, letter: str, mark: str, index: tuple[int, ...], value: Any) -> Any:
        if value.is_Symbol or value.is_Number:
            return value
        short = self._shortest(value)
        if short not in self._known:
            symbol = indexed(letter + mark, index, self.latex)
            self._known[short], self.definitions[symbol] = symbol, short
        return self._known[short]

    def _shortest(self, value: Any) -> Any:
        """The value as it is, or with its gradients written out where that is shorter, as it is over batches."""
        import sympy

        gradients = {s: e for s, e in self.definitions.items() if s in value.free_symbols and s.name[0] == "g"}
        forms = [value, sympy.expand(value), sympy.expand(value.xreplace(gradients))]
        return min(forms, key=lambda e: (sympy.count_ops(e), sympy.default_sort_key(e)))


def _counted(index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Indices from 1; an axis of one point is left out (the tasks' axis, the first, is kept)."""
    return tuple(k + 1 for axis, (k, size) in enumerate(zip(index, shape, strict=True)) if size > 1 or axis != 1)


_LATEX = {"alpha": r"\alpha", "rho": r"\rho", "delta": r"\delta", "mu": r"\mu", "w^": r"\hat{w}", "t^": r"\hat{t}",
          "g^": r"\hat{g}"}  # fmt: skip


def indexed(name: str, index: tuple[int, ...], latex: dict[Any, str], **assumptions: bool) -> Any:
    """The real symbol name[1,2], with its LaTeX noted in `latex`."""
    import sympy

    symbol = sympy.Symbol(f"{name}[{','.join(map(str, index))}]" if index else name, real=True, **assumptions)
    base, _, role = name.partition("_")
    bare = base.rstrip("'+-")
    text = _LATEX.get(bare, bare) + "'" * base.count("'")
    above = "".join(f"^{{{sign}}}" for sign in base[len(bare) :] if sign in "+-")
    role_text = rf"^{{\mathrm{{{role}}}}}" if role else ""
    latex[symbol] = text + above + role_text + (f"_{{{','.join(map(str, index))}}}" if index else "")
    return symbol


# -- tasks whose data are symbols --------------------------------------------------------------------------------
@dataclass(frozen=True)
class SymbolicTasks(RidgeOn):
    """Ridge tasks in `symbolic`; with `names`, points, arguments and gradients get symbols as formulas ask for them."""

    names: Names | None = None

    def at(self, w: Numbers) -> RidgeAt:
        if self.names is None:
            return RidgeAt(self, w)
        plain = all(v in self.names.latex and v not in self.names.definitions for v in np.asarray(w).ravel())
        mark = "" if plain else self.names.marks.pop(0)
        return _NamedAt(self, self.names.array("w", mark, w), mark)

    def select(self, tasks: list[int]) -> SymbolicTasks:
        if tasks != list(range(int(self.a.shape[-3]))):
            raise InputError(f"tasks {tasks}: a symbolic step draws every task once, in order")
        return self

    def drawn(self, rows: Gathering) -> SymbolicTasks:
        raise InputError(
            "a symbolic step draws every task once, with weights for its batches: there are no rows of draws"
        )


class _NamedAt(RidgeAt):
    """`RidgeAt` with symbols for the arguments of psi, for full gradients and for what Hessians are applied to."""

    tasks: SymbolicTasks

    def __init__(self, tasks: SymbolicTasks, w: Numbers, mark: str):
        super().__init__(tasks, w)
        assert tasks.names is not None
        self._names, self._mark = tasks.names, mark
        self.t = self._names.array("t", mark, self.t)

    def gradient(self, q: Numbers | None = None) -> Numbers:
        found = super().gradient(q)
        if q is None:
            return self._names.array("g", self._mark, found)
        return self._names.array("v", "", found) if self._mark == INNER else found  # v of equation (11)

    def hessian_vector(self, v: Numbers, q: Numbers | None = None) -> Numbers:
        return super().hessian_vector(self._names.array("v", self._mark, v), q)


@dataclass(frozen=True)
class Setting:
    """The symbols of n tasks with m samples in d dimensions: data, weights of batches, constants.

    Raises `InputError` for more dimensions, samples or batches than a symbolic model is made for.
    """

    dim: int = 2
    tasks: int = 1
    samples: int = 2
    test_batch: int = 1
    ridge: bool = False

    def __post_init__(self) -> None:
        for name, least in (("dim", 1), ("tasks", 1), ("samples", 1), ("test_batch", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InputError(f"{name} = {value!r}: give an integer >= {least}")
        if self.dim > LARGEST_MODEL_DIMENSION:
            raise InputError(
                f"dim = {self.dim}: symbolic models are kept to d <= {LARGEST_MODEL_DIMENSION}, since their "
                "expressions grow beyond reading and their derivatives beyond minutes: give 1 to "
                f"{LARGEST_MODEL_DIMENSION}"
            )
        if self.tasks * self.samples > MOST_MODEL_SAMPLES:
            raise InputError(
                f"{self.tasks} tasks of {self.samples} samples each: symbolic models are kept to "
                f"{MOST_MODEL_SAMPLES} in all"
            )
        if multiset_count(self.samples, self.test_batch) > MOST_MODEL_BATCHES:
            raise InputError(
                f"{self.test_batch} draws from {self.samples} samples make "
                f"{multiset_count(self.samples, self.test_batch)} batches: F^ is kept to {MOST_MODEL_BATCHES}"
            )


class SymbolicModel:
    """The models of a setting under a loss: each attribute one SymPy expression, or a list of d of them.

    With `names`, expressions are short, and `names.definitions` holds their steps. Every name is as the paper has it.
    """

    def __init__(self, setting: Setting, psi: Psi, names: Names | None = None):
        self.setting, self.names = setting, names
        self.latex: dict[Any, str] = {} if names is None else names.latex
        n, m, d = setting.tasks, setting.samples, setting.dim
        self.w = self._symbols("w", d)[None]
        self.alpha = self._one("alpha", nonnegative=True)
        self.smoothness, self.hessian_lipschitz = self._one("L", nonnegative=True), self._one("rho", nonnegative=True)
        self.delta = self._symbols("delta", n, positive=True)[:, None]
        self.tasks = SymbolicTasks(
            symbolic, self._symbols("a", n, m, d), self._symbols("b", n, m), self._symbols("c", n, m),
            self._one("mu", nonnegative=True) if setting.ridge else None, self._probabilities(n),
            psi if names is None else _NamedPsi(psi, names), None, names,
        )  # fmt: skip
        q = {role: self._symbols(f"q_{role}", n, m) for role in ("in", "o", "h", "beta")}
        self.stepsize_weights = q["beta"]
        self.batches = TaskBatches(list(range(n)), inner=q["in"], outer=q["o"], hessian=q["h"])
        self.test = multisets(m, setting.test_batch)

    def _symbols(self, name: str, *shape: int, **assumptions: bool) -> Array:
        out = np.empty(shape, dtype=object)
        for index in np.ndindex(shape):
            out[index] = indexed(name, tuple(k + 1 for k in index), self.latex, **assumptions)
        return out

    def _one(self, name: str, **assumptions: bool) -> Array:
        return np.array(indexed(name, (), self.latex, **assumptions), dtype=object)

    def _probabilities(self, n: int) -> Array:
        return symbolic.exact([1]) if n == 1 else self._symbols("p", n, nonnegative=True)

    def _marked(self, *marks: str) -> None:
        if self.names is not None:
            self.names.marks[:] = marks

    def _step(self, *marks: str) -> InnerStep:
        self._marked(*marks)
        return InnerStep(symbolic, self.tasks, self.alpha, self.w)

    def objective(self) -> Any:
        """F(w), equation (2)."""
        return _one(self._step("'").value)

    def meta_gradient(self) -> list[Any]:
        """grad F(w)."""
        return _at_the_point(self._step("'").meta_gradient)

    def stochastic_objective(self) -> Any:
        """F^(w), equation (3)."""
        return _one(self._step("^").stochastic_value(self.test))

    def stochastic_meta_gradient(self) -> list[Any]:
        """grad F^(w)."""
        return _at_the_point(self._step("^").stochastic_meta_gradient(self.test))

    def smoothness_bound(self) -> Any:
        """L(w) of Lemma 4.8."""
        return _one(self._step().smoothness_bound(self.smoothness, self.hessian_lipschitz))

    def stochastic_smoothness_bound(self) -> Any:
        """L~(w) of Lemma 4.9: every task once, with the weights of its step-size batch."""
        ar, start = self.tasks.ar, self._step().start
        lengths = ar.norm(start.gradient(self.stepsize_weights[:, None, :]))[:, 0]
        mean = ar.mean(lengths, 0)
        return _one(stochastic_smoothness(self.smoothness, self.hessian_lipschitz, self.alpha, mean))

    def maml(self) -> list[Any]:
        """The direction of equation (5): every task once."""
        self._marked(INNER)
        return _at_the_point(maml_direction(symbolic, self.tasks, self.alpha, self.w, self.batches))

    def fo_maml(self) -> list[Any]:
        """The direction of equation (8)."""
        self._marked(INNER)
        return _at_the_point(fo_maml_direction(symbolic, self.tasks, self.alpha, self.w, self.batches))

    def hf_maml(self) -> list[Any]:
        """The direction of equations (10) and (11)."""
        self._marked(INNER, "-")
        return _at_the_point(hf_maml_direction(symbolic, self.tasks, self.alpha, self.w, self.batches, self.delta))


def _one(x: Numbers) -> Any:
    """The only expression of an array."""
    return as_array(x).item()


def _at_the_point(x: Numbers) -> list[Any]:
    """The coordinates of a vector (1, d) at the only point."""
    return list(as_array(x)[0])


def symbols_in_order(model: SymbolicModel) -> Iterator[Any]:
    """Every symbol that is not defined by a step, in the order in which it was made."""
    defined = model.names.definitions if model.names is not None else {}
    return (symbol for symbol in model.latex if symbol not in defined)


__all__ = ["Names", "Psi", "Setting", "SymbolicModel", "generic_psi", "psi_of", "symbols_in_order", "unknown_loss"]
