"""Proofs and waterfalls as plain records, for JSON and for the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from mamlcheck.check.results import ClaimResult, Results
from mamlcheck.check.runner import Progress
from mamlcheck.claims import is_of_runs, load_claim
from mamlcheck.formats.proofs import (
    Axiom,
    ChainRecord,
    FormulaRecord,
    LinkRecord,
    ProofRecord,
    Proofs,
    StepRecord,
    WaterfallRecord,
)
from mamlcheck.formats.shared import Enclosure
from mamlcheck.language.terms import Language
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.catalogue import Proved, has_proof, proved
from mamlcheck.proof.kernel import By, Chain, Fact, Link, axioms_by_name
from mamlcheck.proof.rocq.record import rechecked
from mamlcheck.proof.waterfall import Step, Waterfall, waterfall

MOST_STEPS = 60  # of a proof with its lemmas, that a report has in full: nobody reads them all on a page of all claims


def proof_record(proof: Proved, most_steps: float = math.inf) -> ProofRecord:
    """A proof: its chains, then the lemmas they use, unless it has more steps than `most_steps` with these."""
    language, lemmas = proof.proof.language, proof.lemmas
    steps = sum(len(chain.links) for chain in (*proof.chains, *lemmas))
    shown = lemmas if steps <= most_steps else ()
    return ProofRecord(
        proved=proof.proved,
        missing=tuple(proof.missing),
        form=form(proof),
        unused=tuple(proof.unused),
        text=proof.text,
        chains=tuple(_chain(language, chain) for chain in proof.chains),
        lemmas=tuple(_chain(language, chain) for chain in shown),
        left_out=len(lemmas) - len(shown),
        rechecked=rechecked(proof.claim) if proof.proved else None,
    )


def proofs(claims: Sequence[str], progress: Progress = lambda done: None) -> Proofs:
    """Have the kernel check the proofs of claims, given by their ids. progress: told how many more are done.

    A conjecture has none to check, and does not stand against all being proved.
    """
    found: dict[str, ProofRecord] = {}
    for claim in claims:
        if has_proof(claim):
            found[claim] = proof_record(proved(claim))
        progress(1)
    conjectures = tuple(claim for claim in claims if claim not in found and load_claim(claim).conjecture)
    without = tuple(claim for claim in claims if claim not in found and claim not in conjectures)
    done = not without and all(proof.proved for proof in found.values())
    return Proofs(done, without, conjectures, found)


def form(proof: Proved) -> Literal["printed", "strong"]:
    """Which form of the claim the proof ends with; the strong one has deviations at the points used."""
    return "strong" if proof.of.bounds_deviations and proof.printed is None else "printed"


def _chain(x: Language, chain: Chain) -> ChainRecord:
    return ChainRecord(
        name=chain.name,
        start=FormulaRecord(str(chain.start), x.latex(chain.start)),
        strong_form_after=chain.strong,
        links=tuple(_link(x, link, k) for k, link in enumerate(chain.links, 1)),
    )


def _link(x: Language, link: Link, number: int) -> LinkRecord:
    return LinkRecord(
        number=number,
        title=link.title,
        relation="=" if link.relation == "=" else "<=",
        kind=link.kind,
        by=tuple(justifications(link)),
        facts=tuple(str(given) for given in link.facts),
        remainder=str(link.remainder),
        text=str(link.to),
        latex=x.latex(link.to),
        holds=link.holds,
        missing=link.missing,
    )


def justifications(link: Link) -> Iterator[str]:
    """What a link rests on: axioms, hypotheses, lemmas, and what is manifestly >= 0."""
    yield from dict.fromkeys(_named(by) for by in link.by)
    if link.remainder != 0:
        yield "a term >= 0 left out"
    if not link.by and link.remainder == 0:
        yield "identity"


def _named(by: By) -> str:
    if isinstance(by.source, Fact):
        return f"lemma: {by.source.why}"
    if by.source == "hypothesis":
        return f"hypothesis {by.arguments[0]}"
    return str(by.source).replace("_", " ")


def axioms() -> dict[str, Axiom]:
    """The axioms: what they say, and where that is found."""
    return {name: Axiom(axiom.title, axiom.statement, axiom.source) for name, axiom in axioms_by_name().items()}


def waterfall_record(fall: Waterfall) -> WaterfallRecord:
    """A waterfall, step by step."""
    return WaterfallRecord(fall.chain, fall.proved, tuple(_step(step) for step in fall.steps))


def _step(step: Step) -> StepRecord:
    return StepRecord(
        title=step.title,
        relation=step.relation,
        latex=step.latex,
        value=None if step.lower is None or step.upper is None else Enclosure.of((step.lower, step.upper)),
        share=None if step.share is None else Enclosure.of(step.share),
        verdict=None if step.verdict is None else str(step.verdict),
        why=step.why,
    )


def with_proofs(
    results: Results, instance_of: Callable[[str], Instances], witnesses: Mapping[str, Instances] | None = None
) -> Results:
    """The results with the proof of each claim, and the waterfalls of its worst instance and of its witness.

    instance_of: makes the instance of an id. witnesses: blocks of one instance, by claim.
    """
    return replace(
        results,
        claims={
            name: _with_proof(name, claim, instance_of, (witnesses or {}).get(name))
            for name, claim in results.claims.items()
        },
    )


def _with_proof(
    name: str, claim: ClaimResult, instance_of: Callable[[str], Instances], witness: Instances | None
) -> ClaimResult:
    if not has_proof(name) or is_of_runs(name):  # whose proof is long: `mamlcheck prove` alone prints it
        return claim
    proof = proved(name)
    worst = None if claim.worst is None else instance_of(claim.worst.instance)
    of_worst, of_witness = (
        None if one is None else waterfall_record(waterfall(proof, one)) for one in (worst, witness)
    )
    return replace(claim, proof=proof_record(proof, MOST_STEPS), waterfall=of_worst, witness_waterfall=of_witness)


__all__ = ["axioms", "form", "justifications", "proof_record", "proofs", "waterfall_record", "with_proofs"]
