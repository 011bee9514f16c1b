"""The command line: `mamlcheck report`, `check`, `show`, `findings`, `identify`, `conform`, and those in
`mamlcheck.commands`. It decides nothing: what it prints comes from the results.

Exit status 0: all hold, or the subject conforms; 1: something is violated or undecided, or it does not conform;
2: the call is wrong, in one line on standard error; 130: stopped by Ctrl-C, with nothing violated or undecided
so far.
"""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mamlcheck import __version__
from mamlcheck.commands.baseline import baseline
from mamlcheck.commands.brackets import brackets
from mamlcheck.commands.derive import derive
from mamlcheck.commands.diff import diff
from mamlcheck.commands.hunt import hunt
from mamlcheck.commands.prove import prove
from mamlcheck.errors import InputError, MamlcheckError

if TYPE_CHECKING:
    from rich.console import Console

    from mamlcheck.api import Checked
    from mamlcheck.check.runner import Progress
    from mamlcheck.conformance.checks import Conformance
    from mamlcheck.conformance.diagnosis import Diagnosis
    from mamlcheck.meta.instance import Instances
    from mamlcheck.proof.waterfall import Waterfall
    from mamlcheck.tasks.tables import Table

REPORT_INSTANCES = 2000
CHECK_INSTANCES = 1000
TABLE_SHARE = 4  # of the random instances, one in so many on the table beside them
MOST_INSTANCES = 10**9
STOPPED = 130  # exit status after Ctrl-C, as shells have it
UNBOUNDED = 10**6  # columns where no terminal wraps lines
PROSE = 80  # columns of text that mamlcheck wraps itself, where there is no terminal


class _Group(click.Group):
    """Turns the errors mamlcheck raises on purpose into one line and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MamlcheckError as error:
            _wrong_call(str(error))
        except KeyboardInterrupt:
            click.echo("Stopped before anything was checked.", err=True)
            raise SystemExit(STOPPED) from None


def _wrong_call(message: str) -> NoReturn:
    click.echo(f"mamlcheck: {message}", err=True)
    raise SystemExit(2)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 all hold, or the subject conforms; 1 something is violated or undecided, or it does "
    "not; 2 the call is wrong; 130 stopped by Ctrl-C with all holding so far.",
)
@click.version_option(__version__, prog_name="mamlcheck")
def main() -> None:
    """Certified checks of the convergence theory of Model-Agnostic Meta-Learning (MAML), and of its
    implementations.

    Every verdict on the theory is proved by ball arithmetic, Arb or exact fractions, or it is UNDECIDED.
    Implementations are held against certified references.
    """


for _command_of_its_own in (brackets, baseline, derive, diff, hunt, prove):
    main.add_command(_command_of_its_own)

_instances = click.IntRange(1, MOST_INSTANCES)
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


@main.command(short_help="Check every claim on random tasks and a table; write a page.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("mamlcheck-report"),
    show_default=True,
    help="Folder for index.html and results.json.",
)
@click.option(
    "--instances",
    type=_instances,
    default=REPORT_INSTANCES,
    show_default=True,
    help="Random instances; a table adds a quarter as many.",
)
@_seed
@_data
@_task
@_target
@_unequal
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="MODULE:MAKE[=ALGORITHM]",
    help="Also hold this implementation against its algorithm. Repeatable.",
)
@click.pass_context
def report(
    ctx: click.Context,
    out: Path,
    instances: int,
    seed: int,
    data: str | None,
    task: str | None,
    target: str | None,
    unequal: str,
    subjects: tuple[str, ...],
) -> None:
    """Check every claim on random tasks and on a table; write a page and the data behind it.

    Without --data the table is Grunfeld's investment panel: 11 firms, 20 years each. Ctrl-C stops early and
    writes the page with what is done, marked partial.
    """
    from mamlcheck.check.brackets import brackets as kept_brackets
    from mamlcheck.check.brackets import brackets_json
    from mamlcheck.check.reference import Reference, reference_folder
    from mamlcheck.check.sweeps import RandomSweep, TableSweep
    from mamlcheck.claims import load_claims
    from mamlcheck.findings import execute, findings_as_json
    from mamlcheck.report.findings import outcome_line
    from mamlcheck.report.page import write_report
    from mamlcheck.report.proofs import add_proofs

    table = _table(data or "grunfeld", task, target, unequal)
    sweeps = [
        (RandomSweep(seed), instances),
        (TableSweep(table, seed), max(1, instances // TABLE_SHARE)),
    ]
    _writable(out)
    _print_notes(table)
    conform_all = _conformances(subjects)  # first: a wrong reference must be known before the long part
    with _progress(None, "Checking proofs and witnesses") as progress:
        bounds = brackets_json(kept_brackets(Reference(reference_folder()).witnesses, progress=progress))
    results = _run(load_claims(), sweeps, seed)
    results["command"] = _command(ctx)
    results["brackets"] = bounds
    results["conformance"] = [conformance.as_json() for conformance in conform_all]
    add_proofs(results, table)
    results["findings"] = findings_as_json(execute())
    _print_table(results)  # before the page: should the disk be full by now, this much is not lost
    for conformance in conform_all:
        click.echo(conformance.summary())
    click.echo(outcome_line(results["findings"]))
    click.echo(f"Report: {write_report(results, out)}")
    conform = all(conformance.conforms for conformance in conform_all)
    contradicted = any(row["state"] == "contradicted" for row in results["brackets"]["claims"].values())
    _finish(results, conform and not contradicted and not results["findings"]["not_confirmed"])


@main.command(short_help="Check claims, all or by id, on random tasks.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1)
@click.option("--instances", type=_instances, default=CHECK_INSTANCES, show_default=True, help="Random instances.")
@_seed
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def check(claims: tuple[str, ...], instances: int, seed: int, as_json: bool) -> None:
    """Check claims on random smooth tasks: all of them, or those named by id or family.

    Ids are lemma_4_8, lemma_4_9.first_moment, ...; the family lemma_4_9 stands for its parts, ours for the
    sharper forms that are ours. Ctrl-C stops early and prints what is done.
    """
    from mamlcheck.check.sweeps import RandomSweep
    from mamlcheck.claims import load_claims

    results = _run(load_claims(claims), [(RandomSweep(seed), instances)], seed)
    if as_json:
        click.echo(_json(_brief(results)))
    else:
        _print_table(results)
    _finish(results)


@main.command(short_help="Check every claim on one instance, and say how to repeat it.")
@click.argument("instance")
@_data
@_task
@_target
@_unequal
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--save", type=click.Path(path_type=Path), help="Also write the instance to a file, exactly.")
@click.option(
    "--waterfall/--no-waterfall", default=True, show_default=True, help="Where each bound loses, step by step."
)
def show(
    instance: str,
    data: str | None,
    task: str | None,
    target: str | None,
    unequal: str,
    as_json: bool,
    save: Path | None,
    waterfall: bool,
) -> None:
    """Check every claim on one INSTANCE: an id such as random-1/1/123, or an instance file.

    Prints both sides as enclosures, the steps of each claim's proof with the share of the loss that each has, and
    Python that repeats it. The ids of a table of your own need the
    --data, --task and --target they were made with.
    """
    from mamlcheck import api
    from mamlcheck.claims import claim_ids
    from mamlcheck.meta.files import instance_text

    table = _table(data, task, target, unequal) if data else None
    block = api.instance(Path(instance) if instance.lstrip().startswith("{") else instance, table)
    checked = [api.check_claim(claim, block) for claim in claim_ids()]
    if save is not None:
        _write_text(save, instance_text(block))
    falls = _waterfalls(block, checked) if waterfall else {}
    if as_json:
        click.echo(_json(_shown_as_json(instance, block, checked, falls)))
    else:
        if table is not None:
            _print_notes(table)
        _print_shown(instance, block, checked, falls, _snippet(instance, data, task, target, unequal))
    raise SystemExit(1 if any(c.failed for c in checked) else 0)


def _waterfalls(block: Instances, checked: list[Checked]) -> dict[str, Waterfall]:
    """The waterfall of each claim that is not vacuous here."""
    from mamlcheck.check.verdict import Verdict
    from mamlcheck.proof.library import has_proof, proved
    from mamlcheck.proof.waterfall import waterfall

    shown = [c.claim for c in checked if c.verdict is not Verdict.VACUOUS and has_proof(c.claim)]
    return {claim: waterfall(proved(claim), block) for claim in shown}


@main.command(short_help="List where the printed text needs care, examples executed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def findings(as_json: bool) -> None:
    """List where the printed text of the paper needs care, each with an exact example, executed now.

    Exit status 0: every example shows what its finding says; 1: one does not.
    """
    from mamlcheck.findings import execute, findings_as_json
    from mamlcheck.report.findings import findings_text

    content = findings_as_json(execute())
    if as_json:
        click.echo(_json(content))
    else:
        click.echo(findings_text(_console(PROSE), content), nl=False)
    raise SystemExit(1 if content["not_confirmed"] else 0)


_timeout = click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for one problem, after which the subject is stopped.",
)
_as = click.option("--as", "algorithm", metavar="ALGORITHM", help="What it is meant to be: MAML, FO-MAML, ...")
_delta = click.option("--delta", type=float, help="The step of HF-MAML's difference, if it is not declared.")


@main.command(short_help="Say what an implementation of MAML really computes.")
@click.argument("subject", metavar="MODULE:MAKE")
@_as
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="The precision that it is asked to work in.",
)
@_timeout
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a sentence.")
def identify(subject: str, algorithm: str | None, dtype: str, timeout: float, as_json: bool) -> None:
    """Say what the subject MODULE:MAKE really computes: which algorithm it is, or what is wrong with it.

    MODULE:MAKE is pkg.module:make or path/to/file.py:make, a function make(problem) that returns call(), which
    returns the direction. It is run in a process of its own. Exit status 0: nothing is wrong with it; 1:
    something is.
    """
    from mamlcheck.conformance.diagnosis import identify as identify_subject

    diagnosis = identify_subject(subject, algorithm, dtype=dtype, timeout=timeout)
    if as_json:
        click.echo(_json(diagnosis.as_json()))
    else:
        _print_diagnosis(diagnosis)
    raise SystemExit(0 if diagnosis.conforms else 1)


@main.command(short_help="Run every check of an implementation of MAML.")
@click.argument("subject", metavar="MODULE:MAKE")
@_as
@_delta
@click.option(
    "--expect-failure",
    "expected",
    multiple=True,
    metavar="CHECK=REASON",
    help="A check that is known to fail, and why; * stands for anything. Repeatable. An error if it passes.",
)
@click.option("--only", metavar="CHECK", help="Run this check and those it needs; * stands for anything.")
@_timeout
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def conform(
    subject: str,
    algorithm: str | None,
    delta: float | None,
    expected: tuple[str, ...],
    only: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Hold the subject MODULE:MAKE against certified references and the properties of its algorithm.

    Checks that others depend on come first. Exit status 0: it conforms; 1: it does not.
    """
    from mamlcheck.conformance.checks import run_checks

    with _progress(None, "Running checks") as progress:
        conformance = run_checks(
            subject,
            algorithm,
            delta=delta,
            expected_failures=_expected_failures(expected),
            only=only,
            timeout=timeout,
            progress=progress,
        )
    if as_json:
        click.echo(_json(conformance.as_json()))
    else:
        _print_conformance(conformance)
    raise SystemExit(0 if conformance.conforms else 1)


def _expected_failures(given: tuple[str, ...]) -> dict[str, str]:
    """CHECK=REASON, where a check's own name may hold = signs within its brackets."""
    found = {}
    for text in given:
        check, separator, reason = text.partition("]=") if "]=" in text else text.partition("=")
        if not separator or not reason:
            raise InputError(f"--expect-failure {text}: write CHECK=REASON, such as 'task-order=batch norm'")
        found[f"{check}]" if separator == "]=" else check] = reason
    return found


# -- running -------------------------------------------------------------------------------------------------
def _table(data: str, task: str | None, target: str | None, unequal: str) -> Table:
    from mamlcheck.tasks.tables import builtin_tables, read_table

    if data not in builtin_tables() and (task is None or target is None):
        missing = " and ".join(name for name, value in (("--task", task), ("--target", target)) if value is None)
        _wrong_call(f"--data {data} also needs {missing}: the names of its columns")
    return read_table(data, **_table_arguments(data, task, target, unequal))


def _table_arguments(data: str, task: str | None, target: str | None, unequal: str) -> dict[str, Any]:
    """What `read_table` is given beside the source; only what differs from its defaults."""
    from mamlcheck.check.sweeps import RandomSweep
    from mamlcheck.tasks.tables import builtin_tables

    arguments: dict[str, Any] = {
        "task": task,
        "target": target,
        "unequal": None if unequal == "error" else unequal,
    }
    taken = (*builtin_tables(), RandomSweep.name.removesuffix("-1"))
    if data not in builtin_tables() and Path(data).stem in taken:
        arguments["name"] = f"{Path(data).stem}-file"  # its ids must not be those of another source
    elif data in builtin_tables() and (task or target):
        arguments["name"] = f"{data}-{task or ''}-{target or ''}"  # nor those of the same table read another way
    return {name: value for name, value in arguments.items() if value is not None}


def _command(ctx: click.Context) -> str:
    """The command line that was given, with only the options that were."""
    words = ["mamlcheck", str(ctx.info_name)]
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(str(parameter.name))
        if source is click.core.ParameterSource.COMMANDLINE:
            value = ctx.params[str(parameter.name)]
            for one in value if isinstance(value, tuple) else (value,):
                words += [parameter.opts[0], str(one)]
    return shlex.join(words)


def _run(claims: tuple[Any, ...], sweeps: list[tuple[Any, int]], seed: int) -> dict[str, Any]:
    from mamlcheck.check.runner import run

    with _progress(sum(count for _, count in sweeps), "Checking instances") as progress:
        return run(claims, sweeps, seed, progress)


@contextmanager
def _progress(total: int | None, doing: str) -> Iterator[Progress]:
    """A progress bar on standard error, where that is a terminal. It is told how many more are done;
    without a total it only moves.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        job = bar.add_task(doing, total=total)
        yield lambda done: bar.advance(job, done)


def _conformances(subjects: tuple[str, ...]) -> list[Conformance]:
    """Each MODULE:MAKE, held against what follows its = sign or what it declares."""
    from mamlcheck.conformance.checks import run_checks

    found = []
    for text in subjects:
        reference, _, algorithm = text.partition("=")
        with _progress(None, f"Checking {reference}") as progress:
            found.append(run_checks(reference, algorithm or None, progress=progress))
    return found


def _finish(results: dict[str, Any], others: bool = True) -> NoReturn:
    from mamlcheck.check.runner import all_hold

    status = 0 if all_hold(results) and others else 1
    if results["partial"]:
        done, planned = results["completed"], results["planned"]
        click.echo(f"Stopped early: {done:,} of {planned:,} instances were checked.", err=True)
        raise SystemExit(status or STOPPED)
    raise SystemExit(status)


def _writable(folder: Path) -> None:
    """Make the folder and a file in it now: what cannot be written must be known before the checks."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".mamlcheck-", dir=folder):
            pass
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror or error
        raise InputError(
            f"--out {folder} cannot be written ({reason}): give a folder that can; nothing was checked yet"
        ) from error


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"--save {path} cannot be written: {error.strerror or error}") from error


# -- as JSON -------------------------------------------------------------------------------------------------
def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, allow_nan=False)


def _brief(results: dict[str, Any]) -> dict[str, Any]:
    """The results without what only the page needs."""
    kept = (
        "holds",
        "violated",
        "undecided",
        "vacuous",
        "guaranteed",
        "tightness",
        "worst_instance",
        "printed_form",
    )
    claims = {}
    for name, claim in results["claims"].items():
        brief = {key: claim[key] for key in kept}
        brief["tightness"] = {"max": claim["tightness"]["max"], "median": claim["tightness"]["median"]}
        claims[name] = brief
    head = {key: results[key] for key in ("format", "version", "partial", "seed", "instances", "completed", "planned")}
    return head | {"claims": claims, "seconds": results["seconds"], "versions": results["versions"]}


def _bounds(pair: tuple[float, float]) -> dict[str, float | None]:
    from mamlcheck.check.verdict import finite_or_none

    return {"lower": finite_or_none(pair[0]), "upper": finite_or_none(pair[1])}


def _shown_as_json(name: str, block: Instances, checked: list[Checked], falls: dict[str, Waterfall]) -> dict[str, Any]:
    from mamlcheck.check.runner import describe
    from mamlcheck.report.proofs import waterfall_as_json

    return {
        "instance": name,
        "description": describe(block),
        "guaranteed": block.guaranteed,
        "claims": {
            c.claim: {
                "verdict": str(c.verdict),
                "why": c.why,
                "lhs": _bounds(c.left),
                "rhs": _bounds(c.right),
                "tightness": _bounds(c.tightness) if c.tightness else None,
                "arithmetic": c.arithmetic,
                "waterfall": waterfall_as_json(falls[c.claim]) if c.claim in falls else None,
            }
            for c in checked
        },
    }


# -- in a terminal -------------------------------------------------------------------------------------------
def _console(width_of_file: int = UNBOUNDED) -> Console:
    """Standard output. Lines are never cut: a terminal wraps them itself, and a file has no width."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else width_of_file)


def _print_grid(console: Console, titles: tuple[str, ...], rows: list[tuple[Any, ...]], right: int = 0) -> None:
    """Rows under titles, the `right` columns after the first to the right; a block for each row where that is
    too wide.

    A row begins with its name. Nothing is shortened: ids can be copied from a terminal of any width.
    """
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for k, title in enumerate(titles):
        grid.add_column(title, justify="right" if 1 <= k <= right else "left", no_wrap=True)
    for row in rows:
        grid.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))  # brackets are no markup
    if Console(width=UNBOUNDED).measure(grid).maximum <= console.width:
        console.print(grid)
        return
    for row in rows:
        console.print(Text.assemble((str(row[0]), "bold")))
        for title, cell in zip(titles[1:], row[1:], strict=True):
            console.print(Text.assemble("  ", title, ": ", cell))


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    from rich.text import Text

    console = _console()
    console.print(Text(diagnosis.sentence, style="" if diagnosis.conforms else "bold"))
    figures = (
        ("relative error", diagnosis.relative_error),
        ("scale", diagnosis.scale),
        ("coefficient of the Hessian term", diagnosis.hessian_coefficient),
        ("residual of the best fit", diagnosis.residual),
        ("delta", diagnosis.delta),
    )
    for name, value in figures:
        if value is not None:
            shown = round(value, 9) if name.startswith("coefficient") else value  # a coefficient of 5e-17 is 0
            console.print(Text(f"  {name}: {shown:.3g}"))
    for note in diagnosis.notes:
        console.print(Text(f"Note: {note}"))
    if diagnosis.traceback:
        console.print(Text(f"\n{diagnosis.traceback.rstrip()}"))


def _print_conformance(conformance: Conformance) -> None:
    from rich.text import Text

    console = _console()
    rows = []
    for result in conformance.results:
        loud = result.outcome in ("failed", "unexpected pass")
        rows.append((result.check, Text(result.outcome, style="bold red" if loud else ""), result.message or "-"))
    _print_grid(console, ("check", "outcome", "what was seen"), rows)
    for pattern in conformance.unmatched:
        console.print(Text(f"The expected failure {pattern!r} matches no check.", style="bold red"))
    if conformance.diagnosis is not None:
        console.print()
        _print_diagnosis(conformance.diagnosis)
    if conformance.failed:
        console.print(Text(f"\nTo repeat the first failure:\n{conformance.paste(conformance.failed[0])}"))
    console.print(Text(f"\n{conformance.summary()}"))


def _print_table(results: dict[str, Any]) -> None:
    from rich.text import Text

    from mamlcheck.report.page import headline

    titles = ("claim", "holds", "violated", "undecided", "vacuous", "max tightness", "worst instance")
    rows = [
        (
            name + ("" if claim["guaranteed"] else "  NOT GUARANTEED"),
            str(claim["holds"]),
            _loud(str(claim["violated"]), claim["violated"]),
            _loud(str(claim["undecided"]), claim["undecided"]),
            str(claim["vacuous"]),
            _rounded_down(claim["tightness"]["max"]),
            claim["worst_instance"] or "-",
        )
        for name, claim in results["claims"].items()
    ]
    console = _console()
    _print_grid(console, titles, rows, right=5)
    _print_printed_form(console, results)
    console.print(Text(f"{headline(results)}."))
    console.print(Text(f"{results['completed']:,} instances, seed {results['seed']}, {results['seconds']:.1f} s"))


def _rounded_down(bounds: dict[str, float] | None) -> str:
    """A proved lower bound in six digits: a tightness that may be just under 1 does not read as 1."""
    from mamlcheck.report.decimals import ends, outward

    pair = ends(bounds)
    return outward(*pair, 6)[0] if pair else "-"


def _print_printed_form(console: Console, results: dict[str, Any]) -> None:
    """What fails in the printed form of a claim, with deviations bounded everywhere: it counts too."""
    from rich.text import Text

    for name, claim in results["claims"].items():
        form = claim["printed_form"] or {}
        bad = [f"{form[verdict]} {verdict}" for verdict in ("violated", "undecided") if form.get(verdict)]
        if bad:
            form_name = "with global deviations" if claim.get("sharpens") else "as printed"
            console.print(Text(f"{name}, {form_name}: {', '.join(bad)}", style="bold red"))


def _print_notes(table: Table) -> None:
    for note in table.notes:
        click.echo(f"Table {table.name}: {note}.", err=True)


def _loud(text: str, bad: Any) -> Any:
    from rich.text import Text

    return Text(text, style="bold red" if bad else "")


def _print_shown(
    name: str, block: Instances, checked: list[Checked], falls: dict[str, Waterfall], snippet: str
) -> None:
    from rich.text import Text

    from mamlcheck.arithmetic.exact import fractions_of
    from mamlcheck.check.runner import describe
    from mamlcheck.meta.hypotheses import number_text
    from mamlcheck.report.decimals import enclosure_text

    titles = ("claim", "verdict", "left side", "right side", "tightness", "decided by")
    rows = [
        (
            c.claim,
            _loud(str(c.verdict), c.failed),
            enclosure_text(_bounds(c.left)),
            enclosure_text(_bounds(c.right)),
            enclosure_text(_bounds(c.tightness)) if c.tightness else "-",
            c.arithmetic,
        )
        for c in checked
    ]
    console = _console()
    console.print(Text(f"{name}: {describe(block)}"))
    alpha, smoothness, lipschitz = (
        number_text(next(fractions_of(values)))
        for values in (block.alpha, block.smoothness_constant, block.hessian_lipschitz_constant)
    )
    console.print(Text(f"alpha = {alpha}, L = {smoothness}, rho = {lipschitz} ({block.provenance})"))
    if not block.guaranteed:
        console.print(Text("NOT GUARANTEED: a constant was declared, not certified.", style="bold red"))
    console.print()
    _print_grid(console, titles, rows)
    for c in checked:
        if c.why:
            console.print(Text(f"{c.claim} is {str(c.verdict).lower()}: {c.why}."))
    _print_waterfalls(console, falls)
    console.print()
    console.print(Text("Repeat it in Python:", style="bold"))
    console.print(Text(snippet))


def _print_waterfalls(console: Console, falls: dict[str, Waterfall]) -> None:
    """Where each bound loses; a sharper form's steps are the first ones of the printed claim's."""
    from rich.text import Text

    from mamlcheck.report.proofs import waterfall_rows

    for claim, fall in falls.items():
        console.print()
        console.print(Text(f"Where {claim} loses" + ("" if fall.proved else " (NOT PROVED)"), style="bold"))
        _print_grid(console, ("step", "value", "share", ""), list(waterfall_rows(fall)), right=2)


def _snippet(name: str, data: str | None, task: str | None, target: str | None, unequal: str) -> str:
    """Python that does what `show` did, to the same verdicts."""
    source, imports, lines = repr(name), ["import mamlcheck", "from mamlcheck.claims import claim_ids"], []
    if data is not None:
        imports.append("from mamlcheck.tasks.tables import read_table")
        named = "".join(f", {k}={v!r}" for k, v in _table_arguments(data, task, target, unequal).items())
        lines.append(f"table = read_table({data!r}{named})")
        source += ", table"
    lines += [
        f"instance = mamlcheck.instance({source})",
        "print(*(mamlcheck.check_claim(claim, instance) for claim in claim_ids()), sep='\\n')",
    ]
    return "\n".join(imports + lines)
