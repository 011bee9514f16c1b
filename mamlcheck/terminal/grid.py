"""Tables that fit the terminal they are printed in: nothing is cut, and no cell is wrapped within its column.

Where a table is too wide, columns are told in fewer characters if they say how, then the widest columns leave the
table: their values stand on lines of their own below each row. So an id can be copied from a terminal of any width,
and a pipe, which has no width, gets one line for each row. rich lays out a table by wrapping or cutting its cells, and
has no such thing; only its styles and its widths of characters are used here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mamlcheck.display import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

GAP = 2  # characters between two columns
INDENT = 2  # characters before a value that stands below its row
BETWEEN = 3  # characters between two such values that share a line
NARROWEST_NAME = 16  # characters of the first column, where longer names stand on a line of their own
_SHORT_EQUATION = re.compile(r"(?<!\S)(\S{1,12}) = (\S{1,30})(?!\S)")  # such as D_in = 5, which stays on one line
_UNBROKEN = "\u00a0"  # a blank that no line is broken at
EMPTY = ("", "-", "–")  # cells that say nothing; they are left out where values stand below their row


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, and a cell for each row.

    short: the same cells in fewer characters, or (), for tables that are too wide. right: whether cells are set to
    the right. zeros_go: whether the column is left out where each cell is 0. leaves: whether it leaves a table that is
    too wide before others do.
    """

    title: str
    cells: tuple[str | Text, ...]
    short: tuple[str | Text, ...] = ()
    right: bool = False
    zeros_go: bool = False
    leaves: bool = False


def columns_of(titles: Sequence[str], rows: Sequence[Sequence[str | Text]], right: int = 0) -> tuple[Column, ...]:
    """The columns of rows under titles. right: how many columns after the first are set to the right."""
    return tuple(Column(title, tuple(row[k] for row in rows), right=1 <= k <= right) for k, title in enumerate(titles))


def print_grid(console: Console, titles: Sequence[str], rows: Sequence[Sequence[str | Text]], right: int = 0) -> None:
    """Print rows under titles. right: how many columns after the first are set to the right."""
    print_columns(console, columns_of(titles, rows, right))


def print_columns(console: Console, columns: Sequence[Column], long_names: bool = False) -> tuple[str, ...]:
    """Print columns, of which the first names the rows, and return the titles of those that are 0 throughout.

    These are left out where they say `zeros_go`. long_names: where the table is too wide, names that have no room stand
    on a line of their own, above the rest of their row. What would steer the terminal is spelled out: cells come from
    files.
    """
    kept = [column for column in columns if not _goes(column)]
    shown = [_with_texts(column) for column in kept]
    if _width(shown) > console.width:
        shown = [_with_texts(replace(column, cells=column.short or column.cells)) for column in kept]
    room = console.width - _width(shown[1:]) - GAP
    if long_names and _width(shown) > console.width and room >= NARROWEST_NAME:
        _print_rows(console, shown, [], min(room, _widths(shown)[0]))
    else:
        beside, below = _placed(shown, console.width)
        _print_rows(console, beside, below, _widths(beside)[0])
    return tuple(column.title for column in columns if _goes(column))


def print_comparison(console: Console, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a column for each of several things that are compared, under their titles, the first cell names a row.

    Where the table is too wide, the longest rows leave it: each becomes a line for each of the things.
    """
    texts = [tuple(_text(cell) for cell in row) for row in (titles, *rows)]
    inside = set(range(1, len(texts)))
    while inside and _total(widths := _row_widths(texts, inside)) > console.width:
        inside.remove(max(inside, key=lambda k: sum(cell.cell_len for cell in texts[k])))
    if inside:
        console.print(_line([_bold(cell) for cell in texts[0]], widths))
    for k, row in enumerate(texts[1:], start=1):
        if k in inside:
            console.print(_line(row, widths))
            continue
        console.print(row[0])
        for title, cell in zip(texts[0][1:], row[1:], strict=True):
            console.print(folded_text(_titled(title, cell), console.width, INDENT))


def fold(text: str, width: int, hanging: int = 0) -> str:
    """Text with lines of at most so many characters, broken between words alone; what was indented stays so.

    hanging: by how much the lines that follow a broken line are indented further than it.
    """
    return "\n".join(_folded_line(line, width, hanging) for line in text.split("\n"))


def _folded_line(line: str, width: int, hanging: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()))
    if len(line) <= width or len(indent) + hanging >= width:
        return line
    filled = textwrap.fill(
        _SHORT_EQUATION.sub(rf"\1{_UNBROKEN}={_UNBROKEN}\2", line.strip()),
        width,
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(_UNBROKEN, " ")


def folded_text(text: Text, width: int, indent: int = 0) -> Text:
    """A text with its style, in lines of at most so many characters, indented; later lines are so a bit further."""
    from rich.text import Text

    said = fold(" " * indent + text.plain, width, INDENT)
    return text if said == text.plain else Text(said, style=text.style)


# -- what stands where -------------------------------------------------------------------------------------------------
def _goes(column: Column) -> bool:
    return column.zeros_go and all(str(cell) in ("0", "") for cell in column.cells)


def _placed(columns: Sequence[Column], width: int) -> tuple[list[Column], list[Column]]:
    """The columns that stand beside each other, and those whose values stand below: the widest that have no room."""
    beside = list(columns)
    while len(beside) > 1 and _width(beside) > width:
        beside.remove(max(beside[1:], key=lambda column: (column.leaves, _widths([column])[0])))
    return beside, [column for column in columns if column not in beside]


def _print_rows(console: Console, columns: Sequence[Column], below: Sequence[Column], room: int) -> None:
    """Print all rows, each with its values below. room: characters for a name that its row stands beside."""
    widths = (room, *_widths(columns[1:]))
    aligned = [column.right for column in columns]
    if len(columns) > 1:
        console.print(_line([_bold(_text(column.title)) for column in columns], widths, aligned))
    for k in range(len(columns[0].cells)):
        cells = [_text(column.cells[k]) for column in columns]
        if cells[0].cell_len > room:
            console.print(folded_text(cells[0], console.width))
            cells[0] = _text("")
        if below:
            cells[0] = _bold(cells[0])
        console.print(_line(cells, widths, aligned))
        told = [(column.title, column.cells[k]) for column in below if str(column.cells[k]) not in EMPTY]
        for line in _packed([_titled(_text(title), _text(cell)) for title, cell in told], console.width):
            console.print(line)


def _packed(values: Iterable[Text], width: int) -> Iterator[Text]:
    """Values with their titles, as many on a line as there is room for."""
    from rich.text import Text

    line: Text | None = None
    for value in values:
        if line is not None and line.cell_len + BETWEEN + value.cell_len <= width:
            line = Text.assemble(line, " " * BETWEEN, value)
            continue
        if line is not None:
            yield line
        line = Text.assemble(" " * INDENT, value)
        if line.cell_len > width:
            yield folded_text(value, width, INDENT)
            line = None
    if line is not None:
        yield line


# -- texts and widths --------------------------------------------------------------------------------------------------
def _text(cell: str | Text) -> Text:
    """A cell as rich has it, in which brackets are no markup."""
    from rich.text import Text

    return Text(visible(cell)) if isinstance(cell, str) else cell


def _with_texts(column: Column) -> Column:
    return replace(column, title=visible(column.title), cells=tuple(_text(cell) for cell in column.cells))


def _bold(text: Text) -> Text:
    from rich.text import Text

    return Text(text.plain, style="bold")


def _titled(title: Text, value: Text) -> Text:
    from rich.text import Text

    return Text.assemble(title, ": ", value) if title.plain else value


def _line(cells: Sequence[Text], widths: Sequence[int], right: Sequence[bool] = ()) -> Text:
    """Cells beside each other, padded to their widths, without blanks at the end."""
    from rich.text import Text

    aligned = right or [False] * len(cells)
    line = Text()
    for k, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        padding = " " * (width - cell.cell_len)
        line.append_text(Text.assemble(" " * GAP * (k > 0), *((padding, cell) if aligned[k] else (cell, padding))))
    line.rstrip()
    return line


def _widths(columns: Sequence[Column]) -> tuple[int, ...]:
    return tuple(max(_text(cell).cell_len for cell in (column.title, *column.cells)) for column in columns)


def _width(columns: Sequence[Column]) -> int:
    return _total(_widths(columns))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * max(0, len(widths) - 1)


def _row_widths(rows: Sequence[Sequence[Text]], inside: Iterable[int]) -> tuple[int, ...]:
    """The width of each column for the titles, which are the first row, and for some other rows."""
    chosen = [rows[0], *(rows[k] for k in inside)]
    return tuple(max(row[k].cell_len for row in chosen) for k in range(len(rows[0])))


__all__ = ["Column", "columns_of", "fold", "folded_text", "print_columns", "print_comparison", "print_grid"]
