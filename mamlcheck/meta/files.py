"""Instance files: JSON, versioned, exact, never evaluated.

Numbers are text ("3", "-1/7", "0.1") or JSON numbers, and both mean the exact decimal or fraction that is
written: 0.1 is one tenth, not the double nearest to it. Losses are known names or expressions read by a
whitelist parser. Whatever a file holds, reading it gives an instance or an `InputError` that says where it is
wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mamlcheck.disk import read_text
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.meta.variables import sizes
from mamlcheck.meta.writing import FORMAT, VERSION, content_text, instance_content, instance_text
from mamlcheck.tasks.families import families
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.written import (
    Numeral,
    block_of,
    get,
    integer,
    number,
    object_in,
    only,
    shown,
)

LARGEST_INSTANCE_BYTES = 32 * 2**20  # of a file
MOST_ENTRIES = 2**22  # of all lists and objects in a file
MOST_HESSIAN_NUMBERS = 2**24  # n m d^2: the numbers of all sample Hessians, which some claims need at once

Read = TypeVar("Read")

__all__ = [
    "check_format", "content_text", "instance_content", "instance_from_content", "instance_text", "number",
    "parse_instance", "parsed_content", "parsed_file", "refuse_many_entries",
]  # fmt: skip


def parsed_file(path: str | Path, parse: Callable[[str], Read]) -> Read:
    """What `parse` makes of a file's text; every `InputError` names the file."""
    text = read_text(path, LARGEST_INSTANCE_BYTES, "an instance file")
    try:
        return parse(text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def parse_instance(text: str) -> Instances:
    """The instance in the text of an instance file, as a block of one."""
    return instance_from_content(parsed_content(text, FORMAT, VERSION))


def parsed_content(text: str, wanted: str, version: int) -> dict[str, Any]:
    """The object in a JSON text of this format and version, its numbers as they are written (`Numeral`)."""
    refuse_many_entries(text)
    try:
        content = json.loads(
            text,
            parse_float=Numeral,
            parse_int=Numeral,
            parse_constant=Numeral,
            object_pairs_hook=_unrepeated,
        )
    except json.JSONDecodeError as error:
        raise InputError(f"this is not a complete JSON text ({error}): was the file cut off?") from error
    except RecursionError:
        raise InputError("the text is nested too deeply: an instance file has lists of numbers in objects") from None
    top = object_in(content, "the file")
    check_format(top, wanted, version)
    return top


def refuse_many_entries(text: str) -> None:
    """Raise `InputError` for a JSON text of more entries than a file of ours has, before they fill the memory."""
    if text.count(",") > MOST_ENTRIES:
        raise InputError(f"the text has more than {MOST_ENTRIES} entries: a file of mamlcheck's has fewer")


def check_format(top: dict[str, Any], wanted: str, version: int) -> None:
    """Raise `InputError` unless the content says that it is of this format and version."""
    if top.get("format") != wanted:
        kind = wanted.removeprefix("mamlcheck-")
        article = "an" if kind[0] in "aeiou" else "a"
        raise InputError(f'"format" is {shown(top.get("format"))}: {article} {kind} file says "{wanted}"')
    if not isinstance(top.get("version"), Numeral) or number(top["version"], "version") != version:
        raise InputError(
            f"version {shown(top.get('version'))} of the format is not known here, only {version}: "
            "update mamlcheck, or write the file again"
        )


def instance_from_content(top: dict[str, Any]) -> Instances:
    """The instance in the content of an instance file, as a block of one."""
    check_format(top, FORMAT, VERSION)
    known = {"format", "version", "tasks", "sizes", *(v.name for v in Instances.FIELDS if not v.is_size)}
    only(top, known, "the file")
    tasks = _tasks(object_in(get(top, "tasks", "the file"), "tasks"))
    if tasks.n * tasks.m * tasks.d**2 > MOST_HESSIAN_NUMBERS:
        raise InputError(
            f"n = {tasks.n}, m = {tasks.m}, d = {tasks.d}: n m d^2 must be at most {MOST_HESSIAN_NUMBERS}, "
            "so that all Hessians fit in memory"
        )
    return Instances(tasks=tasks, sizes=_sizes(object_in(top.get("sizes", {}), "sizes")), **_variables(top, tasks.d))


def _variables(top: dict[str, Any], d: int) -> dict[str, Any]:
    """The variables in the content of a file, but for sizes: those that it does not hold have their defaults."""
    found: dict[str, Any] = {}
    for variable in Instances.FIELDS:
        name = variable.name
        if variable.is_size or (name not in top and not variable.must_be_given):
            continue
        value = get(top, name, "the file")
        found[name] = block_of(value, name, [d] * variable.is_vector) if variable.is_array else integer(value, name)
    return found


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise InputError(f"{shown(twice)} stands more than once in an object: which is meant?")
    return content


def _tasks(content: dict[str, Any]) -> Tasks:
    kind = get(content, "kind", "tasks")
    for family in families():
        if family.reads(content):
            return family.from_json(content)
    known = sorted({family.kind for family in families()})
    raise InputError(
        f"tasks of kind {shown(kind)} are not known: give {', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
    )


def _sizes(content: dict[str, Any]) -> BatchSizes:
    only(content, {size.name for size in sizes()}, "sizes")
    return BatchSizes(**{name: integer(value, name) for name, value in content.items()})
