"""Theorem 4.15, the sum: the step with numbers at every iterate, the descent lemma, and what there is to gain."""

from mamlcheck.language.directions import outer_gradient
from mamlcheck.language.vocabulary import inner_rate, smoothness, step_tasks
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof


def prove(p: Proof) -> list[Chain]:
    """As all theorems on runs: see `_runs` of Theorem 4.12."""
    runs = proof_file("ours.theorem_4_12._runs")
    return [runs.sum_of(p, theorem(p))]


def theorem(p: Proof) -> tuple[object, ...]:
    """FO-MAML's part, with what its step asks of each iterate in place."""
    runs, step = proof_file("ours.theorem_4_12._runs"), proof_file("ours.descent.fo_maml")
    x = p.language
    w, tasks = x.vector("w"), step_tasks(x)
    a = inner_rate(x) * smoothness(x)
    noise = None
    runs.assume_everywhere(p, step.RATE, noise)
    found: tuple[object, ...] = runs.Theorem(
        rate=step.RATE,
        direction=outer_gradient(x, w),
        factor=step.FACTOR,
        progress=step.PROGRESS,
        step=step.prove,
        cost=lambda variance, inner, outer: (
            (step.FLOOR * a**2 + step.TASKS / tasks) * variance
            + step.OUTER_NOISE * outer / tasks
            + step.INNER_NOISE * inner
        ),
    )
    return found
