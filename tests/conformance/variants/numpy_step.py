"""NumPy: the wrong inner steps."""

from __future__ import annotations

from numpy_parts import maml, of_tasks, path, pulled_back, step
from said import FEWER, HESSIAN, NOT_MAML_ALONE
from variant import wrong

one_step_less = wrong(
    "one inner step less than asked for",
    of_tasks(lambda p, t: maml(p, t.inner, t.outer, steps=p.steps - 1), steps=(2, 3)),
    lambda o: o.maml(steps=o.K - 1),
    (FEWER,),
    NOT_MAML_ALONE,
)


def _pulled_back_in_the_wrong_order(p, t):
    points = path(p, p.parameters, t.inner)
    v = p.gradient(points[-1], t.outer)
    for w in points[:-1]:
        v = step(v, p.hessian_vector(w, v, t.inner), p.alpha)
    return v


def _forwards(o, t):
    points = o.path(o.w, t.inner)
    v = o.grad(points[-1], t.outer)
    for w in points[:-1]:
        v = v - o.alpha * o.hv(w, v, t.inner)
    return v


factors_in_the_wrong_order = wrong(
    "the factors I - alpha H of the inner steps are applied from the first to the last",
    of_tasks(_pulled_back_in_the_wrong_order, steps=(2, 3)),
    lambda o: o.mean(lambda t: _forwards(o, t)),
    (HESSIAN, r"\border\b|revers|first to (the )?last|forwards|exchanged"),
    NOT_MAML_ALONE,
)


def _outer_before_the_last(p, t):
    points = path(p, p.parameters, t.inner)
    return pulled_back(p, points, p.gradient(points[-2], t.outer), t.inner)


def _one_point_early(o, t):
    points = o.path(o.w, t.inner)
    v = o.grad(points[-2], t.outer)
    for w in reversed(points[:-1]):
        v = v - o.alpha * o.hv(w, v, t.inner)
    return v


outer_gradient_one_point_early = wrong(
    "the outer gradient is taken before the last inner step, and pulled back through all of them",
    of_tasks(_outer_before_the_last, steps=(2, 3)),
    lambda o: o.mean(lambda t: _one_point_early(o, t)),
    (
        r"(outer|query) (gradient|loss)",
        r"before the last|one (step|point) (too )?early|last but one|w_?K-1|without the last",
    ),
    NOT_MAML_ALONE,
)
