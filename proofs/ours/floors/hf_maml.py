"""HF-MAML's floor: (1 - a) |D - grad F(w)| <= (eta/2) ((1 + a) sigma + |D|), D with full batches.

Each difference is within eta |g_i| / 2 of the product that it stands for. The g_i are no longer than D and their spread
allow: E g = D + alpha E d_i, and |d_i| <= L |g_i|.
"""

from mamlcheck.language.directions import full_hf_maml
from mamlcheck.language.vocabulary import (
    TASK,
    adapted_gradient,
    difference_factor,
    inner_rate,
    smoothness,
    step_task_variance,
)
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """The error by E|g|, and E|g| by |D|."""
    x = p.language
    w, alpha, eta = x.vector("w"), inner_rate(x), difference_factor(x)
    a, g = alpha * smoothness(x), adapted_gradient(x, w)
    d, product = x.difference(TASK, w, g), x.hessian(TASK, w)(g)
    direction, mean = x.mean_vector(TASK, full_hf_maml(x, w)), x.mean_vector(TASK, g)
    size, root, start = x.mean(TASK, x.norm(g)), x.root(step_task_variance(x, w)), direction - x.meta_gradient(w)
    of_g = lemma(p, "mean size of the adapted gradients", proof_file("ours.moments.spread").mean_size)

    mean_of = p.chain("|E g| by |D|", x.norm(mean))
    mean_of.step(
        "triangle", x.norm(direction) + x.norm(mean - direction), axiom("triangle", direction, mean - direction)
    )
    mean_of.step(
        "Jensen over tasks", x.norm(direction) + alpha * x.mean(TASK, x.norm(d)), axiom("jensen_norm", TASK, alpha * d)
    )
    mean_of.step(
        "|d| <= L |g|", x.norm(direction) + a * size, axiom("difference_size", TASK, w, g).mean(TASK).times(alpha)
    )
    whole = p.chain("E|g| by |D|", (1 - a) * size)
    whole.step("mean size of g", of_g.end - a * size, fact(of_g.done()))
    whole.step("|E g| by |D|", x.norm(direction) + (1 + a) * root, fact(mean_of.done()))

    length = p.chain("the error, its length", x.norm(start))
    length.step(
        "chain rule", alpha * x.norm(x.mean_vector(TASK, product - d)), axiom("chain_rule", TASK, w).within(start, -1)
    )
    length.step(
        "Jensen over tasks",
        alpha * x.mean(TASK, x.norm(product - d)),
        axiom("jensen_norm", TASK, product - d).times(alpha),
    )
    length.step(
        "the difference is within eta |g| / 2", eta / 2 * size, axiom("difference_error", TASK, w, g).mean(TASK)
    )
    chain = p.chain("HF-MAML's floor", (1 - a) * x.norm(start))
    chain.step("the error by E|g|", (1 - a) * eta / 2 * size, fact(length.done()).times(p.hypothesis("alpha <= 1/L")))
    return [
        chain.step("E|g| by |D|", eta / 2 * ((1 + a) * root + x.norm(direction)), fact(whole.done()).times(eta / 2))
    ]
