"""A problem for an abacus, which computes as NumPy does."""

from __future__ import annotations

from mamlcheck.conformance.adapters.numpy import NumpyView
from mamlcheck.conformance.adapters.view import Given

ADVICE = {"hessian_missing": "Most likely a bead is stuck."}


def view(problem: Given) -> NumpyView:
    """The problem for the abacus."""
    return NumpyView(problem)
