"""`mamlcheck prove`: have the kernel check the proofs of the claims."""

from __future__ import annotations

import click


@click.command(short_help="Check the proofs of the claims, step by step.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1)
@click.option("--latex", is_flag=True, help="Print the expressions as LaTeX.")
@click.option("--axioms", is_flag=True, help="List what may be concluded without proof, and stop.")
@click.option("--trust", is_flag=True, help='Print what has to be believed where this says "proved", and stop.')
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def prove(claims: tuple[str, ...], latex: bool, axioms: bool, trust: bool, as_json: bool) -> None:
    """Have the kernel check the proofs of claims, all of them or those named by id or family.

    Prints each chain with what justifies each step: an axiom, a hypothesis of the claim, a lemma proved before, or a
    difference that is manifestly not negative. Exit status 0: all are proved, but for conjectures, which have no proof;
    1: a link does not hold.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.formats.codec import plain
    from mamlcheck.proof import records
    from mamlcheck.terminal.console import json_text, print_json, progress_bar, wrong_call
    from mamlcheck.terminal.proofs import print_axioms, print_proofs

    if trust or axioms:
        flags = {"--axioms": trust and axioms, "--latex": latex, "--json": trust and as_json}
        unused = [*claims, *(flag for flag, given in flags.items() if given)]
        if unused:
            alone = "--trust" if trust else "--axioms"
            wrong_call(f"{alone} prints the same whatever is asked beside it: leave out {' '.join(unused)}")
    if trust:
        from mamlcheck.report.trust import trust_page

        click.echo(trust_page(), nl=False)
        return
    if axioms:
        known = records.axioms()
        if as_json:
            click.echo(json_text({name: plain(axiom) for name, axiom in known.items()}))
        else:
            print_axioms(known)
        return
    chosen = [claim.id for claim in load_claims(claims)]
    with progress_bar(len(chosen), "Checking proofs") as progress:
        proofs = records.proofs(chosen, progress)
    if as_json:
        print_json(proofs)
    else:
        print_proofs(proofs, latex)
    raise SystemExit(0 if proofs.proved else 1)
