"""The public interface: one table in the docs, `__all__`, `dir(mamlcheck)` and what can be imported are the same."""

from __future__ import annotations

import inspect
import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from known import CLAIMS, ON_INSTANCES

import mamlcheck
from mamlcheck.check.runner import run
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.display import Listing, card, rich_line, rounded_down
from mamlcheck.errors import InputError
from mamlcheck.formats.shared import Counts
from mamlcheck.hunt.search import hunt
from mamlcheck.proof.catalogue import proved
from mamlcheck.proof.records import proof_record
from mamlcheck.report import making

TABLE = Path(__file__).parents[1] / "docs" / "public-api.md"
SCREEN = 24 * 80  # characters
LINE = 120  # of a terminal, in a list
PACKAGES = ("claims", "findings", "hunt", "report")  # folders that can be called


def fresh(*lines: str) -> list[str]:
    """The lines that Python prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def documented() -> dict[str, str]:
    """The names of the table with the arguments that it shows, '' where it shows none."""
    return dict(re.findall(r"^\| `(\w+)(?:\((.*?)\))?` \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE))


def test_table_all_and_dir_are_the_same() -> None:
    assert sorted(documented()) == sorted(mamlcheck.__all__) == dir(mamlcheck)


def test_all_can_be_imported_from_the_top_in_a_fresh_process() -> None:
    names = ", ".join(mamlcheck.__all__)
    assert fresh(f"from mamlcheck import {names}", "print(prove.__name__)") == ["prove"]
    star = fresh("from mamlcheck import *", "print(*sorted(set(dir()) & set(__import__('mamlcheck').__all__)))")
    assert star == [" ".join(sorted(mamlcheck.__all__))]


def test_importing_it_imports_nothing_heavy() -> None:
    (line,) = fresh("import sys, mamlcheck", "dir(mamlcheck), mamlcheck.__version__", "print(*sys.modules)")
    modules = line.split()
    heavy = {"numpy", "sympy", "flint", "mpmath", "scipy", "hypothesis", "rich", "click", "torch", "jax"}
    assert not heavy & {name.split(".")[0] for name in modules}
    assert [name for name in modules if name.startswith("mamlcheck.")] == ["mamlcheck.version"]


def test_what_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'hunts'"):
        _ = mamlcheck.hunts


@pytest.mark.parametrize("name", [name for name, arguments in documented().items() if arguments])
def test_the_arguments_in_the_table_are_those_of_the_function(name: str) -> None:
    parameters = inspect.signature(getattr(mamlcheck, name)).parameters
    for shown in documented()[name].split(", "):
        argument, _, default = shown.partition("=")
        found = parameters[argument.lstrip("*")]
        assert argument.startswith("*") == (found.kind is inspect.Parameter.VAR_POSITIONAL)
        assert not default or repr(found.default) == default
    assert inspect.getdoc(getattr(mamlcheck, name))


# -- packages that can be called -------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PACKAGES)
@pytest.mark.parametrize(
    "before", ["", "import mamlcheck.{}", "import mamlcheck.record.reference"], ids=["nothing", "it", "others"]
)
def test_a_package_can_be_called_whatever_was_imported_before(name: str, before: str) -> None:
    said = fresh(
        before.format(name),
        "import mamlcheck, inspect, types",
        f"print(callable(mamlcheck.{name}), isinstance(mamlcheck.{name}, types.ModuleType))",
        f"from mamlcheck import {name}",
        f"print({name} is mamlcheck.{name}, {name}.__name__, bool(inspect.signature({name}).parameters))",
    )
    assert said == ["True True", f"True mamlcheck.{name} True"]


def test_a_package_that_is_called_calls_its_function() -> None:
    assert [claim.id for claim in mamlcheck.claims("lemma_4_9")] == [
        "lemma_4_9.first_moment", "lemma_4_9.second_moment"
    ]  # fmt: skip
    assert inspect.signature(mamlcheck.hunt) == inspect.signature(hunt)
    assert mamlcheck.hunt("hf_error", seconds=None, evaluations=1, keep=1).claim.id == "hf_error"


def test_names_that_are_none() -> None:
    with pytest.raises(InputError, match="Did you mean lemma_4_8"):
        mamlcheck.claims("lema_4_8")
    with pytest.raises(InputError, match="Did you mean lemma_4_8"):
        mamlcheck.prove("lema_4_8")
    with pytest.raises(InputError, match=r"there is no finding 'no_such': they are .*no_task_variance"):
        mamlcheck.findings("no_such")
    with pytest.raises(InputError, match="there is no claim 'no_such'"):
        mamlcheck.brackets("no_such")
    with pytest.raises(InputError, match="there is no claim 'no_such'"):
        mamlcheck.hunt("no_such", evaluations=1)


def test_prove_is_what_the_command_says() -> None:
    assert mamlcheck.prove("hf_error") is proved("hf_error")
    assert mamlcheck.prove("hf_error").proved


# -- how results are shown -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """A result of each kind."""
    found = mamlcheck.hunt("lemma_4_8", seconds=None, evaluations=2000)
    (executed,) = mamlcheck.findings("no_task_variance")
    judged = run(mamlcheck.claims("hf_error", "lemma_4_10.bias"), [(RandomSweep(1), 8)], 1)
    return {
        "checked": mamlcheck.check_claim("lemma_4_8", mamlcheck.instance("random-2/1/5")),
        "vacuous": mamlcheck.check_claim("ours.hf_error.large_step", mamlcheck.instance("random-2/1/5")),
        "hunt": found,
        "nothing": mamlcheck.hunt("hf_error", seconds=None, evaluations=1),
        "witness": found.best,
        "claim": mamlcheck.claims("lemma_4_9.first_moment")[0],
        "proof": mamlcheck.prove("lemma_4_9.second_moment"),
        "finding": executed.finding,
        "executed": executed,
        "bracket": mamlcheck.brackets("hf_error")[0],
        "results": judged,
        "claim result": judged.claims["hf_error"],
    }


def test_a_result_is_a_line_and_less_than_a_screen(shown: dict[str, Any]) -> None:
    for kind, result in shown.items():
        assert len(str(result).splitlines()) == 1, kind
        assert len(repr(result)) < SCREEN, kind


def test_a_list_of_results_has_a_line_for_each() -> None:
    listed = mamlcheck.claims("lemma_4_9", "hf_error")
    assert str(listed).splitlines() == [str(claim) for claim in listed]
    assert repr(listed).splitlines() == [repr(claim) for claim in listed]
    assert listed == tuple(listed)
    assert max(map(len, repr(mamlcheck.claims()).splitlines())) < LINE  # however many there are, each is one line
    assert len(repr(mamlcheck.findings())) < SCREEN
    assert listed._repr_html_().count("<tr>") == len(listed)
    assert str(type(listed)()) == "nothing"


def test_results_show_themselves_in_a_notebook(shown: dict[str, Any]) -> None:
    assert shown["claim"]._repr_latex_() == rf"$\displaystyle {shown['claim'].statement}$"
    assert shown["proof"]._repr_latex_().startswith(r"$$\begin{aligned}& ")
    for kind in ("checked", "vacuous", "hunt", "nothing", "witness", "claim", "executed", "bracket", "results"):
        html = shown[kind]._repr_html_()
        assert html.count("<tr>") == html.count("</tr>") > 0, kind
    assert "0.8" in shown["claim"]._repr_html_()


def test_what_is_shown_in_a_notebook_is_no_markup() -> None:
    assert "<script>" not in card("<script>", {"<script>": "a < b & <script>"}, bad=True)


def test_rich_prints_the_line_and_brackets_are_no_markup(shown: dict[str, Any]) -> None:
    from rich.console import Console

    for kind in ("checked", "vacuous", "hunt", "nothing", "proof", "executed", "bracket", "results"):
        console = Console(width=10_000, file=io.StringIO())
        console.print(shown[kind])
        assert console.file.getvalue().strip() == str(shown[kind]), kind
    console = Console(file=io.StringIO())
    console.print(rich_line("[bold]no markup[/bold]"))
    assert console.file.getvalue() == "[bold]no markup[/bold]\n"


def test_a_lower_bound_is_rounded_down() -> None:
    given = {0.99999999: "0.9999999", 1.0: "1", 0.1: "0.1", 5.348970982427391e-28: "5.34897e-28", 0.0: "0"}
    assert {lower: rounded_down(lower) for lower in given} == given


def test_a_witness_says_what_repeats_it(shown: dict[str, Any]) -> None:
    said = fresh(*shown["witness"].as_python().splitlines())
    assert said == [str(mamlcheck.check_claim("lemma_4_8", shown["witness"].instance))]


def test_results_say_what_fails(shown: dict[str, Any]) -> None:
    results = shown["results"]
    assert str(results) == "2 claims on 8 instances, seed 1: all hold"
    assert str(results.claims["hf_error"]).startswith("8 hold, 0 violated, 0 undecided, 0 vacuous; tightness 0.")
    bad = replace(results.claims["hf_error"], counts=Counts(holds=7, violated=1), guaranteed=False)
    failing = replace(results, claims={**results.claims, "hf_error": bad}, partial=True, planned=20)
    assert str(failing) == "2 claims on 8 instances, stopped early of 20, seed 1: violated or undecided: hf_error"
    assert str(bad).endswith("(not guaranteed)")
    assert "#b00020" in failing._repr_html_()
    assert "#b00020" not in results._repr_html_()
    refused = replace(results.claims["hf_error"], proof=replace(proof_record(proved("hf_error")), proved=False))
    assert str(replace(results, claims={"hf_error": refused})).endswith(
        "all hold, but a proof, a bracket, a finding or an implementation fails"
    )
    unproved = replace(mamlcheck.prove("hf_error"), missing=("a step", "another"))
    assert str(unproved) == "hf_error: NOT PROVED, missing: a step and 1 more"


def test_a_report_is_made_from_python_as_by_the_command(tmp_path: Path) -> None:
    results = mamlcheck.report(tmp_path / "here", instances=4)
    assert [source.instances for source in results.sources] == [4, 1]
    proven = {name for name, claim in results.claims.items() if claim.proof and claim.proof.proved}
    assert proven == set(ON_INSTANCES) >= set(CLAIMS)  # proofs about whole runs are long, and not in reports
    assert results.nothing_fails
    assert (tmp_path / "here" / "results.json").read_text(encoding="utf-8") == results.text()
    assert "none violated, but no instance supports" in str(results)  # of these few
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file' cannot be written .it is a file.: give a folder that can; nothing"):
        mamlcheck.report(tmp_path / "file")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"instances": 0}, "instances = 0: give an integer from 1 on"),
        ({"instances": -5}, "instances = -5: give"),
        ({"instances": 2.5}, r"instances = 2\.5: give"),
        ({"table": None}, "table = None: give what"),
        ({"table": "nosuch"}, "nosuch"),
        ({"losses": [3]}, "a loss is 3: give its name"),
        ({"losses": 3}, "losses = 3: give a list"),
    ],
)
def test_a_report_of_nothing_that_can_be_checked_is_refused_at_once(
    wrong: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "run", lambda *_: pytest.fail("nothing must be computed"))
    monkeypatch.setattr(making, "certified_brackets", lambda *_: pytest.fail("nothing must be computed"))
    with pytest.raises(InputError, match=message):
        mamlcheck.report(tmp_path / "here", **{"instances": 4} | wrong)
    assert not (tmp_path / "here").exists()


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "mamlcheck"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"mamlcheck, version {mamlcheck.__version__}\n"
    wrong = subprocess.run([*command, "check", "no"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "there is no claim 'no'" in wrong.stderr


def test_a_listing_in_a_notebook_holds_no_markup_of_its_items() -> None:
    claim = replace(mamlcheck.claims("hf_error")[0], title="<b>bold</b>")
    said = Listing([claim])._repr_html_()
    assert "&lt;b&gt;bold&lt;/b&gt;" in said
    assert "<b>" not in said
