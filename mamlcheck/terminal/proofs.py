"""Proofs, axioms and waterfalls as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from mamlcheck.terminal.console import console_of, say
from mamlcheck.terminal.grid import Column, fold, print_columns, print_grid

if TYPE_CHECKING:
    from rich.console import Console

    from mamlcheck.formats.proofs import Axiom, ChainRecord, ProofRecord, Proofs, Rechecked, WaterfallRecord
    from mamlcheck.formats.rocq import RocqFile, RocqFiles
    from mamlcheck.report.steps import StepRow

HANGING = 4  # characters by which the lines of a broken line are indented further
BAR_CHARACTERS = 24  # of the bar of a step that loses everything
SHORT_BAR_CHARACTERS = 10  # of the same where the table is too wide


def together(parts: Sequence[Proofs]) -> Proofs:
    """Several documents as one."""
    from mamlcheck.formats.proofs import Proofs

    return Proofs(
        proved=all(part.proved for part in parts),
        without_proof=tuple(claim for part in parts for claim in part.without_proof),
        conjectures=tuple(claim for part in parts for claim in part.conjectures),
        claims={claim: proof for part in parts for claim, proof in part.claims.items()},
    )


def print_proofs(proofs: Proofs, latex: bool) -> None:
    """Print every proof, chain by chain, and how many claims are proved."""
    width = console_of().width
    for claim, proof in proofs.claims.items():
        click.echo(fold("\n".join(proof_lines(claim, proof, latex)) + "\n", width, HANGING))
    for claim in proofs.without_proof:
        click.echo(f"{claim}: NOT PROVED, there is no proof file\n")
    for claim in proofs.conjectures:
        told = f"{claim}: a conjecture, neither proved nor refuted; mamlcheck hunt {claim} tries to refute it\n"
        click.echo(fold(told, width))
    _print_rechecked(proofs)
    proved = sum(proof.proved for proof in proofs.claims.values())
    count = len(proofs.claims) + len(proofs.without_proof)
    click.echo(f"{proved} of {count} claims proved{_beside(len(proofs.conjectures))}.")


def _print_rechecked(proofs: Proofs) -> None:
    """What Rocq said of these proofs: one line, and the axioms that they rest on there."""
    found = [proof.rechecked for proof in proofs.claims.values() if proof.rechecked is not None]
    if not found:
        return
    axioms = sorted({axiom for one in found for axiom in one.rests_on})
    rest = "It rests" if len(found) == 1 else "They rest"
    say(console_of(), f"Rocq {found[0].rocq} accepts {_these(len(found))}, as of {_as_of(found[0])}.")
    click.echo(f"{rest} there on these axioms of its standard library:")
    click.echo("".join(f"  {axiom}\n" for axiom in axioms))


def _these(count: int) -> str:
    return "this proof too" if count == 1 else f"{count} of these proofs too"


def _as_of(one: Rechecked) -> str:
    return f"{one.date} and commit {one.commit}"


def _beside(conjectures: int) -> str:
    if not conjectures:
        return ""
    return ", beside 1 conjecture" if conjectures == 1 else f", beside {conjectures} conjectures"


def proof_lines(claim: str, proof: ProofRecord, latex: bool = False) -> Iterator[str]:
    """A proof as lines of text: every chain with its justifications, lemmas first."""
    chains = [*(("Lemma", chain) for chain in proof.lemmas), *(("Chain", chain) for chain in proof.chains)]
    count = sum(len(chain.links) for _, chain in chains)
    many = "chain" if len(chains) == 1 else "chains"
    state = f"proved, {count} links in {len(chains)} {many}" if proof.proved else "NOT PROVED"
    yield f"{claim}: {state}"
    yield from (f"  {line}" if line else "" for line in proof.text.splitlines())
    if proof.rechecked is not None:
        yield f"  Accepted by Rocq {proof.rechecked.rocq} too, as of {_as_of(proof.rechecked)}."
    if proof.unused:
        yield f"  Not used: {', '.join(proof.unused)}"
    if proof.form == "strong":
        yield "  In the strong form, with deviations at the points used: it implies the form with bounds everywhere."
    for message in proof.missing:
        yield f"  MISSING: {message}"
    for kind, chain in chains:
        yield ""
        yield f"  {kind}: {chain.name}"
        yield from (f"    {line}" for line in _chain_lines(chain, latex))


def print_rocq(files: RocqFiles) -> None:
    """Print the files that were written for Rocq, and what it said of them."""
    rows = [(claim, *_rocq_cells(file)) for claim, file in files.claims.items() if file.state != "not written"]
    console = console_of()
    print_grid(console, ("claim", "lines", "seconds", "Rocq"), rows, right=2)
    refused = [(claim, file) for claim, file in files.claims.items() if file.state == "refused"]
    for claim, file in refused:
        click.echo(f"\n{claim}: refused, {file.file}:\n  " + "\n  ".join(file.said.splitlines()))
    click.echo("")
    for claim, file in files.claims.items():
        if file.state == "not written":
            say(console, f"{claim}: not written, {file.said}")
    written = len(rows)
    if not files.rocq:
        proofs = "1 proof" if written == 1 else f"{written} proofs"
        say(console, f"{proofs} written to {files.folder}, with the library that they rest on.")
        click.echo("Have Rocq read them: add --check.")
        return
    say(console, f"Rocq {files.rocq} accepts {written - len(refused)} of {written} proofs in {files.folder}.")
    axioms = sorted({axiom for file in files.claims.values() for axiom in file.rests_on})
    if axioms:
        say(console, "They rest on these axioms of its standard library alone, and on no other:")
        click.echo("".join(f"  {axiom}\n" for axiom in axioms), nl=False)


def _rocq_cells(file: RocqFile) -> tuple[str, str, str]:
    seconds = "" if file.seconds is None else f"{file.seconds:.1f}"
    return str(file.lines), seconds, "accepted before" if file.state == "accepted" and not seconds else file.state


def _chain_lines(chain: ChainRecord, latex: bool) -> Iterator[str]:
    yield f"   {chain.start.latex if latex else chain.start.text}"
    for link in chain.links:
        mark = "" if link.holds else "  DOES NOT HOLD"
        yield f"{link.relation:>2} {link.latex if latex else link.text}"
        yield f"     {link.number}. {link.title}  [{'; '.join(link.by)}]{mark}"
        if chain.strong_form_after == link.number:
            yield "     so far with deviations at the points used; now as printed, with bounds that hold everywhere:"


def print_axioms(axioms: Mapping[str, Axiom]) -> None:
    """Print what may be concluded without proof."""
    told = (
        f"{name.replace('_', ' ')}: {axiom.title}\n  {axiom.statement}\n  {axiom.source}"
        for name, axiom in axioms.items()
    )
    click.echo(fold("\n\n".join(told), console_of().width, HANGING))


def print_waterfall(console: Console, claim: str, fall: WaterfallRecord) -> None:
    """Print where the bound of a claim loses, step by step."""
    from rich.text import Text

    from mamlcheck.report.steps import step_rows

    console.print(Text(f"Where {claim} loses" + ("" if fall.proved else " (NOT PROVED)"), style="bold"))
    rows = step_rows(fall)
    titles = (f"{step.relation:>2} {step.title}" if step.relation else "   left side" for step in fall.steps)
    columns = (
        Column("step", tuple(titles)),
        Column("value", tuple(row.value for row in rows), right=True),
        Column("share", tuple(row.share for row in rows), right=True, zeros_go=True),
        Column("", _bars(rows, BAR_CHARACTERS), short=_bars(rows, SHORT_BAR_CHARACTERS), zeros_go=True),
    )
    print_columns(console, columns, long_names=True)


def _bars(rows: Sequence[StepRow], longest: int) -> tuple[str, ...]:
    return tuple("#" * round(longest * row.width / 100) for row in rows)
