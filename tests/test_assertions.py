"""Guards of rigour raise: `python -O` leaves assertions out.

An assertion in the package only tells the type checker what the lines around it show: that something is not None, or of
which class it is. The line after it would fail without it, too.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import mamlcheck

PACKAGE = Path(mamlcheck.__file__).parent


def narrows_a_type(test: ast.expr) -> bool:
    """`x is not None`, `isinstance(x, C)`, or the name of a thing that may be None."""
    if isinstance(test, ast.Compare):
        (operator,), (right,) = test.ops, test.comparators
        return isinstance(operator, ast.IsNot) and isinstance(right, ast.Constant) and right.value is None
    if isinstance(test, ast.Call):
        return isinstance(test.func, ast.Name) and test.func.id == "isinstance"
    return isinstance(test, ast.Attribute)


def guards(source: str) -> list[int]:
    """Lines of assertions, and of uses of `__debug__`, that do more than narrow a type."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Assert) and not narrows_a_type(node.test))
        or (isinstance(node, ast.Name) and node.id == "__debug__")
    ]


def test_no_guard_is_an_assertion() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 200
    found = {str(f.relative_to(PACKAGE)): lines for f in files if (lines := guards(f.read_text(encoding="utf-8")))}
    assert found == {}


def test_teeth_guards_are_found() -> None:
    for guard in (
        "assert a <= b",
        "assert a == 1 or b",
        "assert f(x)",
        "assert x is not None or y",
        "if __debug__: f()",
    ):
        assert guards(guard) == [1]
    for harmless in ("assert x is not None", "assert isinstance(x, int)", "assert self.process.stdin"):
        assert guards(harmless) == []


CONTRADICTED = """
import dataclasses, sys
import mamlcheck
from mamlcheck.check import witness
from mamlcheck.claims import load_claim

assert False, "assertions are left out here"
one = mamlcheck.instance("random-1/1/1")
real = witness.evaluate
def lies(claim, x):
    found = real(claim, x)
    found.codes[:] = 1 - found.codes  # HOLDS is 0, VIOLATED is 1
    return found
witness.evaluate = lies
try:
    witness.certified(load_claim("lemma_4_8"), one)
except witness.Contradiction as error:
    print(error)
"""


def test_a_contradiction_is_raised_without_assertions_too() -> None:
    """A comparison that says VIOLATED beside a ratio certainly below 1, under `python -O`."""
    run = subprocess.run([sys.executable, "-O", "-c", CONTRADICTED], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert "lemma_4_8 is VIOLATED" in run.stdout
    assert "one of the two is wrong" in run.stdout
