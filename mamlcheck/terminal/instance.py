"""One instance in a terminal: every claim judged on it, where each bound loses, and Python that repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mamlcheck.terminal.console import console_of, loud, print_grid
from mamlcheck.terminal.proofs import print_waterfall

if TYPE_CHECKING:
    from mamlcheck.formats.shown import ShownInstance
    from mamlcheck.meta.instance import Instances
    from mamlcheck.terminal.tables import Choice


def print_shown(shown: ShownInstance, block: Instances, snippet: str) -> None:
    """Print a row for each claim, then why a verdict is none, the waterfalls, and the snippet."""
    from rich.text import Text

    from mamlcheck.report.decimals import enclosure_text

    console = console_of()
    console.print(Text(f"{shown.instance}: {shown.description}"))
    console.print(Text(constants_line(block)))
    if not shown.guaranteed:
        console.print(Text("NOT GUARANTEED: a constant is declared or estimated, not certified.", style="bold red"))
    console.print()
    titles = ("claim", "verdict", "left side", "right side", "tightness", "decided by")
    rows = [
        (
            name,
            loud(claim.verdict, claim.verdict in ("VIOLATED", "UNDECIDED")),
            enclosure_text(claim.lhs),
            enclosure_text(claim.rhs),
            enclosure_text(claim.tightness) if claim.tightness else "-",
            claim.arithmetic,
        )
        for name, claim in shown.claims.items()
    ]
    print_grid(console, titles, rows)
    for name, claim in shown.claims.items():
        if claim.why:
            verb = claim.verdict if claim.verdict == "HOLDS at confidence" else f"is {claim.verdict.lower()}"
            console.print(Text(f"{name} {verb}: {claim.why}."))
    for name, claim in shown.claims.items():
        if claim.waterfall:
            console.print()
            print_waterfall(console, name, claim.waterfall)
    console.print()
    console.print(Text("Repeat it in Python:", style="bold"))
    console.print(Text(snippet))


def constants_line(block: Instances) -> str:
    """The numbers of the instance, with the constants of its tasks last, and where those come from."""
    from mamlcheck.arithmetic.exact import fractions_of
    from mamlcheck.meta.hypotheses import number_text
    from mamlcheck.meta.variables import Shape, goes_without_saying, in_text

    shown = sorted((v for v in in_text() if v.shape is Shape.NUMBER), key=lambda v: v.of_tasks)  # constants last
    found = [(v, next(fractions_of(block.number(v.name)))) for v in shown]
    numbers = [f"{v.symbol} = {number_text(value)}" for v, value in found if not goes_without_saying(v, value)]
    return f"{', '.join(numbers)} ({block.provenance})"


def snippet_of(name: str, choice: Choice) -> str:
    """Python that does what `mamlcheck show` did, to the same verdicts."""
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
