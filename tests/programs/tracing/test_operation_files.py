"""Files of operations say what they hold, and no operation is in two of them: the later would win in silence.

They are read as text, so that this needs none of the frameworks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mamlcheck.programs import tracing

HOME = Path(tracing.__file__).parent
ALL = sorted(HOME.glob("*_operations/[!_]*.py"))


def assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """What names of a module stand for."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
    return found


def names(value: ast.expr, known: dict[str, ast.expr]) -> Iterator[str]:
    """The keys of a dict: written out, or by `dict.fromkeys` of names that are written out."""
    if isinstance(value, ast.Dict):
        for key, entry in zip(value.keys, value.values, strict=True):
            yield from [ast.literal_eval(key)] if key is not None else names(entry, known)
    elif isinstance(value, ast.DictComp):
        yield from words(value.generators[0].iter, known)
    elif isinstance(value, ast.Call) and ast.unparse(value.func) == "dict.fromkeys":
        yield from words(value.args[0], known)
    elif isinstance(value, ast.Name):
        yield from names(known[value.id], known)
    else:
        raise AssertionError(f"not written out: {ast.unparse(value)}")


def words(value: ast.expr, known: dict[str, ast.expr]) -> list[str]:
    if isinstance(value, ast.Name):
        return words(known[value.id], known)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "split":
        text: str = ast.literal_eval(value.func.value)
        return text.split()
    assert isinstance(value, (ast.Tuple, ast.List)), f"not written out: {ast.unparse(value)}"
    found: list[str] = []
    for one in value.elts:
        found += words(one.value, known) if isinstance(one, ast.Starred) else [ast.literal_eval(one)]
    return found


def operations(text: str) -> list[str]:
    known = assigned(ast.parse(text))
    return list(names(known["OPERATIONS"], known))


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_file_of_operations_has_them_for_itself(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    mine = operations(text)
    assert len(mine) == len(set(mine)), "twice in one file"
    for other in path.parent.glob("[!_]*.py"):
        if other != path:
            both = set(mine) & set(operations(other.read_text(encoding="utf-8")))
            assert not both, f"{both} are in {other.name}, too"


def test_what_is_in_two_files_is_seen() -> None:
    assert operations("A = ('a', 'b')\nOPERATIONS = {'c': 1, **dict.fromkeys(A, 2), 'c': 3}") == ["c", "a", "b", "c"]
    with pytest.raises(AssertionError, match="not written out"):
        operations("OPERATIONS = made()")
