"""Losses, and the embeddings of words."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from mamlcheck.programs.building import Number, Value
from mamlcheck.programs.composed.activations import magnitude
from mamlcheck.programs.composed.softmax import softplus
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.calls import Call

NONE, MEAN = 0, 1  # PyTorch's numbers for its reductions; 2 is the sum


def _reduced(losses: Value, reduction: int) -> Value:
    return losses if reduction == NONE else losses.mean() if reduction == MEAN else losses.sum()


def _nll_loss(call: Call, x: Any, target: Any, weight: Any, reduction: int, ignored: int) -> tuple[Value, Value]:
    """-x at the class of each sample, (N, C, ...) and (N, ...), times the weight of the class; the mean by weights."""
    y = call.value(x)
    if y.ndim == 1:
        y, target = y.reshape((1, -1)), np.reshape(target, (1,))
    classes = y.shape[1]
    used = target != ignored
    at = np.moveaxis(np.arange(y.size).reshape(y.shape), 1, -1)
    chosen = np.take_along_axis(at, np.where(used, target, 0)[..., None], -1)[..., 0]
    ones = call.value(np.ones(classes)) if weight is None else call.value(weight)
    weights = ones.gathered(np.where(used, target, -1))
    losses = -y.gathered(np.where(used, chosen, -1)) * weights
    total = weights.sum()
    if reduction == NONE:
        return losses.reshape(call.shape), call.builder.constant(0)
    return (losses.sum() / total if reduction == MEAN else losses.sum()), total


def _mse_loss(call: Call, x: Any, y: Any, reduction: int = MEAN) -> Value:
    return _reduced((call.value(x) - call.value(y)).square(), reduction)


def _bent(distance: Value, bend: Number) -> Value:
    """Half the square before a bend, and a straight line from there on, which is what PyTorch's second derivative at
    the bend is of.
    """
    size = magnitude(distance)
    before = (bend - size).positive()
    return (distance.square() / 2).kept(before) + (bend * (size - bend / 2)).dropped(before)


def _huber_loss(call: Call, x: Any, y: Any, reduction: int = MEAN, delta: Number = 1) -> Value:
    return _reduced(_bent(call.value(x) - call.value(y), delta), reduction)


def _smooth_l1_loss(call: Call, x: Any, y: Any, reduction: int = MEAN, beta: Number = 1) -> Value:
    distance = call.value(x) - call.value(y)
    return _reduced(_bent(distance, beta) / beta if beta else magnitude(distance), reduction)


def _binary_cross_entropy(call: Call, x: Any, y: Any, weight: Any = None, reduction: int = MEAN) -> Value:
    """PyTorch lets no logarithm fall below -100; where it would, the derivative is its own, very large one."""
    p, target = call.value(x), call.value(y)
    losses = -(target * _log_from(p) + (1 - target) * _log_from(1 - p))
    return _reduced(losses if weight is None else losses * call.value(weight), reduction)


def _log_from(p: Value) -> Value:
    """log p, but not below -100."""
    some = p.positive()
    one = p.builder.constant(1).broadcast_to(p.shape)
    logarithm = (p.kept(some) + one.dropped(some)).log()
    low = p.builder.constant(-100).broadcast_to(p.shape)
    enough = (logarithm - low).positive()
    return (logarithm.kept(enough) + low.dropped(enough)).kept(some) + low.dropped(some)


def _with_logits(
    call: Call, x: Any, y: Any, weight: Any = None, pos_weight: Any = None, reduction: int = MEAN
) -> Value:
    """-p y log s(x) - (1 - y) log s(-x), with s the sigmoid and p the weight of positives."""
    logits, target = call.value(x), call.value(y)
    positives = target if pos_weight is None else call.value(pos_weight) * target
    losses = positives * softplus(-logits) + (1 - target) * softplus(logits)
    return _reduced(losses if weight is None else losses * call.value(weight), reduction)


def _soft_margin_loss(call: Call, x: Any, y: Any, reduction: int = MEAN) -> Value:
    return _reduced(softplus(-(call.value(x) * call.value(y))), reduction)


def _multi_margin_loss(
    call: Call, x: Any, target: Any, power: Number = 1, margin: Number = 1, weight: Any = None, reduction: int = MEAN
) -> Value:
    """By how much each other class is above that of the sample, less a margin; at 0 PyTorch's derivative is 0."""
    scores = call.value(x)
    scores = scores.reshape((-1, scores.shape[-1]))
    (samples, classes), labels = scores.shape, np.reshape(target, (-1, 1))
    right = scores.gathered(np.arange(samples)[:, None] * classes + labels)
    others = call.value((np.arange(classes) != labels).astype(np.float64))
    above = margin - right + scores
    above = above.kept(above.positive()) * others
    losses = above.square() if power == 2 else above
    if weight is not None:
        losses = losses * call.value(weight).gathered(labels)
    losses = losses.sum(1) / classes
    return losses.reshape(call.shape) if reduction == NONE else _reduced(losses, reduction)


def _xlogy(call: Call, x: Any, y: Any) -> Value:
    """x log y, and 0 where x is 0."""
    factor, of = (call.value(v).broadcast_to(call.shape) for v in (x, y))
    up, down = factor.positive(), (-factor).positive()
    one = call.builder.constant(1).broadcast_to(call.shape)
    return factor * (of.kept(up) + of.kept(down) + one.dropped(up).dropped(down)).log()


def _embedding(
    call: Call, weight: Any, indices: Any, padding: int = -1, by_frequency: bool = False, sparse: bool = False
) -> Value:
    """Rows of a table; the row for padding has no derivative."""
    rows = call.value(weight)
    at = np.arange(rows.size).reshape(rows.shape)[indices]
    pads = np.broadcast_to((indices == padding)[..., None], at.shape)
    if not pads.any():
        return rows.gathered(at)
    return rows.gathered(np.where(pads, -1, at)) + rows.held().gathered(np.where(pads, at, -1))


def _embedding_bag(
    call: Call,
    weight: Any,
    indices: Any,
    offsets: Any,
    by_frequency: bool = False,
    mode: int = 0,
    sparse: bool = False,
    weights: Any = None,
    last_offset: bool = False,
    padding: int = -1,
) -> list[Any]:
    """Sums or means of rows of a table, from each offset to the next; rows for padding are left out."""
    if mode not in (0, 1):
        raise CannotBeTraced("the largest of the rows in a bag is not known here: use F.embedding(...).amax()")
    ends = offsets if last_offset else np.append(offsets, len(indices))
    bags = [[k for k in range(a, b) if indices[k] != padding] for a, b in pairwise(ends.tolist())]
    picks = np.zeros((len(bags), len(indices)))
    for bag, members in enumerate(bags):
        picks[bag, members] = 1
    rows = _embedding(call, weight, indices)
    rows = rows if weights is None else rows * call.value(weights).reshape((-1, 1))
    sums = call.value(picks) @ rows
    if mode == 1:
        sums = sums / call.value(np.array([[float(max(len(members), 1))] for members in bags]))
    return [sums, *[None] * 3]


OPERATIONS = {
    "_embedding_bag": _embedding_bag,
    "nll_loss_forward": _nll_loss,
    "nll_loss2d_forward": _nll_loss,
    "mse_loss": _mse_loss,
    "huber_loss": _huber_loss,
    "smooth_l1_loss": _smooth_l1_loss,
    "binary_cross_entropy": _binary_cross_entropy,
    "binary_cross_entropy_with_logits": _with_logits,
    "multi_margin_loss": _multi_margin_loss,
    "soft_margin_loss": _soft_margin_loss,
    "xlogy": _xlogy,
    "embedding": _embedding,
}
