"""The steps of a waterfall as rows for people: values in digits that are certain, and where the bar of each begins."""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.formats.proofs import WaterfallRecord
from mamlcheck.report.decimals import enclosure_text, in_step, percent

RELATIONS = {"": "", "=": "=", "<=": "≤"}


@dataclass(frozen=True)
class StepRow:
    """A line of a waterfall. formula: LaTeX. start, width: of its bar, in per cent of the whole loss."""

    title: str
    relation: str
    formula: str
    value: str
    share: str
    start: float
    width: float

    @property
    def loses(self) -> bool:
        """Whether a part of the loss is seen in it, in the digits that are printed."""
        return self.share.strip("0.%") != ""


def lossless(waterfall: WaterfallRecord) -> str | None:
    """The value that every step has, where it is the same number exactly; None where something may be lost."""
    values = {step.value for step in waterfall.steps}
    value = next(iter(values)) if len(values) == 1 else None
    return enclosure_text(value).removesuffix(" (exact)") if value and value.lower == value.upper else None


def step_rows(waterfall: WaterfallRecord) -> tuple[StepRow, ...]:
    """The rows of a waterfall; each bar begins where the one above it ended."""
    rows, reached = [], 0.0
    values = in_step([step.value for step in waterfall.steps])
    for step, value in zip(waterfall.steps, values, strict=True):
        share = percent(step.share)
        width = min(max(float(share.rstrip("%") or 0), 0.0), 100.0)
        rows.append(
            StepRow(
                title=step.title or "left side",
                relation=RELATIONS[step.relation],
                formula=step.latex,
                value=value,
                share=share,
                start=min(reached, 100.0 - width),
                width=width,
            )
        )
        reached += width
    return tuple(rows)
