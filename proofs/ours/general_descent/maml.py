"""One step with any factor c: (2/5) c (|grad F|^2 + |D|^2) <= L(w) (sure decrease) + (49/80) c e^2 + (371/400) c^2 T.

<grad F, D> may be negative, so that a lower bound of E beta~ alone is not enough: with e = |D - grad F| it is
(|grad F|^2 + |D|^2 - e^2) / 2, of which the first part needs E beta~ from below and the last from above.
"""

from sympy import Rational

from mamlcheck.language.directions import maml, mean, mean_square
from mamlcheck.language.terms import Expr, Vector
from mamlcheck.language.vocabulary import (
    DRAW,
    hessian_lipschitz,
    inner_rate,
    mean_gradient_norm,
    smoothness,
    step_factor,
    step_tasks,
    stepsize_draws,
)
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """For MAML's direction."""
    x = p.language
    return [descent(p, maml(x, x.vector("w")), step_factor(x))]


def batch_square(p: Proof, direction: Vector) -> Expr:
    """T = |D|^2 + (V - |D|^2) / B."""
    square = p.language.norm(mean(p.language, direction)) ** 2
    return square + (mean_square(p.language, direction) - square) / step_tasks(p.language)


def bound(p: Proof) -> Expr:
    """L(w)."""
    x = p.language
    return 4 * smoothness(x) + 2 * hessian_lipschitz(x) * inner_rate(x) * mean_gradient_norm(x, x.vector("w"))


def sure_decrease(p: Proof, direction: Vector, c: Expr) -> Expr:
    """L(w) (c E beta~ <grad F(w), D> - (L(w) / 2) c^2 E beta~^2 T)."""
    x = p.language
    whole, step = bound(p), 4 * smoothness(x) + stepsize_draws(x)[0]
    first, second = x.mean(DRAW, 1 / step), x.mean(DRAW, 1 / step**2)
    along = x.inner(x.meta_gradient(x.vector("w")), mean(x, direction))
    return whole * c * first * along - (whole * c) ** 2 * second * batch_square(p, direction) / 2


def descent(p: Proof, direction: Vector, c: Expr) -> Chain:
    """The general descent along a direction with a factor c >= 0."""
    x = p.language
    gradient, centre = x.meta_gradient(x.vector("w")), mean(x, direction)
    whole, step, spread = bound(p), 4 * smoothness(x) + stepsize_draws(x)[0], batch_square(p, direction)
    first = x.mean(DRAW, 1 / step)
    squares, error = x.norm(gradient) ** 2 + x.norm(centre) ** 2, x.norm(centre - gradient) ** 2
    from_below = lemma(p, "first moment", proof_file("lemma_4_9.first_moment").first_moment)
    from_above = lemma(p, "first moment from above", proof_file("ours.lemma_4_9.first_moment").first_moment)
    in_the_square = lemma(p, "second moment", proof_file("ours.lemma_4_9.second_moment").second_moment)

    chain = p.chain("one step", Rational(2, 5) * c * squares)
    chain.step(
        "E beta~ >= 0.8 / L(w)", c / 2 * whole * first * squares, fact(from_below.done()).times(c / 2 * whole * squares)
    )
    chain.step(
        "2 <grad F, D> = |grad F|^2 + |D|^2 - |D - grad F|^2",
        c * whole * first * x.inner(gradient, centre) + c / 2 * whole * first * error,
        axiom("expand_square", centre, -gradient).times(-c / 2 * whole * first),
    )
    chain.step(
        "E beta~ <= 49/40 / L(w)",
        c * whole * first * x.inner(gradient, centre) + Rational(49, 80) * c * error,
        fact(from_above.done()).times(c / 2 * whole * error),
    )
    tasks, square = step_tasks(x), fact(in_the_square.done()).times(whole**2 * c**2 / 2)
    return chain.step(
        "E beta~^2 <= 1.855 / L(w)^2, and T is a mean of |D|^2 and V",
        sure_decrease(p, direction, c) + Rational(49, 80) * c * error + Rational(371, 400) * c**2 * spread,
        square.times(mean_square(x, direction) / tasks),
        square.times(x.norm(centre) ** 2 / tasks, p.hypothesis("B >= 1")),
    )
