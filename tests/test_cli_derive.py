"""`mamlcheck derive`: the formulas that it prints, in every format, and what it refuses."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from mamlcheck.cli import main
from mamlcheck.report.derive import FORMULAS, derive


def call(line: str) -> Result:
    return CliRunner().invoke(main, ["derive", *line.split()])


def test_everything_is_derived_by_default() -> None:
    result = call("")
    assert result.exit_code == 0
    headings = re.findall(r"^(\S.*): The", result.stdout, re.MULTILINE)
    assert headings == [formula.text for formula in FORMULAS if formula.name != "L_tilde"]
    assert "L~(w): Its estimate from batches" in result.stdout


def test_a_small_model_in_full() -> None:
    assert call("F grad_F --dim 1 --samples 1").stdout == (
        "1 task of 1 sample in 1 dimension: f_i(w) is the mean over j of c[i,j] psi(a[i,j] . w - b[i,j]).\n"
        "t: arguments of psi; g: gradients of f_i; ' marks what is at w' = w - alpha grad f_i(w).\n"
        "\n"
        "F(w): The meta-objective, equation (2)\n"
        "  t[1,1] = a[1,1,1]*w[1] - b[1,1]\n"
        "  g[1,1] = a[1,1,1]*c[1,1]*psi'(t[1,1])\n"
        "  w'[1,1] = w[1] - alpha*g[1,1]\n"
        "  t'[1,1] = a[1,1,1]*w'[1,1] - b[1,1]\n"
        "  F(w) = c[1,1]*psi(t'[1,1])\n"
        "\n"
        "grad F(w): The gradient of F\n"
        "  g'[1,1] = a[1,1,1]*c[1,1]*psi'(t'[1,1])\n"
        "  grad F(w)[1] = g'[1,1] - a[1,1,1]**2*alpha*c[1,1]*g'[1,1]*psi''(t[1,1])\n"
    )


@pytest.mark.parametrize(
    ("loss", "line"),
    [("log_cosh", "psi(t) = log(cosh(t))"), ("quadratic", "psi''(t) = 1"), ("t**4", "psi'(t) = 4*t**3")],
)
def test_a_loss_that_is_known_is_told_with_its_derivatives(loss: str, line: str) -> None:
    assert f"  {line}\n" in call(f"FO-MAML --loss {loss}").stdout


def test_batches_are_told_by_what_they_hold() -> None:
    assert "1 = (0, 1), 2 = (1, 0)" in call("F_hat").stdout
    assert "there is one batch" in call("F_hat --samples 1").stdout


def test_latex_is_an_align_for_each_model() -> None:
    text = call("F HF-MAML --loss sin --format latex").stdout
    assert text.count(r"\begin{align*}") == text.count(r"\end{align*}") == 3
    assert r"\psi\left(t'_{1,1}\right)" in text
    assert text.count("{") == text.count("}")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    assert "[" not in body  # every symbol has a LaTeX name


@pytest.mark.parametrize("size", ["", "--dim 3", "--tasks 2"])
def test_mathml_is_well_formed_and_complete(size: str) -> None:
    text = call(f"--format mathml {size}").stdout
    root = ElementTree.fromstring(f"<body>{text}</body>")
    assert len(root.findall("h2")) == len(FORMULAS)
    assert root.findall("code") == []  # no line was too long to convert
    assert len(root.findall("math")) == sum(len(d.lines) for d in _derived(size))


def _derived(size: str) -> tuple:
    from mamlcheck.meta.models import Setting

    option, _, value = size.removeprefix("--").partition(" ")
    return derive(setting=Setting(**({option: int(value)} if value else {}))).formulas


def test_json_holds_text_and_latex_of_every_line() -> None:
    content = json.loads(call("grad_F --dim 1 --loss welsch --json").stdout)
    assert (content["format"], content["version"], content["loss"]) == ("mamlcheck-models", 1, "welsch")
    (model,) = content["models"]
    assert model["name"] == "grad_F"
    assert model["value"][0]["left"] == "grad F(w)[1]"
    assert all(line["latex"] for line in model["steps"] + model["value"] + content["psi"])


def test_names_are_read_whatever_their_case() -> None:
    assert call("fo-maml grad_f").stdout == call("grad_F FO_MAML").stdout


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--dim 4", "symbolic models are kept to d <= 3, since their expressions grow"),
        ("--dim 0", "give an integer >= 1"),
        ("F_hatt", "Did you mean F_hat? The models are: F, grad_F"),
        ("--loss cauchy", "the loss 'cauchy' is not psi (an unknown one), none of quadratic"),
        ("--samples 17", "symbolic models are kept to 16 in all"),
    ],
)
def test_what_cannot_be_derived_is_refused_in_a_line(line: str, words: str) -> None:
    result = call(line)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
