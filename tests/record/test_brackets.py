"""Brackets: their ends are certified, 'closed' is exact, and what contradicts a proof is loud. Portraits hold what the
instance is."""

from __future__ import annotations

import dataclasses
import json
import math
from fractions import Fraction
from typing import Any

import extremes
import numpy as np
import pytest
import sympy
from click.testing import CliRunner, Result
from known import CLAIMS

import mamlcheck
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.cli import main
from mamlcheck.formats.brackets import Curve, Portrait
from mamlcheck.formats.codec import plain, read
from mamlcheck.hunt.witness import Hunted, Witness, certify
from mamlcheck.proof.catalogue import proved
from mamlcheck.record import brackets as module
from mamlcheck.record.brackets import (
    Bracket,
    bracket,
    brackets,
    brackets_document,
    constant_ratio,
    exact_tightness,
    proved_shares,
)
from mamlcheck.record.portrait import portrait
from mamlcheck.record.reference import ReferenceRun, reference_folder


def call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="mamlcheck")


def witness(claim_id: str, instance: Any = None) -> Witness:
    block = extremes.EXTREMES[claim_id]() if instance is None else instance
    return certify(Witness(claim_id, (0.0, 0.0), "rational", Hunted(0, 1, "by hand", 0, 0.0), block))


def row(claim_id: str, proved: Fraction = Fraction(1), instance: Any = None) -> Bracket:
    return bracket(load_claim(claim_id), witness(claim_id, instance), {claim_id: (proved, "elsewhere")})


# -- the two ends --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("claim_id", "exact"),
    [("lemma_4_8", 1), ("lemma_4_9.first_moment", 1), ("lemma_4_10.bias", Fraction(1, 2)),
     ("theorem_4_11", Fraction(5, 6)), ("hf_error", Fraction(1, 2)),
     ("lemma_4_9.second_moment", Fraction(48, 5) ** 2 * (Fraction(1, 80) + Fraction(4, 605)) / Fraction(25, 8))],
)  # fmt: skip
def test_exact_tightness_is_what_is_derived_by_hand(claim_id, exact):
    assert exact_tightness(load_claim(claim_id), extremes.EXTREMES[claim_id]()) == exact
    assert row(claim_id).lower == exact


def test_an_irrational_tightness_is_none():
    block = mamlcheck.instance("random-2/1/123")
    assert exact_tightness(load_claim("lemma_4_8"), block) is None
    found = row("lemma_4_8", instance=block)
    assert found.exact is None
    assert found.lower == Fraction(found.witness.tightness[0])
    assert found.state == "open"


def test_no_right_side_is_none():
    block = dataclasses.replace(extremes.hf_error(), v=np.zeros((1, 1)))
    assert exact_tightness(load_claim("hf_error"), block) is None


def test_closed_is_exactly_closed():
    assert row("lemma_4_8").state == "closed"
    assert row("lemma_4_8").gap == 0
    assert row("hf_error", Fraction(1, 2)).state == "closed"
    barely = row("hf_error", Fraction(1, 2) + Fraction(1, 10**30))
    assert barely.state == "open"
    assert barely.gap == Fraction(1, 10**30)
    assert 0 < barely.record().gap < 1.1e-30


def test_an_instance_beyond_what_is_said_to_be_proved_contradicts_it():
    beyond = row("hf_error", Fraction(499, 1000))
    assert beyond.state == "contradicted"
    assert beyond.record().gap < 0


def test_no_witness_is_said():
    found = bracket(load_claim("hf_error"), None, {})
    assert (found.state, found.lower, found.gap, found.proved) == ("no instance", None, None, None)
    record = found.record()
    assert record.tightness is record.portrait is record.witness is None


def test_the_witness_is_certified_anew():
    """A witness that promises more than its instance keeps is not believed."""
    boast = dataclasses.replace(witness("hf_error"), tightness=(0.9, 0.9))
    assert bracket(load_claim("hf_error"), boast, {}).lower == Fraction(1, 2)


def test_without_a_proof_nothing_is_closed():
    found = bracket(load_claim("lemma_4_8"), witness("lemma_4_8"), {})
    assert (found.state, found.proved, found.gap) == ("not proved", None, None)
    false = dataclasses.replace(load_claim("lemma_4_8"), right=lambda x: load_claim("lemma_4_8").right(x) / 2)
    assert bracket(false, witness("lemma_4_8"), {}).state == "contradicted"


def test_a_multiple_is_a_multiple_for_all_values():
    x, y = sympy.symbols("x y", positive=True)
    assert constant_ratio(43 / (16 * (x + y) ** 2), 25 / (8 * (x + y) ** 2)) == Fraction(43, 50)
    assert constant_ratio(x * y**2 / 2, x * y**2) == Fraction(1, 2)
    assert constant_ratio(x, x + y) is None
    assert constant_ratio(sympy.Min(x, y), sympy.Min(2 * x, y)) is None
    assert constant_ratio(sympy.sqrt(2) * x, x) is None


def test_what_is_proved_is_what_the_kernel_accepts(monkeypatch):
    assert {name: share for name, (share, _) in proved_shares().items() if "." not in name}["lemma_4_8"] == 1
    refuse = dataclasses.replace(proved("lemma_4_8"), missing=("a step",))
    monkeypatch.setattr(module, "proved", lambda name: refuse if name == "lemma_4_8" else proved(name))
    assert "lemma_4_8" not in proved_shares()
    monkeypatch.setattr(module, "has_proof", lambda name: False)
    assert proved_shares() == {}


def test_every_claim_has_a_row():
    kept = ReferenceRun(reference_folder()).witnesses
    rows = brackets(kept)
    assert [r.claim.id for r in rows] == [claim for claim in claim_ids() if not load_claim(claim).of_runs]
    assert set(CLAIMS) <= set(kept)
    for row in rows:  # a claim that is new has no witness yet
        states = ("conjecture",) if row.claim.conjecture else ("closed", "open")
        assert row.state in (states if row.claim.id in kept else ("no instance",))


def test_a_conjecture_is_called_one_until_an_instance_refutes_it():
    claim = load_claim("ours.conjectures.lemma_4_10")
    of_it = ReferenceRun(reference_folder()).witnesses[claim.id]
    found = bracket(claim, of_it, {})
    assert (found.state, found.proved, found.proved_by) == ("conjecture", None, None)
    false = dataclasses.replace(claim, right=lambda x: claim.right(x) / 2)
    assert bracket(false, of_it, {}).state == "contradicted"


# -- the command ---------------------------------------------------------------------------------------------
def test_the_command():
    result = call("brackets", "lemma_4_8", "hf_error")
    assert result.exit_code == 0
    assert "closed" in result.output
    assert "exact fractions" in result.output
    document = json.loads(call("brackets", "--json").stdout)
    assert document["format"] == "mamlcheck-brackets"
    assert set(document["claims"]) == {claim.id for claim in module.claims_with_brackets()}
    assert call("brackets", "lemma_4_7").exit_code == 2


def test_a_contradiction_is_loud(monkeypatch):
    monkeypatch.setattr(module, "proved_shares", lambda *a: {"lemma_4_8": (Fraction(1, 2), "some.claim")})
    result = call("brackets", "lemma_4_8")
    assert result.exit_code == 1
    assert "CONTRADICTED" in result.output
    assert "some.claim" in result.output


# -- portraits -----------------------------------------------------------------------------------------------
def points_of(found: Portrait) -> dict[str, list[float]]:
    places: dict[str, list[float]] = {}
    for point in found.points:
        places.setdefault(point.name, []).append(point.at)
    return places


def test_a_spline_is_drawn_from_its_knots():
    found = portrait(load_claim("hf_error"), extremes.hf_error())
    assert found.curves == (Curve((0,), None, ((-1.5, 1), (-1, 1), (0, 0), (1, 1), (1.5, 1))),)
    assert points_of(found) == {"w": [0], "w - delta v": [-1], "w + delta v": [1]}
    assert found.smoothness == 1
    assert ("rho", "1") in found.numbers


def test_adapted_points():
    """f = -w^2 / 2, alpha = 1: w' = 2 w."""
    found = points_of(portrait(load_claim("lemma_4_8"), extremes.lemma_4_8()))
    assert found == {"w": [0], "u": [1], "w'": [0], "u'": [2]}


def test_points_adapted_with_batches():
    found = portrait(load_claim("theorem_4_11"), extremes.theorem_4_11())
    assert points_of(found) == {"w": [0], "w'": [0], "w_i": [1, -1]}  # sample gradients 1 and -1 with D_test = 1
    heights = {curve.sample: curve.points[0][1] for curve in found.curves}
    assert heights == {None: -1, 0: 9, 1: -11}


@pytest.mark.parametrize("index", ["random-2/1/123", "random-2/1/5", "random-2/1/300", "random-2/1/70"])
@pytest.mark.parametrize("claim_id", ["lemma_4_8", "lemma_4_10.bias", "hf_error"])
def test_curves_are_second_derivatives(index, claim_id):
    """By differences of the gradient along the line, computed from the tasks' gradients alone."""
    from mamlcheck.arithmetic import float64

    block, claim = mamlcheck.instance(index), load_claim(claim_id)
    found = portrait(claim, block)
    assert found == read(Portrait, json.loads(json.dumps(plain(found))))
    line = found.axis.removeprefix("t, on the line ")
    w, ar = np.asarray(block.w, float)[0], float64
    with ar.working():
        tasks = block.on(ar).tasks
        gradient = block.on(ar).fixed_task.gradient[0, 0, 0]
        ways = {"w + t (u - w)": np.asarray(block.u, float)[0] - w, "w + t v": np.asarray(block.v, float)[0],
                "w - t grad f_i(w)": -gradient}  # fmt: skip
        origin, direction = (np.zeros(1), np.ones(1)) if line == "parameter" else (w, ways[line])
        for curve in found.curves:
            if curve.sample is not None:
                continue
            i, (x, y) = curve.tasks[0], curve.points[len(curve.points) // 2]
            step = 1e-5 * max(1.0, abs(x)) / max(1.0, float(np.linalg.norm(direction)))
            ends = np.stack([origin + (x + s * step) * direction for s in (-1, 1)])[None, None]
            slopes = tasks.at(ends).gradient()[0, i] @ direction / (direction @ direction)
            assert math.isclose((slopes[1] - slopes[0]) / (2 * step), y, rel_tol=1e-3, abs_tol=1e-3)


def test_large_instances_are_cut_and_say_so():
    found = portrait(load_claim("theorem_4_11"), mamlcheck.instance("grunfeld-2/1/3"))
    assert len({i for curve in found.curves for i in curve.tasks}) <= 6
    assert any("more tasks" in text for text in found.left_out)
    assert any("more samples" in text for text in found.left_out)
    assert all(point.task is None or point.task < 6 for point in found.points)


def test_a_portrait_is_the_same_each_time():
    rows = brackets(ReferenceRun(reference_folder()).witnesses)
    assert brackets_document(rows) == brackets_document(brackets(ReferenceRun(reference_folder()).witnesses))


def test_a_witness_is_certified_again() -> None:
    witness = ReferenceRun(reference_folder()).witnesses["hf_error"]
    found = bracket(load_claim("hf_error"), dataclasses.replace(witness, tightness=(0.75, 0.75)), {})
    assert found.witness is not None
    assert found.witness.tightness == witness.tightness


def test_a_gap_is_rounded_up() -> None:
    witness = ReferenceRun(reference_folder()).witnesses["hf_error"]
    third = Bracket(load_claim("hf_error"), witness, Fraction(1, 3), Fraction(1), None)
    assert Fraction(third.record().gap) >= third.gap == Fraction(2, 3)


def test_some_sharper_form_is_known_to_be_below_the_printed_one() -> None:
    assert any(share < 1 and by.startswith("ours.") for share, by in proved_shares().values())
