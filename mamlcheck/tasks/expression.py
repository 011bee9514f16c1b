"""Expressions in one real variable t: text to a tree, to SymPy, and back to text, through a whitelist.

`read_expression` reads text by Python's grammar (`ast`) into a tree of what is written: nothing is ever
evaluated as code, whatever the text holds, and nothing is simplified. `parse_expression` builds SymPy's
expression of it. `expression_text` writes text that parses back to the identical expression. This module
knows nothing of losses.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from mamlcheck.errors import InputError

if TYPE_CHECKING:
    import sympy

__all__ = [
    "FUNCTIONS", "Written", "built", "expression_text", "known_functions", "parse_expression", "read_expression",
    "short", "variable", "written_text",
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
LONGEST_EXPRESSION = 2000  # characters
DEEPEST_EXPRESSION = 60  # nested operations
LARGEST_POWER = 64
LARGEST_NUMBER_BITS = 4096  # of a numerator or denominator

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
    if len(text) > LONGEST_EXPRESSION:
        raise InputError(f"the expression has {len(text)} characters: at most {LONGEST_EXPRESSION} are read")
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
    """The text in quotes, cut where it is long, for a message."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class _Reader:
    """Reads a syntax tree, node by node."""

    def __init__(self, text: str):
        self.text = text

    def read(self, node: ast.expr, depth: int) -> Written:
        if depth > DEEPEST_EXPRESSION:
            raise InputError(f"the expression is nested more than {DEEPEST_EXPRESSION} deep: write it flatter")
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
    if base.is_Rational and _bits(base) * abs(node.value) > LARGEST_NUMBER_BITS:
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
    return InputError(f"the expression holds a number of more than {LARGEST_NUMBER_BITS} bits: scale it down")


def _sized(expression: Any) -> Any:
    """The expression; `InputError` where it holds a number or a power out of proportion."""
    number = expression if expression.is_Rational else expression.as_coeff_Mul()[0]
    if number.is_Rational and _bits(number) > LARGEST_NUMBER_BITS:
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
    """The expression; `InputError` where SymPy has turned it into something that the whitelist does not hold."""
    import sympy

    known = known_functions()
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, sympy.Function) and type(node) not in known:
            if type(node).__name__ in KINKED:
                raise _kinked(f"the expression amounts to one in {node}: it", type(node).__name__)
            raise InputError(f"the expression amounts to one in {node}, which is not smooth or not known: {ALLOWED}")
    return expression


@cache
def known_functions() -> dict[Any, str]:
    """SymPy's functions that every arithmetic computes, by the name that it calls them."""
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
