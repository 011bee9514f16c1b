"""The kinds of conformance problems, one file each, found by its place in this folder.

A file says `NETWORK`, `CRITERION` and `SEED`, from which its data are drawn, and may say its `ORDER` among the kinds.
Its name, with dashes for underscores, is that of the kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mamlcheck.conformance.networks import Criterion, Network
from mamlcheck.place import modules_in


@dataclass(frozen=True)
class ProblemKind:
    """A network with a criterion. seed: of the initial parameters and the data."""

    name: str
    network: Network
    criterion: Criterion
    seed: int

    @property
    def features(self) -> int:
        """The number of inputs of a sample."""
        return self.network.first.inputs

    @property
    def outputs(self) -> int:
        """The number of outputs: of classes, where targets are labels."""
        return self.network.head.outputs


@cache
def kinds() -> dict[str, ProblemKind]:
    """All kinds by name, in order; what any kind would do for is done with the first."""
    found = {}
    for file in modules_in(__name__, __path__):
        name = file.__name__.rpartition(".")[2].replace("_", "-")
        found[name] = ProblemKind(name, file.NETWORK, file.CRITERION, file.SEED)
    return found
