"""A loss: the scalar function psi that sample losses are made of, with its derivatives and certified suprema.

A loss is a name and the text of an expression in t, nothing else: cheap to make, to hash, to pickle.
Derivatives are taken by SymPy, put into the cheapest form that does not overflow, and compiled when first
asked for; the suprema of |psi'|, |psi''|, |psi'''| and |psi''''| over all reals are certified when first asked
for. Both are kept for each text.

The suprema are also Lipschitz constants: psi'(c +- r) lies in psi'(c) +- sup|psi''| r. So an arithmetic whose
numbers have radii needs psi' at exact points only (`Arithmetic.lipschitz`). That of psi'''', where there is one,
bounds what Taylor's theorem leaves out of a small change of psi' (`Arithmetic.expanded`). This module knows
nothing of tasks, nor of the losses that are built in (`mamlcheck.tasks.losses`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import fraction
from mamlcheck.errors import InputError
from mamlcheck.tasks.certificate import NotCertified, Supremum, certified_supremum, too_long
from mamlcheck.tasks.convexity import certainly_nonnegative
from mamlcheck.tasks.domain import require_smooth
from mamlcheck.tasks.expression import expression_text, parse_expression, read_expression, short, variable, written_text
from mamlcheck.tasks.forms import depth, good_form, nodes
from mamlcheck.tasks.program import Program, compile_expression

if TYPE_CHECKING:
    import sympy

__all__ = ["Loss", "RefusedLoss", "Supremum"]


LARGEST_DOUBLE = Fraction(sys.float_info.max)


@dataclass(frozen=True)
class Loss:
    """psi: `name`, and `text`, an expression in t. Use `Loss.from_expression` for one of your own.

    `declared_second` and `declared_third`, where given, are somebody's word for sup|psi''| and sup|psi'''|.
    """

    name: str
    text: str
    declared_second: Fraction | None = None
    declared_third: Fraction | None = None

    @classmethod
    def from_expression(
        cls,
        expression: sympy.Expr | str,
        name: str | None = None,
        declared_second: Any = None,
        declared_third: Any = None,
    ) -> Loss:
        """A loss from text in t, or from a SymPy expression in one symbol, proved smooth as it is written and
        with its suprema certified, here and now.

        Raises `InputError` with the reason for what the whitelist refuses, for what is not defined or not
        smooth somewhere, and where smoothness, sup|psi''| or sup|psi'''| cannot be shown, unless the
        constants are declared; verdicts that rest on them are then marked not guaranteed.
        """
        written = _written(expression)
        text = expression_text(written)
        label = text if name is None else name
        try:
            require_smooth(read_expression(written))
        except NotCertified as error:
            both = declared_second is not None and declared_third is not None
            if error.refuted or not both:
                raise _refused(label, error, "declared_second and declared_third") from None
        made = cls(
            label, text,
            _declared("declared_second", declared_second), _declared("declared_third", declared_third),
        )  # fmt: skip
        for order, constant in (("second", made.declared_second), ("third", made.declared_third)):
            if constant is None:
                _ = getattr(made, f"sup_{order}")
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Loss, (self.name, self.text, self.declared_second, self.declared_third)

    @property
    def expression(self) -> sympy.Expr:
        """Psi as a SymPy expression in `mamlcheck.tasks.expression.variable()`."""
        return _calculus(self.text).derivative(0)

    def derivative(self, order: int) -> sympy.Expr:
        """The derivative of psi of order 0 to 4, in the form that is computed."""
        return _calculus(self.text).derivative(order)

    @property
    def rational(self) -> bool:
        """Whether psi, psi' and psi'' are rational functions with rational coefficients."""
        return _calculus(self.text).rational

    @property
    def polynomial(self) -> bool:
        """Whether psi is a polynomial with rational coefficients: in exact fractions denominators stay small."""
        return self.rational and bool(self.expression.is_polynomial(variable()))

    # -- values ----------------------------------------------------------------------------------------------
    def value(self, ar: Arithmetic, t: Numbers) -> Numbers:
        """psi(t), of the shape of t."""
        return self._lipschitz(ar, t, "value", (self.sup_first,))[0]

    def first(self, ar: Arithmetic, t: Numbers) -> Numbers:
        """psi'(t), of the shape of t."""
        return self._lipschitz(ar, t, "first", (self.sup_second,))[0]

    def second(self, ar: Arithmetic, t: Numbers) -> Numbers:
        """psi''(t), of the shape of t."""
        return self._lipschitz(ar, t, "second", (self.sup_third,))[0]

    def third(self, ar: Arithmetic, t: Numbers) -> Numbers:
        """psi'''(t), of the shape of t."""
        return self._lipschitz(ar, t, "third", (self.sup_fourth,))[0]

    def first_and_second(self, ar: Arithmetic, t: Numbers) -> tuple[Numbers, Numbers]:
        """psi'(t) and psi''(t); what they share is computed once."""
        first, second = self._lipschitz(ar, t, "both", (self.sup_second, self.sup_third))
        return first, second

    def _lipschitz(
        self, ar: Arithmetic, t: Numbers, which: str, suprema: tuple[Supremum | None, ...]
    ) -> tuple[Numbers, ...]:
        bounds = tuple(None if s is None else s.upper for s in suprema)
        return ar.lipschitz(getattr(_calculus(self.text), which), t, bounds)

    # -- suprema over all reals ------------------------------------------------------------------------------
    @cached_property
    def sup_first(self) -> Supremum | None:
        """sup|psi'|, or None where it is infinite or not certified."""
        try:
            return _calculus(self.text).supremum(1)
        except NotCertified:
            return None

    @cached_property
    def sup_second(self) -> Supremum:
        """sup|psi''|. Raises `InputError` where it can neither be certified nor is declared."""
        return self._supremum(2, "declared_second")

    @cached_property
    def sup_third(self) -> Supremum:
        """sup|psi'''|. Raises `InputError` where it can neither be certified nor is declared."""
        return self._supremum(3, "declared_third")

    @cached_property
    def sup_fourth(self) -> Supremum | None:
        """sup|psi''''|, or None where it is infinite or not certified: the theory does not ask for it."""
        try:
            return _calculus(self.text).supremum(4)
        except NotCertified:
            return None

    @property
    def quadratic(self) -> bool:
        """Whether psi'' is certified to be constant; a declared sup|psi'''| proves nothing."""
        try:
            return _calculus(self.text).supremum(3).upper == 0
        except NotCertified:
            return False

    @property
    def convex(self) -> bool:
        """Whether psi'' >= 0 is certified for all reals. False: it is not so, or not known."""
        return _calculus(self.text).convex

    def _supremum(self, order: int, declared: str) -> Supremum:
        constant = getattr(self, declared)
        try:
            certified = _calculus(self.text).supremum(order)
        except NotCertified as error:
            if error.refuted or constant is None:
                raise _refused(f"{_short(self.name)}, derivative {order}", error, declared) from None
            return Supremum(Fraction(0), constant, "declared")
        if certified.upper > LARGEST_DOUBLE:
            raise InputError(
                f"loss {_short(self.name)}: the supremum of its derivative {order} is above "
                f"{float(LARGEST_DOUBLE):.3g}, the largest number that tasks are computed with: scale the loss down"
            )
        if constant is None:
            return certified
        if constant < certified.lower:
            raise InputError(
                f"loss {_short(self.name)}: {declared} = {float(constant):.6g} is below the certified "
                f"{float(certified.lower):.6g}"
            )
        return Supremum(Fraction(0), constant, "declared")


def _short(name: str) -> str:
    """A name that fits a message."""
    return name if len(name) <= 100 else name[:97] + "..."


class RefusedLoss(InputError):  # noqa: N818 - reads as what it says
    """A loss that cannot be certified. said: why, without what to do, which depends on where the loss was given."""

    def __init__(self, said: str, advice: str):
        super().__init__(said + advice)
        self.said, self.advice = said, advice

    def __reduce__(self) -> tuple[type[RefusedLoss], tuple[str, str]]:
        return type(self), (self.said, self.advice)


def _refused(name: str, error: NotCertified, declared: str) -> RefusedLoss:
    said = f"loss {_short(name)}: {error}"
    if error.refuted:
        needs = ". The theory needs a psi that is defined on all reals, with finite constants"
        return RefusedLoss(said + needs, ": change the loss")
    return RefusedLoss(said, f"; change the loss, or give {declared}, for which you answer")


def _declared(name: str, value: Any) -> Fraction | None:
    if value is None:
        return None
    exact = fraction(value)
    if not 0 <= exact <= LARGEST_DOUBLE:
        wrong = (
            "negative" if exact < 0 else f"above {float(LARGEST_DOUBLE):.3g}, the largest that tasks are computed with"
        )
        raise InputError(f"{name} is {wrong}: give an upper bound of an absolute value")
    return exact


def _written(expression: Any) -> str:
    """The text of an expression as it is given."""
    if isinstance(expression, str):
        return expression
    import sympy

    if not isinstance(expression, sympy.Expr):
        raise InputError(f"a loss is text in t or a SymPy expression, not {type(expression).__name__}")
    return written_text(expression)


# -- derivatives ---------------------------------------------------------------------------------------------
MOST_NODES = 6_000  # times the depth: about the nodes of the next derivative, which SymPy and the search then carry


class _Calculus:
    """Derivatives, programs and suprema of one expression, each made when first asked for."""

    def __init__(self, text: str):
        self.text = text
        self._derivatives: list[sympy.Expr] = [parse_expression(text)]
        self._suprema: dict[int, Supremum | NotCertified] = {}

    def derivative(self, order: int) -> sympy.Expr:
        """Raises `NotCertified` where it grows out of proportion."""
        while len(self._derivatives) <= order:
            last = self._derivatives[-1]
            if nodes(last) * depth(last) > MOST_NODES:  # a derivative has a term for each path to a leaf
                reason = too_long(f"derivative {len(self._derivatives)} of {short(self.text)}")
                if order < 3:  # psi' and psi'' are computed with: no declared constant stands in for them
                    raise InputError(f"{reason}: write the loss more simply")
                raise NotCertified(reason)
            self._derivatives.append(good_form(last.diff(variable())))
        return self._derivatives[order]

    def _program(self, *orders: int) -> Program:
        return compile_expression([self.derivative(k) for k in orders], variable())

    @cached_property
    def value(self) -> Program:
        return self._program(0)

    @cached_property
    def first(self) -> Program:
        return self._program(1)

    @cached_property
    def second(self) -> Program:
        return self._program(2)

    @cached_property
    def third(self) -> Program:
        return self._program(3)

    @cached_property
    def both(self) -> Program:
        return self._program(1, 2)

    @property
    def rational(self) -> bool:
        return self.value.rational and self.both.rational

    @cached_property
    def _broken(self) -> NotCertified | None:
        try:
            require_smooth(read_expression(self.text))
        except NotCertified as error:
            return error
        return None

    @cached_property
    def convex(self) -> bool:
        return self._broken is None and certainly_nonnegative(self.derivative(2), variable())

    def supremum(self, order: int) -> Supremum:
        if order not in self._suprema:
            try:
                if self._broken:
                    raise self._broken
                self._suprema[order] = certified_supremum(self.derivative(order), variable())
            except NotCertified as error:
                self._suprema[order] = error
        known = self._suprema[order]
        if isinstance(known, NotCertified):
            raise known
        return known


@lru_cache(maxsize=256)
def _calculus(text: str) -> _Calculus:
    return _Calculus(text)
