"""Theorem 4.17, the sum: the step with numbers at every iterate, the descent lemma, and what there is to gain."""

from mamlcheck.language.directions import HESSIAN, hf_maml, outer_gradient
from mamlcheck.language.vocabulary import TASK, difference_factor, step_tasks
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom


def prove(p: Proof) -> list[Chain]:
    """As all theorems on runs: see `_runs` of Theorem 4.12."""
    runs = proof_file("ours.theorem_4_12._runs")
    return [runs.sum_of(p, theorem(p))]


def theorem(p: Proof) -> tuple[object, ...]:
    """HF-MAML's part, with what its step asks of each iterate in place."""
    runs, step = proof_file("ours.theorem_4_12._runs"), proof_file("ours.descent.hf_maml")
    x = p.language
    w, tasks = x.vector("w"), step_tasks(x)
    eta = difference_factor(x)
    noise = axiom("difference_variance", HESSIAN, TASK, w, outer_gradient(x, w))
    runs.assume_everywhere(p, step.RATE, noise)
    found: tuple[object, ...] = runs.Theorem(
        rate=step.RATE,
        direction=hf_maml(x, w),
        factor=step.FACTOR,
        progress=step.PROGRESS,
        step=step.prove,
        cost=lambda variance, inner, outer: (
            (eta**2 * step.TASK_FLOOR + step.TASKS / tasks) * variance
            + (eta**2 * step.OUTER_FLOOR + step.OUTER_NOISE / tasks) * outer
            + step.INNER_NOISE * inner
        ),
    )
    return found
