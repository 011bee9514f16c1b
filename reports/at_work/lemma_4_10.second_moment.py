"""Lemma 4.10, second moment, where each of the three terms of the bound is at least an eighth of it."""

from mamlcheck.claims.lemma_4_10.second_moment import (
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
from mamlcheck.claims.lemma_4_10.second_moment import HYPOTHESES as OF_THE_LEMMA
from mamlcheck.meta.hypotheses import Hypothesis, Inequality


def of_the_gradient(x):
    """(1 + 1 / phi) |g|^2."""
    return (1 + 1 / x.phi) * x.ar.squared_norm(x.fixed_task.adapted_gradient)[..., 0, 0]


def of_the_inner_batch(x):
    """(1 + phi) (alpha L)^2 sigma~^2 / D_in."""
    return (1 + x.phi) * x.ar.square(x.alpha * x.smoothness) * x.fixed_task_variance / x.sizes.inner


def of_the_outer_batch(x):
    """sigma~^2 / D_o."""
    return x.noisy_fixed_task_variance / x.sizes.outer


AT_WORK = Hypothesis(
    "every_term_at_work",
    "each term of the bound to be at least an eighth of it",
    tuple(
        Inequality(term.__name__, right, lambda x, term=term: 8 * term(x))
        for term in (of_the_gradient, of_the_inner_batch, of_the_outer_batch)
    ),
)
HYPOTHESES = (*OF_THE_LEMMA, AT_WORK)

__all__ = ["ASSUMPTIONS", "GUARANTEE", "QUANTIFIES", "SOURCE", "STATEMENT", "TITLE", "WHERE", "left", "right"]
