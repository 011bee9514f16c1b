"""The error of HF-MAML's finite difference against delta, on one exact task: what is proved, and what floats give.

The task is one sample in one dimension whose second derivative is -1/2 at w = 0, grows with slope rho = 1 to L = 1/2 at
+-1, and is constant beyond: phi'(t) = 6 + t (|t| - 1) / 2 for |t| <= 1, and 6 + sign(t) (|t| - 1) / 2 beyond. With
v = 1 the exact difference (phi'(delta) - phi'(-delta)) / (2 delta) loses exactly what is proved at the most for every
delta: delta / 2 for delta <= 1, and 1 - 1 / (2 delta) beyond. The exact error and both bounds are those of the claims.

**What rounding adds at most** (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, chapter 2; no underflow
at these deltas). Let u be the unit roundoff, h(t) = |phi'(t) - 6|, which is at most 1/8 for |t| <= 1 and
(|t| - 1) / 2 beyond, and G = 6 + h. At x = +-delta, exact since v = 1 and w = 0, the program makes |t| - 1, a product
at most, and the sum with 6; halving is exact. So its gradient is off by at most h (2u + u^2) before the sum and
e <= h (2u + u^2) + u (G + h (2u + u^2)) <= u (G + 2h) (1 + 2u) after it, which is below 2uG (1 - 3u) where h <= 5. The
difference of two rounds once more, and so does the quotient by the exact 2 delta: with D = 2 delta |q|, q the exact
difference quotient, the result is off by at most (2 e (1 + u)^2 + (2u + u^2) D) / (2 delta). Since |q| <= 1/2, D is at
most delta, and all of it is below u (2G / delta + 1 + u).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np

from mamlcheck.arithmetic import rational
from mamlcheck.arithmetic.exact import double_above, exact_array, fraction, nearest_double
from mamlcheck.claims import hf_error
from mamlcheck.claims.ours.hf_error import half, large_step
from mamlcheck.errors import InputError
from mamlcheck.formats.dynamics import DifferenceErrors, MeasuredDifferences
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.tasks.families.spline import SplineTasks

Precision = Literal["float64", "float32"]
Float: TypeAlias = np.float64 | np.float32

CURVATURE = Fraction(-1, 2)  # H(0)
SMOOTHNESS, BEND = Fraction(1, 2), Fraction(1)  # L and rho
GRADIENT = 6  # phi'(0)
ALPHA = 1 / (6 * SMOOTHNESS)  # the largest inner rate of Theorem 4.17
KNOTS, VALUES = (-1, 0, 1), (SMOOTHNESS, CURVATURE, SMOOTHNESS)
LARGEST = 10  # delta, up to which the rounding is bounded: h <= 9/2
# Of the deltas in each decade. No round numbers: 1e-10 times 2**50 is nearly an integer, so that phi'(1e-10) hardly
# rounds.
MANTISSAS = ("1.0371", "1.8219", "3.2743", "5.6417")
LOWEST_DECADE: dict[Precision, int] = {"float64": -14, "float32": -7}
ROUNDOFF: dict[Precision, Fraction] = {"float64": Fraction(1, 2**53), "float32": Fraction(1, 2**24)}
TASK = (
    "one task in one dimension: f'' = -1/2 at w = 0, with slope 1 up to 1/2 at -1 and 1, constant beyond; f'(0) = 6, "
    "v = 1"
)


def difference_errors() -> DifferenceErrors:
    """The error against delta: of exact numbers with both bounds, and of floats of two precisions."""
    deltas = [float(delta) for delta in _deltas("float64", -14)]
    exact = [exactly(Fraction(delta)) for delta in deltas]
    return DifferenceErrors(
        task=TASK,
        product=str(CURVATURE),
        smoothness=str(SMOOTHNESS),
        hessian_lipschitz=str(BEND),
        gradient=str(GRADIENT),
        direction="1",
        alpha=str(ALPHA),
        printed_delta=str(1 / (6 * BEND * ALPHA)),
        deltas=tuple(deltas),
        error=tuple(nearest_double(one.error) for one in exact),
        printed=tuple(nearest_double(one.printed) for one in exact),
        sharper=tuple(nearest_double(one.sharper) for one in exact),
        measured=tuple(measured(precision) for precision in LOWEST_DECADE),
    )


@dataclass(frozen=True)
class Exactly:
    """Of one delta, in fractions: the error of the difference, the printed bound, and the least that is proved."""

    error: Fraction
    printed: Fraction
    sharper: Fraction


def exactly(delta: Fraction) -> Exactly:
    """What the claims say of the task with this delta. Raises `InputError` for delta <= 0."""
    if delta <= 0:
        raise InputError(f"delta = {delta}: give a number > 0")
    with rational.working():
        x = _instance(delta).on(rational)
        sharper = [half.right(x)]
        if all((one.holds(x) == 1).all() for one in large_step.HYPOTHESES):
            sharper.append(large_step.right(x))
        return Exactly(_only(hf_error.left(x)), _only(hf_error.right(x)), min(_only(side) for side in sharper))


def _instance(delta: Fraction) -> Instances:
    """The task at w = 0 with v = 1, a block of one."""
    knots, values = (exact_array(np.array([[[row]]], dtype=object)) for row in (KNOTS, VALUES))
    tasks = SplineTasks.on_a_line(
        knots, values, exact_array(np.array([[[GRADIENT]]], dtype=object)), exact_array(np.array([[1]], dtype=object))
    )
    zero, one = (exact_array(np.array([[k]], dtype=object)) for k in (0, 1))
    return Instances(tasks, exact_array(np.array([ALPHA], dtype=object)), zero, one, one,
                     exact_array(np.array([delta], dtype=object)), np.ones(1))  # fmt: skip


def _only(side: InstanceOn | object) -> Fraction:
    return fraction(np.asarray(side, dtype=object).reshape(-1)[0])


# -- floats ----------------------------------------------------------------------------------------------------------
def measured(precision: Precision) -> MeasuredDifferences:
    """What floats of a precision give, and what rounding adds at most."""
    deltas = _deltas(precision, LOWEST_DECADE[precision])
    points = tuple(
        (float(delta), nearest_double(abs(Fraction(float(difference(delta))) - CURVATURE))) for delta in deltas
    )
    return MeasuredDifferences(
        precision=precision,
        roundoff=float(ROUNDOFF[precision]),
        points=points,
        rounding=tuple(double_above(rounding_bound(Fraction(delta), precision)) for delta, _ in points),
        # delta / 2 + u (2G / delta), with G = 6 + 1/8, is least where its derivative is 0.
        best=math.sqrt(4 * (GRADIENT + 1 / 8) * float(ROUNDOFF[precision])),
    )


def difference(delta: Float) -> Float:
    """(phi'(delta) - phi'(-delta)) / (2 delta) as floats of delta's precision compute it."""
    kind = type(delta)
    return kind(kind(slope(delta) - slope(-delta)) / kind(kind(2) * delta))


def slope(t: Float) -> Float:
    """phi'(t) in the precision of t: at most three operations that round."""
    kind = type(t)
    size = t if t > 0 else kind(-t)
    inner = t if size <= 1 else kind(1) if t > 0 else kind(-1)
    bent = kind(inner * kind(size - kind(1)))
    return kind(kind(GRADIENT) + kind(bent / kind(2)))


def rounding_bound(delta: Fraction, precision: Precision) -> Fraction:
    """u (2G / delta + 1 + u), which the head of this file derives. Raises `InputError` beyond `LARGEST`."""
    if not 0 < delta <= LARGEST:
        raise InputError(f"delta = {delta}: rounding is bounded for 0 < delta <= {LARGEST}")
    u = ROUNDOFF[precision]
    g = GRADIENT + max(Fraction(1, 8), (delta - 1) / 2)
    return u * (2 * g / delta + 1 + u)


def _deltas(precision: Precision, lowest: int) -> list[Float]:
    """Numbers of a precision next to `MANTISSAS` times powers of ten, from 10^lowest to `LARGEST`."""
    written = [f"{mantissa}e{exponent}" for exponent in range(lowest, 1) for mantissa in MANTISSAS]
    kinds: dict[Precision, Callable[[str], Float]] = {"float64": np.float64, "float32": np.float32}
    return [kinds[precision](text) for text in (*written, str(LARGEST))]


__all__ = ["Exactly", "difference", "difference_errors", "exactly", "measured", "rounding_bound", "slope"]
