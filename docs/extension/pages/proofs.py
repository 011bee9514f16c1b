"""One page for each proof, as text: what its file says, and each step with its reason, checked by the kernel anew."""

from __future__ import annotations

import re

from extension.words import formula, index, paragraphs, part, plain
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.formats.proofs import ChainRecord, LinkRecord, ProofRecord
from mamlcheck.proof.kernel import axioms_by_name
from mamlcheck.proof.records import proofs
from mamlcheck.report.symbols import in_symbols

TOLD = (
    "Each proof is a chain of steps from the left side of a claim to its right side. These pages are written by the "
    "kernel when it has checked the proofs, each time that the documentation is built. What has to be believed for "
    "that is told in [what you must trust](../../../what-you-must-trust.md)."
)


def pages() -> dict[str, str]:
    """The proofs, and their index."""
    found = {name: _page(name, proof) for name, proof in proofs(claim_ids()).claims.items()}
    return found | {"index": index("Proofs", TOLD, {name: load_claim(name).title for name in found})}


def _page(name: str, proof: ProofRecord) -> str:
    form = {"strong": "in its strong form, with deviations at the points used", "printed": "as it is printed"}
    lacks = "; ".join(proof.missing)
    verdict = f"The kernel accepts every step: the claim is proved, {form[proof.form]}."
    return part(
        "Proofs",
        f"Proof of {load_claim(name).title}",
        f"It proves [`{name}`](../claims/{name}.myst).",
        paragraphs(proof.text),
        verdict if proof.proved else f"**Not proved**: {plain(lacks)}.",
        f"Hypotheses that it does not need: {plain(in_symbols(', '.join(proof.unused)))}." if proof.unused else "",
        *(_chain(chain, proof, "Chain: ") for chain in proof.chains),
        *(_chain(chain, proof, "Lemma: ") for chain in proof.lemmas),
    )


def _chain(chain: ChainRecord, proof: ProofRecord, kind: str) -> str:
    steps = [_step(link, proof) for link in chain.links]
    return "\n\n".join([f"## {kind}{plain(in_symbols(chain.name))}", formula(chain.start.latex), *steps])


def _step(link: LinkRecord, proof: ProofRecord) -> str:
    relation = r"\le " if link.relation == "<=" else "= "
    reasons = ", ".join(_reason(by, proof) for by in link.by)
    title = plain(in_symbols(link.title))
    lacks = "" if link.holds else f" **Not accepted**: {plain(link.missing or '')}"
    return f"**{link.number}.** {title}. *By {reasons}.*{lacks}\n\n{formula(relation + link.latex)}"


def _reason(by: str, proof: ProofRecord) -> str:
    """A reason, with a link to the axiom or to the lemma on the same page, where it is one."""
    axiom = by.replace(" ", "_")
    if axiom in axioms_by_name():
        return f"[{plain(by)}](../axioms/index.myst#axiom-{axiom.replace('_', '-')})"
    return plain(in_symbols(re.sub(r"^lemma: ", "lemma ", by)))
