"""The parts of a claim's card that show its witness: where it loses, every term at work, a rise magnified, sides."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mamlcheck.formats.brackets import Curve
from mamlcheck.formats.proofs import StepRecord, WaterfallRecord
from mamlcheck.formats.shared import Enclosure
from mamlcheck.report.claims import ShownClaim, shown_claims
from mamlcheck.report.insets import cut, inset_of
from mamlcheck.report.page import render_page
from mamlcheck.report.sections.claims import at_work, tightness, waterfall, witness


def shown(results: Any, name: str = "lemma_4_8") -> ShownClaim:
    return next(claim for claim in shown_claims(results) if claim.name == name)


def fall(*values: float, shares: tuple[float | None, ...] = ()) -> WaterfallRecord:
    """Steps with exact values; `shares` of those after the first."""
    given = (None, *(shares or (None,) * (len(values) - 1)))
    return WaterfallRecord(
        "the chain",
        True,
        tuple(
            StepRecord(
                f"step {k}" if k else "",
                "<=" if k else "",
                f"x_{{{k}}}",
                Enclosure(value, value),
                None if share is None else Enclosure(share, share),
                "HOLDS" if k else None,
                None,
            )
            for k, (value, share) in enumerate(zip(values, given, strict=True))
        ),
    )


# -- where the bound loses -------------------------------------------------------------------------------------------
def test_a_bound_that_is_met_loses_nothing(made: Any) -> None:
    results = made.changed(made.full(), "lemma_4_8", witness_waterfall=fall(4.0, 4.0, 4.0))
    rows = waterfall.rows(shown(results))
    assert rows is not None
    assert rows.nothing_lost == "Nothing: all 3 expressions of the proof are 4 there, exactly, and the bound is met."
    assert rows.witness == ()
    assert "expressions of the proof are 4 there" in render_page(results)


def test_values_that_only_look_equal_are_not_said_to_be(made: Any) -> None:
    """An enclosure of some width may hold two numbers."""
    wide = replace(
        fall(4.0, 4.0), steps=tuple(replace(s, value=Enclosure(4.0, 4.0000001)) for s in fall(4.0, 4.0).steps)
    )
    rows = waterfall.rows(shown(made.changed(made.full(), "lemma_4_8", witness_waterfall=wide)))
    assert rows is not None
    assert rows.nothing_lost == "Nothing that is seen in the digits that are certain: all 2 expressions are 4 there."
    assert rows.witness == ()


def test_values_that_differ_in_their_last_digit_are_a_loss(made: Any) -> None:
    rows = waterfall.rows(shown(made.changed(made.full(), "lemma_4_8", witness_waterfall=fall(4.0, 4.00001))))
    assert rows is not None
    assert rows.nothing_lost is None
    assert [row.step.value for row in rows.witness] == ["4", "4.00001"]


def test_steps_that_lose_are_shown_with_their_formulas_and_the_others_counted(made: Any) -> None:
    of_witness = fall(0.25, 0.25, 0.5, 0.5, 1.0, shares=(None, 1 / 3, 0.0, 2 / 3))
    rows = waterfall.rows(shown(made.changed(made.full(), "lemma_4_8", witness_waterfall=of_witness)))
    assert rows is not None
    assert [row.step.title for row in rows.witness] == ["left side", "step 2", "step 4"]
    assert all("<math" in str(row.formula) for row in rows.witness)
    assert rows.left_out == "2 more steps lose nothing, or too little to be seen here."
    assert sum(row.step.width for row in rows.witness) == pytest.approx(100, abs=0.2)


def test_where_neither_is_known_nothing_is_said(made: Any) -> None:
    assert waterfall.rows(shown(made.full())) is None


# -- the witness -----------------------------------------------------------------------------------------------------
def test_a_witness_and_an_instance_at_work_can_be_copied(made: Any) -> None:
    results = made.everything()
    page = render_page(results)
    rows = at_work.rows(shown(results))
    assert rows is not None
    assert [row.value for row in rows.terms] == ["0.5", "0.25"]
    assert page.count('<pre class="copy" tabindex="0">import mamlcheck</pre>') >= 2
    assert witness.rows(shown(made.full())) is None


def test_code_is_escaped(made: Any) -> None:
    code = 'print("<b>&")'
    results = made.changed(made.everything(), "lemma_4_8", at_work=replace(made.at_work(), python=code))
    assert 'print("&lt;b&gt;&amp;")' in render_page(results)


# -- a rise that looks like a jump -----------------------------------------------------------------------------------
STEEP = Curve((0,), None, ((-4.0, -1.0), (0.0, -1.0), (0.001, 1.0), (4.0, 1.0)))


def test_a_steep_rise_is_magnified_until_it_is_a_third_of_the_picture() -> None:
    inset = inset_of([STEEP])
    assert inset is not None
    assert (inset.low, inset.high) == pytest.approx((-0.001, 0.002))
    assert inset.times == pytest.approx(8 / 0.003)
    assert cut(STEEP.points, inset.low, inset.high) == ((-0.001, -1.0), (0.0, -1.0), (0.001, 1.0), (0.002, 1.0))


@pytest.mark.parametrize(
    "points",
    [
        ((-4.0, -1.0), (4.0, 1.0)),
        ((-4.0, 0.0), (0.0, 0.0), (0.001, 0.01), (2.0, 1.0), (4.0, -1.0)),
        ((0.0, 1.0), (1.0, 1.0)),
    ],
    ids=["gentle", "too low to be a jump", "level"],
)
def test_other_curves_are_not(points: tuple[tuple[float, float], ...]) -> None:
    assert inset_of([Curve((0,), None, points)]) is None


def test_a_cut_curve_lies_on_the_curve() -> None:
    draws = np.random.default_rng(5)
    for _ in range(50):
        xs = np.unique(draws.uniform(-3, 3, 6))
        ys = draws.uniform(-1, 1, len(xs))
        low, high = np.sort(draws.uniform(-3, 3, 2))
        found = cut(tuple(zip(xs.tolist(), ys.tolist(), strict=True)), float(low), float(high))
        inside = [x for x in (low, *xs, high) if max(low, xs[0]) <= x <= min(high, xs[-1])]
        assert {round(x, 12) for x, _ in found} >= {round(float(x), 12) for x in inside}
        assert [y for _, y in found] == pytest.approx(np.interp([x for x, _ in found], xs, ys))
        assert all(low <= x <= high for x, _ in found)


# -- sides, and alpha L ----------------------------------------------------------------------------------------------
def test_sources_are_told_apart_with_how_many_are_drawn(made: Any) -> None:
    sides = ((0.5, 1.0), (0.25, 1.0), (0.125, 1.0))
    changes = {"scatter": sides, "drawn": {"random": 2, "grunfeld": 1}, "rates": (0.1, None, 0.9)}
    results = made.changed(made.full(), "lemma_4_8", witness_waterfall=fall(1.0, 2.0), **changes)
    charts = dict(tightness.rows(shown(results)).charts)  # type: ignore[union-attr]
    legend = re.findall(r'<text class="legend"[^>]*>([^<]*)</text>', charts["Left side against right side"])
    assert [name.partition(":")[0] for name in legend] == ["2 of 2,000", "1 of 214", "the instance that comes closest"]
    by_rate = charts["Tightness against αL"]
    # One point of each source has a rate; each source stands once in the legend.
    assert len(re.findall(r"h0|h\.1", by_rate)) == 2 + 2
    assert "The largest tightness drawn, 0.5, is at αL = 0.1." in by_rate


def test_results_of_before_are_drawn_without_sources(made: Any) -> None:
    results = made.changed(made.full(), "lemma_4_8", scatter=((0.5, 1.0),), drawn={}, rates=())
    charts = dict(tightness.rows(shown(results)).charts)  # type: ignore[union-attr]
    assert "Tightness against αL" not in charts
    assert "instances</text>" in charts["Left side against right side"]
