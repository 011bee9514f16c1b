"""Comparing two documents that mamlcheck wrote, claim by claim, by the measures that each says it has.

Two certified enclosures of one number overlap, so only enclosures that do not are a difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mamlcheck.check.results import BriefResults, Results
from mamlcheck.disk import read_text
from mamlcheck.errors import InputError
from mamlcheck.formats.brackets import Brackets
from mamlcheck.formats.differences import Difference
from mamlcheck.formats.measures import Measure, Measured, Measures
from mamlcheck.formats.reference import ReferenceResults
from mamlcheck.formats.shared import Enclosure
from mamlcheck.formats.witnesses import WitnessRecord
from mamlcheck.meta.files import refuse_many_entries

# L and rho of a task are upper bounds rounded to 40 bits, and alpha is a share of 1/L. Where another CPU's BLAS rounds
# one of them a step the other way, each side moves by a few steps of 2**-40 of the bound: tightness, a share of the
# bound, by less than this. It bounds drift between machines; no verdict knows it.
DRIFT_BETWEEN_MACHINES = 2.0**-32
LARGEST_FILE_BYTES = 64 * 2**20
MOST_DIGITS = 400  # of a whole number in a file

KINDS: tuple[type[Measured], ...] = (Results, BriefResults, ReferenceResults, WitnessRecord, Brackets)
WANTED = (
    "give a results.json of `mamlcheck report`, what `check --json` or `brackets --json` prints, or a file of a "
    "reference run"
)


# -- comparing -----------------------------------------------------------------------------------------------
def same(old: Measure, new: Measure) -> bool:
    """Whether two measures may be of one number: enclosures that overlap, floats that are near, else equal values."""
    if isinstance(old, Enclosure) and isinstance(new, Enclosure):
        return _not_above(old, new) and _not_above(new, old)
    if isinstance(old, float) and isinstance(new, float):
        return abs(old - new) <= DRIFT_BETWEEN_MACHINES
    return old == new


def _not_above(one: Enclosure, other: Enclosure) -> bool:
    """Whether the first enclosure is not wholly above the other."""
    return one.lower is None or other.upper is None or one.lower <= other.upper + DRIFT_BETWEEN_MACHINES


def differences_of(old: Measures, new: Measures) -> tuple[Difference, ...]:
    """Every measure that differs, in the order of `old`, then what only `new` has."""
    found = []
    for claim in dict.fromkeys((*old, *new)):
        before, after = old.get(claim), new.get(claim)
        if before is None or after is None:
            was, now = (None if part is None else "present" for part in (before, after))
            found.append(Difference(claim, "the claim", was, now))
            continue
        pairs = ((name, before.get(name), after.get(name)) for name in dict.fromkeys((*before, *after)))
        found += [Difference(claim, name, was, now) for name, was, now in pairs if not same(was, now)]
    return tuple(found)


def differences(old: Measured, new: Measured) -> tuple[Difference, ...]:
    """What differs between two documents of one format. Raises `InputError` where their formats differ."""
    if old.FORMAT != new.FORMAT:
        raise InputError(f"{old.FORMAT} and {new.FORMAT} have no measures in common: give two files of one format")
    try:
        first, second = old.measures, new.measures
    except RecursionError:
        raise InputError("the instance in a file is nested too deeply: it has lists of numbers in objects") from None
    if type(old) is not type(new):
        first, second = _in_both(first, second), _in_both(second, first)
    return differences_of(first, second)


def _in_both(some: Measures, others: Measures) -> Measures:
    """What `check --json` leaves out is no difference to what `report` writes: the measures that both have."""
    return {
        claim: {name: value for name, value in own.items() if claim not in others or name in others[claim]}
        for claim, own in some.items()
    }


# -- reading -------------------------------------------------------------------------------------------------
def read_document(path: str | Path) -> Measured:
    """The document in a file that has measures. Raises `InputError` where it is none."""
    file, text = Path(path), read_text(path, LARGEST_FILE_BYTES, "a file that mamlcheck wrote")
    refuse_many_entries(text)
    try:
        content = json.loads(text, parse_constant=_no_number, parse_int=_whole)
    except (ValueError, RecursionError) as error:  # JSON's errors are ValueErrors
        raise InputError(f"{file} is not JSON ({error}): {WANTED}") from error
    said = content.get("format") if isinstance(content, dict) else None
    kinds = [kind for kind in KINDS if said == kind.FORMAT]
    if not kinds:
        raise InputError(f"{file} says format {said!r}: {WANTED}")
    brief = kinds == [Results, BriefResults] and content.get("extent") == "brief"
    try:
        return kinds[brief].from_json(content)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _no_number(text: str) -> Any:
    raise ValueError(f"it holds {text}")


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"it holds a number of {len(text)} digits")
    return int(text)


__all__ = ["DRIFT_BETWEEN_MACHINES", "differences", "differences_of", "read_document", "same"]
