"""The tasks' gradients: (1 - a)^2 E|grad f_i(w)| <= |grad F(w)| + a (1 + a) sigma + (1 - a) sigma(w).

The inner step changes each gradient by at most a |grad f_i(w)|, so that |grad f(w)| <= |E g| + a E|grad f_i(w)|.
"""

from mamlcheck.language.vocabulary import (
    TASK,
    adapted,
    adapted_gradient,
    inner_rate,
    mean_gradient_norm,
    smoothness,
    step_task_variance,
    task_variance,
)
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """Around grad f(w), Lipschitz gradient, and the mean adapted gradient."""
    return [start(p)]


def start(p: Proof) -> Chain:
    """(1 - a)^2 E|grad f_i(w)| <= |grad F(w)| + a (1 + a) sigma + (1 - a) sigma(w)."""
    x = p.language
    w = x.vector("w")
    a, g, slope = inner_rate(x) * smoothness(x), adapted_gradient(x, w), x.gradient(TASK, w)
    full, centre, size = x.mean_vector(TASK, slope), x.mean_vector(TASK, g), mean_gradient_norm(x, w)
    root, here = x.root(step_task_variance(x, w)), x.root(task_variance(x, w))
    rest = x.mean(TASK, x.norm(slope - full))
    mean = lemma(p, "mean adapted gradient", proof_file("ours.moments.mean").mean)

    square = p.chain("root of the variance at w", rest**2)
    square.step("Jensen", task_variance(x, w), axiom("jensen_square", TASK, x.norm(slope - full)))
    square.step("its root", here**2, axiom("square_root", here).times(-1))

    moved = p.chain("grad f(w) around E g", x.norm(full))
    moved.step("triangle", x.norm(centre) + x.norm(full - centre), axiom("triangle", centre, full - centre))
    moved.step(
        "Jensen over tasks",
        x.norm(centre) + x.mean(TASK, x.norm(slope - g)),
        axiom("jensen_norm", TASK, slope - g),
    )
    moved.step(
        "Lipschitz gradient",
        x.norm(centre) + a * size,
        axiom("lipschitz_gradient", TASK, adapted(x, w), w).mean(TASK),
    )

    one = p.chain("one factor 1 - a", (1 - a) * size)
    one.step("around grad f(w)", x.norm(full) + rest - a * size, axiom("triangle", full, slope - full).mean(TASK))
    one.step("their mean deviation", x.norm(full) + here - a * size, fact(square.done()).root(rest, here))
    one.step("grad f(w) around E g", x.norm(centre) + here, fact(moved.done()))

    chain = p.chain("the tasks' gradients", (1 - a) ** 2 * size)
    chain.step(
        "the other factor", (1 - a) * (x.norm(centre) + here), fact(one.done()).times(p.hypothesis("alpha <= 1/L"))
    )
    return chain.step(
        "the mean adapted gradient",
        x.norm(x.meta_gradient(w)) + a * (1 + a) * root + (1 - a) * here,
        fact(mean.done()),
    )
