"""What stands beside the package in a checkout ships inside of it: by the rule in pyproject.toml, and by no other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import mamlcheck
from mamlcheck.errors import MamlcheckError
from mamlcheck.shipped import shipped

PROJECT = Path(__file__).parents[1]
PACKAGE = Path(mamlcheck.__file__).parent
RULE = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
    "wheel"
]["force-include"]


def files(folder: Path) -> dict[str, bytes]:
    """The contents of all files in a folder, by their place in it."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_folder_ships_at_its_own_name() -> None:
    assert {name: f"mamlcheck/{name}" for name in RULE} == RULE


@pytest.mark.parametrize("name", sorted(RULE))
def test_what_is_found_is_what_the_checkout_has(name: str) -> None:
    """In a checkout that is the same folder; where the tests run on an installed package, it is what was shipped."""
    assert files(shipped(name)) == files(PROJECT / name)
    assert files(PROJECT / name)


def test_all_that_the_package_asks_for_ships() -> None:
    asked = set()
    for path in PACKAGE.rglob("*.py"):
        asked |= set(re.findall(r'\bshipped\("(\w+)"\)', path.read_text(encoding="utf-8")))
    assert asked == set(RULE)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(MamlcheckError, match="lacks its folder nowhere: install it again"):
        shipped("nowhere")
