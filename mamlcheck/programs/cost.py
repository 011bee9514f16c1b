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


BYTES_A_NUMBER, BYTES_A_POINTER = 128, 8  # of Arb at 256 bits


def peak_bytes(program: Program) -> int:
    """About how much memory a run in Arb takes at most: what is moved is shared, and only pointed to."""
    sizes = [math.prod(n.shape) * (BYTES_A_POINTER if n.operation in FREE else BYTES_A_NUMBER) for n in program.nodes]
    now = most = 0
    for k, size in enumerate(sizes):
        now += size
        most = max(most, now)
        now -= sum(sizes[i] for i in program.last_uses[k])
    return most


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
