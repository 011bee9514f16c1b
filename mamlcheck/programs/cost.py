"""How much work a program is: operations on single numbers, by which the time in a slow arithmetic is foretold."""

from __future__ import annotations

import math

from mamlcheck.programs.program import Program

FREE = (
    "input",
    "constant",
    "pi",
    "reshape",
    "transpose",
    "broadcast",
    "gather",
    "keep",
    "drop",
    "take",
    "put",
    "concat",
)


def operations(program: Program) -> tuple[int, int]:
    """The multiplications in matrix products, and the other operations on single numbers."""
    products = others = 0
    for node in program.nodes:
        if node.operation == "matmul":
            products += math.prod(node.shape) * program.nodes[node.inputs[0]].shape[-1]
        elif node.operation not in FREE:
            sizes = [math.prod(program.nodes[i].shape) for i in node.inputs]
            others += max([math.prod(node.shape), *sizes])
    return products, others
