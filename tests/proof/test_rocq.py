"""Proofs for Rocq: what is written, what is asked and remembered, and that a deceived kernel does not deceive Rocq.

The last takes Rocq itself. For each sabotage of our kernel, of its language or of an axiom a false step goes through
there, and Rocq refuses the file that is written of it, at that very step.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import sympy
from click.testing import CliRunner

from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.formats.rocq import RocqFile, RocqFiles
from mamlcheck.language import terms as language_terms
from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Language
from mamlcheck.proof import kernel
from mamlcheck.proof.catalogue import begin, chains_of, check_proof, has_proof, proved
from mamlcheck.proof.kernel import Chain, Proof, axiom, axioms_by_name, fact
from mamlcheck.proof.records import proof_record
from mamlcheck.proof.rocq import axioms as rocq_axioms
from mamlcheck.proof.rocq import check as rocq
from mamlcheck.proof.rocq import record
from mamlcheck.proof.rocq.axioms import ARGUMENTS
from mamlcheck.proof.rocq.check import ALLOWED, NoRocq, Rocq, library, required, write
from mamlcheck.proof.rocq.files import file_text, section_text, stated, statement_name
from mamlcheck.report.section import compiled
from mamlcheck.report.sections.claims import proof as proof_section
from mamlcheck.shipped import PACKAGE

with_rocq = pytest.mark.skipif(shutil.which("coqc") is None, reason="Rocq is not installed: apt-get install coq")


# -- what is written -------------------------------------------------------------------------------------------------
@pytest.mark.alike
def test_every_claim_with_a_proof_has_a_statement_by_hand():
    assert [c for c in claim_ids() if has_proof(c) and statement_name(c) not in stated()] == []


@pytest.mark.alike
def test_a_proof_of_both_forms_has_a_statement_of_each():
    for claim in claim_ids():
        if has_proof(claim):
            both = proved(claim).printed is not None
            assert (f"{statement_name(claim)}_strong" in stated()) == both, claim


def test_statements_are_those_of_claims():
    """Each statement in Claims.v is that of a claim: none is left over from a claim that went."""
    names = {statement_name(c) for c in claim_ids()}
    text = library()["Claims"]
    said = {n.removesuffix("_strong") for n in re.findall(r"^Definition (\w+)(?: : Prop)?", text, re.M)}
    props = {n.removesuffix("_strong") for n in re.findall(r"^Definition (\w+) : Prop := forall", text, re.M)}
    assert props <= names, props - names
    assert said & names == props


def test_each_statement_stands_beside_the_id_of_its_claim():
    text = library()["Claims"]
    for claim in claim_ids():
        if statement_name(claim) in stated():
            family = claim.rsplit(".", 1)[0]
            assert f"(** {claim}" in text or f"(** {family}" in text, claim


def test_a_claim_is_written_the_same_each_time_and_assumes_nothing_of_its_own():
    once, twice = file_text(proved("lemma_4_8")), file_text(proved("lemma_4_8"))
    assert once == twice
    assert not rocq.UNPROVED.search(once)
    assert "Theorem lemma_4_8_holds : forall M : model, Claims.lemma_4_8 M." in once
    assert once.rstrip().endswith("Print Assumptions lemma_4_8_holds.")


def test_the_library_assumes_nothing_and_comes_in_its_order():
    seen: set[str] = set()
    for name, text in library().items():
        assert not rocq.UNPROVED.search(rocq._without_comments(text)), name
        assert set(required(text)) <= seen, name
        seen.add(name)
    assert "Claims" in seen


@pytest.mark.alike
def test_every_axiom_is_a_theorem_of_the_same_name():
    theorems = {name for text in library().values() for name in re.findall(r"^Theorem (\w+)", text, re.M)}
    for name in axioms_by_name():
        assert name in ARGUMENTS, name
        assert ("bounded_gradient_deviation" if name == "bounded_deviation" else name) in theorems, name
    assert set(ARGUMENTS) <= set(axioms_by_name())


def test_a_claim_without_a_statement_or_a_proof_is_told_and_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(rocq, "stated", lambda: ("hf_error",))
    outcome = run("prove", "--rocq", str(tmp_path / "out"), "hf_error", "lemma_4_8", "ours.conjectures")
    assert outcome.exit_code == 0, outcome.output
    assert "lemma_4_8: not written, it has no statement in proofs/rocq/Claims.v" in outcome.output
    assert "ours.conjectures.lemma_4_10: not written, it has no proof" in outcome.output
    assert sorted(path.stem for path in (tmp_path / "out").glob("*.v")) == sorted([*library(), "hf_error"])


def test_an_axiom_that_is_no_theorem_there_is_told(tmp_path, monkeypatch):
    monkeypatch.delitem(ARGUMENTS, "triangle")
    found = write(tmp_path / "out", ["lemma_4_8"]).claims["lemma_4_8"]
    assert (found.state, found.said) == ("not written", "the axiom triangle has no theorem in Rocq yet")


# -- what is asked, and remembered: with a stand-in for Rocq ----------------------------------------------------------
STAND_IN = """#!/bin/sh
if [ "$1" = --version ]; then echo "The Coq Proof Assistant, version 99.1"; exit 0; fi
for file; do :; done
echo "$file" >> "$ASKED"
{body}
"""
ALL_IS_WELL = """grep -q 'Print Assumptions' "$file" || exit 0
for line in $(grep -o 'Print Assumptions' "$file" | tr ' ' _); do
echo "Axioms:"; echo "ClassicalDedekindReals.sig_not_dec : forall P : Prop, {~ ~ P} + {~ P}"; done"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Puts a program that answers as `body` has it in Rocq's place; gives the list of the files that it was asked."""

    def put(body: str = ALL_IS_WELL) -> Callable[[], list[str]]:
        folder, asked = tmp_path / "bin", tmp_path / "asked"
        folder.mkdir(exist_ok=True)
        (folder / "coqc").write_text(STAND_IN.replace("{body}", body))
        (folder / "coqc").chmod(0o755 | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("ASKED", str(asked))
        asked.write_text("")
        return lambda: asked.read_text().split()

    return put


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


def test_rocq_is_asked_for_the_library_first_and_then_for_each_claim(stand_in, tmp_path):
    asked = stand_in()
    outcome = run("prove", "--rocq", str(tmp_path / "out"), "hf_error", "--check")
    assert outcome.exit_code == 0, outcome.output
    assert asked() == [*(f"{name}.v" for name in library()), "hf_error.v"]
    assert "Rocq 99.1 accepts 1 of 1 proofs" in outcome.output
    assert "ClassicalDedekindReals.sig_not_dec" in outcome.output


def test_what_was_accepted_is_not_read_again_until_it_changes(stand_in, tmp_path):
    asked, out = stand_in(), tmp_path / "out"
    run("prove", "--rocq", str(out), "hf_error", "--check")
    before = len(asked())
    again = run("prove", "--rocq", str(out), "hf_error", "--check")
    assert len(asked()) == before
    assert "accepted before" in again.output
    run("prove", "--rocq", str(out), "ours.hf_error.half", "--check")
    assert asked()[-1] == "ours_hf_error_half.v"
    (out / "accepted.json").write_text("no JSON at all")
    assert run("prove", "--rocq", str(out), "hf_error", "--check").exit_code == 0
    assert asked()[-1] == "hf_error.v"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo 'File \"./x\", line 7: Error: no'; case $file in hf_error.v) exit 1;; esac", "Error: no"),
        (ALL_IS_WELL.replace("ClassicalDedekindReals.sig_not_dec", "Mine.easy"), "it rests on Mine.easy"),
        ("true", "it rests on what is not told"),
    ],
    ids=["refused", "rests on another axiom", "says nothing"],
)
def test_a_proof_that_rocq_refuses_is_told_with_its_reason(stand_in, tmp_path, body, said):
    stand_in(body)
    outcome = run("prove", "--rocq", str(tmp_path / "out"), "hf_error", "--check")
    assert outcome.exit_code == 1
    assert "hf_error: refused, hf_error.v:" in outcome.output
    assert said in outcome.output
    assert "accepts 0 of 1" in outcome.output
    assert not (tmp_path / "out" / "accepted.json").exists()


def test_a_library_that_rocq_refuses_is_no_proof_that_it_refuses(stand_in, tmp_path):
    stand_in("exit 1")
    outcome = run("prove", "--rocq", str(tmp_path / "out"), "hf_error", "--check")
    assert outcome.exit_code == 2
    assert "does not accept the library's file" in outcome.output


def test_without_rocq_the_files_are_there_and_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(rocq.shutil, "which", lambda name: None)
    outcome = run("prove", "--rocq", str(tmp_path / "out"), "hf_error", "--check")
    assert outcome.exit_code == 2
    assert "apt-get install coq" in outcome.output
    assert (tmp_path / "out" / "hf_error.v").is_file()
    with pytest.raises(NoRocq):
        Rocq.found()


def test_written_files_are_told_and_as_json(tmp_path):
    outcome = run("prove", "--rocq", str(tmp_path / "out"), "hf_error")
    assert outcome.exit_code == 0
    assert "1 proof written" in outcome.output
    found = json.loads(run("prove", "--rocq", str(tmp_path / "out"), "hf_error", "--json").output)
    assert found["claims"]["hf_error"]["state"] == "written"
    assert (tmp_path / "out" / "_CoqProject").read_text() == "-Q . MamlCheck\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--check"], "give the folder too"),
        (["--rocq", "x", "--latex"], "leave out one of them"),
        (["--trust", "--rocq", "x"], "leave out --rocq"),
        (["--rocq", "/dev/null/x", "hf_error"], "cannot be written"),
    ],
)
def test_wrong_calls(arguments, said):
    outcome = run("prove", *arguments)
    assert outcome.exit_code == 2
    assert said in outcome.output


def test_a_claim_that_is_not_proved_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(rocq, "proved", lambda claim: replace(proved(claim), missing=("something",)))
    with pytest.raises(InputError, match="is not proved, so that there is nothing to write: something"):
        write(tmp_path / "out", ["hf_error"])


# -- what is written down of it ----------------------------------------------------------------------------------------
@pytest.fixture
def a_record(tmp_path, monkeypatch):
    """The record somewhere else, and read anew each time, as in a checkout."""
    monkeypatch.setattr(record, "record_path", lambda: tmp_path / "checked.json")
    monkeypatch.setattr(record, "_commit", lambda: "0123456789")
    record.accepted.cache_clear()
    yield tmp_path / "checked.json"
    record.accepted.cache_clear()


def accepted_files() -> RocqFiles:
    file = RocqFile("accepted", "hf_error.v", 100, 1.5, ("ClassicalDedekindReals.sig_not_dec",))
    return RocqFiles("somewhere", "99.1", ("Base",), {"hf_error": file, "other": RocqFile("not written", "", 0)})


def test_what_rocq_accepted_is_said_of_the_proof(a_record):
    assert record.rechecked("hf_error") is None
    record.keep(accepted_files())
    record.accepted.cache_clear()
    found = record.rechecked("hf_error")
    assert (found.rocq, found.rests_on) == ("99.1", ("ClassicalDedekindReals.sig_not_dec",))
    assert record.rechecked("other") is None
    text = run("prove", "hf_error").output
    assert f"Accepted by Rocq 99.1 too, as of {found.date} and commit {found.commit}." in text
    assert "It rests there on these axioms of its standard library:\n  ClassicalDedekindReals.sig_not_dec" in text
    alone = SimpleNamespace(claims={})  # the claims of a page, among which a proof looks for what stands above it
    proof = SimpleNamespace(proof=proof_record(proved("hf_error")))
    shown = SimpleNamespace(name="hf_error", anchor="claim-hf_error", title="HF error", found=proof, results=alone)
    page = compiled(proof_section.TEMPLATE).render(rows=proof_section.rows(shown))
    assert f"Accepted by Rocq 99.1 too, as of {found.date} and commit" in page


def test_a_record_of_other_sources_is_not_believed(a_record, monkeypatch):
    record.keep(accepted_files())
    record.accepted.cache_clear()
    monkeypatch.setattr(record, "sources", lambda: "others")
    assert record.rechecked("hf_error") is None
    assert "Rocq" not in run("prove", "hf_error").output


@pytest.mark.parametrize("content", [None, "no JSON", "{}", "[1]"])
def test_without_a_record_nothing_is_said(a_record, content):
    if content is not None:
        a_record.write_text(content)
    assert record.rechecked("hf_error") is None


def test_nothing_is_written_down_of_what_rocq_did_not_accept(a_record):
    refused = replace(accepted_files(), claims={"hf_error": RocqFile("refused", "hf_error.v", 100)})
    for files in (refused, replace(accepted_files(), rocq="")):
        with pytest.raises(InputError, match="did not accept all"):
            record.keep(files)
    assert not a_record.exists()
    assert run("prove", "--rocq", "x", "--record").exit_code == 2


def test_what_is_written_down_is_of_a_commit(tmp_path, monkeypatch):
    home = tmp_path / "project"
    (home / "proofs").mkdir(parents=True)
    monkeypatch.setattr(record, "shipped", lambda name: home / name)
    with pytest.raises(InputError, match="--record is for a checkout"):
        record._commit()
    for words in (
        ["init", "-q"],
        ["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "one", "--allow-empty"],
    ):
        subprocess.run(["git", "-C", str(home), *words], check=True)
    assert re.fullmatch("[0-9a-f]{10}", record._commit())


def test_the_digest_is_of_every_source(monkeypatch, tmp_path):
    before = record.sources()
    assert all((PACKAGE / room).is_dir() for room in record.ROOMS)
    copied = tmp_path / "mamlcheck"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(record, "PACKAGE", copied)
    record.sources.cache_clear()
    assert record.sources() == before
    (copied / "language" / "terms.py").write_text("changed")
    record.sources.cache_clear()
    assert record.sources() != before
    monkeypatch.undo()
    record.sources.cache_clear()


@pytest.mark.alike
def test_the_record_that_ships_is_of_these_proofs():
    """Made anew by: mamlcheck prove --rocq DIR --check --record."""
    assert set(record.accepted()) == {claim for claim in claim_ids() if has_proof(claim)}
    assert {axiom for one in record.accepted().values() for axiom in one.rests_on} <= set(ALLOWED)


# -- Rocq itself -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A folder with the library, read by Rocq."""
    folder = tmp_path_factory.mktemp("rocq")
    write(folder, [])
    rocq._read_library(Rocq.found(), folder)
    return folder


@pytest.mark.alike
@with_rocq
def test_rocq_accepts_a_proof_and_it_rests_on_its_own_axioms_alone(built):
    files = rocq.check(write(built, ["hf_error", "ours.moments.spread"]), workers=1)
    for claim, file in files.claims.items():
        assert file.state == "accepted", (claim, file.said)
        assert set(file.rests_on) <= set(ALLOWED)


@pytest.mark.alike
@with_rocq
def test_rocq_refuses_a_statement_that_says_more(built, tmp_path):
    """The theorem is the statement by hand: with half of its right side, the same proof does not reach it."""
    text = library()["Claims"]
    stronger = text.replace("<= rho * delta * norm v ^ 2.", "<= rho * delta * norm v ^ 2 / 4.")
    assert stronger != text
    folder = tmp_path / "stronger"
    shutil.copytree(built, folder)
    (folder / "Claims.v").write_text(stronger)
    assert Rocq.found().read(folder, "Claims")[0]
    (folder / "hf_error.v").write_text(file_text(proved("hf_error")))
    accepted, said, _ = Rocq.found().read(folder, "hf_error")
    assert not accepted
    assert "No applicable tactic" in said


# -- deceived kernels ----------------------------------------------------------------------------------------------
def _numbers(p: Proof):
    x = p.language
    alpha, smooth, rho = vocabulary.inner_rate(x), vocabulary.smoothness(x), vocabulary.hessian_lipschitz(x)
    return x, alpha, smooth, rho, x.vector("w"), x.vector("u")


def _says(name: str, conclude):
    """An axiom that concludes otherwise; `conclude` is given what it concludes truly."""

    def deceive(monkeypatch):
        truly = axioms_by_name()

        def falsely(x, *arguments):
            return conclude(truly[name].conclude(x, *arguments))

        known = {**truly, name: replace(truly[name], conclude=falsely)}
        for module in (kernel, rocq_axioms):
            monkeypatch.setattr(module, "axioms_by_name", lambda: known)

    return deceive


def _half(said):
    left, right, equal = said
    return left, right / 2, equal


def equality_is_always_true(monkeypatch):
    monkeypatch.setattr(kernel, "is_zero", lambda expression: True)


def identity_of_numbers(p: Proof) -> Chain:
    _, alpha, smooth, *_ = _numbers(p)
    return p.chain("doctored", (1 + alpha) ** 2 * smooth).step("a square", (1 + alpha**2) * smooth)


def signs_are_not_checked(monkeypatch):
    monkeypatch.setattr(Proof, "require_nonnegative", lambda self, expression, what: None)


def remainder_of_the_wrong_sign(p: Proof) -> Chain:
    _, alpha, smooth, *_ = _numbers(p)
    return p.chain("doctored", smooth).step("something is left", smooth - alpha, remainder=-alpha)


def factor_of_the_wrong_sign(p: Proof) -> Chain:
    x, _, smooth, _, w, u = _numbers(p)
    start = -smooth * x.norm(w + u)
    by = axiom("triangle", w, u).times(-smooth)
    return p.chain("doctored", start).step("triangle, turned round", -smooth * (x.norm(w) + x.norm(u)), by)


def root_of_the_wrong_sign(p: Proof) -> Chain:
    _, _, smooth, *_ = _numbers(p)
    square = p.chain("squares", smooth**2).step("the same", smooth**2).done()
    return p.chain("doctored", smooth).step("a root", -smooth, fact(square).root(smooth, -smooth))


def triangle(p: Proof) -> Chain:
    x, _, _, _, w, u = _numbers(p)
    return p.chain("doctored", x.norm(w + u)).step("half", (x.norm(w) + x.norm(u)) / 2, axiom("triangle", w, u))


def gradients_change_by_half(p: Proof) -> Chain:
    x, _, smooth, _, w, u = _numbers(p)
    change = x.norm(x.gradient("i", w) - x.gradient("i", u))
    by = axiom("lipschitz_gradient", "i", w, u)
    return p.chain("doctored", change).step("half", smooth * x.norm(w - u) / 2, by)


def norm_of_a_mean_from_below(p: Proof) -> Chain:
    x, _, _, _, w, _ = _numbers(p)
    slope = x.gradient("i", w)
    start = x.mean("i", x.norm(slope))
    to = x.norm(x.mean_vector("i", slope))
    return p.chain("doctored", start).step("turned", to, axiom("jensen_norm", "i", slope))


def means_lose_factors(monkeypatch):
    """E of a product, as the product of what varies with nothing: every factor is taken out."""
    monkeypatch.setattr(Language, "depends", lambda self, expression: frozenset())


def mean_without_a_mean(p: Proof) -> Chain:
    x, _, _, _, w, _ = _numbers(p)
    slope = x.gradient("i", w)
    start = x.norm(x.mean_vector("i", slope))
    return p.chain("doctored", start).step("of one task", x.norm(slope), axiom("jensen_norm", "i", slope))


def lengths_lose_a_factor(monkeypatch):
    monkeypatch.setattr(language_terms, "content", lambda v: (sympy.Integer(1), 1, _content(v)[2]))


_content = language_terms.content


def length_of_twice(p: Proof) -> Chain:
    x, _, _, _, w, u = _numbers(p)
    return p.chain("doctored", x.norm(w + 2 * u)).step("twice", x.norm(w) + x.norm(u), axiom("triangle", w, 2 * u))


def integrals_are_not_divided(said):
    left, right, equal = said
    return left, right * sympy.Rational(2, 3), equal


def mean_value(p: Proof) -> Chain:
    x, _, _, rho, w, u = _numbers(p)
    tau, way = vocabulary.number(x, "tau"), u
    integrand = axiom("lipschitz_hessian", "i", w + tau * way, w, way)
    slope = x.gradient("i", w + way) - x.gradient("i", w) - x.hessian("i", w)(way)
    by = axiom("mean_value_integral", "i", w, way, tau, integrand)
    return p.chain("doctored", x.norm(slope)).step("a third", rho * x.norm(way) ** 2 / 3, by)


def variances_are_halved(p: Proof) -> Chain:
    x, _, _, _, w, _ = _numbers(p)
    noise = x.norm(x.gradient("i", w, "D_in") - x.gradient("i", w))
    size = vocabulary.size_root(x, "D_in") ** 2
    to = x.gradient_deviation("i", w) ** 2 / size / 2
    return p.chain("doctored", x.mean("D_in", noise**2)).step("half", to, axiom("gradient_variance", "D_in", "i", w))


def cross_terms_are_lost(said):
    left, right, equal = said
    inner = [s for s in right.free_symbols if s.name.startswith("<")]
    return left, right.subs(dict.fromkeys(inner, 0)), equal


def pythagoras(p: Proof) -> Chain:
    x, _, _, _, w, u = _numbers(p)
    start = x.norm(w + u) ** 2
    to = x.norm(w) ** 2 + x.norm(u) ** 2
    return p.chain("doctored", start).step("no cross term", to, axiom("expand_square", w, u))


def convexity_is_not_asked(p: Proof) -> Chain:
    x, _, _, _, w, u = _numbers(p)
    by = axiom("convex_pull_back", "i", w, u, p.hypothesis("alpha <= 1/L"), p.hypothesis("alpha <= 1/L"))
    return p.chain("doctored", x.norm(vocabulary.pull_back(x, w)(u))).step("convex", x.norm(u), by)


def facts_are_not_looked_at(monkeypatch):
    from mamlcheck.proof.axioms import convex_pull_back

    monkeypatch.setattr(convex_pull_back, "require_convex", lambda x, convex, rate: None)


def ratios_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(Proof, "_ratio_of", lambda self, of, ratio: self.language.meanings[ratio].parts)


def share_of_nothing(p: Proof) -> Chain:
    x, alpha, smooth, *_ = _numbers(p)
    ratio = x.ratio("r", smooth, alpha)
    same = p.chain("the same", alpha).step("the same", alpha).done()
    return p.chain("doctored", ratio).step("a share", sympy.Integer(1), fact(same).share(ratio))


SABOTAGES = {
    "equality is always true": (equality_is_always_true, identity_of_numbers),
    "remainders have any sign": (signs_are_not_checked, remainder_of_the_wrong_sign),
    "factors have any sign": (signs_are_not_checked, factor_of_the_wrong_sign),
    "roots have any sign": (signs_are_not_checked, root_of_the_wrong_sign),
    "triangle says half": (_says("triangle", _half), triangle),
    "lipschitz_gradient says half": (_says("lipschitz_gradient", _half), gradients_change_by_half),
    "jensen_norm is turned round": (
        _says("jensen_norm", lambda said: (said[1], said[0], False)), norm_of_a_mean_from_below,
    ),
    "gradient_variance says half": (_says("gradient_variance", _half), variances_are_halved),
    "expand_square has no cross term": (_says("expand_square", cross_terms_are_lost), pythagoras),
    "mean_value_integral says two thirds": (_says("mean_value_integral", integrals_are_not_divided), mean_value),
    "means lose factors": (means_lose_factors, mean_without_a_mean),
    "lengths lose a factor": (lengths_lose_a_factor, length_of_twice),
    "convexity is not asked for": (facts_are_not_looked_at, convexity_is_not_asked),
    "a ratio is a share of anything": (ratios_are_not_looked_at, share_of_nothing),
}  # fmt: skip


@pytest.mark.alike
@with_rocq
@pytest.mark.parametrize("name", list(SABOTAGES))
def test_rocq_refuses_what_a_deceived_kernel_accepts(built, monkeypatch, name):
    deceive, prove = SABOTAGES[name]
    honest = begin(load_claim("lemma_4_8"))
    try:
        chain = prove(honest)
        accepted = all(link.holds for c in honest.chains for link in c.links)
    except (kernel.NotProved, DoesNotApply, language_terms.NotInLanguage):
        accepted = False
    assert not accepted, "without the sabotage the step must fail, or the test would show nothing"
    with monkeypatch.context() as sabotaged:
        deceive(sabotaged)
        p = begin(load_claim("lemma_4_8"))
        chain = prove(p)
        assert chain.done().proved, [link.missing for link in chain.links]
        text = section_text(p, [chain])
    file = re.sub(r"\W+", "_", name)
    (built / f"{file}.v").write_text(text)
    refused, said, _ = Rocq.found().read(built, file)
    assert not refused, "Rocq accepts a false step"
    line = int(re.search(r"line (\d+)", said).group(1))
    place = [shown for shown in text.splitlines()[:line] if shown.startswith("(* ")][-1]
    assert place == f"(* doctored, step 1: {chain.links[0].title} *)"


def hypotheses_say_half(monkeypatch):
    truly = Proof._hypothesis

    def falsely(self, name):
        found = truly(self, name)
        return kernel.Fact(kernel._SEAL, self, found.left, found.right / 2, False, found.why)

    monkeypatch.setattr(Proof, "_hypothesis", falsely)


def constant_of_lemma_4_8(p: Proof) -> list[Chain]:
    """(1 + a)^2 <= 9/4 and 1 + a <= 3/2, as for alpha <= 1/(2L)."""
    x, alpha, smooth, rho, w, u = _numbers(p)
    a, apart, given = alpha * smooth, x.norm(w - u), p.hypothesis("alpha <= 1/L")
    chains = chains_of(p, "ours.lemma_4_8")
    for chain, at in zip(chains, (u, w), strict=True):
        slope = vocabulary.mean_gradient_norm(x, at)
        chain.step(
            "half the rate",
            (sympy.Rational(9, 4) * smooth + sympy.Rational(3, 2) * rho * alpha * slope) * apart,
            given.times(smooth * (sympy.Rational(5, 2) + a) * apart),
            given.times(alpha * rho * slope * apart),
        )
    return chains


@pytest.mark.alike
@with_rocq
def test_rocq_refuses_hypotheses_that_the_statement_does_not_have(built, monkeypatch):
    with monkeypatch.context() as sabotaged:
        hypotheses_say_half(sabotaged)
        found = check_proof(load_claim("lemma_4_8"), constant_of_lemma_4_8)
        assert found.theorem is not None
        assert found.theorem.proved
        text = file_text(found)
    (built / "half_the_rate.v").write_text(text)
    accepted, said, _ = Rocq.found().read(built, "half_the_rate")
    assert not accepted
    line = int(re.search(r"line (\d+)", said).group(1))
    assert "Theorem lemma_4_8_holds" in "\n".join(text.splitlines()[:line])
