"""NumPy: two defects at once."""

from __future__ import annotations

from numpy_parts import first_order, of_all, of_tasks, step, times
from said import FIRST_ORDER, HALF, HESSIAN, NOT_MAML_ALONE, OWN_SET, QUERY, RATE
from variant import wrong

first_order_at_a_quarter = wrong(
    "first order, at a quarter of the inner rate",
    of_tasks(lambda p, t: first_order(p, t.inner, t.outer, rate=p.alpha / 4), steps=(1, 2)),
    lambda o: o.fo(rate=o.alpha / 4),
    (FIRST_ORDER, RATE, r"0\.25\b|1/4|quarter"),
    NOT_MAML_ALONE,
)


def _half_of_the_query_set(p, t):
    g = first_order(p, t.inner, t.outer)
    return step(g, p.hessian_vector(p.parameters, g, t.outer), p.alpha / 2)


half_of_the_query_set = wrong(
    "half the Hessian term, and its Hessian is of the query set",
    of_tasks(_half_of_the_query_set),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.w, g, t.outer) / 2)),
    (HESSIAN, HALF, QUERY),
    (*NOT_MAML_ALONE, r"hessian term is missing"),
)


def _summed_and_double(p):
    each = [
        (lambda g, t=t: step(g, p.hessian_vector(p.parameters, g, t.hessian), 2 * p.alpha))(
            first_order(p, t.inner, t.outer)
        )
        for t in p.tasks
    ]
    return times(1, {k: sum(g[k] for g in each) for k in each[0]})


double_of_its_own_set_and_summed = wrong(
    "twice the Hessian term, of the Hessian set, and the tasks are added up",
    of_all(_summed_and_double),
    lambda o: 3 * o.mean(lambda t: o.one(t, lambda g: 2 * o.hv(o.w, g, t.hessian))),
    (HESSIAN, r"twice|doubled?\b|\b2(\.0+)?\b", OWN_SET, r"\bsum(med)?\b|added up|times (the number of tasks|3\b)"),
    (*NOT_MAML_ALONE, r"hessian term is missing"),
)
