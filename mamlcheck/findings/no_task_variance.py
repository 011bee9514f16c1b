r"""The batch sizes of the corollary for FO-MAML divide by sigma."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from mamlcheck.arithmetic import rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import block, only, scalar_quadratics

TITLE = "FO-MAML with no variance among tasks"
PLACE = "Corollary 4.16"
PRINTED = (
    r"With $D_{in}, B D_o \ge C_2 \tilde\sigma^2 / (\alpha L \sigma)^2$, FO-MAML reaches order $\alpha \sigma L$ in "
    r"order $1 / (\alpha^2 \sigma^2 L)$ iterations."
)
TRUE = (
    r"At $\sigma = 0$ this says nothing: it asks for infinite batches, unless $\tilde\sigma = 0$ too, where it asks "
    r"for 0/0, and for infinitely many iterations. As $\sigma \to 0$ batches and time grow without bound. Theorem 4.15 "
    r"itself does not divide by $\sigma$, and has no floor there."
)
WHY = (
    r"The target accuracy is tied to $\alpha \sigma L$, the floor of FO-MAML. With $\sigma = 0$ there is no floor to "
    r"aim at: an accuracy $\epsilon$ of one's own has to take its place."
)
HANDLED = r"No claim divides by $\sigma$; Corollary 4.16 is not among the claims that are checked."
SEE = ("mamlcheck.meta.instance.InstanceOn.task_variance", "mamlcheck.meta.hypotheses.enough_stepsize_tasks")

ALPHA = Fraction(1, 10)
SPREADS = (Fraction(1), Fraction(1, 10), Fraction(1, 100), Fraction(0))


def example() -> Example:
    """Two tasks that move together: centres +-spread, two samples each with centres 1 to either side."""
    quantities, relations, sizes = [], [], []
    for spread in SPREADS:
        tasks = scalar_quadratics([[1, 1]] * 2, [[spread + 1, spread - 1], [1 - spread, -1 - spread]])
        x = block(tasks, ALPHA, [0]).on(rational)
        sigma, noise = only(x.task_variance), only(x.mean_gradient_variance)
        divisor = (ALPHA * only(x.smoothness)) ** 2 * sigma
        case = rf"$\sigma = {spread}$"
        quantities.append(Quantity(r"$(\alpha L \sigma)^2$", divisor, case))
        relations.append(Relation(r"the variance of the tasks is $\sigma^2$", sigma, "=", spread**2, case))
        relations.append(Relation(r"and $\tilde\sigma^2 = 1$", noise, "=", 1, case))
        if divisor:
            sizes.append(noise / divisor)
            quantities.append(Quantity(r"the printed $D_{in} / C_2$", noise / divisor, case))
        else:
            quantities.append(Quantity(r"the printed $D_{in} / C_2$", "infinite: a division by 0", case))
            relations.append(Relation("the printed size divides by 0", divisor, "=", 0, case))
    growth = [
        Relation(r"a tenth of $\sigma$ asks for 100 times the samples", b, "=", 100 * a, "as $\\sigma$ shrinks")
        for a, b in pairwise(sizes)
    ]
    return Example(
        setting=(
            r"Two equally likely tasks of curvature 1 with the centres $\sigma$ and $-\sigma$, two samples each with "
            rf"$\tilde\sigma = 1$, $\alpha = {ALPHA} = 1 / (10 L)$."
        ),
        quantities=tuple(quantities),
        relations=(*relations, *growth),
    )
