"""The report's section 'How tight is each bound', from the brackets' JSON: a row for each claim, its witness drawn.

Reads plain data and decides nothing. What is missing is left out; what is no bracket at all is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from mamlcheck.errors import InputError
from mamlcheck.report.decimals import as_decimal, certain_digits, outward
from mamlcheck.report.portraits import portrait_svg, subscript

LONGEST_FRACTION = 16  # characters of a fraction that a table shows


@dataclass(frozen=True)
class BracketRow:
    """A claim's bracket, in words, with the picture of its witness where there is one."""

    name: str
    title: str
    state: str
    reached: str
    proved: str
    gap: str
    arithmetic: str | None
    proved_by: str | None
    witness: str | None
    description: str | None
    numbers: str | None
    left_out: str | None
    chart: Markup | None

    @property
    def loud(self) -> bool:
        """Whether it must not be overlooked: an instance goes beyond what is said to be proved."""
        return self.state == "contradicted"


def bracket_rows(document: Any) -> tuple[BracketRow, ...]:
    """The rows of the section. Raises `InputError` for what is no brackets document."""
    if document is None:
        return ()
    claims = document.get("claims") if isinstance(document, Mapping) else None
    if not isinstance(claims, Mapping) or not all(isinstance(row, Mapping) for row in claims.values()):
        raise InputError("results.brackets is to be what `mamlcheck brackets --json` prints")
    return tuple(_row(str(name), row, index) for index, (name, row) in enumerate(claims.items(), start=1))


def _row(name: str, row: Mapping[str, Any], index: int) -> BracketRow:
    portrait = row.get("portrait")
    try:
        chart = Markup(portrait_svg(portrait, f"portrait-{index}", f"The witness of {name}")) if portrait else None
        pairs = [f"{_symbol(str(key))} = {value}" for key, value in (portrait or {}).get("numbers", ())]
        left_out = ", ".join(str(text) for text in (portrait or {}).get("left_out", ())) or None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError) as error:
        raise InputError(f"results.brackets.claims.{name}.portrait cannot be drawn: {error!r}") from error
    return BracketRow(
        name=name,
        title=str(row.get("title") or name),
        state=str(row.get("state", "not recorded")),
        reached=reached_text(row),
        proved=proved_text(row),
        gap=gap_text(row),
        arithmetic=_text(row.get("arithmetic")),
        proved_by=_text(row.get("proved_by")),
        witness=_text(row.get("witness")),
        description=_text(row.get("description")),
        numbers="; ".join(pairs) or None,
        left_out=left_out,
        chart=chart,
    )


def _symbol(name: str) -> str:
    """`rho` as ρ, `grad f_2(w)` as ∇f₂(w)."""
    greek = {"rho": "ρ", "alpha": "α", "delta": "δ", "phi": "φ", "B'": "B′", "D_beta": "D_β"}
    text = greek.get(name, name.replace("grad f", "∇f"))
    return re.sub(r"(?<=[fp])_(\d+)", lambda match: subscript(int(match[1])), text)


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def reached_text(row: Mapping[str, Any]) -> str:
    """What an instance reaches: the fraction where it is one, else digits that are certain."""
    exact = row.get("exact")
    if isinstance(exact, str) and len(exact) <= LONGEST_FRACTION:
        number = as_decimal(exact)
        digits = certain_digits({"lower": exact, "upper": exact})
        return f"{exact} exactly" if "/" not in exact or number is None else f"{digits} ({exact} exactly)"
    return certain_digits(row.get("tightness")) or "–"


def proved_text(row: Mapping[str, Any]) -> str:
    """The best proved constant as a share of the printed bound."""
    proved = row.get("proved")
    if not isinstance(proved, str):
        return "–"
    return proved if "/" not in proved else f"{certain_digits({'lower': proved, 'upper': proved})} ({proved} exactly)"


def gap_text(row: Mapping[str, Any]) -> str:
    """Closed, or how far open at most (rounded up), or what is wrong."""
    state, gap = row.get("state"), as_decimal(row.get("gap"))
    if state == "open" and gap is not None:
        return f"open, gap at most {outward(Decimal(0), gap, 3)[1]}"
    return "CONTRADICTED" if state == "contradicted" else str(state or "–")
