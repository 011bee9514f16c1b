"""Derivatives of programs: what the rules of single primitives do not show."""

from __future__ import annotations

import pytest

from mamlcheck.errors import InputError
from mamlcheck.programs.building import Builder
from mamlcheck.programs.derivatives import hessian_vector


def test_a_parameter_is_not_taken_for_the_direction_along_another():
    """Two inputs of one name would be one input, and H v a product with the parameter."""
    b = Builder()
    x, y = b.input("x", (2,)), b.input("along x", (2,))
    with pytest.raises(InputError, match=r"has an input 'along x' beside 'x', .*: rename the parameter"):
        hessian_vector(b.program([(x * x * y).sum()]), ["x", "along x"])
