"""Gradients and Hessian-vector products of programs, which are programs of the same primitives.

Reverse accumulation (Griewank and Walther, "Evaluating Derivatives", 2008, chapter 3): each primitive says how the
derivative by its result becomes one by its inputs. A Hessian-vector product is the gradient of <gradient, v>, so
there is no second set of rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from mamlcheck.errors import InputError
from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.finding import primitive
from mamlcheck.programs.program import Program


def gradient(program: Program, by: Sequence[str]) -> Program:
    """The program with the derivatives of its one output, a number, by these inputs as outputs, in this order."""
    builder = Builder(program)
    return builder.program(_slopes(builder, program, by))


def hessian_vector(program: Program, by: Sequence[str]) -> Program:
    """The program of H v, by these inputs: a part for each, from a part of v for each, the inputs `direction(name)`.

    Raises `InputError` where the program has an input of such a name already.
    """
    taken = [name for name in by if direction(name) in program.inputs]
    if taken:
        raise InputError(
            f"the program has an input {direction(taken[0])!r} beside {taken[0]!r}, whose part of v has that name: "
            "rename the parameter"
        )
    builder = Builder(program)
    slopes = _slopes(builder, program, by)
    parts = [builder.input(direction(name), slope.shape) for name, slope in zip(by, slopes, strict=True)]
    along = reduce(add, ((slope * v).sum() for slope, v in zip(slopes, parts, strict=True)))
    first = builder.program([along])
    # Names are kept when nodes are left out: an input that <gradient, v> does not depend on has the derivative 0.
    again = Builder(first)
    return again.program(_slopes(again, first, by, shapes={n: s.shape for n, s in zip(by, slopes, strict=True)}))


def direction(name: str) -> str:
    """The name of the input that holds the part of v for an input."""
    return f"along {name}"


def _slopes(
    builder: Builder, program: Program, by: Sequence[str], shapes: dict[str, tuple[int, ...]] | None = None
) -> list[Value]:
    """The derivatives of the output by inputs, written into the builder, which holds the program already."""
    if len(program.outputs) != 1 or program.nodes[program.outputs[0]].shape != ():
        raise InputError("a program whose gradient is asked for is to have one number as its output: the loss")
    known = {name: n.shape for name, k in program.inputs.items() for n in (program.nodes[k],)} | (shapes or {})
    unknown = [name for name in by if name not in known]
    if unknown:
        raise InputError(f"the program has no input {unknown[0]!r}: it has {', '.join(program.inputs)}")
    reached = program.depending_on([name for name in by if name in program.inputs])
    slopes: dict[int, Value] = {program.outputs[0]: builder.constant(1)}
    for k in reversed(range(len(program.nodes))):
        node = program.nodes[k]
        if k not in slopes or k not in reached or not node.inputs:
            continue
        x = [Value(builder, i) for i in node.inputs]
        with builder.at(node.place):
            pulled = primitive(node.operation).pull(x, Value(builder, k), slopes.pop(k), *node.settings)
            for i, slope in zip(node.inputs, pulled, strict=True):
                if slope is not None and i in reached:
                    slopes[i] = slopes[i] + slope if i in slopes else slope
    return [
        slopes[program.inputs[name]]
        if program.inputs.get(name) in slopes
        else builder.constant(0).broadcast_to(known[name])
        for name in by
    ]
