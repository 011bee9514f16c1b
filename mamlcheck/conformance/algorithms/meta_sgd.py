"""Meta-SGD: MAML with a rate for each parameter, learned with the start: the direction for the start is MAML's.

The part for the rates is the derivative by them, -(1/B) sum_i sum_k grad f_i(w_ik, inner) * g_ik elementwise, with g_ik
the outer gradient pulled back to the end of step k. Where it is not handed over, Meta-SGD at equal rates is MAML, and
is called so.

Source: Li, Zhou, Chen, Li, "Meta-SGD: Learning to Learn Quickly for Few-Shot Learning", 2017, equations (3) and (4).
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added

NAME = "Meta-SGD"
ORDER = 19
RARE = True
HESSIAN = "exact"
SAYS = "there is a part for the inner rates"


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())


def rates(x: Run) -> Numbers:
    path = x.path()
    g, parts = path.end.gradient("outer"), []
    for k in reversed(range(x.steps)):
        parts.append(-(path.points[k].gradient("inner") * g))
        g = x.pull_back(path.between(k, k + 1), g)
    return x.mean(added(parts))
