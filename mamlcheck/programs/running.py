"""Programs run over an arithmetic. Arrays are let go of as soon as no later node needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic.objects import as_array
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.finding import primitive
from mamlcheck.programs.program import Node, Program
from mamlcheck.programs.undecided import Undecided

DECISIONS = ("positive", "argmax", "largest")
Seen = Callable[[int, Node, Any], None]  # the position of a node, itself, and its result


@dataclass(frozen=True)
class Side:
    """One decision, and the way it is to go.

    decision: of which node of `positive`, `argmax` or `largest`, by its `Program.identities`, so that it is found in
    the program of the loss, in that of its gradient and in that of its Hessian. position: flat, which sign or which row
    of numbers. side: 0 or 1 of a sign, of a row the position of the number to be taken for the only largest.
    """

    decision: str
    position: int
    side: int


Forced = tuple[tuple[str, Side], ...]  # sides in evaluations, by the names of these


@dataclass(frozen=True, eq=False)
class Running:
    """A program over an arithmetic; what depends on no input is computed once, and kept for as long as this is."""

    program: Program
    ar: DirectionArithmetic

    @cached_property
    def _constants(self) -> dict[int, Any]:
        """What depends neither on an input nor on a decision, which may be forced."""
        found: dict[int, Any] = {}
        for k, node in enumerate(self.program.nodes):
            if node.operation not in ("input", *DECISIONS) and all(i in found for i in node.inputs):
                found[k] = _value(self.ar, node, [found[i] for i in node.inputs])
        return found

    def __call__(
        self,
        inputs: Mapping[str, Numbers],
        seen: Seen | None = None,
        forced: Sequence[Side] = (),
        held: Mapping[int, Any] | None = None,
    ) -> list[Numbers]:
        """The outputs, for the arrays of the inputs by name.

        seen: is shown each result. forced: decisions that go this way whatever the numbers say; those of nodes that the
        program does not have change nothing. held: all decisions of nodes, by their positions, as `decided` gives them.

        Raises `Undecided` where the arithmetic cannot tell which way a branch goes.
        """
        program, constants = self.program, self._constants
        wanted = {side.decision for side in forced}
        results: list[Any] = [None] * len(program.nodes)
        for k, node in enumerate(program.nodes):
            if node.operation == "input":
                results[k] = inputs[str(node.settings[0])]
            elif k in constants:
                results[k] = constants[k]
            elif held is not None and k in held:
                results[k] = held[k]
            else:
                results[k] = _value(self.ar, node, [results[i] for i in node.inputs])
            if wanted and program.identities[k] in wanted:
                results[k] = _decided(node, results[k], [s for s in forced if s.decision == program.identities[k]])
            if seen is not None:
                seen(k, node, results[k])
            for i in program.last_uses[k]:
                results[i] = None
        return [results[k] for k in program.outputs]

    def decided(self, inputs: Mapping[str, Numbers], forced: Sequence[Side] = ()) -> dict[int, Any]:
        """The decisions at these inputs, by the positions of their nodes."""
        found: dict[int, Any] = {}

        def seen(position: int, node: Node, result: Any) -> None:
            if node.operation in DECISIONS:
                found[position] = result

        self(inputs, seen, forced)
        return found


def _decided(node: Node, result: np.ndarray, sides: Sequence[Side]) -> np.ndarray:
    """Flags or positions with some of them as they are to be."""
    at, to = np.array([(s.position, s.side) for s in sides]).T
    changed = result.copy()
    if node.operation == "largest":
        length = result.shape[-1]
        changed.reshape(-1, length)[at] = np.arange(length) == to[:, None]
    else:
        changed.reshape(-1)[at] = to
    return changed


def _value(ar: DirectionArithmetic, node: Node, inputs: list[Any]) -> Any:
    try:
        result = primitive(node.operation).value(ar, inputs, *node.settings)
        return result if hasattr(result, "shape") else as_array(result)  # NumPy hands a bare object back for no axes
    except Undecided as error:
        raise error.at(node.place) from None


def run(program: Program, ar: DirectionArithmetic, inputs: Mapping[str, Numbers]) -> list[Numbers]:
    """The outputs of a program, run once."""
    return Running(program, ar)(inputs)
