r"""Printed batch sizes that are ceilings of something that may be 0."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.claims import load_claim
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import block, decided, only, outcome, refusal, scalar_quadratics
from mamlcheck.meta.hypotheses import enough_stepsize_samples, enough_stepsize_tasks
from mamlcheck.meta.instance import BatchSizes, Instances

TITLE = "Batch sizes that round to zero"
PLACE = "Lemma 4.9"
PRINTED = (
    r"$B' \ge \lceil 0.5 (\rho \alpha \sigma / L)^2 \rceil$ and "
    r"$D_\beta \ge \lceil (2 \rho \alpha \tilde\sigma / L)^2 \rceil$."
)
TRUE = (
    r"Both have to be at least 1: $\max(1, \lceil \cdot \rceil)$. As printed, $\sigma = 0$ allows $B' = 0$ and "
    r"$\tilde\sigma = 0$ allows $D_\beta = 0$; so do $\rho = 0$ and $\alpha = 0$."
)
WHY = (
    r"$\tilde\beta(w)$ holds a mean over $B'$ tasks of norms of means over $D_\beta$ samples, and a mean of nothing is "
    r"0/0. The proof uses $B' \ge 1$ for the second moment, where it divides a variance by $B'$."
)
HANDLED = "Every batch size is an integer of at least 1, and the hypotheses of Lemma 4.9 are checked on those."
SEE = (
    "mamlcheck.meta.instance.BatchSizes",
    "mamlcheck.meta.hypotheses.enough_stepsize_tasks",
    "mamlcheck.meta.hypotheses.enough_stepsize_samples",
)

RHO = 2
ALPHA = 1
EQUAL = (((1,), (1,)), ((1,), (1,)))  # curvatures and centres of two equal tasks, a sample each
NOISY = (((1, 1), (1, 1)), ((Fraction(1, 2), Fraction(-1, 2)),) * 2)  # equal tasks of different samples
UNLIKE = (((1,), (1,)), ((1,), (-1,)))  # different tasks, a sample each

REFUSED = "a size of 0 in mamlcheck"
# name, tasks, rho, alpha, and the least B' and D_beta as printed
CASES = (
    ("equal tasks, equal samples", EQUAL, RHO, ALPHA, (0, 0)),
    ("equal tasks, different samples", NOISY, RHO, ALPHA, (0, 4)),
    ("different tasks, a sample each", UNLIKE, RHO, ALPHA, (2, 0)),
    (r"different tasks, $\rho = 0$", UNLIKE, 0, ALPHA, (0, 0)),
    (r"different tasks, $\alpha = 0$", UNLIKE, RHO, 0, (0, 0)),
)


def _printed_sizes(instances: Instances) -> tuple[Fraction, Fraction, int, int]:
    """sigma^2, sigma~^2, and the least B' and D_beta as printed."""
    x = instances.on(rational)
    sigma, noise, smoothness = only(x.task_variance), only(x.mean_gradient_variance), only(x.smoothness)
    scale = (only(x.hessian_lipschitz) * only(x.alpha) / smoothness) ** 2
    return sigma, noise, math.ceil(scale * sigma / 2), math.ceil(4 * scale * noise)


def example() -> Example:
    """The printed sizes in five cases, and Lemma 4.9 with sizes of at least 1 on each."""
    quantities, relations = [], []
    for name, tasks, rho, alpha, least in CASES:
        instances = block(scalar_quadratics(*tasks), alpha, [0], hessian_lipschitz=rho)
        sigma, noise, tasks_needed, samples_needed = _printed_sizes(instances)
        quantities += [
            Quantity(r"$\sigma^2$", sigma, name),
            Quantity(r"$\tilde\sigma^2$", noise, name),
            Quantity(r"least $B'$ as printed", tasks_needed, name),
            Quantity(r"least $D_\beta$ as printed", samples_needed, name),
        ]
        relations += [
            Relation(r"the printed least $B'$", tasks_needed, "=", least[0], name),
            Relation(r"the printed least $D_\beta$", samples_needed, "=", least[1], name),
        ]
        sizes = BatchSizes(stepsize_tasks=max(1, tasks_needed), stepsize=max(1, samples_needed))
        x = replace(instances, sizes=sizes).on(rational)
        enough = enough_stepsize_tasks.holds(x)[0] == enough_stepsize_samples.holds(x)[0] == 1
        relations.append(Relation("with at least 1 of each the hypotheses hold", decided(enough), "=", "yes", name))
        first, second = (load_claim(f"lemma_4_9.{part}_moment") for part in ("first", "second"))
        relations += [
            Relation(
                r"so that $0.8 / L(w) \le \mathbb{E} \tilde\beta(w)$",
                only(first.left(x)),
                "<=",
                only(first.right(x)),
                name,
            ),
            Relation(
                r"and $\mathbb{E} \tilde\beta(w)^2 \le 3.125 / L(w)^2$",
                only(second.left(x)),
                "<=",
                only(second.right(x)),
                name,
            ),
        ]
    for symbol, role in ((r"B'", "stepsize_tasks"), (r"D_\beta", "stepsize")):
        said = refusal(lambda role=role: BatchSizes(**{role: 0}))  # type: ignore[misc]
        quantities.append(Quantity(rf"${symbol} = 0$", said, REFUSED))
        relations.append(Relation(rf"${symbol} = 0$ is refused", outcome(said), "=", "refused", REFUSED))
    return Example(
        setting=(
            rf"Two equally likely quadratic tasks in one dimension at $w = 0$ with $L = 1$, $\alpha = {ALPHA}$ and the "
            rf"Lipschitz constant $\rho = {RHO}$ for their Hessians, which are constant; "
            r"then $\rho = 0$, and $\alpha = 0$."
        ),
        quantities=tuple(quantities),
        relations=tuple(relations),
    )
