"""Programs as data: equal arrays of several programs are held once."""

from __future__ import annotations

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.programs.building import Builder
from mamlcheck.programs.program import Array, Program
from mamlcheck.programs.running import run

TABLE = np.arange(6)[::-1]


def reversed_and_shifted(by: float) -> Program:
    builder = Builder()
    return builder.program([builder.input("x", (6,)).gathered(TABLE.copy()) + builder.constant(np.full(6, by))])


def arrays(*programs: Program) -> list[Array]:
    return [s for p in programs for n in p.nodes for s in n.settings if isinstance(s, Array)]


def test_equal_arrays_are_held_once_and_the_programs_are_what_they_were():
    known: dict[Array, Array] = {}
    before = [reversed_and_shifted(by) for by in (1.0, 2.0, 1.0)]
    after = [program.sharing(known) for program in before]
    assert len({id(a) for a in arrays(*before)}) == 6
    assert len({id(a) for a in arrays(*after)}) == len(known) == 3
    assert [p.digest for p in after] == [p.digest for p in before]
    x = np.arange(6.0)
    for program, by in zip(after, (1.0, 2.0, 1.0), strict=True):
        assert np.array_equal(run(program, float64, {"x": x})[0], x[::-1] + by)
