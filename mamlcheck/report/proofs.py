"""Proofs and waterfalls as plain data, as text for a terminal, and as rows for the page.

Nothing is decided here: what is proved is said by the kernel, what holds on an instance by the waterfall.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from mamlcheck.proof.kernel import By, Chain, Fact, Link, axioms_by_name
from mamlcheck.proof.library import Proved
from mamlcheck.proof.terms import Language
from mamlcheck.proof.waterfall import Step, Waterfall
from mamlcheck.report.mathml import statement_html

KINDS = {"I": "identity", "P": "inequality of polynomials", "A": "axioms"}


# -- plain data ------------------------------------------------------------------------------------------------------
def proof_as_json(proof: Proved) -> dict[str, Any]:
    """What `mamlcheck prove --json` says of a claim: its chains, then the lemmas they use."""
    return {
        "proved": proof.proved,
        "missing": list(proof.missing),
        "text": proof.text,
        "chains": [_chain_as_json(proof.proof.language, chain) for chain in proof.chains],
        "lemmas": [_chain_as_json(proof.proof.language, chain) for chain in proof.lemmas],
    }


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
        "value": None if step.lower is None else {"lower": step.lower, "upper": step.upper},
        "share": step.share,
        "verdict": None if step.verdict is None else str(step.verdict),
        "why": step.why,
    }


# -- a terminal ------------------------------------------------------------------------------------------------------
def proof_lines(proof: Proved, latex: bool = False) -> Iterator[str]:
    """A proof as lines of text: every chain with its justifications, lemmas first."""
    chains = (*proof.lemmas, *proof.chains)
    count = sum(len(chain.links) for chain in chains)
    state = f"proved, {count} links in {len(chains)} chains" if proof.proved else "NOT PROVED"
    yield f"{proof.claim}: {state}"
    yield from (f"  {line}" if line else "" for line in proof.text.splitlines())
    for message in proof.missing:
        yield f"  MISSING in {message}"
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


def share_text(share: float | None) -> str:
    """A share of the loss in per cent."""
    return "" if share is None else f"{max(share, 0.0):.1%}"


BAR = 24  # characters


def waterfall_rows(fall: Waterfall) -> Iterator[tuple[str, str, str, str]]:
    """(title, value, share, bar) of every step."""
    for step in fall.steps:
        title = f"{step.relation:>2} {step.title}" if step.relation else "   left side"
        value = "not computed" if step.lower is None or step.upper is None else f"{(step.lower + step.upper) / 2:.6g}"
        bar = "" if step.share is None else "#" * round(BAR * min(max(step.share, 0.0), 1.0))
        yield title, value, share_text(step.share), bar


# -- the page --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LinkRow:
    """A line of a chain: what it says, and why."""

    relation: str
    math: Markup
    title: str
    by: str
    missing: str | None


@dataclass(frozen=True)
class ChainRows:
    """A chain, line by line."""

    name: str
    start: Markup
    links: tuple[LinkRow, ...]


@dataclass(frozen=True)
class StepRow:
    """A line of a waterfall; width: of its bar, in per cent."""

    title: str
    relation: str
    value: str
    share: str
    start: float
    width: float


@dataclass(frozen=True)
class ProofRows:
    """What the page shows of a proof."""

    proved: bool
    text: str
    missing: tuple[str, ...]
    chains: tuple[ChainRows, ...]
    lemmas: tuple[ChainRows, ...]
    count: int


def proof_rows(record: Any) -> ProofRows | None:
    """The rows of a proof, from `proof_as_json`."""
    if not isinstance(record, Mapping) or "chains" not in record:
        return None
    chains, lemmas = (tuple(_chain_rows(c) for c in record.get(key, ())) for key in ("chains", "lemmas"))
    return ProofRows(
        proved=record.get("proved") is True,
        text=str(record.get("text", "")),
        missing=tuple(map(str, record.get("missing", ()))),
        chains=chains,
        lemmas=lemmas,
        count=sum(len(c.links) for c in (*chains, *lemmas)),
    )


def _chain_rows(chain: Mapping[str, Any]) -> ChainRows:
    return ChainRows(
        name=str(chain["name"]),
        start=Markup(statement_html(str(chain["start"]["latex"]))),
        links=tuple(
            LinkRow(
                relation="=" if link["relation"] == "=" else "≤",
                math=Markup(statement_html(str(link["latex"]))),
                title=str(link["title"]),
                by="; ".join(map(str, link["by"])),
                missing=None if link["missing"] is None else str(link["missing"]),
            )
            for link in chain["links"]
        ),
    )


def step_rows(record: Any) -> tuple[StepRow, ...]:
    """The rows of a waterfall, from `waterfall_as_json`: bars that begin where the one above ended."""
    if not isinstance(record, Mapping):
        return ()
    rows, reached = [], 0.0
    for step in record.get("steps", ()):
        share = step["share"]
        width = 100 * min(max(share or 0.0, 0.0), 1.0)
        value = step["value"]
        rows.append(
            StepRow(
                title=str(step["title"]) or "left side",
                relation={"=": "=", "<=": "≤"}.get(step["relation"], ""),
                value="not computed" if value is None else f"{(value['lower'] + value['upper']) / 2:.6g}",
                share=share_text(share),
                start=min(reached, 100.0 - width),
                width=width,
            )
        )
        reached += width
    return tuple(rows)
