"""Instances as text: the content of an instance file, and Python that makes an instance again.

Equal instances are equal files, to the byte. A variable that is at its default is left out, unless all files hold it:
so an instance is written as it was before that variable was declared.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from mamlcheck.errors import InputError
from mamlcheck.meta.given import Given
from mamlcheck.meta.variables import Variable
from mamlcheck.tasks.families import families
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.written import numbers_to_json

FORMAT = "mamlcheck-instance"
VERSION = 1
PASTED_NUMBERS = 2000  # of the largest array of an instance that is shown as Python that can be pasted
LINE_COLUMNS = 110  # of an instance file, where numbers allow it


def instance_text(instance: Given) -> str:
    """One instance (no leading axes, or one of length 1) as the text of an instance file."""
    return content_text(instance_content(instance))


def instance_content(instance: Given) -> dict[str, Any]:
    """What an instance file holds, as JSON has it, every number as text."""
    one = instance[0] if instance.shape else instance
    return {
        "format": FORMAT,
        "version": VERSION,
        "tasks": _tasks_to_json(one.tasks),
        **_variables_to_json(one),
    }


def _variables_to_json(one: Given) -> dict[str, Any]:
    """Every variable that is not at its default, and those that all files hold, in their order."""
    content: dict[str, Any] = {}
    for variable in Given.FIELDS:
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


def as_python(instance: Given) -> str:
    """Python that makes one instance again, on lines of their own. Raises `InputError` for a block of several."""
    if instance.shape not in ((), (1,)):
        raise InputError(f"this is a block of {instance.shape} instances: Python is written of one, instance[k]")
    text = instance_text(instance).rstrip()
    quoted = "r'''" + text + "'''" if "'''" not in text else repr(text)
    return f"mamlcheck.instance({quoted})"


def pasted(instance: Given) -> str | None:
    """The same of an instance that is short enough to be pasted; None of others, and of a block."""
    short = instance.shape in ((), (1,)) and instance.tasks.largest_array <= PASTED_NUMBERS
    return as_python(instance) if short and type(instance.tasks) in families() else None


def _fitted(value: Any, depth: int) -> str:
    """JSON in lines of at most `LINE_COLUMNS`, where numbers allow it: as many items of a list to a line as fit."""
    flat = json.dumps(value)
    if len(flat) + depth <= LINE_COLUMNS or not isinstance(value, (dict, list)):
        return flat
    inner = " " * (depth + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(name)}: {_fitted(item, depth + 1)}" for name, item in value.items()]
        return "{\n" + inner + f",\n{inner}".join(items) + "\n" + " " * depth + "}"
    lines: list[str] = []
    for item in (_fitted(item, depth + 1) for item in value):
        if lines and len(lines[-1]) + len(item) + 2 + depth < LINE_COLUMNS and "\n" not in lines[-1] + item:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return "[\n" + inner + f",\n{inner}".join(lines) + "\n" + " " * depth + "]"
