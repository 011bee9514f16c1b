"""Proofs and waterfalls as rows for the page, from their plain data in the results: nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from mamlcheck.report.decimals import in_step, percent
from mamlcheck.report.mathml import statement_html


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
    steps = list(record.get("steps", ()))
    rows, reached = [], 0.0
    for step, value in zip(steps, in_step([step["value"] for step in steps]), strict=True):
        share = percent(step["share"])
        width = min(max(float(share.rstrip("%") or 0), 0.0), 100.0)
        rows.append(
            StepRow(
                title=str(step["title"]) or "left side",
                relation={"=": "=", "<=": "≤"}.get(step["relation"], ""),
                value=value,
                share=share,
                start=min(reached, 100.0 - width),
                width=width,
            )
        )
        reached += width
    return tuple(rows)
