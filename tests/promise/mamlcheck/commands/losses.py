"""`mamlcheck losses`: the built-in losses."""

from __future__ import annotations

import click


@click.command(short_help="List the built-in losses.")
def losses() -> None:
    """List the built-in losses, each with its expression."""
    from mamlcheck.tasks.losses import builtin_losses

    for psi in builtin_losses():
        click.echo(f"{psi.name}: {psi.text}")
