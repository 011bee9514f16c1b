"""Freed memory that stays at hand, counted by the pages that the system had to hand out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mamlcheck.memory import keep_what_is_freed

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
