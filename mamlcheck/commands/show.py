"""`mamlcheck show`: check every claim on one instance, and say where each bound loses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mamlcheck.terminal.console import bounds_json, console_of, json_text, loud, print_grid
from mamlcheck.terminal.tables import Choice, print_notes, table_options

if TYPE_CHECKING:
    from rich.console import Console

    from mamlcheck.check.checked import Checked
    from mamlcheck.meta.instance import Instances
    from mamlcheck.proof.waterfall import Waterfall


@click.command(short_help="Check every claim on one instance, and say how to repeat it.")
@click.argument("instance")
@table_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--save", type=click.Path(path_type=Path), help="Also write the instance to a file, exactly.")
@click.option(
    "--waterfall/--no-waterfall", default=True, show_default=True, help="Where each bound loses, step by step."
)
def show(instance: str, choice: Choice, as_json: bool, save: Path | None, waterfall: bool) -> None:
    """Check every claim on one INSTANCE: an id such as random-1/1/123, an instance file, or a witness file.

    Prints both sides as enclosures, the steps of each claim's proof with the share of the loss that each has, and
    Python that repeats it. The ids of a table of your own need --data and the other options of the table that they
    were made with.
    """
    from mamlcheck import api
    from mamlcheck.claims import claim_ids
    from mamlcheck.disk import write_text
    from mamlcheck.meta.files import instance_text

    table = choice.table()
    block = api.instance(Path(instance) if instance.lstrip().startswith("{") else instance, table, choice.loss)
    checked = [api.check_claim(claim, block) for claim in claim_ids()]
    if save is not None:
        write_text(save, instance_text(block))
    falls = _waterfalls(block, checked) if waterfall else {}
    if as_json:
        click.echo(json_text(_shown_as_json(instance, block, checked, falls)))
    else:
        if table is not None:
            print_notes(table)
        _print_shown(instance, block, checked, falls, _snippet(instance, choice))
    raise SystemExit(1 if any(c.failed for c in checked) else 0)


def _waterfalls(block: Instances, checked: list[Checked]) -> dict[str, Waterfall]:
    """The waterfall of each claim that is not vacuous here."""
    from mamlcheck.check.verdict import Verdict
    from mamlcheck.proof.catalogue import has_proof, proved
    from mamlcheck.proof.waterfall import waterfall

    shown = [c.claim for c in checked if c.verdict is not Verdict.VACUOUS and has_proof(c.claim)]
    return {claim: waterfall(proved(claim), block) for claim in shown}


def _shown_as_json(name: str, block: Instances, checked: list[Checked], falls: dict[str, Waterfall]) -> dict[str, Any]:
    from mamlcheck.check.description import describe
    from mamlcheck.formats.codec import plain
    from mamlcheck.proof.records import waterfall_record

    return {
        "instance": name,
        "description": describe(block),
        "guaranteed": block.guaranteed,
        "claims": {
            c.claim: {
                "verdict": str(c.verdict),
                "why": c.why,
                "lhs": bounds_json(c.left),
                "rhs": bounds_json(c.right),
                "tightness": bounds_json(c.tightness) if c.tightness else None,
                "arithmetic": c.arithmetic,
                "waterfall": plain(waterfall_record(falls[c.claim])) if c.claim in falls else None,
            }
            for c in checked
        },
    }


def _print_shown(
    name: str, block: Instances, checked: list[Checked], falls: dict[str, Waterfall], snippet: str
) -> None:
    from rich.text import Text

    from mamlcheck.arithmetic.exact import fractions_of
    from mamlcheck.check.description import describe
    from mamlcheck.meta.hypotheses import number_text
    from mamlcheck.meta.variables import Shape, in_text
    from mamlcheck.report.decimals import enclosure_text

    titles = ("claim", "verdict", "left side", "right side", "tightness", "decided by")
    rows = [
        (
            c.claim,
            loud(str(c.verdict), c.failed),
            enclosure_text(bounds_json(c.left)),
            enclosure_text(bounds_json(c.right)),
            enclosure_text(bounds_json(c.tightness)) if c.tightness else "-",
            c.arithmetic,
        )
        for c in checked
    ]
    console = console_of()
    console.print(Text(f"{name}: {describe(block)}"))
    shown = sorted((v for v in in_text() if v.shape is Shape.NUMBER), key=lambda v: v.of_tasks)  # constants last
    numbers = [f"{v.symbol} = {number_text(next(fractions_of(block.number(v.name))))}" for v in shown]
    console.print(Text(f"{', '.join(numbers)} ({block.provenance})"))
    if not block.guaranteed:
        console.print(Text("NOT GUARANTEED: a constant is declared or estimated, not certified.", style="bold red"))
    console.print()
    print_grid(console, titles, rows)
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
        print_grid(console, ("step", "value", "share", ""), list(waterfall_rows(fall)), right=2)


def _snippet(name: str, choice: Choice) -> str:
    """Python that does what `show` did, to the same verdicts."""
    source, imports, lines = repr(name), ["import mamlcheck", "from mamlcheck.claims import claim_ids"], []
    if choice.data is not None:
        imports.append("from mamlcheck.tasks.tables import read_table")
        named = "".join(f", {k}={v!r}" for k, v in choice.arguments.items())
        lines.append(f"table = read_table({choice.data!r}{named})")
        source += ", table" + (f", {list(choice.loss)!r}" if choice.loss else "")
    lines += [
        f"instance = mamlcheck.instance({source})",
        "print(*(mamlcheck.check_claim(claim, instance) for claim in claim_ids()), sep='\\n')",
    ]
    return "\n".join(imports + lines)
