"""Theorem 4.11, sharper: |grad F^(w) - grad F(w)| <= E_i a S_i sqrt((1 + a)^2 + alpha^2 sigma_H,i^2 / D_test).

a = alpha L, S_i = sigma~_i(w) / sqrt(D_test). With A^ = I - alpha H_i(w, D_test) and h = g^ - g the change of the
gradient at the adapted parameter, the difference is E_i E A^ h, since the Hessian's own noise has mean 0 against the
fixed vector g. Its norm is taken along one fixed unit vector u, so that the variance of the Hessian is needed along u
alone: in operator norm it would not fall like 1/D_test.
"""

from mamlcheck.language.vocabulary import TASK, adapted, adapted_gradient, inner_rate, pull_back, size_root, smoothness
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact

BATCH = "D_test"


def prove(p: Proof) -> list[Chain]:
    """Chain rule, the noise of the Hessian out, duality, Cauchy-Schwarz, two variances."""
    x = p.language
    alpha, smooth = inner_rate(x), smoothness(x)
    a = alpha * smooth
    w = x.vector("w")
    drawn, full = pull_back(x, w, BATCH), pull_back(x, w)
    g, h = adapted_gradient(x, w), adapted_gradient(x, w, BATCH) - adapted_gradient(x, w)
    pulled = x.mean_vector(BATCH, drawn(h))
    u = x.direction(pulled, "u_i", "u_i")
    spread = x.gradient_deviation(TASK, w) / size_root(x, BATCH)
    bend = x.hessian_deviation(TASK, w) / size_root(x, BATCH)
    root = x.root((1 + a) ** 2 + alpha**2 * bend**2)

    fixed = p.chain("size of A u for a fixed u", x.norm(full(u)))
    fixed.step(
        "triangle", 1 + alpha * x.norm(x.hessian(TASK, w)(u)), axiom("triangle", u, -alpha * x.hessian(TASK, w)(u))
    )
    fixed.step("|H| <= L", 1 + a, axiom("operator_norm", TASK, w, u).times(alpha))

    turned = p.chain("mean square of A^ u", x.mean(BATCH, x.norm(drawn(u)) ** 2))
    turned.step(
        "variance identity along the fixed u",
        x.norm(full(u)) ** 2
        + alpha**2 * x.mean(BATCH, x.norm(x.hessian(TASK, w, BATCH)(u) - x.hessian(TASK, w)(u)) ** 2),
        axiom("hessian_moment", BATCH, TASK, w, u, -alpha, u),
    )
    turned.step(
        "variance of D_test independent sample Hessians along u",
        x.norm(full(u)) ** 2 + alpha**2 * bend**2,
        axiom("hessian_variance", BATCH, TASK, w, u).times(alpha**2),
    )
    turned.step("|A u| <= 1 + a", (1 + a) ** 2 + alpha**2 * bend**2, fact(fixed.done()).times(x.norm(full(u)) + 1 + a))

    changed = p.chain("mean square of h", x.mean(BATCH, x.norm(h) ** 2))
    shift = adapted(x, w, BATCH) - adapted(x, w)
    changed.step(
        "Lipschitz gradient",
        smooth**2 * x.mean(BATCH, x.norm(shift) ** 2),
        axiom("lipschitz_gradient", TASK, adapted(x, w, BATCH), adapted(x, w))
        .times(x.norm(h) + smooth * x.norm(shift))
        .mean(BATCH),
    )
    changed.step(
        "variance of D_test independent samples", a**2 * spread**2,
        axiom("gradient_variance", BATCH, TASK, w).times(a**2),
    )  # fmt: skip

    product = x.mean(BATCH, x.norm(drawn(u)) * x.norm(h))
    squared = p.chain("square of E |A^ u| |h|", product**2)
    squared.step(
        "Cauchy-Schwarz over D_test",
        x.mean(BATCH, x.norm(drawn(u)) ** 2) * x.mean(BATCH, x.norm(h) ** 2),
        axiom("mean_cauchy_schwarz", BATCH, x.norm(drawn(u)), x.norm(h)),
    )
    squared.step(
        "mean square of A^ u",
        ((1 + a) ** 2 + alpha**2 * bend**2) * x.mean(BATCH, x.norm(h) ** 2),
        fact(turned.done()).times(x.mean(BATCH, x.norm(h) ** 2)),
    )
    squared.step(
        "mean square of h",
        ((1 + a) ** 2 + alpha**2 * bend**2) * a**2 * spread**2,
        fact(changed.done()).times((1 + a) ** 2 + alpha**2 * bend**2),
    )
    squared.step("its root", root**2 * a**2 * spread**2, axiom("square_root", root).times(-(a**2) * spread**2))

    start = x.meta_gradient(w, BATCH) - x.meta_gradient(w)
    exchanged = x.mean_vector(TASK, x.mean_vector(BATCH, drawn(adapted_gradient(x, w, BATCH))))
    difference = exchanged - x.mean_vector(TASK, full(g))
    chain = p.chain("difference of the meta-gradients", x.norm(start))
    chain.step(
        "chain rule; gradient and expectation exchanged",
        x.norm(difference),
        axiom("chain_rule", TASK, w, BATCH).within(start),
        axiom("chain_rule", TASK, w).within(exchanged - x.meta_gradient(w), -1),
    )
    chain.step(
        "A^ g^ - A g = A^ h - alpha (H^ - H) g, and the last term has mean 0",
        x.norm(x.mean_vector(TASK, pulled)),
        axiom("unbiased_hessian", BATCH, TASK, w, g).mean(TASK).within(difference, -alpha),
    )
    chain.step("Jensen over tasks", x.mean(TASK, x.norm(pulled)), axiom("jensen_norm", TASK, pulled))
    chain.step(
        "along the unit vector u of each task", x.mean(TASK, x.inner(u, pulled)), axiom("duality", pulled, u).mean(TASK)
    )
    chain.step(
        "u is fixed: the mean comes out, and A^ goes to u",
        x.mean(TASK, x.mean(BATCH, x.inner(drawn(u), h))),
        axiom("inner_mean", BATCH, u, drawn(h)).mean(TASK),
        axiom("symmetry", u, drawn, h).mean(BATCH, TASK),
    )
    chain.step("Cauchy-Schwarz", x.mean(TASK, product), axiom("cauchy_schwarz", drawn(u), h).mean(BATCH, TASK))
    return [
        chain.step(
            "Cauchy-Schwarz over D_test, and the two mean squares",
            x.mean(TASK, root * a * spread),
            fact(squared.done()).root(product, root * a * spread).mean(TASK),
        )
    ]
