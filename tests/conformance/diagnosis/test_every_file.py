"""Each algorithm and each known defect is called by its name: also those whose files were added today.

The subjects are the formulas of the files themselves, in doubles, so that a file needs no entry in any list of tests.
Independent implementations are in `planted/`.
"""

from __future__ import annotations

import pytest

from mamlcheck.conformance import identify, subject
from mamlcheck.conformance.algorithms import algorithms
from mamlcheck.conformance.diagnosis.candidates import Candidate, of_algorithm
from mamlcheck.conformance.mutants import mutants
from mamlcheck.conformance.reference import Difference

DELTA = 2.0**-7


def subject_of(c: Candidate, steps: tuple[int, ...] | None):
    """The formula of a candidate as somebody's implementation."""
    delta = DELTA if isinstance(c.hessian, Difference) else None

    @subject(c.algorithm.name, steps=steps, delta=delta)
    def make(problem):
        return lambda: c.screened(problem)

    return make


@pytest.mark.parametrize("name", algorithms())
def test_algorithms(name):
    for c in of_algorithm(algorithms()[name], Difference(DELTA)):
        diagnosis = identify(subject_of(c, None))
        print(diagnosis.text)
        assert diagnosis.conforms
        assert diagnosis.found == name


@pytest.mark.parametrize("name", mutants())
def test_mutants(name):
    mutant = mutants()[name]
    known = mutant.of[0]
    c = next(c for c in of_algorithm(known, Difference(DELTA)) if c.role in mutant.hessian_roles)
    wrong = Candidate(c.algorithm, c.hessian, c.role, mutant)
    diagnosis = identify(subject_of(wrong, (mutant.from_steps,)))
    print(diagnosis.text)
    assert diagnosis.defects == (name,)
    assert diagnosis.found == (known.name if mutant.adapts else None)
    assert mutant.says in diagnosis.sentence
    assert mutant.cause in diagnosis.sentence
