"""Runs in a terminal: what was asked for, the progress bar, and tables of what became of F and |grad F|."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mamlcheck.disk import require_place, write_text
from mamlcheck.errors import InputError
from mamlcheck.formats.runs import OverSeeds, RunGuarantee, RunResults, RunSize
from mamlcheck.meta.instance import Instances
from mamlcheck.plans.planned import asked_by, checked_against, planned_start, read_plan
from mamlcheck.report.courses import runs_svg
from mamlcheck.report.decimals import certain_digits
from mamlcheck.runs.making import Making, begun, taken_up
from mamlcheck.runs.plan import Asked, plan_of
from mamlcheck.runs.sources import one_loss, start_of
from mamlcheck.tasks.written import number
from mamlcheck.terminal.console import PROSE_COLUMNS, STOPPED, console_of, given_options, progress_bar, say
from mamlcheck.terminal.grid import print_comparison
from mamlcheck.terminal.tables import NAMES, Choice, print_notes

if TYPE_CHECKING:
    from rich.console import Console

    from mamlcheck.meta.instance import Instances

TABLE = "grunfeld"  # that is run where nothing is named
RATES = ("alpha", "factor", "eta")
GOING_ON = {"steps", "save", "resume", "as_json", "chart"}  # options that may stand beside --resume
BESIDE_A_PLAN = {"algorithms", "steps", "seed", "seeds", "every"}  # that are no matter of the plan
MOST_ROWS = 9  # of the course of |grad F| that are printed
DIGITS = 4  # significant ones, of a float that is printed
LONGEST_FRACTION = 10  # characters of an exact number that is printed as it is
STEPSIZE_TASKS = "B'"


def run_in_terminal(
    instance: str | None,
    choice: Choice,
    asked: Mapping[str, Any],
    as_json: bool,
    save: Path | None,
    resume: Path | None,
    planned: Path | None = None,
    chart: Path | None = None,
) -> int:
    """Make or take up runs, print what they gave, draw it where a file is given, and return the exit status.

    Raises `InputError`.
    """
    if chart is not None:
        require_place(chart, f"--chart {chart}")
    if resume:
        making = _going_on(instance, asked, save, resume)
    elif planned:
        making = _as_planned(instance, choice, asked, save, planned)
    else:
        making = _from_the_start(instance, choice, asked, save)
    settings = making.runner.plan.settings
    with progress_bar(settings.steps, "Making steps") as progress:
        progress(settings.steps - making.left)
        results = making.make(progress)
    if chart is not None:
        write_text(chart, runs_svg(results))
    if as_json:
        click.echo(results.text(), nl=False)
    else:
        print_runs(results)
    if results.partial:
        _say_stopped(results, save or resume)
        return STOPPED
    return 0


def _from_the_start(instance: str | None, choice: Choice, asked: Mapping[str, Any], save: Path | None) -> Making:
    rates = {name: None if asked[name] is None else rate_given(name, asked[name]) for name in RATES}
    wanted = Asked(**{name: value for name, value in {**asked, **rates}.items() if value is not None})
    return begun(plan_of(*start_asked(instance, choice), wanted), save)


def start_asked(instance: str | None, choice: Choice) -> tuple[Instances, str]:
    """The tasks and the point that a command line names, and where they come from. Raises `InputError`."""
    if instance is not None and choice.data is None:
        choice.table()  # which refuses the options of a table
        return start_of(Path(instance) if instance.lstrip().startswith("{") else instance)
    if instance is not None:
        raise InputError(f"{instance} and --data {choice.data}: give the one or the other to be run")
    table = choice.table_of(choice.data or TABLE)
    print_notes(table)
    return start_of(table, one_loss(choice.loss))


def _as_planned(
    instance: str | None, choice: Choice, asked: Mapping[str, Any], save: Path | None, path: Path
) -> Making:
    plan = read_plan(path)
    words = given_options(click.get_current_context(), {*asked} - BESIDE_A_PLAN)
    if words:
        raise InputError(f"{' '.join(words)}: rates and sizes are those of the plan: leave it out beside --plan")
    named = instance is not None or bool(choice.words)
    start = planned_start(plan)
    if (start is None) is not named:
        why = "the plan has tasks of its own: leave others out" if named else "the plan is for constants: name tasks"
        raise InputError(f"--plan {path}: {why}")
    if start is None:
        start = start_asked(instance, choice)
        checked_against(plan, start[0])
    given = {name: asked[name] for name in BESIDE_A_PLAN if asked.get(name) is not None}
    return begun(plan_of(*start, asked_by(plan, Asked(**{"steps": 0, **given}))), save)


def _going_on(instance: str | None, asked: Mapping[str, Any], save: Path | None, resume: Path) -> Making:
    context = click.get_current_context()
    others = ([] if instance is None else [instance]) + given_options(context, {*asked, *NAMES, "plan"} - GOING_ON)
    if others:
        raise InputError(f"{' '.join(others)}: runs that are resumed go on as they began: leave it out beside --resume")
    return taken_up(resume, asked["steps"], save)


def rate_given(name: str, text: str) -> Fraction:
    """The exact number of an option. Raises `InputError`."""
    try:
        return number(text, f"--{name}")
    except InputError as error:
        raise InputError(f"--{name} {text}: {error}") from error


def _say_stopped(results: RunResults, path: Path | None) -> None:
    click.echo(f"Stopped early: {results.done} of {results.settings.steps} steps are done.", err=True)
    if path is not None:
        click.echo(f"They are kept: mamlcheck run --resume {shlex.quote(str(path))} goes on from there.", err=True)


# -- what is printed ---------------------------------------------------------------------------------------------------
def print_runs(results: RunResults) -> None:
    """Print what was run, where it began and ended, and the course of |grad F|."""
    console = console_of()
    for line in _head(results):
        say(console, line)
    for note in results.notes:
        say(console, f"Note: {note}.", bad=True)
    console.print()
    _print_ends(console, results)
    _print_course(console, results)


def _head(results: RunResults) -> list[str]:
    settings, constants = results.settings, results.constants
    sizes = {size.symbol: size for size in settings.sizes}
    mark = "" if constants.guaranteed else " (not guaranteed: a constant is declared or estimated, not certified)"
    last = settings.seed + settings.seeds - 1
    seeds = f"seed {last}" if settings.seeds == 1 else f"seeds {settings.seed} to {last}"
    origin = "the largest that the theorems allow" if settings.alpha_origin != "given" else "given"
    shared = "; all algorithms have the same draws" if len(results.algorithms) > 1 else ""
    sparse = f" F is evaluated every {settings.every} steps." if settings.every > 1 else ""
    return [
        f"{settings.source}; {results.tasks.replace(':', ',')}.",
        f"L = {float_text(constants.smoothness)}, rho = {float_text(constants.hessian_lipschitz)}, "
        f"{constants.provenance}{mark}.",
        f"alpha = {exact_text(settings.alpha)}, {origin}.",
        f"Direction: {_sized(sizes, ('B', 'D_in', 'D_o', 'D_h'))}.",
        f"Step size: {_sized(sizes, (STEPSIZE_TASKS, 'D_beta'))}.",
        f"{results.done} steps, {seeds}{shared}.{sparse}",
    ]


def _sized(sizes: Mapping[str, RunSize], symbols: Sequence[str]) -> str:
    """Sizes one after another, those of one origin together."""
    told: list[str] = []
    for symbol in symbols:
        size = sizes[symbol]
        later = [other for other in symbols[symbols.index(symbol) + 1 :] if sizes[other].origin == size.origin]
        told.append(f"{symbol} = {size.count}" + ("" if later else f" ({size.origin})"))
    return ", ".join(told)


def _print_ends(console: Console, results: RunResults) -> None:
    """What each algorithm gave, a column for each; the last rows are of the first seed, and certified."""
    each = tuple(results.algorithms.values())
    name = f"of seed {results.settings.seed}, end"
    rows: list[tuple[str, ...]] = [
        ("c", *(one.factor for one in each)),
        ("F, start", *(_float(one.start_objective) for one in each)),
        ("F, end", *(_spread(one.end_objective) for one in each)),
        ("|grad F|, start", *(_float(one.start_gradient_norm) for one in each)),
        ("|grad F|, end", *(_spread(one.end_gradient_norm) for one in each)),
        ("|grad F|, mean of steps", *(_spread(one.mean_gradient_norm) for one in each)),
        ("guaranteed mean", *(_guaranteed(one.guarantee) for one in each)),
        (f"F {name}", *(certain_digits(one.runs[0].objective) or "not known" for one in each)),
        (f"|grad F| {name}", *(certain_digits(one.runs[0].gradient_norm) or "not known" for one in each)),
    ]
    if any(one.eta for one in each):
        rows.insert(1, ("eta", *(one.eta or "-" for one in each)))
    print_comparison(console, ("", *(one.title for one in each)), rows)
    say(
        console,
        "Certified: the last two rows (of all seeds in --json). The guaranteed mean\n"
        "is the theorem's bound of E|grad F(w_K)|, rounded up. All others are floats.",
    )
    for why in dict.fromkeys(one.guarantee.why for one in each if one.guarantee.why is not None):
        whose = ", ".join(one.title for one in each if one.guarantee.why == why)
        say(console, textwrap.fill(f"No guarantee for {whose}: {why}.", PROSE_COLUMNS))


def _guaranteed(found: RunGuarantee) -> str:
    """The bound of E|grad F(w_K)| for the steps made, rounded up, and the provenance of its weakest constant."""
    if found.accuracy is None:
        return "none"
    return f"{_short_above(found.accuracy)} ({found.provenance})"


def _short_above(value: float) -> str:
    """So many digits, of a number not below."""
    with localcontext() as context:
        context.prec, context.rounding = DIGITS, ROUND_CEILING
        return float_text(float(context.create_decimal(Decimal(value))))


def _print_course(console: Console, results: RunResults) -> None:
    (first, *_) = results.algorithms.values()
    shown = _rows(len(first.evaluated))
    if len(shown) < 3:
        return
    say(console, "\n|grad F| along the way, mean ± standard deviation over the seeds:")
    rows = []
    for k in shown:
        norms = (
            OverSeeds(each.gradient_norm.means[k], each.gradient_norm.spreads[k])
            for each in results.algorithms.values()
        )
        rows.append((str(first.evaluated[k]), *map(_spread, norms)))
    print_comparison(console, ("step", *(each.title for each in results.algorithms.values())), rows)


def _rows(count: int) -> list[int]:
    """At most so many of `count` places, at equal distances from the first one on."""
    return list(range(0, count, max(1, -(-count // MOST_ROWS))))


def _float(value: float | None) -> str:
    return "not finite" if value is None else float_text(value)


def float_text(value: float) -> str:
    """So many digits, zeros at the end as well: numbers that are compared have the same number of them."""
    return f"{value:#.{DIGITS}g}".rstrip(".")


def _spread(value: OverSeeds) -> str:
    if value.mean is None or value.spread is None:
        return _float(value.mean)
    return f"{float_text(value.mean)} ± {value.spread:.1g}"


def exact_text(text: str) -> str:
    """A fraction as it is where it is short, else about."""
    return text if len(text) <= LONGEST_FRACTION else f"about {float_text(float(Fraction(text)))}"


__all__ = ["exact_text", "float_text", "print_runs", "rate_given", "run_in_terminal", "start_asked"]
