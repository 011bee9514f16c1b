"""FO-MAML's floor: |grad F(w) - E g| <= a |E g| + a (1 + a) sigma.

What FO-MAML leaves out of the meta-gradient is alpha E_i H_i(w) g_i, and |H_i| <= L.
"""

from mamlcheck.language.vocabulary import TASK, adapted_gradient, inner_rate, smoothness, step_task_variance
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """Chain rule, Jensen, |H| <= L, and the mean size of the adapted gradients."""
    return [floor(p)]


def floor(p: Proof) -> Chain:
    """|grad F(w) - E g| <= a |E g| + a (1 + a) sigma."""
    x = p.language
    w, alpha, smooth = x.vector("w"), inner_rate(x), smoothness(x)
    a, g, hessian = alpha * smooth, adapted_gradient(x, w), x.hessian(TASK, w)
    mean, root = x.mean_vector(TASK, g), x.root(step_task_variance(x, w))
    size = lemma(p, "mean size of the adapted gradients", proof_file("ours.moments.spread").mean_size)

    chain = p.chain("FO-MAML's floor", x.norm(x.meta_gradient(w) - mean))
    chain.step(
        "chain rule: the term with the Hessian is left",
        alpha * x.norm(x.mean_vector(TASK, hessian(g))),
        axiom("chain_rule", TASK, w).within(x.meta_gradient(w) - mean),
    )
    chain.step(
        "Jensen over tasks",
        alpha * x.mean(TASK, x.norm(hessian(g))),
        axiom("jensen_norm", TASK, hessian(g)).times(alpha),
    )
    chain.step("|H| <= L", a * x.mean(TASK, x.norm(g)), axiom("operator_norm", TASK, w, g).mean(TASK).times(alpha))
    return chain.step("mean size of g", a * (x.norm(mean) + (1 + a) * root), fact(size.done()).times(a))
