"""The promise: one new thing is one new file, and everything else follows from it.

`promise/` holds a new thing of each kind, each in one file at the place where it belongs. Here they are put into a copy
of the project, all at once. There each is found by all that goes through its kind, and the tests stay green: those that
can see something new, or, with MAMLCHECK_PROMISE=whole, all of them, the linter and the type checker.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
EXAMPLES = Path(__file__).parent / "promise"
WHOLE = os.environ.get("MAMLCHECK_PROMISE") == "whole"
LONGER = 1.5  # lines of a new file, at most, as a multiple of those of the shortest of its kind


@dataclass(frozen=True)
class Kind:
    """A kind of things. file: of the new one, as placed in the project. among: the folder of those of its kind."""

    name: str
    file: str
    among: str


KINDS = (
    Kind("claim", "mamlcheck/claims/inner_step.py", "mamlcheck/claims"),
    Kind("sharper claim", "mamlcheck/claims/ours/inner_step.py", "mamlcheck/claims/ours"),
    Kind("claim over a new variable", "mamlcheck/claims/meta_step.py", "mamlcheck/claims"),
    Kind("proof", "proofs/inner_step.py", "proofs"),
    Kind("axiom", "mamlcheck/proof/axioms/parallelogram.py", "mamlcheck/proof/axioms"),
    Kind("loss", "mamlcheck/tasks/losses/cosine.py", "mamlcheck/tasks/losses"),
    Kind("task family", "mamlcheck/tasks/families/diagonal.py", "mamlcheck/tasks/families"),
    Kind("quantified variable", "mamlcheck/meta/variables/beta.py", "mamlcheck/meta/variables"),
    Kind("algorithm", "mamlcheck/conformance/algorithms/half_rate.py", "mamlcheck/conformance/algorithms"),
    Kind("mutant", "mamlcheck/conformance/mutants/outer_halfway.py", "mamlcheck/conformance/mutants"),
    Kind("framework", "mamlcheck/conformance/adapters/abacus.py", "mamlcheck/conformance/adapters"),
    Kind(
        "operation of PyTorch",
        "mamlcheck/programs/tracing/torch_operations/entropies.py",
        "mamlcheck/programs/tracing/torch_operations",
    ),
    Kind("command", "mamlcheck/commands/losses.py", "mamlcheck/commands"),
    Kind("page section", "mamlcheck/report/sections/versions.py", "mamlcheck/report/sections"),
    Kind("finding", "mamlcheck/findings/mean_of_norms.py", "mamlcheck/findings"),
    Kind("family to hunt in", "mamlcheck/hunt/families/flat_quadratics.py", "mamlcheck/hunt/families"),
    Kind("limit", "mamlcheck/limits/meta_step.py", "mamlcheck/limits"),
)
NEW = {kind.name: Path(kind.file).stem for kind in KINDS}

ROOMS = sorted(path.name for path in Path(__file__).parent.iterdir() if path.is_dir() and list(path.rglob("test_*.py")))


# -- a copy with all of them -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the new files, without this test. What is compiled stays valid, and need not be made again."""
    home = tmp_path_factory.mktemp("promise") / "project"
    not_kept = set((PROJECT / ".gitignore").read_text(encoding="utf-8").replace("/", "").split()) - {"__pycache__"}
    shutil.copytree(PROJECT, home, ignore=shutil.ignore_patterns(".git", "test_promise.py", *not_kept))
    for kind in KINDS:
        assert not (home / kind.file).exists(), f"{kind.file} is there already: it is no new {kind.name}"
        shutil.copy(EXAMPLES / kind.file, home / kind.file)
    return home


def run(copy: Path, *command: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python, with the copy in place of the installed package."""
    path = os.pathsep.join([str(copy), str(copy / "tests" / "helpers")])
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder or copy,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "120"} | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def said(copy: Path, *command: str, status: int = 0) -> str:
    """What `mamlcheck` prints in the copy."""
    done = run(copy, "-m", "mamlcheck", *command)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def python(copy: Path, code: str) -> None:
    """Run code that uses the copy; its assertions hold."""
    done = run(copy, "-c", code)
    assert done.returncode == 0, done.stderr


# -- one file, and a short one -----------------------------------------------------------------------------------------
def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_new_file_is_hardly_longer_than_the_shortest_of_its_kind(kind: Kind) -> None:
    others = [path for path in (PROJECT / kind.among).rglob("*.py") if not path.name.startswith("_")]
    shortest = min(others, key=lines)
    assert lines(EXAMPLES / kind.file) <= LONGER * lines(shortest), f"longer than {shortest} plus a half"


def test_each_new_file_is_of_a_kind() -> None:
    files = {path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*.py")}
    assert files == {kind.file for kind in KINDS}
    assert len(NEW) == len(KINDS) == len(files)


def test_a_limit_is_computed_and_said(copy: Path) -> None:
    (row,) = json.loads(said(copy, "brackets", "meta_step", "--json"))["claims"].values()
    assert (row["limit"], row["state"]) == ("1 - 1/t + 1/(4 t^2)", "no instance")


# -- each of them is there ---------------------------------------------------------------------------------------------
def test_claims_are_judged(copy: Path) -> None:
    wanted = ("inner_step", "ours.inner_step", "meta_step")
    found = json.loads(said(copy, "check", *wanted, "--instances", "200", "--json"))["claims"]
    assert set(found) == set(wanted)
    for claim in found.values():
        assert claim["counts"]["holds"] > 100
        assert claim["counts"]["violated"] == claim["counts"]["undecided"] == 0


def test_a_proof_is_checked_and_a_claim_without_one_is_named(copy: Path) -> None:
    assert said(copy, "prove", "inner_step").rstrip().endswith("1 of 1 claims proved.")
    assert "meta_step: NOT PROVED, there is no proof file" in said(copy, "prove", "meta_step", status=1)


def test_an_axiom_is_listed_as_what_must_be_trusted(copy: Path) -> None:
    assert "The parallelogram law." in said(copy, "prove", "--trust")


def test_a_command_runs_and_is_listed(copy: Path) -> None:
    assert "List the built-in losses." in said(copy, "--help")
    assert "cosine: 1 - cos(t)" in said(copy, "losses").splitlines()


LOSS = """
from mamlcheck import strategies
from mamlcheck.tasks.losses import builtin_losses, loss, loss_from_json, loss_to_json
from hypothesis import find, settings

cosine = loss("cosine")
assert cosine.sup_second.provenance == cosine.sup_third.provenance == "certified"
assert 1 <= cosine.sup_second.upper < 1 + 2**-30
assert loss_from_json(loss_to_json(cosine)) == cosine
find(strategies.losses(), lambda psi: psi == cosine, settings=settings(max_examples=500, database=None))
"""


def test_a_loss_is_certified_and_drawn(copy: Path) -> None:
    python(copy, LOSS)
    assert "sin(" in said(copy, "derive", "grad_F", "--loss", "cosine", "--dim", "1", "--samples", "1")


FAMILY = """
import mamlcheck
from mamlcheck import strategies
from mamlcheck.meta.files import instance_text, parse_instance
from hypothesis import HealthCheck, Phase, find, settings

quick = settings(max_examples=200, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
tasks = find(strategies.tasks(), lambda x: x.kind == "diagonal", settings=quick)
assert find(strategies.tasks(families=["diagonal"]), lambda x: x.n > 1, settings=quick).kind == "diagonal"
assert type(tasks).__name__ == "DiagonalTasks"
found = mamlcheck.instance("family-diagonal-2/1/77")
assert type(found.tasks).__name__ == "DiagonalTasks"
assert instance_text(parse_instance(instance_text(found))) == instance_text(found)
assert str(mamlcheck.check_claim("lemma_4_8", found).verdict) == "HOLDS"
"""


def test_a_family_goes_through_strategies_files_and_sweeps(copy: Path) -> None:
    python(copy, FAMILY)
    assert "lemma_4_8" in said(copy, "show", "family-diagonal-2/1/3", "--no-waterfall")


VARIABLE = """
from dataclasses import replace
import mamlcheck
import numpy as np
from mamlcheck.meta.files import instance_text, parse_instance

one = mamlcheck.instance("random-2/1/123")
other = replace(one, beta=np.array([3]))
assert one.beta.tolist() == [1] or one.beta.tolist() in ([1 / 3], [2])  # what random instances draw
assert parse_instance(instance_text(other)).beta.item() == 3
assert "beta" in instance_text(other)
checked, known = (mamlcheck.check_claim("meta_step", x) for x in (other, replace(one, beta=np.array([1]))))
assert checked.left[0] > 8.9 * known.left[0] > 0
"""


def test_a_variable_is_in_instances_their_files_and_a_claim_over_it(copy: Path) -> None:
    python(copy, VARIABLE)


OPERATION = """
import math
import torch
from mamlcheck.arithmetic import float64
from mamlcheck.programs.derivatives import gradient
from mamlcheck.programs.running import run
from mamlcheck.programs.tracing import trace

x = torch.tensor([0.5, 2.0], dtype=torch.float64)
program = trace("torch", lambda given: torch.special.entr(given["x"]).sum(), {"x": x}).program
assert [node.operation for node in program.nodes] == ["input", "log", "mul", "neg", "sum"]
(slope,) = run(gradient(program, ["x"]), float64, {"x": x.numpy()})
assert all(abs(s + math.log(v) + 1) < 1e-15 for s, v in zip(slope, x.tolist()))
"""


def test_an_operation_of_pytorch_is_traced(copy: Path) -> None:
    pytest.importorskip("torch")
    python(copy, OPERATION)


CONFORMANCE = """
from mamlcheck.conformance import identify, subject

def step(w, g, rate):
    return {name: w[name] - rate * g[name] for name in w}

def first_order(p, task, rate=1.0):
    w = p.parameters
    for _ in range(p.steps):
        w = step(w, p.gradient(w, task.inner), rate * p.alpha)
    return p.gradient(w, task.outer)

def subject_of(direction, algorithm, **said):
    @subject(algorithm, **said)
    def make(problem):
        p = problem.on("abacus")
        return lambda: [direction(p, task) for task in p.tasks]
    return make

def halfway(p, task):
    here, there = p.gradient(p.parameters, task.outer), first_order(p, task)
    return {name: (here[name] + there[name]) / 2 for name in here}

assert identify(subject_of(lambda p, task: first_order(p, task, 0.5), "Half-rate")).sentence.startswith(
    "This is Half-rate, as declared")
assert identify(subject_of(halfway, "FO-MAML")).defects == ("outer_halfway",)
assert identify(subject_of(first_order, "MAML")).cause == "Most likely a bead is stuck."
"""


def test_an_algorithm_is_recognised_a_mutant_named_and_a_framework_has_its_own_words(copy: Path) -> None:
    python(copy, CONFORMANCE)


def test_a_finding_is_listed_and_its_example_confirmed(copy: Path) -> None:
    found = json.loads(said(copy, "findings", "--json"))["findings"]
    assert [one["status"] for one in found if one["id"] == "mean_of_norms"] == ["confirmed"]


def test_a_hunt_goes_into_a_new_family(copy: Path) -> None:
    printed = said(copy, "hunt", "lemma_4_8", "--family", "flat_quadratics", "--evaluations", "500")
    assert "flat_quadratics" in printed


def test_a_section_stands_in_the_page_with_the_new_claims(copy: Path, tmp_path: Path) -> None:
    said(copy, "report", "--instances", "8", "--out", str(tmp_path / "page"))
    page = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    assert '<h2 id="versions">Versions</h2>' in page
    assert all(claim in page for claim in ("inner_step", "ours.inner_step", "meta_step", "mean_of_norms"))


# -- and the tests stay green ------------------------------------------------------------------------------------------
SEEN = {  # tests of new things that must be among those that are run
    "proof": ("[inner_step]", "[parallelogram]"),
    "check": ("[inner_step]", "[ours.inner_step]", "[meta_step]"),
    "tasks": ("cosine",),
    "conformance": ("[Half-rate]", "[outer_halfway]"),
    "findings": ("[mean_of_norms]",),
    "hunt": ("flat_quadratics",),
    "meta": ("test_the_fields_of_instances_are_the_declared_variables",),
    "record": ("test_every_claim_has_a_row", "test_a_limit_is_what_its_members_reach_exactly[meta_step]"),
    "report": ("test_every_statement_of_the_claims_reads",),
}
PARTS = {room: f"tests/{room}/" for room in ROOMS} | {"others": "tests/test_[^/]*$", "package": "mamlcheck/"}
NOTHING_NEW = {"benchmarks", "figures", "runs"}  # rooms in which no test can see something new


def test_the_tests_stay_green(copy: Path) -> None:
    """In whole, or those that see something new: one process for all of them, since each would start for seconds."""
    if WHOLE:
        for command in (["pytest"], ["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
            done = run(copy, "-m", *command)
            assert done.returncode == 0, done.stdout + done.stderr
        return
    done = run(
        copy, "-m", "pytest", "-n", "0", "-v", "-p", "no:cacheprovider", "-p", "seeing_new", "tests", "mamlcheck",
        MAMLCHECK_NEW=" ".join([*NEW.values(), "Half-rate"]),
    )  # fmt: skip
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    passed = [line for line in done.stdout.splitlines() if "PASSED" in line]
    ran = {part: [line for line in passed if re.match(where, line)] for part, where in PARTS.items()}
    assert {part for part in PARTS if not ran[part]} == NOTHING_NEW
    for part, names in SEEN.items():
        for seen in names:
            assert any(seen in line for line in ran[part]), f"{part}: no test of {seen}"
