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

import csv
import difflib
import io
import json
import math
import numbers
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mamlcheck.disk import check_file
from mamlcheck.errors import InputError, MissingExtra

__all__ = ["INTERCEPT", "Scaling", "Table", "builtin_tables", "read_table"]

FloatArray = NDArray[np.float64]

INTERCEPT: Final = "(intercept)"

LARGEST_FILE = 2**28  # bytes of a table
_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_MISSING: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none"})
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INFINITE: Final = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_COMMA_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.]*,[0-9.,]*")
# What tools leave that write their row index without a name: an empty title, pandas' reading of it, Arrow's.
_UNNAMED: Final = re.compile(r"|Unnamed: [0-9]+|__index_level_[0-9]+__")


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


def builtin_tables() -> tuple[str, ...]:
    """Names of the tables that ship with mamlcheck: each can be given to `read_table` as the source."""
    files = (Path(item.name) for item in _data().iterdir())
    return tuple(sorted(file.stem for file in files if file.suffix == ".csv"))


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
    name: str | None = None,
) -> Table:
    """Read regression tasks from a table: one task per value of the column `task`, in order of appearance.

    source: the name of a built-in table ("grunfeld"); the path of a CSV file (UTF-8, a header, decimal
        points) or of a Parquet file (needs the extra `tables`); a pandas or polars DataFrame, or a pyarrow
        Table. Names of columns and tasks are read without the blanks around them; columns without a name are
        left out, with a note.
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
    name: of the table; where left out, the name of the file or built-in table, or "table".

    Returns a `Table`; the module's text says which numbers are exact.
    Raises InputError (a ValueError) for data that cannot be used, naming column and row (rows count from 1,
    the header apart), and MissingExtra for a Parquet file without pyarrow.
    """
    if unequal not in ("error", "first"):
        raise InputError(f"unequal = {unequal!r}: use 'error' or 'first'")
    raw, roles = _open(source, delimiter)
    task = _role("task", task, roles, raw)
    target = _role("target", target, roles, raw)
    notes = list(raw.notes)
    chosen = _features(raw, task, target, roles.get("features") if features is None else features, notes)
    if intercept and INTERCEPT in chosen:
        raise InputError(f"{raw} has a feature {INTERCEPT!r}: rename it, or leave out intercept=True")

    groups = _level(raw, _group(raw, task), unequal, notes)
    rows = np.concatenate(list(groups.values()))
    used = {column: raw.numbers(column)[rows] for column in (*chosen, target)}
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


# ------------------------------------------------------------------------------------------- raw columns


@dataclass(frozen=True)
class _Raw:
    """Columns of cells as the source holds them; `_raw` makes one.

    number: makes a double of a cell (`_parsed`, `_converted`). lines: in a CSV file, the line on which each
    row ends. hint: what to add when a column is not found.
    """

    name: str
    columns: dict[str, list[object]]
    number: Callable[[object], float | None]
    lines: tuple[int, ...]
    hint: str
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return f"table '{self.name}'"

    def row(self, index: int) -> str:
        line = f" (line {self.lines[index]} of the file)" if self.lines else ""
        return f"row {index + 1}{line}"

    @cached_property
    def _numbers(self) -> dict[str, list[float | None]]:
        return {column: [self.number(cell) for cell in cells] for column, cells in self.columns.items()}

    def is_numeric(self, column: str) -> bool:
        """Whether any cell is a number: one is enough, so that a misprint cannot hide a column."""
        return any(value is not None and not math.isnan(value) for value in self._numbers[column])

    def numbers(self, column: str) -> FloatArray:
        """The column as finite doubles (N,). Raises InputError, naming the first bad row."""
        values = self._numbers[column]
        text = [k for k, value in enumerate(values) if value is None]
        if text:
            cell = self.columns[column][text[0]]
            raise InputError(
                f"column {column!r} of {self} must hold numbers, but {_count(text, 'cell')} not a number, "
                f"first {_short(cell)} in {self.row(text[0])}: {_advice(cell)}"
            )
        missing = [k for k, value in enumerate(values) if value is not None and math.isnan(value)]
        if missing:
            raise InputError(
                f"column {column!r} of {self}: {_count(missing, 'value')} missing or NaN, first in "
                f"{self.row(missing[0])}: fill in the values, or remove the rows, before reading the table"
            )
        infinite = [k for k, value in enumerate(values) if value is not None and math.isinf(value)]
        if infinite:
            raise InputError(
                f"column {column!r} of {self}: {_count(infinite, 'value')} infinite or beyond the largest "
                f"double (about 1.8e308), first in {self.row(infinite[0])}: give finite numbers, in other "
                "units if need be"
            )
        return np.array(values, dtype=np.float64)


def _raw(
    name: str,
    titles: Iterable[object],
    cells: Iterable[list[object]],
    number: Callable[[object], float | None],
    lines: tuple[int, ...] = (),
    hint: str = "",
) -> _Raw:
    """Columns by title, the untitled left out with a note.

    Raises InputError if titles repeat, or if no column or no row is there.
    """
    stripped = [str(title).strip() for title in titles]
    named = {k: title for k, title in enumerate(stripped) if not _UNNAMED.fullmatch(title)}
    twice = [title for title, count in Counter(named.values()).items() if count > 1]
    if twice:
        raise InputError(f"table '{name}' has more than one column named {_listed(twice)}: rename or remove the others")
    if not named:
        raise InputError(f"table '{name}' has no columns with names: it needs a task, a target and features")
    columns = {named[k]: column for k, column in enumerate(cells) if k in named}
    if not all(columns.values()):
        raise InputError(
            f"table '{name}' has no rows, only the column{_s(named)} {_listed(columns)}: each task needs at "
            "least two rows"
        )
    left = len(stripped) - len(named)
    notes = (f"left out {left} column{'s' * (left > 1)} without a name",) if left else ()
    return _Raw(name, columns, number, lines, hint, notes)


def _parsed(cell: object) -> float | None:
    """The double nearest to the decimal in a CSV cell: NaN if missing, infinite if too large, else None.

    Stricter than `float`: no underscores, no digits of other scripts.
    """
    text = str(cell)
    if text.lower() in _MISSING:
        return math.nan
    if _NUMBER.fullmatch(text) or _INFINITE.fullmatch(text):
        return float(text)
    return None


def _converted(cell: object) -> float | None:
    """The double nearest to a number in a data frame: NaN if missing, infinite if too large, else None."""
    if cell is None:
        return math.nan
    if isinstance(cell, (bool, np.bool_)) or not isinstance(cell, (numbers.Real, Decimal)):
        return None
    try:
        return float(cell)
    except OverflowError:
        return math.inf


# ----------------------------------------------------------------------------------------------- sources


def _open(source: object, delimiter: str | None) -> tuple[_Raw, Mapping[str, Any]]:
    """The columns of a source and, if it is built in, what they are for."""
    if isinstance(source, str) and source in builtin_tables():
        _no_delimiter(delimiter, f"the built-in table '{source}'")
        roles = json.loads(_data().joinpath(f"{source}.json").read_text(encoding="utf-8"))
        return _csv(_data().joinpath(f"{source}.csv"), source, None), roles
    if isinstance(source, (str, PathLike)):
        return _file(Path(source), delimiter), {}
    _no_delimiter(delimiter, f"a {type(source).__name__}")
    return _frame(source), {}


def _file(path: Path, delimiter: str | None) -> _Raw:
    if not path.exists():
        raise InputError(f"no file '{path}', and no built-in table of that name{_meant(str(path))}")
    check_file(path, LARGEST_FILE, "a table, CSV or Parquet,")
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        _no_delimiter(delimiter, "a Parquet file")
        return _parquet(path)
    if suffix in (".csv", ".tsv", ".txt", ""):
        return _csv(path, path.stem, delimiter)
    raise InputError(
        f"'{path}' ends in '{path.suffix}': tables are read from .csv, .tsv, .txt, .parquet and .pq files; "
        "save it as CSV (UTF-8), or read it into a pandas or polars DataFrame and give that"
    )


def _csv(path: Path | Traversable, name: str, delimiter: str | None) -> _Raw:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read '{path}': {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"'{path}' is not UTF-8 text (byte {error.start + 1} is 0x{error.object[error.start]:02x}): save "
            "it as CSV in UTF-8"
        ) from error
    lines = list(io.StringIO(text, newline=""))  # "": line ends inside quotes stay as they are
    titled = next((line for line in lines if line.strip()), None)
    if titled is None:
        raise InputError(f"'{path}' is empty: a table needs a header with column names, and rows")
    separator = _delimiter(path, titled, delimiter)
    records = _records(path, lines, separator)
    (_, header), body = records[0], records[1:]
    said = f"separated by {_DELIMITERS.get(separator, repr(separator))}"
    for line, record in body:
        if len(record) != len(header):
            raise InputError(
                f"line {line} of '{path}' has {len(record)} cell{_s(record)}, the header has {len(header)} "
                f"({said}): each row needs one cell per column; put quotes around a cell that holds the "
                "separator"
            )
    cells: list[list[object]] = [[record[k].strip() for _, record in body] for k in range(len(header))]
    return _raw(
        name,
        header,
        cells,
        _parsed,
        lines=tuple(line for line, _ in body),
        hint=f" ({said})" if len(header) == 1 else "",
    )


def _records(path: Path | Traversable, lines: list[str], separator: str) -> list[tuple[int, list[str]]]:
    """The records of a CSV file, blank lines apart, each with the line on which it ends."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        records = [(reader.line_num, record) for record in reader]
    except csv.Error as error:
        raise InputError(
            f"'{path}' is not a proper CSV file: {error} (line {reader.line_num}): look for a quote that is "
            "not closed, or text after a closing quote"
        ) from error
    return [(line, record) for line, record in records if len(record) > 1 or "".join(record).strip()]


def _delimiter(path: Path | Traversable, header: str, given: str | None) -> str:
    """The delimiter given, or the one of comma, semicolon and tab that the header holds most often."""
    if given is not None:
        if len(given) != 1 or given in '"\r\n ':
            raise InputError(f"delimiter = {given!r}: give one character, such as ',', ';' or a tab")
        return given
    counts = Counter(re.sub(r'"[^"]*"', "", header))
    best = max(counts[mark] for mark in _DELIMITERS)
    found = [mark for mark in _DELIMITERS if counts[mark] == best]
    if best and len(found) > 1:
        names = " and ".join(_DELIMITERS[mark] for mark in found)
        raise InputError(f"the header of '{path}' holds {names} equally often: say which by delimiter=")
    return found[0]


def _parquet(path: Path) -> _Raw:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("pyarrow", "tables") from error
    try:
        # ParquetFile reads this one file; read_table would make columns of folder names like "firm=IBM".
        with pyarrow.parquet.ParquetFile(path) as file:
            table = file.read()
    except (pyarrow.ArrowException, OSError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(f"cannot read '{path}' as a Parquet file: {reason}") from error
    return _arrow(table, path.stem)


def _frame(source: object) -> _Raw:
    """A data frame, known by its own methods: the library it comes from is never imported here."""
    frame: Any = source
    if hasattr(frame, "iloc") and hasattr(frame, "columns"):
        return _pandas(frame)
    if hasattr(frame, "get_columns") and hasattr(frame, "columns"):
        return _raw("table", frame.columns, [column.to_list() for column in frame.get_columns()], _converted)
    if hasattr(frame, "column_names") and hasattr(frame, "itercolumns"):
        return _arrow(frame, "table")
    advice = "; call .collect() first" if hasattr(frame, "collect") else ""
    raise InputError(
        f"a table cannot be read from a {type(source).__name__}: give a path to a CSV or Parquet file, a "
        "pandas or polars DataFrame, a pyarrow Table, or a built-in table "
        f"({_listed(builtin_tables())}){advice}"
    )


def _pandas(frame: Any) -> _Raw:
    def cells(column: Any) -> list[object]:
        missing = column.isna().tolist()
        return [None if gone else cell for cell, gone in zip(column.tolist(), missing, strict=True)]

    index = [name for name in frame.index.names if name is not None]
    return _raw(
        "table",
        frame.columns,
        [cells(frame.iloc[:, k]) for k in range(frame.shape[1])],
        _converted,
        hint=f" (in the index: {_listed(index)}; .reset_index() makes columns of it)" if index else "",
    )


def _arrow(table: Any, name: str) -> _Raw:
    return _raw(name, table.column_names, [column.to_pylist() for column in table.itercolumns()], _converted)


def _no_delimiter(delimiter: str | None, what: str) -> None:
    if delimiter is not None:
        raise InputError(f"delimiter = {delimiter!r} is for CSV files only: leave it out with {what}")


def _data() -> Traversable:
    return resources.files("mamlcheck.tasks").joinpath("data")


# ----------------------------------------------------------------------------------------------- columns


def _role(role: str, column: object, roles: Mapping[str, Any], raw: _Raw) -> str:
    """The task or target column, known to exist."""
    column = roles.get(role) if column is None else column
    if column is None:
        raise InputError(f"no {role} column was named: give {role}= one of {_listed(raw.columns)}")
    return _known(role, column, raw)


def _known(role: str, column: object, raw: _Raw) -> str:
    if not isinstance(column, str):
        raise InputError(f"{role} = {column!r}: give the name of a column, one of {_listed(raw.columns)}")
    if column in raw.columns:
        return column
    near = difflib.get_close_matches(column.lower(), [known.lower() for known in raw.columns], n=1)
    meant = [known for known in raw.columns if known.lower() in near]
    raise InputError(
        f"{raw} has no column {column!r} ({role}): its columns are {_listed(raw.columns)}{raw.hint}"
        + (f"; did you mean {meant[0]!r}?" if meant else "")
    )


def _features(raw: _Raw, task: str, target: str, wanted: Sequence[str] | None, notes: list[str]) -> tuple[str, ...]:
    """The feature columns: those asked for, or every numeric column but the task and the target."""
    if task == target:
        raise InputError(f"column {task!r} was named as task and as target: give two different columns")
    if wanted is None:
        return _numeric_features(raw, task, target, notes)
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        raise InputError(f"features = {wanted!r}: give a list of column names, such as features=['x', 'y']")
    chosen = tuple(_known("feature", column, raw) for column in wanted)
    if not chosen:
        raise InputError(f"features is empty: name at least one of {_listed(raw.columns)}, or leave it out")
    for role, column in (("task", task), ("target", target)):
        if column in chosen:
            raise InputError(f"feature {column!r} is the {role} column: leave it out of the features")
    twice = [column for column, count in Counter(chosen).items() if count > 1]
    if twice:
        raise InputError(f"features names {_listed(twice)} more than once: name each column once")
    return chosen


def _numeric_features(raw: _Raw, task: str, target: str, notes: list[str]) -> tuple[str, ...]:
    others = [column for column in raw.columns if column not in (task, target)]
    chosen = tuple(column for column in others if raw.is_numeric(column))
    left = [column for column in others if column not in chosen]
    if not chosen:
        raise InputError(
            f"{raw} has no numeric column besides the task {task!r} and the target {target!r} (other "
            f"columns: {_listed(left) or 'none'}): a task needs at least one feature"
        )
    if left:
        notes.append(f"left out the column{_s(left)} {_listed(left)}: no numbers there")
    return chosen


def _without_constants(
    raw: _Raw,
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
            "learn; name another target, or keep the numbers as they are by standardise=False"
        )
    varying = tuple(column for column in chosen if column not in constant)
    if not varying and not intercept:
        raise InputError(
            f"every feature of {raw} is constant ({_listed(constant)}): name features that vary, or keep the "
            "numbers as they are by standardise=False"
        )
    if constant:
        notes.append(f"left out the constant feature{_s(constant)} {_listed(constant)}")
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


def _group(raw: _Raw, task: str) -> dict[str, NDArray[np.intp]]:
    """Row numbers of each task, tasks in order of appearance. Raises InputError if a task has one row."""
    cells = raw.columns[task]
    missing = [k for k, cell in enumerate(cells) if _absent(cell)]
    if missing:
        raise InputError(
            f"task column {task!r} of {raw}: {_count(missing, 'value')} missing, first in "
            f"{raw.row(missing[0])}: every row must say which task it belongs to"
        )
    groups: dict[str, list[int]] = {}
    for k, cell in enumerate(cells):
        groups.setdefault(str(cell).strip(), []).append(k)
    single = [name for name, rows in groups.items() if len(rows) == 1]
    if len(single) == len(groups):
        raise InputError(
            f"column {task!r} of {raw} gives tasks of one row each ({len(single)} in all): a task of one "
            "sample has no batch noise; name a task column whose values repeat, one of "
            f"{_listed(column for column in raw.columns if column != task)}?"
        )
    if single:
        raise InputError(
            f"column {task!r} of {raw} gives {len(groups)} tasks, but {_count(single, 'task')} of one row "
            f"only ({_listed(single)}): a task of one sample has no batch noise; add rows or remove these"
        )
    return {name: np.array(rows, dtype=np.intp) for name, rows in groups.items()}


def _level(
    raw: _Raw, groups: dict[str, NDArray[np.intp]], unequal: str, notes: list[str]
) -> dict[str, NDArray[np.intp]]:
    """The tasks with one number of rows each: rows are never left out unasked, nor without a note."""
    counts = {name: len(rows) for name, rows in groups.items()}
    least, most = min(counts.values()), max(counts.values())
    if least == most:
        return groups
    if unequal == "error":
        raise InputError(
            f"the tasks of {raw} have unequal numbers of rows, {least} to {most} ({_counted(counts)}), but "
            "must have the same: remove rows, or say unequal='first' to keep the first "
            f"{least} rows of each task"
        )
    cut = {name: count - least for name, count in counts.items() if count > least}
    notes.append(
        f"kept the first {least} rows of each task, left out {sum(cut.values())} of {sum(counts.values())} "
        f"rows ({_counted(cut)})"
    )
    return {name: rows[:least] for name, rows in groups.items()}


def _absent(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or not str(cell).strip()


def _read_only(block: FloatArray) -> FloatArray:
    block = block.copy()
    block.setflags(write=False)
    return block


# -------------------------------------------------------------------------------------------- error text

_LIMIT: Final = 12  # names in one message: a table of a thousand tasks must not fill the screen


def _listed(names: Iterable[object]) -> str:
    return _joined([f"'{name}'" for name in names])


def _counted(counts: Mapping[str, int]) -> str:
    return _joined([f"'{name}': {count}" for name, count in counts.items()])


def _joined(parts: Sequence[str]) -> str:
    more = f" and {len(parts) - _LIMIT} more" if len(parts) > _LIMIT else ""
    return ", ".join(parts[:_LIMIT]) + more


def _s(items: Sized) -> str:
    return "" if len(items) == 1 else "s"


def _count(items: Sized, what: str) -> str:
    return f"{len(items)} {what}{_s(items)} {'is' if len(items) == 1 else 'are'}"


def _short(cell: object) -> str:
    text = repr(cell)
    return text if len(text) <= 40 else text[:37] + "..."


def _advice(cell: object) -> str:
    if isinstance(cell, (bool, np.bool_)):
        return "turn true and false into 1 and 0"
    if isinstance(cell, str) and _COMMA_NUMBER.fullmatch(cell.strip()):
        return "write a decimal point, and nothing between thousands"
    if isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()):
        return "the column holds text: convert it to numbers first"
    return "correct it, or leave the column out"


def _meant(text: str) -> str:
    near = difflib.get_close_matches(text.lower(), builtin_tables(), n=1)
    return f" (built in: {_listed(builtin_tables())}{f'; did you mean {near[0]!r}?' if near else ''})"
