"""What a waterfall prints: digits that are certain, held against mpmath, in an order that is never false."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from known import PROVED

from mamlcheck import api
from mamlcheck.arithmetic import arb, ball
from mamlcheck.check.verdict import Verdict
from mamlcheck.formats.codec import plain
from mamlcheck.formats.shared import Enclosure
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.proof.catalogue import proved
from mamlcheck.proof.records import waterfall_record
from mamlcheck.proof.waterfall import RESOLVED_WIDTH, ChainOn, Waterfall, waterfall
from mamlcheck.report.decimals import in_step
from mamlcheck.report.steps import step_rows
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss

TINY = tuple(Fraction(1, 10**k) for k in (3, 9, 15, 20))
FIRST = "not resolved: ["


def _exact(values: Any) -> np.ndarray:
    raw = np.array(values, dtype=object)
    out = np.empty(raw.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(value) for value in raw.reshape(-1)]
    return out


def _log_cosh(alpha: Fraction, delta: Fraction) -> Instances:
    """One task of two samples log(cosh(w)) and log(cosh(w/2 - 1)): the smaller alpha or delta, the more cancels."""
    tasks = RidgeTasks(
        _exact([[[["1"], ["1/2"]]]]), _exact([[["0", "1"]]]), _exact([[["1", "1"]]]), _exact(["0"]),
        _exact([["1"]]), (loss("log_cosh"),),
    )  # fmt: skip
    return Instances(
        tasks=tasks, alpha=_exact([alpha]), w=_exact([["1/3"]]), u=_exact([["1"]]), v=_exact([["3/7"]]),
        delta=_exact([delta]), phi=_exact(["1"]), sizes=BatchSizes(inner=1, outer=1, hessian=1, stepsize=1, test=1),
    )  # fmt: skip


def _gradient(w: Any) -> Any:
    return (mpmath.tanh(w) + mpmath.tanh(w / 2 - 1) / 2) / 2


def _hessian(w: Any) -> Any:
    return (mpmath.sech(w) ** 2 + mpmath.sech(w / 2 - 1) ** 2 / 4) / 2


def _hf_error(delta: Fraction) -> Any:
    """|(f'(w + delta v) - f'(w - delta v)) / (2 delta) - f''(w) v|, at w = 1/3, v = 3/7."""
    w, v, d = mpmath.mpf(1) / 3, mpmath.mpf(3) / 7, mpmath.mpf(delta.numerator) / delta.denominator
    return abs((_gradient(w + d * v) - _gradient(w - d * v)) / (2 * d) - _hessian(w) * v)


def _bias(alpha: Fraction) -> Any:
    """|E f'(w - alpha s) - f'(w - alpha E s)| over the two batches of one sample, at w = 1/3."""
    w, a = mpmath.mpf(1) / 3, mpmath.mpf(alpha.numerator) / alpha.denominator
    samples = mpmath.tanh(w), mpmath.tanh(w / 2 - 1) / 2
    return abs(sum(_gradient(w - a * s) for s in samples) / 2 - _gradient(w - a * sum(samples) / 2))


def _texts(fall: Waterfall) -> list[str]:
    return [row.value for row in step_rows(waterfall_record(fall))]


def _rounds_to(text: str, value: Any) -> bool:
    """Whether a value is as near to a printed one as half a step of its sixth digit, exactly."""
    printed = mpmath.mpf(text)
    return bool(abs(value - printed) <= mpmath.mpf(10) ** (mpmath.floor(mpmath.log10(abs(printed))) - 5) / 2)


@pytest.mark.parametrize("small", TINY)
def test_the_left_side_has_the_digits_that_50_digits_of_mpmath_give(small):
    with mpmath.workdps(110):
        for claim, block, truth in (
            ("hf_error", _log_cosh(Fraction(1, 10), small), _hf_error(small)),
            ("lemma_4_10.bias", _log_cosh(small, Fraction(1)), _bias(small)),
        ):
            fall = waterfall(proved(claim), block)
            assert _rounds_to(_texts(fall)[0], truth), (claim, _texts(fall))
            assert fall.steps[0].lower <= truth <= fall.steps[0].upper


def _numbers(texts: list[str]) -> list[Fraction | None]:
    return [None if text.startswith("not ") else Fraction(text) for text in texts]


def _contradictions(fall: Waterfall) -> list[tuple[str, str, str]]:
    """Steps that, as printed, say something else than their relation."""
    texts = _texts(fall)
    values = _numbers(texts)
    found, last = [], None
    for k, step in enumerate(fall.steps):
        if last is not None and values[k] is not None and step.relation == "=" and values[k - 1] is not None:
            found += [] if values[k] == values[k - 1] else [(texts[k - 1], "=", texts[k])]
        if last is not None and values[k] is not None and values[k] < values[last]:
            found.append((texts[last], step.relation, texts[k]))
        last = k if values[k] is not None else last
    return found


SWEEP = [*range(50, 1500, 500), 222, 259, 407]


@pytest.mark.parametrize("index", SWEEP)
def test_no_printed_chain_contradicts_its_relations(index):
    block, seen = api.instance(f"random-2/1/{index}"), 0
    for shrunk in (block, replace(block, alpha=block.alpha * Fraction(1, 2**40))):
        for claim in PROVED:
            if api.check_claim(claim, shrunk).verdict is Verdict.VACUOUS:
                continue
            fall = waterfall(proved(claim), shrunk)
            assert _contradictions(fall) == [], claim
            for step, text in zip(fall.steps, _texts(fall), strict=True):
                # What has no digits is a zero that no finite precision tells from one, as narrow as 256 bits make it.
                assert not text.startswith("not resolved") or step.lower <= 0 <= step.upper < 1e-60, (claim, text)
                seen += 1
    assert seen > 50


def test_a_link_is_decided_where_ball_leaves_it_open():
    """Tiny rates: in `ball` the two sides of most links overlap, and none is violated in any arithmetic."""
    decided = 0
    for index in (222, 407):
        block = api.instance(f"random-2/1/{index}")
        for step in waterfall(proved("theorem_4_11"), block).steps[1:]:
            assert step.verdict is not Verdict.VIOLATED
            decided += step.verdict is Verdict.HOLDS
    assert decided >= 6


def test_shares_are_enclosed_and_only_certain_digits_of_them_printed():
    fall = waterfall(proved("lemma_4_9.second_moment"), api.instance("random-2/1/500"))
    shares = [step.share for step in fall.steps if step.share is not None]
    assert sum(low for low, _ in shares) <= 1 <= sum(high for _, high in shares)
    first, last = fall.steps[0], fall.steps[-1]
    for before, after in zip(fall.steps, fall.steps[1:], strict=False):
        middle = (after.lower - before.lower) / (last.lower - first.lower)
        assert after.share[0] - 1e-9 <= middle <= after.share[1] + 1e-9
    assert [row.share for row in step_rows(waterfall_record(fall))] == [
        "",
        "11.0%",
        "2.4%",
        "24.2%",
        "3.8%",
        "58.5%",
    ]


@pytest.mark.parametrize("index", [1596, 2520, 2541, 2884])
def test_the_unit_vector_along_a_vector_that_may_be_zero_is_any(index):
    """Enclosures of `ball` hold the true value, also along the direction of what `ball` cannot tell from 0."""
    proof, block, found = proved("theorem_4_11"), api.instance(f"random-2/1/{index}"), []
    for ar in (ball, arb(256)):
        with ar.working():
            on = ChainOn(proof, block.on(ar))
            chain = proof.chains[0]
            arrays = [on.value(e).array for e in (chain.start, *(k.to for k in chain.strong_links))]
            found.append([(float(ar.lower(a)[0]), float(ar.upper(a)[0])) for a in arrays])
    for (low, high), (least, most) in zip(*found, strict=True):
        assert low <= most
        assert least <= high


# -- digits ----------------------------------------------------------------------------------------------------------
def _between(low: Any, high: Any = None) -> Enclosure:
    return Enclosure(float(low), float(low if high is None else high))


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([_between(0.0522184, 0.05221841)], ("0.0522184",)),
        ([_between(1234567.8, 1234567.9), _between(1200000.0)], ("1.23457e6", "1200000")),
        ([_between(1.5e22, 1.50000001e22), _between(0)], ("1.5e22", "0")),
        ([None, _between(3.125)], ("not computed", "3.125")),
        ([Enclosure(None, None), _between(3.125)], ("not resolved", "3.125")),
        ([Enclosure(0.5, None), _between(3.125)], (FIRST + "0.5, inf]", "3.125")),
        # no digits: the width is said instead, and it takes no digits from the others
        ([_between(-5.27e-15, 5.27e-15), _between(3.67e-20)], (FIRST + "-5.3e-15, 5.3e-15]", "3.67e-20")),
        ([_between(0, 2.0**-230), _between(1.2345678)], (FIRST + "0, 5.8e-70]", "1.23457")),
        # the digits of the one are those of the other, or 1.2346 <= 1.23457 would be printed
        ([_between(1.23454, 1.23456), _between(1.234571)], ("1.235", "1.235")),
        ([_between(1.23456, 1.23464), _between(1.23457)], ("1.2346", "1.2346")),
        ([_between(1.2341, 1.2344), _between(1.23457)], ("1.234", "1.235")),
    ],
)
def test_numbers_in_step_have_equally_many_digits(values, texts):
    assert in_step(values) == texts


def test_rounding_in_step_keeps_order_and_every_printed_digit():
    """Near-ties known to different widths: as printed they are in order, and each is the number rounded."""
    rng = np.random.default_rng(7)
    resolved = 0
    for _ in range(400):
        base, gap = Fraction(int(rng.integers(10**6, 10**7)), 10 ** int(rng.integers(0, 9))), int(rng.integers(3, 7))
        truths = [base * (1 + Fraction(k, 10**gap)) for k in range(4)]
        widths = [Fraction(1, 10 ** int(k)) for k in rng.integers(4, 9, 4)]
        values = [_between(t * (1 - r), t * (1 + r)) for t, r in zip(truths, widths, strict=True)]
        shown = [(t, Fraction(text)) for t, text in zip(truths, in_step(values), strict=True) if text[0] != "n"]
        assert [s for _, s in shown] == sorted(s for _, s in shown)
        assert all(abs(s - t) <= abs(s) / 200 for t, s in shown)
        resolved += len(shown)
    assert resolved > 1000


def test_json_has_values_and_shares_as_enclosures():
    fall = waterfall(proved("hf_error"), _log_cosh(Fraction(1, 10), TINY[3]))
    steps = plain(waterfall_record(fall))["steps"]
    assert all(set(step["value"]) == {"lower", "upper"} for step in steps)
    assert all(step["share"] is None or set(step["share"]) == {"lower", "upper"} for step in steps)
    assert all(s["value"]["upper"] - s["value"]["lower"] <= RESOLVED_WIDTH * s["value"]["upper"] for s in steps)
