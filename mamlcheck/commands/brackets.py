"""`mamlcheck brackets`: how far each printed bound is from the truth."""

from __future__ import annotations

from pathlib import Path

import click

from mamlcheck.terminal import completion
from mamlcheck.terminal.options import reference_option


@click.command(short_help="Say how far each printed bound is from the truth.")
@click.argument("claims", metavar="[CLAIM]...", nargs=-1, shell_complete=completion.claims)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@reference_option("Take the witnesses of this reference run instead of those that came with mamlcheck.")
def brackets(claims: tuple[str, ...], as_json: bool, folder: Path | None) -> None:
    """Say how far each printed bound is from the truth: all of them, or those named by id or family.

    Every witness that is kept is certified again. A bracket runs from the tightness that it reaches, below which no
    constant is true, to the best constant that is proved; 1 stands for the bound itself. It is closed where the
    two are the same number, exactly. What is proved is what the kernel of `mamlcheck prove` accepts. Exit status 1: an
    instance goes beyond it. Claims about whole runs have none: few instances have a run that is known.
    """
    from mamlcheck.claims import load_claims
    from mamlcheck.errors import InputError
    from mamlcheck.record.brackets import Bracket, brackets_document, claims_with_brackets
    from mamlcheck.record.brackets import brackets as drawn_up
    from mamlcheck.record.reference import ReferenceRun, reference_folder
    from mamlcheck.terminal.brackets import print_brackets
    from mamlcheck.terminal.console import print_json, progress_bar, stopped_early

    chosen = claims_with_brackets(load_claims(claims))
    if not chosen:
        raise InputError(
            f"{', '.join(claims)}: claims about whole runs have no bracket, as nothing is hunted for them; "
            f"mamlcheck prove {' '.join(claims)} says what is proved"
        )
    rows: list[Bracket] = []
    without = len(load_claims(claims)) - len(chosen)
    try:
        with progress_bar(len(chosen), "Checking proofs and witnesses") as progress:
            witnesses = ReferenceRun(folder or reference_folder()).witnesses
            for claim in chosen:
                rows += drawn_up(witnesses, [claim])
                progress(1)
    except KeyboardInterrupt:
        if as_json or not rows:  # a document in part would be taken for the whole
            raise
        found = brackets_document(rows)
        print_brackets(found, without)
        stopped_early(f"the brackets of {len(rows)} of {len(chosen)} claims were drawn up", not found.contradicted)
    found = brackets_document(rows)
    if as_json:
        print_json(found)
    else:
        print_brackets(found, without)
    raise SystemExit(1 if found.contradicted else 0)
