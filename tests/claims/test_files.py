"""A claim is one file; what it lacks is said."""

from __future__ import annotations

import pytest

from mamlcheck.claims import claim_of, find_claim, load_claim
from mamlcheck.errors import InputError

LACKING = '''"""A claim without sides."""

from mamlcheck.claims.hf_error import *
del left, TITLE
'''


def test_what_a_claim_file_lacks_is_said(tmp_path):
    path = tmp_path / "lacking.py"
    path.write_text(LACKING, encoding="utf-8")
    with pytest.raises(InputError, match=r"lacking\.py lacks TITLE, left\. A claim file holds TITLE, .*right"):
        find_claim(str(path))


def test_a_claim_file_of_the_package_is_held_to_the_same(tmp_path):
    from mamlcheck.claims import hf_error

    class Lacking:
        def __getattr__(self, name):
            if name == "STATEMENT":
                raise AttributeError(name)
            return getattr(hf_error, name)

    with pytest.raises(InputError, match="hf_error lacks STATEMENT"):
        claim_of(Lacking(), "hf_error")


def test_a_claim_quantifies_over_variables_that_are_declared(tmp_path):
    path = tmp_path / "mistyped.py"
    path.write_text('from mamlcheck.claims.hf_error import *\nQUANTIFIES = ("tasks", "D_tset")\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"QUANTIFIES holds 'D_tset'\. A claim quantifies over tasks, alpha, .*D_test"):
        find_claim(str(path))


def test_an_error_in_a_claim_file_is_told_as_what_it_is(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import math\nmath.no_such_function\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.py cannot be run: AttributeError: .*no_such_function"):
        find_claim(str(path))


def test_a_claim_says_itself_in_a_line():
    assert str(load_claim("lemma_4_8")) == "lemma_4_8: Lemma 4.8: the meta-objective is smooth"
