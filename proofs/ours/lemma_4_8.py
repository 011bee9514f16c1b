"""Lemma 4.8, sharper: |grad F(w) - grad F(u)| <= ((1 + a)^2 L + alpha rho (1 + a) E_i |grad f_i|) |w - u|, a = alpha L.

Write A(w) = I - alpha H_i(w) and g(w) = grad f_i(w - alpha grad f_i(w)), so that grad F(w) = E_i A(w) g(w). Each of the
two factors changes by little from w to u; the gradients may be taken at either point.
"""

from mamlcheck.language.terms import Vector
from mamlcheck.language.vocabulary import (
    TASK,
    adapted,
    adapted_gradient,
    hessian_lipschitz,
    inner_rate,
    mean_gradient_norm,
    pull_back,
    smoothness,
)
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """With the gradients at u, and at w: the smaller bound counts."""
    return [gradients_at("u", "w", p), gradients_at("w", "u", p)]


def gradients_at(there: str, here: str, p: Proof) -> Chain:
    """The bound by the gradients at `there`."""
    x = p.language
    alpha, smooth, rho = inner_rate(x), smoothness(x), hessian_lipschitz(x)
    a = alpha * smooth
    w, u = x.vector(here), x.vector(there)
    apart = x.norm(w - u)

    def slope(at: Vector) -> Vector:
        return x.gradient(TASK, at)

    def g(at: Vector) -> Vector:
        return adapted_gradient(x, at)

    moved = pull_back(x, w)(g(w) - g(u))
    bent = pull_back(x, w)(g(u)) - pull_back(x, u)(g(u))
    change = pull_back(x, w)(g(w)) - pull_back(x, u)(g(u))
    difference = x.meta_gradient(w) - x.meta_gradient(u)

    lipschitz = p.chain(f"change of g, gradients at {there}", x.norm(g(w) - g(u)))
    lipschitz.step(
        "g is a gradient at adapted points",
        smooth * x.norm(adapted(x, w) - adapted(x, u)),
        axiom("lipschitz_gradient", TASK, adapted(x, w), adapted(x, u)),
    )
    lipschitz.step(
        "these are apart by little",
        smooth * (apart + alpha * x.norm(slope(w) - slope(u))),
        axiom("triangle", w - u, -alpha * (slope(w) - slope(u))).times(smooth),
    )
    lipschitz.step(
        "Lipschitz gradient once more",
        smooth * (1 + a) * apart,
        axiom("lipschitz_gradient", TASK, w, u).times(smooth * alpha),
    )

    grown = p.chain(f"size of g({there})", x.norm(g(u)))
    grown.step(
        "around grad f", x.norm(slope(u)) + x.norm(g(u) - slope(u)), axiom("triangle", slope(u), g(u) - slope(u))
    )
    grown.step("Lipschitz gradient", (1 + a) * x.norm(slope(u)), axiom("lipschitz_gradient", TASK, adapted(x, u), u))

    chain = p.chain(f"gradients at {there}", x.norm(difference))
    chain.step(
        "chain rule: grad F = E_i A g",
        x.norm(x.mean_vector(TASK, change)),
        axiom("chain_rule", TASK, w).within(difference),
        axiom("chain_rule", TASK, u).within(x.mean_vector(TASK, pull_back(x, w)(g(w))) - x.meta_gradient(u), -1),
    )
    chain.step("Jensen over tasks", x.mean(TASK, x.norm(change)), axiom("jensen_norm", TASK, change))
    chain.step(
        "A(w) g(w) - A(u) g(u) = A(w) (g(w) - g(u)) + (A(w) - A(u)) g(u)",
        x.mean(TASK, x.norm(moved) + x.norm(bent)),
        axiom("triangle", moved, bent).mean(TASK),
    )
    dg = g(w) - g(u)
    chain.step(
        "|A(w)| <= 1 + a",
        x.mean(TASK, (1 + a) * x.norm(dg) + x.norm(bent)),
        axiom("triangle", dg, -alpha * x.hessian(TASK, w)(dg)).mean(TASK),
        axiom("operator_norm", TASK, w, dg).mean(TASK).times(alpha),
    )
    chain.step(
        "|g(w) - g(u)| <= L (1 + a) |w - u|",
        (1 + a) ** 2 * smooth * apart + x.mean(TASK, x.norm(bent)),
        fact(lipschitz.done()).mean(TASK).times(1 + a),
    )
    chain.step(
        "|A(w) - A(u)| <= alpha rho |w - u|",
        (1 + a) ** 2 * smooth * apart + alpha * rho * apart * x.mean(TASK, x.norm(g(u))),
        axiom("lipschitz_hessian", TASK, w, u, g(u)).mean(TASK).times(alpha),
    )
    return chain.step(
        "|g(u)| <= (1 + a) |grad f(u)|",
        ((1 + a) ** 2 * smooth + alpha * rho * (1 + a) * mean_gradient_norm(x, u)) * apart,
        fact(grown.done()).mean(TASK).times(alpha * rho * apart),
    )
