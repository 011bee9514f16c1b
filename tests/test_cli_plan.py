"""`mamlcheck plan` and `mamlcheck run --plan`, as a new user meets them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mamlcheck
from mamlcheck.cli import main
from mamlcheck.formats.plans import PlanDocument
from mamlcheck.formats.runs import RunResults

UNITS = "L=1,rho=1/2,sigma=1,sigma~=1,sigma_H=1,Delta=2"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def call(line: str) -> Result:
    return CliRunner().invoke(main, shlex.split(line), prog_name="mamlcheck")


def test_a_plan_fits_a_screen_and_says_what_it_rests_on() -> None:
    result = call("plan --data grunfeld --accuracy 0.5")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    for line in (
        "Table grunfeld, loss log_cosh; ridge tasks, n = 11, m = 20, d = 2.",
        "Goal: E|grad F(w_K)| <= 1/2 at a random iterate K; alpha = about 0.009202.",
        "sigma = 1.315, sigma~ = 3.668, sigma_H = 19.24: certified, at all points.",
        "Delta = 0.2830: certified, F at the start, the infima of losses.",
        "The weakest constant is certified: these plans are guaranteed.",
        "MAML is the cheapest, a Hessian product counted as two gradients.",
    ):
        assert line in lines
    plan = mamlcheck.plan("grunfeld", accuracy="1/2")
    steps = [plan.algorithms[name].run for name in ("maml", "fo-maml", "hf-maml")]
    told = " +".join("-" if one is None else f"{one.sizes.steps:,}" for one in steps)
    assert re.search(rf"^steps T +{told} *$", result.stdout, re.MULTILINE)


def test_what_is_not_guaranteed_is_said() -> None:
    text = " ".join(call("plan --data grunfeld --loss quadratic --accuracy 1").stdout.split())
    assert "The weakest constant is estimated: these plans are not guaranteed." in text
    assert "estimated along 200 steps of descent on F, so that nothing is guaranteed." in text
    declared = " ".join(call(f"plan --constants {UNITS} --accuracy 1").stdout.split())
    assert "The weakest constant is declared: these plans are not guaranteed." in declared


def test_fo_maml_that_cannot_is_said_and_exit_status_1_where_none_can() -> None:
    text = " ".join(call(f"plan --constants {UNITS} --accuracy 1/10").stdout.split())
    assert "FO-MAML has no plan: the bound of Theorem 4.15 keeps a floor of about 0.32" in text
    none = call(f"plan --constants {UNITS} --accuracy 1/10 --algorithm fo-maml")
    assert none.exit_code == 1
    assert "No algorithm is sure to reach this accuracy." in none.stdout


def test_json_and_the_file_are_the_document() -> None:
    result = call("plan --data grunfeld --accuracy 1 --json --save plan.json")
    assert result.exit_code == 0, result.output
    assert Path("plan.json").read_text(encoding="utf-8") == result.stdout
    found = PlanDocument.from_json(json.loads(result.stdout))
    assert found == mamlcheck.plan("grunfeld", accuracy=1)
    again = call("plan --data grunfeld --accuracy 1 --save plan.json")
    assert again.exit_code == 2
    assert "plan.json is there already" in again.stderr


def test_a_plan_is_run() -> None:
    assert call("plan --data grunfeld --accuracy 2 --save plan.json").exit_code == 0
    result = call("run --plan plan.json --algorithm hf-maml --steps 3 --seeds 2 --json")
    assert result.exit_code == 0, result.output
    found = RunResults.from_json(json.loads(result.stdout))
    assert found == mamlcheck.run(plan="plan.json", algorithms=["hf-maml"], steps=3, seeds=2)
    whole = call("run --plan plan.json --seeds 2 --every 50")
    assert re.search(r"^guaranteed mean +[12]\.\d+ \(certified\) *$", whole.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run --plan plan.json --tasks 30", "--tasks 30: rates and sizes are those of the plan"),
        ("run --plan plan.json --data grunfeld", "the plan has tasks of its own"),
        ("run --plan plan.json --loss sin", "the plan has tasks of its own"),
        ("run --plan plan.json --resume r.npz", "--plan plan.json: runs that are resumed go on as they began"),
        ("run --plan units.json", "the plan is for constants: name tasks"),
        ("run --plan none.json", "none.json"),
        ("plan --accuracy 1 random-2/1/640 --data grunfeld", "give the one or the other"),
        ("plan --accuracy x --data grunfeld", "--accuracy x"),
        ("plan --accuracy 1 --constants L", "--constants L: give them as L=1"),
        ("plan --accuracy 1 --constants L=1,L=2", "L is given twice"),
        ("plan --accuracy 1 --constants L=1,M=2", "there is no constant 'M'"),
        ("plan --accuracy 1", "there is nothing to plan for"),
        ("plan --accuracy 1 --loss sin", "give --data, too"),
        ("plan --accuracy 1 --data grunfeld --algorithm mamal", "Did you mean maml?"),
    ],
)
def test_wrong_calls(line: str, said: str) -> None:
    assert call("plan --data grunfeld --accuracy 2 --save plan.json").exit_code == 0
    assert call(f"plan --constants {UNITS} --accuracy 2 --save units.json").exit_code == 0
    result = call(line)
    assert result.exit_code == 2
    assert said in result.output


def test_alpha_and_constants_of_the_command_line() -> None:
    found = json.loads(call(f"plan --constants {UNITS},alpha=1/20 --accuracy 1 --json").stdout)
    assert found["alpha"] == "1/20"
    assert found == json.loads(call(f"plan --constants {UNITS} --alpha 0.05 --accuracy 1 --json").stdout)
