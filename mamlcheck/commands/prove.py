"""`mamlcheck prove`: have the kernel check the proofs of the claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mamlcheck.formats.proofs import Axiom


@click.command(short_help="Check the proofs of the claims, step by step.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1)
@click.option("--latex", is_flag=True, help="Print the expressions as LaTeX.")
@click.option("--axioms", is_flag=True, help="List what may be concluded without proof, and stop.")
@click.option("--trust", is_flag=True, help='Print what has to be believed where this says "proved", and stop.')
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def prove(claims: tuple[str, ...], latex: bool, axioms: bool, trust: bool, as_json: bool) -> None:
    """Have the kernel check the proofs of claims, all of them or those named by id or family.

    Prints each chain with what justifies each step: an axiom, a hypothesis of the claim, a lemma proved before, or a
    difference that is manifestly not negative. Exit status 0: all are proved; 1: a link does not hold.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.formats.codec import plain
    from mamlcheck.formats.proofs import Proofs
    from mamlcheck.proof.catalogue import has_proof, proved
    from mamlcheck.proof.records import axioms as known_axioms
    from mamlcheck.proof.records import proof_record
    from mamlcheck.report.proofs import proof_lines
    from mamlcheck.terminal.console import json_text, progress_bar

    if trust:
        from mamlcheck.report.trust import trust_page

        click.echo(trust_page(), nl=False)
        return
    if axioms:
        known = known_axioms()
        click.echo(json_text({name: plain(axiom) for name, axiom in known.items()}) if as_json else _axioms_text(known))
        return
    chosen = [claim.id for claim in load_claims(claims)]
    unproved = [claim for claim in chosen if not has_proof(claim)]
    with progress_bar(len(chosen), "Checking proofs") as progress:
        proofs = []
        for claim in chosen:
            if claim not in unproved:
                proofs.append(proved(claim))
            progress(1)
    done = not unproved and all(proof.proved for proof in proofs)
    if as_json:
        named = {proof.claim: proof_record(proof) for proof in proofs}
        click.echo(json_text(Proofs(done, tuple(unproved), named).as_json()))
        raise SystemExit(0 if done else 1)
    for proof in proofs:
        click.echo("\n".join(proof_lines(proof, latex)) + "\n")
    for claim in unproved:
        click.echo(f"{claim}: NOT PROVED, there is no proof file\n")
    good = sum(proof.proved for proof in proofs)
    click.echo(f"{good} of {len(chosen)} claims proved.")
    raise SystemExit(0 if done else 1)


def _axioms_text(axioms: dict[str, Axiom]) -> str:
    return "\n\n".join(
        f"{name.replace('_', ' ')}: {axiom.title}\n  {axiom.statement}\n  {axiom.source}"
        for name, axiom in axioms.items()
    )
