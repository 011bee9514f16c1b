"""Tables: tasks from real data, one task per value of a task column.

`read_table` reads a CSV file, a Parquet file, a pandas or polars data frame, or a built-in table, checks it,
and returns a `Table`: for each task i the features a_i (m, d) and the targets b_i (m,) that sample losses
psi(a_ij . w - b_ij) are made of. This module knows nothing of losses, nor of arithmetics.

**What the exact data are.** A certified statement is about the doubles in `Table.a` and `Table.b`, each taken
as the dyadic number that it is. How they come about is ordinary floating point, done once, before anything is
certified: a decimal such as `0.1` in a CSV file becomes the nearest double, so does an integer, and
standardising rounds. With `standardise=False` the doubles are the ones read. Nothing after this module rounds
the data again, and the same source gives the same doubles on every machine: sums are `math.fsum` (correctly
rounded), everything else is one IEEE operation per number.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mamlcheck.errors import InputError
from mamlcheck.tasks.columns import Cells, Columns, Say, builtin_tables, open_columns
from mamlcheck.tasks.wording import as_argument, count, counted, listed, plural

__all__ = ["INTERCEPT", "Scaling", "Table", "builtin_tables", "read_table"]

FloatArray = NDArray[np.float64]

INTERCEPT: Final = "(intercept)"


@dataclass(frozen=True)
class Scaling:
    """How a column was standardised: number used = (number read - centre) / scale, in float64."""

    name: str
    centre: float
    scale: float


@dataclass(frozen=True, eq=False)
class Table:
    """Checked regression data in n tasks of m samples with d features. All arrays are read-only.

    a: n arrays (m, d) of float64; b: n arrays (m,) of float64; each double is the exact number it stores.
    features: the d names, in the order of the columns of a.
    scalings: one per feature, then one for the target.
    notes: what reading the table left out, one sentence each, to be shown wherever results are.
    title: what the table is called where there is room, or empty.
    """

    name: str
    task_names: tuple[str, ...]
    features: tuple[str, ...]
    target: str
    a: tuple[FloatArray, ...] = field(repr=False)
    b: tuple[FloatArray, ...] = field(repr=False)
    scalings: tuple[Scaling, ...] = field(repr=False)
    notes: tuple[str, ...] = ()
    title: str = ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, m, d): tasks, samples per task, features."""
        m, d = self.a[0].shape
        return len(self.a), m, d

    def stacked(self) -> tuple[FloatArray, FloatArray]:
        """All tasks in two new arrays: a (n, m, d) and b (n, m)."""
        return np.stack(self.a), np.stack(self.b)


def read_table(
    source: object,
    task: str | None = None,
    target: str | None = None,
    features: Sequence[str] | None = None,
    *,
    unequal: Literal["error", "first"] = "error",
    standardise: bool = True,
    intercept: bool = False,
    delimiter: str | None = None,
    decimal: str | None = None,
    na: Sequence[str] = (),
    drop_missing: bool = False,
    max_rows: int | None = None,
    name: str | None = None,
    say: Say = as_argument,
) -> Table:
    """Read regression tasks from a table: one task per value of the column `task`, in order of appearance.

    source: the name of a built-in table ("grunfeld"); the path of a CSV file (UTF-8, a header; .csv.gz too) or of a
        Parquet file (needs the extra `tables`); a pandas or polars DataFrame, or a pyarrow Table. Names of columns
        and tasks are read without the blanks around them; columns without a name are left out, with a note.
    task, target: column names; a built-in table has its own where they are left out.
    features: column names; where left out, every numeric column but the task and the target (a built-in table
        has its own here too).
    unequal: all tasks must have the same number of rows, since a task's loss is the plain mean over m
        samples. "error" refuses other tables, "first" keeps the first min_i m_i rows of each task, with a
        note.
    standardise: shift and scale each feature and the target, over all tasks together, to mean 0 and mean
        square 1, so that losses see numbers of order one and tasks keep their differences. Constant features
        are then left out, with a note. False keeps the numbers as they were read.
    intercept: append a feature "(intercept)" that is 1 throughout.
    delimiter: of a CSV file; where left out, the one of comma, semicolon and tab that the header uses.
    decimal: the decimal mark of a CSV file, "." or ","; the other one may then stand between thousands. Where left
        out, it is a point, with nothing between thousands; a column whose points may be either is refused.
    na: marks of a missing value, such as ["-999", "."], beside the usual ones (an empty cell, NA, NaN, null, ...).
    drop_missing: leave out the rows with a missing value in a column that is used, with a note; else they are refused.
    max_rows: keep at most the first so many rows of each task, with a note.
    name: of the table; where left out, the name of the file or built-in table, or "table".
    say: how an error names an argument in its advice; the command line, which has options, gives its own.

    Returns a `Table`; the module's text says which numbers are exact.
    Raises InputError (a ValueError) for data that cannot be used, naming column and row (rows count from 1,
    the header apart), and MissingExtra for a Parquet file without pyarrow.
    """
    if unequal not in ("error", "first"):
        raise InputError(f"unequal = {unequal!r}: use 'error' or 'first'")
    if max_rows is not None and (type(max_rows) is not int or max_rows < 2):
        raise InputError(f"{say('max_rows', max_rows)}: give an integer from 2 on, the rows that a task may have")
    if isinstance(na, str) or not all(isinstance(mark, str) for mark in na):
        raise InputError(f"na = {na!r}: give a list of texts, such as na=['-999', '.']")
    raw, roles = open_columns(source, Cells(delimiter, decimal, tuple(na), say))
    task = _role("task", task, roles, raw)
    target = _role("target", target, roles, raw)
    notes = list(raw.notes)
    chosen = _features(raw, task, target, roles.get("features") if features is None else features, notes)
    if intercept and INTERCEPT in chosen:
        raise InputError(f"{raw} has a feature {INTERCEPT!r}: rename it, or leave out {say('intercept', True)}")

    raw = _complete(raw, task, (*chosen, target), notes) if drop_missing else raw
    groups = _level(raw, _shortened(raw, _group(raw, task), max_rows, notes), unequal, notes)
    rows = np.concatenate(list(groups.values()))
    used = {column: raw.numbers(column, feature=column != target)[rows] for column in (*chosen, target)}
    if standardise:
        chosen = _without_constants(raw, used, chosen, target, intercept, notes)
        scaled = {column: _standardised(column, used[column]) for column in (*chosen, target)}
    else:
        scaled = {column: (used[column], Scaling(column, 0.0, 1.0)) for column in (*chosen, target)}
    if intercept:
        scaled[INTERCEPT] = (np.ones(len(rows)), Scaling(INTERCEPT, 0.0, 1.0))
        chosen = (*chosen, INTERCEPT)
    if len(groups) == 1:
        notes.append(f"all rows belong to one task, {next(iter(groups))!r}: there is no variance over tasks")

    n = len(groups)
    a = np.stack([scaled[column][0] for column in chosen], axis=-1).reshape(n, -1, len(chosen))
    b = scaled[target][0].reshape(n, -1)
    return Table(
        name=raw.name if name is None else name,
        task_names=tuple(groups),
        features=chosen,
        target=target,
        a=tuple(_read_only(block) for block in a),
        b=tuple(_read_only(block) for block in b),
        scalings=tuple(scaled[column][1] for column in (*chosen, target)),
        notes=tuple(notes),
        title=roles.get("title", ""),
    )


# ----------------------------------------------------------------------------------------------- columns


def _role(role: str, column: object, roles: Mapping[str, Any], raw: Columns) -> str:
    """The task or target column, known to exist."""
    column = roles.get(role) if column is None else column
    if column is None:
        raise InputError(f"no {role} column was named: give {raw.say(role)} one of {listed(raw.cells)}")
    return _known(role, column, raw)


def _known(role: str, column: object, raw: Columns) -> str:
    if not isinstance(column, str):
        raise InputError(f"{role} = {column!r}: give the name of a column, one of {listed(raw.cells)}")
    if column in raw.cells:
        return column
    near = difflib.get_close_matches(column.lower(), [known.lower() for known in raw.cells], n=1)
    meant = [known for known in raw.cells if known.lower() in near]
    raise InputError(
        f"{raw} has no column {column!r} ({role}): its columns are {listed(raw.cells)}{raw.hint}"
        + (f"; did you mean {meant[0]!r}?" if meant else "")
    )


def _features(raw: Columns, task: str, target: str, wanted: Sequence[str] | None, notes: list[str]) -> tuple[str, ...]:
    """The feature columns: those asked for, or every numeric column but the task and the target."""
    if task == target:
        raise InputError(f"column {task!r} was named as task and as target: give two different columns")
    if wanted is None:
        return _numeric_features(raw, task, target, notes)
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        raise InputError(f"features = {wanted!r}: give a list of column names, such as features=['x', 'y']")
    chosen = tuple(_known("feature", column, raw) for column in wanted)
    if not chosen:
        others = [column for column in raw.cells if column not in (task, target)]
        raise InputError(f"features is empty: name at least one of {listed(others)}, or leave it out")
    for role, column in (("task", task), ("target", target)):
        if column in chosen:
            raise InputError(f"feature {column!r} is the {role} column: leave it out of the features")
    twice = [column for column, count in Counter(chosen).items() if count > 1]
    if twice:
        raise InputError(f"features names {listed(twice)} more than once: name each column once")
    return chosen


def _numeric_features(raw: Columns, task: str, target: str, notes: list[str]) -> tuple[str, ...]:
    others = [column for column in raw.cells if column not in (task, target)]
    chosen = tuple(column for column in others if raw.is_numeric(column))
    left = [column for column in others if column not in chosen]
    if not chosen:
        raise InputError(
            f"{raw} has no numeric column besides the task {task!r} and the target {target!r} (other "
            f"columns: {listed(left) or 'none'}): a task needs at least one feature"
        )
    if left:
        notes.append(f"left out the column{plural(left)} {listed(left)}: no numbers there")
    return chosen


def _without_constants(
    raw: Columns,
    used: Mapping[str, FloatArray],
    chosen: tuple[str, ...],
    target: str,
    intercept: bool,
    notes: list[str],
) -> tuple[str, ...]:
    """The features that vary: a constant one cannot be scaled to mean square 1."""
    constant = [column for column in (*chosen, target) if used[column].min() == used[column].max()]
    if target in constant:
        raise InputError(
            f"the target {target!r} of {raw} is {float(used[target][0])} in every row: there is nothing to "
            f"learn; name another target, or keep the numbers as they are by {raw.say('standardise', False)}"
        )
    varying = tuple(column for column in chosen if column not in constant)
    if not varying and not intercept:
        raise InputError(
            f"every feature of {raw} is constant ({listed(constant)}): name features that vary, or keep the "
            f"numbers as they are by {raw.say('standardise', False)}"
        )
    if constant:
        notes.append(f"left out the constant feature{plural(constant)} {listed(constant)}")
    return varying


def _standardised(column: str, x: FloatArray) -> tuple[FloatArray, Scaling]:
    """Shift and scale x (N,), not constant, to mean 0 and mean square 1, up to rounding.

    A power of two first brings the largest |x| into [1/2, 1): it changes no digits, and no square overflows.
    The scale is not 0 either: that x and another one are then 2^-54 apart or more, so one of the two is 2^-55
    or more away from any centre.
    """
    exponent = int(np.frexp(np.abs(x).max())[1])
    y = np.ldexp(x, -exponent)
    centre = math.fsum(y) / len(y)
    y = y - centre
    scale = math.sqrt(math.fsum(y * y) / len(y))
    return y / scale, Scaling(column, math.ldexp(centre, exponent), math.ldexp(scale, exponent))


# ------------------------------------------------------------------------------------------------- tasks


def _group(raw: Columns, task: str) -> dict[str, NDArray[np.intp]]:
    """Row numbers of each task, tasks in order of appearance. Raises InputError if a task has one row."""
    missing = raw.absent(task)
    if missing:
        raise InputError(
            f"task column {task!r} of {raw}: {count(missing, 'value')} missing, first in "
            f"{raw.row(missing[0])}: every row must say which task it belongs to; fill the values in, or leave their "
            f"rows out by {raw.say('drop_missing', True)}"
        )
    groups: dict[str, list[int]] = {}
    for k, cell in enumerate(raw.cells[task]):
        groups.setdefault(str(cell).strip(), []).append(k)
    single = [name for name, rows in groups.items() if len(rows) == 1]
    if len(single) == len(groups):
        raise InputError(
            f"column {task!r} of {raw} gives tasks of one row each ({len(single)} in all): a task of one "
            "sample has no batch noise; name a task column whose values repeat, one of "
            f"{listed(column for column in raw.cells if column != task)}?"
        )
    if single:
        raise InputError(
            f"column {task!r} of {raw} gives {len(groups)} tasks, but {count(single, 'task')} of one row "
            f"only ({listed(single)}): a task of one sample has no batch noise; add rows or remove these"
        )
    return {name: np.array(rows, dtype=np.intp) for name, rows in groups.items()}


def _complete(raw: Columns, task: str, used: tuple[str, ...], notes: list[str]) -> Columns:
    """The rows that miss nothing that is used; a note counts the others, column by column, and names tasks that end."""
    missing = {task: set(raw.absent(task))} | {column: set(raw.missing(column)) for column in used}
    gone = set().union(*missing.values())
    if not gone:
        return raw
    kept = [k for k in range(len(raw.rows)) if k not in gone]
    if not kept:
        raise InputError(f"every row of {raw} has a missing value in {listed(missing)}: name other columns")
    counts = {column: len(rows) for column, rows in missing.items() if rows}
    left = raw.only(kept)
    notes.append(f"left out {len(gone)} of {len(raw.rows)} rows with a missing value ({counted(counts)})")
    ended = _names(raw, task).keys() - _names(left, task).keys()
    if ended:
        notes.append(f"no row of the task{plural(ended)} {listed(sorted(ended))} is complete: left out")
    return left


def _names(raw: Columns, task: str) -> dict[str, None]:
    gone = set(raw.absent(task))
    return dict.fromkeys(str(cell).strip() for k, cell in enumerate(raw.cells[task]) if k not in gone)


def _shortened(
    raw: Columns, groups: dict[str, NDArray[np.intp]], most: int | None, notes: list[str]
) -> dict[str, NDArray[np.intp]]:
    """At most the first `most` rows of each task, with a note where that leaves rows out."""
    cut = {name: len(rows) - most for name, rows in groups.items() if len(rows) > most} if most is not None else {}
    if cut:
        notes.append(
            f"kept at most the first {most} rows of each task, left out {sum(cut.values())} of {len(raw.rows)} rows"
        )
    return {name: rows[:most] for name, rows in groups.items()}


def _level(
    raw: Columns, groups: dict[str, NDArray[np.intp]], unequal: str, notes: list[str]
) -> dict[str, NDArray[np.intp]]:
    """The tasks with one number of rows each: rows are never left out unasked, nor without a note."""
    counts = {name: len(rows) for name, rows in groups.items()}
    least, most = min(counts.values()), max(counts.values())
    if least == most:
        return groups
    if unequal == "error":
        raise InputError(
            f"the tasks of {raw} have unequal numbers of rows, {least} to {most} ({counted(counts)}), but "
            f"must have the same: remove rows, or say {raw.say('unequal', 'first')} to keep the first "
            f"{least} rows of each task"
        )
    cut = {name: count - least for name, count in counts.items() if count > least}
    notes.append(
        f"kept the first {least} rows of each task, left out {sum(cut.values())} of {sum(counts.values())} "
        f"rows ({counted(cut)})"
    )
    return {name: rows[:least] for name, rows in groups.items()}


def _read_only(block: FloatArray) -> FloatArray:
    block = block.copy()
    block.setflags(write=False)
    return block
