"""The outcome of a diagnosis in one word: only a right sentence is `named`."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from outcome import ALARM, FIT, NAMED, NEAR, QUIET, UNKNOWN, WRONG, Outcome, judged
from variant import Variant


@dataclass(frozen=True)
class Said:
    """What of a diagnosis is judged."""

    sentence: str
    found: str | None = "MAML"
    conforms: bool = False


HALF = Variant(len, "half the Hessian term", (r"hessian", r"half|0\.5"), ("as declared", r"query"), None, len)
AS_FIRST_ORDER = Variant(len, "FO-MAML", (r"FO-MAML",), ("as declared",), "FO-MAML", len)
RIGHT = Variant(len, "", ("as declared",), (), "MAML", len)


@pytest.mark.parametrize(
    ("variant", "said", "word"),
    [
        (HALF, Said("This is MAML, but the Hessian term\nis HALF of it."), NAMED),
        (HALF, Said("This is MAML, but the tasks are added up."), WRONG),
        (HALF, Said("This is MAML, but half the Hessian term is of the query set."), WRONG),
        (HALF, Said("This is MAML, as declared, with half the Hessian.", conforms=True), WRONG),
        (HALF, Said("This is MAML with half the Hessian.", conforms=True), WRONG),
        (HALF, Said("This is not recognised.", None), UNKNOWN),
        (HALF, Said("This is not recognised, and half of the Hessian is there.", None), UNKNOWN),
        (HALF, Said("This is not recognised: the best fit has half the Hessian term.", None), FIT),
        (HALF, Said("This is not recognised: the best fit is FO-MAML.", None), NEAR),
        (AS_FIRST_ORDER, Said("This is FO-MAML.", "FO-MAML"), NAMED),
        (AS_FIRST_ORDER, Said("This is MAML, not FO-MAML.", "MAML"), WRONG),
        (RIGHT, Said("This is MAML, as declared.", conforms=True), QUIET),
        (RIGHT, Said("This is MAML, but summed."), ALARM),
        (RIGHT, Said("This is ANIL, as declared.", "ANIL", conforms=True), ALARM),
        (RIGHT, Said("This is MAML.", conforms=True), ALARM),
    ],
)
def test_judged(variant, said, word):
    assert judged(variant, said) == word


@pytest.mark.parametrize(
    ("word", "entry"),
    [(NAMED, ""), (QUIET, ""), (FIT, "fit a float64"), (WRONG, "wrong a float64"), (ALARM, "alarm a float64")],
)
def test_entry(word, entry):
    assert Outcome("a", "float64", word, None, (), "", 0.0).entry == entry
