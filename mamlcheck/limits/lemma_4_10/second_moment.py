"""Lemma 4.10, second moment: samples of curvature 1 + t and 1 - t, whose noise at w_i outgrows all else."""

from fractions import Fraction
from typing import Any

from mamlcheck.limits._parts import exact
from mamlcheck.limits._parts import instance as on_a_line
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks


def instance(t: Fraction) -> Instances:
    """Samples (1 +- t) (w -+ 1)^2 / 2, alpha = 1/L = 1, D_in = D_o = 1, phi = 1."""
    one = Fraction(1)
    matrices, centres = exact([[[[[1 + t]], [[1 - t]]]]]), exact([[[[one], [-one]]]])
    return on_a_line(QuadraticTasks(matrices, centres, exact([[one]])), one)


def loses(t: Any) -> Any:
    """1 of the right side, which is t^4 - t^2 + 3."""
    return 1 / (t**4 - t**2 + 3)
