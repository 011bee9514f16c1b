"""How a proof is shown in a line and as LaTeX. Nothing is decided here: it says what the kernel found."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.language.terms import Language
from mamlcheck.proof.kernel import Chain

RELATION_LATEX = {"=": "=", "<=": r"\le"}


def line(chains: Sequence[Chain], lemmas: Sequence[Chain], proved: bool, missing: Sequence[str]) -> str:
    """Whether a claim is proved, in how many steps, or what its proof lacks first."""
    if not proved:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        return f"NOT PROVED, missing: {missing[0]}{more}" if missing else "NOT PROVED"
    steps = sum(len(chain.links) for chain in chains)
    used = sum(len(chain.links) for chain in lemmas)
    return f"proved in {_steps(steps)}" + (f", and {_steps(used)} of lemmas" if lemmas else "")


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"


def latex(language: Language, chains: Sequence[Chain]) -> str:
    """Chains, one under the other, each as a chain of relations with the numbers of its steps."""
    return "$$" + r" \qquad ".join(_aligned(language, chain) for chain in chains) + "$$"


def _aligned(language: Language, chain: Chain) -> str:
    lines = [rf"& {language.latex(chain.start)}"]
    for number, link in enumerate(chain.links, 1):
        relation = (
            RELATION_LATEX[link.relation] if link.holds else r"\overset{?}{" + RELATION_LATEX[link.relation] + "}"
        )
        lines.append(rf"{relation} \; & {language.latex(link.to)} && \text{{({number})}}")
    return r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"
