"""Memory of a process that is mamlcheck's own: what is freed, and what SymPy found, stays at hand for what is next.

Formulas over blocks make and drop arrays of some hundred kilobytes all the time. The C library of Linux gives such
memory back to the system at once and asks for it again, and the system fills every page with zeros each time, which
takes as long as the arithmetic.

SymPy remembers the last thousand results of each of its functions, which is less than one proof asks for again: with
more of them all proofs take a fifth less time, for 5 MB.

A library must not change either for its host: only commands and workers do.
"""

from __future__ import annotations

import ctypes
import os

# `mallopt` of glibc, by the numbers in its malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
LARGEST_KEPT = 2**25  # bytes of one array; glibc takes no more
KEPT = 2**26  # bytes that are free, and stay with the process
FORMULAS = 20_000  # results that SymPy remembers of each of its functions


def keep_what_is_freed() -> bool:
    """Let glibc keep freed memory for what is made next; whether it does. Other C libraries are left as they are."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # no such function, or no way to ask for it
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST_KEPT)) and bool(mallopt(TRIM_THRESHOLD, KEPT))


def keep_formulas() -> None:
    """Let SymPy remember more, unless the environment says how much. SymPy asks when it is imported: call it before."""
    os.environ.setdefault("SYMPY_CACHE_SIZE", str(FORMULAS))


__all__ = ["keep_formulas", "keep_what_is_freed"]
