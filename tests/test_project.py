"""What the project's own files say twice is the same: versions, requirements, versions of Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import mamlcheck

PROJECT = Path(__file__).parents[1]
METADATA = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXACT = {"subjects"}  # published implementations, each in the version that the tests speak of


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_citation_is_of_this_version() -> None:
    assert re.findall(r"^version: (.*)$", read("CITATION.cff"), re.MULTILINE) == [mamlcheck.__version__]


def test_a_requirement_has_a_lower_bound() -> None:
    """`nox -s lowest` installs it, so that what is stated is tried."""
    extras = {name: wanted for name, wanted in METADATA["optional-dependencies"].items() if name not in EXACT}
    for requirement in [*METADATA["dependencies"], *(one for wanted in extras.values() for one in wanted)]:
        assert re.match(r"mamlcheck\[|[\w-]+>=[\d.]+(;|$)", requirement), requirement


def test_the_versions_of_python_are_those_that_are_tried() -> None:
    stated = {one.rpartition(" ")[2] for one in METADATA["classifiers"] if re.search(r"Python :: 3\.\d+$", one)}
    sessions = re.search(r"^PYTHONS = \((.*)\)$", read("noxfile.py"), re.MULTILINE)
    assert sessions
    tried = set(re.findall(r"[\d.]+", sessions[1]))
    hosted = set(re.findall(r'python-version: "([\d.]+)"|python: "([\d.]+)"', read(".github/workflows/ci.yml")))
    assert stated <= tried == {one or other for one, other in hosted}
    assert METADATA["requires-python"] == f">={min(tried, key=lambda version: int(version.split('.')[1]))}"


def test_hooks_run_what_the_extra_dev_installs() -> None:
    tools = {entry.split()[0] for entry in re.findall(r"entry: (.*)$", read(".pre-commit-config.yaml"), re.MULTILINE)}
    assert tools == {"ruff", "mypy"}
    assert tools <= {re.match(r"[\w-]+", one)[0] for one in METADATA["optional-dependencies"]["dev"]}


def test_tests_run_in_one_thread_of_blas() -> None:
    """Beside other processes of the tests, threads wait for one another. A number that is given stands."""
    script = "import conftest, numpy, os\nnumpy.ones((500, 500)) @ numpy.ones((500, 500))\n"
    script += "print(len(os.listdir('/proc/self/task')), os.environ['OMP_NUM_THREADS'])"
    bare = {k: v for k, v in os.environ.items() if not k.endswith("_THREADS")} | {"PYTHONPATH": str(PROJECT)}
    for given, said in (({}, "1 1\n"), ({"OMP_NUM_THREADS": "3"}, "1 3\n")):
        done = subprocess.run(
            [sys.executable, "-c", script], env=bare | given, capture_output=True, text=True, check=True
        )
        assert done.stdout == said
