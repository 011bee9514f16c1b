"""The pages for `man` are made of the help: every command and every option is in them."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import click
import pytest

from mamlcheck.cli import main
from mamlcheck.version import __version__

man = pytest.importorskip("click_man.core", reason="click-man is not installed: pip install 'mamlcheck[test]'")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("man")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # click-man uses a name that click gives up
        man.write_man_pages("mamlcheck", main, version=__version__, target_dir=str(folder))
    return folder


def plain(page: Path) -> str:
    """The words of a page, without the marks of roff."""
    return " ".join(page.read_text(encoding="utf-8").replace("\\-", "-").replace("\\", "").split())


def test_the_page_names_every_command(pages: Path) -> None:
    said = plain(pages / "mamlcheck.1")
    for name, command in main.commands.items():
        assert name in said
        assert " ".join(command.get_short_help_str(limit=200).split()) in said


@pytest.mark.parametrize("name", sorted(main.commands))
def test_a_page_has_every_option_with_its_help(name: str, pages: Path) -> None:
    said, command = plain(pages / f"mamlcheck-{name}.1"), main.commands[name]
    assert command.help is not None
    assert command.help.split()[0] in said
    for option in command.params:
        if isinstance(option, click.Option) and option.opts != ["--help"]:
            assert option.opts[0] in said
            assert " ".join(str(option.help).split()) in said


def test_the_tool_finds_the_command_by_its_name(tmp_path: Path) -> None:
    """As `nox -s man` calls it, with the command that is installed."""
    tool = [sys.executable, "-c", "from click_man.shell import cli; cli()"]
    subprocess.run([*tool, "--target", str(tmp_path), "mamlcheck"], check=True)
    assert (tmp_path / "mamlcheck.1").exists()
