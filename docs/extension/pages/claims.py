"""One page for each claim."""

from __future__ import annotations

from extension.words import defined, formula, index, listed, part, plain
from mamlcheck.claims import Claim, load_claims
from mamlcheck.proof.catalogue import has_proof

TOLD = (
    "What the theory states, one claim a file. A claim is checked on instances by rigorous arithmetic, "
    "hunted for the instance on which it is tightest, and proved by a chain of steps that a kernel checks. Claims "
    "whose id begins with `ours` are not printed in the paper."
)


def pages() -> dict[str, str]:
    """The claims, and their index."""
    claims = load_claims()
    sharper = {claim.sharpens: claim for claim in claims if claim.sharpens}
    found = {claim.id: _page(claim, sharper.get(claim.id)) for claim in claims}
    return found | {"index": index("Claims", TOLD, {claim.id: claim.title for claim in claims})}


def _page(claim: Claim, sharper: Claim | None) -> str:
    return part(
        "Claims",
        claim.title,
        f"`{claim.id}`",
        formula(claim.statement),
        "where" if claim.where else "",
        formula(claim.where) if claim.where else "",
        "It is assumed:" if claim.hypotheses else "Nothing is assumed beyond the assumptions.",
        listed(plain(text) for text in claim.hypothesis_texts),
        defined(
            [
                ("Assumptions of the paper", ", ".join(claim.assumptions)),
                ("Guarantee", plain(claim.guarantee)),
                ("Source", plain(claim.source)),
                ("Sharper form of", _link(claim.sharpens)),
                ("Sharper form", _link(sharper.id if sharper else None)),
                ("Proof", _proof(claim)),
            ]
        ),
        "To check it on random tasks, and to have its proof checked:",
        "\n".join(
            ["```sh", f"mamlcheck check {claim.id}", *_prove(claim), "```"],
        ),
    )


def _link(claim_id: str | None) -> str:
    return f"[`{claim_id}`]({claim_id}.myst)" if claim_id else ""


def _proof(claim: Claim) -> str:
    if has_proof(claim.id):
        return f"[the proof, step by step](../proofs/{claim.id}.myst)"
    return "none: it is a conjecture, which nobody has proved or refuted" if claim.conjecture else "none"


def _prove(claim: Claim) -> list[str]:
    return [f"mamlcheck prove {claim.id}"] if has_proof(claim.id) else []
