"""Witness files: JSON, versioned, and byte-stable: equal witnesses are equal files.

The instance of a witness is exact, as in an instance file; `mamlcheck.hunt.witness.certify` judges it again from that
alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mamlcheck.arithmetic.exact import nearest_double
from mamlcheck.disk import write_text
from mamlcheck.errors import InputError
from mamlcheck.formats.codec import typed_fields
from mamlcheck.formats.shared import Enclosure
from mamlcheck.formats.witnesses import WitnessRecord
from mamlcheck.hunt.witness import Hunted, Witness
from mamlcheck.meta.files import (
    content_text,
    instance_content,
    instance_from_content,
    parsed_content,
    parsed_file,
)
from mamlcheck.tasks.written import get, number, object_in, only

FORMAT, VERSION = WitnessRecord.FORMAT, WitnessRecord.VERSION


def witness_text(witness: Witness) -> str:
    """A witness as the text of a witness file."""
    content = instance_content(witness.instance)
    bounds = Enclosure.of(witness.tightness)
    record = WitnessRecord(witness.claim, bounds, witness.arithmetic, witness.hunted, content)
    return content_text(record.as_json())


def write_witness(path: str | Path, witness: Witness) -> None:
    """Write a witness file. Raises `InputError` where it cannot be written."""
    write_text(path, witness_text(witness))


def read_witness(path: str | Path) -> Witness:
    """The witness in a file, as it was written; `certify` proves it. Raises `InputError` where it is not one."""
    return parsed_file(path, parse_witness)


def parse_witness(text: str) -> Witness:
    """The witness in the text of a witness file. Raises `InputError` where something is missing, wrong or unknown."""
    top = parsed_content(text, FORMAT, VERSION)
    only(top, {"format", "version", *(name for name, _ in typed_fields(WitnessRecord))}, "the file")
    claim, arithmetic, *objects = (
        get(top, name, "the file") for name in ("claim", "arithmetic", "tightness", "hunted", "instance")
    )
    names = ("tightness", "hunted", "instance")
    tightness, hunted, instance = (object_in(value, name) for value, name in zip(objects, names, strict=True))
    bounds = _double(tightness, "lower", "tightness"), _double(tightness, "upper", "tightness")  # as they were written
    how = Hunted(
        seed=_whole(hunted, "seed", "hunted"),
        dimension=_whole(hunted, "dimension", "hunted"),
        family=str(get(hunted, "family", "hunted")),
        evaluations=_whole(hunted, "evaluations", "hunted"),
        simplified_from=_double(hunted, "simplified_from", "hunted"),
    )
    return Witness(str(claim), bounds, str(arithmetic), how, instance_from_content(instance))


def _double(content: dict[str, Any], name: str, where: str) -> float:
    return nearest_double(number(get(content, name, where), f"{where}.{name}"))


def _whole(content: dict[str, Any], name: str, where: str) -> int:
    value = number(get(content, name, where), f"{where}.{name}")
    if value.denominator != 1:
        raise InputError(f"{where}.{name} is {value}: give a whole number")
    return value.numerator


def is_witness(text: str) -> bool:
    """Whether a text begins as witness files do."""
    return re.match(rf'\s*{{\s*"format"\s*:\s*"{FORMAT}"', text) is not None


__all__ = ["is_witness", "parse_witness", "read_witness", "witness_text", "write_witness"]
