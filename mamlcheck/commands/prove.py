"""`mamlcheck prove`: have the kernel check the proofs of the claims."""

from __future__ import annotations

from typing import NoReturn

import click

from mamlcheck.terminal import completion


@click.command(short_help="Check the proofs of the claims, step by step.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1, shell_complete=completion.claims)
@click.option("--latex", is_flag=True, help="Print the expressions as LaTeX.")
@click.option("--axioms", is_flag=True, help="List what may be concluded without proof, and stop.")
@click.option("--trust", is_flag=True, help='Print what has to be believed where this says "proved", and stop.')
@click.option("--rocq", metavar="DIR", help="Write the proofs into a folder, as files for the proof assistant Rocq.")
@click.option("--check", is_flag=True, help="With --rocq: have Rocq read the files, where it is installed.")
@click.option("--record", is_flag=True, help="With --check, in a checkout: write down what Rocq accepted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def prove(
    claims: tuple[str, ...],
    latex: bool,
    axioms: bool,
    trust: bool,
    rocq: str | None,
    check: bool,
    record: bool,
    as_json: bool,
) -> None:
    """Have the kernel check the proofs of claims, all of them or those named by id or family.

    Prints each chain with what justifies each step: an axiom, a hypothesis of the claim, a lemma proved before, or a
    difference that is manifestly not negative. Exit status 0: all are proved, but for conjectures, which have no proof;
    1: a link does not hold.

    With --rocq the proofs are written as files for Rocq (before version 9 called Coq) instead, with the library that
    they rest on: a proof assistant checks them again, and every axiom is a theorem there. With --check it reads them at
    once; what it accepted before is not read again. Exit status 1: Rocq refuses a file; 2: it is not installed.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.formats.proofs import Axioms, Proofs
    from mamlcheck.proof import records
    from mamlcheck.terminal.console import print_json, progress_bar, stopped_early, wrong_call
    from mamlcheck.terminal.proofs import print_axioms, print_proofs, together

    if trust or axioms:
        flags = {
            "--axioms": trust and axioms, "--latex": latex, "--rocq": rocq is not None, "--check": check,
            "--record": record,
        }  # fmt: skip
        unused = [*claims, *(flag for flag, given in flags.items() if given)]
        if unused:
            alone = "--trust" if trust else "--axioms"
            wrong_call(f"{alone} prints the same whatever is asked beside it: leave out {' '.join(unused)}")
    if trust:
        from mamlcheck.report import trust as trusted

        if as_json:
            print_json(trusted.trust())
        else:
            click.echo(trusted.trust_page(), nl=False)
        return
    if axioms:
        known = records.axioms()
        if as_json:
            print_json(Axioms(known))
        else:
            print_axioms(known)
        return
    if check and rocq is None:
        wrong_call("--check has Rocq read the files that --rocq DIR writes: give the folder too")
    if record and (not check or claims):
        wrong_call("--record writes down what Rocq accepts of all proofs: give it with --rocq DIR --check and no CLAIM")
    if latex and rocq is not None:
        wrong_call("--latex prints expressions, and --rocq writes files: leave out one of them")
    chosen = [claim.id for claim in load_claims(claims)]
    if rocq is not None:
        _for_rocq(rocq, chosen, check, record, as_json)
    found: list[Proofs] = []
    try:
        with progress_bar(len(chosen), "Checking proofs") as progress:
            for claim in chosen:
                found.append(records.proofs([claim]))
                progress(1)
    except KeyboardInterrupt:
        if as_json or not found:  # a document in part would be taken for the whole
            raise
        print_proofs(together(found), latex)
        stopped_early(f"the proofs of {len(found)} of {len(chosen)} claims were checked", together(found).proved)
    proofs = together(found)
    if as_json:
        print_json(proofs)
    else:
        print_proofs(proofs, latex)
    raise SystemExit(0 if proofs.proved else 1)


def _for_rocq(folder: str, claims: list[str], ask: bool, record: bool, as_json: bool) -> NoReturn:
    from pathlib import Path

    from mamlcheck.errors import InputError
    from mamlcheck.proof.rocq.check import NoRocq, check, write
    from mamlcheck.proof.rocq.record import keep
    from mamlcheck.terminal.console import print_json, progress_bar, wrong_call
    from mamlcheck.terminal.proofs import print_rocq

    try:
        with progress_bar(len(claims), "Writing proofs") as progress:
            files = write(Path(folder), claims, progress)
        if ask:
            with progress_bar(sum(f.state == "written" for f in files.claims.values()), "Rocq reads") as progress:
                files = check(files, progress)
        if record:
            keep(files)
    except (NoRocq, InputError) as error:
        wrong_call(str(error))
    if as_json:
        print_json(files)
    else:
        print_rocq(files)
    raise SystemExit(1 if ask and not files.accepted else 0)
