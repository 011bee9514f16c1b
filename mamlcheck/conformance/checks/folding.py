"""Results of checks that say the same, told once: what one cause makes fail on many problems is one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mamlcheck.conformance.words import counted, listed
from mamlcheck.formats.conformance import CheckRecord, Outcome

_NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]?\d+)?%?")
_PROBLEM = re.compile(r"[a-z-]+,alpha=[^,]+,steps=\d+,float\d+(,(tasks|offset)=[^,: ]+)*")


@dataclass(frozen=True)
class Folded:
    """Results with one outcome and one reason. label: which checks these are; message: the reason."""

    label: str
    outcome: Outcome
    message: str
    results: tuple[CheckRecord, ...]


def folded(results: Sequence[CheckRecord]) -> tuple[Folded, ...]:
    """The results in their order; those that differ by their problem and by numbers alone are one."""
    groups: dict[tuple[str, ...], list[CheckRecord]] = {}
    for result in results:
        # What is not run for one reason is one, whichever check it is.
        name = "" if result.outcome == "not run" else result.check.partition("[")[0]
        groups.setdefault((result.outcome, name, _template(result.message)), []).append(result)
    references = [_axes(r.check) for r in results if r.check.startswith("reference[")]
    return tuple(_of(group, references) for group in groups.values())


def _of(group: list[CheckRecord], references: Sequence[tuple[str, ...]]) -> Folded:
    first = group[0]
    label, message = first.check, first.message
    if len(group) > 1:
        label = f"{first.check} and {len(group) - 1} more"
        if all(r.check.startswith("reference[") for r in group):
            label = _where([_axes(r.check) for r in group], references) or label
        if any(r.message != message for r in group):
            message = f"such as: {message}"
    return Folded(label, first.outcome, message, tuple(group))


def _template(message: str) -> str:
    return _NUMBER.sub("#", _PROBLEM.sub("@", message))


def _axes(check: str) -> tuple[str, ...]:
    """The kind, the inner rate, K and the precision in the name of a reference."""
    return tuple(check.removeprefix("reference[").removesuffix("]").split(","))


def _where(these: Sequence[tuple[str, ...]], all_of_them: Sequence[tuple[str, ...]]) -> str:
    """How many references these are, and what they have in common; nothing where that is not what makes them out."""
    values = [list(dict.fromkeys(column)) for column in zip(*these, strict=True)]
    everything = [list(dict.fromkeys(column)) for column in zip(*all_of_them, strict=True)]
    alike = [one for one in all_of_them if all(value in axis for value, axis in zip(one, values, strict=True))]
    if len(alike) != len(these):
        return ""
    said = [_listed(axis) for axis, whole in zip(values, everything, strict=True) if len(axis) < len(whole)]
    count = counted(len(these), "reference")
    return f"{count}: {', '.join(said)}" if said else f"all {count}"


def _listed(axis: Iterable[str]) -> str:
    """'steps=2 and 3': what stands before an equals sign once."""
    first, *rest = axis
    return listed([first, *(value.rpartition("=")[2] for value in rest)])
