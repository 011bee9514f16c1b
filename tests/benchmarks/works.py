"""Pieces of work whose time is compared between two versions of the package: each is prepared, and then timed.

Run as a program with the name of a work it is a worker: it imports whichever mamlcheck PYTHONPATH leads to, and answers
each line of its input, how often the work is to be done, with the seconds of CPU that took, as JSON. So a work may use
only what the last release has too; one that cannot be done there is told by its error.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

Work = Callable[[], Any]
SAMPLE_SECONDS = 0.01  # a work is repeated until a sample takes so long: far more than the clock's steps


# -- Lemma 4.8 from data to verdict ----------------------------------------------------------------------------------
def lemma_4_8_instances(count: int, n: int, m: int, d: int) -> Any:
    """Ridge instances of the built-in losses in turn, a data set each."""
    from mamlcheck.meta.instance import Instances
    from mamlcheck.tasks.families.ridge import RidgeTasks
    from mamlcheck.tasks.losses import builtin_losses, loss

    rng = np.random.default_rng(0)
    mix = sorted(psi.name for psi in builtin_losses())
    psis = tuple(loss(k) for k in sorted(mix[i % len(mix)] for i in range(n)))
    a, b, c = rng.normal(size=(count, n, m, d)), rng.normal(size=(count, n, m)), rng.normal(size=(count, n, m))
    thirds = np.full((count, n), Fraction(1, n), dtype=object)
    tasks = RidgeTasks(a, b, c, np.zeros(count), thirds, psis)
    points = (rng.normal(size=(count, d)) for _ in range(3))
    return Instances(tasks, 0.5 / tasks.smoothness, *points, np.ones(count), np.ones(count))


def from_data(count: int, n: int, m: int, d: int) -> Work:
    """Certify L and rho, and judge."""
    from mamlcheck.check.verdict import judge
    from mamlcheck.claims import load_claim

    claim, block = load_claim("lemma_4_8"), lemma_4_8_instances(count, n, m, d)
    return lambda: judge(claim, dataclasses.replace(block, tasks=dataclasses.replace(block.tasks)))


def sides(count: int, n: int, m: int, d: int) -> Work:
    """Judge alone, L and rho being given."""
    from mamlcheck.check.verdict import judge
    from mamlcheck.claims import load_claim

    claim, block = load_claim("lemma_4_8"), lemma_4_8_instances(count, n, m, d)
    _ = block.hessian_lipschitz_constant
    return lambda: judge(claim, block)


def constants(count: int, n: int, m: int, d: int) -> Work:
    """Certify L and rho."""
    tasks = lemma_4_8_instances(count, n, m, d).tasks

    def certify() -> Any:
        fresh = dataclasses.replace(tasks)
        return fresh.smoothness, fresh.hessian_lipschitz

    return certify


# -- the rest of the package -----------------------------------------------------------------------------------------
def judged(claim_id: str) -> Work:
    """A claim on a few instances of each of six blocks of the random sweep."""
    from mamlcheck.check.sweeps import RandomSweep
    from mamlcheck.check.verdict import judge
    from mamlcheck.claims import load_claim

    claim, sweep = load_claim(claim_id), RandomSweep(1)
    blocks = [sweep.block(k)[:8] for k in range(6)]
    for block in blocks:
        _ = block.hessian_lipschitz_constant
    return lambda: [judge(claim, block) for block in blocks]


def generated() -> Work:
    """Random instances."""
    from mamlcheck.check.sweeps import RandomSweep

    return lambda: [RandomSweep(1).block(k) for k in range(4)]


def hunted() -> Work:
    """A short hunt, nothing simplified."""
    from mamlcheck.hunt.search import hunt

    return lambda: hunt("lemma_4_8", seed=1, seconds=None, evaluations=4_000, families=("splines",), keep=1)


def checked() -> Work:
    """`mamlcheck check` on 16 instances."""
    from mamlcheck.cli import main

    def check() -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            main(["check", "--instances", "16", "--json"])

    return check


def proof_checked() -> Work:
    """The kernel on the proof of Lemma 4.8."""
    from mamlcheck.proof.catalogue import proved

    def prove() -> Any:
        proved.cache_clear()
        return proved("lemma_4_8")

    return prove


def loss_certified() -> Work:
    """sup|psi'''| over all reals."""
    from mamlcheck.tasks.certificate import certified_supremum
    from mamlcheck.tasks.expression import variable
    from mamlcheck.tasks.losses import loss

    derivative = loss("welsch").derivative(3)
    return lambda: certified_supremum(derivative, variable())


CLAIMS = (
    "lemma_4_8", "lemma_4_9.first_moment", "lemma_4_9.second_moment", "lemma_4_10.bias", "lemma_4_10.second_moment",
    "theorem_4_11", "hf_error",
)  # fmt: skip

WORKS: dict[str, Callable[[], Work]] = {
    "Lemma 4.8 from data, (4, 8, 5)": partial(from_data, 64, 4, 8, 5),
    "Lemma 4.8 from data, (16, 32, 50)": partial(from_data, 2, 16, 32, 50),
    "Lemma 4.8, L and rho given, (4, 8, 5)": partial(sides, 64, 4, 8, 5),
    "Lemma 4.8, L and rho given, (16, 32, 50)": partial(sides, 16, 16, 32, 50),
    "L and rho, (4, 8, 5)": partial(constants, 64, 4, 8, 5),
    "L and rho, (16, 32, 50)": partial(constants, 2, 16, 32, 50),
    "L and rho, (4, 8, 500)": partial(constants, 1, 4, 8, 500),
    **{f"{claim} on random instances": partial(judged, claim) for claim in CLAIMS},
    "generating random instances": generated,
    "a hunt": hunted,
    "mamlcheck check": checked,
    "checking a proof": proof_checked,
    "certifying a loss": loss_certified,
}


# -- the worker ------------------------------------------------------------------------------------------------------
def sample(work: Work, repeats: int) -> float:
    """Seconds of CPU that the work takes so many times."""
    start = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - start


def enough_repeats(work: Work) -> int:
    """How often the work is to be done for a sample to take `SAMPLE_SECONDS`."""
    repeats = 1
    while (seconds := sample(work, repeats)) < SAMPLE_SECONDS:
        repeats = max(repeats + 1, int(repeats * min(10, 1.2 * SAMPLE_SECONDS / max(seconds, 1e-9))))
    return repeats


def serve(name: str) -> None:
    """Prepare a work, say how often it should be done or why it cannot be, and answer each line with a sample."""
    try:
        work = WORKS[name]()
        work()  # what is done once, such as imports, is not timed
        print(json.dumps({"repeats": enough_repeats(work)}), flush=True)
        for line in sys.stdin:
            print(json.dumps({"seconds": sample(work, int(line))}), flush=True)
    except Exception as error:  # of another version of the package: anything may be missing there
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
