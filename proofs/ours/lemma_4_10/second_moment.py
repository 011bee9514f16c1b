"""Lemma 4.10, second moment, sharper: at most |g|^2 + 2 |g| psi(t) + L^2 t^2 + E sigma~_i(w_i)^2 / D_o.

t = alpha sigma~ / sqrt(D_in); psi(t) as for the bias. The square is expanded instead of split by Young's inequality,
and its cross term holds the bias alone.
"""

from mamlcheck.language.terms import Expr, Vector
from mamlcheck.language.vocabulary import TASK, adapted, adapted_gradient, inner_rate, size_root, smoothness
from mamlcheck.proof.catalogue import chains_of
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """The square expanded; its cross term by the bias."""
    x = p.language
    alpha, smooth = inner_rate(x), smoothness(x)
    w = x.vector("w")
    noisy = adapted(x, w, "D_in")
    g = adapted_gradient(x, w)
    mean_h = x.mean_vector("D_in", x.gradient(TASK, noisy) - g)
    deviation = x.gradient_deviation(TASK, w) / size_root(x, "D_in")

    (bias,) = chains_of(p, "ours.lemma_4_10.bias")
    mean_change = p.chain("mean change of the gradient", x.norm(mean_h))
    tower = x.mean_vector("D_in", x.mean_vector("D_o", x.gradient(TASK, noisy, "D_o"))) - g
    mean_change.step(
        "D_o is independent of D_in",
        bias.start,
        axiom("unbiased_gradient", "D_o", TASK, noisy).mean("D_in").within(tower).times(-1),
    )
    mean_change.step("the bias", bias.end, fact(bias.done()))

    chain, outer = expanded(p)
    return [
        chain.step(
            "the bias",
            x.norm(g) ** 2 + 2 * x.norm(g) * bias.end + smooth**2 * alpha**2 * deviation**2 + outer,
            fact(mean_change.done()).times(2 * x.norm(g)),
        )
    ]


def expanded(p: Proof) -> tuple[Chain, Expr]:
    """The chain up to |g|^2 + 2 |g| |E h| + L^2 t^2 + E sigma~_i(w_i)^2 / D_o, and that last term."""
    x = p.language
    alpha, smooth = inner_rate(x), smoothness(x)
    w = x.vector("w")
    point, noisy = adapted(x, w), adapted(x, w, "D_in")
    g, g_noisy = x.gradient(TASK, point), x.gradient(TASK, noisy)
    h, shift = g_noisy - g, noisy - point
    mean_h = x.mean_vector("D_in", h)
    drawn = x.gradient(TASK, noisy, "D_o")
    deviation = x.gradient_deviation(TASK, w) / size_root(x, "D_in")
    outer = x.mean("D_in", x.gradient_deviation(TASK, noisy) ** 2) / size_root(x, "D_o") ** 2

    chain = p.chain("second moment", x.mean("D_in", x.mean("D_o", x.norm(drawn) ** 2)))
    chain.step(
        "variance identity over D_o",
        x.mean("D_in", x.norm(g_noisy) ** 2 + x.mean("D_o", x.norm(drawn - g_noisy) ** 2)),
        axiom("gradient_moment", "D_o", TASK, noisy, Vector({})).mean("D_in"),
    )
    chain.step(
        "variance of D_o independent samples",
        x.mean("D_in", x.norm(g_noisy) ** 2) + outer,
        axiom("gradient_variance", "D_o", TASK, noisy).mean("D_in"),
    )
    chain.step(
        "the square expanded",
        x.norm(g) ** 2 + x.mean("D_in", 2 * x.inner(g, h) + x.norm(h) ** 2) + outer,
        axiom("expand_square", g, h).mean("D_in"),
    )
    chain.step(
        "the cross term holds the mean alone",
        x.norm(g) ** 2 + 2 * x.inner(g, mean_h) + x.mean("D_in", x.norm(h) ** 2) + outer,
        axiom("inner_mean", "D_in", g, h).times(-2),
    )
    chain.step(
        "Cauchy-Schwarz",
        x.norm(g) ** 2 + 2 * x.norm(g) * x.norm(mean_h) + x.mean("D_in", x.norm(h) ** 2) + outer,
        axiom("cauchy_schwarz", g, mean_h).times(2),
    )
    lipschitz = axiom("lipschitz_gradient", TASK, noisy, point).times(x.norm(h) + smooth * x.norm(shift))
    chain.step(
        "|h|^2 <= L^2 |w_i - w'|^2, and the variance of D_in independent samples",
        x.norm(g) ** 2 + 2 * x.norm(g) * x.norm(mean_h) + smooth**2 * alpha**2 * deviation**2 + outer,
        lipschitz.mean("D_in"),
        axiom("gradient_variance", "D_in", TASK, w).times(smooth**2 * alpha**2),
    )
    return chain, outer
