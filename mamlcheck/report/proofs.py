"""Proofs and waterfalls as plain data, and as text for a terminal.

Nothing is decided here: what is proved is said by the kernel, what holds on an instance by the waterfall.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mamlcheck.check.verdict import finite_or_none
from mamlcheck.language.terms import Language
from mamlcheck.proof.catalogue import Proved, has_proof, proved
from mamlcheck.proof.kernel import By, Chain, Fact, Link, axioms_by_name
from mamlcheck.proof.waterfall import Step, Waterfall, waterfall
from mamlcheck.record.sources import instance
from mamlcheck.report.prooflines import step_rows
from mamlcheck.tasks.losses import Loss
from mamlcheck.tasks.tables import Table

KINDS = {"I": "identity", "P": "inequality of polynomials", "A": "axioms"}


# -- plain data ------------------------------------------------------------------------------------------------------
def proof_as_json(proof: Proved) -> dict[str, Any]:
    """What `mamlcheck prove --json` says of a claim: its chains, then the lemmas they use."""
    return {
        "proved": proof.proved,
        "missing": list(proof.missing),
        "form": form(proof),
        "unused": list(proof.unused),
        "text": proof.text,
        "chains": [_chain_as_json(proof.proof.language, chain) for chain in proof.chains],
        "lemmas": [_chain_as_json(proof.proof.language, chain) for chain in proof.lemmas],
    }


def form(proof: Proved) -> str:
    """Which form of the claim the proof ends with: 'printed', or 'strong', with deviations at the points used."""
    return "strong" if proof.of.bounds_deviations and proof.printed is None else "printed"


def _chain_as_json(x: Language, chain: Chain) -> dict[str, Any]:
    return {
        "name": chain.name,
        "start": {"text": str(chain.start), "latex": x.latex(chain.start)},
        "strong_form_after": chain.strong,
        "links": [_link_as_json(x, link, k) for k, link in enumerate(chain.links, 1)],
    }


def _link_as_json(x: Language, link: Link, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "title": link.title,
        "relation": link.relation,
        "kind": link.kind,
        "by": list(justifications(link)),
        "facts": list(link.facts),
        "remainder": str(link.remainder),
        "text": str(link.to),
        "latex": x.latex(link.to),
        "holds": link.holds,
        "missing": link.missing,
    }


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


def axioms_as_json() -> dict[str, dict[str, str]]:
    """The axioms: what they say, and where that is found."""
    return {
        name: {"title": axiom.title, "statement": axiom.statement, "source": axiom.source}
        for name, axiom in axioms_by_name().items()
    }


def waterfall_as_json(fall: Waterfall) -> dict[str, Any]:
    """A waterfall, as `mamlcheck show --json` has it."""
    return {"chain": fall.chain, "proved": fall.proved, "steps": [_step_as_json(step) for step in fall.steps]}


def _step_as_json(step: Step) -> dict[str, Any]:
    return {
        "title": step.title,
        "relation": step.relation,
        "latex": step.latex,
        "value": None if step.lower is None or step.upper is None else _bounds(step.lower, step.upper),
        "share": None if step.share is None else _bounds(*step.share),
        "verdict": None if step.verdict is None else str(step.verdict),
        "why": step.why,
    }


def _bounds(lower: float, upper: float) -> dict[str, float | None]:
    return {"lower": finite_or_none(lower), "upper": finite_or_none(upper)}


def add_proofs(results: dict[str, Any], table: Table | None = None, losses: Sequence[Loss] | None = None) -> None:
    """Put the proof of each claim into results, and the waterfall of the claim's worst instance."""
    for name, record in results["claims"].items():
        if not has_proof(name):
            continue
        proof = proved(name)
        record["proof"] = proof_as_json(proof)
        if record.get("worst_instance"):
            fall = waterfall(proof, instance(record["worst_instance"], table, losses))
            record["waterfall"] = waterfall_as_json(fall)


# -- a terminal ------------------------------------------------------------------------------------------------------
def proof_lines(proof: Proved, latex: bool = False) -> Iterator[str]:
    """A proof as lines of text: every chain with its justifications, lemmas first."""
    chains = (*proof.lemmas, *proof.chains)
    count = sum(len(chain.links) for chain in chains)
    many = "chain" if len(chains) == 1 else "chains"
    state = f"proved, {count} links in {len(chains)} {many}" if proof.proved else "NOT PROVED"
    yield f"{proof.claim}: {state}"
    yield from (f"  {line}" if line else "" for line in proof.text.splitlines())
    if proof.unused:
        yield f"  Not used: {', '.join(proof.unused)}"
    if form(proof) == "strong":
        yield "  In the strong form, with deviations at the points used: it implies the form with bounds everywhere."
    for message in proof.missing:
        yield f"  MISSING: {message}"
    for chain in chains:
        yield ""
        yield f"  {'Lemma' if chain in proof.lemmas else 'Chain'}: {chain.name}"
        yield from (f"    {line}" for line in _chain_lines(proof.proof.language, chain, latex))


def _chain_lines(x: Language, chain: Chain, latex: bool) -> Iterator[str]:
    def shown(expression: Any) -> str:
        return x.latex(expression) if latex else str(expression)

    yield f"   {shown(chain.start)}"
    for k, link in enumerate(chain.links, 1):
        mark = "" if link.holds else "  DOES NOT HOLD"
        yield f"{link.relation:>2} {shown(link.to)}"
        yield f"     {k}. {link.title}  [{'; '.join(justifications(link))}]{mark}"
        if chain.strong == k:
            yield "     so far with deviations at the points used; now as printed, with bounds that hold everywhere:"


BAR = 24  # characters


def waterfall_rows(fall: Waterfall) -> Iterator[tuple[str, str, str, str]]:
    """(title, value, share, bar) of every step."""
    rows = step_rows(waterfall_as_json(fall))
    for step, row in zip(fall.steps, rows, strict=True):
        title = f"{step.relation:>2} {step.title}" if step.relation else "   left side"
        yield title, row.value, row.share, "#" * round(BAR * row.width / 100)
