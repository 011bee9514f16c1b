"""The command line: one file for each command in `mamlcheck.commands`, found by its place.

It decides nothing: what it prints comes from the results. Exit status 0: nothing fails, or the subject conforms;
1: something is violated or undecided, or it does not conform; 2: the call is wrong, in one line on standard error;
130: stopped by Ctrl-C, with nothing violated or undecided so far; 141: whoever reads the output wants no more of it.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Any

import click

from mamlcheck import commands
from mamlcheck.disk import nowhere
from mamlcheck.errors import MamlcheckError
from mamlcheck.memory import keep_formulas, keep_what_is_freed
from mamlcheck.terminal.console import STOPPED, is_of_writing, not_printed, reader_may_go, wrong_call
from mamlcheck.version import __version__

STATUSES = (
    "Exit status: 0 nothing fails, or the subject conforms; 1 something is violated or undecided, or it does not; 2 "
    "the call is wrong; 130 stopped by Ctrl-C with nothing failing so far; 141 whoever reads the output, such as head, "
    "wants no more of it."
)
COMPLETION = (
    "Completion with Tab of commands, options, claims, files and columns: put "
    'eval "$(_MAMLCHECK_COMPLETE=bash_source mamlcheck)" into ~/.bashrc, the same with zsh_source into ~/.zshrc, or '
    "_MAMLCHECK_COMPLETE=fish_source mamlcheck | source into ~/.config/fish/completions/mamlcheck.fish."
)


class _Group(click.Group):
    """Turns the errors mamlcheck raises on purpose, and what cannot be printed, into one line and exit status 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        if sys.stdout is None:  # as a shell closes it by >&-: what is printed goes nowhere then
            sys.stdout = nowhere()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if not is_of_writing(error):
                raise
            not_printed(error)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with reader_may_go():  # --help and --version print here
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with reader_may_go():
                return super().invoke(ctx)
        except MamlcheckError as error:
            wrong_call(str(error))
        except KeyboardInterrupt as stopped:
            for note in getattr(stopped, "__notes__", ()):
                click.echo(note, err=True)
            click.echo("Stopped by Ctrl-C before the end: what is not printed above is lost.", err=True)
            raise SystemExit(STOPPED) from None


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"{STATUSES}\n\n{COMPLETION}",
)
@click.version_option(__version__, prog_name="mamlcheck")
def main() -> None:
    """Certified checks of the convergence theory of Model-Agnostic Meta-Learning (MAML), and of its
    implementations.

    Every verdict on the theory is proved by ball arithmetic, Arb or exact fractions, or it is UNDECIDED; or, by sampled
    batches where these are too many, it HOLDS at a stated confidence, and is counted apart. Implementations are held
    against certified references.
    """
    keep_what_is_freed()  # the process is the command's own
    keep_formulas()


for _name in sorted(info.name for info in pkgutil.iter_modules(commands.__path__) if not info.name.startswith("_")):
    main.add_command(getattr(importlib.import_module(f"{commands.__name__}.{_name}"), _name))
