"""Lemma 4.10, second moment: E |grad f_i(w_i, D_o)|^2 <= (1 + 1/phi) |g|^2 + (1 + phi) L^2 t^2 + sigma~^2 / D_o.

t = alpha sigma~ / sqrt(D_in). The square expanded, the mean change of the gradient bounded by L t, and Young's
inequality.
"""

from mamlcheck.language.vocabulary import TASK, adapted, adapted_gradient, inner_rate, number, size_root, smoothness
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """phi (right - left) of Young's inequality is a square."""
    x = p.language
    alpha, smooth, phi = inner_rate(x), smoothness(x), number(x, "phi")
    w = x.vector("w")
    point, noisy = adapted(x, w), adapted(x, w, "D_in")
    here, there = x.gradient_deviation(TASK, w), x.gradient_deviation(TASK, noisy)
    inner, outer = size_root(x, "D_in"), size_root(x, "D_o")
    t, size, h = alpha * here / inner, x.norm(adapted_gradient(x, w)), x.gradient(TASK, noisy) - x.gradient(TASK, point)

    mean_change = p.chain("mean change of the gradient", x.norm(x.mean_vector("D_in", h)))
    mean_change.step("Jensen over D_in", x.mean("D_in", x.norm(h)), axiom("jensen_norm", "D_in", h))
    mean_change.step(
        "Lipschitz gradient",
        smooth * x.mean("D_in", x.norm(noisy - point)),
        axiom("lipschitz_gradient", TASK, noisy, point).mean("D_in"),
    )
    mean_change.step(
        "E |noise| <= sigma~ / sqrt(D_in)",
        smooth * t,
        proof_file("ours.lemma_4_10.bias").mean_noise(p).times(alpha * smooth),
    )

    chain, noise = proof_file("ours.lemma_4_10.second_moment").expanded(p)
    chain.step(
        "the mean change is at most L t",
        size**2 + 2 * size * smooth * t + smooth**2 * t**2 + noise,
        fact(mean_change.done()).times(2 * size),
    )
    chain.step(
        "Young: phi (right - left) = (|g| - phi L t)^2",
        (1 + 1 / phi) * size**2 + (1 + phi) * smooth**2 * t**2 + noise,
        remainder=(size - phi * smooth * t) ** 2 / phi,
    )
    chain.strong_form()
    sigma = number(x, "sigma~")
    both = (1 + phi) * smooth**2 * alpha**2 / inner**2
    return [
        chain.step(
            "deviations are at most sigma~",
            (1 + 1 / phi) * size**2 + both * sigma**2 + sigma**2 / outer**2,
            axiom("bounded_deviation", here).times(both * (sigma + here)),
            axiom("bounded_deviation", there).times(sigma + there).mean("D_in").times(1 / outer**2),
        )
    ]
