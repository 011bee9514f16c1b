"""`mamlcheck table1`, as a new user meets it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mamlcheck.cli import main
from mamlcheck.figures import table_1 as figure
from mamlcheck.formats.table1 import Table1


def call(line: str) -> Result:
    return CliRunner().invoke(main, shlex.split(line), prog_name="mamlcheck")


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without runs for floors and powers, which tests of figures make."""
    monkeypatch.setattr(figure, "floors_seen", tuple)
    monkeypatch.setattr(figure, "fitted_slopes", tuple)


def test_it_prints_the_table_and_draws_the_floors(tmp_path: Path) -> None:
    result = call(f"table1 --chart {tmp_path / 'floors.svg'}")
    assert result.exit_code == 0, result.output
    told = re.sub(r" +", " ", result.stdout)
    for line in (
        "Table grunfeld, loss log_cosh; ridge tasks, n = 11, m = 20, d = 2.",
        "alpha = about 0.009202, eps = 1/10.",
        "sigma 1.315 certified a bound at all points",  # never below the bound
        "T, formula 168 M_0 L Delta / eps^2 19 Delta / (alpha^2 sigma^2 L) 336 M_0 L Delta / eps^2",
        "E|grad F(w_K)| at most 1/10 0.6198 1/10",
        "FO-MAML B = 3, D_in = 2, D_o = 5, B' = 4, D_beta = 6 45 gradients 45 gradients equal",
        "HF-MAML B = 3, D_in = 2, D_o = 5, D_h = 7, B' = 4, D_beta = 6 87 gradients 87 gradients equal",
        "At w = 0 the direction of HF-MAML, eta = 1/6 is exactly 0, and |grad F| is 1/2. From w = -1/20, alpha = 1/6:",
        "MAML, samples a step 3.999 1.994",
    ):  # fmt: skip
        assert any(line == one.strip() for one in told.splitlines()), line
    assert "DIFFERENT" not in told
    assert "ot guaranteed" not in told
    assert "\x1b" not in result.output
    assert (tmp_path / "floors.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.usefixtures("fast")
def test_json_is_the_document() -> None:
    result = call("table1 random-2/1/640 --accuracy 1/20 --shots 5 --gap 3 --json")
    assert result.exit_code == 0, result.output
    found = Table1.from_json(json.loads(result.stdout))
    assert (found.accuracy, found.shots, found.guaranteed) == ("1/20", 5, False)
    assert found.text() == result.stdout


@pytest.mark.usefixtures("fast")
def test_what_is_not_known_and_what_is_declared_is_said() -> None:
    told = call("table1 random-2/1/300").stdout
    assert "no bound that holds at all points is known for these tasks" in told
    assert re.search(r"^T +not known +not known +not known *$", told, re.MULTILINE)
    assert "Not guaranteed" in call("table1 --gap 1").stdout
    assert "alpha is too large for Theorem 4.15" in call("table1 --alpha 1/80").stdout


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("table1 --accuracy 0", "accuracy = 0: give a number > 0"),
        ("table1 --gap x", "--gap x: "),
        ("table1 random-2/1/1 --data grunfeld", "give the one or the other"),
        ("table1 --chart nowhere/floors.svg", "--chart nowhere/floors.svg cannot be written"),
    ],
)
def test_wrong_calls(line: str, message: str) -> None:
    result = call(line)
    assert result.exit_code == 2
    assert message in result.output


def test_runs_are_drawn(tmp_path: Path) -> None:
    place = tmp_path / "runs.svg"
    kept = tmp_path / "runs.npz"
    assert call(f"run --steps 20 --seeds 2 --chart {place} --save {kept}").exit_code == 0
    first = place.read_text(encoding="utf-8")
    assert first.startswith("<svg")
    assert call(f"run --resume {kept} --steps 40 --chart {place}").exit_code == 0
    assert place.read_text(encoding="utf-8") != first
    assert "cannot be written" in call(f"run --steps 3 --chart {tmp_path / 'no' / 'runs.svg'}").output
