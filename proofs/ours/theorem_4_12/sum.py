"""Theorem 4.12, the sum: the step with numbers at every iterate, the descent lemma, and what there is to gain."""

from mamlcheck.language.directions import HESSIAN, maml, outer_gradient
from mamlcheck.language.vocabulary import TASK, hessian_deviation_bound, size_root, step_tasks
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """As all theorems on runs: see `_runs` of Theorem 4.12."""
    runs = proof_file("ours.theorem_4_12._runs")
    return [runs.sum_of(p, theorem(p))]


def theorem(p: Proof) -> tuple[object, ...]:
    """MAML's part, with what its step asks of each iterate in place."""
    runs, step = proof_file("ours.theorem_4_12._runs"), proof_file("ours.descent.maml")
    x = p.language
    w, tasks = x.vector("w"), step_tasks(x)
    v, sigma = outer_gradient(x, w), hessian_deviation_bound(x)
    at_w = x.hessian_deviation(TASK, w)
    along = x.hessian(TASK, w, HESSIAN)(v) - x.hessian(TASK, w)(v)
    share = x.norm(v) ** 2 / size_root(x, HESSIAN) ** 2
    spread = p.chain("the Hessian's noise along v", x.mean(HESSIAN, x.norm(along) ** 2))
    spread.step("variance of D_h samples", at_w**2 * share, axiom("hessian_variance", HESSIAN, TASK, w, v))
    spread.step(
        "sigma_H holds everywhere", sigma**2 * share, axiom("bounded_deviation", at_w).times((at_w + sigma) * share)
    )
    noise = fact(spread.done())
    runs.assume_everywhere(p, step.RATE, noise)
    found: tuple[object, ...] = runs.Theorem(
        rate=step.RATE,
        direction=maml(x, w),
        factor=step.FACTOR,
        progress=step.PROGRESS,
        step=step.prove,
        cost=lambda variance, inner, outer: (
            step.TASKS * variance / tasks + step.OUTER_NOISE * outer / tasks + step.INNER_NOISE * inner
        ),
    )
    return found
