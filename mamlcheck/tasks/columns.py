"""Columns of cells, as a CSV file, a Parquet file, a data frame or a built-in table holds them, and their numbers.

`open_columns` reads a source into `Columns`, whose cells are still text or Python objects; `Columns.numbers` makes
checked doubles of one of them. This module knows nothing of tasks: `mamlcheck.tasks.tables` makes them.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import json
import math
import numbers
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mamlcheck.disk import check_file
from mamlcheck.errors import InputError, MissingExtra
from mamlcheck.tasks import numerals
from mamlcheck.tasks.wording import as_argument, count, listed, plural, short

__all__ = ["Cells", "Columns", "builtin_tables", "open_columns"]

FloatArray = NDArray[np.float64]
Say = Callable[[str, object], str]

LARGEST_FILE: Final = 2**28  # bytes of a table, unpacked
_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_MISSING: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none"})
# What tools leave that write their row index without a name: an empty title, pandas' reading of it, Arrow's.
_UNNAMED: Final = re.compile(r"|Unnamed: [0-9]+|__index_level_[0-9]+__")
_TEXT_FILES: Final = (".csv", ".tsv", ".txt", "")


@dataclass(frozen=True)
class Cells:
    """How cells are read. delimiter, decimal: of a CSV file, or None; na: marks of a missing value, beside the usual.

    say: how advice names an argument, `unequal='first'` in Python and `--unequal first` on the command line.
    """

    delimiter: str | None = None
    decimal: str | None = None
    na: tuple[str, ...] = ()
    say: Say = as_argument

    def __post_init__(self) -> None:
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n '):
            raise InputError(
                f"{self.say('delimiter', self.delimiter)}: give one character, such as ',', ';', '|' or a tab"
            )
        if self.decimal is not None and self.decimal not in numerals.MARKS:
            raise InputError(f"{self.say('decimal', self.decimal)}: give '.' or ',', the decimal mark")

    def only_for_csv(self, what: str) -> None:
        """Raise `InputError` where something is given that only a CSV file has."""
        for name in ("delimiter", "decimal"):
            if getattr(self, name) is not None:
                given = self.say(name, getattr(self, name))
                raise InputError(f"{given} is for CSV files only: leave it out with {what}")

    @cached_property
    def _missing_numbers(self) -> frozenset[float]:
        return frozenset(x for mark in self.na if (x := numerals.number(mark, self.decimal)) is not None)

    def marks_missing(self, cell: object) -> bool:
        """Whether the text of a cell is one of `na`."""
        return bool(self.na) and str(cell).strip() in self.na

    def absent(self, cell: object) -> bool:
        """Whether a cell that need not be a number is missing. The usual marks do not count: Namibia is NA."""
        return (
            cell is None
            or (isinstance(cell, float) and math.isnan(cell))
            or not str(cell).strip()
            or self.marks_missing(cell)
        )

    def parsed(self, cell: object) -> float | None:
        """The double nearest to what a CSV cell writes: NaN if missing, infinite if too large, else None."""
        text = str(cell)
        value = numerals.number(text, self.decimal)
        if value is None:
            return math.nan if text.lower() in _MISSING or text in self.na else None
        return self._unless_missing(value)

    def converted(self, cell: object) -> float | None:
        """The double nearest to a number in a data frame: NaN if missing, infinite if too large, else None."""
        if cell is None or self.marks_missing(cell):
            return math.nan
        if isinstance(cell, (bool, np.bool_)) or not isinstance(cell, (numbers.Real, Decimal)):
            return None
        try:
            return self._unless_missing(float(cell))
        except OverflowError:
            return math.inf

    def _unless_missing(self, value: float) -> float:
        return math.nan if self.na and value in self._missing_numbers else value


@dataclass(frozen=True)
class Columns:
    """Columns of cells as the source holds them; `_columns` makes one.

    number: makes a double of a cell (`Cells.parsed`, `Cells.converted`). rows: the number of each row in the source,
    from 1. lines: in a CSV file, the line on which each row ends. hint: what to add when a column is not found.
    """

    name: str
    cells: dict[str, list[object]]
    number: Callable[[object], float | None]
    read_by: Cells
    rows: tuple[int, ...]
    lines: tuple[int, ...]
    hint: str
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return f"table '{self.name}'"

    def row(self, index: int) -> str:
        """The row in words, as the source counts."""
        line = f" (line {self.lines[index]} of the file)" if self.lines else ""
        return f"row {self.rows[index]}{line}"

    def say(self, name: str, value: object = None) -> str:
        """An argument, as the reader of a message would give it."""
        return self.read_by.say(name, value)

    @property
    def _of_text(self) -> bool:
        """Whether cells are the text of a file, where a number can be written in several ways."""
        return bool(self.lines)

    @cached_property
    def _numbers(self) -> dict[str, list[float | None]]:
        return {column: [self.number(cell) for cell in cells] for column, cells in self.cells.items()}

    def is_numeric(self, column: str) -> bool:
        """Whether any cell is a number, or is written like one: a misprint or a comma must not hide a column."""
        if any(value is not None and not math.isnan(value) for value in self._numbers[column]):
            return True
        return any(
            value is None and isinstance(cell, str) and numerals.written_like_a_number(cell.strip())
            for cell, value in zip(self.cells[column], self._numbers[column], strict=True)
        )

    def missing(self, column: str) -> list[int]:
        """The rows whose number is missing."""
        return [k for k, value in enumerate(self._numbers[column]) if value is not None and math.isnan(value)]

    def absent(self, column: str) -> list[int]:
        """The rows whose cell, number or not, is missing."""
        return [k for k, cell in enumerate(self.cells[column]) if self.read_by.absent(cell)]

    def only(self, kept: Sequence[int]) -> Columns:
        """Some of the rows, which keep their numbers in the source."""
        return replace(
            self,
            cells={column: [cells[k] for k in kept] for column, cells in self.cells.items()},
            rows=tuple(self.rows[k] for k in kept),
            lines=tuple(self.lines[k] for k in kept) if self.lines else (),
        )

    def numbers(self, column: str, feature: bool = True) -> FloatArray:
        """The column as finite doubles (N,). Raises InputError, naming the first bad row.

        feature: whether the table could do without the column, which is then part of the advice.
        """
        values = self._numbers[column]
        text = [k for k, value in enumerate(values) if value is None]
        if text:
            cell = self.cells[column][text[0]]
            raise InputError(
                f"column {column!r} of {self} must hold numbers, but {count(text, 'cell')} not a number, "
                f"first {short(cell)} in {self.row(text[0])}: {self._advice(column, cell, feature)}"
            )
        self._check_the_decimal_mark(column)
        missing = self.missing(column)
        if missing:
            raise InputError(
                f"column {column!r} of {self}: {count(missing, 'value')} missing or NaN, first in "
                f"{self.row(missing[0])}: fill in the values, or leave their rows out by "
                f"{self.say('drop_missing', True)}"
            )
        infinite = [k for k, value in enumerate(values) if value is not None and math.isinf(value)]
        if infinite:
            raise InputError(
                f"column {column!r} of {self}: {count(infinite, 'value')} infinite or beyond the largest "
                f"double (about 1.8e308), first in {self.row(infinite[0])}: give finite numbers, in other "
                "units if need be"
            )
        return np.array(values, dtype=np.float64)

    def _check_the_decimal_mark(self, column: str) -> None:
        """Raise `InputError` where a point may be a decimal point or stand between thousands."""
        if not self._of_text or self.read_by.decimal is not None:
            return
        cell = numerals.ambiguous(str(cell) for cell in self.cells[column])
        if cell is not None:
            point, thousands = (numerals.number(cell, mark) for mark in (".", ","))
            raise InputError(
                f"column {column!r} of {self} holds {cell!r}, which may be {point!r} or {thousands!r}, and no cell of "
                f"the column tells which: give {self.say('decimal', '.')} or {self.say('decimal', ',')}"
            )

    def _advice(self, column: str, cell: object, feature: bool) -> str:
        what = f"correct it, or name it by {self.say('na')} if it marks a missing value"
        if isinstance(cell, (bool, np.bool_)):
            what = "turn true and false into 1 and 0"
        elif isinstance(cell, str) and numerals.written_like_a_number(cell.strip()):
            gone = set(self.missing(column))
            others = (str(each) for k, each in enumerate(self.cells[column]) if k not in gone)
            text = "the column holds text: convert it to numbers first"
            what = numerals.advice(cell, others, self.read_by.decimal, self.say) if self._of_text else text
        return what + (f", or name the features without it by {self.say('features')}" if feature else "")


def _columns(
    name: str,
    titles: Iterable[object],
    cells: Iterable[list[object]],
    number: Callable[[object], float | None],
    read_by: Cells,
    lines: tuple[int, ...] = (),
    hint: str = "",
) -> Columns:
    """Columns by title, the untitled left out with a note.

    Raises InputError if titles repeat, or if no column or no row is there.
    """
    stripped = [str(title).strip() for title in titles]
    named = {k: title for k, title in enumerate(stripped) if not _UNNAMED.fullmatch(title)}
    twice = [title for title, times in Counter(named.values()).items() if times > 1]
    if twice:
        raise InputError(f"table '{name}' has more than one column named {listed(twice)}: rename or remove the others")
    if not named:
        raise InputError(f"table '{name}' has no columns with names: it needs a task, a target and features")
    columns = {named[k]: column for k, column in enumerate(cells) if k in named}
    if not all(columns.values()):
        raise InputError(
            f"table '{name}' has no rows, only the column{plural(named)} {listed(columns)}: each task needs at "
            "least two rows"
        )
    left = len(stripped) - len(named)
    notes = (f"left out {left} column{'s' * (left > 1)} without a name",) if left else ()
    length = len(next(iter(columns.values())))
    return Columns(name, columns, number, read_by, tuple(range(1, length + 1)), lines, hint, notes)


# ----------------------------------------------------------------------------------------------- sources


def builtin_tables() -> tuple[str, ...]:
    """Names of the tables that ship with mamlcheck: each can be given to `read_table` as the source."""
    files = (Path(item.name) for item in _data().iterdir())
    return tuple(sorted(file.stem for file in files if file.suffix == ".csv"))


def open_columns(source: object, read_by: Cells) -> tuple[Columns, Mapping[str, Any]]:
    """The columns of a source and, if it is built in, what they are for. Raises InputError and MissingExtra."""
    if isinstance(source, str) and source in builtin_tables():
        read_by.only_for_csv(f"the built-in table '{source}'")
        roles = json.loads(_data().joinpath(f"{source}.json").read_text(encoding="utf-8"))
        return _csv(_data().joinpath(f"{source}.csv"), source, replace(read_by, decimal=".")), roles
    if isinstance(source, (str, PathLike)):
        return _file(Path(source), read_by), {}
    read_by.only_for_csv(f"a {type(source).__name__}")
    return _frame(source, read_by), {}


def _file(path: Path, read_by: Cells) -> Columns:
    if not path.exists():
        raise InputError(f"no file '{path}', and no built-in table of that name{_meant(str(path))}")
    check_file(path, LARGEST_FILE, "a table, CSV or Parquet,")
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        read_by.only_for_csv("a Parquet file")
        return _parquet(path, read_by)
    bare = path.with_suffix("") if suffix == ".gz" else path
    if bare.suffix.lower() in _TEXT_FILES:
        return _csv(path, bare.stem, read_by)
    raise InputError(
        f"'{path}' ends in '{path.suffix}': tables are read from .csv, .tsv and .txt files, also from .csv.gz, and "
        "from .parquet and .pq files; save it as CSV (UTF-8)"
    )


def _csv(path: Path | Traversable, name: str, read_by: Cells) -> Columns:
    lines = list(io.StringIO(_text(path), newline=""))  # "": line ends inside quotes stay as they are
    titled = next((line for line in lines if line.strip()), None)
    if titled is None:
        raise InputError(f"'{path}' is empty: a table needs a header with column names, and rows")
    separator = read_by.delimiter or _delimiter(path, titled, read_by.say)
    records = _records(path, lines, separator)
    (_, header), body = records[0], records[1:]
    said = f"separated by {_DELIMITERS.get(separator, repr(separator))}"
    for line, record in body:
        if len(record) != len(header):
            raise InputError(
                f"line {line} of '{path}' has {len(record)} cell{plural(record)}, the header has {len(header)} "
                f"({said}): each row needs one cell per column; put quotes around a cell that holds the "
                f"separator, or say what the separator is by {read_by.say('delimiter', None)}"
            )
    cells: list[list[object]] = [[record[k].strip() for _, record in body] for k in range(len(header))]
    return _columns(
        name,
        header,
        cells,
        read_by.parsed,
        read_by,
        lines=tuple(line for line, _ in body),
        hint=f" ({said}; {read_by.say('delimiter', None)} says otherwise)" if len(header) == 1 else "",
    )


def _text(path: Path | Traversable) -> str:
    """The text of a file in UTF-8, unpacked where its name ends in .gz."""
    try:
        content = _unpacked(path) if path.name.lower().endswith(".gz") else path.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read '{path}': {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"'{path}' is not UTF-8 text (byte {error.start + 1} is 0x{error.object[error.start]:02x}): save "
            "it as CSV in UTF-8"
        ) from error


def _unpacked(path: Path | Traversable) -> bytes:
    """What a gzip file holds. A small file may hold a very large one: no more than may be read is unpacked."""
    try:
        with path.open("rb") as packed, gzip.open(packed) as file:
            content = file.read(LARGEST_FILE + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"'{path}' is not a whole gzip file ({error}): pack it again") from error
    if len(content) > LARGEST_FILE:
        raise InputError(f"'{path}' holds more than {LARGEST_FILE:,} bytes: give a table with fewer rows or columns")
    return content


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


def _delimiter(path: Path | Traversable, header: str, say: Say) -> str:
    """The one of comma, semicolon and tab that the header holds most often."""
    counts = Counter(re.sub(r'"[^"]*"', "", header))
    best = max(counts[mark] for mark in _DELIMITERS)
    found = [mark for mark in _DELIMITERS if counts[mark] == best]
    if best and len(found) > 1:
        names = " and ".join(_DELIMITERS[mark] for mark in found)
        raise InputError(f"the header of '{path}' holds {names} equally often: say which by {say('delimiter', None)}")
    return found[0]


def _parquet(path: Path, read_by: Cells) -> Columns:
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
    return _arrow(table, path.stem, read_by)


def _frame(source: object, read_by: Cells) -> Columns:
    """A data frame, known by its own methods: the library it comes from is never imported here."""
    frame: Any = source
    if hasattr(frame, "iloc") and hasattr(frame, "columns"):
        return _pandas(frame, read_by)
    if hasattr(frame, "get_columns") and hasattr(frame, "columns"):
        cells = [column.to_list() for column in frame.get_columns()]
        return _columns("table", frame.columns, cells, read_by.converted, read_by)
    if hasattr(frame, "column_names") and hasattr(frame, "itercolumns"):
        return _arrow(frame, "table", read_by)
    advice = "; call .collect() first" if hasattr(frame, "collect") else ""
    raise InputError(
        f"a table cannot be read from a {type(source).__name__}: give a path to a CSV or Parquet file, a "
        "pandas or polars DataFrame, a pyarrow Table, or a built-in table "
        f"({listed(builtin_tables())}){advice}"
    )


def _pandas(frame: Any, read_by: Cells) -> Columns:
    def cells(column: Any) -> list[object]:
        missing = column.isna().tolist()
        return [None if gone else cell for cell, gone in zip(column.tolist(), missing, strict=True)]

    index = [name for name in frame.index.names if name is not None]
    return _columns(
        "table",
        frame.columns,
        [cells(frame.iloc[:, k]) for k in range(frame.shape[1])],
        read_by.converted,
        read_by,
        hint=f" (in the index: {listed(index)}; .reset_index() makes columns of it)" if index else "",
    )


def _arrow(table: Any, name: str, read_by: Cells) -> Columns:
    cells = [column.to_pylist() for column in table.itercolumns()]
    return _columns(name, table.column_names, cells, read_by.converted, read_by)


def _data() -> Traversable:
    return resources.files("mamlcheck.tasks").joinpath("data")


def _meant(text: str) -> str:
    near = difflib.get_close_matches(text.lower(), builtin_tables(), n=1)
    return f" (built in: {listed(builtin_tables())}{f'; did you mean {near[0]!r}?' if near else ''})"
