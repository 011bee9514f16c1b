"""`mamlcheck derive`: the package's own formulas, run on symbols and printed."""

from __future__ import annotations

import click


@click.command(short_help="Derive F, its gradient, L(w) and the algorithms' directions as formulas.")
@click.argument("models", metavar="[MODEL]...", nargs=-1)
@click.option(
    "--loss", default="psi", show_default=True, help="psi (any loss), a built-in loss, or an expression in t."
)
@click.option("--dim", type=int, default=2, show_default=True, help="Dimension d, at most 3.")
@click.option("--tasks", type=int, default=1, show_default=True, help="Tasks n.")
@click.option("--samples", type=int, default=2, show_default=True, help="Samples m of each task.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "latex", "mathml"]),
    default="text",
    show_default=True,
    help="How formulas are written.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with text and LaTeX of every line.")
def derive(models: tuple[str, ...], loss: str, dim: int, tasks: int, samples: int, form: str, as_json: bool) -> None:
    """Derive MODELs from the package's own formulas, run on symbols: all of them, or F, grad_F, F_hat,
    grad_F_hat, L, L_tilde, MAML, FO-MAML, HF-MAML.

    Formulas come in short steps. Steps that several models share are shown once.
    """
    from mamlcheck.meta.models import Setting
    from mamlcheck.report import derive as derivations
    from mamlcheck.terminal.console import print_json, progress_bar

    with progress_bar(None, "Deriving"):
        found = derivations.derive(models, loss, Setting(dim=dim, tasks=tasks, samples=samples))
    writers = {"text": derivations.as_text, "latex": derivations.as_latex, "mathml": derivations.as_mathml}
    if as_json:
        print_json(derivations.document(found))
    else:
        click.echo(writers[form](found))
