"""Expressions in one real variable t: text to SymPy and back through a whitelist, and SymPy to any
arithmetic.

`parse_expression` reads text by Python's grammar (`ast`) and builds SymPy objects node by node: nothing is
ever evaluated as code, whatever the text holds. `expression_text` writes text that parses back to the
identical expression. `compile_expression` turns expressions into a flat list of array operations that runs
over an arithmetic passed as argument. This module knows nothing of losses.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.arithmetic.objects import as_array
from mamlcheck.errors import InputError

if TYPE_CHECKING:
    import sympy

__all__ = [
    "FUNCTIONS", "Program", "Written", "built", "compile_expression", "expression_text", "parse_expression",
    "read_expression", "variable", "written_text",
]  # fmt: skip

FUNCTIONS = (
    "asinh", "atan", "cos", "cosh", "erf", "exp", "expm1", "log", "log1p", "logaddexp", "sigmoid", "sin", "sinh",
    "softplus", "sqrt", "tanh",
)  # fmt: skip
KINKED = (
    "Abs", "Heaviside", "Max", "Min", "Piecewise", "abs", "ceiling", "floor", "max", "maximum", "min", "minimum",
    "relu", "sign", "where",
)  # fmt: skip
ALLOWED = "allowed are the variable t, numbers, pi, E, + - * / **, parentheses and the functions " + ", ".join(
    FUNCTIONS
)
LONGEST = 2000  # characters
DEEPEST = 60  # nested operations
LARGEST_POWER = 64
LARGEST_NUMBER = 4096  # bits of a numerator or denominator

_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,3}))?")


@cache
def variable() -> sympy.Symbol:
    """The variable t, a real symbol."""
    import sympy

    return sympy.Symbol("t", real=True)


# -- text to a tree ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Written:
    """A node of an expression as a person wrote it: nothing is simplified, so nothing is lost.

    `kind`: 't', 'number', 'pi', 'E', 'neg', '+', '-', '*', '/', 'power' or the name of a function. `value`: a
    number, or the exponent of a power. `text`: how the node is written.
    """

    kind: str
    text: str
    parts: tuple[Written, ...] = ()
    value: Fraction = Fraction(0)

    def nodes(self) -> Iterator[Written]:
        """Every node, parts before what they are part of."""
        for part in self.parts:
            yield from part.nodes()
        yield self

    @property
    def constant(self) -> bool:
        return all(node.kind != "t" for node in self.nodes())


def read_expression(text: str) -> Written:
    """The tree that `text` states; decimals are the exact fractions they say.

    Raises `InputError`, naming what was found and what is allowed, for anything but an expression built from
    the whitelist: other names, attributes, calls, comparisons, exponents out of proportion, deep nesting.
    """
    if not isinstance(text, str):
        raise InputError(f"an expression is text such as 'log(1 + t**2)', not {type(text).__name__}")
    if len(text) > LONGEST:
        raise InputError(f"the expression has {len(text)} characters: at most {LONGEST} are read")
    text = " ".join(text.split())
    if not text.isascii():
        found = next(c for c in text if not c.isascii())
        raise InputError(f"the expression holds the character {found!r}: {ALLOWED}")
    return _Reader(text).read(_syntax(text), 0)


def _syntax(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about spellings such as `1if`, which the reader refuses anyway
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise InputError(f"{short(text)} is not an expression ({reason}): {ALLOWED}") from None


def short(text: str) -> str:
    """The text in quotes, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class _Reader:
    """Reads a syntax tree, node by node."""

    def __init__(self, text: str):
        self.text = text

    def read(self, node: ast.expr, depth: int) -> Written:
        if depth > DEEPEST:
            raise InputError(f"the expression is nested more than {DEEPEST} deep: write it flatter")
        text = self._source(node)
        match node:
            case ast.Constant():
                return Written("number", text, value=self._number(node))
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(op=ast.USub()):
                return Written("neg", text, (self.read(node.operand, depth + 1),))
            case ast.UnaryOp(op=ast.UAdd()):
                return self.read(node.operand, depth + 1)
            case ast.BinOp(op=ast.Pow()):
                return self._power(node, self.read(node.left, depth + 1), self.read(node.right, depth + 1))
            case ast.BinOp() if type(node.op) in _OPERATORS:
                parts = self.read(node.left, depth + 1), self.read(node.right, depth + 1)
                return Written(_OPERATORS[type(node.op)], text, parts)
            case ast.BinOp(op=ast.BitXor()):
                raise InputError(f"{short(text)} holds ^, which is no power here: write ** for a power, as in t**2")
            case ast.Call():
                return self._call(node, depth)
        raise self._refused(node)

    def _source(self, node: ast.AST) -> str:
        return ast.get_source_segment(self.text, node) or self.text

    def _refused(self, node: ast.AST) -> InputError:
        found, kind = short(self._source(node)), type(node).__name__.lower()
        return InputError(f"{found} ({kind}) cannot be part of an expression: {ALLOWED}")

    def _number(self, node: ast.Constant) -> Fraction:
        written = self.text[node.col_offset : node.end_col_offset].replace("_", "")
        if isinstance(node.value, (bool, str, bytes)) or not _NUMBER.fullmatch(written):
            raise self._refused(node)
        return Fraction(written)  # the pattern keeps the exponent below 1000

    def _name(self, node: ast.Name) -> Written:
        if node.id in ("t", "pi", "E"):
            return Written(node.id, node.id)
        raise InputError(f"the name {short(node.id)} is not known: {ALLOWED}")

    def _power(self, node: ast.BinOp, base: Written, exponent: Written) -> Written:
        text = self._source(node)
        if base.kind == "E":
            return Written("exp", text, (exponent,))
        if not exponent.constant:
            raise InputError(
                f"the exponent {short(exponent.text)} holds t: write exp(({exponent.text}) * log({base.text})) for "
                "such a power"
            )
        power = built(exponent)
        if not abs(power) <= LARGEST_POWER:
            raise InputError(
                f"the exponent {short(exponent.text)} is not allowed: give a constant of at most {LARGEST_POWER} in "
                "size"
            )
        if power.is_Rational:
            return Written("power", text, (base,), Fraction(int(power.p), int(power.q)))
        logarithm = Written("log", f"log({base.text})", (base,))
        return Written("exp", text, (Written("*", f"({exponent.text}) * {logarithm.text}", (exponent, logarithm)),))

    def _call(self, node: ast.Call, depth: int) -> Written:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name in KINKED:
            raise _kinked(short(self._source(node)), name)
        if name not in FUNCTIONS:
            raise self._refused(node)
        wanted = 2 if name == "logaddexp" else 1
        if len(node.args) != wanted or node.keywords:
            arguments = "two arguments" if wanted == 2 else "one argument"
            raise InputError(f"{name} takes {arguments}, not {len(node.args) + len(node.keywords)}")
        return Written(name, self._source(node), tuple(self.read(a, depth + 1) for a in node.args))


def _kinked(found: str, name: str) -> InputError:
    return InputError(
        f"{found} holds {name}, which has kinks or jumps, and where one is left psi'' is not Lipschitz: the theory "
        "needs a Lipschitz Hessian. Take a smooth form, such as sqrt(1 + t**2) - 1 for Huber's loss, log(1 + exp(t)) "
        "for Max(0, t) or t*tanh(t) for Abs(t)"
    )


# -- the tree to a SymPy expression ----------------------------------------------------------------------------
def parse_expression(text: str) -> sympy.Expr:
    """The SymPy expression in `variable()` that `text` states, as `read_expression` reads it.

    SymPy puts some of it together, t/t to 1 for example: where the text is defined the values are the same,
    and whether it is defined everywhere is asked of `read_expression`'s tree. Raises `InputError` for what is
    not real or out of proportion.
    """
    return _checked(built(read_expression(text)))


def built(node: Written) -> Any:
    """The SymPy expression of a tree."""
    import sympy

    parts = [built(part) for part in node.parts]
    match node.kind:
        case "t":
            return variable()
        case "number":
            return _sized(sympy.Rational(node.value.numerator, node.value.denominator))
        case "pi" | "E":
            return getattr(sympy, node.kind)
        case "neg":
            return -parts[0]
        case "+":
            return _sized(parts[0] + parts[1])
        case "-":
            return _sized(parts[0] - parts[1])
        case "*":
            return _sized(parts[0] * parts[1])
        case "/":
            if parts[1].is_zero:
                raise InputError(f"{short(node.text)} divides by zero")
            return _sized(parts[0] / parts[1])
        case "power":
            return _built_power(node, parts[0])
    return _real(_SAID[node.kind](*parts) if node.kind in _SAID else getattr(sympy, node.kind)(*parts))


def _built_power(node: Written, base: Any) -> Any:
    import sympy

    if base.is_zero and node.value < 0:
        raise InputError(f"{short(node.text)} divides by zero")
    if base.is_Rational and _bits(base) * abs(node.value) > LARGEST_NUMBER:
        raise _too_large()
    return _sized(base ** sympy.Rational(node.value.numerator, node.value.denominator))


def _log1p(x: Any) -> Any:
    import sympy

    return sympy.log(1 + x)


def _expm1(x: Any) -> Any:
    import sympy

    return sympy.exp(x) - 1


def _sigmoid(x: Any) -> Any:
    import sympy

    return (1 + sympy.tanh(x / 2)) / 2


def _softplus(x: Any) -> Any:
    import sympy

    return sympy.log(1 + sympy.exp(x))


def _logaddexp(x: Any, y: Any) -> Any:
    return x + _softplus(y - x)


# What SymPy has no function for, by what it has; no form overflows that need not.
_SAID: dict[str, Callable[..., Any]] = {
    "log1p": _log1p, "expm1": _expm1, "sigmoid": _sigmoid, "softplus": _softplus, "logaddexp": _logaddexp,
}  # fmt: skip


def _bits(number: Any) -> int:
    return max(int(number.p).bit_length(), int(number.q).bit_length())


def _too_large() -> InputError:
    return InputError(f"the expression holds a number of more than {LARGEST_NUMBER} bits: scale it down")


def _sized(expression: Any) -> Any:
    """`expression`, refused when it holds a number or a power out of proportion."""
    number = expression if expression.is_Rational else expression.as_coeff_Mul()[0]
    if number.is_Rational and _bits(number) > LARGEST_NUMBER:
        raise _too_large()
    factors = (expression,) if expression.is_Pow else expression.args if expression.is_Mul else ()
    for factor in factors:
        if factor.is_Pow and factor.exp.is_Rational and abs(factor.exp) > LARGEST_POWER:
            raise InputError(f"powers multiply to the exponent {factor.exp}: at most {LARGEST_POWER} is allowed")
    return _real(expression)


def _real(expression: Any) -> Any:
    import sympy

    if expression.has(sympy.I, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        raise InputError(
            f"a part of the expression is {expression}, not a real number: keep every part real and finite"
        )
    return expression


def _checked(expression: Any) -> sympy.Expr:
    """The expression, refused where SymPy has turned it into something outside the whitelist."""
    import sympy

    known = _known_functions()
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, sympy.Function) and type(node) not in known:
            if type(node).__name__ in KINKED:
                raise _kinked(f"the expression amounts to one in {node}: it", type(node).__name__)
            raise InputError(f"the expression amounts to one in {node}, which is not smooth or not known: {ALLOWED}")
    return expression


@cache
def _known_functions() -> dict[Any, str]:
    import sympy

    names = ("asinh", "atan", "cos", "cosh", "erf", "exp", "log", "sin", "sinh", "tanh")
    return {getattr(sympy, name): name for name in names}


# -- expression to text --------------------------------------------------------------------------------------
def expression_text(expression: sympy.Expr | str) -> str:
    """Text that `parse_expression` reads back to the identical expression.

    An expression with a held structure that SymPy itself would not keep, such as an undistributed 2*(t + 1),
    gives the text of the form that it would keep. Raises `InputError` for anything that the whitelist cannot
    say.
    """
    import sympy

    text = expression if isinstance(expression, str) else written_text(expression)
    known = None if isinstance(expression, str) else expression
    for _ in range(4):
        read = parse_expression(text)
        if read == known:
            return text
        known, text = read, sympy.sstr(read)
    raise InputError(f"{short(text)} does not keep its form: state the expression more simply")


def written_text(expression: sympy.Expr) -> str:
    """What a SymPy expression in one symbol holds, as text in t: nothing is put together or rounded on the
    way.

    A Float is the exact binary number that it holds, not the decimals that SymPy shows.
    """
    symbols = expression.free_symbols
    if len(symbols) > 1:
        names = ", ".join(sorted(map(str, symbols)))
        raise InputError(f"the loss {expression} holds the symbols {names}: give an expression in one symbol")
    text: str = _exact_printer()().doprint(expression)
    return text


@cache
def _exact_printer() -> Any:
    from sympy.printing.str import StrPrinter

    class ExactPrinter(StrPrinter):  # type: ignore[misc]
        def _print_Symbol(self, expr: Any) -> str:  # noqa: N802 - SymPy's names
            return "t"

        def _print_Float(self, expr: Any) -> str:  # noqa: N802
            sign, mantissa, exponent, _ = expr._mpf_
            value = Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)
            return str(value) if value.denominator == 1 and value >= 0 else f"({value})"

    return ExactPrinter


# -- expression to operations --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Program:
    """Array operations in the order they run. Called with an arithmetic and an array, returns a tuple of
    arrays.

    Slot 0 holds the argument, then come the constants (plain ints, and exact numbers that `ar.exact` takes),
    then one result for each step `(operation, left, right)`: an operator of two slots, or, with right = -1,
    the name of a method of the arithmetic on one.
    """

    ints: tuple[int, ...]
    exacts: tuple[Any, ...]
    steps: tuple[tuple[Any, int, int], ...]
    outputs: tuple[int, ...]

    def __call__(self, ar: Any, x: Any) -> tuple[Any, ...]:
        """The values of the expressions at x; each has the shape of x."""
        return tuple(_shaped(ar, value, x) for value in self.values(ar, x))

    def values(self, ar: Any, x: Any) -> tuple[Any, ...]:
        """The bare results at x: a constant stays a constant, not an array of the shape of x."""
        slots: list[Any] = [x, *self.ints]
        slots += [ar.exact(c) for c in self.exacts]
        add = slots.append
        for operation, left, right in self.steps:
            if right >= 0:
                add(operation(slots[left], slots[right]))
            elif operation == "neg":
                add(-slots[left])
            else:
                add(getattr(ar, operation)(slots[left]))
        return tuple(slots[k] for k in self.outputs)

    @property
    def rational(self) -> bool:
        """Whether only + - * / occur, so that rational arguments give rational values."""
        return all(right >= 0 or operation in ("neg", "square") for operation, _, right in self.steps)

    @property
    def cost(self) -> int:
        """What the steps cost next to one multiplication of arrays, roughly: for choosing between equal
        forms.
        """
        return sum(_COSTS.get(operation, 20) for operation, _, _ in self.steps)


def _shaped(ar: Any, value: Any, x: Any) -> Any:
    if isinstance(value, int):
        value = ar.exact(value)
    elif not hasattr(value, "shape"):  # NumPy hands a bare number back where a result has no axes
        value = as_array(value)
    return value if tuple(value.shape) == tuple(x.shape) else ar.broadcast_to(value, x.shape)


_COSTS: dict[Any, int] = {
    operator.add: 1, operator.sub: 1, operator.mul: 1, operator.truediv: 3, "neg": 1, "square": 1, "abs": 1,
    "sqrt": 4,
}  # fmt: skip


def compile_expression(expressions: Sequence[sympy.Expr], symbol: sympy.Symbol, stable: bool = True) -> Program:
    """A program for expressions in `symbol`; what they share is computed once.

    The expressions may hold rational numbers, pi, E, sums, products, constant powers, and exp, log, tanh, sin,
    cos, sinh, cosh, atan, asinh, erf. log(1 + x) becomes log1p(x), exp(x) - 1 becomes expm1(x). With
    `stable`, log(cosh(x)) and log(1 + exp(x)) are computed from |x|, which no double overflows. Raises
    `InputError` for anything else.
    """
    import sympy

    shared, reduced = sympy.cse(list(expressions), symbols=(sympy.Dummy(f"s{k}") for k in range(10**6)))
    compiler = _Compiler(symbol, [e for _, e in shared] + list(reduced), stable)
    for name, part in shared:
        compiler.known[name] = compiler.slot(part)
    return compiler.program([compiler.slot(e) for e in reduced])


# A slot under construction: ("x",), ("int", n), ("exact", fraction), or the number of a step.
_Slot = Any


class _Compiler:
    """Emits steps, each distinct one once."""

    def __init__(self, symbol: Any, expressions: Sequence[Any], stable: bool):
        self.stable = stable
        self.known: dict[Any, _Slot] = {symbol: ("x",)}
        self.steps: list[tuple[Any, _Slot, _Slot]] = []
        self.numbers: dict[tuple[Any, _Slot, _Slot], int] = {}
        self.reciprocals = _reciprocal_uses(expressions)

    def program(self, outputs: Sequence[_Slot]) -> Program:
        """Number the slots: argument, ints, exact constants, steps."""
        used = [s for step in self.steps for s in step[1:]] + list(outputs)
        ints = sorted({s[1] for s in used if isinstance(s, tuple) and s[0] == "int"})
        exacts = sorted({s[1] for s in used if isinstance(s, tuple) and s[0] == "exact"})
        place: dict[Any, int] = {("x",): 0, None: -1}
        place |= {("int", n): 1 + k for k, n in enumerate(ints)}
        place |= {("exact", c): 1 + len(ints) + k for k, c in enumerate(exacts)}
        base = 1 + len(ints) + len(exacts)
        place |= {k: base + k for k in range(len(self.steps))}
        steps = tuple((operation, place[a], place[b]) for operation, a, b in self.steps)
        return Program(tuple(ints), tuple(_constant(c) for c in exacts), steps, tuple(place[s] for s in outputs))

    def emit(self, operation: Any, left: _Slot, right: _Slot = None) -> _Slot:
        if operation in (operator.add, operator.mul) and repr(right) < repr(left):
            left, right = right, left
        key = (operation, left, right)
        if key not in self.numbers:
            self.numbers[key] = len(self.steps)
            self.steps.append(key)
        return self.numbers[key]

    def slot(self, e: Any) -> _Slot:
        if e not in self.known:
            self.known[e] = self._lower(e)
        return self.known[e]

    def _lower(self, e: Any) -> _Slot:
        import sympy

        if e.is_Rational:
            return self._number(Fraction(int(e.p), int(e.q)))
        if e is sympy.pi:
            return self.emit(operator.mul, self.emit("atan", self._exact(Fraction(1))), ("int", 4))
        if e is sympy.E:
            return self.emit("exp", self._exact(Fraction(1)))
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow and e.exp.is_Rational and e.exp.q <= 2:
            return self._power(e)
        if e.is_Pow and not e.exp.free_symbols:  # of a base that is positive: else it is not real
            logarithm = self._function("log", e.base)
            if e.exp.is_Rational:
                scaled = self._scaled(logarithm, Fraction(int(e.exp.p), int(e.exp.q)))
            else:
                scaled = self.emit(operator.mul, logarithm, self.slot(e.exp))
            return self.emit("exp", scaled)
        name = _known_functions().get(type(e))
        if name is None:
            raise InputError(f"{e} cannot be computed in every arithmetic: {ALLOWED}")
        return self._function(name, e.args[0])

    def _number(self, value: Fraction) -> _Slot:
        if value.denominator == 1 and abs(value) <= 2**53:
            return ("int", int(value))
        return self._exact(value)

    def _exact(self, value: Fraction) -> _Slot:
        return ("exact", value)

    def _array(self, slot: _Slot) -> _Slot:
        """The slot as something a method takes: an int becomes an exact array."""
        return self._exact(Fraction(slot[1])) if isinstance(slot, tuple) and slot[0] == "int" else slot

    def _function(self, name: str, argument: Any) -> _Slot:
        if name == "log":
            slot = self._logarithm(argument)
            if slot is not None:
                return slot
        return self.emit(name, self._array(self.slot(argument)))

    def _logarithm(self, argument: Any) -> _Slot:
        """Log of a form that would overflow or lose digits as it stands, or None."""
        import sympy

        coefficient, kernel = argument.as_coeff_Mul()
        if self.stable and isinstance(kernel, sympy.cosh) and coefficient.is_positive:
            # log(c cosh x) = |x| + log1p(exp(-2|x|)) + log(c/2)
            size = self.emit("abs", self._array(self.slot(kernel.args[0])))
            tail = self.emit("log1p", self.emit("exp", self.emit(operator.mul, size, ("int", -2))))
            total = self.emit(operator.add, size, tail)
            rest = self.slot(sympy.log(coefficient / 2))
            return total if rest == ("int", 0) else self.emit(operator.add, total, rest)
        if not (argument.is_Add and 1 in argument.args):
            return None
        rest = argument - 1
        if self.stable and isinstance(rest, sympy.exp):
            # log(1 + exp x) = (x + |x|)/2 + log1p(exp(-|x|))
            x = self._array(self.slot(rest.args[0]))
            size = self.emit("abs", x)
            ramp = self._scaled(self.emit(operator.add, x, size), Fraction(1, 2))
            return self.emit(operator.add, ramp, self.emit("log1p", self.emit("exp", self.emit("neg", size))))
        return self.emit("log1p", self._array(self.slot(rest)))

    def _sum(self, e: Any) -> _Slot:
        import sympy

        constant, terms = e.as_coeff_add()
        if len(terms) == 1 and abs(constant) == 1:
            sign, kernel = terms[0].as_coeff_Mul()
            if isinstance(kernel, sympy.exp) and sign == -constant:  # exp(x) - 1 or 1 - exp(x)
                result = self.emit("expm1", self._array(self.slot(kernel.args[0])))
                return result if sign > 0 else self.emit("neg", result)
        signed = [(_negative(term), term) for term in terms]
        total: _Slot = None
        if all(negative for negative, _ in signed):
            total = self.slot(constant) if constant else None
            constant = sympy.Integer(0)
        for negative, term in sorted(signed, key=lambda pair: pair[0]):
            part = self.slot(-term if negative else term)
            if total is None:
                total = self.emit("neg", part) if negative else part
            else:
                total = self.emit(operator.sub if negative else operator.add, total, part)
        if constant:
            operation = operator.sub if constant < 0 else operator.add
            total = self.emit(operation, total, self.slot(abs(constant)))
        return total

    def _product(self, e: Any) -> _Slot:
        coefficient, factors = e.as_coeff_mul()
        above, below = [], []
        for factor in factors:
            if factor.is_Pow and factor.exp == -1 and self.reciprocals[factor.base] == 1:
                below.append(self.slot(factor.base))
            else:
                above.append(self.slot(factor))
        value = Fraction(int(coefficient.p), int(coefficient.q))
        total: _Slot = None
        for part in above:
            total = part if total is None else self.emit(operator.mul, total, part)
        if total is None:
            total, value = self._number(value), Fraction(1)
        for part in below:
            total = self.emit(operator.truediv, total, part)
        return self._scaled(total, value)

    def _scaled(self, slot: _Slot, value: Fraction) -> _Slot:
        if value == 1:
            return slot
        if value == -1:
            return self.emit("neg", slot)
        if value.denominator == 1 or _is_double(value):
            return self.emit(operator.mul, slot, self._number(value))
        # A division is rounded once; a constant such as 1/3 would be rounded before it is multiplied.
        slot = self._scaled(slot, Fraction(value.numerator))
        return self.emit(operator.truediv, slot, self._number(Fraction(value.denominator)))

    def _power(self, e: Any) -> _Slot:
        if e.exp.is_negative:
            if e.exp == -1:
                return self.emit(operator.truediv, ("int", 1), self._array(self.slot(e.base)))
            return self._raised(self.slot(e.base**-1), -e.exp)
        return self._raised(self.slot(e.base), e.exp)

    def _raised(self, slot: _Slot, exponent: Any) -> _Slot:
        """slot**exponent for a positive integer or half-integer, by squarings that other powers share."""
        if exponent.q == 2:
            slot, n = self.emit("sqrt", self._array(slot)), int(exponent.p)
        else:
            slot, n = self._array(slot), int(exponent)
        result: _Slot = None
        while n:
            if n & 1:
                result = slot if result is None else self.emit(operator.mul, result, slot)
            n >>= 1
            slot = self.emit("square", slot) if n else slot
        return result


def _negative(term: Any) -> bool:
    return bool(term.as_coeff_Mul()[0].is_negative)


def _is_double(value: Fraction) -> bool:
    q = value.denominator
    return q & (q - 1) == 0 and abs(value.numerator) <= 2**53 and q <= 2**1000


def _constant(value: Fraction) -> Any:
    """What `ar.exact` turns into an array fastest: a double where the number is one."""
    return np.array(math.ldexp(value.numerator, 1 - value.denominator.bit_length())) if _is_double(value) else value


def _reciprocal_uses(expressions: Sequence[Any]) -> Counter[Any]:
    """How often each base stands below a fraction line: a reciprocal used again is worth keeping."""
    import sympy

    uses: Counter[Any] = Counter()
    for e in expressions:
        for node in sympy.preorder_traversal(e):
            if node.is_Pow and node.exp.is_Rational and node.exp.is_negative:
                uses[node.base] += 1 if node.exp == -1 else 2
    return uses
