"""PyTorch: two defects at once; both have to be named."""

from __future__ import annotations

from said import (
    BIAS,
    FEWER,
    FIRST_ORDER,
    HALF,
    HEAD,
    HESSIAN,
    HIDDEN,
    NOT_MAML_ALONE,
    QUERY,
    RATE,
    SIGN,
    STAYS,
    SUM,
    SUPPORT,
    ZERO,
)
from torch_parts import (
    adapted,
    derivative,
    gradient,
    hessian_vector,
    is_head,
    leaves,
    loss,
    of_loss,
    of_task_loss,
    of_tasks,
    one_step,
    times,
)
from variant import wrong

from mamlcheck.conformance import subject

half_rate_on_the_query_set = wrong(
    "half the inner rate, and the inner steps see the query set",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, t.outer, rate=p.alpha / 2), t.outer), steps=(1, 2)),
    lambda o: o.maml(rate=o.alpha / 2, inner=lambda t: t.outer),
    (RATE, HALF, QUERY),
    NOT_MAML_ALONE,
)

head_only_and_summed = wrong(
    "ANIL's inner steps, and the losses of the tasks are added up",
    of_loss(lambda p, w: sum(loss(p, adapted(p, w, t.inner, moved=is_head), t.outer) for t in p.tasks), steps=(1, 2)),
    lambda o: 3 * o.maml(on=o.on("head")),
    (rf"\b(?<!FO-)ANIL\b|({HIDDEN}).*({STAYS})|only .*({HEAD})|({HEAD}).* (only|alone)", SUM),
    NOT_MAML_ALONE,
)

first_order_and_frozen_biases = wrong(
    "first order, and the biases are not adapted",
    of_task_loss(
        lambda p, w, t: loss(
            p,
            {
                k: v - (0 if "bias" in k else p.alpha * g)
                for (k, v), g in zip(w.items(), gradient(p, w, t.inner).values(), strict=True)
            },
            t.outer,
        )
    ),
    lambda o: o.fo(on=o.on("weight")),
    (FIRST_ORDER, BIAS, rf"{STAYS}|rate (is |of )?(0|zero)|{ZERO}"),
    NOT_MAML_ALONE,
)

one_less_and_first_order = wrong(
    "one inner step less than asked for, and first order",
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner, steps=p.steps - 1, second_order=False), t.outer), steps=(2, 3)
    ),
    lambda o: o.fo(steps=o.K - 1),
    (FIRST_ORDER, FEWER),
    NOT_MAML_ALONE,
)


@subject("MAML", steps=(1,))
def _plus_and_two_tasks(problem):
    p = problem.on("torch")

    def call():
        each = [one_step(p, t, lambda w, fast, g, t=t: times(-1, hessian_vector(p, w, g, t.inner))) for t in p.tasks]
        return {k: sum(d[k] for d in each[:2]) / 2 for k in each[0]}

    return call


plus_and_two_tasks = wrong(
    "the Hessian term has the wrong sign, and the last task is left out",
    _plus_and_two_tasks,
    lambda o: sum(o.one(t, lambda g, t=t: -o.hv(o.w, g, t.inner)) for t in o.tasks[:2]) / 2,
    (HESSIAN, SIGN, r"last task|third task|(first )?(two|2) (of|tasks)|task weights?|tasks are weighted"),
    NOT_MAML_ALONE,
)

half_hessian_and_scaled = wrong(
    "half the Hessian term, and the direction is divided by the number of query samples",
    of_tasks(
        lambda p, t: times(1 / 7, one_step(p, t, lambda w, fast, g: times(0.5, hessian_vector(p, w, g, t.inner))))
    ),
    lambda o: o.mean(lambda t: o.one(t, lambda g: o.hv(o.w, g, t.inner) / 2)) / 7,
    (HESSIAN, HALF, r"1/7|0\.142|divided by 7|number of query|query samples|over the (query|number)"),
    NOT_MAML_ALONE,
)


@subject("MAML", steps=(1, 2))
def _scaled_loss_and_first_order(problem):
    """A GradScaler's factor of 1024 that is never taken out, and no create_graph."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = sum(loss(p, adapted(p, w, t.inner, second_order=False), t.outer) for t in p.tasks) / len(p.tasks)
        return derivative(1024 * total, w)

    return call


scaled_and_first_order = wrong(
    "the outer loss is scaled by 1024 and never unscaled, and first order",
    _scaled_loss_and_first_order,
    lambda o: 1024 * o.fo(),
    (r"1024|1,024|1\.02e\+?0?3|2\^10", FIRST_ORDER),
    NOT_MAML_ALONE,
)


def _body_only_on_exchanged_sets(p, w, t):
    return loss(p, adapted(p, w, t.outer, moved=lambda k: not is_head(k)), t.inner)


body_only_and_exchanged = wrong(
    "BOIL's inner steps, and support and query set are exchanged",
    of_task_loss(_body_only_on_exchanged_sets, steps=(1, 2)),
    lambda o: o.maml(on=o.on("hidden"), inner=lambda t: t.outer, outer=lambda t: t.inner),
    (rf"\bBOIL\b|({HEAD}).*({STAYS})|(only|alone).*{HIDDEN}", SUPPORT, QUERY),
    NOT_MAML_ALONE,
)
