r"""The norm of a mean is not the mean of the norms."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.findings import Example, Quantity, Relation

TITLE = "The norm of a mean gradient"
PLACE = "an example"
PRINTED = r"$\|\mathbb{E}_i \nabla f_i(w)\| = \mathbb{E}_i \|\nabla f_i(w)\|$."
TRUE = r"The left side is at most the right one."
WHY = r"Gradients may point away from each other."
HANDLED = r"$L(w)$ has the mean of the norms."
SEE = ("mamlcheck.meta.objective",)

GRADIENTS = (Fraction(1), Fraction(-1, 3))


def example() -> Example:
    """Two equally likely tasks on a line, by their gradients."""
    first, second = GRADIENTS
    mean, mean_of = (first + second) / 2, (abs(first) + abs(second)) / 2
    of_mean = abs(mean)
    return Example(
        setting="Two equally likely tasks whose gradients at $w$ are 1 and $-1/3$.",
        quantities=(
            Quantity("the norm of the mean", of_mean),
            Quantity("the mean of the norms", mean_of),
            Quantity("the mean", mean),
        ),
        relations=(
            Relation("the norm of the mean is smaller", of_mean, "<", mean_of),
            Relation("by the smaller gradient", mean_of - of_mean, "=", Fraction(1, 3)),
            Relation("which is not 0", mean_of - of_mean, "!=", 0),
            Relation("and the mean is not 0 either", of_mean, ">", 0),
        ),
    )
