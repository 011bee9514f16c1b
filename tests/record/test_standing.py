"""The map of what stands on what: compared with what the source files of proofs, claims and findings say themselves."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mamlcheck.check.results import Results
from mamlcheck.claims import load_claim
from mamlcheck.formats.proof_map import MapNode, ProofMap
from mamlcheck.formats.shared import Counts
from mamlcheck.proof.catalogue import Proved, has_proof, proof_path, proved
from mamlcheck.proof.kernel import axioms_by_name
from mamlcheck.record import standing
from mamlcheck.record.standing import claims_at, proof_map, rests_on
from mamlcheck.shipped import shipped


@pytest.fixture(scope="module")
def results() -> Results:
    text = (shipped("reports") / "example" / "results.json").read_text(encoding="utf-8")
    return Results.from_json(json.loads(text))


@pytest.fixture(scope="module")
def known(results: Results) -> ProofMap:
    return proof_map(results)


def _nodes(known: ProofMap) -> dict[str, MapNode]:
    return {node.id: node for node in known.nodes}


def _claims(known: ProofMap) -> list[str]:
    """The claims of the map: those of the example, whichever have been added since."""
    return [node.name for node in known.nodes if node.id.startswith("claim:")]


def _findings(known: ProofMap) -> list[str]:
    return [node.name for node in known.nodes if node.kind == "finding"]


def _to(node: MapNode, how: str) -> set[str]:
    return {edge.of for edge in node.edges if edge.how == how}


def _below(known: ProofMap, how: str) -> dict[str, set[str]]:
    """Everything under each node, by one kind of edge; found by repeating until nothing is new."""
    found = {node.id: _to(node, how) for node in known.nodes}
    while True:
        more = {name: {*under, *(far for near in under for far in found[near])} for name, under in found.items()}
        if more == found:
            return found
        found = more


# -- an independent reading of the proof files ---------------------------------------------------------------------
NAMED = re.compile(r'(?:chains_of\(p, |proof_file\()"([\w.]+)"')


def _source(claim: str) -> str:
    return proof_path(claim).read_text(encoding="utf-8")


def _named_in(claim: str) -> set[str]:
    """The proof files that a proof file names, directly or by way of others."""
    found: set[str] = set()
    waiting = [claim]
    while waiting:
        text = _source(waiting.pop())
        named = {*NAMED.findall(text), *(f"ours.{name}" for name in re.findall(r'"((?:\w+\.)+\w+)"', text))}
        # `accuracy_of` goes on from a sum as the accuracy of the same theorem does, for whichever claim asks
        named |= {name.replace(".sum", ".accuracy") for name in named} if "accuracy_of" in text else set()
        new = {name for name in named if has_proof(name)} - found
        found |= new
        waiting += new
    return found


def _axioms_in(claims: Iterable[str]) -> set[str]:
    text = "".join(map(_source, claims))
    return {name for name in axioms_by_name() if f'"{name}"' in text}


def test_a_claim_rests_on_those_whose_proofs_its_file_goes_on_from(known: ProofMap) -> None:
    below = _below(known, "rests on")
    seen = 0
    for claim in filter(has_proof, _claims(known)):
        for other in re.findall(r'chains_of\(p, "([\w.]+)"\)', _source(claim)):
            assert f"claim:{other}" in below[f"claim:{claim}"]
            seen += 1
    assert seen >= 6


def test_a_claim_rests_on_no_other_than_its_proof_file_names(known: ProofMap) -> None:
    for name, others in _below(known, "rests on").items():
        if others:
            claim = name.removeprefix("claim:")
            assert {other.removeprefix("claim:") for other in others} <= _named_in(claim)


STEPS = {"12": "maml", "15": "fo_maml", "17": "hf_maml"}


@pytest.mark.parametrize("number", STEPS)
def test_a_theorem_rests_on_its_sum_that_on_one_step_and_that_on_both_moments(known: ProofMap, number: str) -> None:
    nodes, below = _nodes(known), _below(known, "rests on")
    accuracy, total = f"claim:ours.theorem_4_{number}.accuracy", f"claim:ours.theorem_4_{number}.sum"
    step = f"claim:ours.descent.{STEPS[number]}"
    assert _to(nodes[accuracy], "rests on") == {total, "claim:ours.moments.start"}
    assert _to(nodes[total], "rests on") == {step, "claim:ours.lemma_4_8"}  # of Lemma 4.8 at an iterate and a point
    assert {"claim:lemma_4_9.first_moment", "claim:ours.lemma_4_9.second_moment"} <= below[step]
    assert not any(other.startswith("claim:ours.theorem") for other in below[total])


def test_a_corollary_rests_on_its_theorem_and_not_the_other_way(known: ProofMap) -> None:
    below = _below(known, "rests on")
    for corollary, theorem in (("corollary_4_13", "theorem_4_12"), ("corollary_4_16", "theorem_4_15")):
        assert f"claim:ours.{theorem}.accuracy" in below[f"claim:ours.{corollary}"]
        assert f"claim:ours.{corollary}" not in below[f"claim:ours.{theorem}.accuracy"]
    assert all(name not in under for name, under in below.items())  # nothing stands on itself
    assert "claim:ours.corollary_4_13" not in below["claim:ours.remark_4_14"]


def test_what_another_claim_rests_on_is_not_said_again(known: ProofMap) -> None:
    below, nodes = _below(known, "rests on"), _nodes(known)
    for node in known.nodes:
        near = _to(node, "rests on")
        assert not any(one in below[other] for one in near for other in near)
        taken_over = {axiom for other in below[node.id] for axiom in _to(nodes[other], "uses")}
        assert not _to(node, "uses") & taken_over


def test_the_axioms_are_those_that_the_proofs_take_up(known: ProofMap) -> None:
    below, nodes = _below(known, "rests on"), _nodes(known)
    for claim in filter(has_proof, _claims(known)):
        name = f"claim:{claim}"
        used = {axiom for one in (name, *below[name]) for axiom in _to(nodes[one], "uses")}
        names = {axiom.removeprefix("axiom:") for axiom in used}
        cited = {by.source for chain in proved(claim).proof.chains for link in chain.links for by in link.by}
        assert cited & axioms_by_name().keys() <= names
        assert names <= _axioms_in({claim, *_named_in(claim)})
    drawn = {node.name for node in known.nodes if node.kind == "axiom"}
    assert drawn <= axioms_by_name().keys()
    assert all(_to(nodes[f"axiom:{name}"], "says") == {
        f"assumption:{one}" for one in axioms_by_name()[name].assumes
    } for name in drawn)  # fmt: skip


def test_assumptions_and_sharper_forms_are_those_of_the_claim_files(known: ProofMap) -> None:
    nodes = _nodes(known)
    for claim in _claims(known):
        file = importlib.import_module(f"mamlcheck.claims.{claim}")
        node = nodes[f"claim:{claim}"]
        assert _to(node, "assumes") == {f"assumption:{one}" for one in file.ASSUMPTIONS}
        printed = getattr(file, "SHARPENS", None)
        assert _to(node, "sharpens") == ({f"claim:{printed}"} if printed else set())
        assert (node.kind == "sharper") == bool(printed)
        assert node.ours == claim.startswith("ours.")
    assert nodes["claim:lemma_4_8"].kind == nodes["claim:hf_error"].kind == "lemma"
    assert nodes["claim:theorem_4_11"].kind == nodes["claim:ours.corollary_4_13"].kind == "theorem"


def test_findings_are_about_what_they_see_and_refute_what_they_say(known: ProofMap) -> None:
    nodes = _nodes(known)
    files = {name: importlib.import_module(f"mamlcheck.findings.{name}") for name in _findings(known)}
    assert {"hf_fixed_relative_error", "batch_sizes_of_zero"} < files.keys()
    for name, file in files.items():
        node = nodes[f"finding:{name}"]
        seen = [name.removeprefix("mamlcheck.claims.") for name in file.SEE if name.startswith("mamlcheck.claims.")]
        assert {f"claim:{name}" for name in seen} <= _to(node, "is about")
        refutes = getattr(file, "REFUTES", "")
        assert _to(node, "refutes") == ({f"printed:{refutes}"} if refutes else set())
        assert _to(node, "is about")  # each has a place
        assert node.title == file.TITLE
    assert nodes["printed:Theorem 4.17"].standing == "refuted"
    instead = {node.name for node in known.nodes if "printed:Theorem 4.17" in _to(node, "stands for")}
    assert instead == {claim for claim in _claims(known) if claim.startswith("ours.theorem_4_17.")}
    assert "claim:lemma_4_9.first_moment" in _to(nodes["finding:batch_sizes_of_zero"], "is about")
    assert "assumption:4.5" in _to(nodes["finding:different_curvatures"], "is about")


def test_every_edge_ends_at_a_node(known: ProofMap) -> None:
    ids = [node.id for node in known.nodes]
    assert len(set(ids)) == len(ids)
    assert {edge.of for node in known.nodes for edge in node.edges} <= set(ids)


# -- standings -------------------------------------------------------------------------------------------------------
def test_proved_is_what_the_kernel_accepts(known: ProofMap) -> None:
    for claim in _claims(known):
        node = _nodes(known)[f"claim:{claim}"]
        if has_proof(claim):
            assert (node.standing == "proved") == proved(claim).proved
            assert f"all {sum(len(chain.links) for chain in proved(claim).proof.chains):,} steps" in node.told
        else:
            assert node.standing == "open"
            assert load_claim(claim).conjecture
    assert known.not_proved == ()


def _refused(monkeypatch: pytest.MonkeyPatch, claim: str) -> None:
    def otherwise(name: str) -> Proved:
        proof = proved(name)
        return replace(proof, missing=("a step",)) if name == claim else proof

    monkeypatch.setattr(standing, "proved", otherwise)


def test_a_proof_that_the_kernel_refuses_is_not_proved_and_carries_nothing(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refused(monkeypatch, "ours.theorem_4_12.sum")
    known = proof_map(results)
    assert known.not_proved == ("ours.theorem_4_12.sum",)
    assert not any("claim:ours.theorem_4_12.sum" in _to(node, "rests on") for node in known.nodes)
    assert not replace(results, map=known).nothing_fails
    assert replace(results, map=proof_map(results)).map == known


def _standing_of(results: Results, name: str, claim: str = "hf_error") -> str:
    return _nodes(proof_map(results))[f"claim:{name}"].standing


def test_verdicts_alone_are_checked_and_never_proved(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "has_proof", lambda name: False)

    def of(**counts: int) -> str:
        claims = {"hf_error": replace(results.claims["hf_error"], counts=Counts(**counts), printed_form=None)}
        return _standing_of(replace(results, claims=claims), "hf_error")

    assert of(holds=5) == "checked"
    assert of(holds=0) == "open"
    assert of(holds=5, undecided=1) == "open"
    assert of(holds=5, violated=1) == "violated"


def test_a_violated_claim_is_violated_whatever_the_kernel_says(results: Results) -> None:
    claims = {"hf_error": replace(results.claims["hf_error"], counts=Counts(5, 1))}
    assert _standing_of(replace(results, claims=claims), "hf_error") == "violated"


def test_a_finding_without_its_example_refutes_nothing(results: Results) -> None:
    assert results.findings is not None
    shown = tuple(replace(one, status="NOT CONFIRMED") if one.refutes else one for one in results.findings.findings)
    bad = replace(results, claims={}, findings=replace(results.findings, findings=shown))
    nodes = _nodes(proof_map(bad))
    assert nodes["printed:Theorem 4.17"].standing == "open"
    assert nodes["finding:hf_fixed_relative_error"].standing == "not confirmed"


# -- places and circles ----------------------------------------------------------------------------------------------
def test_a_place_is_a_whole_number(results: Results) -> None:
    assert claims_at("Lemma 4.1", results) == ()
    assert claims_at("Lemma 4.10", results) == ("lemma_4_10.bias", "lemma_4_10.second_moment")
    assert set(claims_at("Theorem 4.12", results)) == {"ours.theorem_4_12.accuracy", "ours.theorem_4_12.sum"}


def test_two_equal_proofs_make_no_circle() -> None:
    proofs: Mapping[str, Proved] = {"first": proved("hf_error"), "second": proved("hf_error")}
    assert rests_on(proofs) == {"first": (), "second": ("first",)}


def test_results_without_claims_have_a_map_of_nothing(results: Results) -> None:
    assert proof_map(replace(results, claims={}, findings=None, brackets=None)).nodes == ()


def test_the_proofs_are_where_they_are_read() -> None:
    assert Path(proof_path("hf_error")).is_file()
