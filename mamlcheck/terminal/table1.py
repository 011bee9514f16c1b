"""Table 1 in a terminal: constants, a column for each algorithm, floors seen in runs, and powers of 1/eps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import ROUND_CEILING, Context
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mamlcheck.disk import require_place, write_text
from mamlcheck.figures.floors import floors_seen
from mamlcheck.figures.table_1 import ACCURACY, fitted_slopes, table_1
from mamlcheck.formats.table1 import CountedStep, FloorCourse, StepCost, Table1, TableConstant, TablePlan, TableRow
from mamlcheck.report.courses import floors_svg
from mamlcheck.report.decimals import certain_digits
from mamlcheck.terminal.console import console_of, progress_bar, say, stopped_early
from mamlcheck.terminal.grid import print_comparison, print_grid
from mamlcheck.terminal.runs import DIGITS, exact_text, float_text, rate_given, start_asked
from mamlcheck.terminal.tables import Choice

if TYPE_CHECKING:
    from rich.console import Console

UNKNOWN = "not known"


def table1_in_terminal(
    instance: str | None,
    choice: Choice,
    numbers: Mapping[str, str | None],
    shots: int,
    as_json: bool,
    chart: Path | None,
) -> None:
    """Print Table 1, and draw its floors where a file is given. Raises `InputError`."""
    given = {name: None if text is None else rate_given(name, text) for name, text in numbers.items()}
    if chart is not None:
        require_place(chart, f"--chart {chart}")
    start = start_asked(instance, choice)
    accuracy = ACCURACY if given["accuracy"] is None else given["accuracy"]
    with progress_bar(None, "Working out the table"):
        found = table_1(*start, accuracy, given["alpha"], given["gap"], shots, seen=False)
    lacking = ["floors seen in runs", "powers of 1/eps"]
    try:
        with progress_bar(len(lacking), "Making runs") as progress:
            found = replace(found, floors=floors_seen())
            lacking.pop(0)
            progress(1)
            found = replace(found, slopes=fitted_slopes())
            lacking.pop(0)
            progress(1)
    except KeyboardInterrupt:
        if as_json or chart is not None:  # a document or a chart in part would be taken for the whole
            raise
        print_table1(found)
        stopped_early(f"the table is worked out, and {' and '.join(lacking)} are left out", well=True)
    if chart is not None:
        write_text(chart, floors_svg(found.floors))
    if as_json:
        click.echo(found.text(), nl=False)
    else:
        print_table1(found)


def print_table1(found: Table1) -> None:
    """Print all of it."""
    console = console_of()
    say(console, f"{found.source}; {found.tasks.replace(':', ',')}.")
    say(console, f"alpha = {exact_text(found.alpha)}, eps = {exact_text(found.accuracy)}.\n")
    print_grid(console, ("", "at most", "how it is known", "what it is"), [_constant(one) for one in found.constants])
    if not found.guaranteed:
        say(console, "Not guaranteed: a constant is declared or estimated, not certified.", bad=True)
    _print_algorithms(console, found)
    _print_counted(console, found)
    _print_floors(console, found)
    _print_slopes(console, found)


def _constant(one: TableConstant) -> tuple[str, ...]:
    value = UNKNOWN if one.upper is None else _at_most(one.upper)
    return one.symbol, value, "" if one.upper is None else one.provenance, one.told


def _print_algorithms(console: Console, found: Table1) -> None:
    rows = tuple(found.algorithms.values())
    symbols = list(dict.fromkeys(symbol for row in rows if row.plan for symbol in row.plan.sizes))
    shown = [
        ("reaches", *(row.reaches for row in rows)),
        ("T, formula", *(row.steps_formula for row in rows)),
        ("a step", *(row.cost_formula for row in rows)),
        ("E|grad F(w_K)| at most", *(_accuracy(row, found) for row in rows)),
        ("M_0 at most", *(_bound(row, row.growth) for row in rows)),
        ("T", *(_planned(row, lambda plan: f"{plan.steps:,}") for row in rows)),
        *((symbol, *(_sized(row, symbol) for row in rows)) for symbol in symbols),
        ("eta", *("-" if row.eta is None else exact_text(row.eta) for row in rows)),
        ("gradients a step", *(_planned(row, lambda plan: f"{plan.a_step.gradients:,}") for row in rows)),
        ("products a step", *(_planned(row, lambda plan: f"{plan.a_step.products:,}") for row in rows)),
        ("gradients in all", *(_planned(row, lambda plan: f"{plan.in_all:,}") for row in rows)),
        (f"with D_in = {found.shots}, at most", *(_bound(row, row.shots) for row in rows)),
    ]
    console.print()
    print_comparison(console, ("", *(row.title for row in rows)), shown)
    say(
        console,
        "Gradients are of single samples, products of a sample's Hessian with a vector; with an explicit Hessian a "
        f"product costs d^2 = {found.dimension**2:,} numbers in place of some d = {found.dimension:,}.\n"
        f"With D_in = {found.shots} all other batches are as large as you like, and eta as small.",
    )


def _accuracy(row: TableRow, found: Table1) -> str:
    """As it was asked for, where an algorithm reaches any accuracy."""
    return exact_text(found.accuracy) if row.plan and row.chosen else _bound(row, row.accuracy)


def _at_most(value: float) -> str:
    """A bound in few digits, never below itself."""
    digits = Context(prec=DIGITS, rounding=ROUND_CEILING).create_decimal_from_float(value)
    return f"{digits:f}" if -4 <= digits.adjusted() < DIGITS else f"{digits:e}"


def _bound(row: TableRow, value: float | None) -> str:
    if not row.applies:
        return f"alpha is too large for {row.theorem}"
    return UNKNOWN if value is None else _at_most(value)


def _planned(row: TableRow, told: Callable[[TablePlan], str]) -> str:
    return UNKNOWN if row.plan is None else told(row.plan)


def _sized(row: TableRow, symbol: str) -> str:
    if row.plan is None:
        return UNKNOWN
    return f"{row.plan.sizes[symbol]:,}" if symbol in row.plan.sizes else "-"


def _print_counted(console: Console, found: Table1) -> None:
    say(console, "\nA step of a run, counted while it was made:")
    rows = [
        (row.title, _sizes(row.counted), _cost(row.counted.formula), _cost(row.counted.counted),
         "equal" if row.counted.formula == row.counted.counted else "DIFFERENT")
        for row in found.algorithms.values()
    ]  # fmt: skip
    print_grid(console, ("", "sizes", "by the formula", "counted", ""), rows)


def _sizes(counted: CountedStep) -> str:
    return ", ".join(f"{symbol} = {count}" for symbol, count in counted.sizes.items())


def _cost(cost: StepCost) -> str:
    return f"{cost.gradients} gradients" + (f", {cost.products} products" if cost.products else "")


def _print_floors(console: Console, found: Table1) -> None:
    for floor in found.floors:
        say(
            console,
            f"\nSeen in runs, with all data in each step: the floor of {floor.name} (mamlcheck findings "
            f"{floor.finding}).\nAt w = {floor.rest} the direction of {floor.of} is exactly 0, and |grad F| is "
            f"{exact_text(floor.floor)}. From w = {floor.start}, alpha = {floor.alpha}:",
        )
        print_grid(
            console,
            ("", "steps", "|grad F|, start", "|grad F|, end (certified)"),
            [_course(course) for course in floor.courses],
        )


def _course(course: FloorCourse) -> tuple[str, ...]:
    title = course.title if course.eta is None else f"{course.title}, eta = {course.eta}"
    end = certain_digits(course.end) or UNKNOWN
    return title, f"{course.steps[-1]:,}", float_text(course.gradient_norm[0]), end


def _print_slopes(console: Console, found: Table1) -> None:
    if not found.slopes:
        return
    most, least = (max(found.slopes[0].accuracies), min(found.slopes[0].accuracies))
    say(
        console,
        f"\nPowers of 1/eps, fitted for eps from {Fraction(most)} to {Fraction(least)} on quadratics of one curvature, "
        "whose runs are known exactly:",
    )
    rows = [
        (f"{one.title}, {slope.quantity}", "-" if slope.by_theorem is None else f"{slope.by_theorem:.3f}",
         f"{slope.found:.3f}")
        for one in found.slopes
        for slope in one.slopes
    ]  # fmt: skip
    print_grid(console, ("", "as the theorem asks", "least that serves there"), rows)
    say(
        console,
        "Gradients are linear there: D_in = 1 serves, and FO-MAML has no floor. The least T and B are certified.",
    )


__all__ = ["print_table1", "table1_in_terminal"]
