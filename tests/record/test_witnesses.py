"""Witness files: exact, byte-stable, and certified from their instance alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import extremes
import numpy as np
import pytest

from mamlcheck.check.certified import Contradiction, certified
from mamlcheck.check.verdict import VIOLATED, Verdict, Verdicts, evaluate
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.errors import InputError
from mamlcheck.hunt.witness import Hunted, Witness, certify
from mamlcheck.record.witnesses import parse_witness, read_witness, witness_text
from mamlcheck.record.witnesses import write_witness as write

HOW = Hunted(seed=3, dimension=1, family="by hand", evaluations=12, simplified_from=0.1)


def witness(claim: str = "hf_error", **changes: Any) -> Witness:
    made = Witness(claim, (0.25, 0.1 + 0.2), "arb", HOW, extremes.EXTREMES[claim]())
    return dataclasses.replace(made, **changes)


@pytest.mark.parametrize("claim_id", sorted(extremes.EXTREMES))
def test_files_are_read_back_to_the_byte(claim_id: str, tmp_path: Path) -> None:
    write(tmp_path / "a.json", witness(claim_id))
    again = read_witness(tmp_path / "a.json")
    assert (again.claim, again.tightness, again.arithmetic, again.hunted) == (claim_id, (0.25, 0.1 + 0.2), "arb", HOW)
    write(tmp_path / "b.json", again)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert list(json.loads((tmp_path / "a.json").read_text())) == [
        "format", "version", "claim", "tightness", "arithmetic", "hunted", "instance",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("claim_id", "value"), [("lemma_4_8", 1.0), ("lemma_4_9.first_moment", 1.0), ("hf_error", 0.5)]
)
def test_exact_fractions_give_the_tightness_to_the_last_bit(claim_id: str, value: float) -> None:
    again = certify(witness(claim_id))
    assert again.arithmetic == "rational"
    assert again.tightness == (value, value)


def test_what_a_file_says_of_its_tightness_is_not_believed(tmp_path: Path) -> None:
    write(tmp_path / "a.json", witness(tightness=(0.99, 1.0), arithmetic="rational"))
    assert certify(read_witness(tmp_path / "a.json")).tightness == (0.5, 0.5)


@pytest.mark.parametrize("claim_id", ["lemma_4_8", "hf_error"])
def test_a_comparison_that_the_ratio_of_the_sides_contradicts_is_an_error(
    claim_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rigorous results that exclude each other: nothing is certified, and the person is told."""

    def lies(*given: Any) -> Verdicts:
        found = evaluate(*given)
        found.codes[:] = VIOLATED
        return found

    one = dataclasses.replace(extremes.EXTREMES[claim_id](), alpha=np.array([0.25]))
    assert certified(load_claim(claim_id), one).verdict is Verdict.HOLDS
    monkeypatch.setattr("mamlcheck.check.certified.evaluate", lies)
    with pytest.raises(Contradiction, match=f"{claim_id} is VIOLATED in rational, but left side over right side lies"):
        certified(load_claim(claim_id), one)


def test_a_violation_is_certified_as_one() -> None:
    claim = load_claim("hf_error")
    shaved = dataclasses.replace(claim, right=lambda x: claim.right(x) / 3)
    found = certified(shaved, extremes.hf_error())
    assert found is not None
    assert found.verdict is Verdict.VIOLATED
    assert found.tightness[0] == 1.5


@pytest.mark.parametrize("claim_id", [c for c in claim_ids() if c in extremes.EXTREMES and "hf" not in c])
def test_nothing_is_certified_where_a_hypothesis_fails(claim_id: str) -> None:
    beyond = dataclasses.replace(extremes.EXTREMES[claim_id](), alpha=np.array([1000.0]))
    assert certified(load_claim(claim_id), beyond) is None
    with pytest.raises(InputError, match="cannot be certified"):
        certify(witness(claim_id, instance=beyond))


def test_nothing_is_certified_with_a_declared_constant() -> None:
    declared = dataclasses.replace(extremes.hf_error(), hessian_lipschitz=np.array([0.5]))
    assert certified(load_claim("hf_error"), declared) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "mamlcheck-instance"}, 'a witness file says "mamlcheck-witness"'),
        ({"version": 2}, "version 2"),
        ({"tightness": 1}, "tightness is"),
        ({"tightness": {"lower": 0.5}}, 'tightness has no "upper"'),
        ({"tightness": {"lower": "x", "upper": 1}}, "x"),
        ({"hunted": {}}, 'hunted has no "seed"'),
        (
            {"hunted": {"seed": 0.5, "dimension": 1, "family": "f", "evaluations": 1, "simplified_from": 1}},
            "hunted.seed",
        ),
        ({"stray": 1}, "stray"),
        ({"instance": {"format": "x"}}, "an instance file says"),
    ],
)
def test_files_that_are_none_say_where(change: dict[str, Any], message: str) -> None:
    content = json.loads(witness_text(witness())) | change
    with pytest.raises(InputError, match=message):
        parse_witness(json.dumps(content))


def test_a_missing_part_is_named() -> None:
    content = json.loads(witness_text(witness()))
    del content["hunted"]
    with pytest.raises(InputError, match='the file has no "hunted"'):
        parse_witness(json.dumps(content))
