"""One page of all axioms, each with an anchor."""

from __future__ import annotations

from extension.words import defined, formula, page, plain
from mamlcheck.formats.proofs import Axiom
from mamlcheck.proof.records import axioms

TOLD = "What a proof may conclude without proof, one axiom a file in `mamlcheck/proof/axioms/`."


def pages() -> dict[str, str]:
    """The page of the axioms."""
    return {"index": page("Axioms", TOLD, *(_axiom(name, axiom) for name, axiom in axioms().items()))}


def _axiom(name: str, axiom: Axiom) -> str:
    return "\n\n".join(
        [
            f"(axiom-{name.replace('_', '-')})=\n## {plain(name.replace('_', ' '))}",
            plain(axiom.title),
            formula(axiom.statement),
            defined([("Source", plain(axiom.source)), ("Name in proof files", f"`{name}`")]),
        ]
    )
