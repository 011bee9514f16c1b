"""The command line: `mamlcheck report`, `check`, `show`. Exit status 0: all hold; 1: something is violated or
undecided; 2: the call is wrong. Everything it prints comes from the results; it decides nothing itself."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mamlcheck import __version__
from mamlcheck.errors import MamlcheckError

if TYPE_CHECKING:
    from rich.console import Console

    from mamlcheck.check.runner import Progress
    from mamlcheck.tasks.tables import Table

REPORT_INSTANCES = 2000
CHECK_INSTANCES = 1000
TABLE_SHARE = 4  # of the random instances, one in so many on the table beside them


class _Group(click.Group):
    """Turns the errors mamlcheck raises on purpose into one line and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MamlcheckError as error:
            _wrong_call(str(error))
        except BrokenPipeError:
            sys.stderr.close()  # the reader went away: nothing is left to say
            raise SystemExit(1) from None


def _wrong_call(message: str) -> NoReturn:
    click.echo(f"mamlcheck: {message}", err=True)
    raise SystemExit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mamlcheck")
def main() -> None:
    """Certified checks of the convergence theory of Model-Agnostic Meta-Learning (MAML).

    Every verdict is proved by ball arithmetic, Arb or exact fractions, or it is UNDECIDED.
    """


_seed = click.option("--seed", type=int, default=1, show_default=True, help="Seed of every random instance.")
_data = click.option("--data", metavar="NAME_OR_FILE", help="A built-in table (grunfeld), a CSV or a Parquet file.")
_task = click.option("--task", metavar="COL", help="The column that names the task of a row.")
_target = click.option("--target", metavar="COL", help="The column to predict.")
_unequal = click.option(
    "--unequal",
    type=click.Choice(["error", "first"]),
    default="error",
    show_default=True,
    help="Tasks with unequal row counts: refuse, or keep the first rows of each.",
)


@main.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("mamlcheck-report"),
    show_default=True,
    help="Folder for index.html and results.json.",
)
@click.option(
    "--instances",
    type=click.IntRange(1),
    default=REPORT_INSTANCES,
    show_default=True,
    help="Random instances; a table adds a quarter as many.",
)
@_seed
@_data
@_task
@_target
@_unequal
def report(
    out: Path, instances: int, seed: int, data: str | None, task: str | None, target: str | None, unequal: str
) -> None:
    """Check every claim on random tasks and on a table; write a page and the data behind it.

    Without --data the table is Grunfeld's investment panel: 11 firms, 20 years each.
    """
    from mamlcheck.check.sweeps import RandomSweep, TableSweep
    from mamlcheck.claims import load_claims
    from mamlcheck.report.page import write_report

    table = _table(data or "grunfeld", task, target, unequal)
    sweeps = [
        (RandomSweep(seed), instances),
        (TableSweep(table, seed), max(1, instances // TABLE_SHARE)),
    ]
    results = _run(load_claims(), sweeps, seed)
    results["command"] = shlex.join(["mamlcheck", *sys.argv[1:]])
    page = write_report(results, out)
    _print_table(results)
    click.echo(f"Report: {page}")
    _finish(results)


@main.command()
@click.argument("claims", metavar="[CLAIM]...", nargs=-1)
@click.option(
    "--instances", type=click.IntRange(1), default=CHECK_INSTANCES, show_default=True, help="Random instances."
)
@_seed
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def check(claims: tuple[str, ...], instances: int, seed: int, as_json: bool) -> None:
    """Check claims (all, or by id: lemma_4_8, lemma_4_9, ...) on random smooth tasks."""
    from mamlcheck.check.sweeps import RandomSweep
    from mamlcheck.claims import load_claims

    results = _run(load_claims(claims), [(RandomSweep(seed), instances)], seed)
    if as_json:
        click.echo(json.dumps(_brief(results), indent=1))
    else:
        _print_table(results)
    _finish(results)


@main.command()
@click.argument("instance")
@_data
@_task
@_target
@_unequal
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--save", type=click.Path(path_type=Path), help="Also write the instance to a file, exactly.")
def show(
    instance: str,
    data: str | None,
    task: str | None,
    target: str | None,
    unequal: str,
    as_json: bool,
    save: Path | None,
) -> None:
    """Every claim on one INSTANCE: an id such as random-1/1/123, or an instance file.

    Prints both sides as enclosures, and Python that repeats it.
    """
    from mamlcheck import api
    from mamlcheck.claims import claim_ids
    from mamlcheck.meta.files import instance_text

    table = _table(data, task, target, unequal) if data else None
    block = api.instance(instance, table)
    checked = [api.check(claim, block) for claim in claim_ids()]
    if save is not None:
        _write_text(save, instance_text(block))
    if as_json:
        click.echo(json.dumps(_shown_as_json(instance, block, checked), indent=1))
    else:
        _print_shown(instance, block, checked, data)
    raise SystemExit(0 if all(str(c.verdict) in ("HOLDS", "VACUOUS") for c in checked) else 1)


# -- running ----------------------------------------------------------------------------------------------------
def _table(data: str, task: str | None, target: str | None, unequal: str) -> Table:
    from mamlcheck.tasks.tables import builtin_tables, read_table

    if data in builtin_tables():
        return read_table(data, task, target) if task or target else read_table(data)
    if task is None or target is None:
        missing = " and ".join(name for name, value in (("--task", task), ("--target", target)) if value is None)
        _wrong_call(f"--data {data} also needs {missing}: the names of its columns")
    return read_table(data, task, target, unequal=unequal)  # type: ignore[arg-type]


def _run(claims: tuple[Any, ...], sweeps: list[tuple[Any, int]], seed: int) -> dict[str, Any]:
    from mamlcheck.check.runner import run

    with _progress(sum(count for _, count in sweeps)) as progress:
        return run(claims, sweeps, seed, progress)


@contextmanager
def _progress(total: int) -> Iterator[Progress]:
    """A progress bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        job = bar.add_task("Checking instances", total=total)
        yield lambda done: bar.advance(job, done)


def _finish(results: dict[str, Any]) -> NoReturn:
    from mamlcheck.check.runner import all_hold

    if results["partial"]:
        asked, done = results["instances_asked"], results["instances"]
        click.echo(f"Stopped early: {done} of {asked} instances were checked.", err=True)
        raise SystemExit(130 if all_hold(results) else 1)
    raise SystemExit(0 if all_hold(results) else 1)


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        _wrong_call(f"{path} cannot be written: {error.strerror or error}")


# -- what is shown ------------------------------------------------------------------------------------------------
def _brief(results: dict[str, Any]) -> dict[str, Any]:
    """The results without what only the page needs."""
    kept = ("holds", "violated", "undecided", "vacuous", "guaranteed", "tightness", "worst_instance", "printed_form")
    claims = {}
    for name, claim in results["claims"].items():
        brief = {key: claim[key] for key in kept}
        brief["tightness"] = {"max": claim["tightness"]["max"], "median": claim["tightness"]["median"]}
        claims[name] = brief
    head = {key: results[key] for key in ("format", "version", "partial", "seed", "instances")}
    return head | {"claims": claims, "seconds": results["seconds"], "versions": results["versions"]}


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def _print_table(results: dict[str, Any]) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column("claim", no_wrap=True)
    for title in ("holds", "violated", "undecided", "vacuous", "max tightness"):
        grid.add_column(title, justify="right", no_wrap=True)
    grid.add_column("worst instance", no_wrap=True)
    for name, claim in results["claims"].items():
        largest = claim["tightness"]["max"]
        grid.add_row(
            name + ("" if claim["guaranteed"] else "  NOT GUARANTEED"),
            str(claim["holds"]),
            _loud(claim["violated"]),
            _loud(claim["undecided"]),
            str(claim["vacuous"]),
            f"{largest['lower']:.4g}" if largest else "-",
            claim["worst_instance"] or "-",
        )
    console = _console()
    console.print(grid)
    console.print(Text(_sentence(results)))


def _loud(count: int) -> Any:
    from rich.text import Text

    return Text(str(count), style="bold red" if count else "")


def _sentence(results: dict[str, Any]) -> str:
    claims = results["claims"].values()
    judged = sum(c["holds"] + c["violated"] + c["undecided"] for c in claims)
    violated, undecided = (sum(c[k] for c in claims) for k in ("violated", "undecided"))
    head = f"{judged} certified verdicts on {results['instances']} instances in {results['seconds']:.1f} s"
    if not all(c["guaranteed"] for c in claims):
        head = head.replace("certified verdicts", "verdicts, not all guaranteed,")
    if violated or undecided:
        return f"{head}: {violated} violated, {undecided} undecided."
    return f"{head}: all hold."


def _print_shown(name: str, block: Any, checked: list[Any], data: str | None) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    from mamlcheck.check.runner import describe

    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for title in ("claim", "verdict", "left side", "right side", "tightness", "decided by"):
        grid.add_column(title, no_wrap=True)
    for c in checked:
        bad = str(c.verdict) in ("VIOLATED", "UNDECIDED")
        grid.add_row(
            c.claim, Text(str(c.verdict), style="bold red" if bad else ""), _digits(*c.left), _digits(*c.right),
            _digits(*c.tightness) if c.tightness else "-", c.arithmetic,
        )  # fmt: skip
    console = _console()
    console.print(Text(f"{name}: {describe(block)}"))
    console.print(Text(f"alpha = {block.alpha.ravel()[0]}, constants {block.provenance}"))
    if not block.guaranteed:
        console.print(Text("NOT GUARANTEED: a constant was declared, not certified.", style="bold red"))
    console.print()
    console.print(grid, soft_wrap=True)
    console.print()
    console.print(Text("Repeat it in Python:", style="bold"))
    console.print(Text(_snippet(name, data)), soft_wrap=True)


def _digits(lower: float, upper: float) -> str:
    """Both bounds: the digits they share, then what differs."""
    low, high = f"{lower:.12g}", f"{upper:.12g}"
    return low if low == high else f"[{low}, {high}]"


def _snippet(name: str, data: str | None) -> str:
    lines = ["import mamlcheck"]
    source = repr(name)
    if data is not None:
        lines.append("from mamlcheck.tasks.tables import read_table")
        source += ", read_table(...)  # the table you gave with --data"
    lines += [
        f"instance = mamlcheck.instance({source})" if data is None else f"instance = mamlcheck.instance({source}",
        'print(mamlcheck.check("lemma_4_8", instance))',
    ]
    return "\n".join(lines)


def _shown_as_json(name: str, block: Any, checked: list[Any]) -> dict[str, Any]:
    from mamlcheck.check.runner import describe
    from mamlcheck.check.verdict import finite_or_none

    def bounds(pair: tuple[float, float]) -> dict[str, float | None]:
        return {"lower": finite_or_none(pair[0]), "upper": finite_or_none(pair[1])}

    return {
        "instance": name,
        "description": describe(block),
        "guaranteed": block.guaranteed,
        "claims": {
            c.claim: {
                "verdict": str(c.verdict),
                "lhs": bounds(c.left),
                "rhs": bounds(c.right),
                "tightness": bounds(c.tightness) if c.tightness else None,
                "arithmetic": c.arithmetic,
            }
            for c in checked
        },
    }
