"""Searches for a number lead to it, also where what is searched in jumps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mamlcheck.conformance import Metadata, Observation, problem
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import plain
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.searching import NEAR, refined, zoomed


@pytest.mark.parametrize("wanted", [0.7, 1.19, 0.8409, 3e-3])
def test_finer_grids_lead_through_jumps(wanted):
    """A residual in steps: it has no slope anywhere, and falls towards the number."""

    def residual_at(number):
        return np.floor(1e7 * abs(math.log(number / wanted))) / 1e7

    found = zoomed(residual_at, wanted * 1.1, 2**0.25)
    assert abs(math.log(found / wanted)) < 2 * NEAR


def test_it_stays_where_it_was_told_to_look():
    assert 1 < zoomed(lambda number: -number, 1.0, 2.0) < 2.0**1.6


RATE = 0.2345


def searched(off):
    """What a search for the inner rate of MAML finds, started from 0.4, for MAML at RATE that is off by a random vector
    of this relative length: the rate, how many directions it asked for, and what it leaves at a rate.
    """
    c, given = plain(algorithm("MAML")), problem("tanh-cross-entropy")
    noise = np.random.default_rng(2).standard_normal(given.layout.size)
    seen = c.screened(given.but(alpha=RATE))
    seen = seen + off * np.linalg.norm(seen) * noise / np.linalg.norm(noise)
    asked = []

    def direction_at(rate, p):
        asked.append(rate)
        return c.screened(p.but(alpha=rate))

    def left_at(rate):
        v = c.screened(given.but(alpha=rate))
        return float(np.linalg.norm(seen - v * (seen @ v) / (v @ v)))

    found = refined(direction_at, Question([Observation(given, (seen,) * 2, "float64")], Metadata(), None), 0.4)
    return found, len(asked), left_at


def test_a_rate_that_fits_is_found_to_its_last_digits():
    found, *_ = searched(0.0)
    assert found == pytest.approx(RATE, rel=1e-12)


@pytest.mark.parametrize("off", [1e-9, 1e-5, 1e-2])
def test_where_nothing_fits_no_digits_are_searched_for(off):
    """What is left is the least that any rate near by leaves, and it took no more steps than that takes."""
    found, asked, left_at = searched(off)
    least = min(left_at(found * factor) for factor in 1 + off * np.linspace(-1, 1, 41))
    assert left_at(found) <= least * (1 + 1e-5)
    assert asked <= 14
