"""Records to JSON and back: nothing is lost, nothing wrong is let in, and a message says where."""

from __future__ import annotations

import copy
import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mamlcheck.check.results import BriefResults, Results
from mamlcheck.errors import InputError
from mamlcheck.formats.brackets import Brackets
from mamlcheck.formats.codec import LATER, Document, later_fields, plain, read, typed_fields
from mamlcheck.formats.differences import Drifts
from mamlcheck.formats.findings import Findings
from mamlcheck.formats.proofs import Proofs
from mamlcheck.formats.reference import ReferenceResults
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.formats.witnesses import Hunts, WitnessRecord

DOCUMENTS = (Results, BriefResults, Brackets, Drifts, Findings, Proofs, ReferenceResults, Hunts, WitnessRecord)


# -- any record ------------------------------------------------------------------------------------------------------
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of the type of a field."""
    scalars: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=4), int: st.integers(-3, 2**70), bool: st.booleans(), type(None): st.none(),
        float: st.floats(allow_nan=False, allow_infinity=False), object: st.lists(st.text(max_size=2), max_size=2),
    }  # fmt: skip
    if hint in scalars:
        return scalars[hint]
    origin, of = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values, of))
    if origin is Literal:
        return st.sampled_from(of)
    if origin is tuple and of[1:] == (Ellipsis,):
        return st.lists(values(of[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, of))
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(st.text(max_size=3), values(of[1]), max_size=2)
    assert is_dataclass(hint)
    return st.builds(hint, **{name: values(one) for name, one in typed_fields(hint)})


@pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.__name__)
def test_every_document_comes_back(kind: type[Document]) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(kind))
    def comes_back(document: Document) -> None:
        text = document.text()
        assert kind.from_json(json.loads(text)) == document
        assert kind.from_json(json.loads(text)).text() == text
        assert list(json.loads(text))[:2] == ["format", "version"]

    comes_back()


# -- strict ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Part:
    name: str
    at: tuple[float, float]


@dataclass(frozen=True)
class Example(Document):
    FORMAT: ClassVar[str] = "example"
    VERSION: ClassVar[int] = 3

    whole: int
    share: float
    yes: bool
    word: Literal["a", "b"]
    maybe: str | None
    several: Enclosure | bool | int | tuple[int, ...]
    parts: tuple[Part, ...]
    named: Mapping[str, Part]


GOOD: dict[str, Any] = {
    "format": "example", "version": 3, "whole": 1, "share": 0.5, "yes": True, "word": "a", "maybe": None,
    "several": [1, 2], "parts": [{"name": "p", "at": [0.0, 1.0]}], "named": {"q": {"name": "q", "at": [2.0, 3.0]}},
}  # fmt: skip


def test_a_good_one() -> None:
    found = Example.from_json(GOOD)
    assert found == Example(1, 0.5, True, "a", None, (1, 2), (Part("p", (0.0, 1.0)),), {"q": Part("q", (2.0, 3.0))})
    assert found.as_json() == GOOD


@pytest.mark.parametrize(
    ("several", "value"),
    [({"lower": 1.0, "upper": None}, Enclosure(1.0, None)), (True, True), (1, 1), ([], ())],
)
def test_one_of_several_types(several: Any, value: Any) -> None:
    found = Example.from_json(GOOD | {"several": several}).several
    assert (type(found), found) == (type(value), value)


def test_a_whole_number_is_a_float_where_one_belongs() -> None:
    found = Example.from_json(GOOD | {"share": 1}).share
    assert (type(found), found) == (float, 1.0)


WRONG: list[tuple[str, Any, str]] = [
    ("format", "other", "the document says format \"other\": it must be 'example'"),
    ("version", 2, "the document is version 2 of example, and this mamlcheck knows version 3: make it again"),
    ("version", True, "is version true"),
    ("whole", 1.0, "whole is 1.0: it must be a whole number"),
    ("whole", True, "whole is true: it must be a whole number"),
    ("whole", None, "whole is null"),
    ("share", "0.5", 'share is "0.5": it must be a finite number'),
    ("share", float("nan"), "share is NaN"),
    ("share", True, "share is true"),
    ("share", 10**400, "share is 1000000"),
    ("yes", 1, "yes is 1: it must be true or false"),
    ("word", "c", 'word is "c": it must be a, b'),
    ("word", [], "word is []: it must be a, b"),
    ("maybe", 3, "maybe is 3: it must be text"),
    ("several", "x", 'several is "x": it must be one of the values that are allowed here'),
    ("several", 1.5, "several is 1.5"),
    ("parts", {}, "parts is {}: it must be a list"),
    ("parts", "ab", 'parts is "ab": it must be a list'),
    ("parts", [{"name": "p", "at": [0.0]}], "parts[0].at is [0.0]: it must be a list of 2"),
    ("parts", [{"name": 1, "at": [0.0, 1.0]}], "parts[0].name is 1: it must be text"),
    ("parts", [{"name": "p"}], "parts[0] has no 'at': it must have name, at"),
    ("named", {"q": {"name": "q", "at": [0.0, 1.0], "x": 1}}, "named.q has 'x', which is unknown: it has name, at"),
    ("named", {"q": 1}, "named.q is 1: it must be an object"),
    ("named", [], "named is []: it must be an object"),
    ("stray", 1, "the document has 'stray', which is unknown"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG, ids=[f"{n}-{k}" for k, (n, _, _) in enumerate(WRONG)])
def test_what_is_wrong_is_refused_with_its_place(name: str, value: Any, said: str) -> None:
    with pytest.raises(InputError) as error:
        Example.from_json(GOOD | {name: value})
    assert said in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("name", [*GOOD])
def test_what_is_missing_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=name):
        Example.from_json({key: value for key, value in GOOD.items() if key != name})


@dataclass(frozen=True)
class Grown:
    """A record with a field that was added, and another one that only has a default."""

    name: str
    short: int = 3
    added: str | None = field(default=None, metadata=LATER)


def test_a_field_that_was_added_may_be_missing_and_is_always_written() -> None:
    assert read(Grown, {"name": "a", "short": 1}) == Grown("a", 1, None)
    assert plain(Grown("a")) == {"name": "a", "short": 3, "added": None}
    assert later_fields(Grown) == {"added"}
    with pytest.raises(InputError, match="the document has no 'short'"):
        read(Grown, {"name": "a", "added": "b"})
    with pytest.raises(InputError, match="added is 1: it must be text"):
        read(Grown, {"name": "a", "short": 1, "added": 1})


@pytest.mark.parametrize("content", [None, 1, "x", [], [GOOD]])
def test_what_is_no_object_is_refused(content: Any) -> None:
    with pytest.raises(InputError, match="the document is"):
        Example.from_json(content)


def everywhere(content: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every entry in nested JSON."""
    if isinstance(content, dict | list):
        for key, item in content.items() if isinstance(content, dict) else enumerate(content):
            yield (*place, key)
            yield from everywhere(item, (*place, key))


@pytest.mark.parametrize("place", list(everywhere(GOOD)), ids=lambda place: ".".join(map(str, place)))
def test_an_entry_of_another_kind_is_refused_wherever_it_stands(place: tuple[Any, ...]) -> None:
    spoiled = copy.deepcopy(GOOD)
    at = spoiled
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = {"stray": []}
    with pytest.raises(InputError):
        Example.from_json(spoiled)


# -- to JSON ---------------------------------------------------------------------------------------------------------
def test_numbers_that_are_not_finite_have_no_place_in_json() -> None:
    assert Enclosure.of((float("-inf"), 1.0)) == Enclosure(None, 1.0)
    assert Enclosure.of((0.0, float("nan"))) == Enclosure(0.0, None)
    with pytest.raises(ValueError, match="has no place in JSON"):
        plain(Enclosure(0.0, float("inf")))


def test_what_is_no_record_is_refused() -> None:
    for wrong in ({}, 1, Counts, object()):
        with pytest.raises(TypeError):
            plain(wrong)
    with pytest.raises(TypeError):
        plain(Part("p", (object(), 1.0)))  # type: ignore[arg-type]


def test_text_that_is_no_unicode_can_be_written() -> None:
    """A name that another program made of bytes: JSON escapes it, and it comes back."""
    found = Example.from_json(GOOD | {"maybe": "a\udcff"})
    written = found.text().encode("utf-8")
    assert Example.from_json(json.loads(written)) == found


# -- counts ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("counts", "word"),
    [
        (Counts(3, 1, 1, 1), "violated"), (Counts(3, 0, 1, 1), "undecided"), (Counts(3, 0, 0, 1), "holds"),
        (Counts(0, 0, 0, 2), "no support"), (Counts(), "not judged"),
    ],
)  # fmt: skip
def test_the_word_for_counts_is_the_worst_in_them(counts: Counts, word: str) -> None:
    assert counts.status == word
    assert counts.all_hold == (word not in ("violated", "undecided"))


def test_counts_add_up() -> None:
    found = Counts.sum([Counts(1, 2, 3, 4), Counts(10, 20, 30, 40)])
    assert found == Counts(11, 22, 33, 44)
    assert (found.decided, found.judged, found.total) == (33, 66, 110)
    assert Counts.sum([]) == Counts()
    assert dict(found.by_name) == {"holds": 11, "violated": 22, "undecided": 33, "vacuous": 44, "at_confidence": 0}


def test_a_record_is_read_as_itself() -> None:
    assert read(Counts, plain(Counts(1, 2, 3, 4))) == Counts(1, 2, 3, 4)


def test_no_field_may_stand_in_place_of_the_head_of_its_document() -> None:
    @dataclass(frozen=True)
    class Hiding(Document):
        FORMAT: ClassVar[str] = "hiding"
        VERSION: ClassVar[int] = 1

        version: str

    for asked in (lambda: plain(Hiding("9")), lambda: read(Hiding, {"format": "hiding", "version": 1})):
        with pytest.raises(TypeError, match="Hiding has a field 'version'"):
            asked()
