"""Records to JSON and back: one way for every shape, strict in both directions.

A record is a frozen dataclass; its JSON object has an entry for each field, under the field's name, in the order of the
fields. Fields are text, whole numbers, floats, truth values, literals, other records, tuples and mappings of these, or
None. `read` accepts what `plain` makes and nothing else, and says where something is wrong. A field that was
added once there were documents without it has `LATER` as its metadata: it is always written, and its default is read
where it is missing.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, ClassVar, Literal, Self, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from mamlcheck.errors import InputError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What JSON holds."""

HEAD = ("format", "version")  # entries that a document starts with
SHOWN_CHARACTERS = 60  # of a wrong entry that a message shows

Record = TypeVar("Record")


class Document:
    """A record that is a file of its own: its JSON object starts with the name and the version of its format."""

    FORMAT: ClassVar[str]
    VERSION: ClassVar[int]

    def as_json(self) -> dict[str, Json]:
        """The document as JSON holds it."""
        return plain(self)

    @classmethod
    def from_json(cls, content: object, place: str = "") -> Self:
        """The document in parsed JSON. Raises `InputError`, which says where, for anything but such a document."""
        return read(cls, content, place)

    def text(self) -> str:
        """The document as the text of a file: equal documents have equal bytes in UTF-8."""
        text = json.dumps(self.as_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        return text.encode("utf-8", "backslashreplace").decode("utf-8")  # text of other programs may be no Unicode


LATER: Mapping[str, bool] = types.MappingProxyType({"later": True})
"""Metadata of a field that documents of the same version may lack: they were written before there was such a field."""


@cache
def later_fields(kind: Hashable) -> frozenset[str]:
    """The names of a record's fields that may be missing where it is read."""
    return frozenset(each.name for each in fields(cast(Any, kind)) if each.metadata.get("later"))


@cache
def typed_fields(kind: Hashable) -> tuple[tuple[str, Any], ...]:
    """The names of a record's fields, in order, each with its type."""
    if not isinstance(kind, type) or not is_dataclass(kind):
        raise TypeError(f"{kind} is no kind of record")
    if issubclass(kind, Document) and (taken := [field.name for field in fields(kind) if field.name in HEAD]):
        raise TypeError(f"{kind.__name__} has a field {taken[0]!r}, which would stand in place of the document's own")
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in fields(kind))


# -- to JSON -------------------------------------------------------------------------------------------------
def plain(record: object) -> dict[str, Json]:
    """The JSON object of a record."""
    if not is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"a {type(record).__name__} is no record")
    head: dict[str, Json] = {}
    if isinstance(record, Document):
        head = {"format": record.FORMAT, "version": record.VERSION}
    return head | {name: _plain(getattr(record, name)) for name, _ in typed_fields(type(record))}


def _plain(value: object) -> Json:
    """The value of a field as JSON holds it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no place in JSON: records say None where a number is not finite")
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return plain(value)


# -- from JSON -----------------------------------------------------------------------------------------------
def read(kind: type[Record], content: object, place: str = "") -> Record:
    """The record of a kind in parsed JSON. place: where it stands, for messages. Raises `InputError`."""
    entries = _object(content, place)
    if issubclass(kind, Document):
        entries = _headless(kind, entries, place)
    typed = typed_fields(cast(Hashable, kind))
    may_lack = later_fields(cast(Hashable, kind))
    missing = [name for name, _ in typed if name not in entries and name not in may_lack]
    unknown = [name for name in entries if name not in dict(typed)]
    if missing:
        raise InputError(f"{_at(place)} has no {missing[0]!r}: it must have {_listed(name for name, _ in typed)}")
    if unknown:
        raise InputError(f"{_at(place)} has {unknown[0]!r}, which is unknown: it has {_listed(n for n, _ in typed)}")
    return kind(**{name: _value(hint, entries[name], _below(place, name)) for name, hint in typed if name in entries})


def _headless(kind: type[Document], entries: Mapping[str, object], place: str) -> Mapping[str, object]:
    """The entries of a document without its head, once the head is right."""
    said, version = entries.get("format"), entries.get("version")
    if said != kind.FORMAT:
        raise InputError(f"{_at(place)} says format {_shown(said)}: it must be {kind.FORMAT!r}")
    if version != kind.VERSION or isinstance(version, bool):
        raise InputError(
            f"{_at(place)} is version {_shown(version)} of {kind.FORMAT}, and this mamlcheck knows version "
            f"{kind.VERSION}: make it again with this mamlcheck"
        )
    return {name: value for name, value in entries.items() if name not in HEAD}


def _value(hint: Any, content: object, place: str) -> Any:
    """The value of a field of type `hint`."""
    origin = get_origin(hint)
    if hint is object:  # any JSON, as it is
        return content
    if origin in (Union, types.UnionType):
        return _one_of(get_args(hint), content, place)
    if origin is Literal:
        if type(content) is not str or content not in get_args(hint):
            raise _wrong(place, content, _listed(get_args(hint)))
        return content
    if origin is tuple:
        return _tuple(get_args(hint), content, place)
    if origin is not None and issubclass(origin, Mapping):
        of = get_args(hint)[1]
        return {name: _value(of, item, _below(place, name)) for name, item in _object(content, place).items()}
    if is_dataclass(hint):
        return read(cast(type[Any], hint), content, place)
    return _scalar(hint, content, place)


def _one_of(hints: tuple[Any, ...], content: object, place: str) -> Any:
    """The value of the first type that the content fits; None fits nothing else."""
    if content is None and type(None) in hints:
        return None
    wrong = []
    for hint in (hint for hint in hints if hint is not type(None)):
        try:
            return _value(hint, content, place)
        except InputError as error:
            wrong.append(error)
    raise wrong[0] if len(wrong) == 1 else _wrong(place, content, "one of the values that are allowed here")


def _tuple(of: tuple[Any, ...], content: object, place: str) -> tuple[Any, ...]:
    """A list of any length, or one with an item of each of several types."""
    if not isinstance(content, list | tuple):
        raise _wrong(place, content, "a list")
    if len(of) == 2 and of[1] is Ellipsis:
        return tuple(_value(of[0], item, f"{place}[{k}]") for k, item in enumerate(content))
    if len(content) != len(of):
        raise _wrong(place, content, f"a list of {len(of)}")
    return tuple(_value(hint, item, f"{place}[{k}]") for k, (hint, item) in enumerate(zip(of, content, strict=True)))


SCALARS = {str: "text", int: "a whole number", float: "a finite number", bool: "true or false"}


def _scalar(hint: type, content: object, place: str) -> Any:
    if hint is float and type(content) in (int, float):
        try:
            number = float(cast(float, content))
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    elif type(content) is hint:
        return content
    raise _wrong(place, content, SCALARS[hint])


def _object(content: object, place: str) -> Mapping[str, object]:
    if not isinstance(content, dict):
        raise _wrong(place, content, "an object {...}")
    return content


# -- words ---------------------------------------------------------------------------------------------------
def _wrong(place: str, content: object, wanted: str) -> InputError:
    return InputError(f"{_at(place)} is {_shown(content)}: it must be {wanted}")


def _shown(content: object) -> str:
    text = json.dumps(content, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def _at(place: str) -> str:
    return place or "the document"


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _listed(names: Iterable[object]) -> str:
    return ", ".join(str(name) for name in names)


__all__ = ["LATER", "Document", "Json", "later_fields", "plain", "read", "typed_fields"]
