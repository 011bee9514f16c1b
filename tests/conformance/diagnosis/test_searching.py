"""Searches for a number lead to it, also where what is searched in jumps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mamlcheck.conformance.diagnosis.searching import NEAR, zoomed


@pytest.mark.parametrize("wanted", [0.7, 1.19, 0.8409, 3e-3])
def test_finer_grids_lead_through_jumps(wanted):
    """A residual in steps: it has no slope anywhere, and falls towards the number."""

    def residual_at(number):
        return np.floor(1e7 * abs(math.log(number / wanted))) / 1e7

    found = zoomed(residual_at, wanted * 1.1, 2**0.25)
    assert abs(math.log(found / wanted)) < 2 * NEAR


def test_it_stays_where_it_was_told_to_look():
    assert 1 < zoomed(lambda number: -number, 1.0, 2.0) < 2.0**1.6
