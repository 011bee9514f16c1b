"""PyTorch: the Hessian term with a wrong coefficient, a wrong set, a wrong point or a wrong vector."""

from __future__ import annotations

from said import (
    AT_ADAPTED,
    AT_START,
    DOUBLE,
    HALF,
    HESSIAN,
    INNER_GRADIENT,
    NO_MISSING_HESSIAN,
    OWN_SET,
    QUERY,
)
from torch_parts import gradient, hessian_vector, of_tasks, one_step, step, times
from variant import wrong

half_over_its_own_set = wrong(
    "half of the Hessian term, with the Hessian of the Hessian set",
    of_tasks(lambda p, t: one_step(p, t, lambda w, fast, g: times(0.5, hessian_vector(p, w, g, t.hessian)))),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.w, g, t.hessian) / 2)),
    (HESSIAN, HALF, OWN_SET),
    NO_MISSING_HESSIAN,
)

of_the_query_set = wrong(
    "the Hessian is of the query set",
    of_tasks(lambda p, t: one_step(p, t, lambda w, fast, g: hessian_vector(p, w, g, t.outer))),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.w, g, t.outer))),
    (HESSIAN, QUERY),
    NO_MISSING_HESSIAN,
)

times_the_inner_gradient = wrong(
    "the Hessian is multiplied by the inner gradient, not the outer one",
    of_tasks(lambda p, t: one_step(p, t, lambda w, fast, g: hessian_vector(p, w, gradient(p, w, t.inner), t.inner))),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.w, o.grad(o.w, t.inner), t.inner))),
    (HESSIAN, INNER_GRADIENT),
    NO_MISSING_HESSIAN,
)

of_the_query_set_at_adapted = wrong(
    "the Hessian is of the query set and at the adapted parameters",
    of_tasks(lambda p, t: one_step(p, t, lambda w, fast, g: hessian_vector(p, fast, g, t.outer))),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.adapt(o.w, t.inner), g, t.outer))),
    (HESSIAN, QUERY, AT_ADAPTED),
    NO_MISSING_HESSIAN,
)

rate_applied_twice = wrong(
    "the Hessian term has alpha squared in place of alpha",
    of_tasks(lambda p, t: one_step(p, t, lambda w, fast, g: times(p.alpha, hessian_vector(p, w, g, t.inner)))),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.alpha * o.hv(o.w, g, t.inner))),
    (
        HESSIAN,
        r"alpha ?(\^|\*\*) ?2|alpha²|alpha squared|squared|(alpha|rate) .*twice|times alpha|alpha times|by alpha",
    ),
    NO_MISSING_HESSIAN,
)


def _pulled_back_twice(p, t):
    def product(w, fast, g):
        once = hessian_vector(p, w, g, t.inner)
        twice = hessian_vector(p, w, step(g, once, p.alpha), t.inner)
        return {k: once[k] + twice[k] for k in g}

    return one_step(p, t, product)


pulled_back_twice = wrong(
    "the factor I - alpha H is applied twice for one inner step",
    of_tasks(_pulled_back_twice),
    lambda o: o.mean(
        lambda t: o.one(
            t, lambda g: o.hv(o.w, g, t.inner) + o.hv(o.w, o.one(t, lambda v: o.hv(o.w, v, t.inner)), t.inner)
        )
    ),
    (HESSIAN, r"twice|two times|one (factor|step|time) (more|too many)|once (more|too often)|squared|second time"),
    NO_MISSING_HESSIAN,
)

DELTA = 0.01


def _difference(divide):
    def direction(p, t):
        def product(w, fast, g):
            ahead, behind = gradient(p, step(w, g, -DELTA), t.inner), gradient(p, step(w, g, DELTA), t.inner)
            return {k: (ahead[k] - behind[k]) / (divide * DELTA) for k in g}

        return one_step(p, t, product)

    return direction


not_divided_by_two = wrong(
    "the central difference is divided by delta and not by 2 delta: twice the Hessian term",
    of_tasks(_difference(1), "HF-MAML", delta=DELTA),
    lambda o: o.mean(lambda t: o.one(t, lambda g: 2 * o.difference(o.w, g, t.inner, DELTA))),
    (rf"{HESSIAN}|difference", DOUBLE),
    NO_MISSING_HESSIAN,
)

of_the_gradient_at_start = wrong(
    "the Hessian is multiplied by the query gradient at the initial parameters",
    of_tasks(lambda p, t: one_step(p, t, lambda w, fast, g: hessian_vector(p, w, gradient(p, w, t.outer), t.inner))),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.w, o.grad(o.w, t.outer), t.inner))),
    (HESSIAN, AT_START, r"(outer|query|meta) (gradient|loss|set)|gradient of the (outer|query)"),
    NO_MISSING_HESSIAN,
)
