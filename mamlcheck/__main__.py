"""`python -m mamlcheck` is the command `mamlcheck`."""

from __future__ import annotations

from mamlcheck.cli import main

if __name__ == "__main__":
    main(prog_name="mamlcheck")
