"""Where the files are that ship with the package but stand beside it in a checkout: proofs and the reference run."""

from __future__ import annotations

from pathlib import Path

from mamlcheck.errors import MamlcheckError

PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The folder `name`, such as 'proofs' or 'reports': inside an installed package, beside it in a checkout."""
    for home in (PACKAGE, PACKAGE.parent):
        if (home / name).is_dir():
            return home / name
    raise MamlcheckError(f"this installation of mamlcheck lacks its folder {name}: install it again")
