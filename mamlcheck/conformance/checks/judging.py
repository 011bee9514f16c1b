"""The judges: each says what it makes of the observations of a check. None holds a special case for any subject."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mamlcheck.conformance.checks.assessment import PASSED, Assessment, Expectation
from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, relative_error, unit_of
from mamlcheck.conformance.diagnosis.float32 import rounded_constant
from mamlcheck.conformance.diagnosis.result import Diagnosis
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.words import listed


def returns_a_direction(seen: Observation) -> Assessment:
    """There is one."""
    if seen.failure is None:
        return PASSED
    return Assessment(False, str(seen.failure), seen.failure.traceback)


def not_zero(seen: Observation) -> Assessment:
    """It is not 0 throughout."""
    if seen.direction.any():
        return PASSED
    return Assessment(False, "every component of the direction is 0")


def deterministic(seen: Observation, against: Expectation) -> Assessment:
    """Two calls agree within rounding."""
    first, second = seen.directions
    apart = float(np.linalg.norm(second - first) / np.linalg.norm(first))
    allowed = 2 * against.tolerance(seen)
    if apart <= allowed:
        return PASSED
    return Assessment(False, f"two calls differ by {apart:.1e}, relatively; rounding explains {allowed:.1e}")


def inputs_untouched(seen: Observation) -> Assessment:
    """No call changes what it was given."""
    if not seen.changed:
        return PASSED
    return Assessment(False, f"a call changes {', '.join(seen.changed)}")


def as_reference(seen: Observation, against: Expectation) -> Assessment:
    """Within rounding of one of the certified references."""
    broken = _failed(seen)
    if broken is not None:
        return broken
    if not seen.direction.any():
        return Assessment(False, "every component of the direction is 0")
    best, factor = against.nearest(seen)
    error = relative_error(best, seen, factor)
    allowed = against.tolerance(seen)
    if allowed > TELLING_SHARE:
        return Assessment(False, f"rounding alone explains {allowed:.0%} of the direction: nothing can be told")
    unsteady = _unsteady(seen, against)
    if unsteady is not None:
        return unsteady
    if error <= allowed:
        coarser = seen.dtype != seen.problem.dtype and unit_of(seen) > UNIT_ROUNDOFF[seen.problem.dtype]
        return Assessment(True, f"it is returned in {seen.dtype}") if coarser else PASSED
    if rounded_constant(best, seen, factor):
        return Assessment(True, f"a constant is rounded to float32 (relative error {error:.0e})")
    return Assessment(False, f"relative error {error:.1e}; rounding explains {allowed:.1e}")


def agree(first: Observation, second: Observation, against: Expectation) -> Assessment:
    """Directions on two problems that must have the same one."""
    for seen in (first, second):
        broken = _failed(seen)
        if broken is not None:
            return broken
    a = first.direction / against.factor(first.problem)
    b = second.direction / against.factor(second.problem)
    size = float(np.linalg.norm(a))
    if not size:
        return Assessment(False, f"every component of the direction on {first.problem.id} is 0")
    for seen in (first, second):
        unsteady = _unsteady(seen, against) if seen.direction.any() else None
        if unsteady is not None:
            return unsteady
    apart = float(np.linalg.norm(b - a)) / size
    allowed = 2 * (against.tolerance(first) + against.tolerance(second))
    if apart <= allowed:
        return PASSED
    return Assessment(
        False,
        f"{first.problem.id} and {second.problem.id} give directions that differ by {apart:.1e}, relatively; rounding "
        f"explains {allowed:.1e}",
    )


def diagnosed(diagnosis: Diagnosis) -> Assessment:
    """The diagnosis finds nothing wrong."""
    if diagnosis.conforms:
        return PASSED
    return Assessment(False, f"the diagnosis finds {listed(diagnosis.defects)}")


def _unsteady(seen: Observation, against: Expectation) -> Assessment | None:
    """What the preconditions say of one problem, where it fails on another: with more inner steps, or in float32."""
    both = (deterministic(seen, against), inputs_untouched(seen))
    return next((replace(one, message=f"{seen.problem.id}: {one.message}") for one in both if not one.passed), None)


def _failed(seen: Observation) -> Assessment | None:
    if seen.failure is None:
        return None
    return Assessment(False, f"{seen.problem.id}: {seen.failure}", seen.failure.traceback)
