"""`mamlcheck hunt`, as a new user meets it."""

from __future__ import annotations

import json
import re
import shlex
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import mamlcheck
from mamlcheck.cli import main
from mamlcheck.disk import require_place
from mamlcheck.display import rounded_down
from mamlcheck.hunt.search import hunt
from mamlcheck.hunt.witness import Hunted, Witness, certify
from mamlcheck.record.witnesses import read_witness
from mamlcheck.terminal import hunting
from mamlcheck.terminal.options import seconds_of

QUICK = "--evaluations 3000 --family bounded_splines --keep 1"

CLAIM = '''
"""One inner step takes two points apart by a factor of at most 1 + alpha L."""

from mamlcheck.meta.hypotheses import distinct_points, inner_rate_at_most_one_over_l

TITLE = "An inner step stretches by at most 1 + alpha L"
STATEMENT = r"|w' - u'| \\le (1 + \\alpha L) |w - u|"
WHERE = r"w' = w - \\alpha \\nabla f_i(w)"
GUARANTEE = "upper bound, sharp"
SOURCE = "mine"
ASSUMPTIONS = ("4.3",)
QUANTIFIES = ("tasks", "alpha", "w", "u")
HYPOTHESES = (inner_rate_at_most_one_over_l, distinct_points)


def left(x):
    adapted = x.at_both.adapted[..., 0, :, :]  # of the first task
    return x.ar.norm(adapted[..., 0, :] - adapted[..., 1, :])


def right(x):
    return (1 + x.alpha * x.smoothness) * x.ar.norm(x.w - x.u)
'''


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def call(line: str) -> Result:
    return CliRunner().invoke(main, shlex.split(line), prog_name="mamlcheck")


def python_of(output: str) -> str:
    """What the Python that was printed prints."""
    code = output.split("In Python:\n")[1]
    said: list[str] = []
    exec(code, {"print": lambda x: said.append(str(x))})
    return said[0]


def test_it_says_how_tight_and_prints_python_that_repeats_it() -> None:
    result = call(f"hunt lemma_4_8 {QUICK}")
    assert result.exit_code == 0
    assert "lemma_4_8: some instance has tightness 0.999" in result.output
    assert "by exact fractions" in result.output
    assert python_of(result.output).startswith("lemma_4_8: HOLDS")


def test_a_saved_witness_is_certified_again() -> None:
    assert call(f"hunt hf_error {QUICK} --save w.json --seed 4").exit_code == 0
    witness = read_witness("w.json")
    assert (witness.claim, witness.hunted.seed, witness.hunted.dimension) == ("hf_error", 4, 1)
    assert certify(witness).tightness == witness.tightness


def test_a_shaved_claim_is_refuted_and_its_counterexample_saved() -> None:
    result = call(f"hunt --shave lemma_4_8=49/50 {QUICK} --save c.json")
    assert result.exit_code == 1
    assert "lemma_4_8 with its right side times 49/50 is REFUTED" in result.output
    assert "lemma_4_8: VIOLATED" in python_of(result.output)
    assert not mamlcheck.check_claim("lemma_4_8", mamlcheck.instance(Path("c.json"))).failed


def test_a_factor_that_is_large_enough_is_survived() -> None:
    result = call(f"hunt hf_error --shave hf_error=0.5 {QUICK}")
    assert result.exit_code == 0
    assert re.search(
        r"times 1/2 survived [34],\d{3} instances in [\d.]+ s; the tightest instance has 0.9", result.output
    )


def test_as_json() -> None:
    result = call(f"hunt lemma_4_10 {QUICK} --json")
    content = json.loads(result.output)
    assert content["format"] == "mamlcheck-hunts"
    assert [h["claim"] for h in content["hunts"]] == ["lemma_4_10.bias", "lemma_4_10.second_moment"]
    for found in content["hunts"]:
        assert found["verdict"] == "HOLDS"
        assert 0.9 < found["tightness"]["lower"] <= found["tightness"]["upper"]
        assert found["instance"]["format"] == "mamlcheck-instance"
        assert found["stopped"] == "budget"


def test_a_claim_of_ones_own_in_a_file() -> None:
    Path("mine.py").write_text(CLAIM)
    result = call(f"hunt ./mine.py {QUICK}")
    assert result.exit_code == 0
    assert "mine.py: some instance has tightness" in result.output
    assert "mine.py: HOLDS" in python_of(result.output)
    Path("false.py").write_text(CLAIM.replace("(1 + x.alpha * x.smoothness)", "(1 + x.alpha * x.smoothness / 2)"))
    result = call(f"hunt false.py {QUICK}")
    assert result.exit_code == 1
    assert "false.py is REFUTED" in result.output


def test_ctrl_c_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(claim: Any, **settings: Any) -> Any:
        def stop(done: int, best: Any) -> None:
            if best is not None:
                raise KeyboardInterrupt

        return hunt(claim, **settings | {"progress": stop})

    monkeypatch.setattr(hunting, "hunt", interrupted)
    result = call("hunt lemma_4_8 hf_error --budget 60s")
    assert result.exit_code == 130
    assert "certified (stopped by Ctrl-C)" in result.output
    assert "hf_error" not in result.output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hunt", "name a claim"),
        ("hunt lemma_4_7", "Did you mean lemma_4"),
        ("hunt none.py", "there is no file none.py"),
        ("hunt lemma_4_8 --budget soon", "give a time such as 60s"),
        ("hunt lemma_4_8 --budget 0s", "give a time such as 60s"),
        ("hunt lemma_4_8 --shave lemma_4_8", "CLAIM=FACTOR"),
        ("hunt lemma_4_8 --shave lemma_4_8=0", "CLAIM=FACTOR"),
        ("hunt lemma_4_8 --shave hf_error=0.5", "not among the claims hunted, lemma_4_8; name it beside them"),
        ("hunt lemma_4_8 --shave lemma_4_7=0.5", "Did you mean lemma_4"),
        ("hunt lemma_4_9 --shave lemma_4_9=0.5", "a factor is for one claim: give one of lemma_4_9."),
        ("hunt --shave lemma_4_9=0.5", "a factor is for one claim: give one of lemma_4_9."),
        ("hunt --shave lemma_4_8=1/0", "1/0 divides by zero; write CLAIM=FACTOR"),
        (f"hunt --shave lemma_4_8=0.{'9' * 5000}", "digits"),
        ("hunt lemma_4_9 --save x.json", "name one claim"),
        ("hunt lemma_4_8 --family spline", "Did you mean splines"),
        ("hunt lemma_4_8 --seed -3", "seed = -3"),
        (f"hunt lemma_4_8 {QUICK} --keep nan", "keep = nan: give a share from 0 to 1"),
    ],
)
def test_wrong_calls_in_a_line(line: str, message: str) -> None:
    result = call(line)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("place", "reason"),
    [("none/x.json", "No such file or directory"), ("folder", "folder is a folder"), ("a/b", "Not a directory")],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_hunt(
    place: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("folder").mkdir()
    Path("a").touch()
    monkeypatch.setattr(hunting, "hunt", lambda *_, **__: pytest.fail("nothing must be hunted"))
    result = call(f"hunt lemma_4_8 --save {place}")
    assert result.exit_code == 2
    assert f"--save {place} cannot be written ({reason})" in result.output


def test_asking_whether_a_place_can_be_written_leaves_it_as_it_was() -> None:
    Path("kept").write_text("mine")
    require_place(Path("kept"), "--save kept")
    require_place(Path("new"), "--save new")
    assert Path("kept").read_text() == "mine"
    assert [path.name for path in Path().iterdir()] == ["kept"]


@pytest.mark.parametrize("lower", [0.1, 1 / 3, 1 - 2**-53, 1.0, 5e-324, 123456789.0, 1.7e308])
def test_a_tightness_is_never_printed_above_what_is_certified(lower: float) -> None:
    how = Hunted(1, 1, "drawn", 1, lower)
    told = hunting.lower_text(Witness("hf_error", (lower, lower), "arb", how, mamlcheck.instance("random-2/1/9")))
    assert Fraction(told) <= Fraction(lower)
    assert told == rounded_down(lower)  # as in Python


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = 1\n", "lacks TITLE, STATEMENT"),
        ("def left(x:\n", "cannot be run"),
        ("import nonsense\n", "cannot be run"),
    ],
)
def test_a_file_that_is_no_claim_says_what_is_missing(content: str, message: str) -> None:
    Path("broken.py").write_text(content)
    result = call("hunt broken.py")
    assert result.exit_code == 2
    assert "broken.py" in result.output
    assert message in result.output


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("2m", 120), ("1.5h", 5400), ("7", 7)])
def test_budgets(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
