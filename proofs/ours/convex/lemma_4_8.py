"""Lemma 4.8 for convex tasks: |grad F(w) - grad F(u)| <= (L + alpha rho E_i |grad f_i|) |w - u|.

As the sharper form of Lemma 4.8, but |A(w)| <= 1 for A(w) = I - alpha H_i(w), and a step takes two points no farther
apart: w and u, and also u and u', so that alpha |grad f(u')| = |u' - u''| <= |u - u'| = alpha |grad f(u)|.
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
    convex = (p.hypothesis("mu >= 0"), p.hypothesis("alpha <= 1/L"))
    w, u = x.vector(here), x.vector(there)
    apart = x.norm(w - u)

    def g(at: Vector) -> Vector:
        return adapted_gradient(x, at)

    moved = pull_back(x, w)(g(w) - g(u))
    bent = pull_back(x, w)(g(u)) - pull_back(x, u)(g(u))
    change = pull_back(x, w)(g(w)) - pull_back(x, u)(g(u))
    difference = x.meta_gradient(w) - x.meta_gradient(u)

    near = p.chain(f"change of g, gradients at {there}", x.norm(g(w) - g(u)))
    near.step(
        "g is a gradient at adapted points",
        smooth * x.norm(adapted(x, w) - adapted(x, u)),
        axiom("lipschitz_gradient", TASK, adapted(x, w), adapted(x, u)),
    )
    near.step(
        "a step takes them no farther apart", smooth * apart, axiom("convex_step", TASK, w, u, *convex).times(smooth)
    )

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
    chain.step(
        "|A(w)| <= 1",
        x.mean(TASK, x.norm(g(w) - g(u)) + x.norm(bent)),
        axiom("convex_pull_back", TASK, w, g(w) - g(u), *convex).mean(TASK),
    )
    chain.step("|g(w) - g(u)| <= L |w - u|", smooth * apart + x.mean(TASK, x.norm(bent)), fact(near.done()).mean(TASK))
    chain.step(
        "|A(w) - A(u)| <= alpha rho |w - u|",
        smooth * apart + alpha * rho * apart * x.mean(TASK, x.norm(g(u))),
        axiom("lipschitz_hessian", TASK, w, u, g(u)).mean(TASK).times(alpha),
    )
    return chain.step(
        "alpha |g(u)| <= alpha |grad f(u)|, a step from u and one from u'",
        (smooth + alpha * rho * mean_gradient_norm(x, u)) * apart,
        axiom("convex_step", TASK, u, adapted(x, u), *convex).mean(TASK).times(rho * apart),
    )
