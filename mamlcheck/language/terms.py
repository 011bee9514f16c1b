"""The language of the proofs: vectors, operators and scalars in normal form, so that equality is decided, not believed.

Vectors and operators stand in `vectors`, and can be had from here, too. Scalars are SymPy expressions in plain numbers
(alpha, L, ...) and in symbols that stand for something: a norm, an inner product, a mean, a deviation. What a symbol
stands for is said by its name, and a name stands for one thing: `Language` refuses a second. Nothing is proved here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import sympy

from mamlcheck.errors import MamlcheckError
from mamlcheck.language.vectors import (
    IDENTITY,
    NO_INDEX,
    Atom,
    Expr,
    Operator,
    Vector,
    Word,
    collected,
    is_zero,
    normal,
    strange,
    undefined,
)

__all__ = [
    "IDENTITY", "AssignedOnce", "Atom", "DoesNotApply", "Expr", "Language", "Meaning", "NotInLanguage", "Operator",
    "Vector", "Word", "content", "is_zero",
]  # fmt: skip

PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_~']*")


class NotInLanguage(MamlcheckError):  # noqa: N818 - reads as what it says
    """Something that cannot be said: a name used twice, a mean over what is fixed."""


class DoesNotApply(MamlcheckError):  # noqa: N818 - reads as what it says
    """The arguments do not meet an axiom's hypotheses; the message says which."""


# -- scalars -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Meaning:
    """What a symbol stands for.

    kind and parts: 'number' (square,): a plain number, with the LaTeX of its square where that is what has a name;
    'ratio' (a, b): a / b where b > 0, and 0 where b = 0, a plain number too; 'norm' (vector,); 'inner' (vector,
    vector); 'mean' (index, scalar); 'gradient deviation' and 'hessian deviation' (index, vector): sigma~_i and
    sigma_H,i at a point; 'draws' (factor, scalar, indices): factor times the mean of the step size's B' draws of a
    scalar; 'root' (scalar,).
    """

    kind: str
    parts: tuple[Any, ...]
    depends: frozenset[str]
    latex: str = field(compare=False)

    def __str__(self) -> str:
        return f"the {self.kind} {self.latex}"


class AssignedOnce:
    """What was given when it was made is not assigned again: a proof cannot change what it is about."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(self, name):
            raise NotInLanguage(f"{name} of a {type(self).__name__.lower()} is not assigned: it was made with it")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise NotInLanguage(f"{name} of a {type(self).__name__.lower()} is not deleted")


class Language(AssignedOnce):
    """The symbols of one proof. positive: the names of numbers that are known to be > 0; real: of unknown sign.
    varying: given vectors that vary with an index, such as the iterate of a run with how far the run is.

    `meanings` (symbol to what it stands for), `named` (name to the one thing it names) and `drawn` (indices that a mean
    may run over, name to LaTeX) can be read; only the methods below add to them. Lengths and means that were asked for
    are kept, since proofs ask for most of them again.
    """

    __slots__ = (
        "_defined", "_drawn", "_kept", "_meanings", "_meant", "_named", "drawn", "meanings", "named", "positive",
        "real", "varying",
    )  # fmt: skip

    def __init__(
        self,
        positive: frozenset[str] = frozenset(),
        real: frozenset[str] = frozenset(),
        varying: Mapping[str, str] = MappingProxyType({}),
    ):
        self.positive, self.real, self.varying = positive, real, MappingProxyType(dict(varying))
        self._meanings: dict[Expr, Meaning] = {}
        self._named: dict[str, Any] = {}
        self._drawn: dict[str, str] = {}
        self._meant: dict[Expr, tuple[Meaning, ...]] = {}
        self._defined: set[Expr] = set()
        self._kept: dict[tuple[Any, ...], Any] = {}
        self.meanings: Mapping[Expr, Meaning] = MappingProxyType(self._meanings)
        self.named: Mapping[str, Any] = MappingProxyType(self._named)
        self.drawn: Mapping[str, str] = MappingProxyType(self._drawn)

    # -- names -----------------------------------------------------------------------------------------------------
    def _plain(self, name: str, thing: str) -> str:
        """A name that somebody chose: none that the language makes, which hold blanks or brackets, can look like it."""
        if not PLAIN_NAME.fullmatch(name):
            raise NotInLanguage(f"{name!r} is no name for a {thing}: give letters, digits, _, ~ and '")
        return name

    def _once(self, name: str, thing: Any) -> None:
        if self._named.setdefault(name, thing) != thing:
            raise NotInLanguage(f"the name {name!r} already stands for {self.named[name]}; it cannot be {thing} too")

    def _symbol(self, name: str, meaning: Meaning, **assumptions: bool) -> Expr:
        symbol = sympy.Symbol(name, **assumptions)
        self._once(f"scalar {name}", meaning)
        self._once(f"sign of {name}", tuple(assumptions))
        self._meanings[symbol] = meaning
        return symbol

    def scalar(self, name: str, latex: str | None = None, square: str = "") -> Expr:
        """A plain number that is given and not drawn: >= 0, or > 0 or of unknown sign as the language has it.

        square: LaTeX of its square.
        """
        sign = {"positive": True} if self._plain(name, "number") in self.positive else {"nonnegative": True}
        if name in self.real - self.positive:
            sign = {"real": True}
        return self._symbol(name, Meaning("number", (square,) if square else (), NO_INDEX, latex or name), **sign)

    def index(self, name: str, latex: str | None = None) -> str:
        """An index that is drawn (a task, a batch): means run over it."""
        self._once(f"index {name}", "drawn")
        self._drawn[name] = latex or name
        return name

    def fixed_index(self, name: str) -> str:
        """The index of a task that is given."""
        self._once(f"index {name}", "fixed")
        return name

    def _varies(self, *names: str) -> frozenset[str]:
        for name in names:
            if f"index {name}" not in self.named:
                raise NotInLanguage(f"{name!r} is no index of this proof: declare it")
        return frozenset(n for n in names if n in self.drawn)

    def _used(self, index: str, use: str) -> None:
        """An index runs over one kind of thing."""
        self._once(f"index {index}, which runs over", use)

    # -- vectors ---------------------------------------------------------------------------------------------------
    def vector(self, name: str, latex: str | None = None) -> Vector:
        """A vector that is given, such as a point w; not drawn, unless the language has it vary with an index."""
        varies = self._varies(self.varying[name]) if name in self.varying else NO_INDEX
        return self._single(Atom("vector", self._plain(name, "vector"), latex or name, varies))

    def _single(self, atom: Atom) -> Vector:
        self._once(f"atom {atom.name}", atom)
        return Vector({(atom,): sympy.Integer(1)})

    def gradient(self, index: str, at: Vector, batch: str = "") -> Vector:
        """grad f_index at a point; with a batch, of the batch's samples."""
        return self._single(self._derivative("gradient", index, at, batch))

    def hessian(self, index: str, at: Vector, batch: str = "") -> Operator:
        """The Hessian of f_index at a point; with a batch, of the batch's samples."""
        atom = self._derivative("hessian", index, at, batch)
        self._once(f"atom {atom.name}", atom)
        return Operator({(atom,): sympy.Integer(1)})

    def _derivative(self, kind: str, index: str, at: Vector, batch: str) -> Atom:
        self._only_numbers(at)
        self._used(index, "tasks")
        if batch:
            self._used(batch, "batches")
        comma, comma_latex = (f", {batch}", f", {self.drawn.get(batch, batch)}") if batch else ("", "")
        sign = {"gradient": ("grad f", r"\nabla f"), "hessian": ("H", "H")}[kind]
        varies = at.depends | self._varies(index, *([batch] if batch else []))
        name, latex = f"{sign[0]}_{index}({at}{comma})", f"{sign[1]}_{{{index}}}({at.latex}{comma_latex})"
        return Atom(kind, name, latex, varies, index, batch, at)

    def difference(self, index: str, at: Vector, v: Vector, batch: str = "") -> Vector:
        """The Hessian difference d of equation (9) at a point, with delta = eta / (rho alpha |v|); 0 where v = 0.

        With a batch, of the gradients on its samples. It is not linear in v.
        """
        self._only_numbers(v)
        inner = self._derivative("gradient", index, at, batch)
        comma, comma_latex = (f", {batch}", f", {self.drawn.get(batch, batch)}") if batch else ("", "")
        name, latex = f"d_{index}({at}; {v}{comma})", f"d_{{{index}}}({at.latex}; {v.latex}{comma_latex})"
        return self._single(Atom("difference", name, latex, inner.depends | v.depends, index, batch, at, v))

    def full(self, atom: Atom) -> Atom:
        """The derivative on all samples, of one on a batch."""
        assert atom.inner is not None  # derivatives are taken at a point
        return self._derivative(atom.kind, atom.index, atom.inner, "")

    def meta_gradient(self, at: Vector, batch: str = "", steps: int = 1) -> Vector:
        """grad F at a point; with a batch D_test, grad F^; with N inner steps on all samples, grad F_N; F_1 is F."""
        self._only_numbers(at)
        if type(steps) is not int or steps < 1 or (batch and steps > 1):
            raise NotInLanguage(
                f"{steps!r} inner steps{f' on {batch}' if batch else ''}: one on a batch, else 1, 2, ..."
            )
        of_steps = f"_{steps}" if steps > 1 else ""
        name = f"grad F^({at})" if batch else f"grad F{of_steps}({at})"
        objective = r"\hat F" if batch else f"F_{{{steps}}}" if steps > 1 else "F"
        latex = rf"\nabla {objective}({at.latex})"
        return self._single(Atom("meta gradient", name, latex, at.depends, "", batch, at, steps=steps))

    def mean_vector(self, index: str, v: Vector) -> Vector:
        """E over an index of a vector: linear; operators that do not vary with the index are taken out."""
        self._check_drawn(index)
        self._only_numbers(v)
        key = ("mean of a vector", index, _terms(v))
        if key not in self._kept:
            self._kept[key] = self._mean_vector(index, v)
        found: Vector = self._kept[key]
        return found

    def _mean_vector(self, index: str, v: Vector) -> Vector:
        pairs = []
        for c, outside, inside in self.split_vector(index, v):
            pairs.append(((*outside, self._mean_atom(index, inside)) if inside else outside, c))
        return Vector(collected(pairs))

    def split_vector(self, index: str, v: Vector) -> tuple[tuple[Expr, Word, Word], ...]:
        """How a mean over an index takes a vector apart: of each word its coefficient, what stays outside, the rest.

        The rest is empty where the whole word does not vary with the index.
        """
        parts = []
        for word, c in v.terms.items():
            outside = 0
            while outside < len(word) and index not in NO_INDEX.union(*(a.depends for a in word[: outside + 1])):
                outside += 1
            parts.append((c, word[:outside], word[outside:]))
        return tuple(parts)

    def _mean_atom(self, index: str, word: Word) -> Atom:
        inner = Vector({word: sympy.Integer(1)})
        varies = inner.depends - {index}
        latex = rf"\mathbb{{E}}_{{{self.drawn[index]}}}\left[{inner.latex}\right]"
        atom = Atom("mean", f"E_{index}[{inner}]", latex, varies, index, "", inner)
        self._once(f"atom {atom.name}", atom)
        return atom

    def direction(self, v: Vector, name: str, latex: str | None = None) -> Vector:
        """The unit vector along v; some fixed unit vector where v = 0. One name for each v."""
        self._only_numbers(v)
        return self._single(Atom("direction", self._plain(name, "direction"), latex or name, v.depends, "", "", v))

    def _only_numbers(self, v: Vector) -> None:
        """Words must be the language's own. What multiplies them must be plain numbers, since `depends` looks at atoms
        alone, and defined.
        """
        if type(v) is not Vector:
            raise NotInLanguage(f"{v!r} is no vector of the language")
        for word, coefficient in v.terms.items():
            if any(self.named.get(f"atom {a.name}") != a for a in word):
                raise NotInLanguage(f"a part of the vector {v} was not made by this proof's language")
            if [a.is_operator for a in word] != [True] * (len(word) - 1) + [False]:
                raise NotInLanguage(f"a part of {v} is no operators applied to a vector")
            self.require_number(coefficient)

    def require_number(self, factor: Expr) -> None:
        """Raise unless what multiplies a vector is a plain number of this language that is defined."""
        if any(meaning.kind not in ("number", "ratio") for meaning in self.meant(factor)):
            raise NotInLanguage(f"the factor {factor} of a vector is not a plain number of this proof")
        self.require_defined(factor)

    # -- scalars of vectors ------------------------------------------------------------------------------------------
    def norm(self, v: Vector) -> Expr:
        """|v|, with a common factor of known sign taken out."""
        self._only_numbers(v)
        key = ("norm", _terms(v))
        if key not in self._kept:
            self._kept[key] = self._norm(v)
        return self._kept[key]

    def _norm(self, v: Vector) -> Expr:
        if not v.terms:
            return sympy.Integer(0)
        factor, _, rest = content(v)
        if len(rest.terms) == 1:
            ((word, c),) = rest.terms.items()
            if len(word) == 1 and word[0].kind == "direction" and abs(c) == 1:
                return factor
        meaning = Meaning("norm", (rest,), rest.depends, rf"\left\|{rest.latex}\right\|")
        return factor * self._symbol(f"|{rest}|", meaning, nonnegative=True)

    def inner(self, u: Vector, v: Vector) -> Expr:
        """<u, v>, symmetric, with common factors and signs taken out."""
        self._only_numbers(u)
        self._only_numbers(v)
        if not u.terms or not v.terms:
            return sympy.Integer(0)
        (a, s, u), (b, t, v) = sorted((content(u), content(v)), key=lambda x: x[2].key)
        meaning = Meaning("inner", (u, v), u.depends | v.depends, rf"\left\langle {u.latex}, {v.latex} \right\rangle")
        return a * b * s * t * self._symbol(f"<{u}; {v}>", meaning, real=True)

    def gradient_deviation(self, index: str, at: Vector) -> Expr:
        """sigma~_i at a point: the root of the mean of |grad f_i(x, theta) - grad f_i(x)|^2 over samples, (13)."""
        return self._deviation("gradient deviation", "sigma~", r"\tilde\sigma", index, at)

    def hessian_deviation(self, index: str, at: Vector) -> Expr:
        """sigma_H,i at a point: the root of the mean of |H_i(x, theta) - H_i(x)|^2 over samples, (14)."""
        return self._deviation("hessian deviation", "sigma_H", r"\sigma_H", index, at)

    def _deviation(self, kind: str, name: str, latex: str, index: str, at: Vector) -> Expr:
        self._only_numbers(at)
        named = rf"{latex[:-2]}_{{H,{index}}}" if kind.startswith("h") else rf"{latex}_{{{index}}}"
        meaning = Meaning(kind, (index, at), at.depends | self._varies(index), f"{named}({at.latex})")
        return self._symbol(f"{name}_{index}({at})", meaning, nonnegative=True)

    def root(self, expression: Expr) -> Expr:
        """The square root of a non-negative scalar: the same for whatever is the same in normal form."""
        self.require_defined(expression)
        if not expression.is_nonnegative:
            raise NotInLanguage(f"{expression} is not known to be >= 0: it has no root here")
        name = f"sqrt[{normal(expression)}]"
        known = self._named.get(f"scalar {name}")
        if known is not None:  # as it was written first: equal to the given one, since their normal forms are the same
            return sympy.Symbol(name, nonnegative=True)
        meaning = Meaning("root", (expression,), self.depends(expression), rf"\sqrt{{{self.latex(expression)}}}")
        return self._symbol(name, meaning, nonnegative=True)

    def ratio(self, name: str, top: Expr, bottom: Expr, latex: str | None = None) -> Expr:
        """The plain number top / bottom, of two that are manifestly >= 0 and not drawn; 0 where the bottom is 0."""
        for part in (top, bottom):
            self.require_defined(part)
            if not part.is_nonnegative or self.depends(part):
                raise NotInLanguage(f"a ratio is of two fixed numbers that are known to be >= 0, which {part} is not")
        meaning = Meaning("ratio", (top, bottom), NO_INDEX, latex or name)
        return self._symbol(self._plain(name, "ratio"), meaning, nonnegative=True)

    def mean_of_draws(
        self, index: str, name: str, latex: str, factor: Expr, scalar: Expr, over: tuple[str, ...]
    ) -> Expr:
        """X = factor times the mean of B' independent draws of a non-negative scalar over indices (Lemma 4.9)."""
        if not (factor.is_nonnegative and scalar.is_nonnegative) or self.depends(factor):
            raise NotInLanguage(f"the mean of draws needs a fixed factor >= 0 and a scalar >= 0: {factor}, {scalar}")
        for part in (factor, scalar):
            self.require_defined(part)
        outside = self.depends(scalar) - set(over)
        if not outside <= set(self.varying.values()):
            raise NotInLanguage(f"{scalar} varies with more than {over}")
        self._check_drawn(index)
        self._used(index, "draws")
        meaning = Meaning("draws", (factor, scalar, over), frozenset({index}) | outside, latex)
        return self._symbol(self._plain(name, "mean of draws"), meaning, nonnegative=True)

    def objective(self, at: Vector) -> Expr:
        """F at a point."""
        self._only_numbers(at)
        return self._symbol(f"F({at})", Meaning("objective", (at,), at.depends, f"F({at.latex})"), real=True)

    def outcome(self, at: Vector, direction: Vector, factor: Expr, over: tuple[str, ...]) -> Expr:
        """E F(w+) given w, where w+ = w - c beta~(w) times the mean of B i.i.d. draws of a direction over indices."""
        for part in (at, direction):
            self._only_numbers(part)
        self.require_number(factor)
        step = f"{at} - {factor} beta~ mean_B[{direction}]"
        outside = direction.depends - set(over) | at.depends
        latex = rf"\mathbb{{E}} \left[F({at.latex}^+) \mid {at.latex}\right]"
        return self._symbol(f"E F({step})", Meaning("outcome", (at, direction, factor), outside, latex), real=True)

    def run(self, direction: Vector, factor: Expr) -> None:
        """Whose run this proof is about: of one direction with one factor alone, since its iterates are of one run."""
        self._once("the run", (direction, factor))

    def depends(self, expression: Expr) -> frozenset[str]:
        """The indices a scalar varies with. Raises `NotInLanguage` where it is no scalar of the language."""
        return NO_INDEX.union(*(meaning.depends for meaning in self.meant(expression)))

    def meant(self, expression: Expr) -> tuple[Meaning, ...]:
        """What the symbols of a scalar stand for. Raises `NotInLanguage` where it is no scalar of the language."""
        odd = strange(expression)
        if odd is not None:
            raise NotInLanguage(f"{odd} is no rational number, nor a whole power, sum, product or minimum of scalars")
        if expression not in self._meant:  # what is made of nothing strange is equal as SymPy has it
            symbols = sympy.sympify(expression).free_symbols
            for symbol in symbols:
                if symbol not in self.meanings:
                    raise NotInLanguage(f"the symbol {symbol} was not made by this proof's language")
            self._meant[expression] = tuple(self.meanings[symbol] for symbol in symbols)
        return self._meant[expression]

    def require_defined(self, expression: Expr) -> None:
        """Raise unless an expression is a scalar of the language, with denominators that are > 0."""
        self.meant(expression)
        if expression in self._defined:
            return
        denominator = undefined(expression)
        if denominator is not None:
            raise NotInLanguage(f"the denominator {denominator} of {expression} is not known to be > 0")
        self._defined.add(expression)

    def symbols_within(self, part: Any) -> set[Expr]:
        """All symbols in a vector or a scalar, inside what these stand for too."""
        if isinstance(part, Vector):
            inner = [v for word in part.terms for a in word for v in (a.inner, a.along)]
            return set().union(*map(self.symbols_within, [*inner, *part.terms.values()]))
        if not isinstance(part, sympy.Basic):
            return set()
        stood_for = [q for symbol in part.free_symbols for q in self.meanings[symbol].parts]
        return set(part.free_symbols).union(*map(self.symbols_within, stood_for))

    def mean(self, index: str, expression: Expr) -> Expr:
        """E over an index: linear, and factors that do not vary with the index are taken out."""
        self._check_drawn(index)
        self.require_defined(expression)
        key = ("mean", index, expression)
        if key not in self._kept:
            self._kept[key] = self._mean(index, expression)
        return self._kept[key]

    def _mean(self, index: str, expression: Expr) -> Expr:
        parts = self.split_scalar(index, expression)
        return sympy.Add(*(c if varying == 1 else c * self._mean_symbol(index, varying) for c, varying in parts))

    def split_scalar(self, index: str, expression: Expr) -> tuple[tuple[Expr, Expr], ...]:
        """How a mean over an index takes a scalar apart: of each of its terms, expanded, what stays outside, the rest.

        The rest is 1 where the whole term does not vary with the index.
        """
        fixed: dict[Expr, Expr] = {}
        expanded = sympy.expand(self._hidden(index, sympy.sympify(expression), fixed))
        parts = []
        for term in sympy.Add.make_args(expanded):
            factors = [(f.xreplace(fixed), f in fixed or f.is_Rational) for f in sympy.Mul.make_args(term)]
            factors = [(f, not is_fixed and index in self.depends(f)) for f, is_fixed in factors]
            varying = sympy.Mul(*(f for f, varies in factors if varies))
            parts.append((sympy.Mul(*(f for f, varies in factors if not varies)), varying))
        return tuple(parts)

    def _hidden(self, index: str, expression: Expr, fixed: dict[Expr, Expr]) -> Expr:
        """An expression with a symbol for each part that does not vary with an index, to stay as it is written.

        Expanding what stays outside of a mean would blow it up for nothing.
        """
        if expression.is_Rational:
            return expression
        if index not in self.depends(expression):
            known = {part: name for name, part in fixed.items()}
            sign = {"positive": True} if expression.is_positive else {"real": True}
            name = known.get(expression) or sympy.Symbol(f"[{len(fixed)}]", **sign)  # no name of the language
            fixed[name] = expression
            return name
        if not expression.args:
            return expression
        return expression.func(*(self._hidden(index, part, fixed) for part in expression.args))

    def _mean_symbol(self, index: str, varying: Expr) -> Expr:
        sign = {"nonnegative": True} if varying.is_nonnegative else {"real": True}
        latex = rf"\mathbb{{E}}_{{{self.drawn[index]}}}\left[{self.latex(varying)}\right]"
        meaning = Meaning("mean", (index, varying), self.depends(varying) - {index}, latex)
        return self._symbol(f"E_{index}[{varying}]", meaning, **sign)

    def _check_drawn(self, index: str) -> None:
        if index not in self.drawn:
            raise NotInLanguage(f"{index!r} is not drawn in this proof: no mean runs over it")

    def latex(self, expression: Expr) -> str:
        """For people: symbols as what they stand for."""
        names = {s: self.meanings[s].latex for s in expression.free_symbols}
        squares = {}
        for s in expression.free_symbols:
            if self.meanings[s].kind == "number" and self.meanings[s].parts:
                # A Dummy's place in a sum would depend on how many were made before. In front of E_..., as this name
                # is, it puts what is divided by it last.
                squares[s] = sympy.Symbol(f"D[{s}]", positive=True)
                names[squares[s]] = self.meanings[s].parts[0]
        shown = expression.replace(
            lambda e: e.is_Pow and e.base in squares and e.exp.is_even, lambda e: squares[e.base] ** (e.exp / 2)
        )
        text: str = sympy.latex(shown, symbol_names=names)
        return text


def _terms(v: Vector) -> tuple[tuple[tuple[str, ...], Expr], ...]:
    """What a vector that was looked at is made of, read off its terms themselves: a name stands for one atom."""
    return tuple((tuple(a.name for a in word), c) for word, c in v.terms.items())


def content(v: Vector) -> tuple[Expr, int, Vector]:
    """A factor >= 0, a sign and a vector whose product is v; the vector is the same for v and -v.

    So norms and inner products are written: of that vector, with the factor and the sign taken out.
    """
    common = _common(list(v.terms.values()))
    sign = 1
    if (-common).is_nonnegative:
        common, sign = -common, -1
    if not common.is_nonnegative or common == 0:
        common, sign = sympy.Integer(1), 1
    rest = v / common * sign
    if rest.ordered[0][1].could_extract_minus_sign():
        return common, -sign, -rest
    return common, sign, rest


def _common(coefficients: list[Expr]) -> Expr:
    """Of their numerators the greatest common divisor, of their denominators the least common multiple."""
    if all(c.is_Rational for c in coefficients):  # as most are, and SymPy's way for all is a slow one
        return sympy.Rational(math.gcd(*(c.p for c in coefficients)), math.lcm(*(c.q for c in coefficients)))
    pairs = [sympy.fraction(sympy.together(c)) for c in coefficients]
    return sympy.gcd_list([n for n, _ in pairs]) / sympy.lcm_list([d for _, d in pairs])
