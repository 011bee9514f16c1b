"""Each variant is named, or raises no alarm, but for those in expected.txt, of which each is to go as it says.

It takes ten minutes of one core, so it is asked for: MAMLCHECK_VARIANTS=1 pytest tests/conformance/variants. `score.py`
prints the same as a table.
"""

from __future__ import annotations

import pytest
from outcome import expected, outcome
from score import precisions
from variant import ASKED, all_variants, installed


def cases():
    return [(named, dtype) for named in all_variants() for dtype in precisions(named.kind)]


if ASKED:

    @pytest.mark.parametrize(("named", "dtype"), cases(), ids=lambda part: getattr(part, "id", part))
    def test_it_is_named(named, dtype):
        """One that is listed and named after all fails as well: take it off the list."""
        found = outcome(named, dtype)
        listed = [entry for entry in expected() if entry.split()[1:] == [named.id, dtype]]
        assert [found.entry] * bool(found.entry) == listed, found.sentence


def test_each_entry_matches_a_variant():
    entries = [tuple(entry.split()[1:]) for entry in expected()]
    assert len(set(entries)) == len(entries)
    known = {(named.id, dtype) for named, dtype in cases()}
    strays = [entry for entry in entries if installed(*entry[0].split("-")[:2]) and entry not in known]
    assert not strays, "no variant has this name"
