"""PyTorch: the wrong samples: too few, both sets, another batch each step, samples that do not count alike."""

from __future__ import annotations

import numpy as np
import torch
from complex_steps import chosen, joined
from said import NOT_MAML_ALONE, OWN_SET, QUERY, STEPS, SUPPORT, TOGETHER, WEIGHTS
from torch_parts import adapted, gradient, loss, of_task_loss, step
from torch_parts import joined as torch_joined
from variant import wrong

FIRST_FIVE = r"\b5\b.*\b7\b|first (5|five)|\b(5|five) (of|samples)|5/7|last (2|two)"
FIRST_THREE = r"\b3\b.*\b5\b|first (3|three)|\b(3|three) (of|samples)|3/5|last (2|two)"
FIRST_FOUR = (
    r"\b4\b.*\b5\b|first (4|four)|\b(4|four) (of|samples)|4/5|last (one|sample)|without the last|"
    r"(one|1) sample (less|fewer)"
)


def _first(batch, count):
    return tuple(part[:count] for part in batch)


def _on(inner, outer=lambda t: t.outer, steps=(1, 2)):
    return of_task_loss(lambda p, w, t: loss(p, adapted(p, w, inner(t)), outer(t)), steps=steps)


query_cut_to_the_support = wrong(
    "the outer loss is of the first 5 of 7 query samples, as many as the support set has",
    _on(lambda t: t.inner, lambda t: _first(t.outer, len(t.inner[0]))),
    lambda o: o.maml(outer=lambda t: chosen(t.outer, slice(5))),
    (QUERY, FIRST_FIVE),
    NOT_MAML_ALONE,
)

three_of_the_support = wrong(
    "the inner steps see the first 3 of 5 support samples",
    _on(lambda t: _first(t.inner, 3)),
    lambda o: o.maml(inner=lambda t: chosen(t.inner, slice(3))),
    (SUPPORT, FIRST_THREE),
    NOT_MAML_ALONE,
)

last_batch_dropped = wrong(
    "drop_last: the inner steps see batches of 2, so the last of 5 support samples is never used",
    _on(lambda t: tuple(part[: len(part) // 2 * 2] for part in t.inner)),
    lambda o: o.maml(inner=lambda t: chosen(t.inner, slice(4))),
    (SUPPORT, FIRST_FOUR),
    NOT_MAML_ALONE,
)

outer_loss_of_both = wrong(
    "the outer loss is of support and query samples together",
    _on(lambda t: t.inner, lambda t: torch_joined(t.inner, t.outer)),
    lambda o: o.maml(outer=lambda t: joined(t.inner, t.outer)),
    (TOGETHER, r"outer|query|meta"),
    NOT_MAML_ALONE,
)

adapted_on_both = wrong(
    "the inner steps see support and query samples together",
    _on(lambda t: torch_joined(t.inner, t.outer)),
    lambda o: o.maml(inner=lambda t: joined(t.inner, t.outer)),
    (TOGETHER, r"inner|adapt|support"),
    NOT_MAML_ALONE,
)


def _batch_of_the_step(p, w, t):
    """Samples 2k and 2k + 1 in step k, round and round."""
    for k in range(p.steps):
        at = [2 * k % 5, (2 * k + 1) % 5]
        w = step(w, gradient(p, w, tuple(part[at] for part in t.inner), create_graph=True), p.alpha)
    return loss(p, w, t.outer)


def _of_the_step(o, t, w):
    for k in range(o.K):
        w = o.adapt(w, chosen(t.inner, [2 * k % 5, (2 * k + 1) % 5]), steps=1)
    return o.loss(w, t.outer)


another_batch_each_step = wrong(
    "each inner step sees another batch of 2 support samples",
    of_task_loss(_batch_of_the_step, steps=None),
    lambda o: o.mean(lambda t: o.d(lambda w: _of_the_step(o, t, w))),
    (r"sample|batch", STEPS, r"another|different|each (inner )?step|\bown\b|changes|not the same"),
    NOT_MAML_ALONE,
)


def _mean_of_batch_means(p, w, t):
    """Batches of 2, 2 and 1, whose means are averaged."""
    x, y = t.inner

    def value(v):
        return sum(loss(p, v, (x[i : i + 2], y[i : i + 2])) for i in (0, 2, 4)) / 3

    g = torch.autograd.grad(value(w), list(w.values()), create_graph=True)
    return loss(p, {k: v - p.alpha * d for (k, v), d in zip(w.items(), g, strict=True)}, t.outer)


unequal_batches_averaged = wrong(
    "means of batches of 2, 2 and 1 support samples are averaged: the last sample counts twice",
    of_task_loss(_mean_of_batch_means),
    lambda o: o.maml(inner=lambda t: (*t.inner, np.array([1, 1, 1, 1, 2]) / 6)),
    (rf"{SUPPORT}|inner", rf"{WEIGHTS}|counts? (twice|more|double)|1/3|unequal|last sample"),
    NOT_MAML_ALONE,
)

hessian_set_for_support = wrong(
    "the inner steps are taken on the Hessian set",
    _on(lambda t: t.hessian),
    lambda o: o.maml(inner=lambda t: t.hessian),
    (OWN_SET,),
    NOT_MAML_ALONE,
)

one_query_sample = wrong(
    "the outer loss is of the first query sample alone",
    _on(lambda t: t.inner, lambda t: _first(t.outer, 1)),
    lambda o: o.maml(outer=lambda t: chosen(t.outer, slice(1))),
    (QUERY, r"first sample|sample 0|(one|1|single) (of|sample|query)|only the first|first (one|query)|1 of 7"),
    NOT_MAML_ALONE,
)
