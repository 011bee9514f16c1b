"""A program: a scalar or an array as a flat list of primitive operations, plain data.

A node holds the name of its primitive (a file of `primitives`), the positions of its inputs, which come before it, and
settings such as axes. Leaves are nodes without inputs: 'input', an array that is handed over when the program runs,
'constant', exact doubles, and 'pi'. Nothing here knows where a program comes from, or what it is run for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from mamlcheck.arithmetic.arrays import Integers

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Array:
    """A NumPy array among the settings of a node, told from others by what it holds.

    numbers: int64 for tables of positions, float64 for constants; not to be written into.
    """

    numbers: np.ndarray

    @cached_property
    def digest(self) -> bytes:
        """Of the type, the shape and the numbers: equal for equal arrays."""
        a = self.numbers  # not made contiguous, which would give an array without axes one
        return hashlib.sha256(f"{a.dtype.str}{a.shape}".encode() + a.tobytes()).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Array) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def shape(self) -> Shape:
        """Length of each axis."""
        return tuple(self.numbers.shape)

    @cached_property
    def places(self) -> tuple[tuple[Integers, Integers], ...]:
        """Of a table of positions the converse: positions, and for each the places in the table where it stands.

        The positions are in groups of those that stand there about as often, and places are filled up with -1, to
        (positions, most). Together the groups hold every position of the table. About as often: between two powers of
        two, so that what is filled up is less than what is there.
        """
        at = self.numbers.ravel()
        order = np.argsort(at, kind="stable")
        order = order[at[order] >= 0]
        counts = np.bincount(at[order])
        starts = np.cumsum(counts) - counts
        sizes = np.where(counts > 0, np.ceil(np.log2(np.maximum(counts, 1))).astype(np.int64), -1)
        groups = []
        for power in np.unique(sizes[counts > 0]).tolist():
            these = np.flatnonzero(sizes == power)
            within = np.arange(int(counts[these].max()))
            inside = within < counts[these][:, None]
            groups.append((these, np.where(inside, order[np.where(inside, starts[these][:, None] + within, 0)], -1)))
        return tuple(groups)


Setting: TypeAlias = int | str | Shape | Array


@dataclass(frozen=True)
class Node:
    """One operation: what it is of, the shape of its result, and what it needs to be told beside its inputs.

    place: the line of the user's code that it comes from, for messages; no part of what a node is.
    """

    operation: str
    inputs: tuple[int, ...]
    settings: tuple[Setting, ...]
    shape: Shape
    place: str = ""

    @property
    def key(self) -> tuple[str, tuple[int, ...], tuple[Setting, ...]]:
        """Two nodes of one program with the same key have the same result."""
        return self.operation, self.inputs, self.settings


@dataclass(frozen=True)
class Program:
    """nodes: in an order in which they can run. outputs: the positions of the results."""

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]

    @cached_property
    def inputs(self) -> dict[str, int]:
        """The positions of the arrays that are handed over, by name."""
        return {str(n.settings[0]): k for k, n in enumerate(self.nodes) if n.operation == "input"}

    @cached_property
    def last_uses(self) -> tuple[tuple[int, ...], ...]:
        """For each node the positions that no later node needs: their arrays can be let go of."""
        last = {k: len(self.nodes) for k in self.outputs}
        for k in reversed(range(len(self.nodes))):
            for i in self.nodes[k].inputs:
                last.setdefault(i, k)
        found: list[list[int]] = [[] for _ in self.nodes]
        for i, k in last.items():
            if k < len(self.nodes):
                found[k].append(i)
        return tuple(tuple(some) for some in found)

    @cached_property
    def identities(self) -> tuple[str, ...]:
        """For each node a text, which one of another program shares if it is computed by the same steps."""
        found: list[str] = []
        for node in self.nodes:
            settings = [s.digest.hex() if isinstance(s, Array) else repr(s) for s in node.settings]
            text = repr((node.operation, [found[i] for i in node.inputs], settings, node.shape))
            found.append(hashlib.sha256(text.encode()).hexdigest())
        return tuple(found)

    @cached_property
    def digest(self) -> str:
        """Text that two programs share only if they compute the same from the same inputs, by the same steps."""
        text = hashlib.sha256()
        for node in self.nodes:
            settings = [s.digest.hex() if isinstance(s, Array) else repr(s) for s in node.settings]
            text.update(repr((node.operation, node.inputs, settings, node.shape)).encode())
        text.update(repr(self.outputs).encode())
        return text.hexdigest()

    def depending_on(self, names: Iterable[str]) -> frozenset[int]:
        """The positions of the nodes whose result depends on one of these inputs."""
        found = {self.inputs[name] for name in names}
        for k, node in enumerate(self.nodes):
            if any(i in found for i in node.inputs):
                found.add(k)
        return frozenset(found)

    def needed(self) -> Program:
        """The same without nodes that no output depends on."""
        wanted = set(self.outputs)
        for k in reversed(range(len(self.nodes))):
            if k in wanted:
                wanted.update(self.nodes[k].inputs)
        kept = sorted(wanted)
        moved = {old: new for new, old in enumerate(kept)}
        nodes = tuple(
            Node(n.operation, tuple(moved[i] for i in n.inputs), n.settings, n.shape, n.place)
            for n in (self.nodes[k] for k in kept)
        )
        return Program(nodes, tuple(moved[k] for k in self.outputs))

    def sharing(self, known: dict[Array, Array]) -> Program:
        """The same with those arrays that are known already in place of equal ones; the others are known from now on.

        The losses of several tasks hold tables of tens of MB, and most of these are equal.
        """

        def shared(setting: Setting) -> Setting:
            return known.setdefault(setting, setting) if isinstance(setting, Array) else setting

        nodes = tuple(replace(n, settings=tuple(map(shared, n.settings))) for n in self.nodes)
        return Program(nodes, self.outputs)

    def lines(self) -> Iterator[str]:
        """The program as text, a line for each node."""
        for k, n in enumerate(self.nodes):
            settings = [str(s.shape) if isinstance(s, Array) else str(s) for s in n.settings]
            of = ", ".join([*(f"%{i}" for i in n.inputs), *settings])
            yield f"%{k} = {n.operation}({of}) {n.shape}"


def positions(numbers: object) -> Array:
    """A table of positions as a setting; one that is a setting already stays the same."""
    if isinstance(numbers, Array):
        return numbers
    table: Integers = np.asarray(numbers, dtype=np.int64)
    return Array(table)
