"""Adapted gradients spread among tasks by little more than gradients do: E|g - E g|^2 <= (1 + a)^2 sigma^2.

g_i is compared with grad f(x) at the one point x = w - alpha grad f(w): the way from there to where task i is adapted
is alpha (grad f(w) - grad f_i(w)), whose mean square is the variance at w; the rest is the variance at x.
"""

from sympy import Rational

from mamlcheck.language.vocabulary import (
    TASK,
    adapted,
    adapted_gradient,
    common_step,
    inner_rate,
    smoothness,
    step_task_variance,
    task_variance,
)
from mamlcheck.proof.catalogue import lemma
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """The mean is the best centre; triangle, Lipschitz gradient, and a square left out."""
    return [spread(p)]


def spread(p: Proof) -> Chain:
    """E|g - E g|^2 <= (1 + a)^2 sigma^2."""
    x = p.language
    smooth, w = smoothness(x), x.vector("w")
    a, there = inner_rate(x) * smooth, common_step(x, w)
    slope, slope_there, g = x.gradient(TASK, w), x.gradient(TASK, there), adapted_gradient(x, w)
    full, centre, mean = x.mean_vector(TASK, slope), x.mean_vector(TASK, slope_there), x.mean_vector(TASK, g)
    far, near = x.norm(slope - full), x.norm(slope_there - centre)  # X and Y
    off = centre - mean

    apart = p.chain("one adapted gradient around grad f(x)", x.norm(g - centre))
    apart.step(
        "triangle",
        x.norm(g - slope_there) + near,
        axiom("triangle", g - slope_there, slope_there - centre),
    )
    apart.step(
        "Lipschitz gradient: the two points are alpha |grad f_i(w) - grad f(w)| apart",
        a * far + near,
        axiom("lipschitz_gradient", TASK, adapted(x, w), there),
    )
    square = p.chain("its square", x.norm(g - centre) ** 2)
    square.step("squared", (a * far + near) ** 2, fact(apart.done()).times(x.norm(g - centre) + a * far + near))
    square.step(
        "(a X + Y)^2 = (1 + a) (a X^2 + Y^2) - a (X - Y)^2",
        (1 + a) * (a * far**2 + near**2),
        remainder=a * (far - near) ** 2,
    )
    itself = p.chain("<v, v> = |v|^2", x.inner(off, off))
    itself.step("|2 v|^2 taken apart", x.norm(off) ** 2, axiom("expand_square", off, off).times(Rational(-1, 2)))

    chain = p.chain("spread of the adapted gradients", x.mean(TASK, x.norm(g - mean) ** 2))
    chain.step(
        "around grad f(x) instead of E g",
        x.mean(TASK, x.norm(g - centre) ** 2) + 2 * x.mean(TASK, x.inner(g - centre, off)) + x.norm(off) ** 2,
        axiom("expand_square", g - centre, off).mean(TASK),
    )
    chain.step(
        "the mean is the best centre",
        x.mean(TASK, x.norm(g - centre) ** 2),
        axiom("inner_mean", TASK, off, g - centre).times(-2),
        fact(itself.done()).times(-2),
        remainder=x.norm(off) ** 2,
    )
    chain.step(
        "each around grad f(x)",
        (1 + a) * (a * task_variance(x, w) + task_variance(x, there)),
        fact(square.done()).mean(TASK),
    )
    return chain.step("the mean of both variances", (1 + a) ** 2 * step_task_variance(x, w))


def mean_size(p: Proof) -> Chain:
    """E|g| <= |E g| + (1 + a) sigma."""
    x = p.language
    w = x.vector("w")
    a, g = inner_rate(x) * smoothness(x), adapted_gradient(x, w)
    mean, root = x.mean_vector(TASK, g), x.root(step_task_variance(x, w))
    rest = x.mean(TASK, x.norm(g - mean))

    square = p.chain("root of the mean deviation's square", rest**2)
    square.step("their spread", (1 + a) ** 2 * step_task_variance(x, w), fact(deviation_of(p).done()))
    square.step("its root", ((1 + a) * root) ** 2, axiom("square_root", root).times(-((1 + a) ** 2)))

    chain = p.chain("mean size of the adapted gradients", x.mean(TASK, x.norm(g)))
    chain.step("around E g", x.norm(mean) + rest, axiom("triangle", mean, g - mean).mean(TASK))
    return chain.step(
        "their mean deviation", x.norm(mean) + (1 + a) * root, fact(square.done()).root(rest, (1 + a) * root)
    )


def spread_of(p: Proof) -> Chain:
    """The spread, carried out once."""
    return lemma(p, "spread of the adapted gradients", spread)


def deviation_of(p: Proof) -> Chain:
    """(E|g - E g|)^2 <= (1 + a)^2 sigma^2, carried out once."""
    return lemma(p, "square of the mean deviation", _deviation)


def _deviation(p: Proof) -> Chain:
    x = p.language
    g = adapted_gradient(x, x.vector("w"))
    apart = x.norm(g - x.mean_vector(TASK, g))
    spread = spread_of(p)
    chain = p.chain("square of the mean deviation", x.mean(TASK, apart) ** 2)
    chain.step("Jensen", spread.start, axiom("jensen_square", TASK, apart))
    return chain.step("their spread", spread.end, fact(spread.done()))
