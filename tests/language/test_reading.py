"""A formula is read as the term that it computes, or refused with what stands in the way."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from mamlcheck.claims import load_claim
from mamlcheck.errors import MamlcheckError
from mamlcheck.language.quantities import Quantities
from mamlcheck.language.reading import CannotBeRead, Least, read_scalar, straight_line
from mamlcheck.language.statement import language_of, sides_of
from mamlcheck.language.terms import is_zero
from mamlcheck.language.vocabulary import mean_gradient_norm, number

TWO = 2
THIRD = Fraction(1, 3)
KEPT: list[object] = []


def quantities(claim="lemma_4_8", everywhere=False):
    return Quantities(language_of(load_claim(claim)), everywhere)


# -- what is read -----------------------------------------------------------------------------------------------------
def twice(value):
    return TWO * value


def one_third_of_the_rate(x):
    return x.ar.exact(THIRD) * twice(x.alpha) / 2


def test_functions_of_the_same_kind_fractions_and_integers_are_read():
    x = quantities()
    assert read_scalar(one_third_of_the_rate, x) == number(x._language, "alpha") / 3


def test_a_double_is_the_number_that_it_holds():
    found = read_scalar(lambda x: x.ar.exact(0.8) * x.smoothness, quantities())
    assert found / number(language_of(load_claim("lemma_4_8")), "L") == sympy.Rational(3602879701896397, 2**52)


def test_a_minimum_keeps_its_parts_through_a_factor_that_is_not_negative():
    found = read_scalar(load_claim("lemma_4_8").right, quantities())
    assert isinstance(found, Least)
    x = language_of(load_claim("lemma_4_8"))
    bounds = sides_of(load_claim("lemma_4_8"), x).right
    for bound, at in zip(bounds, "wu", strict=True):
        slope = 2 * number(x, "rho") * number(x, "alpha") * mean_gradient_norm(x, x.vector(at))
        assert is_zero(bound - (4 * number(x, "L") + slope) * x.norm(x.vector("w") - x.vector("u")))


def test_roots_of_squares_are_taken_and_others_named_by_their_normal_form():
    x = quantities("ours.theorem_4_11")
    plain = read_scalar(lambda x: x.ar.sqrt(x.ar.square(x.delta) / x.sizes.test), x)
    assert plain == number(x._language, "delta") / number(x._language, "root_D_test")
    one = read_scalar(lambda x: x.ar.sqrt(1 + 2 * x.delta + x.ar.square(x.delta)), x)
    assert one == read_scalar(lambda x: x.ar.sqrt(x.ar.square(1 + x.delta)), x) or one.is_Symbol
    assert one == x._language.root((1 + number(x._language, "delta")) ** 2)


# -- what is no straight line -----------------------------------------------------------------------------------------
def branches(x):
    return x.alpha if x.sizes.inner else x.smoothness


def loops(x):
    total = 0
    for _ in range(3):
        total = total + x.alpha
    return total


def catches(x):
    try:
        return x.given.alpha
    except Exception:
        return x.alpha


def asks_for_its_type(x):
    return x.alpha * isinstance(x, Quantities)


def compares(x):
    return x.alpha * (x.ar == 3)


def looks_for_a_name(x):
    return x.alpha * "terms".count("t")


def keeps_something(x):
    global TWO
    TWO = 3
    return x.alpha


def changes_in_place(x):
    alpha = x.alpha
    alpha += 1
    return alpha


def asks_for_something_private(x):
    return x._language


def makes_a_function(x):
    return (lambda y: y)(x.alpha)


def formats(x):
    return x.alpha * len(f"{x}")


def defaults(x, factor=2):
    return factor * x.alpha


def uses_a_list(x):
    return x.alpha * KEPT


def uses_what_there_is_not(x):
    return x.alpha * NOWHERE  # noqa: F821


def calls_a_branch(x):
    return branches(x)


def asserts(x):
    assert x.alpha
    return x.alpha


def closure():
    factor = 2
    return lambda x: factor * x.alpha


class Callable:
    def __call__(self, x):
        return x.alpha


def holds_another(x):
    return holds_another.held(x)


holds_another.held = branches


def of_equal_code():
    """A function that names two functions of the same text; the second calls what cannot be read."""
    text = "def same(x):\n    return called(x)\n"
    first, second = {"called": lambda x: x}, {"called": branches}
    exec(text, first)
    exec(text, second)
    names = {"first": first["same"], "second": second["same"]}
    exec("def both(x):\n    return first(second(x))\n", names)
    return names["both"]


NOT_STRAIGHT = [
    branches, loops, catches, asks_for_its_type, compares, looks_for_a_name, keeps_something, changes_in_place,
    asks_for_something_private, makes_a_function, formats, defaults, uses_a_list, uses_what_there_is_not,
    calls_a_branch, asserts, closure(), Callable(), max, lambda x: [x.alpha][0], lambda x: {1: x.alpha}[1],
    lambda x: x.alpha and x.alpha, lambda x: (yield x.alpha), lambda x: not x.alpha, holds_another, of_equal_code(),
]  # fmt: skip


@pytest.mark.parametrize("function", NOT_STRAIGHT, ids=map(str, range(len(NOT_STRAIGHT))))
def test_only_straight_line_code_is_read(function):
    with pytest.raises(CannotBeRead):
        straight_line(function)


@pytest.mark.parametrize("claim", ["lemma_4_8", "theorem_4_11", "ours.lemma_4_10.second_moment"])
def test_the_claims_themselves_are_straight_lines(claim):
    straight_line(load_claim(claim).left)
    straight_line(load_claim(claim).right)


# -- what has no term -------------------------------------------------------------------------------------------------
def recursive(x):
    return recursive(x)


REFUSED = [
    ("lemma_4_8", lambda x: x.tasks.m, "tasks.m"),
    ("lemma_4_8", lambda x: x.given, "x.given"),
    ("lemma_4_8", lambda x: x.everywhere, "x.everywhere"),
    ("lemma_4_8", lambda x: x.ar.name, "x.ar.name"),
    ("lemma_4_8", lambda x: x.ar.maximum(x.alpha, 1), "x.ar.maximum"),
    ("lemma_4_8", lambda x: x.w, "axes"),
    ("lemma_4_8", lambda x: x.w[..., 0], "picks one"),
    ("lemma_4_8", lambda x: x.w[0], "does not begin with"),
    ("lemma_4_8", lambda x: x.alpha[..., 0], "more axes"),
    ("lemma_4_8", lambda x: x.ar.norm(x.at_both.gradient[..., 0, 0, :]), "picks one"),
    ("lemma_4_8", lambda x: x.alpha * x.w, "go together"),
    ("lemma_4_8", lambda x: x.ar.norm(x.alpha), "a number stands where a vector"),
    ("lemma_4_8", lambda x: x.ar.square(x.w), "a vector stands where a number"),
    ("lemma_4_8", lambda x: x.ar.norm(x.w + x.alpha[..., None]), "go together|sum of a vector"),
    ("lemma_4_8", lambda x: x.alpha / 0, "division by 0"),
    ("lemma_4_8", lambda x: 0.5 * x.alpha, "comes? in by"),
    ("lemma_4_8", lambda x: x.alpha * True, "."),
    ("lemma_4_8", lambda x: x.at_both.mean_gradient_norm, "axes"),
    ("lemma_4_8", lambda x: x.alpha**2, "."),
    ("lemma_4_8", lambda x: x.ar.power(x.smoothness, -1), "whole and >= 0"),
    ("lemma_4_8", lambda x: x.alpha[..., True], "."),
    ("lemma_4_8", lambda x: x.fixed_task.gradient, "QUANTIFIES"),
    ("lemma_4_8", lambda x: x.ar.weighted_sum(x.alpha, x.alpha, -1), "probabilities"),
    ("lemma_4_8", lambda x: x.ar.weighted_sum(x.tasks.probabilities, x.at_both.mean_gradient_norm, -1), "prob"),
    ("lemma_4_8", lambda x: x.ar.minimum(x.alpha, 1) * (x.alpha - 1), "may be negative"),
    ("lemma_4_8", lambda x: 1 / x.ar.minimum(x.smoothness, 1), "minimum"),
    ("lemma_4_10.bias", lambda x: x.at_both.meta_gradient, "of all tasks"),
    ("lemma_4_10.bias", lambda x: x.tasks.probabilities, "of all tasks"),
    ("lemma_4_8", recursive, "recursion"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "function", "said"), REFUSED, ids=map(str, range(len(REFUSED))))
def test_what_has_no_term_is_refused_with_what_it_is(claim, function, said):
    with pytest.raises(MamlcheckError, match=said):
        read_scalar(function, quantities(claim))
