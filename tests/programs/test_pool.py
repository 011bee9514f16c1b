"""Programs run in other processes give what they give here, and what goes wrong there is told here."""

from __future__ import annotations

import time

import flint
import numpy as np
import pytest

from mamlcheck.arithmetic import arb
from mamlcheck.arithmetic.packing import packed, unpacked
from mamlcheck.programs.building import Builder
from mamlcheck.programs.pool import Pool, WorkerEnded
from mamlcheck.programs.running import run
from mamlcheck.programs.undecided import Undecided


def squares():
    b = Builder()
    x = b.input("x", (3,))
    return b.program([(x * x).sum(), x.exp()])


def branch():
    b = Builder()
    x = b.input("x", (3,))
    with b.at("model.py:7"):
        return b.program([x.kept(x.positive())])


def balls(bits, numbers):
    ar = arb(bits)
    with ar.working():
        return ar.exact(np.array(numbers)) / 3


@pytest.mark.parametrize("bits", [64, 300])
def test_what_is_unpacked_holds_what_was_packed(bits):
    with arb(bits).working():
        x = arb(bits).exp(balls(bits, [[1.0, -2.0], [30.0, 0.0]]))
        again = unpacked(packed(x))
        assert again.shape == x.shape
        for mine, theirs in zip(again.ravel()[:3], x.ravel()[:3], strict=True):
            assert mine.contains(theirs)
            assert mine.mid() == theirs.mid()
            assert mine.rad() <= theirs.rad() * (1 + flint.arb(2) ** -27) + flint.arb(2) ** -10_000


def test_what_is_not_finite_stays_so():
    again = unpacked(packed(np.array([flint.arb("nan"), flint.arb("inf"), flint.arb(1)], dtype=object)))
    assert [x.is_finite() for x in again] == [False, False, True]


def test_results_are_those_of_this_process_at_any_precision_in_their_order():
    program = squares()
    with Pool(2) as pool:
        for bits in (80, 200):
            given = [balls(bits, [k, k + 1, 0.5]) for k in range(5)]
            there = pool.run(bits, [("squares", program, {"x": x}) for x in given])
            with arb(bits).working():
                here = [run(program, arb(bits), {"x": x}) for x in given]
                for mine, theirs in zip(there, here, strict=True):
                    for a, b in zip(mine, theirs, strict=True):
                        assert all(
                            u.contains(v) and u.mid() == v.mid() for u, v in zip(a.ravel(), b.ravel(), strict=True)
                        )


def test_a_branch_that_is_not_decided_is_told_with_its_place():
    wide = np.array([flint.arb(0, 1e-3)] * 3, dtype=object)
    with Pool(1) as pool, pytest.raises(Undecided, match=r"the sign of 3 of 3 numbers .* at model\.py:7"):
        pool.run(64, [("branch", branch(), {"x": wide})])


def test_a_process_that_ends_is_told():
    with Pool(1) as pool:
        pool._workers[0].process.kill()
        pool._workers[0].process.wait()
        with pytest.raises(WorkerEnded, match="ended with status -9"):
            pool.run(64, [("squares", squares(), {"x": balls(64, [1, 2, 3])})])


class OneAtATime:
    """In place of a process: one that takes a while for a request, and must not be asked meanwhile."""

    def __init__(self):
        self.asked, self.answered, self.overlapped = 0, 0, False

    def ask(self, bits, request):
        self.overlapped |= self.asked > self.answered
        self.asked += 1
        time.sleep(0.2 if request == "slow" else 0)
        self.answered += 1
        if request == "undecided":
            raise Undecided("the sign", 1, 1)
        return [request]

    def stop(self):
        """Nothing is to be ended."""


def test_no_process_is_asked_while_it_owes_a_reply_to_a_request_beside_one_that_failed():
    """Two readers of one stream may each take half of a reply, or the other's."""
    with Pool(2) as pool:
        for worker in pool._workers:
            worker.stop()
        fakes = pool._workers[:] = [OneAtATime(), OneAtATime()]
        with pytest.raises(Undecided):
            pool.run(64, ["undecided", "slow", "never", "never"])
        assert pool.run(128, ["a", "b", "c"]) == [["a"], ["b"], ["c"]]
    assert not any(fake.overlapped for fake in fakes)
    assert sum(fake.asked for fake in fakes) <= 5  # what stood behind the one that failed was not asked for
