"""iMAML against dense linear algebra: conjugate gradients after k steps are the best point of a Krylov space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mamlcheck.arithmetic import float64
from mamlcheck.conformance import problem
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import plain
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.reference import Run

PENALTY = 4.0  # above the largest -eigenvalue of the Hessians here, so that I + H / penalty is positive definite


CASES = [(name, k) for name in kinds() for k in (1, 3, 100) if (name, k) != ("tanh-cross-entropy", 100)]


@pytest.mark.parametrize(("name", "solver_steps"), CASES)
@pytest.mark.parametrize("steps", [1, 3])
def test_the_solution_is_the_best_of_a_krylov_space(name, steps, solver_steps):
    given = problem(name, steps=steps)
    x = Run(float64, given)
    w = x.w
    for _ in range(steps):
        w = w - given.alpha * (x.tasks.at(w).gradient("inner") + PENALTY * (w - x.w))
    end, size = x.tasks.at(w), w.shape[-1]
    columns = [end.hessian_vector(np.broadcast_to(unit, w.shape), "inner") for unit in np.eye(size)]
    wanted = []
    for h, g in zip(np.moveaxis(columns, 0, -1), end.gradient("outer"), strict=True):
        matrix = np.eye(size) + h / PENALTY
        assert np.linalg.eigvalsh(matrix)[0] > 0
        if solver_steps >= size:
            wanted.append(np.linalg.solve(matrix, g))
            continue
        krylov = [g]
        for _ in range(solver_steps - 1):
            krylov.append(matrix @ krylov[-1])
        basis, _ = np.linalg.qr(np.stack(krylov, axis=1))
        wanted.append(basis @ np.linalg.solve(basis.T @ matrix @ basis, basis.T @ g))
    c = replace(plain(algorithm("iMAML")), own=(("penalty", PENALTY), ("solver_steps", solver_steps)))
    found = c.enclosed(given)
    np.testing.assert_allclose(found.midpoint, np.mean(wanted, axis=0), rtol=1e-11, atol=1e-13)
    assert np.linalg.norm(found.radius) <= 2.0**-50 * np.linalg.norm(found.midpoint)


def test_where_it_is_solved_too_early_there_is_no_enclosure():
    """A constant added to all outputs leaves cross-entropy as it is: eigenvalues coincide, and the residual is exactly
    0 before n steps are over, so that the next one is 0 / 0. Nothing is claimed then.
    """
    c = replace(plain(algorithm("iMAML")), own=(("penalty", PENALTY), ("solver_steps", 100)))
    assert np.isinf(c.enclosed(problem("tanh-cross-entropy")).radius).all()


def test_one_precision_is_not_enough():
    """Twenty steps lose more than 128 bits: without more of them there would be no enclosure."""
    from mamlcheck.arithmetic import arb

    given = problem("tanh-cross-entropy")
    c = replace(plain(algorithm("iMAML")), own=(("penalty", 2.0), ("solver_steps", 20)))
    ar = arb(128)
    with ar.working():
        assert not all(x.is_finite() for x in c.direction(Run(ar, given)))
    assert np.isfinite(c.enclosed(given).radius).all()
