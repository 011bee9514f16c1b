"""Theorem 4.11 where both terms of the bound count: each is at least an eighth of it."""

from mamlcheck.claims.theorem_4_11 import (
    ASSUMPTIONS,
    GUARANTEE,
    QUANTIFIES,
    SOURCE,
    STATEMENT,
    TITLE,
    WHERE,
    left,
    right,
)
from mamlcheck.claims.theorem_4_11 import HYPOTHESES as OF_THE_THEOREM
from mamlcheck.meta.hypotheses import Hypothesis, Inequality


def without_hessians(x):
    """The term 2 alpha L sigma~ / sqrt(D_test)."""
    deviations = x.ar.sqrt(x.gradient_variances / x.sizes.test)
    return 2 * x.alpha * x.smoothness * x.ar.weighted_sum(x.tasks.probabilities, deviations, -1)


AT_WORK = Hypothesis(
    "every_term_at_work",
    "both terms of the bound to be at least an eighth of it",
    (
        Inequality("hessians", lambda x: 8 * without_hessians(x), lambda x: 7 * right(x)),
        Inequality("no_hessians", right, lambda x: 8 * without_hessians(x)),
    ),
)
HYPOTHESES = (*OF_THE_THEOREM, AT_WORK)

__all__ = ["ASSUMPTIONS", "GUARANTEE", "QUANTIFIES", "SOURCE", "STATEMENT", "TITLE", "WHERE", "left", "right"]
