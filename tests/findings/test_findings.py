"""Findings: found by their place, exact, confirmed, and not confirmed once an example shows something else."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from mamlcheck import findings
from mamlcheck.cli import main
from mamlcheck.findings import Example, Executed, Quantity, Relation, execute, find, finding_of, findings_document
from mamlcheck.report.mathml import prose_html
from mamlcheck.report.plaintext import plain_prose

HALF = Fraction(1, 2)
IN_ORDER = [
    "k_shot_rate",
    "different_curvatures",
    "sigma_at_two_points",
    "batch_sizes_of_zero",
    "second_moment_constant",
    "samples_without_replacement",
    "operator_norm_averaging",
    "random_iterate",
    "reused_stepsize_batch",
    "iterations_without_bounds",
    "fo_maml_floor",
    "fo_maml_hessian_batch",
    "no_task_variance",
    "hf_fixed_relative_error",
    "hf_hessian_batch_scale",
    "hf_infinite_delta",
]  # those that are known; one that is added stands at its place among them
FOUND = [finding.id for finding in find()]


def module_of(name: str) -> ModuleType:
    return importlib.import_module(f"mamlcheck.findings.{name}")


def run_one(name: str) -> Executed:
    (executed,) = execute([finding_of(module_of(name), name)])
    return executed


@pytest.fixture(scope="module")
def executed() -> dict[str, Executed]:
    return {one.finding.id: one for one in execute()}


def test_they_are_found_in_the_order_of_the_paper():
    assert [name for name in FOUND if name in IN_ORDER] == IN_ORDER
    files = {path.stem for path in Path(findings.__file__).parent.glob("*.py")}
    assert {name for name in files if not name.startswith("_")} == set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_each_is_confirmed(name, executed):
    one = executed[name]
    assert one.error is None
    assert [fact for fact in one.example.relations if not fact.holds] == []
    assert one.confirmed
    assert len(one.example.quantities) >= 3
    assert len(one.example.relations) >= 4
    for quantity in one.example.quantities:
        assert type(quantity.value) in (Fraction, str)
    assert any(fact.relation != "=" or fact.left != 0 for fact in one.example.relations)


@pytest.mark.parametrize("name", FOUND)
def test_what_it_names_exists(name):
    """Where mamlcheck deals with it: a module, or something in one."""
    for dotted in find()[FOUND.index(name)].see:
        parts = dotted.split(".")
        for k in range(len(parts), 0, -1):
            try:
                found = importlib.import_module(".".join(parts[:k]))
            except ModuleNotFoundError:
                continue
            for attribute in parts[k:]:
                found = getattr(found, attribute)
            break
        assert found.__doc__, dotted


@pytest.mark.parametrize("name", FOUND)
def test_its_texts_can_be_read_everywhere(name, executed):
    finding, example = executed[name].finding, executed[name].example
    texts = [finding.title, finding.place, finding.printed, finding.true, finding.why, finding.handled, example.setting]
    texts += [text for q in example.quantities for text in (q.name, q.case)]
    texts += [text for f in example.relations for text in (f.text, f.case)]
    for text in texts:
        assert not re.search(r"[\\$`{}]", plain_prose(text)), plain_prose(text)
        assert "$" not in prose_html(text)
        assert not re.search(r"<code>[^<]*\\", prose_html(text)), text  # a formula that could not be converted
        assert text.count("$") % 2 == 0


# -- teeth ---------------------------------------------------------------------------------------------------
CHANGES = [
    ("k_shot_rate", "RATES", (Fraction(1, 5),)),
    ("k_shot_rate", "SMOOTHNESS", 2),
    ("sigma_at_two_points", "AGREE_AT_W", ((-2, -1, 0), (2, 3))),
    ("sigma_at_two_points", "AGREE_AT_X", ((-1, 0, 1), (2, 2))),
    ("sigma_at_two_points", "SECOND", ((HALF, 1, HALF), (HALF, 1, HALF))),
    ("second_moment_constant", "MEAN", 5),
    ("second_moment_constant", "SMOOTHNESS", 2),
    ("second_moment_constant", "REACHED", Fraction(18550, 10000)),
    ("second_moment_constant", "PRINTED_CONSTANT", Fraction(3)),
    ("random_iterate", "START", Fraction(4)),
    ("random_iterate", "SECOND", (1, 1, 1, 1)),
    ("random_iterate", "ALPHA", Fraction(1, 5)),
    ("iterations_without_bounds", "PULLS", (Fraction(36), Fraction(37))),
    ("iterations_without_bounds", "PULLS", (Fraction(12), Fraction(120))),
    ("iterations_without_bounds", "SECOND", (1, 0, 1, 1, 1, 1)),
    ("fo_maml_floor", "LEAST", Fraction(-1, 10)),
    ("fo_maml_floor", "LEAST", Fraction(0)),
    ("fo_maml_floor", "PULL", 10),
    ("fo_maml_floor", "TOP", Fraction(1, 100)),
    ("fo_maml_floor", "ALPHA", Fraction(1, 9)),
    ("fo_maml_floor", "STEPSIZE", Fraction(4)),
    ("fo_maml_floor", "OTHERS", (Fraction(1, 1000),)),
    ("fo_maml_floor", "FORCE", 10**4),
    ("fo_maml_floor", "LEAST_BESIDE", Fraction(1, 100)),
    ("fo_maml_floor", "LEAST_BESIDE", Fraction(1, 10000)),
    ("fo_maml_floor", "FAR", 0),
    ("hf_hessian_batch_scale", "SCALES", (Fraction(1, 10),)),
    ("hf_hessian_batch_scale", "NOISE", (0, 0, 17, 0, 0)),
    ("hf_hessian_batch_scale", "NOISE", (0, 18, 18, 18, 0)),
    ("hf_hessian_batch_scale", "ALPHA", Fraction(2, 3)),
    ("different_curvatures", "UNLIKE", ((1,), (1,))),
    ("different_curvatures", "ALIKE", ((1,), (-1,))),
    ("batch_sizes_of_zero", "CASES", (("unlike", (((1,), (1,)), ((1,), (-1,))), 2, 1, (0, 0)),)),
    ("batch_sizes_of_zero", "CASES", (("noisy", (((1, 1), (1, 1)), ((1, -1),) * 2), 2, 1, (0, 0)),)),
    ("samples_without_replacement", "CENTRES", (1, 1)),
    ("samples_without_replacement", "DISJOINT", ((0, 0), (0, 1), (1, 0), (1, 1))),
    ("samples_without_replacement", "SAME", ((0, 1), (1, 0))),
    ("samples_without_replacement", "INDEPENDENT", ((0, 1), (1, 0))),
    ("operator_norm_averaging", "DRAWS", 1),
    ("operator_norm_averaging", "SIGNS", ((1, 1), (1, 1), (-1, -1), (-1, -1))),
    ("operator_norm_averaging", "SIGNS", ((1, 2), (1, -2), (-1, 2), (-1, -2))),
    ("operator_norm_averaging", "FIXED", (Fraction(3, 5), Fraction(3, 5))),
    ("operator_norm_averaging", "ALPHA", Fraction(3)),
    ("reused_stepsize_batch", "CENTRES", ((-1,), (-1,))),
    ("reused_stepsize_batch", "RHO", 0),
    ("reused_stepsize_batch", "RHO", 100),
    ("fo_maml_hessian_batch", "CURVATURES", ((1, 1),)),
    ("fo_maml_hessian_batch", "ALPHA", Fraction(0)),
    ("no_task_variance", "SPREADS", (Fraction(1), Fraction(1, 2), Fraction(0))),
    ("hf_fixed_relative_error", "ALPHA", Fraction(1, 7)),
    ("hf_fixed_relative_error", "SLOPES", (6, -5)),
    ("hf_fixed_relative_error", "ETAS", (Fraction(1, 6),)),
    ("hf_infinite_delta", "CENTRES", ((2,), (1,))),
]


@pytest.mark.parametrize(
    ("name", "constant", "value"), CHANGES, ids=[f"{c[0]}-{c[1]}-{k}" for k, c in enumerate(CHANGES)]
)
def test_another_example_does_not_confirm_it(name, constant, value, monkeypatch):
    assert getattr(module_of(name), constant) != value
    monkeypatch.setattr(module_of(name), constant, value)
    one = run_one(name)
    assert one.error is None
    assert not one.confirmed
    assert one.status == "NOT CONFIRMED"
    content = findings_document([one])
    assert (content.confirmed, content.not_confirmed) == (0, 1)
    assert any(not fact.holds for fact in content.findings[0].facts)


def test_every_finding_that_is_known_can_fail():
    assert {name for name, _, _ in CHANGES} == set(IN_ORDER)


def changed(value: Any) -> Iterator[Any]:
    """A constant of an example with 1 added to one of its numbers, each in turn."""
    if isinstance(value, Fraction) or type(value) is int:
        yield value + 1
    if isinstance(value, tuple):
        for k, part in enumerate(value):
            yield from ((*value[:k], other, *value[k + 1 :]) for other in changed(part))


def can_fail(name: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether some change of a number leaves the finding not confirmed."""
    for constant, value in [(c, v) for c, v in vars(module_of(name)).items() if c.isupper()]:
        for other in changed(value):
            with monkeypatch.context() as patch:
                patch.setattr(module_of(name), constant, other)
                one = run_one(name)
            if one.error is None and not one.confirmed:
                return True
    return False


@pytest.mark.parametrize("name", FOUND)
def test_every_finding_can_fail(name, monkeypatch):
    """By a change in `CHANGES`, or else by a number among the constants of its file that is changed by 1."""
    assert name in {known for known, _, _ in CHANGES} or can_fail(name, monkeypatch)


def test_a_finding_that_cannot_fail_is_noticed(monkeypatch):
    assert can_fail("no_task_variance", monkeypatch)
    module = module_of("no_task_variance")
    shown = module.example()
    monkeypatch.setattr(module, "example", lambda: shown)
    assert not can_fail("no_task_variance", monkeypatch)


CODE = [
    ("k_shot_rate", "maml_direction", lambda ar, *_: ar.exact([[[1]]])),
    ("k_shot_rate", "centred_change", lambda ar, smoothness, rho, squared: ar.sqrt(squared)),
    ("second_moment_constant", "enough_stepsize_samples", SimpleNamespace(holds=lambda x: [0])),
    ("random_iterate", "maml_direction", lambda ar, *_: ar.exact([[[Fraction(1, 100)]]])),
    ("iterations_without_bounds", "maml_direction", lambda ar, *_: ar.exact([[[Fraction(25, 36)]]])),
    ("iterations_without_bounds", "stochastic_smoothness", lambda smoothness, *_: 4 * smoothness),
    ("fo_maml_floor", "fo_maml_direction", lambda ar, *_: ar.exact([[[1]]])),
    ("fo_maml_floor", "maml_direction", lambda ar, tasks, alpha, w, _: w),
    ("hf_hessian_batch_scale", "printed_delta", lambda ar, rho, alpha, v: ar.exact([[[1]]])),
    ("hf_hessian_batch_scale", "hf_maml_direction", lambda ar, *_: ar.exact([[[1]]])),
    ("hf_hessian_batch_scale", "hessian_difference", lambda ar, start, v, delta, batch: v),
    ("samples_without_replacement", "fo_maml_direction", lambda ar, *_: ar.exact([[[1]]])),
    ("fo_maml_hessian_batch", "fo_maml_direction", lambda ar, *_: ar.exact([[[1]]])),
    ("hf_fixed_relative_error", "hf_maml_direction", lambda ar, *_: ar.exact([[[Fraction(1, 2)]]])),
    ("hf_fixed_relative_error", "fo_maml_direction", lambda ar, *_: ar.exact([[[1]]])),
    ("hf_infinite_delta", "printed_delta", lambda ar, rho, alpha, v: ar.exact([[[1], [1]]])),
    ("hf_infinite_delta", "hessian_difference", lambda ar, start, v, delta: v * delta),
    ("operator_norm_averaging", "spectral_norm", lambda ar, m: ar.abs(m[..., 0, 0])),
    ("reused_stepsize_batch", "stochastic_smoothness", lambda smoothness, *_: 4 * smoothness),
    ("batch_sizes_of_zero", "enough_stepsize_tasks", SimpleNamespace(holds=lambda x: [0])),
    ("batch_sizes_of_zero", "refusal", lambda attempt: "accepted"),
]


@pytest.mark.parametrize(("name", "function", "broken"), CODE, ids=[f"{c[0]}-{c[1]}" for c in CODE])
def test_code_that_computes_something_else_does_not_confirm_it(name, function, broken, monkeypatch):
    """The numbers are computed by the package when the example runs: they are not written down in the finding."""
    monkeypatch.setattr(module_of(name), function, broken)
    assert not run_one(name).confirmed


def test_an_example_that_cannot_run_is_not_confirmed(monkeypatch):
    monkeypatch.setattr(module_of("operator_norm_averaging"), "DRAWS", 0)
    one = run_one("operator_norm_averaging")
    assert not one.confirmed
    assert one.error == "the example did not run: batch size test = 0: give an integer >= 1"
    assert findings_document([one]).findings[0].error == one.error


def test_an_example_without_facts_shows_nothing():
    finding = find()[0]
    assert not Executed(finding, Example("", (), ())).confirmed
    assert not Executed(finding, None, "an error").confirmed
    assert Executed(finding, Example("", (), (Relation("", 1, "<", 2),))).confirmed
    assert not Executed(finding, Example("", (), (Relation("", 1, "<", 2), Relation("", 2, "<", 1)))).confirmed


@pytest.mark.parametrize(
    ("left", "relation", "right", "holds"),
    [
        (Fraction(3, 4), ">", Fraction(1, 2), True), (1, ">", 1, False), (1, ">=", 1, True), (1, "<", 1, False),
        (1, "<=", 1, True), (Fraction(1, 3), "=", Fraction(1, 3), True), (1, "!=", 1, False), ("a", "=", "a", True),
        ("a", "!=", "a", False), (Fraction(10**40 + 1, 10**40), "<=", 1, False),
    ],
)  # fmt: skip
def test_facts_are_exact_comparisons(left, relation, right, holds):
    assert Relation("", left, relation, right).holds is holds


@pytest.mark.parametrize(
    ("left", "relation", "right"),
    [(0.5, "<", 1), (1, "<", 0.5), (True, "=", 1), ("a", "<", "b"), ("1", "=", 1), (1, "==", 1), (None, "=", None)],
)
def test_what_is_not_exact_is_no_fact(left, relation, right):
    with pytest.raises(TypeError, match="exact"):
        Relation("", left, relation, right)


def test_a_double_is_no_quantity():
    with pytest.raises(TypeError, match="not exact"):
        Quantity("", 0.5)


# -- the command ---------------------------------------------------------------------------------------------
def call(*arguments: str):
    return CliRunner().invoke(main, ["findings", *arguments], prog_name="mamlcheck")


def test_the_command_prints_all_of_them_in_80_columns(executed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = call()
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "\x1b" not in result.stdout
    assert "…" not in result.stdout
    lines = result.stdout.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert not any(line.endswith(" ") for line in lines)
    assert lines[-1] == f"{len(FOUND)} findings, each confirmed by its exact example, computed now."
    words = " ".join(result.stdout.split())
    for k, one in enumerate(executed.values(), start=1):
        assert f"{k}. {one.finding.title} confirmed" in words
        for text in (one.finding.printed, one.finding.true, one.finding.why, one.finding.handled):
            assert " ".join(plain_prose(text).split()) in words
    assert "3/4 > 1/2" in words
    assert "9/4 > 5/4" in words
    assert "FAILS" not in words


def test_its_json_is_plain_exact_and_the_same_to_the_byte(executed):
    code = "import sys; sys.argv = ['mamlcheck', 'findings', '--json']; from mamlcheck.cli import main; main()"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env=os.environ | {"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "77")
    }
    assert len(seen) == 1
    content = json.loads(seen.pop())
    assert (content["format"], content["version"]) == ("mamlcheck-findings", 1)
    assert (content["confirmed"], content["not_confirmed"]) == (len(FOUND), 0)
    assert [entry["id"] for entry in content["findings"]] == FOUND
    for entry, one in zip(content["findings"], executed.values(), strict=True):
        assert [Fraction(q["value"]) for q in entry["quantities"] if re.fullmatch(r"-?[\d/]+", q["value"])] == [
            q.value for q in one.example.quantities if isinstance(q.value, Fraction)
        ]
        assert all(fact["holds"] is True for fact in entry["facts"])


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_exit_status_1_where_one_is_not_confirmed(how, monkeypatch):
    monkeypatch.setattr(module_of("operator_norm_averaging"), "DRAWS", 1)
    result = call(*how)
    assert result.exit_code == 1
    assert "NOT CONFIRMED" in result.stdout
    if not how:
        assert f"1 of {len(FOUND)} findings NOT CONFIRMED" in result.stdout
        assert "FAILS  1 > 1" in result.stdout


def test_exit_status_1_where_one_did_not_run(monkeypatch):
    monkeypatch.setattr(module_of("operator_norm_averaging"), "DRAWS", 0)
    result = call()
    assert result.exit_code == 1
    assert "the example did not run: batch size test = 0" in " ".join(result.stdout.split())


def test_a_wrong_call():
    assert call("--nosuch").exit_code == 2
    assert "examples executed" in CliRunner().invoke(main, ["--help"]).output
