"""Proofs and waterfalls as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from mamlcheck.language.terms import Language
from mamlcheck.proof.catalogue import Proved
from mamlcheck.proof.kernel import Chain
from mamlcheck.proof.records import form, justifications, waterfall_record
from mamlcheck.proof.waterfall import Waterfall
from mamlcheck.report.steps import step_rows
from mamlcheck.report.words import many

BAR_CHARACTERS = 24  # of the bar of a step that loses everything


def proof_lines(proof: Proved, latex: bool = False) -> Iterator[str]:
    """A proof as lines of text: every chain with its justifications, lemmas first."""
    chains = (*proof.lemmas, *proof.chains)
    count = sum(len(chain.links) for chain in chains)
    state = f"proved, {count} links in {many(len(chains), 'chain')}" if proof.proved else "NOT PROVED"
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
    def shown(expression: object) -> str:
        return x.latex(expression) if latex else str(expression)

    yield f"   {shown(chain.start)}"
    for k, link in enumerate(chain.links, 1):
        mark = "" if link.holds else "  DOES NOT HOLD"
        yield f"{link.relation:>2} {shown(link.to)}"
        yield f"     {k}. {link.title}  [{'; '.join(justifications(link))}]{mark}"
        if chain.strong == k:
            yield "     so far with deviations at the points used; now as printed, with bounds that hold everywhere:"


def waterfall_rows(fall: Waterfall) -> Iterator[tuple[str, str, str, str]]:
    """Title, value, share and bar of every step."""
    rows = step_rows(waterfall_record(fall))
    for step, row in zip(fall.steps, rows, strict=True):
        title = f"{step.relation:>2} {step.title}" if step.relation else "   left side"
        yield title, row.value, row.share, "#" * round(BAR_CHARACTERS * row.width / 100)
