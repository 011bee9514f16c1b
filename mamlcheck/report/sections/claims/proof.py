"""The proof of a claim: its chains and lemmas, line by line, and what each line rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.formats.proofs import ChainRecord, Rechecked
from mamlcheck.report.claims import ShownClaim, cards, shown_claims
from mamlcheck.report.mathml import statement_html
from mamlcheck.report.outcome import Alert, Phrase, Says
from mamlcheck.report.steps import RELATIONS
from mamlcheck.report.symbols import in_symbols

ORDER = 70
MOST_CHARACTERS = 2000  # of a formula in LaTeX, that is shown; `mamlcheck prove` prints them all
TOO_LONG = Markup("<em>an expression too long for a page</em>")
FEWEST_SHARED = 2  # steps that are not shown twice: in the place of fewer there would be as much to read


@dataclass(frozen=True)
class LinkRow:
    """A line of a chain: what it says, and why. missing: what it lacks, None where it holds."""

    relation: str
    math: Markup
    title: str
    by: str
    missing: str | None


@dataclass(frozen=True)
class Above:
    """A chain that is shown above on the page, in the proof of a claim."""

    chain: ChainRecord
    anchor: str
    title: str

    @property
    def name(self) -> str:
        """What the chain is called."""
        return self.chain.name

    def shared(self, chain: ChainRecord) -> int:
        """How many of its first steps are those of another chain."""
        if self.chain.start != chain.start:
            return 0
        pairs = zip(self.chain.links, chain.links, strict=False)
        return next(
            (k for k, (own, other) in enumerate(pairs) if own != other), min(len(self.chain.links), len(chain.links))
        )


@dataclass(frozen=True)
class ChainRows:
    """A chain, line by line. kind: 'Chain', or 'Lemma' where chains use it. above: a chain that is shown before it and
    has its first steps too, as many as `shared` says; None where it is shown from its beginning.
    start: where the lines begin, which is after these steps. whole: that chain is the same.
    """

    kind: str
    name: str
    start: Markup
    links: tuple[LinkRow, ...]
    above: Above | None = None
    shared: int = 0
    whole: bool = False


@dataclass(frozen=True)
class ProofRows:
    """The chains of a proof, then its lemmas. steps: of all of them together. left_out: lemmas that are not here.

    rechecked: when Rocq accepted the proof, None where it did not.
    """

    claim: str
    proved: bool
    missing: tuple[str, ...]
    chains: tuple[ChainRows, ...]
    steps: int
    left_out: int
    rechecked: Rechecked | None


def rows(claim: ShownClaim) -> ProofRows | None:
    """The lines of the proof, None where there is none."""
    proof = claim.found.proof
    if proof is None:
        return None
    kinds = (("Chain", proof.chains), ("Lemma", proof.lemmas))
    shown = _shown_above(claim)
    chains = []
    for kind, several in kinds:
        for chain in several:
            chains.append(_chain_rows(kind, chain, shown))
            shown.append(Above(chain, claim.anchor, claim.title))
    steps = sum(len(chain.links) for _, several in kinds for chain in several)
    return ProofRows(claim.name, proof.proved, proof.missing, tuple(chains), steps, proof.left_out, proof.rechecked)


def says(results: Results) -> Says:
    """Which proofs do not hold."""
    unproved = [claim.title for claim in shown_claims(results) if claim.found.proof and not claim.found.proof.proved]
    if not unproved:
        return Says()
    return Says(
        failing=(Phrase(f"NOT PROVED: {', '.join(unproved)}", 40),),
        alerts=(Alert("NOT PROVED", f"{'; '.join(unproved)}. A step of the proof does not hold.", 30),),
    )


def _shown_above(claim: ShownClaim) -> list[Above]:
    """The chains of the claims above this one on the page."""
    found: list[Above] = []
    for other in (form for forms in cards(claim.results) for form in forms):
        if other.name == claim.name:
            break
        proof = other.found.proof
        found += [
            Above(chain, other.anchor, other.title) for chain in ((*proof.chains, *proof.lemmas) if proof else ())
        ]
    return found


def _chain_rows(kind: str, chain: ChainRecord, shown: Sequence[Above]) -> ChainRows:
    """A chain without the steps that are shown above, where there are so many that it is shorter for it."""
    above = max(shown, key=lambda one: one.shared(chain), default=None)  # the first of those that share as many
    shared = above.shared(chain) if above else 0
    whole = above is not None and above.chain == chain
    if shared < FEWEST_SHARED and not whole:
        above, shared = None, 0
    return ChainRows(
        kind=kind,
        name=in_symbols(chain.name),
        start=_formula(chain.links[shared - 1].latex if shared else chain.start.latex),
        links=tuple(
            LinkRow(
                relation=RELATIONS[link.relation],
                math=_formula(link.latex),
                title=in_symbols(link.title),
                by=in_symbols("; ".join(link.by)),
                missing=link.missing,
            )
            for link in chain.links[shared:]
        ),
        above=above,
        shared=shared,
        whole=whole,
    )


def _formula(latex: str) -> Markup:
    """A formula of a step, or that it is longer than anybody reads on a page."""
    return TOO_LONG if len(latex) > MOST_CHARACTERS else Markup(statement_html(latex))


CSS = """\
details { margin: .3rem 0; } summary { cursor: pointer; color: var(--blue); font-size: .95rem; }
.chain { list-style: none; margin: .3rem 0 1rem; padding: 0; }
.chain li { border-bottom: 1px solid var(--rule); padding: .5rem 0; }
.chain [tabindex] { overflow: auto hidden; scrollbar-width: thin; padding: .15rem 0; }
.chain [tabindex] { display: flex; align-items: center; gap: .6rem; }
.chain b { flex: 0 0 1.2em; font-weight: 400; color: var(--soft); text-align: right; }
.chain math { text-align: left; margin: 0; }
.chain small { font-size: inherit; color: var(--soft); }
.chain p { margin: .2rem 0 0 1.9em; font-size: .88rem; max-width: none; }
"""

TEMPLATE = """\
<h4>Proof</h4>
{% if rows.proved %}\
<p><span class="mark holds">✓ proved</span> {{ rows.steps }} step{{ "" if rows.steps == 1 else "s" }}\
{% if rows.left_out %}, and {{ rows.left_out }} lemmas that are not here{% endif %}, each checked by the kernel; \
<code>mamlcheck prove {{ rows.claim }}</code> prints all of it.\
{% if rows.rechecked %} Accepted by Rocq {{ rows.rechecked.rocq }} too, as of {{ rows.rechecked.date }} and commit \
{{ rows.rechecked.commit }}, where it rests on {{ rows.rechecked.rests_on | join(", ") }}.{% endif %}</p>
{% else %}<p><span class="mark violated">✕ NOT PROVED</span></p>\
<ul>{% for text in rows.missing %}<li>{{ text }}</li>{% endfor %}</ul>{% endif %}
{% for chain in rows.chains %}
{% if chain.whole %}<p>{{ chain.kind }}: {{ chain.name }}, as in the proof of \
<a href="#{{ chain.above.anchor }}">{{ chain.above.title }}</a>.</p>
{% else %}
<details>
<summary>{{ chain.kind }}: {{ chain.name }}</summary>
{% if chain.above %}<p>{% if chain.links %}The first {{ chain.shared }} steps are those{% else %}\
Its {{ chain.shared }} steps are the first ones{% endif %} of {{ chain.above.name }} in the proof of \
<a href="#{{ chain.above.anchor }}">{{ chain.above.title }}</a>, and lead to</p>
{% endif %}
<ol class="chain">
<li><div tabindex="0"><b></b> {{ chain.start }}</div></li>
{% for link in chain.links %}
<li><div tabindex="0"><b>{{ link.relation }}</b> {{ link.math }}</div>
<p>{{ link.title }} <small>by {{ link.by }}</small>\
{% if link.missing is not none %}<br><span class="mark violated">✕ DOES NOT HOLD</span> {{ link.missing }}{% endif %}\
</p></li>
{% endfor %}
</ol>
</details>
{% endif %}
{% endfor %}
"""
