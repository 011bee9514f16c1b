"""NumPy: wrong Hessian terms, written out by hand."""

from __future__ import annotations

from numpy_parts import first_order, of_all, of_tasks, step, times
from said import HESSIAN, NO_MISSING_HESSIAN, QUERY, SIGN
from variant import wrong

plus_over_the_query_set = wrong(
    "the Hessian term has the wrong sign and is of the query set",
    of_tasks(
        lambda p, t: (lambda g: step(g, p.hessian_vector(p.parameters, g, t.outer), -p.alpha))(
            first_order(p, t.inner, t.outer)
        )
    ),
    lambda o: o.mean(lambda t: o.one(t, lambda g: -o.hv(o.w, g, t.outer))),
    (HESSIAN, SIGN, QUERY),
    NO_MISSING_HESSIAN,
)


def _mean(each):
    return {k: sum(g[k] for g in each) / len(each) for k in each[0]}


def _mean_of_each_factor(p):
    g = _mean([first_order(p, t.inner, t.outer) for t in p.tasks])
    return step(g, _mean([p.hessian_vector(p.parameters, g, t.inner) for t in p.tasks]), p.alpha)


mean_hessian_times_mean_gradient = wrong(
    "the mean Hessian of the tasks times their mean gradient, in place of the mean of the products",
    of_all(_mean_of_each_factor),
    lambda o: (lambda g: g - o.alpha * o.mean(lambda t: o.hv(o.w, g, t.inner)))(o.mean(o.outer)),
    (HESSIAN, r"mean|averag"),
    NO_MISSING_HESSIAN,
)

DELTA = 0.01


def _difference_of_the_query_set(p, t):
    w, g = p.parameters, first_order(p, t.inner, t.outer)
    ahead, behind = p.gradient(step(w, g, -DELTA), t.outer), p.gradient(step(w, g, DELTA), t.outer)
    return step(g, times(1 / (2 * DELTA), step(ahead, behind, 1)), p.alpha)


difference_of_the_query_set = wrong(
    "HF-MAML's difference is of gradients over the query set",
    of_tasks(_difference_of_the_query_set, "HF-MAML", delta=DELTA),
    lambda o: o.hf(DELTA, "outer"),
    (rf"{HESSIAN}|difference", QUERY),
    NO_MISSING_HESSIAN,
)

three_halves = wrong(
    "the Hessian term is multiplied by 1.5",
    of_tasks(
        lambda p, t: (lambda g: step(g, p.hessian_vector(p.parameters, g, t.inner), 1.5 * p.alpha))(
            first_order(p, t.inner, t.outer)
        )
    ),
    lambda o: o.mean(lambda t: o.one(t, lambda g: 1.5 * o.hv(o.w, g, t.inner))),
    (HESSIAN, r"1\.5\b|3/2"),
    NO_MISSING_HESSIAN,
)
