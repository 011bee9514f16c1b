"""One instance in a terminal: every claim judged on it, where each bound loses, and Python that repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mamlcheck.terminal.console import console_of, loud, say
from mamlcheck.terminal.grid import Column, print_columns
from mamlcheck.terminal.proofs import print_waterfall

if TYPE_CHECKING:
    from rich.console import Console

    from mamlcheck.formats.shared import Enclosure
    from mamlcheck.formats.shown import ShownInstance
    from mamlcheck.meta.instance import Instances
    from mamlcheck.terminal.tables import Choice


def print_shown(shown: ShownInstance, block: Instances, snippet: str) -> None:
    """Print a row for each claim, then why a verdict is none, the waterfalls, and the snippet."""
    from rich.text import Text

    console = console_of()
    say(console, f"{shown.instance}: {shown.description}")
    say(console, constants_line(block))
    if not shown.guaranteed:
        say(console, "NOT GUARANTEED: a constant is declared or estimated, not certified.", bad=True)
    console.print()
    _print_verdicts(console, shown)
    for name, claim in shown.claims.items():
        if claim.why:
            verb = claim.verdict if claim.verdict == "HOLDS at confidence" else f"is {claim.verdict.lower()}"
            say(console, f"{name} {verb}: {claim.why}.")
    for name, claim in shown.claims.items():
        if claim.waterfall:
            console.print()
            print_waterfall(console, name, claim.waterfall)
    console.print()
    console.print(Text("Repeat it in Python:", style="bold"))
    console.print(Text(snippet))


def _print_verdicts(console: Console, shown: ShownInstance) -> None:
    """A row for each claim; both sides by their certain digits alone where there is no room for all of them."""
    from mamlcheck.report.decimals import certain_digits, enclosure_text

    judged = tuple(shown.claims.values())
    deciders = {claim.arithmetic for claim in judged}
    failing = ("VIOLATED", "UNDECIDED")

    def numbers(title: str, found: tuple[Enclosure | None, ...]) -> Column:
        whole = tuple(enclosure_text(one) if one else "-" for one in found)
        return Column(title, whole, tuple(certain_digits(one) or "-" for one in found), leaves=title != "tightness")

    columns = [
        Column("claim", tuple(shown.claims)),
        Column("verdict", tuple(loud(claim.verdict, claim.verdict in failing) for claim in judged)),
        numbers("left side", tuple(claim.lhs for claim in judged)),
        numbers("right side", tuple(claim.rhs for claim in judged)),
        numbers("tightness", tuple(claim.tightness for claim in judged)),
    ]
    if len(deciders) > 1:
        columns.append(Column("decided by", tuple(claim.arithmetic for claim in judged)))
    print_columns(console, columns)
    if len(deciders) == 1:
        say(console, f"Each is decided by {deciders.pop()}.")


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
