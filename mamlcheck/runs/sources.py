"""Where runs start: the tasks and the point that a person names, in one of the ways that the rest of mamlcheck knows.

Whatever else has tasks that an `Instances` holds can be run as well: nothing below this file asks where they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from mamlcheck.check.sweeps import table_losses, table_tasks
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances
from mamlcheck.record.sources import instance
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import Table, builtin_tables, read_table

Source = str | Path | Instances | Table


def start_of(source: Source, loss: Loss | str | None = None) -> tuple[Instances, str]:
    """An instance whose tasks and w are those to be run, and where it comes from in words. Raises `InputError`.

    source: a table, or the name of a built-in one, whose runs start at w = 0; or an instance, its id or its file, whose
    runs start at its w. loss: of a table's tasks, log-cosh where it is left out.
    """
    if isinstance(source, str) and source in builtin_tables():
        source = read_table(source)
    if isinstance(source, Table):
        return _of_table(source, loss)
    if loss is not None:
        raise InputError(f"loss = {loss!r} is that of a table's tasks: give a table, or leave it out")
    if isinstance(source, Instances):
        if source.shape not in ((), (1,)):
            raise InputError(f"a block of instances of shape {source.shape}: give one of them, such as block[0]")
        return source, "an instance"
    return instance(source), str(source)


def _of_table(table: Table, loss: Loss | str | None) -> tuple[Instances, str]:
    psi = table_losses(() if loss is None else (loss,))[0]
    tasks = table_tasks(table, psi, 1)
    zero = np.zeros((1, tasks.d))
    return (
        Instances(tasks, np.array([Fraction(1)], dtype=object), zero, zero, zero, np.ones(1), np.ones(1)),
        f"Table {table.name}, loss {psi.name}",
    )


def one_loss(losses: Sequence[str]) -> str | None:
    """The loss of all tasks of a table that is run: one at most."""
    if len(losses) > 1:
        raise InputError(f"losses {', '.join(losses)}: a run has one loss for all tasks of a table: give one of them")
    return losses[0] if losses else None


__all__ = ["Source", "one_loss", "start_of"]
