"""Certified convexity: whether f >= 0 over all reals, by bisection in Arb and a proof of what the tails do.

`certainly_nonnegative` is the only entry. The line is cut into a middle and two tails. On a piece of the middle f is
enclosed by its jet (f itself, and its expansions of order 1 and 2 about the centre); a tail is enclosed for all t >= T
at once (`tails`). A piece whose enclosure touches 0 is halved, some times: so a second derivative that is 0
somewhere, as of t^4, is not known to be non-negative here, which costs a verdict and never its truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flint
from flint import arb

from mamlcheck.tasks.jets import JETS, Jet
from mamlcheck.tasks.program import Program, compile_expression
from mamlcheck.tasks.scales import OutOfWorkError, TooNearError, Work
from mamlcheck.tasks.tails import Tails

if TYPE_CHECKING:
    import sympy

__all__ = ["certainly_nonnegative"]

CONVEXITY_BITS = 128  # of precision
MOST_OPERATIONS = 100_000  # before giving up: some 1 second
MOST_DOUBLINGS = 12  # of the place where the tails begin, from 1 on
MOST_PIECES = 2000  # of the middle


def certainly_nonnegative(expression: sympy.Expr, symbol: sympy.Symbol) -> bool:
    """Whether an expression is proved to be >= 0 for all real `symbol`. False: it is not, or it is not known."""
    program = compile_expression([expression], symbol, stable=False)
    with flint.ctx.workprec(CONVEXITY_BITS):
        if symbol not in expression.free_symbols:
            return bool(_jet(program, arb(0)).f >= 0)
        work = Work(MOST_OPERATIONS)
        try:
            return _nonnegative(program, work)
        except OutOfWorkError:
            return False


def _nonnegative(program: Program, work: Work) -> bool:
    right = _tail_from(program, 1, work)
    left = _tail_from(program, -1, work) if right is not None else None
    return right is not None and left is not None and _middle(program, -left, right, work)


def _tail_from(program: Program, side: int, work: Work) -> arb | None:
    """T with f(side * t) > 0 for all t >= T, or None where none was found."""
    start = arb(1)
    for _ in range(MOST_DOUBLINGS):
        tails = Tails(start, side, work)
        try:
            sign = tails.sign(tails.one.of(program.values(tails, tails.variable)[0]))
        except TooNearError:
            start = start + start
            continue
        return start if sign > 0 else None
    return None


def _middle(program: Program, left: arb, right: arb, work: Work) -> bool:
    """Whether f >= 0 on [left, right], both exact."""
    waiting, looked = [(left, right)], 0
    while waiting:
        a, b = waiting.pop()
        looked += 1
        work.spend(2 * len(program.steps))
        centre = ((a + b) / 2).mid()
        whole, middle = _jet(program, a.union(b)), _jet(program, centre)
        if middle.f < 0 or looked > MOST_PIECES:
            return False
        if not _least(whole, middle, a.union(b) - centre) >= 0:
            waiting += [(a, centre), (centre, b)]
    return True


def _least(whole: Jet, middle: Jet, step: arb) -> arb:
    """A lower bound of f on a piece: of f(c + h) = f(c) + h f'(x) = f(c) + h f'(c) + h^2 f''(x) / 2, the best."""
    square = (step * step).nonnegative_part()
    forms = (whole.f, middle.f + step * whole.d1, middle.f + step * middle.d1 + square * whole.d2 / 2)
    bounds = [form.lower() for form in forms if form.is_finite()]
    best = arb("-inf")
    for bound in bounds:
        best = bound if bound > best else best
    return best


def _jet(program: Program, x: arb) -> Jet:
    value = program.values(JETS, Jet(x, arb(1), arb(0)))[0]
    return value if isinstance(value, Jet) else Jet(arb(value), arb(0), arb(0))
