"""Every number on the page is one of the results: read back by an oracle that knows the page as HTML alone."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from numbers_read import Places, Read, Reading, read_numbers, read_text

from mamlcheck.check.results import Results
from mamlcheck.formats.shared import Enclosure
from mamlcheck.report.page import render_page
from mamlcheck.shipped import shipped

SEED = 1
TRIED = 400  # numbers of the example that are spoiled, one digit each
EXTREMES = (5e-324, 1.5e-300, 2.0**-60, 1 - 2.0**-53, 1.0, 1 + 2.0**-52, 2.0**53, 123456789012345680.0, 1.5e300)


def example() -> Results:
    return Results.from_json(json.loads((shipped("reports") / "example" / "results.json").read_text(encoding="utf-8")))


def extreme(value: Any, rng: random.Random) -> Any:
    """The same, enclosures between extreme doubles: of equal ends, of ends that are neighbours, or not known."""
    if isinstance(value, Enclosure):
        first, second = sorted(rng.choice(EXTREMES) * rng.choice((1, 1, -1)) for _ in range(2))
        ends = rng.choice(((first, first), (first, second), (first, first + abs(first) * 1e-13), (None, second)))
        return Enclosure(*ends)
    if isinstance(value, tuple):
        return tuple(extreme(item, rng) for item in value)
    if isinstance(value, dict):
        return {name: extreme(item, rng) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: extreme(getattr(value, one.name), rng) for one in fields(value)})
    return value


PAGES: dict[str, Callable[[Any], Results]] = {
    "everything": lambda made: made.everything(),
    "no claims": lambda made: made.results(claims={}),
    "hostile names": lambda made: made.poisoned(made.everything(), ' 123 <b>4.56<b> "78%'),
    **{
        f"extremes {seed}": lambda made, seed=seed: extreme(made.everything(), random.Random(seed))
        for seed in range(1, 9)
    },
}


@pytest.mark.parametrize("name", PAGES)
def test_every_number_of_a_page_is_one_of_its_results(made: Any, name: str) -> None:
    results = PAGES[name](made)
    assert read_numbers(render_page(results), json.loads(results.text())).wrong == []


# -- the reader can fail -----------------------------------------------------------------------------------------------
def spoiled(one: Read, rng: random.Random) -> str:
    """The text of an element with another digit in one of its numbers."""
    at = rng.choice([k for k, sign in enumerate(one.number) if sign.isdigit()])
    digit = rng.choice([sign for sign in "0123456789" if sign != one.number[at]])
    at += one.at
    return f"{one.text[:at]}{digit}{one.text[at + 1 :]}"


def test_every_number_of_the_example_is_one_of_its_data_and_a_changed_digit_is_told() -> None:
    """Nearly always told: what a spoiled number happens to be may stand elsewhere in the same part of the results."""
    results = example()
    data = json.loads(results.text())
    read = read_numbers(render_page(results), data)
    assert read.wrong == []
    assert len(read.read) > 4000
    assert read.formulas > 1000
    rng, places = random.Random(SEED), Places(data)
    long = [one for one in read.read if sum(sign.isdigit() for sign in one.number) >= 4]
    tried: Counter[bool] = Counter()
    for one in rng.sample(long, TRIED):
        again = Reading()
        read_text(spoiled(one, rng), one.place, places, again)
        tried[bool(again.wrong)] += 1
    assert tried[True] >= 0.95 * TRIED, tried


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("7 claims,", "8 claims,"),
        ("2,214 hold", "2,215 hold"),
        ("further verdicts are", "0 further verdicts are"),
        ("0.972179…", "0.972178…"),
        ("0.972179…", "0.972179"),
        ("[12.5, 12.6]", "[12.5, 12.7]"),
        ("[12.5, 12.6]", "[12.5, 12.59]"),
        (" lhs from ", " lhs from 9"),
        ("<mn>3.125</mn>", "<mn>3.126</mn>"),
        ("seed 1,", "seed 7,"),
        (">3/4 &gt; 1/2<", ">3/4 &gt; 1/3<"),
        (">5,332,114<", ">5,332,115<"),
    ],
)
def test_a_page_with_a_wrong_number_is_told(made: Any, was: str, becomes: str) -> None:
    sound = replace(made.everything(), claims=made.full().claims, conformance=None, brackets=None)
    results = next(one for one in (sound, made.everything()) if was in render_page(one))
    page = render_page(results)
    assert read_numbers(page.replace(was, becomes, 1), json.loads(results.text())).wrong
