"""Guards of rigour raise: `python -O` leaves assertions out.

An assertion in the package only tells the type checker what the lines around it show: that something is not None, or of
which class it is. The line after it would fail without it, too.
"""

from __future__ import annotations

import ast
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
