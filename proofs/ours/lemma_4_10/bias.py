"""Lemma 4.10, bias, sharper: |E grad f_i(w_i, D_o) - g| <= (1 - kappa) L t + kappa^2 rho t^2 / 2.

t = alpha sigma~ / sqrt(D_in). For every kappa in [0, 1]; the best one, min(1, L / (rho t)), gives psi(t): rho t^2 / 2
where t <= L / rho, and L t - L^2 / (2 rho) beyond. The idea: w_i is off w' by a noise of mean 0, so that the Hessian at
w' adds nothing in the mean. It is used along the first share kappa of the noise only, where it has not changed by much;
the rest of the way is left to the Lipschitz constant of the gradient. Holds in any dimension.
"""

from mamlcheck.language.vocabulary import TASK, adapted, hessian_lipschitz, inner_rate, number, size_root, smoothness
from mamlcheck.proof.kernel import By, Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """The tower, the Hessian taken along for free, two parts of the way, and the variance of the noise."""
    x = p.language
    alpha, smooth, rho, kappa, tau = (
        inner_rate(x),
        smoothness(x),
        hessian_lipschitz(x),
        number(x, "kappa"),
        number(x, "tau"),
    )
    w = x.vector("w")
    point, noisy = adapted(x, w), adapted(x, w, "D_in")
    shift = noisy - point  # = -alpha noise
    near = point + kappa * shift
    g, g_near, g_noisy = (x.gradient(TASK, at) for at in (point, near, noisy))
    bend = x.hessian(TASK, point)
    deviation = x.gradient_deviation(TASK, w) / size_root(x, "D_in")

    far = p.chain("the far part of the way", x.norm(g_noisy - g_near))
    far.step("Lipschitz gradient", smooth * x.norm(noisy - near), axiom("lipschitz_gradient", TASK, noisy, near))
    far.step(
        "a share 1 - kappa of the way",
        smooth * (1 - kappa) * x.norm(shift),
        axiom("scaling", 1 - kappa, shift, p.hypothesis("kappa <= 1")).times(smooth),
    )

    start = x.mean_vector("D_in", x.mean_vector("D_o", x.gradient(TASK, noisy, "D_o"))) - g
    centred = x.mean_vector("D_in", g_noisy) - g
    along = g_near - g - kappa * bend(shift)
    both = g_noisy - g_near + along
    chain = p.chain("bias", x.norm(start))
    chain.step(
        "D_o is independent of D_in",
        x.norm(centred),
        axiom("unbiased_gradient", "D_o", TASK, noisy).mean("D_in").within(start),
    )
    chain.step(
        "the noise has mean 0, and so has the Hessian at w' along it",
        x.norm(x.mean_vector("D_in", both)),
        axiom("unbiased_gradient", "D_in", TASK, w).apply(bend).within(centred, -kappa * alpha),
    )
    chain.step("Jensen over D_in", x.mean("D_in", x.norm(both)), axiom("jensen_norm", "D_in", both))
    chain.step(
        "the way in two parts",
        x.mean("D_in", x.norm(g_noisy - g_near) + x.norm(along)),
        axiom("triangle", g_noisy - g_near, along).mean("D_in"),
    )
    change = axiom("lipschitz_hessian", TASK, point + tau * kappa * shift, point, kappa * shift)
    chain.step(
        "the near part, by the Lipschitz Hessian",
        x.mean("D_in", x.norm(g_noisy - g_near) + kappa**2 * rho / 2 * x.norm(shift) ** 2),
        axiom("mean_value_integral", TASK, point, kappa * shift, tau, change).mean("D_in"),
    )
    chain.step(
        "the far part, by the Lipschitz gradient",
        x.mean("D_in", (1 - kappa) * smooth * x.norm(shift) + kappa**2 * rho / 2 * x.norm(shift) ** 2),
        fact(far.done()).mean("D_in"),
    )
    return [
        chain.step(
            "E |noise|^2 = sigma~^2 / D_in, and its root for E |noise|",
            (1 - kappa) * smooth * alpha * deviation + kappa**2 * rho / 2 * alpha**2 * deviation**2,
            mean_noise(p).times(alpha * smooth, p.hypothesis("kappa <= 1")),
            axiom("gradient_variance", "D_in", TASK, w).times(kappa**2 * rho / 2 * alpha**2),
        )
    ]


def mean_noise(p: Proof) -> By:
    """E |grad f_i(w, D_in) - grad f_i(w)| <= sigma~ / sqrt(D_in)."""
    x = p.language
    w = x.vector("w")
    size = x.norm(x.gradient(TASK, w, "D_in") - x.gradient(TASK, w))
    deviation = x.gradient_deviation(TASK, w) / size_root(x, "D_in")
    chain = p.chain("mean square of the noise", x.mean("D_in", size) ** 2)
    chain.step("Jensen", x.mean("D_in", size**2), axiom("jensen_square", "D_in", size))
    chain.step("variance of D_in independent samples", deviation**2, axiom("gradient_variance", "D_in", TASK, w))
    return fact(chain.done()).root(x.mean("D_in", size), deviation)
