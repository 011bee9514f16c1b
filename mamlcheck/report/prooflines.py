"""Proofs and waterfalls as rows for the page, from their plain data in the results: nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from mamlcheck.report.mathml import statement_html


def share_text(share: float | None) -> str:
    """A share of the loss in per cent."""
    return "" if share is None else f"{max(share, 0.0):.1%}"


@dataclass(frozen=True)
class LinkRow:
    """A line of a chain: what it says, and why."""

    relation: str
    math: Markup
    title: str
    by: str
    missing: str | None


@dataclass(frozen=True)
class ChainRows:
    """A chain, line by line."""

    name: str
    start: Markup
    links: tuple[LinkRow, ...]


@dataclass(frozen=True)
class StepRow:
    """A line of a waterfall; width: of its bar, in per cent."""

    title: str
    relation: str
    value: str
    share: str
    start: float
    width: float


@dataclass(frozen=True)
class ProofRows:
    """What the page shows of a proof."""

    proved: bool
    text: str
    missing: tuple[str, ...]
    chains: tuple[ChainRows, ...]
    lemmas: tuple[ChainRows, ...]
    count: int


def proof_rows(record: Any) -> ProofRows | None:
    """The rows of a proof, from `proof_as_json`."""
    if not isinstance(record, Mapping) or "chains" not in record:
        return None
    chains, lemmas = (tuple(_chain_rows(c) for c in record.get(key, ())) for key in ("chains", "lemmas"))
    return ProofRows(
        proved=record.get("proved") is True,
        text=str(record.get("text", "")),
        missing=tuple(map(str, record.get("missing", ()))),
        chains=chains,
        lemmas=lemmas,
        count=sum(len(c.links) for c in (*chains, *lemmas)),
    )


def _chain_rows(chain: Mapping[str, Any]) -> ChainRows:
    return ChainRows(
        name=str(chain["name"]),
        start=Markup(statement_html(str(chain["start"]["latex"]))),
        links=tuple(
            LinkRow(
                relation="=" if link["relation"] == "=" else "≤",
                math=Markup(statement_html(str(link["latex"]))),
                title=str(link["title"]),
                by="; ".join(map(str, link["by"])),
                missing=None if link["missing"] is None else str(link["missing"]),
            )
            for link in chain["links"]
        ),
    )


def step_rows(record: Any) -> tuple[StepRow, ...]:
    """The rows of a waterfall, from `waterfall_as_json`: bars that begin where the one above ended."""
    if not isinstance(record, Mapping):
        return ()
    rows, reached = [], 0.0
    for step in record.get("steps", ()):
        share = step["share"]
        width = 100 * min(max(share or 0.0, 0.0), 1.0)
        value = step["value"]
        rows.append(
            StepRow(
                title=str(step["title"]) or "left side",
                relation={"=": "=", "<=": "≤"}.get(step["relation"], ""),
                value="not computed" if value is None else f"{(value['lower'] + value['upper']) / 2:.6g}",
                share=share_text(share),
                start=min(reached, 100.0 - width),
                width=width,
            )
        )
        reached += width
    return tuple(rows)
