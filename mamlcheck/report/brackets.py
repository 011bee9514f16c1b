"""Brackets in words: what an instance reaches, what is proved, and how far apart the two are."""

from __future__ import annotations

from decimal import Decimal

from mamlcheck.formats.brackets import BracketRecord
from mamlcheck.report.decimals import certain_digits, outward

LONGEST_FRACTION_CHARACTERS = 16  # of a fraction that a table spells out


def reached_text(bracket: BracketRecord) -> str:
    """What an instance reaches: a short fraction exactly, else the digits that are certain."""
    exact = bracket.exact
    if exact is not None and len(exact) <= LONGEST_FRACTION_CHARACTERS:
        return f"{exact} exactly" if "/" not in exact else f"{certain_digits(exact)} ({exact} exactly)"
    return certain_digits(bracket.tightness) or "–"


def proved_text(bracket: BracketRecord) -> str:
    """The best proved constant as a share of the printed bound."""
    proved = bracket.proved
    if proved is None:
        return "–"
    return proved if "/" not in proved else f"{certain_digits(proved)} ({proved} exactly)"


def gap_text(bracket: BracketRecord) -> str:
    """Closed, or in the limit alone, or how far open at most (rounded up), or what is wrong."""
    if bracket.limit is not None and bracket.state in ("open", "conjecture"):
        return f"{bracket.state}, a limit: {bracket.limit}"
    if bracket.state == "open" and bracket.gap is not None:
        return f"open, gap at most {outward(Decimal(0), Decimal(bracket.gap), 3)[1]}"
    return "CONTRADICTED" if bracket.state == "contradicted" else bracket.state
