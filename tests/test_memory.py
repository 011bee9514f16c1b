"""Freed memory that stays at hand, counted by the pages that the system had to hand out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mamlcheck.memory import FORMULAS, keep_what_is_freed

PAGES = """
import resource, sys
import numpy as np
from mamlcheck.memory import keep_what_is_freed
if sys.argv[1] == "kept":
    keep_what_is_freed()
x = np.zeros(2**18)
for _ in range(3):
    y = (x + 1.0) * 2.0 - (x * 3.0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    y = (x + 1.0) * 2.0 - (x * 3.0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux") or not keep_what_is_freed(), reason="not glibc")
def test_arrays_are_made_of_memory_that_was_freed():
    pages = {
        how: int(subprocess.run([sys.executable, "-c", PAGES, how], capture_output=True, text=True, check=True).stdout)
        for how in ("given back", "kept")
    }
    assert pages["kept"] * 10 < pages["given back"]


def test_other_c_libraries_are_left_as_they_are(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    assert not keep_what_is_freed()


REMEMBERED = """
import sys
from click.testing import CliRunner
from mamlcheck.cli import main
assert "sympy" not in sys.modules
CliRunner().invoke(main, ["check", "--help"])
import sympy
print(sympy.Add.__new__.cache_info().maxsize)
"""


@pytest.mark.parametrize(("given", "kept"), [(None, FORMULAS), ("500", 500)])
def test_sympy_remembers_more_in_a_command_unless_it_is_told_how_much(given, kept):
    environment = {name: value for name, value in os.environ.items() if name != "SYMPY_CACHE_SIZE"}
    environment |= {"SYMPY_CACHE_SIZE": given} if given else {}
    done = subprocess.run(
        [sys.executable, "-c", REMEMBERED], capture_output=True, text=True, check=True, env=environment
    )
    assert int(done.stdout) == kept
