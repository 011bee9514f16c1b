"""Where an instance comes from: the id of one that a sweep makes, an instance file, a witness file, or text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mamlcheck.check.ids import of_another_version, parse_id, sweep_named
from mamlcheck.check.sweeps import (
    INSTANCES,
    VERSION,
    RandomSweep,
    Sweep,
    TableSweep,
    instance_at,
    table_losses,
)
from mamlcheck.errors import InputError
from mamlcheck.meta.files import parse_instance, parsed_file
from mamlcheck.meta.instance import Instances
from mamlcheck.record.witnesses import is_witness, parse_witness
from mamlcheck.tasks.families import family_names
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import Table, builtin_tables


def instance(source: str | Path, table: Table | None = None, losses: Sequence[Loss | str] | None = None) -> Instances:
    """One instance, as a block of one: from an id such as 'random-2/1/123', an instance or witness file, or the
    text of an instance file.

    Ids of a table of your own need that `table`, and its `losses` where they are not the usual ones; built-in tables
    are found by name. Raises `InputError`.
    """
    if not isinstance(source, (str, Path)):
        raise InputError(f"{source!r} is no id and no path: give text such as 'random-2/1/123' or an instance file")
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return parse_instance(source)
    parsed = parse_id(str(source))
    if parsed is None:
        return _instance_in(source)
    if parsed.index >= INSTANCES:
        raise InputError(f"index {parsed.index}: a sweep has {INSTANCES} instances, counted from 0")
    if losses and table is None:
        raise InputError(f"losses = {losses!r} are those of a table's tasks: give the table, too")
    own = None if table is None else TableSweep(table, parsed.seed, table_losses(losses))
    return instance_at(_sweep_of_an_id(parsed.name, parsed.seed, own), parsed.index)


def _instance_in(path: str | Path) -> Instances:
    """The instance in an instance file, or in a witness file as `mamlcheck hunt --save` writes it."""
    if not os.path.exists(path):  # nor is '', while `Path` takes it for the folder here
        raise InputError(
            f"{str(path)!r} is no id of an instance and no file that can be read: an id is SOURCE/SEED/INDEX, such as "
            "random-2/1/123, a file is an instance file or a witness file"
        )
    return parsed_file(Path(path), _parse_either)


def _parse_either(text: str) -> Instances:
    return parse_witness(text).instance if is_witness(text) else parse_instance(text)


def sweep_of(name: str, seed: int) -> Sweep:
    """The sweep of that name, where it needs no table of a person's own; `InputError` says which there are."""
    found = sweep_named(name, seed)
    if found is None:
        raise InputError(of_another_version(name) or f"no source of instances is called {name!r}: give {_names()}")
    return found


def _sweep_of_an_id(name: str, seed: int, own: TableSweep | None) -> Sweep:
    if own is not None and own.name == name:
        return own
    found = sweep_named(name, seed)
    if found is not None:
        return found
    old = of_another_version(name)
    if old is not None:
        raise InputError(old)
    given = ""
    if own is not None:
        given = (
            f"; the ids of the table that you gave start with {own.name}, as it is now, read in this way and with "
            "these losses"
        )
    raise InputError(
        f"no source of instances is called {name!r} here: ids start with {_names()}, or a table of your own, which "
        f"must be given too (--data on the command line, mamlcheck.instance(id, table) in Python){given}"
    )


def _names() -> str:
    of_families = ", ".join(f"family-{each}-{VERSION}" for each in family_names())
    of_tables = ", ".join(f"{each}-{VERSION}" for each in builtin_tables())
    return f"{RandomSweep.name}, a family of tasks ({of_families}), a built-in table ({of_tables})"
