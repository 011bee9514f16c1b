"""Where standard output takes no more: a sentence and an exit status, no traceback; and what help needs to import."""

from __future__ import annotations

import errno
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from in_a_terminal import COMMAND

from mamlcheck.terminal.console import is_of_writing

FULL = Path("/dev/full")  # a device that is always full, on Linux
LINES = (
    "--version", "--help", "check hf_error --instances 8", "check hf_error --instances 8 --json", "derive MAML",
    "show random-2/1/9 --no-waterfall", "prove hf_error --json", "prove --trust", "plan --constants "
    "L=1,rho=1,sigma=1,sigma~=1,sigma_H=1 --accuracy 1", "findings",
)  # fmt: skip


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("line", LINES)
def test_a_full_disk_is_told_in_a_sentence(line: str) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*COMMAND, *shlex.split(line)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr == (
        f"mamlcheck: standard output cannot be written ({os.strerror(errno.ENOSPC)}): give a place that takes it\n"
    )
    assert done.returncode == 2


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_a_report_is_there_where_its_table_cannot_be_printed(tmp_path: Path) -> None:
    command = [*COMMAND, "report", "--instances", "1", "--out", str(tmp_path / "out"), "--format", "json"]
    with FULL.open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[1:] == [f"The report is written: {tmp_path / 'out' / 'results.json'}"]
    assert (tmp_path / "out" / "results.json").exists()


@pytest.mark.parametrize(
    "line", ["--help", "prove hf_error lemma_4_8", "prove --trust --json", "check hf_error --instances 8"]
)
def test_a_reader_that_goes_is_no_error(line: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, *shlex.split(line)], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 141


def test_without_any_standard_output_a_command_does_its_work() -> None:
    line = shlex.join([*COMMAND, "check", "hf_error", "--instances", "8"])
    done = subprocess.run(["sh", "-c", f"{line} >&-"], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_other_errors_of_the_system_are_not_hidden() -> None:
    assert is_of_writing(OSError(errno.ENOSPC, "full"))
    assert not is_of_writing(FileNotFoundError(errno.ENOENT, "none"))
    assert not is_of_writing(ConnectionRefusedError(errno.ECONNREFUSED, "refused"))


@pytest.mark.parametrize("asked", ["--version", "--help", "report --help", "plan --help", "conform --help"])
def test_help_and_version_import_nothing_large(asked: str) -> None:
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(sorted({'numpy', 'sympy', 'flint', 'jinja2', 'rich'} & set(sys.modules))))\n"
        f"sys.argv = ['mamlcheck', *{asked.split()!r}]\n"
        "from mamlcheck.cli import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
