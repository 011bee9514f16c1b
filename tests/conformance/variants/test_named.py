"""Each variant is named, or raises no alarm, but for those in expected.txt, of which each is to go as it says.

It takes ten minutes of one core, so it is asked for: MAMLCHECK_VARIANTS=1 pytest tests/conformance/variants. `score.py`
prints the same as a table.
"""

from __future__ import annotations

import os

import pytest
from outcome import expected, outcome
from score import precisions
from variant import all_variants

ASKED = bool(os.environ.get("MAMLCHECK_VARIANTS"))
CASES = [(named, dtype) for named in all_variants() for dtype in precisions(named.kind)]


@pytest.mark.skipif(not ASKED, reason="MAMLCHECK_VARIANTS=1 has all variants judged")
@pytest.mark.parametrize(("named", "dtype"), CASES, ids=[f"{named.id}-{dtype}" for named, dtype in CASES])
def test_it_is_named(named, dtype):
    """One that is listed and named after all fails as well: take it off the list."""
    found = outcome(named, dtype)
    listed = [entry for entry in expected() if entry.split()[1:] == [named.id, dtype]]
    assert [found.entry] * bool(found.entry) == listed, found.sentence


def test_each_entry_matches_a_variant():
    entries = expected()
    assert len({tuple(entry.split()[1:]) for entry in entries}) == len(entries)
    known = {(named.id, dtype) for named, dtype in CASES}
    strays = [entry for entry in entries if tuple(entry.split()[1:]) not in known]
    assert not strays, "no variant has this name, or its framework or package is not installed"
