"""Shape of the map: what stands on what, and how it stands with each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NodeKind = Literal["assumption", "axiom", "lemma", "sharper", "theorem", "limit", "printed", "finding"]
"""A claim is a 'lemma', a 'theorem', or a 'sharper' form of a printed claim; 'printed' is what findings refute."""

NodeStanding = Literal[
    "refuted", "violated", "not proved", "not confirmed", "open", "checked", "proved", "confirmed", "assumed"
]
"""'proved' is only what the kernel accepted; 'checked' holds on instances, and is not proved."""

EdgeKind = Literal["assumes", "says", "uses", "rests on", "sharpens", "stands for", "comes near", "is about", "refutes"]
"""What a node has to do with the one that it is drawn above of."""


@dataclass(frozen=True)
class MapEdge:
    """From a node to one that it stands on or speaks of: how, and that node's id."""

    how: EdgeKind
    of: str


@dataclass(frozen=True)
class MapNode:
    """id: the kind of thing and its name, as 'claim:lemma_4_8'. told: how it stands, in words. ours: not in the paper.

    edges: what it stands on or speaks of. What a claim's proof takes over with the proof of another claim is said there
    and not again.
    """

    id: str
    kind: NodeKind
    name: str
    title: str
    ours: bool
    standing: NodeStanding
    told: str
    edges: tuple[MapEdge, ...]


@dataclass(frozen=True)
class ProofMap:
    """The nodes: assumptions, axioms that proofs use, claims in the order of the results, limits, findings."""

    nodes: tuple[MapNode, ...]

    @property
    def not_proved(self) -> tuple[str, ...]:
        """Claims whose proof the kernel does not accept."""
        return tuple(node.name for node in self.nodes if node.standing == "not proved")


__all__ = ["EdgeKind", "MapEdge", "MapNode", "NodeKind", "NodeStanding", "ProofMap"]
