"""The error of a first-order expansion of the gradient, by the mean-value integral."""

from __future__ import annotations

import sympy

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector, is_zero
from mamlcheck.proof.axioms import Bound, Trials, lipschitz_hessian

STATEMENT = (
    r"\|\nabla f_i(x + h) - \nabla f_i(x) - H_i(x) h\| \le \int_0^1 b(\tau) \, d\tau, "
    r"\quad \|(H_i(x + \tau h) - H_i(x)) h\| \le b(\tau)"
)
SOURCE = "the fundamental theorem of calculus; each f_i is twice continuously differentiable (Assumption 4.3)"
ASSUMES = ("4.3", "4.4")  # either: f is twice continuously differentiable


def conclude(x: Language, index: str, at: Vector, h: Vector, tau: Expr, bound: Bound) -> tuple[Expr, Expr, bool]:
    """|grad f_i(x + h) - grad f_i(x) - H_i(x) h| <= the integral of b; `bound` bounds the integrand by b(tau)."""
    if tau != vocabulary.number(x, "tau"):
        raise DoesNotApply(f"{tau} is not the number tau, of which no hypothesis speaks, and which can run from 0 to 1")
    if tau in x.symbols_within(at) | x.symbols_within(h):
        raise DoesNotApply(f"the point {at} or the way {h} holds {tau} itself")
    integrand = x.norm(x.hessian(index, at + tau * h)(h) - x.hessian(index, at)(h))
    if not is_zero(bound.left - integrand):
        raise DoesNotApply(f"the bound given is of {bound.left}, not of {integrand}")
    if any(tau in x.symbols_within(s) for other in bound.right.free_symbols - {tau} for s in x.meanings[other].parts):
        raise DoesNotApply(f"the bound {bound.right} holds {tau} inside a norm or a mean")
    if not bound.right.is_polynomial(tau):
        raise DoesNotApply(f"the bound {bound.right} is not a polynomial in {tau}")
    coefficients = sympy.Poly(bound.right, tau).all_coeffs()[::-1]
    integral = sum((c / (k + 1) for k, c in enumerate(coefficients)), sympy.Integer(0))
    return x.norm(x.gradient(index, at + h) - x.gradient(index, at) - x.hessian(index, at)(h)), integral, False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """A point, a way, and the bound that a Lipschitz Hessian gives."""
    tau = vocabulary.number(x, "tau")
    left, right, _ = lipschitz_hessian.conclude(x, vocabulary.TASK, u + tau * v, u, v)
    yield vocabulary.TASK, u, v, tau, Bound(left, right)
