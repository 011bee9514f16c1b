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

import numpy as np

from mamlcheck.disk import read_text
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.meta.variables import Variable, sizes
from mamlcheck.tasks.families import families
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.written import (
    Numeral,
    block_of,
    get,
    integer,
    number,
    numbers_to_json,
    object_in,
    only,
    shown,
)

FORMAT = "mamlcheck-instance"
VERSION = 1
LARGEST_FILE = 32 * 2**20  # bytes
LARGEST_TEXT = 2**22  # entries of lists and objects
LARGEST_HESSIANS = 2**24  # n m d^2: the numbers of all sample Hessians, which some claims need at once
PRINTED = 2000  # numbers of the largest array of an instance up to which its repr holds them
WIDTH = 110  # of a line of an instance file, where numbers allow it

Read = TypeVar("Read")


# -- writing -------------------------------------------------------------------------------------------------
def instance_text(instance: Instances) -> str:
    """One instance (no leading axes, or one of length 1) as the text of an instance file."""
    return content_text(instance_content(instance))


def instance_content(instance: Instances) -> dict[str, Any]:
    """What an instance file holds, as JSON has it, every number as text."""
    one = instance[0] if instance.shape else instance
    return {
        "format": FORMAT,
        "version": VERSION,
        "tasks": _tasks_to_json(one.tasks),
        **_variables_to_json(one),
    }


def _variables_to_json(one: Instances) -> dict[str, Any]:
    """Every variable that is not at its default, and those that all files hold, in their order."""
    content: dict[str, Any] = {}
    for variable in Instances.FIELDS:
        whole, name = (content.setdefault("sizes", {}) if variable.is_size else content), variable.name
        value = getattr(one.sizes if variable.is_size else one, name)
        if variable.in_every_file or not _at_default(variable, value):
            whole[name] = numbers_to_json(value) if variable.is_array else value
    return content


def _at_default(variable: Variable, value: Any) -> bool:
    if variable.must_be_given or value is None:
        return value is None
    return variable.default is not None and bool((np.asarray(value) == variable.default).all())


def _tasks_to_json(tasks: Tasks) -> dict[str, Any]:
    if type(tasks) not in families():
        raise InputError(
            f"no file holds {type(tasks).__name__}: a family of tasks is known to files when it lies in "
            "mamlcheck.tasks.families"
        )
    return tasks.to_json()


def content_text(content: dict[str, Any]) -> str:
    """JSON content as the text of a file: the same bytes for the same content."""
    return _fitted(content, 0) + "\n"


def instance_call(instances: Instances) -> str:
    """Python that makes one instance again; for a block, or more than `PRINTED` numbers, a description."""
    tasks = instances.tasks
    kind, shape = type(tasks).__name__, f"n = {tasks.n}, m = {tasks.m}, d = {tasks.d}"
    if instances.shape not in ((), (1,)):
        return f"<Instances: {' x '.join(map(str, instances.shape))} instances of {kind}, {shape}>"
    if type(tasks) not in families():
        return f"<Instances: one of {kind}, {shape}; files know no tasks but those of mamlcheck.tasks.families>"
    if tasks.largest_array > PRINTED:
        return f"<Instances: one of {kind}, {shape}; mamlcheck.meta.files.instance_text gives its numbers>"
    text = instance_text(instances).rstrip()
    quoted = "r'''" + text + "'''" if "'''" not in text else repr(text)
    return f"mamlcheck.instance({quoted})"


def _fitted(value: Any, depth: int) -> str:
    """JSON in lines of at most `WIDTH`, where numbers allow it: as many items of a list to a line as fit."""
    flat = json.dumps(value)
    if len(flat) + depth <= WIDTH or not isinstance(value, (dict, list)):
        return flat
    inner = " " * (depth + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(name)}: {_fitted(item, depth + 1)}" for name, item in value.items()]
        return "{\n" + inner + f",\n{inner}".join(items) + "\n" + " " * depth + "}"
    lines: list[str] = []
    for item in (_fitted(item, depth + 1) for item in value):
        if lines and len(lines[-1]) + len(item) + 2 + depth < WIDTH and "\n" not in lines[-1] + item:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return "[\n" + inner + f",\n{inner}".join(lines) + "\n" + " " * depth + "]"


# -- reading -------------------------------------------------------------------------------------------------
def read_instance(path: str | Path) -> Instances:
    """The instance in a file, as a block of one. Raises `InputError` for anything that is not a sound
    instance.
    """
    return parsed_file(path, parse_instance)


def parsed_file(path: str | Path, parse: Callable[[str], Read]) -> Read:
    """What `parse` makes of a file's text; every `InputError` names the file."""
    text = read_text(path, LARGEST_FILE, "an instance file")
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
    if text.count(",") > LARGEST_TEXT:
        raise InputError(f"the text has more than {LARGEST_TEXT} entries: a file of mamlcheck's has fewer")


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
    if tasks.n * tasks.m * tasks.d**2 > LARGEST_HESSIANS:
        raise InputError(
            f"n = {tasks.n}, m = {tasks.m}, d = {tasks.d}: n m d^2 must be at most {LARGEST_HESSIANS}, "
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
