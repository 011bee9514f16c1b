"""Sessions for developers, each in an environment of its own. `nox --list` names them, `nox -s lint types` runs two.

What continuous integration runs is `.ci/run`; these are its parts, and what it does not try: other versions of Python,
and the lowest versions of the dependencies that pyproject.toml allows.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests"]
# A version of Python that is not installed is skipped, and nox says so, on a machine of continuous integration too.
nox.options.error_on_missing_interpreters = False

PROJECT = nox.project.load_toml("pyproject.toml")["project"]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
NARROWED = "--only-binary=:all:"  # the lowest version of a dependency is one that has a wheel for this Python
# Of the lowest versions: arithmetic, tasks and tables, instances and files, every claim and proof, a hunt, commands.
PART = (
    "tests/arithmetic",
    "tests/tasks",
    "tests/meta",
    "tests/claims",
    "tests/proof/test_proofs.py",
    "tests/hunt",
    "tests/test_api.py",
    "tests/test_cli.py",
    "tests/test_strategies.py",
)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The test suite, without the frameworks; arguments after -- go to pytest."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """A part of the tests with the lowest versions of all dependencies that pyproject.toml allows."""
    extras = PROJECT["optional-dependencies"]
    own = ("tables", "hypothesis", "test")
    wanted = [*PROJECT["dependencies"], *(one for name in own for one in extras[name])]
    session.install(NARROWED, *(pinned for one in wanted if (pinned := lowest_of(one))))
    session.install("--no-deps", ".")
    session.run("pip", "list")
    session.run("pytest", *(session.posargs or PART))


def lowest_of(requirement: str) -> str | None:
    """'numpy>=1.26; MARKER' as 'numpy==1.26; MARKER'; None for an extra of mamlcheck itself, whose parts are listed."""
    if requirement.startswith(f"{PROJECT['name']}["):
        return None
    pinned, count = re.subn(r"^([A-Za-z0-9_.-]+)>=([0-9.]+)(?=$|;)", r"\1==\2", requirement)
    if not count:
        raise ValueError(f"{requirement!r} in pyproject.toml has no lower bound as name>=version: write one")
    return pinned


@nox.session(python=PYTHONS[0])
def promise(session: nox.Session) -> None:
    """One new thing of each kind, each one file, in a copy of the project: there all tests, lint and types."""
    session.install(".[dev]")
    session.run("pytest", "-n", "0", "tests/test_promise.py", *session.posargs, env={"MAMLCHECK_PROMISE": "whole"})


@nox.session(python=PYTHONS[0])
def long(session: nox.Session) -> None:
    """What takes long by nature: an hour of fuzzing on two cores, larger networks, and the session `promise`."""
    session.install(".[dev]")
    fuzzers = ("tests/tasks/test_whole_losses.py", "tests/proof/test_fuzz.py")
    hour = {"MAMLCHECK_FUZZ_LOSSES": "6000", "MAMLCHECK_FUZZ": "300"}
    session.run("pytest", *fuzzers, "-k", "generated or still_proved", *session.posargs, env=hour)
    session.run("pytest", "tests/conformance/own", *session.posargs, env={"MAMLCHECK_NETS": "all"})
    session.notify("promise")


@nox.session(python=PYTHONS[0])
def lint(session: nox.Session) -> None:
    """Lint and format, by ruff."""
    session.install(*tools("ruff"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=PYTHONS[0])
def types(session: nox.Session) -> None:
    """Types, by mypy."""
    session.install(".[dev]")
    session.run("mypy")


@nox.session(python=PYTHONS[0])
def docs(session: nox.Session) -> None:
    """The documentation as a site, in docs/_build, and what it says: blocks are run, tables compared with the code."""
    session.install(".[dev]")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "-b", "html", "docs", "docs/_build")
    tests = ("examples", "docs", "site", "architecture")
    session.run("pytest", *(f"tests/test_{name}.py" for name in tests), *session.posargs)


@nox.session(python=PYTHONS[0])
def man(session: nox.Session) -> None:
    """Pages for `man`, one for each command, made of what --help says; `-- FOLDER` says where, by default man/."""
    session.install(".[test]")
    folder = Path(*session.posargs[:1] or ("man",))
    folder.mkdir(parents=True, exist_ok=True)
    session.run("click-man", "--target", str(folder), "mamlcheck")
    session.log(f"man -l {folder / 'mamlcheck.1'}")


@nox.session(python=PYTHONS[0])
def benchmarks(session: nox.Session) -> None:
    """Speed: ratios to peers in one run, and whether anything is slower than in the last release.

    Arguments after -- go to the comparison with the last release, such as --against REV; a first one that is `table`
    writes docs/benchmarks.md anew.
    """
    session.install(".[test,jax,torch]")
    one_core = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    measured = Path(session.create_tmp()) / "measured.json"
    words = ["--benchmark-enable", "--benchmark-only", "--benchmark-timer=time.process_time", "-n", "0"]
    session.run("pytest", "tests/benchmarks/bench_speed.py", *words[:2], *words[3:])
    session.run("pytest", "tests/benchmarks/bench_peers.py", *words, f"--benchmark-json={measured}", env=one_core)
    if session.posargs[:1] == ["table"]:
        session.run("python", "tests/benchmarks/table.py", str(measured))
    session.run("python", "tests/benchmarks/against.py", *(one for one in session.posargs if one != "table"))


def tools(*names: str) -> list[str]:
    """The requirements of the extra `dev` with these names, so that each version is written once."""
    found = [one for one in PROJECT["optional-dependencies"]["dev"] if re.match(r"[A-Za-z0-9_-]+", one)[0] in names]
    if len(found) != len(names):
        sys.exit(f"the extra dev of pyproject.toml lacks one of {', '.join(names)}")
    return found
