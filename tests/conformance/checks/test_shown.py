"""How results are shown: a line, less than a screen, HTML with other people's text escaped, and JSON of one shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mamlcheck.conformance import NonConformance, check_subject, conform, identify
from mamlcheck.formats.codec import read
from mamlcheck.formats.conformance import ConformanceRecord, DiagnosisRecord

WRONG = f"{Path(__file__).parents[1] / 'planted' / 'numpy_wrong.py'}:first_order_sold_as_second"


@pytest.fixture(scope="module")
def wrong():
    return conform(WRONG)


def test_a_conformance(wrong):
    assert str(wrong) == wrong.summary()
    assert "\n" not in str(wrong) + repr(wrong)
    assert len(repr(wrong)) < 80 * 24
    first, *rest = wrong.text.splitlines()
    assert first == wrong.diagnosis.sentence
    assert str(wrong) in rest
    assert "To repeat the first:" in rest
    with pytest.raises(NonConformance) as error:
        check_subject(WRONG)
    assert str(error.value) == wrong.text


def test_a_diagnosis(wrong):
    diagnosis = wrong.diagnosis
    assert str(diagnosis) == diagnosis.sentence
    assert diagnosis.text.splitlines() == [diagnosis.sentence, diagnosis.rests_on]
    name = diagnosis.subject
    assert repr(diagnosis) == f"<Diagnosis of {name}: declared MAML, found FO-MAML, with hessian_missing>"


def test_rich_shows_the_line(wrong):
    for shown in (wrong, wrong.diagnosis):
        assert shown.__rich__().plain == str(shown)
        assert "red" in str(shown.__rich__().style)


def test_html_escapes_what_is_not_ours():
    def make(problem):
        raise ValueError("<b>bold</b>")

    for shown in (identify(make, "MAML"), conform(make, "MAML")):
        text = shown._repr_html_()
        assert "&lt;b&gt;bold" in text
        assert "<b>bold" not in text
        assert "#b00020" in text  # loud


def test_json_has_the_shape_of_its_record(wrong):
    data = json.loads(json.dumps(wrong.as_json()))
    assert read(ConformanceRecord, data) == wrong.record
    assert read(DiagnosisRecord, data["diagnosis"]) == wrong.diagnosis.record
    assert wrong.record.diagnosis.evidence.observations == wrong.diagnosis.evidence.observations
