"""docs/sweeps.md: its blocks run as they stand, in one folder, and what it says of them is true."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mamlcheck
from mamlcheck.check.store import CHUNK

pytest.importorskip("pyarrow", reason="PyArrow is not installed: pip install 'mamlcheck[tables]'")

PAGE = Path(__file__).parents[1] / "docs" / "sweeps.md"
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
NOT_HERE = ("#!/bin/bash\n#SBATCH", "--dask tcp://HOST")  # need a cluster; tests/check/test_engines.py has Dask


def run(language: str, text: str) -> str:
    """Runs a block with this Python's mamlcheck, with fewer instances than it says."""
    text = text.replace("40000", "2000").replace("16384", "512")
    bin_of_mamlcheck = f'mamlcheck() {{ "{sys.executable}" -m mamlcheck "$@"; }}\n'
    command = [sys.executable, "-c", text] if language == "python" else ["bash", "-ec", bin_of_mamlcheck + text]
    environment = {**os.environ, "PYTHONPATH": str(Path(mamlcheck.__file__).parents[1])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the blocks are for a shell that Windows does not have")
def test_the_blocks_run_and_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = [block for block in BLOCKS if not any(mark in block[1] for mark in NOT_HERE)]
    assert len(here) == len(BLOCKS) - len(NOT_HERE) == 4
    said = [run(*block) for block in here]
    one, other = re.findall(r'"digest": "(\w+)"', said[1])
    assert one == other in said[0]
    assert f"{3 * 512:,} instances" in said[2]
    assert "lemma_4_8" in said[3]


def test_the_page_says_how_long_chunks_are() -> None:
    assert f"**chunks** of\n{CHUNK:,}" in PAGE.read_text(encoding="utf-8")
    assert json.dumps(CHUNK) in PAGE.read_text(encoding="utf-8")
