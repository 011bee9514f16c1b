"""Advice works where it is shown: in the framework, on the command line or in Python, wherever it is read."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import mamlcheck.conformance
from mamlcheck.conformance import identify
from mamlcheck.conformance.advice import ANY, both, in_words, together
from mamlcheck.conformance.checks import run_checks
from mamlcheck.conformance import subject
from mamlcheck.errors import InputError

ROOM = Path(mamlcheck.conformance.__file__).parent
PLANTED = Path(__file__).parent / "planted"
# What one framework has and the others have not.
OWN = {
    "torch": (
        "create_graph",
        "zero_grad",
        "backward(",
        "detach",
        ".data",
        "no_grad",
        "reduction='",
        "clip_grad",
        " .grad",
    ),
    "jax": ("stop_gradient", "jax.", "pytree"),
}


def test_the_words_of_a_framework():
    cause = {"torch": "call detach().", ANY: "cut it."}
    assert in_words("whatever.", ("jax",)) == "whatever."
    assert in_words(cause, ("numpy", "torch")) == "call detach()."
    assert in_words(cause, ("jax",)) == in_words(cause, ()) == "cut it."
    assert in_words(both(cause, "And this."), ("torch",)) == "call detach(). And this."
    assert in_words(both("First.", cause), ("jax",)) == "First. cut it."
    assert together("a.", "", "b.", "a.") == "a. b."


def _sentences(tree):
    """Texts of a file with the key of the dictionary they stand in, docstrings left out."""
    found = []

    def walk(node, key):
        if isinstance(node, ast.Dict):
            for k, v in zip(node.keys, node.values, strict=True):
                walk(v, k.value if isinstance(k, ast.Constant) else key)
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append((node.value, key))
        for child in ast.iter_child_nodes(node):
            is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if not is_docstring:
                walk(child, key)

    walk(tree, None)
    return found


def test_advice_that_names_what_a_framework_has_is_for_that_framework():
    files = [f for f in ROOM.rglob("*.py") if f.parent.name != "adapters"]
    told = [(f.name, text, key) for f in files for text, key in _sentences(ast.parse(f.read_text())) if " " in text]
    assert sum(key == "torch" for _, _, key in told) >= 8
    for name, text, key in told:
        for framework, words in OWN.items():
            if key != framework:
                assert not any(word in text for word in words), (name, text)


@pytest.mark.parametrize("framework", ["numpy", "jax", "torch"])
def test_what_is_said_of_wrong_subjects_has_no_word_of_another_framework(framework):
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    spec = importlib.util.spec_from_file_location(f"advised_{framework}", PLANTED / f"{framework}_wrong.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    chosen = {"numpy": module.WRONG, "jax": ["losses_summed", "stop_gradient_left_in"], "torch": ["joint", "climbing"]}
    for name in chosen[framework]:
        said = str(identify(getattr(module, name)))
        for other, words in OWN.items():
            if other != framework:
                assert not any(word in said for word in words), (name, said)


def test_what_returns_nothing_is_told_nothing_of_gradients():
    said = identify(lambda problem: lambda: None).sentence
    assert said == "There is no direction: call() returned None: it is to return the direction."


@pytest.mark.parametrize("package", ["torch", "jax"])
def test_a_missing_framework_names_the_extra(tmp_path, package):
    """Whether the file imports it or the problem does; here in an interpreter that cannot find it."""
    (tmp_path / "own_import.py").write_text(f"import {package}\ndef make(problem):\n    return None\n")
    (tmp_path / "by_view.py").write_text(f"def make(problem):\n    problem.on({package!r})\n")
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {package!r}:\n"
        f"            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)\n"
        "sys.meta_path.insert(0, Without())\n"
    )
    for file in ("own_import", "by_view"):
        done = subprocess.run(
            [sys.executable, "-c", "from mamlcheck.cli import main; main()", "identify", f"{file}.py:make"],
            cwd=tmp_path,
            env={"PYTHONPATH": f"{tmp_path}:{ROOM.parents[1]}", "PATH": "", "COLUMNS": "300"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 1, done.stderr
        assert f"pip install 'mamlcheck[{package}]'" in done.stdout.splitlines()[0]


def test_lines_that_repeat_a_failure_can_be_run():
    """What can be imported is imported; what cannot is left to be filled in."""

    @subject("MAML")
    def make(problem):
        return lambda: problem.parameters

    conformance = run_checks(make, only="reference[linear-robust,alpha=0.4,steps=1,float64]")
    lines = conformance.paste(conformance.failed[0])
    ast.parse(lines)
    assert "make = ...  # " in lines
    by_name = run_checks(f"{PLANTED / 'numpy_wrong.py'}:in_place", "FO-MAML", only="inputs-untouched")
    assert f"check_subject('{PLANTED / 'numpy_wrong.py'}:in_place', 'FO-MAML'" in by_name.paste(by_name.failed[0])


def test_lines_that_repeat_a_failure_hold_the_delta_that_was_given():
    conformance = run_checks(f"{PLANTED / 'numpy_wrong.py'}:half_the_hessian", "HF-MAML", delta=0.01, only="reference*")
    assert ", 'HF-MAML', delta=0.01, only=" in conformance.paste(conformance.failed[0])


def test_what_is_missing_is_asked_for_in_the_words_of_every_place():
    with pytest.raises(InputError, match=r"delta=0.01 in Python, --delta 0.01 to mamlcheck conform, --mamlcheck-delta"):
        run_checks(lambda problem: None, "HF-MAML")
    with pytest.raises(InputError, match=r"check_subject\(make, 'MAML'\) in Python, --as MAML on the command line"):
        run_checks(lambda problem: None)
