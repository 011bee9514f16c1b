"""Numbers as text: what is shown of an enclosure encloses it, and what is shown of a number is certain."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.formats.shared import Enclosure
from mamlcheck.report.decimals import approximate_text, certain_digits, enclosure_text, ends, in_step, percent


def _ends(text: str) -> tuple[Fraction, Fraction]:
    low, _, high = text.strip("[]").partition(", ")
    return Fraction(low), Fraction(high)


def test_shown_enclosures_enclose() -> None:
    rng = np.random.default_rng(7)
    for _ in range(500):
        lower = float(rng.normal() * 10.0 ** rng.integers(-30, 30))
        upper = lower + float(abs(rng.normal()) * abs(lower) * 10.0 ** rng.integers(-18, 3))
        text = enclosure_text(Enclosure(lower, upper))
        if text.endswith(" (exact)"):
            assert Fraction(text.removesuffix(" (exact)")) == Fraction(lower) == Fraction(upper)
            continue
        low, high = _ends(text)
        assert low <= Fraction(lower) <= Fraction(upper) <= high
        if upper > lower:
            assert (
                high - low
                <= Fraction(upper)
                - Fraction(lower)
                + Fraction(abs(upper) + abs(lower)) / 10**16
                + (Fraction(upper) - Fraction(lower)) / 5
            )


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        (0.5, 0.5, "0.5 (exact)"),
        (0.1, 0.1, "[0.1, 0.10000000000000001]"),
        (0.0, 1e-17, "[0, 1.01e-17]"),
        (-1e300, 1e-300, "[-1.01e300, 1.01e-300]"),
        (2.0, None, "[2, inf]"),
        (None, 2.0, "[-inf, 2]"),
        (None, None, "not known"),
    ],
)
def test_enclosure_text(lower: float | None, upper: float | None, text: str) -> None:
    assert enclosure_text(Enclosure(lower, upper)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Enclosure(0.9999999999, 0.99999999991), "0.999999…"),  # never rounded up to 1
        (Enclosure(0.99871234, 0.998712499), "0.998712…"),
        (Enclosure(0.9987, 0.9989), "0.998…"),
        (Enclosure(1.0, 1.0), "1"),
        (Enclosure(0.25, 0.25), "0.25"),
        (Enclosure(0.9999, 1.0001), "[0.9999, 1.0001]"),
        (Enclosure(0.0, 0.0), "0"),
        (Enclosure(0.0, 1e-20), "[0, 1e-20]"),
        (Enclosure(0.5, None), "[0.5, inf]"),
        (Enclosure(None, None), None),
        (None, None),
        ("1/3", "0.333333…"),
        ("0.1", "0.1"),
        ("1" * 5000 + "/" + "3" * 5000, "0.333333…"),  # longer than Python's whole numbers are printed
        ("a word", None),
    ],
)
def test_certain_digits(number: Enclosure | str | None, text: str | None) -> None:
    assert certain_digits(number) == text


@pytest.mark.parametrize("odd", ["", "abc", "1/0x", "0/0", "1/0", "nan", "inf", "1e99999999999999999999999"])
def test_what_is_no_number(odd: str) -> None:
    assert ends(odd) is None
    assert approximate_text(odd) == odd


@pytest.mark.parametrize(
    ("exact", "text"), [("1/3", "about 0.333333"), ("2/3", "about 0.666667"), ("1" * 30, "about 1.11111e29")]
)
def test_approximate_text(exact: str, text: str) -> None:
    assert approximate_text(exact) == text


def test_an_unknown_number_is_not_resolved() -> None:
    half = Enclosure(0.5, 0.5)
    assert in_step([half, Enclosure(None, None), Enclosure(1.0, None), None]) == (
        "0.5", "not resolved", "not resolved: [1, inf]", "not computed",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Enclosure(0.25, 0.25), "25.0%"),
        (Enclosure(0.2501, 0.2504), "25.0%"),
        (Enclosure(0.246, 0.254), "25%"),
        (Enclosure(0.2, 0.3), ""),
        (Enclosure(-1e-9, 1e-9), "0.0%"),
        (Enclosure(float(np.nextafter(0.0625, 0)), float(np.nextafter(0.0625, 1))), "6%"),
        (Enclosure(0.5, None), ""),
        (None, ""),
    ],
)
def test_percent(share: Enclosure | None, text: str) -> None:
    assert percent(share) == text
