"""Lemma 4.8 where both terms of L(w) count: each is at least an eighth of the bound."""

from mamlcheck.claims.lemma_4_8 import ASSUMPTIONS, GUARANTEE, QUANTIFIES, SOURCE, STATEMENT, TITLE, WHERE, left, right
from mamlcheck.claims.lemma_4_8 import HYPOTHESES as OF_THE_LEMMA
from mamlcheck.meta.hypotheses import Hypothesis, Inequality


def without_curvature(x):
    """The term 4 L |w - u|."""
    return 4 * x.smoothness * x.ar.norm(x.w - x.u)


AT_WORK = Hypothesis(
    "every_term_at_work",
    "both terms of the bound to be at least an eighth of it",
    (
        Inequality("curvature", lambda x: 8 * without_curvature(x), lambda x: 7 * right(x)),
        Inequality("no_curvature", right, lambda x: 8 * without_curvature(x)),
    ),
)
HYPOTHESES = (*OF_THE_LEMMA, AT_WORK)

__all__ = ["ASSUMPTIONS", "GUARANTEE", "QUANTIFIES", "SOURCE", "STATEMENT", "TITLE", "WHERE", "left", "right"]
