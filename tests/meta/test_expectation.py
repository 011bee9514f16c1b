"""Exact expectations over batches: against brute force."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from fractions_drawn import as_fraction, fractions

from mamlcheck.arithmetic import arb, ball, float64, rational
from mamlcheck.errors import InputError, TooManyBatches
from mamlcheck.meta.expectation import expectation, multiset_count, multisets, multisets_of_equals

RIGOROUS = [ball, arb(64), arb(128)]


def encloses(ar, x, truth):
    """Whether each ball of x holds the corresponding true number, compared exactly; both are finite."""
    truth = [truth] if isinstance(truth, Fraction) else truth
    ends = zip(ar.lower(x).ravel().tolist(), ar.upper(x).ravel().tolist(), truth, strict=True)
    return all(Fraction(low) <= t <= Fraction(high) for low, high, t in ends)


# -- multisets ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("m", "size"), [(1, 1), (1, 7), (2, 5), (3, 4), (4, 3), (5, 2), (6, 1)])
def test_multisets_are_all_sequences_up_to_order(m, size):
    brute = Counter(tuple(sequence.count(k) for k in range(m)) for sequence in itertools.product(range(m), repeat=size))
    batches = multisets(m, size)
    assert batches.m == m
    rows = [tuple(row) for row in batches.counts.tolist()]
    assert rows == sorted(brute)
    assert dict(zip(rows, batches.multiplicity.tolist(), strict=True)) == brute
    assert len(rows) == multiset_count(m, size)


@pytest.mark.parametrize(("m", "size"), [(2, 62), (2, 63), (2, 400), (3, 45), (10, 5)])
def test_multiplicities_sum_to_all_sequences_however_large(m, size):
    batches = multisets(m, size)
    assert sum(int(v) for v in batches.multiplicity) == m**size
    assert (batches.counts.sum(axis=1) == size).all()
    assert batches.multiplicity.dtype == (np.int64 if m**size < 2**63 else object)


def test_weights_deviations_and_probabilities_are_exact():
    batches = multisets(3, 4)
    weights, deviations = batches.weights(rational), batches.deviations(rational)
    for k, row in enumerate(batches.counts.tolist()):
        assert [as_fraction(v) for v in weights[k]] == [Fraction(c, 4) for c in row]
        assert [as_fraction(v) for v in deviations[k]] == [Fraction(c, 4) - Fraction(1, 3) for c in row]
    probabilities = [as_fraction(v) for v in batches.probabilities(rational)]
    assert sum(probabilities) == 1
    assert probabilities == [Fraction(int(v), 81) for v in batches.multiplicity]
    for ar in RIGOROUS:
        with ar.working():
            assert encloses(ar, batches.probabilities(ar), probabilities)
            assert encloses(ar, batches.weights(ar), [Fraction(c, 4) for c in batches.counts.ravel().tolist()])


def test_a_deviation_that_is_zero_is_exactly_zero():
    for m, size in [(1, 3), (3, 3)]:
        batches = multisets(m, size)
        zero = batches.counts * m == size
        assert zero.any()
        deviations = batches.deviations(ball)
        assert (deviations.mid[zero] == 0).all()
        assert deviations.rad is None or (deviations.rad[zero] == 0).all()


def test_expectation_of_a_function_of_the_batch_equals_brute_force():
    x = [Fraction(1, 3), Fraction(-2), Fraction(5, 7), Fraction(0)]
    size = 3
    brute = sum(
        (sum(x[k] for k in sequence) / Fraction(size)) ** 3 for sequence in itertools.product(range(4), repeat=size)
    ) / Fraction(4**size)
    batches = multisets(4, size)
    for ar in [rational, *RIGOROUS]:
        with ar.working():
            means = ar.matvec(batches.weights(ar), ar.exact(fractions(x))[None, :])  # (1, K)
            cubes = ar.power(means, 3)
            value = expectation(ar, batches.probabilities(ar), cubes, -1)
            same = expectation(ar, batches.probabilities(ar), ar.transpose(cubes, (1, 0)), 0)
        if ar is rational:
            assert as_fraction(value[0]) == as_fraction(same[0]) == brute
        else:
            assert encloses(ar, value, brute)
            assert encloses(ar, same, brute)


def test_expectation_refuses_an_axis_of_another_length():
    with pytest.raises(InputError, match="2 entries on axis 0"):
        expectation(float64, np.array([0.5, 0.5]), np.zeros((3, 2)), 0)


def test_multisets_beyond_the_cap_are_refused_with_their_number():
    with pytest.raises(InputError, match="make 92378 different batches, more than the 1000 allowed"):
        multisets(10, 10, cap=1000)
    assert len(multisets(10, 4, cap=715).counts) == 715
    with pytest.raises(InputError, match="too long to hold"):
        multisets(2, 150_000)


@pytest.mark.parametrize("bad", [0, -1, 2.0, True, "3", None])
def test_sizes_must_be_positive_whole_numbers(bad):
    for call in (lambda: multisets(bad, 2), lambda: multisets(2, bad), lambda: multiset_count(2, bad)):
        with pytest.raises(InputError, match="is not a positive whole number"):
            call()


def test_batches_are_shared_and_read_only():
    assert multisets(3, 2) is multisets(3, 2)
    with pytest.raises(ValueError, match="read-only"):
        multisets(3, 2).counts[0, 0] = 7


# -- samples that are equal ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("first", "size"), [((0, 0, 2, 0), 3), ((0, 1, 2), 2), ((0,) * 5, 4), ((0, 1, 0, 1, 4), 2)])
def test_batches_of_equal_samples_are_one(first, size):
    """Against all multisets of all samples, each sample renamed to the first that equals it."""
    ways = {}
    every = multisets(len(first), size)
    for counts, count in zip(every.counts.tolist(), every.multiplicity.tolist(), strict=True):
        renamed = [0] * len(first)
        for j, drawn in enumerate(counts):
            renamed[first[j]] += drawn
        ways[tuple(renamed)] = ways.get(tuple(renamed), 0) + count
    merged = multisets_of_equals(first, size)
    assert dict(zip(map(tuple, merged.counts.tolist()), merged.multiplicity.tolist(), strict=True)) == ways
    assert merged.multiplicity.sum() == len(first) ** size


def test_equal_samples_may_be_drawn_many_times():
    merged = multisets_of_equals([0, 1] * 500, 64)
    assert merged.counts.shape == (65, 1000)
    assert sum(merged.multiplicity) == 1000**64
    with pytest.raises(TooManyBatches):
        multisets_of_equals(range(1000), 64)
