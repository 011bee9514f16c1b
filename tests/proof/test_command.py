"""`mamlcheck prove`, and the waterfalls of `mamlcheck show`, as people call them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from known import PROVED

from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.meta import variables
from mamlcheck.proof import axioms, catalogue, kernel
from mamlcheck.proof.catalogue import proved
from mamlcheck.proof.kernel import axioms_by_name


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.alike
def test_all_claims_that_have_a_proof_are_proved():
    outcome = run("prove")
    conjectures = [claim for claim in claim_ids() if load_claim(claim).conjecture]
    assert outcome.exit_code == (0 if len(PROVED) + len(conjectures) == len(claim_ids()) else 1), outcome.output
    said = f"{len(PROVED)} of {len(claim_ids()) - len(conjectures)} claims proved, beside {len(conjectures)} conjecture"
    assert outcome.output.rstrip().rstrip(".").removesuffix("s").endswith(said)
    assert all(f"{claim}: proved, " in outcome.output for claim in PROVED)


def test_a_chain_is_printed_with_its_justifications():
    text = run("prove", "lemma_4_8").output
    assert "lemma_4_8: proved, 26 links in 6 chains" in text
    assert "8. (1 + a)^2 <= 4 and 1 + a <= 2  [hypothesis alpha <= 1/L]" in text
    assert "|grad F(u) - grad F(w)|" in text
    assert r"\nabla F" in run("prove", "lemma_4_8", "--latex").output


def test_json_holds_every_link_with_latex():
    found = json.loads(run("prove", "lemma_4_10", "--json").output)
    assert (found["format"], found["version"], found["proved"]) == ("mamlcheck-proofs", 1, True)
    assert set(found["claims"]) == {"lemma_4_10.bias", "lemma_4_10.second_moment"}
    for proof in found["claims"].values():
        for chain in proof["chains"] + proof["lemmas"]:
            assert all(link["holds"] and link["latex"] and link["by"] for link in chain["links"])
    assert run("prove", "lemma_4_10", "--json").output == run("prove", "lemma_4_10", "--json").output


def test_axioms_are_listed_with_statement_and_source():
    text = run("prove", "--axioms").output
    assert "cauchy schwarz: The Cauchy-Schwarz inequality." in text
    axioms = json.loads(run("prove", "--axioms", "--json").output)["axioms"]
    assert all(axiom["statement"] and axiom["source"] for axiom in axioms.values())


def test_a_link_that_does_not_hold_is_exit_status_1(tmp_path, monkeypatch):
    source = catalogue.proof_path("hf_error").read_text(encoding="utf-8").replace("remainder=bound / 2", "")
    (tmp_path / "hf_error.py").write_text(source, encoding="utf-8")
    there = catalogue.proof_path
    monkeypatch.setattr(
        catalogue, "proof_path", lambda claim: tmp_path / "hf_error.py" if claim == "hf_error" else there(claim)
    )
    proved.cache_clear()
    outcome = run("prove", "hf_error")
    proved.cache_clear()
    assert outcome.exit_code == 1
    assert "hf_error: NOT PROVED" in outcome.output
    assert "step 3 (half of it is enough): what is given does not add up" in " ".join(outcome.output.split())
    assert "0 of 1 claims proved." in outcome.output


def test_a_claim_without_a_proof_is_said_to_have_none(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "proof_path", lambda claim: tmp_path / "none.py")
    outcome = run("prove", "hf_error")
    assert outcome.exit_code == 1
    assert "there is no proof file" in outcome.output


def test_a_proof_file_without_a_proof_is_told_what_it_lacks(tmp_path, monkeypatch):
    (tmp_path / "empty.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(catalogue, "proof_path", lambda claim: tmp_path / "empty.py")
    proved.cache_clear()
    with pytest.raises(
        InputError, match=r"empty\.py has no function prove\(p\): it returns the chains of the proof of hf"
    ):
        proved("hf_error")
    proved.cache_clear()


@pytest.mark.parametrize(
    ("asked", "unused"),
    [
        ("--trust --latex --json", "--latex"),
        ("--trust --axioms", "--axioms"),
        ("--axioms nope", "nope"),
        ("hf_error --axioms --latex --json", "hf_error --latex"),
    ],
)
def test_what_would_be_ignored_is_refused(asked, unused):
    result = run("prove", *asked.split())
    assert result.exit_code == 2
    assert result.stderr.endswith(f"leave out {unused}\n")
    assert not result.stdout


def test_an_unknown_claim_is_a_wrong_call():
    outcome = run("prove", "lemma_4_7")
    assert outcome.exit_code == 2
    assert "lemma_4_8" in outcome.output


@pytest.mark.parametrize("option", [(), ("--no-waterfall",)])
def test_show_says_where_each_bound_loses(option):
    text = run("show", "random-2/1/500", *option).output
    assert ("Where lemma_4_8 loses" in text) == (not option)
    assert ("|g(w) - g(u)| <= L (1 + a) |w - u|" in text) == (not option)


def test_show_json_holds_the_steps():
    claim = json.loads(run("show", "random-2/1/500", "--json").output)["claims"]["hf_error"]
    steps = claim["waterfall"]["steps"]
    assert [step["relation"] for step in steps] == ["", "<=", "<=", "<="]
    assert sum(step["share"]["lower"] for step in steps[1:]) == pytest.approx(1, abs=1e-6)
    assert claim["lhs"]["lower"] <= steps[0]["value"]["upper"]
    assert steps[-1]["value"]["lower"] <= claim["rhs"]["upper"]


def test_the_page_of_what_must_be_trusted_says_what_the_command_says():
    page = (Path(__file__).parents[2] / "docs" / "what-you-must-trust.md").read_text(encoding="utf-8")
    believed, counted = page.split("## How much it is\n")
    assert run("prove", "--trust").output.startswith(believed)
    assert "mamlcheck prove --trust" in counted


def test_what_must_be_trusted_is_counted_where_it_is_asked_for():
    text = run("prove", "--trust").output
    lines = len(Path(kernel.__file__).read_text(encoding="utf-8").splitlines())
    assert f"| kernel | {lines} |" in text
    for name, folder in (("variables", variables), ("axioms, [0-9]+ of them", axioms)):
        files = Path(folder.__file__).parent.glob("*.py")
        lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
        assert re.search(rf"\| {name} \| {lines} \|", text), name  # what stands in a folder is in all of its files
    assert all(f"| `{name}` | {axiom.title} | {axiom.source} |" in text for name, axiom in axioms_by_name().items())


def test_what_must_be_trusted_as_json_is_what_the_page_says():
    page = run("prove", "--trust").output
    found = json.loads(run("prove", "--trust", "--json").output)
    assert (found["format"], found["version"]) == ("mamlcheck-trust", 1)
    for text in ("introduction", "besides", "rules"):
        assert found[text].strip()
        assert found[text] in page
    for name, part in found["parts"].items():
        count = f", {len(found['axioms'])} of them" if name == "axioms" else ""
        assert f"| {name} | `{part['file']}` | {part['believed']} |" in page
        assert f"| {name}{count} | {part['lines']} |" in page
    assert len(found["parts"]) == page.count("| `mamlcheck/")
    assert set(found["axioms"]) == set(axioms_by_name())


def test_the_table_of_rules_lists_every_rule_of_the_kernel():
    rules = {name.removeprefix("_rule_") for name in dir(kernel.Proof) if name.startswith("_rule_")}
    table = (kernel.__doc__ or "").split("\n\n")[1].splitlines()
    listed = [line.split()[0] for line in table[3:-1]]
    assert set(listed) >= rules
    assert set(listed) - rules == {"axiom", "hypothesis", "step", "chain", "smaller"}


def test_what_a_proof_does_not_use_is_said():
    text = run("prove", "lemma_4_10.bias", "ours.lemma_4_10.bias").output
    assert text.count("Not used: alpha <= 1/L") == 2
    assert text.count("In the strong form") == 1
    found = json.loads(run("prove", "lemma_4_10.bias", "--json").output)["claims"]["lemma_4_10.bias"]
    assert (found["form"], found["unused"]) == ("printed", ["alpha <= 1/L"])


def test_formulas_are_printed_alike_in_every_process():
    """Sets of strings have another order wherever the seed of their hashes differs."""
    printed = {
        subprocess.run(
            [sys.executable, "-m", "mamlcheck", "prove", "lemma_4_10.second_moment", "--json"],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in range(1, 5)
    }
    assert len(printed) == 1
