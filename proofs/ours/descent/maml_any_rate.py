"""One step of MAML for every rate up to 1/L: the chain of the step with numbers, with a = alpha L and c as they are.

All is multiplied by g^2 = (1 - a)^2, so that |E g| <= (|grad F| + a (1 + a) sigma) / (1 - a) needs no division.
"""

from sympy import Rational

from mamlcheck.language.directions import maml, outer_gradient
from mamlcheck.language.vocabulary import TASK, adapted_gradient, step_factor, step_tasks
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """B is large enough for |grad F|^2 over B; then |E g|, E|v|^2, V, the error of D, and the general descent."""
    bounds, known, general = (
        proof_file(f"ours.{name}") for name in ("descent._bounds", "descent.maml", "general_descent.maml")
    )
    x = p.language
    w, tasks, c, a = x.vector("w"), step_tasks(x), step_factor(x), bounds.rate(x)
    direction, gap = maml(x, w), (1 - a) ** 2
    q = bounds.squares(x, direction)
    square, swing = Rational(371, 400) * c**2 / tasks, (1 + a) ** 2 + Rational(1, 2)
    costs = (2 * gap + 4 * a**2) * (1 + a) ** 2 * q.variance + gap * (2 * a**2 * q.inner + q.outer)
    grown = Rational(49, 80) * c * gap * (1 + a) ** 2 * a**2 * q.inner
    noise = square * swing * costs + grown
    gradients = Rational(2, 5) * c * gap * q.gradient
    second, off = known.second_moment(p, None), known.error(p, None)

    chain = p.chain("the step for any rate", Rational(3, 10) * c * gap * q.gradient)
    chain.step(
        "B is large enough",
        gradients - 4 * square * swing * q.gradient,
        p.hypothesis("enough tasks for the rate").times(c * q.gradient / (10 * tasks)),
    )
    chain.step(
        "|E g| by |grad F|",
        gradients - square * swing * (2 * gap * q.mean - 4 * a**2 * (1 + a) ** 2 * q.variance),
        fact(young(p).done()).times(2 * square * swing),
    )
    chain.step(
        "E|v|^2 by these",
        gradients + square * swing * (costs - gap * bounds.mean_square(x, outer_gradient(x, w))),
        fact(bounds.outer_square(p).done()).times(square * swing * gap),
    )
    chain.step(
        "V by E|v|^2",
        gradients + square * (swing * costs - gap * q.second),
        fact(second.done()).times(square * gap),
    )
    chain.step(
        "the error of D",
        gradients + square * (swing * costs - gap * q.second) + grown - Rational(49, 80) * c * gap * q.error,
        fact(off.done()).times(Rational(49, 80) * c * gap),
    )
    chain.step(
        "the general descent",
        gap * general.sure_decrease(p, direction, c)
        - gap * (Rational(2, 5) * c - square * tasks + square) * q.centre
        + noise,
        fact(general.descent(p, direction, c).done()).times(gap),
    )
    return [
        chain.step(
            "c <= 2/5, and |D|^2 left out",
            gap * general.sure_decrease(p, direction, c) + noise,
            p.hypothesis("c <= 2/5").times(Rational(371, 2000) * c * gap * q.centre),
            remainder=gap * q.centre * (Rational(29, 1000) * c + square),
        )
    ]


def young(p: Proof) -> Chain:
    """(1 - a)^2 |E g|^2 <= 2 |grad F|^2 + 2 a^2 (1 + a)^2 sigma^2."""
    bounds, x = proof_file("ours.descent._bounds"), p.language
    w, a = x.vector("w"), bounds.rate(x)
    q = bounds.squares(x, maml(x, w))
    root, gradient = x.root(q.variance), x.norm(x.meta_gradient(w))
    size = x.norm(x.mean_vector(TASK, adapted_gradient(x, w)))
    linear = lemma(p, "mean adapted gradient", proof_file("ours.moments.mean").mean)
    chain = p.chain("(1 - a)^2 |E g|^2 by |grad F|^2", ((1 - a) * size) ** 2)
    chain.step("once", linear.end * (1 - a) * size, fact(linear.done()).times(size, p.hypothesis("alpha <= 1/L")))
    chain.step("and once more", linear.end**2, fact(linear.done()).times(linear.end))
    chain.step(
        "(y + z)^2 = 2 y^2 + 2 z^2 - (y - z)^2",
        2 * q.gradient + 2 * (a * (1 + a) * root) ** 2,
        remainder=(gradient - a * (1 + a) * root) ** 2,
    )
    return chain.step(
        "the root, squared",
        2 * q.gradient + 2 * (a * (1 + a)) ** 2 * q.variance,
        axiom("square_root", root).times(2 * (a * (1 + a)) ** 2),
    )
