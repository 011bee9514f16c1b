"""Plans in a terminal: constants with where they come from, a column for each algorithm, and sentences."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import click

from mamlcheck.arithmetic.exact import nearest_double
from mamlcheck.disk import require_place, write_text
from mamlcheck.errors import InputError
from mamlcheck.formats.plans import AlgorithmPlan, PlanDocument, PlannedConstant, PlannedRun
from mamlcheck.plans.making import Goal, constants_named, plan_for_constants, plan_for_tasks, price
from mamlcheck.runs.sources import one_loss, start_of
from mamlcheck.tasks.written import number
from mamlcheck.terminal.console import PROSE_COLUMNS, console_of, progress_bar, say, wrong_call
from mamlcheck.terminal.grid import print_comparison
from mamlcheck.terminal.tables import Choice, print_notes

DIGITS = 4
LARGEST_WRITTEN_OUT = 10**9  # counts below it are written with all digits
LONGEST_FRACTION = 10


def plan_in_terminal(
    instance: str | None,
    choice: Choice,
    accuracy: str,
    constants: str | None,
    algorithms: tuple[str, ...],
    alpha: str | None,
    as_json: bool,
    save: Path | None,
) -> int:
    """Make a plan, print and keep it, and return the exit status: 1 where no algorithm reaches eps."""
    given = {} if constants is None else read_constants(constants)
    rate = given.pop("alpha", None) if alpha is None else _number("--alpha", alpha)
    goal = Goal(_number("--accuracy", accuracy), algorithms, rate, constants_named(given))
    if save is not None:
        _check_place(save)
    with progress_bar(None, "Planning"):
        document = _made(instance, choice, goal, constants is not None)
    if save is not None:
        write_text(save, document.text())
    if as_json:
        click.echo(document.text(), nl=False)
    else:
        print_plan(document)
    return 0 if document.cheapest is not None else 1


def _made(instance: str | None, choice: Choice, goal: Goal, by_constants: bool) -> PlanDocument:
    if instance is not None and choice.data is not None:
        raise InputError(f"{instance} and --data {choice.data}: give the one or the other")
    if instance is not None:
        choice.table()  # which refuses the options of a table
        return plan_for_tasks(*start_of(Path(instance) if instance.lstrip().startswith("{") else instance), goal)
    if choice.data is None:
        choice.table()
        if not by_constants:
            wrong_call("there is nothing to plan for: give --data NAME_OR_FILE, an INSTANCE or --constants")
        return plan_for_constants(goal)
    table = choice.table_of(choice.data)
    print_notes(table)
    return plan_for_tasks(*start_of(table, one_loss(choice.loss)), goal)


def read_constants(text: str) -> dict[str, Fraction]:
    """Constants written as L=1,rho=1/2. Raises `InputError`."""
    found: dict[str, Fraction] = {}
    for part in text.split(","):
        symbol, _, value = (word.strip() for word in part.partition("="))
        if not symbol or not value:
            raise InputError(f"--constants {text}: give them as L=1,rho=1/2,sigma=0.1")
        if symbol in found:
            raise InputError(f"--constants {text}: {symbol} is given twice")
        found[symbol] = _number(f"--constants {symbol}", value)
    return found


def _number(option: str, text: str) -> Fraction:
    try:
        return number(text, option)
    except InputError as error:
        raise InputError(f"{option} {text}: {error}") from error


def _check_place(path: Path) -> None:
    if os.path.lexists(path):
        raise InputError(f"{path} is there already: give another name to keep this plan")
    require_place(path, f"--save {path}")


# -- what is printed ---------------------------------------------------------------------------------------------------
def print_plan(plan: PlanDocument) -> None:
    """Print what is planned for, the constants, a column for each algorithm, and what follows in sentences."""
    console = console_of(PROSE_COLUMNS)
    head = plan.source if plan.instance is None else f"{plan.source}; {plan.tasks.replace(':', ',')}"
    say(console, f"{head[:1].upper()}{head[1:]}.")
    word = "guaranteed" if plan.guaranteed else "not guaranteed"
    goal = f"E|grad F(w_K)| <= {_exact(plan.accuracy)} at a random iterate K"
    say(console, f"Goal: {goal}; alpha = {_exact(plan.alpha)}.")
    for line in _constants(plan.constants):
        say(console, line)
    best = f"The weakest constant is {plan.provenance}: these plans are {word}."
    say(console, best, bad=not plan.guaranteed)
    console.print()
    each = tuple(plan.algorithms.values())
    print_comparison(console, ("", *(one.title for one in each)), _rows(each))
    for sentence in _sentences(plan):
        say(console, textwrap.fill(sentence, PROSE_COLUMNS))


def _constants(constants: tuple[PlannedConstant, ...]) -> list[str]:
    """A line for each group of constants of one provenance and source."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in constants:
        told = "not known" if one.value is None else _short_above(Fraction(one.value))
        groups.setdefault((one.provenance, one.source), []).append(f"{one.symbol} = {told}")
    return [f"{', '.join(told)}: {word}, {source}." for (word, source), told in groups.items()]


ROWS: tuple[tuple[str, Callable[[PlannedRun], int | None]], ...] = (
    ("steps T", lambda run: run.sizes.steps),
    ("tasks B", lambda run: run.sizes.tasks),
    ("D_in", lambda run: run.sizes.inner),
    ("D_o", lambda run: run.sizes.outer),
    ("D_h", lambda run: run.sizes.hessian),
    ("B'", lambda run: run.sizes.stepsize_tasks),
    ("D_beta", lambda run: run.sizes.stepsize),
    ("gradients a step", lambda run: run.cost.gradients_a_step),
    ("Hessian products a step", lambda run: run.cost.products_a_step),
    ("gradients in all", lambda run: run.cost.gradients),
    ("Hessian products in all", lambda run: run.cost.products),
)


def _rows(each: tuple[AlgorithmPlan, ...]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("alpha L at most", *(one.largest_rate for one in each)),
        ("c", *(one.factor for one in each)),
    ]
    if any(one.run is not None and one.run.eta is not None for one in each):
        rows.append(("eta", *("-" if one.run is None or one.run.eta is None else _exact(one.run.eta) for one in each)))
    rows += [(name, *(_count(None if one.run is None else get(one.run)) for one in each)) for name, get in ROWS]
    for name, get in (ROWS[0], ROWS[9]):
        rows.append(
            (f"{name}, corollary", *(_count(None if one.corollary is None else get(one.corollary)) for one in each))
        )
    return rows


def _sentences(plan: PlanDocument) -> list[str]:
    found = [f"{one.title} has no plan: {one.why}." for one in plan.algorithms.values() if one.run is None]
    best = None if plan.cheapest is None else plan.algorithms[plan.cheapest]
    if best is None:
        found.append("No algorithm is sure to reach this accuracy.")
    elif best.run is not None:
        found.append(f"{best.title} is the cheapest, a Hessian product counted as two gradients.")
        if best.twice is not None:
            steps = Fraction(best.twice.sizes.steps, best.run.sizes.steps)
            samples = Fraction(price(best.twice), price(best.run))
            found.append(
                f"An accuracy of {_exact(str(2 * Fraction(plan.accuracy)))} takes {_share(steps)} of its steps and "
                f"{_share(samples)} of its gradients."
            )
    return found + [f"Note: {note}." for note in plan.notes]


def _share(value: Fraction) -> str:
    return f"1/{nearest_double(1 / value):.3g}" if value < 1 else "all"


def _count(value: int | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if value < LARGEST_WRITTEN_OUT else f"{value:.3e}"


def _exact(text: str) -> str:
    """A fraction as it is where it is short, else about."""
    return text if len(text) <= LONGEST_FRACTION else f"about {nearest_double(Fraction(text)):.{DIGITS}g}"


def _short_above(value: Fraction) -> str:
    """So many digits, of a number not below."""
    with localcontext() as context:
        context.prec, context.rounding = DIGITS, ROUND_CEILING
        return f"{Decimal(value.numerator) / Decimal(value.denominator):.{DIGITS}g}"


__all__ = ["plan_in_terminal", "print_plan", "read_constants"]
