"""Advice works where it is shown: in the framework, on the command line or in Python, wherever it is read."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from planted import PLANTED, diagnosed, load

import mamlcheck.conformance
from mamlcheck.conformance import conform, identify, subject
from mamlcheck.conformance.adapters import advice, frameworks
from mamlcheck.conformance.diagnosis.causes import Cause, in_words, together
from mamlcheck.conformance.mutants import mutants
from mamlcheck.errors import InputError

ROOM = Path(mamlcheck.conformance.__file__).parent
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
    cause = Cause("inner_sum", "Add up.")
    own = advice("torch")["inner_sum"]
    assert own != cause.text
    assert in_words(cause, ("numpy", "torch")) == own
    assert in_words(cause, ("jax",)) == in_words(cause, ()) == "Add up."
    other = Cause("nobody's", "And this.")
    assert together([cause, other, cause], ("torch",)) == f"{own} And this."
    assert together([cause, Cause("empty", ""), other], ("jax",)) == "Add up. And this."


def test_advice_is_for_causes_that_there_are():
    """An id that nothing has would be advice that nobody gets."""
    known = set(mutants()) | {text for file in files() for text in texts(file)}
    for framework in frameworks():
        for cause, said in advice(framework).items():
            assert cause in known, (framework, cause)
            assert said.endswith(".")


def files():
    """The files that know no framework."""
    return [file for file in ROOM.rglob("*.py") if file.parent.name != "adapters"]


def texts(file):
    """Texts of a file, docstrings left out."""
    tree = ast.parse(file.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_advice_that_names_what_a_framework_has_is_for_that_framework():
    told = [(file, text) for file in ROOM.rglob("*.py") for text in texts(file) if " " in text]
    assert sum(file.parent.name == "adapters" for file, _ in told) >= 8
    for file, text in told:
        for framework, words in OWN.items():
            # Own models are asked for by what their frameworks call them.
            if (file.parent.name, file.stem) != ("adapters", framework) and ROOM / "own" not in file.parents:
                assert not any(word in text for word in words), (file, text)


def test_a_view_imports_its_framework_only_when_it_is_asked_for():
    """So that a diagnosis can be worded, and a missing extra named, where no framework is installed."""
    code = "import mamlcheck.conformance.adapters as a, sys\n"
    code += "assert [a.advice(f) for f in a.frameworks()] and dict(a.packages())\n"
    code += "assert not {'torch', 'jax'} & {*sys.modules}\n"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("framework", ["numpy", "jax", "torch"])
def test_what_is_said_of_wrong_subjects_has_no_word_of_another_framework(framework):
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    chosen = {"jax": ["losses_summed", "stop_gradient_left_in"], "torch": ["joint", "climbing"]}
    for name in chosen.get(framework, load("numpy_wrong").WRONG):
        said = diagnosed(f"{framework}_wrong", name).text
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

    conformance = conform(make, only="reference[linear-robust,alpha=0.4,steps=1,float64]")
    lines = conformance.paste(conformance.failed[0])
    ast.parse(lines)
    assert "make = ...  # " in lines
    by_name = conform(f"{PLANTED / 'numpy_wrong.py'}:in_place", "FO-MAML", only="inputs-untouched")
    assert f"check_subject('{PLANTED / 'numpy_wrong.py'}:in_place', 'FO-MAML'" in by_name.paste(by_name.failed[0])


def test_lines_that_repeat_a_failure_hold_the_delta_that_was_given():
    conformance = conform(f"{PLANTED / 'numpy_wrong.py'}:half_the_hessian", "HF-MAML", delta=0.01, only="reference*")
    assert ", 'HF-MAML', delta=0.01, only=" in conformance.paste(conformance.failed[0])


def test_what_is_missing_is_asked_for_in_the_words_of_every_place():
    with pytest.raises(InputError, match=r"delta=0.01 in Python, --delta 0.01 to mamlcheck conform, --mamlcheck-delta"):
        conform(lambda problem: None, "HF-MAML")
    with pytest.raises(InputError, match=r"check_subject\(make, 'MAML'\) in Python, --as MAML on the command line"):
        conform(lambda problem: None)
