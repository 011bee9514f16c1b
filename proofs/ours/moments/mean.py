"""The mean adapted gradient: (1 - a) |E g| <= |grad F(w)| + a (1 + a) sigma. From FO-MAML's floor."""

from mamlcheck.language.vocabulary import TASK, adapted_gradient, inner_rate, smoothness, step_task_variance
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """Triangle around the meta-gradient."""
    return [mean(p)]


def mean(p: Proof) -> Chain:
    """(1 - a) |E g| <= |grad F(w)| + a (1 + a) sigma."""
    x = p.language
    w, a = x.vector("w"), inner_rate(x) * smoothness(x)
    centre, root, gradient = (
        x.mean_vector(TASK, adapted_gradient(x, w)),
        x.root(step_task_variance(x, w)),
        x.meta_gradient(w),
    )
    floor = lemma(p, "FO-MAML's floor", proof_file("ours.floors.fo_maml").floor)

    chain = p.chain("mean adapted gradient", (1 - a) * x.norm(centre))
    chain.step(
        "around grad F",
        x.norm(gradient) + x.norm(gradient - centre) - a * x.norm(centre),
        axiom("triangle", gradient, centre - gradient),
    )
    return chain.step("FO-MAML's floor", x.norm(gradient) + a * (1 + a) * root, fact(floor.done()))
