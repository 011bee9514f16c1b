"""Where the printed text of the paper needs care: one finding a file in this folder, each with an exact example.

A finding file holds TITLE, PLACE, PRINTED, TRUE, WHY, HANDLED, SEE and `example()`, which computes its numbers when it
is called; its place in the folder is its id. Nothing is registered anywhere. REFUTES, which most have not, names what
is false as printed. Texts are prose with LaTeX between dollar signs and code between backticks. A finding is
*confirmed* when its example ran and every relation in it holds: both sides of a relation are exact fractions, or words
such as a verdict.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType

from mamlcheck.display import Listing, card, rich_line
from mamlcheck.errors import InputError, MamlcheckError
from mamlcheck.formats.findings import Comparison, FindingRecord, Findings, QuantityRecord, RelationRecord
from mamlcheck.packages import callable_package

__all__ = ["Example", "Executed", "Finding", "Quantity", "Relation", "execute", "find", "findings", "findings_document"]

Value = Fraction | int | str
"""An exact number, kept as a Fraction, or a word such as a verdict."""

# Whether the left side may be smaller (-1), equal (0) or larger (1).
ORDERS = {"<": (-1,), "<=": (-1, 0), "=": (0,), "!=": (-1, 1), ">=": (0, 1), ">": (1,)}


def _value(given: Value) -> Fraction | str:
    if isinstance(given, str):
        return given
    if isinstance(given, Fraction) or type(given) is int:
        return Fraction(given)
    raise TypeError(f"{given!r} is not exact: a finding shows Fractions, ints, or words")


@dataclass(frozen=True)
class Quantity:
    """What was computed: `name` (prose), its exact value, and `case`, which part of the example it is of, if any."""

    name: str
    value: Value
    case: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _value(self.value))


@dataclass(frozen=True)
class Relation:
    """`left relation right`, which must hold, and what that shows (prose). Words are only equal or not."""

    text: str
    left: Value
    relation: Comparison
    right: Value
    case: str = ""

    def __post_init__(self) -> None:
        for side in ("left", "right"):
            object.__setattr__(self, side, _value(getattr(self, side)))
        kinds = {type(self.left), type(self.right)}
        if self.relation not in ORDERS or len(kinds) > 1 or (kinds == {str} and self.relation not in ("=", "!=")):
            raise TypeError(f"{self.left} {self.relation} {self.right} is no comparison of two exact values")

    @property
    def holds(self) -> bool:
        """The exact comparison."""
        left, right = self.left, self.right
        smaller = not isinstance(left, str) and not isinstance(right, str) and left < right
        return (0 if left == right else -1 if smaller else 1) in ORDERS[self.relation]


@dataclass(frozen=True)
class Example:
    """An executed example: its setting (prose), what was computed, and the relations that must hold."""

    setting: str
    quantities: tuple[Quantity, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Finding:
    """One place of the paper. `see` names where mamlcheck deals with it, as dotted names of Python.

    refutes: what the example shows to be false as printed, such as 'Theorem 4.17'; '' where the text only needs care.
    """

    id: str
    title: str
    place: str
    printed: str
    true: str
    why: str
    handled: str
    see: tuple[str, ...]
    example: Callable[[], Example]
    refutes: str = ""

    def __str__(self) -> str:
        return f"{self.id} ({self.place}): {self.title}"

    def __repr__(self) -> str:
        return f"<Finding {self}>"


@dataclass(frozen=True)
class Executed:
    """A finding whose example was run; `error` says what stopped it, if anything did."""

    finding: Finding
    example: Example | None
    error: str | None = None

    def __str__(self) -> str:
        return f"{self.finding.id} ({self.finding.place}): {self.status}"

    def __repr__(self) -> str:
        return f"<Executed {self}>"

    def _repr_html_(self) -> str:
        told = self.finding
        rows = {"printed": told.printed, "true": told.true, "why": told.why, "here": told.handled}
        relations = self.example.relations if self.example else ()
        rows["computed"] = self.error or "; ".join(f"{one.left} {one.relation} {one.right}" for one in relations)
        return card(f"{told.title} ({told.place}): {self.status}", rows, not self.confirmed)

    def __rich__(self) -> object:
        return rich_line(str(self), not self.confirmed)

    @property
    def confirmed(self) -> bool:
        """Whether the example ran and shows what the finding says. An example without relations shows nothing."""
        relations = self.example.relations if self.example else ()
        return bool(relations) and all(relation.holds for relation in relations)

    @property
    def status(self) -> str:
        """'confirmed' or 'NOT CONFIRMED'."""
        return "confirmed" if self.confirmed else "NOT CONFIRMED"

    @property
    def record(self) -> FindingRecord:
        """Plain data; exact numbers as text such as '3/4'."""
        finding = self.finding
        quantities, relations = (self.example.quantities, self.example.relations) if self.example else ((), ())
        return FindingRecord(
            id=finding.id,
            title=finding.title,
            place=finding.place,
            status="confirmed" if self.confirmed else "NOT CONFIRMED",
            refutes=finding.refutes,
            printed=finding.printed,
            true=finding.true,
            why=finding.why,
            handled=finding.handled,
            see=tuple(finding.see),
            setting=self.example.setting if self.example else "",
            quantities=tuple(QuantityRecord(each.case, each.name, str(each.value)) for each in quantities),
            facts=tuple(
                RelationRecord(each.case, each.text, str(each.left), each.relation, str(each.right), each.holds)
                for each in relations
            ),
            error=self.error,
        )


def find() -> tuple[Finding, ...]:
    """All findings, in the order of the paper. Files that start with an underscore are no findings."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")]
    found = [finding_of(importlib.import_module(f"{__name__}.{name}"), name) for name in names]
    return tuple(sorted(found, key=_paper_order))


def finding_of(module: ModuleType, finding_id: str) -> Finding:
    """The finding that a file holds."""
    return Finding(
        id=finding_id,
        title=module.TITLE,
        place=module.PLACE,
        printed=module.PRINTED,
        true=module.TRUE,
        why=module.WHY,
        handled=module.HANDLED,
        see=module.SEE,
        example=module.example,
        refutes=getattr(module, "REFUTES", ""),
    )


def _paper_order(finding: Finding) -> tuple[tuple[int, ...], str]:
    # The first number in PLACE, such as 4.11, which comes after 4.9.
    number = re.search(r"\d+(?:\.\d+)*", finding.place)
    return (tuple(map(int, number[0].split("."))) if number else (10**6,), finding.id)


def execute(findings: Iterable[Finding] | None = None) -> tuple[Executed, ...]:
    """Run the examples of these findings, or of all."""
    return tuple(_executed(finding) for finding in (find() if findings is None else findings))


def _executed(finding: Finding) -> Executed:
    try:
        return Executed(finding, finding.example())
    except (MamlcheckError, ArithmeticError) as error:  # one that cannot run is not confirmed; the others still run
        return Executed(finding, None, f"the example did not run: {error}")


def findings_document(executed: Iterable[Executed]) -> Findings:
    """Executed findings as one document, the same to the byte in every run."""
    records = tuple(one.record for one in executed)
    confirmed = sum(record.confirmed for record in records)
    return Findings(confirmed, len(records) - confirmed, records)


def findings(*names: str) -> Listing[Executed]:
    """Where the printed text needs care, in the order of the paper: all findings, or those named; examples executed.

    Raises `InputError` for a name that is none.
    """
    found = {finding.id: finding for finding in find()}
    for name in names:
        if name not in found:
            raise InputError(f"there is no finding {name!r}: they are {', '.join(found)}")
    return Listing(execute(found[name] for name in names or found))


callable_package(__name__, __name__, "findings")  # mamlcheck.findings() is this function
