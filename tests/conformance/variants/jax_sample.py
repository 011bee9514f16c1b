"""JAX: the wrong samples."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from complex_steps import chosen
from jax_parts import adapted, gradient, loss, of_task_loss, step
from said import NOT_MAML_ALONE, QUERY, STEPS, SUPPORT, WEIGHTS
from variant import wrong

two_of_the_support = wrong(
    "the inner steps see the first 2 of 5 support samples",
    of_task_loss(lambda p, w, t: loss(p, adapted(p, w, tuple(part[:2] for part in t.inner)), t.outer), steps=(1, 2)),
    lambda o: o.maml(inner=lambda t: chosen(t.inner, slice(2))),
    (SUPPORT, r"\b2\b.*\b5\b|first (2|two)|\b(2|two) (of|samples)|2/5|last (3|three)"),
    NOT_MAML_ALONE,
)


def _scanned(p, w, t):
    """A sample each step, by lax.scan."""
    x, y = t.inner

    def body(v, k):
        batch = (jax.lax.dynamic_slice_in_dim(x, k, 1), jax.lax.dynamic_slice_in_dim(y, k, 1))
        return step(v, gradient(p, v, batch), p.alpha), None

    return loss(p, jax.lax.scan(body, w, jnp.arange(p.steps))[0], t.outer)


def _one_by_one(o, t, w):
    for k in range(o.K):
        w = o.adapt(w, chosen(t.inner, [k]), steps=1)
    return o.loss(w, t.outer)


a_sample_each_step = wrong(
    "lax.scan over samples: inner step k sees support sample k alone",
    of_task_loss(_scanned, steps=None),
    lambda o: o.mean(lambda t: o.d(lambda w: _one_by_one(o, t, w))),
    (r"sample|batch", rf"{STEPS}", r"another|different|each (inner )?step|\bown\b|one sample|single|\b1 of 5|first"),
    NOT_MAML_ALONE,
)

labels_rolled = wrong(
    "the targets of the query set are rolled by one sample against its inputs",
    of_task_loss(
        lambda p, w, t: loss(p, adapted(p, w, t.inner), (t.outer[0], jnp.roll(t.outer[1], 1, axis=0))), steps=(1, 2)
    ),
    lambda o: o.maml(outer=lambda t: (t.outer[0], np.roll(t.outer[1], 1, axis=0))),
    (QUERY, r"targets?|labels?|shuffled|rolled|paired|order|match"),
    NOT_MAML_ALONE,
)


def _padded(p, w, t):
    """Query sets padded to 8 samples by the last one, as batches of one shape need, and no mask."""
    x, y = (jnp.concatenate([part, part[-1:]]) for part in t.outer)
    return loss(p, adapted(p, w, t.inner), (x, y))


padded_without_a_mask = wrong(
    "the query set is padded to 8 samples with its last one, which counts twice",
    of_task_loss(_padded, steps=(1, 2)),
    lambda o: o.maml(outer=lambda t: (*t.outer, np.array([1, 1, 1, 1, 1, 1, 2]) / 8)),
    (QUERY, rf"{WEIGHTS}|counts? (twice|double|more)|padd|repeated|last sample|1/4|0\.25|8 samples"),
    NOT_MAML_ALONE,
)
