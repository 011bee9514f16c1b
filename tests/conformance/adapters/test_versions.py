"""A framework that is too old, or cannot be imported as it is installed, is named, and no subject is blamed for it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from mamlcheck.conformance import identify, problem, subject
from mamlcheck.conformance.adapters import jax, torch
from mamlcheck.conformance.adapters.view import imported
from mamlcheck.errors import MissingExtra, VersionClash

ROOT = Path(__file__).parents[3]


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Puts a package of this text in the place of the one that is installed."""

    def put(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.syspath_prepend(tmp_path)

    yield put
    for name, module in list(sys.modules.items()):  # what was imported here first is not put back by the patch
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@subject("MAML")
def in_torch(given):
    given.on("torch")


def test_the_least_versions_are_those_of_the_extras():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert f"torch>={torch.LEAST}" in extras["torch"]
    assert f"jax>={jax.LEAST}" in extras["jax"]


def test_one_that_is_too_old(installed):
    installed("torch", '__version__ = "1.13.1+cpu"\n')
    with pytest.raises(VersionClash, match=r"torch 1\.13\.1\+cpu is installed, and torch 2\.1 or later is needed"):
        problem("linear-robust").on("torch")
    diagnosis = identify(in_torch)
    assert diagnosis.defects == ("framework",)
    assert diagnosis.sentence.startswith("You declared MAML. It cannot be run with what is installed: torch 1.13.1+cpu")
    assert diagnosis.traceback == ""


@pytest.mark.parametrize("version", ["2.1", "2.1.0", "2.10.0+cpu", "3.0.0a1"])
def test_one_that_does(installed, version):
    installed("some_framework", f"__version__ = {version!r}\n")
    assert imported("some_framework", "some", "2.1").__version__ == version


def test_one_that_was_built_for_something_else(installed):
    installed("torch", 'raise RuntimeError("module compiled against ABI version 0x1000009")\n')
    with pytest.raises(VersionClash, match="torch is installed but cannot be imported") as error:
        problem("linear-robust").on("torch")
    assert "compiled against ABI version" in str(error.value)
    assert "is not installed" not in identify(in_torch).sentence


def test_one_that_lacks_another_package_is_not_called_missing(installed):
    installed("some_framework", "import nothing_of_this_name\n")
    with pytest.raises(VersionClash, match="nothing_of_this_name"):
        imported("some_framework", "some", "2.1")
    with pytest.raises(MissingExtra):
        imported("nothing_of_that_name", "some", "2.1")


def test_what_a_package_lacks_is_told_with_its_version():
    @subject("MAML")
    def make(given):
        import numpy

        return numpy.nothing_of_this_name

    @subject("MAML")
    def own(given):
        return sys.modules[__name__].nothing_of_this_name

    sentence = identify(make).sentence
    assert "module 'numpy' has no attribute 'nothing_of_this_name'" in sentence
    assert f"(numpy {sys.modules['numpy'].__version__} is installed: is this written for another version?)" in sentence
    assert "installed" not in identify(own).sentence
