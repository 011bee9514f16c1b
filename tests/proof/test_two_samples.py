"""Two inner samples on the line: the bound of signs that the proof rests on, by enumeration; and what it needs."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import extremes
import numpy as np
import pytest
import sympy

from mamlcheck.arithmetic import rational
from mamlcheck.arithmetic.surds import known_fraction
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.check.verdict import HOLDS, VACUOUS, VIOLATED, judge
from mamlcheck.claims import load_claim
from mamlcheck.language import vocabulary
from mamlcheck.language.statement import language_of
from mamlcheck.language.terms import DoesNotApply
from mamlcheck.language.vocabulary import TASK
from mamlcheck.meta.hypotheses import on_a_line, two_inner_samples
from mamlcheck.proof.axioms import Bound
from mamlcheck.proof.axioms.two_samples import noise
from mamlcheck.proof.catalogue import begin, check_proof, has_proof, proof_file, proved
from mamlcheck.proof.kernel import axioms_by_name

CLAIM, CONJECTURE = "ours.two_samples.lemma_4_10", "ours.conjectures.lemma_4_10"
MOST = Fraction(27, 64)


# -- the variance of mean signs, by enumeration ----------------------------------------------------------------------
def variance_of_signs(values, probabilities, of_zero):
    """Var h, h(x) the mean sign of x + y over y; `of_zero`: the sign where the sum is 0."""
    mean_signs = [
        sum(p * ((x + y > 0) - (x + y < 0) or of_zero) for y, p in zip(values, probabilities, strict=True))
        for x in values
    ]
    mean = sum(p * h for p, h in zip(probabilities, mean_signs, strict=True))
    return sum(p * (h - mean) ** 2 for p, h in zip(probabilities, mean_signs, strict=True))


@pytest.mark.parametrize("of_zero", [1, -1])
def test_the_variance_of_mean_signs_is_at_most_27_64_in_every_order(of_zero):
    """Signs depend on the order of the sizes alone, of which two may be the same."""
    largest = 0
    for count in range(1, 7):
        for sizes in itertools.combinations_with_replacement(range(count), count):
            for signs in itertools.product((1, -1), repeat=count):
                values = [s * size for s, size in zip(signs, sizes, strict=True)]
                largest = max(largest, variance_of_signs(values, [Fraction(1, count)] * count, of_zero))
    assert largest == MOST  # at four samples, one of them apart


def test_the_variance_of_mean_signs_is_at_most_27_64_for_other_probabilities():
    rng, largest = np.random.default_rng(3), 0
    for _ in range(3000):
        count = int(rng.integers(2, 6))
        values = [Fraction(int(v)) for v in rng.integers(-9, 10, count)]
        weights = rng.integers(1, 30, count)
        probabilities = [Fraction(int(k), int(weights.sum())) for k in weights]
        largest = max(largest, variance_of_signs(values, probabilities, 1))
    assert Fraction(41, 100) < largest <= MOST


def test_the_axiom_says_what_was_enumerated():
    x = language_of(load_claim(CLAIM))
    _, right, equal = axioms_by_name()["signs_of_sums"].conclude(x, *arguments_of("signs_of_sums", x))
    assert (right, equal) == (sympy.Rational(MOST.numerator, MOST.denominator), False)


def test_the_last_lines_of_the_proof_of_the_signs():
    """What is said of the polynomial that bounds the variance of d = (1 + h) / 2."""
    p, t = sympy.symbols("p t", real=True)
    q = 1 - p
    bound = p**3 + 2 * p * q * t + q**2 * t + q * t**2 - (p**2 + 2 * q * t) ** 2
    assert sympy.expand(sympy.diff(bound, t, 2) + 2 * (1 - p) * (3 - 4 * p)) == 0  # concave for p <= 1/2
    assert sympy.expand(sympy.diff(bound, t).subs(t, p) - (1 - p) ** 2 * (1 - 4 * p)) == 0
    assert sympy.expand(bound.subs(t, p) - p * (1 - p) ** 3) == 0
    (top,) = sympy.solve(sympy.diff(bound, t), t)
    largest = (1 - p) ** 3 * (1 + 4 * p) / (12 - 16 * p)
    assert sympy.simplify(bound.subs(t, top) - largest) == 0
    assert largest.subs(p, sympy.Rational(1, 4)) == sympy.Rational(27, 256) == MOST / 4
    slope = (1 - p) ** 2 * (4 * p - 1) * (12 * p - 7) / (4 * (3 - 4 * p) ** 2)  # < 0 for 1/4 < p <= 1/2
    assert sympy.simplify(sympy.diff(largest, p) - slope) == 0


def test_in_the_plane_the_signs_are_not_bounded_so():
    """Three unit vectors that sum to 0: E |X + Y| = 4/3, which is more than 3 sqrt(3) / 4."""
    corners = [(sympy.cos(2 * sympy.pi * k / 3), sympy.sin(2 * sympy.pi * k / 3)) for k in range(3)]
    lengths = [sympy.sqrt(sum((a + b) ** 2 for a, b in zip(x, y, strict=True))) for x in corners for y in corners]
    assert sympy.simplify(sum(lengths) / 9 - sympy.Rational(4, 3)) == 0
    assert sympy.Rational(4, 3) > 3 * sympy.sqrt(3) / 4


# -- the claim ---------------------------------------------------------------------------------------------------------
def share(claim, block):
    with rational.working():
        x = block.on(rational)
        assert load_claim(claim).hypotheses_hold(x).tolist() == [1]
        return known_fraction(load_claim(claim).left(x)[0] / load_claim(claim).right(x)[0])


@pytest.mark.parametrize(("claim", "size"), [(CLAIM, 2), (CONJECTURE, 3), (CONJECTURE, 4)])
def test_two_values_come_as_close_as_one_likes(claim, size):
    """What is lost is the gap, wherever w_i is on the right of w', exactly; by listing all batches."""
    m = 2 * size
    sums = [sum(m - 1 if k == 0 else -1 for k in draw) for draw in itertools.product(range(m), repeat=size)]
    above, length = Fraction(sum(s > 0 for s in sums), len(sums)), Fraction(sum(map(abs, sums)), len(sums) * size)
    for gap in (Fraction(1, 2**6), Fraction(1, 2**30)):
        assert 1 - share(claim, extremes.one_apart(size, gap)) == (1 - above) * gap / length  # w_i = -mean of the batch


def test_it_holds_on_random_tasks_on_the_line_with_two_inner_samples():
    counts = dict.fromkeys((HOLDS, VACUOUS), 0)
    for _, block in blocks(RandomSweep(41), 3000):
        codes = judge(load_claim(CLAIM), block).codes
        if block.tasks.d > 1 or block.sizes.inner != 2:
            assert (codes == VACUOUS).all()
        for code in counts:
            counts[code] += int((codes == code).sum())
    assert sum(counts.values()) == 3000
    assert counts[HOLDS] > 50


def test_it_is_false_with_one_inner_sample():
    """E |noise| = sigma~."""
    claim = load_claim(CLAIM)
    one = extremes.one_apart(1, Fraction(1, 2**20))
    assert judge(claim, one).codes.tolist() == [VACUOUS]
    of_any_size = replace(claim, hypotheses=tuple(h for h in claim.hypotheses if h is not two_inner_samples))
    assert judge(of_any_size, one).codes.tolist() == [VIOLATED]


@pytest.mark.parametrize("hypothesis", [on_a_line, two_inner_samples])
def test_without_a_hypothesis_the_proof_names_what_lacks(hypothesis):
    claim = load_claim(CLAIM)
    fewer = replace(claim, hypotheses=tuple(h for h in claim.hypotheses if h is not hypothesis))
    outcome = check_proof(fewer, proof_file(CLAIM).prove)
    assert not outcome.proved
    assert f"does not assume {hypothesis.name}" in " ".join(outcome.missing)


# -- its axioms --------------------------------------------------------------------------------------------------------
def arguments_of(name, x):
    w = x.vector("w")
    (first,) = list(axioms_by_name()[name].trials(x, "D_in", w, w, w))[:1]
    return list(first)


@pytest.mark.parametrize(
    ("name", "place", "instead", "said"),
    [
        ("two_samples", 0, "z", "is no batch"),
        ("two_samples", 3, "one", "the fact given says"),
        ("two_samples", 4, "one", "the fact given says"),
        ("two_samples", 2, "of z", "depends on"),
        ("two_samples", 2, "of D_in", "depends on"),
        ("order_of_means", 0, "D_in", "are not the two samples"),
        ("order_of_means", 1, "z", "are not the two samples"),
        ("signs_of_sums", 0, "z'", "are not the two samples"),
        ("signs_of_sums", 3, "of z", "depends on a sample"),
        ("signs_of_sums", 4, "of z", "is not the unit vector along"),
        ("signs_of_sums", 5, "one", "not d <= 1"),
    ],
)
def test_an_axiom_refuses_what_it_does_not_speak_of(name, place, instead, said):
    x = language_of(load_claim(CLAIM))
    arguments, w = arguments_of(name, x), x.vector("w")
    of_z = w + x.gradient(TASK, w, "z")
    known = {"one": Bound(sympy.Integer(1), sympy.Integer(1)), "of z": of_z, "of D_in": w + x.gradient(TASK, w, "D_in")}
    arguments[place] = known.get(instead, instead)
    with pytest.raises(DoesNotApply, match=said):
        axioms_by_name()[name].conclude(x, *arguments)


def test_a_unit_vector_along_anything_else_has_no_such_mean():
    x = language_of(load_claim(CLAIM))
    w, line = x.vector("w"), Bound(vocabulary.dimension(x), sympy.Integer(1))
    one = noise(x, TASK, w, "z")
    for k, v in enumerate((one, 2 * one + noise(x, TASK, w, "z'"), one - noise(x, TASK, w, "z'"))):
        with pytest.raises(DoesNotApply, match="is not the unit vector along"):
            axioms_by_name()["signs_of_sums"].conclude(x, "z", "z'", TASK, w, x.direction(v, f"e{k}"), line)


def test_the_conjecture_has_no_proof_and_is_not_called_proved():
    assert load_claim(CONJECTURE).conjecture
    assert not has_proof(CONJECTURE)
    assert not load_claim(CLAIM).conjecture
    assert proved(CLAIM).proved
    assert begin(load_claim(CONJECTURE)).hypotheses  # it can be stated in the language, should somebody prove it
