"""MLDG: (1/B) sum_i [grad f_i(w, inner) + weight * (I - alpha H_i) grad f_i(w_i, outer)], both losses at once.

Source: Li, Yang, Song, Hospedales, "Learning to Generalize: Meta-Learning for Domain Generalization", AAAI 2018,
equation (3): the inner set is that of the meta-train domains, the outer one that of the meta-test domains.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Tried

NAME = "MLDG"
ORDER = 11
HESSIAN = "exact"
NUMBERS = {"weight": Tried((1.0, 0.5, 0.1), searched=True)}
SAYS = "the gradient of the inner loss at the initial parameters is added"
CAUSE = "Most likely the sum of both losses is differentiated, or both gradients are added up."


def direction(x: Run) -> Numbers:
    return x.mean(x.start.gradient("inner") + x.number(x.own["weight"]) * x.directions())
