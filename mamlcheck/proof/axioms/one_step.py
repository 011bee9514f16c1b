"""One step of an algorithm along a direction that is drawn: the descent lemma, and the moments of a mean of B draws."""

from __future__ import annotations

import sympy

from mamlcheck.language import vocabulary
from mamlcheck.language.directions import OVER, mean, mean_square, outer_gradient
from mamlcheck.language.terms import Atom, DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Bound, Trials

STATEMENT = (
    r"\|\nabla F(w) - \nabla F(y)\| \le \ell \|w - y\| \ \forall y, \ w^+ = w - c \tilde\beta \bar G: \quad "
    r"\mathbb{E} F(w^+) \le F(w) - c \, \mathbb{E} \tilde\beta \langle \nabla F(w), D \rangle + \frac{\ell}{2} c^2 \, "
    r"\mathbb{E} \tilde\beta^2 \left(\|D\|^2 + \frac{V - \|D\|^2}{B}\right)"
)
SOURCE = (
    "the descent lemma (Nesterov 2004, Lemma 1.2.3, which needs the bound from w to points of one segment alone); "
    "G-bar is the mean of B i.i.d. directions with mean D and second moment V, drawn independently of beta~, and "
    "E |G-bar|^2 = |D|^2 + (V - |D|^2) / B"
)
ASSUMES = ("4.3",)


def conclude(x: Language, smooth: Bound, direction: Vector, factor: Expr, other: Vector) -> tuple[Expr, Expr, bool]:
    """E F(w+) <= F(w) - c E beta~ <grad F(w), D> + (l / 2) c^2 E beta~^2 T; `smooth` holds for any point `other`."""
    w = x.vector("w")
    ell = _constant(x, smooth, w, other)
    if vocabulary.DRAW in direction.depends:
        raise DoesNotApply(f"the direction {direction} is not drawn independently of the step size")
    if not direction.depends <= w.depends | set(OVER):
        raise DoesNotApply(f"the direction {direction} varies with more than a step draws")
    step = 4 * vocabulary.smoothness(x) + vocabulary.stepsize_draws(x)[0]
    first, second = x.mean(vocabulary.DRAW, 1 / step), x.mean(vocabulary.DRAW, 1 / step**2)
    square = x.norm(mean(x, direction)) ** 2
    spread = square + (mean_square(x, direction) - square) / vocabulary.step_tasks(x)
    along = x.inner(x.meta_gradient(w), mean(x, direction))
    right = x.objective(w) - factor * first * along + ell / 2 * factor**2 * second * spread
    return x.outcome(w, direction, factor, OVER), right, False


def _constant(x: Language, smooth: Bound, w: Vector, other: Vector) -> Expr:
    """L of |grad F(w) - grad F(y)| <= l |w - y|, for a y that stands for any point: nothing else is said of it."""
    atoms = [word[0] for word in other.terms]
    if len(atoms) != 1 or atoms[0].kind != "vector" or atoms[0].name in vocabulary.VECTOR_VARIABLES:
        raise DoesNotApply(f"{other} is no vector that stands for any point: claims may assume something of it")
    apart = x.norm(w - other)
    if smooth.left != x.norm(x.meta_gradient(w) - x.meta_gradient(other)):
        raise DoesNotApply(f"the fact given bounds {smooth.left}, not the change of grad F from {w} to {other}")
    ell: Expr = sympy.cancel(smooth.right / apart)
    if not x.depends(ell) <= w.depends or _mentions(x, ell, atoms[0]):
        raise DoesNotApply(f"{ell} is no constant of the bound: it varies, or depends on {other}")
    return ell


def _mentions(x: Language, part: object, atom: Atom) -> bool:
    """Whether a scalar or a vector is made of an atom, at any depth."""
    if isinstance(part, Vector):
        inside = [v for word in part.terms for a in word for v in (a.inner, a.along)]
        return any(a == atom for word in part.terms for a in word) or any(_mentions(x, v, atom) for v in inside)
    if not isinstance(part, sympy.Basic):
        return False
    return any(_mentions(x, inner, atom) for symbol in part.free_symbols for inner in x.meanings[symbol].parts)


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """The outer gradient; what it concludes about has no value on instances, see the tests of steps in fractions."""
    other = x.vector("y")
    point = x.vector("w")
    left = x.norm(x.meta_gradient(point) - x.meta_gradient(other))
    bound = Bound(left, vocabulary.smoothness(x) * x.norm(point - other))
    yield bound, outer_gradient(x, point), vocabulary.step_factor(x), other
