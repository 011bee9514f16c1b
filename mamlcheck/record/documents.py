"""Figures: what can be compared in two documents that mamlcheck wrote, claim by claim, and what differs.

Documents are plain data (results, the reference run, witnesses, brackets), told apart by their `format`. What a
document says of time, versions and pictures is no figure. An enclosure is a mapping with `lower` and `upper`; two
certified enclosures of one number overlap, so only enclosures that do not are a difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mamlcheck.check.results import Results
from mamlcheck.disk import read_text
from mamlcheck.errors import InputError
from mamlcheck.meta.files import refuse_many_entries

# L and rho of a task are upper bounds rounded to 40 bits, and alpha is a share of 1/L. Where another CPU's BLAS rounds
# one of them a step the other way, each side moves by a few steps of 2**-40 of the bound: tightness, a share of the
# bound, by less than this. It bounds drift between machines; no verdict knows it.
ROOM = 2.0**-32
LARGEST_FILE = 64 * 2**20  # bytes
MOST_DIGITS = 400  # of a whole number

Figures = dict[str, dict[str, Any]]
"""Of each claim (or other part of a document), its figures by name."""


@dataclass(frozen=True)
class Change:
    """A figure that differs: plain data, None where one of the documents does not have it."""

    claim: str
    figure: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.claim}, {self.figure}: {shown(self.old)} -> {shown(self.new)}"


def shown(value: Any) -> str:
    """A figure in a line: an enclosure as an interval, None as 'absent'."""
    if value is None:
        return "absent"
    if is_enclosure(value):
        return f"[{value['lower']!r}, {value['upper']!r}]"
    return value if isinstance(value, str) else json.dumps(value)


# -- comparing -----------------------------------------------------------------------------------------------
def is_enclosure(value: Any) -> bool:
    """Whether a value is an enclosure of a number."""
    return (
        isinstance(value, Mapping)
        and set(value) == {"lower", "upper"}
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value.values())
    )


def same(old: Any, new: Any) -> bool:
    """Whether two figures may be of one number: enclosures that overlap, floats within `ROOM`, else equal values.

    A float beside an enclosure is the middle of one, as older files have it: it is to lie within.
    """
    if is_enclosure(old) != is_enclosure(new):
        old, new = ({"lower": v, "upper": v} if isinstance(v, float) else v for v in (old, new))
    if is_enclosure(old) and is_enclosure(new):
        return bool(old["lower"] <= new["upper"] + ROOM and new["lower"] <= old["upper"] + ROOM)
    if isinstance(old, float) and isinstance(new, float):
        return abs(old - new) <= ROOM
    return bool(old == new)


def changes(old: Figures, new: Figures) -> tuple[Change, ...]:
    """Every figure that differs, in the order of `old`, then what only `new` has."""
    found = []
    for claim in dict.fromkeys((*old, *new)):
        before, after = old.get(claim), new.get(claim)
        if before is None or after is None:
            was, now = (None if part is None else "present" for part in (before, after))
            found.append(Change(claim, "the claim", was, now))
            continue
        pairs = ((figure, before.get(figure), after.get(figure)) for figure in dict.fromkeys((*before, *after)))
        found += [Change(claim, figure, was, now) for figure, was, now in pairs if not same(was, now)]
    return tuple(found)


def compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """What differs between two documents of one format. Raises `InputError` where their formats differ."""
    kinds = [_kind(document) for document in (old, new)]
    if kinds[0] != kinds[1]:
        raise InputError(f"{kinds[0]} and {kinds[1]} have no figures in common: give two files of one format")
    first, second = (figures(document) for document in (old, new))
    if "brief" in (_extent(old), _extent(new)):
        first, second = _in_both(first, second), _in_both(second, first)
    return changes(first, second)


def _in_both(some: Figures, others: Figures) -> Figures:
    """What `check --json` leaves out is no difference to what `report` writes: the figures that both have."""
    return {
        claim: {name: value for name, value in own.items() if claim not in others or name in others[claim]}
        for claim, own in some.items()
    }


# -- reading -------------------------------------------------------------------------------------------------
def read_document(path: str | Path) -> dict[str, Any]:
    """The document in a file, in a format of mamlcheck's. Raises `InputError` where it is none."""
    file, text = Path(path), read_text(path, LARGEST_FILE, "a file that mamlcheck wrote")
    refuse_many_entries(text)
    try:
        content = json.loads(text, parse_constant=_no_number, parse_int=_whole)
    except (ValueError, RecursionError) as error:  # JSON's errors are ValueErrors
        raise InputError(f"{file} is not JSON ({error}): {_WANTED}") from error
    said = content.get("format") if isinstance(content, dict) else None
    if not isinstance(said, str) or said not in FIGURES:
        raise InputError(f"{file} says format {said!r}: {_WANTED}")
    known = Results.VERSION if said == Results.FORMAT else 1
    if content.get("version") != known:
        raise InputError(
            f"{file} is version {content.get('version')!r} of its format, and this mamlcheck reads version {known}: "
            "make it again with this mamlcheck"
        )
    document: dict[str, Any] = content
    return document


def _no_number(text: str) -> Any:
    raise ValueError(f"it holds {text}")


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"it holds a number of {len(text)} digits")
    return int(text)


def _kind(document: Mapping[str, Any]) -> str:
    return str(document["format"])


def _extent(document: Mapping[str, Any]) -> str:
    return "brief" if _kind(document) == "mamlcheck-results" and "sources" not in document else "full"


def figures(document: Mapping[str, Any]) -> Figures:
    """The figures of a document. Raises `InputError` where it is not in the format that it names."""
    try:
        return FIGURES[_kind(document)](document)
    except (KeyError, TypeError, AttributeError) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else f"holds something else than it should ({error})"
        raise InputError(f"this {_kind(document)} file {what}: write it again") from error


def _of_results(document: Mapping[str, Any]) -> Figures:
    found = {"(run)": {name: document.get(name) for name in ("partial", "seed", "completed")}}
    for source in document.get("sources") or ():
        found["(run)"][f"instances of {source['name']}"] = source["instances"]
    for name, claim in document["claims"].items():
        found[name] = dict(_of_tally(claim))
        for source, tally in (claim.get("by_source") or {}).items():
            found[name] |= {f"{source}: {figure}": value for figure, value in _of_tally(tally)}
    for subject in document.get("conformance") or ():
        outcomes = {result["check"]: result["outcome"] for result in subject["results"]}
        found[f"{subject['subject']} as {subject['algorithm']}"] = {"conforms": subject["conforms"]} | outcomes
    return found


def _of_tally(tally: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("holds", "violated", "undecided", "vacuous"):
        yield name, tally["counts"][name]
    yield "guaranteed", tally["guaranteed"]
    for name, count in (tally["printed_form"] or {}).items():
        yield f"printed form, {name}", count
    tightness = tally["tightness"]
    yield "max tightness", tightness["max"]
    yield "median tightness", tightness["median"]
    if "histogram" in tightness:
        yield "distribution of tightness", tightness["histogram"]["counts"]
    worst = tally.get("worst_instance") if "worst" not in tally else (tally["worst"] or {}).get("instance")
    yield "worst instance", worst


def _of_reference(document: Mapping[str, Any]) -> Figures:
    found: Figures = {"(run)": {"seed": document["seed"]}}
    for source in document["sources"]:
        found["(run)"][f"instances of {source['name']}"] = source["instances"]
    for name, by_source in document["claims"].items():
        found[name] = {}
        for source, part in by_source.items():
            for figure in ("holds", "violated", "undecided", "vacuous", "measured"):
                found[name][f"{source}: {figure}"] = part[figure]
            for verdict, count in (part["printed_form"] or {}).items():
                found[name][f"{source}: printed form, {verdict}"] = count
            for level, bounds in part["tightness"].items():
                found[name][f"{source}: tightness at {level}"] = bounds
    return found


def _of_witness(document: Mapping[str, Any]) -> Figures:
    said = {"tightness": document["tightness"], "arithmetic": document["arithmetic"]}
    leaves = {**dict(_leaves("hunted", document["hunted"])), **dict(_leaves("instance", document["instance"]))}
    return {str(document["claim"]): said | leaves}


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every number and text of nested data, with where it stands."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(f"{place}.{name}", item)
    elif isinstance(value, list):
        for k, item in enumerate(value):
            yield from _leaves(f"{place}[{k}]", item)
    else:
        yield place, value


def _of_brackets(document: Mapping[str, Any]) -> Figures:
    names = ("tightness", "exact", "proved", "proved_by", "state")
    return {claim: {name: row[name] for name in names} for claim, row in document["claims"].items()}


FIGURES: Mapping[str, Callable[[Mapping[str, Any]], Figures]] = {
    "mamlcheck-results": _of_results,
    "mamlcheck-reference": _of_reference,
    "mamlcheck-witness": _of_witness,
    "mamlcheck-brackets": _of_brackets,
}
_WANTED = (
    "give a results.json of `mamlcheck report`, what `check --json` or `brackets --json` prints, or a file of a "
    "reference run"
)

__all__ = [
    "ROOM", "Change", "Figures", "changes", "compared", "figures", "is_enclosure", "read_document", "same", "shown",
]  # fmt: skip
