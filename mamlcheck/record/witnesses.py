"""Witness files: JSON, versioned, and byte-stable: equal witnesses are equal files.

The instance of a witness is exact, as in an instance file; `mamlcheck.hunt.witness.certify` judges it again from that
alone.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mamlcheck.arithmetic.exact import nearest_double
from mamlcheck.disk import write_text
from mamlcheck.errors import InputError
from mamlcheck.formats.shared import Enclosure
from mamlcheck.formats.witnesses import WitnessRecord
from mamlcheck.hunt.witness import Hunted, Witness
from mamlcheck.meta.files import (
    check_format,
    content_text,
    instance_content,
    instance_from_content,
    parsed_content,
    parsed_file,
)
from mamlcheck.tasks.written import number

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
    """The witness in the text of a witness file."""
    top = parsed_content(text, FORMAT, VERSION)
    missing = {"claim", "tightness", "arithmetic", "hunted", "instance"} - set(top)
    if missing:
        raise InputError(f"the file has no {', '.join(sorted(missing))}: a witness file has them")
    check_format(top, FORMAT, VERSION)
    hunted, tightness, instance = (_object(top, name) for name in ("hunted", "tightness", "instance"))
    try:
        bounds = _double(tightness, "lower"), _double(tightness, "upper")  # what was written, again
        how = Hunted(
            seed=int(number(hunted["seed"], "seed")),
            dimension=int(number(hunted["dimension"], "dimension")),
            family=str(hunted["family"]),
            evaluations=int(number(hunted["evaluations"], "evaluations")),
            simplified_from=_double(hunted, "simplified_from"),
        )
    except (KeyError, InputError) as error:
        raise InputError(f"tightness or hunted is incomplete, or no number where one belongs: {error}") from error
    return Witness(str(top["claim"]), bounds, str(top["arithmetic"]), how, instance_from_content(instance))


def is_witness(text: str) -> bool:
    """Whether a text begins as witness files do."""
    return re.match(rf'\s*{{\s*"format"\s*:\s*"{FORMAT}"', text) is not None


def _double(content: dict[str, Any], name: str) -> float:
    return nearest_double(number(content[name], name))


def _object(top: dict[str, Any], name: str) -> dict[str, Any]:
    value = top[name]
    if not isinstance(value, dict):
        raise InputError(f"{name} is {json.dumps(value, default=str)[:60]} where an object belongs: {{...}}")
    return value


__all__ = ["is_witness", "parse_witness", "read_witness", "witness_text", "write_witness"]
