"""JAX: two defects at once."""

from __future__ import annotations

import jax
import numpy as np
from jax_parts import adapted, is_head, joined, loss, of_loss, of_task_loss
from said import FIRST_ORDER, HEAD, HIDDEN, MORE, NOT_MAML_ALONE, RATE, STAYS, SUM, TOGETHER
from variant import wrong

stopped_and_both_sets = wrong(
    "first order by stop_gradient, and the outer loss is of support and query samples together",
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner, seen=jax.lax.stop_gradient), joined(t.inner, t.outer)),
        steps=(1, 2),
    ),
    lambda o: o.fo(outer=lambda t: tuple(np.concatenate(a) for a in zip(t.inner, t.outer, strict=True))),
    (FIRST_ORDER, TOGETHER),
    NOT_MAML_ALONE,
)

double_rate_and_summed = wrong(
    "twice the inner rate, and the losses of the tasks are added up",
    of_loss(
        lambda p, w: sum(loss(p, adapted(p, w, t.inner, rate=2 * p.alpha), t.outer) for t in p.tasks), steps=(1, 2)
    ),
    lambda o: 3 * o.maml(rate=2 * o.alpha),
    (RATE, r"twice|doubled?\b|\b2(\.0+)?\b", SUM),
    NOT_MAML_ALONE,
)

body_only_and_one_step_more = wrong(
    "BOIL's inner steps, and one of them more than asked for",
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner, steps=p.steps + 1, moved=lambda k: not is_head(k)), t.outer),
        steps=(1, 2),
    ),
    lambda o: o.maml(on=o.on("hidden"), steps=o.K + 1),
    (rf"\bBOIL\b|({HEAD}).*({STAYS})|(only|alone).*{HIDDEN}", MORE),
    NOT_MAML_ALONE,
)
