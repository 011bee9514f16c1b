"""NumPy: right implementations as people write them, each in another unusual style."""

from __future__ import annotations

import itertools
from collections import deque
from functools import reduce

import numpy as np
from numpy_parts import first_order, maml, of_tasks, path, pulled_back, step, times
from variant import right

from mamlcheck.conformance import subject


class Flat:
    """A problem in flat vectors."""

    def __init__(self, p):
        self.p, self.names = p, list(p.parameters)
        self.shapes = [p.parameters[k].shape for k in self.names]
        self.ends = np.cumsum([int(np.prod(s)) for s in self.shapes])
        self.start = self.flat(p.parameters)

    def flat(self, tensors):
        return np.concatenate([np.ravel(tensors[k]) for k in self.names])

    def back(self, v):
        parts = np.split(v, self.ends[:-1])
        return {k: a.reshape(s) for k, a, s in zip(self.names, parts, self.shapes, strict=True)}

    def slope(self, v, batch):
        return self.flat(self.p.gradient(self.back(v), batch))

    def product(self, v, u, batch):
        return self.flat(self.p.hessian_vector(self.back(v), self.back(u), batch))

    def matrix(self, v, batch):
        return np.stack([self.product(v, e, batch) for e in np.eye(len(v), dtype=v.dtype)], axis=1)


@subject("MAML")
def _flat_vectors(problem):
    f = Flat(problem.on("numpy"))

    def one(t):
        w, trail = f.start, deque()
        for _ in range(f.p.steps):
            trail.appendleft(w)
            w = w - f.p.alpha * f.slope(w, t.inner)
        v = f.slope(w, t.outer)
        for point in trail:
            v = v - f.p.alpha * f.product(point, v, t.inner)
        return v

    return lambda: np.mean([one(t) for t in f.p.tasks], axis=0)


flat_vectors = right(_flat_vectors, lambda o: o.maml())


@subject("MAML")
def _forward_mode(problem):
    """The Jacobian of the adapted parameters is built forwards, step by step."""
    f = Flat(problem.on("numpy"))

    def one(t):
        w, jacobian = f.start, np.eye(len(f.start), dtype=f.start.dtype)
        for _ in range(f.p.steps):
            jacobian = jacobian - f.p.alpha * f.matrix(w, t.inner) @ jacobian
            w = w - f.p.alpha * f.slope(w, t.inner)
        return jacobian.T @ f.slope(w, t.outer)

    return lambda: [one(t) for t in f.p.tasks]


jacobian_forwards = right(_forward_mode, lambda o: o.maml())


@subject("MAML")
def _by_generator(problem):
    """A generator yields points; the pull-back is a reduction over them."""
    p = problem.on("numpy")

    def trail(batch):
        w = p.parameters
        while True:
            yield w
            w = step(w, p.gradient(w, batch), p.alpha)

    def call():
        for t in p.tasks:
            *points, last = itertools.islice(trail(t.inner), p.steps + 1)
            start = p.gradient(last, t.outer)
            yield reduce(lambda v, w, t=t: step(v, p.hessian_vector(w, v, t.inner), p.alpha), points[::-1], start)

    return lambda: list(call())


reduced_over_a_generator = right(_by_generator, lambda o: o.maml())


@subject("MAML")
def _recursive(problem):
    """The chain rule as a recursion: the meta-gradient at w with k steps to go."""
    p = problem.on("numpy")

    def meta(w, t, to_go):
        if not to_go:
            return p.gradient(w, t.outer)
        v = meta(step(w, p.gradient(w, t.inner), p.alpha), t, to_go - 1)
        return step(v, p.hessian_vector(w, v, t.inner), p.alpha)

    return lambda: [meta(p.parameters, t, p.steps) for t in p.tasks]


chain_rule_as_recursion = right(_recursive, lambda o: o.maml())


@subject("MAML")
def _online_mean(problem):
    """A running mean over tasks, as Welford has it."""
    p = problem.on("numpy")

    def call():
        mean = {k: np.zeros_like(v) for k, v in p.parameters.items()}
        for i, t in enumerate(p.tasks, 1):
            g = maml(p, t.inner, t.outer)
            for k in mean:
                mean[k] += (g[k] - mean[k]) / i
        return mean

    return call


running_mean_over_tasks = right(_online_mean, lambda o: o.maml())


@subject("MAML")
def _sample_gradients(problem):
    """Gradients and products are means over single samples, in reverse order."""
    p = problem.on("numpy")

    def over(batch, f):
        x, y = batch
        each = [f((x[i : i + 1], y[i : i + 1])) for i in reversed(range(len(x)))]
        return {k: np.mean([g[k] for g in each], axis=0) for k in each[0]}

    def one(t):
        trail = [p.parameters]
        for _ in range(p.steps):
            w = trail[-1]
            trail.append(step(w, over(t.inner, lambda b, w=w: p.gradient(w, b)), p.alpha))
        last = trail.pop()
        v = over(t.outer, lambda b: p.gradient(last, b))
        while trail:
            w, u = trail.pop(), v
            v = step(v, over(t.inner, lambda b, w=w, u=u: p.hessian_vector(w, u, b)), p.alpha)
        return v

    return lambda: [one(t) for t in p.tasks]


means_over_single_samples = right(_sample_gradients, lambda o: o.maml())


@subject("MAML", reduction="sum")
def _sum(problem):
    """A sum over tasks in a structured accumulator, task order reversed."""
    p = problem.on("numpy")

    def call():
        total = {}
        for t in p.tasks[::-1]:
            for k, v in maml(p, t.inner, t.outer).items():
                total[k] = v if k not in total else np.add(total[k], v)
        return [total[k] for k in p.parameters]

    return call


sum_in_reverse = right(_sum, lambda o: 3 * o.maml())


@subject("FO-MAML")
def _buffers(problem):
    """Buffers are allocated once and updated in place."""
    p = problem.on("numpy")
    fast = {k: np.empty_like(v) for k, v in p.parameters.items()}

    def call():
        out = {k: np.zeros_like(v) for k, v in p.parameters.items()}
        for t in p.tasks:
            for k, v in p.parameters.items():
                np.copyto(fast[k], v)
            for _ in range(p.steps):
                g = p.gradient(fast, t.inner)
                for k in fast:
                    np.subtract(fast[k], np.multiply(p.alpha, g[k]), out=fast[k])
            for k, v in p.gradient(fast, t.outer).items():
                out[k] += v
        for v in out.values():
            v /= len(p.tasks)
        return out

    return call


buffers_used_again = right(_buffers, lambda o: o.fo())


@subject("Reptile")
def _sum_of_gradients(problem):
    """Reptile as alpha times the sum of the inner gradients along the way."""
    p = problem.on("numpy")

    def one(t):
        w, total = p.parameters, dict.fromkeys(p.parameters, 0.0)
        for _ in range(p.steps):
            g = p.gradient(w, t.inner)
            total = {k: total[k] + p.alpha * g[k] for k in g}
            w = step(w, g, p.alpha)
        return total

    return lambda: [one(t) for t in p.tasks]


reptile_as_a_sum_of_gradients = right(_sum_of_gradients, lambda o: o.reptile())


@subject("Reptile")
def _toward_the_mean(problem):
    """The initial parameters less the mean of the adapted ones."""
    p = problem.on("numpy")

    def call():
        ends = [path(p, p.parameters, t.inner)[-1] for t in p.tasks]
        return {k: v - np.stack([w[k] for w in ends]).mean(axis=0) for k, v in p.parameters.items()}

    return call


reptile_toward_the_mean = right(_toward_the_mean, lambda o: o.reptile())


@subject("HF-MAML", steps=(1,), delta=0.005)
def _two_models(problem):
    """The difference of two gradient calls, scaled once at the end."""
    f = Flat(problem.on("numpy"))

    def one(t):
        v = f.slope(f.start - f.p.alpha * f.slope(f.start, t.inner), t.outer)
        plus, minus = (f.slope(f.start + s * 0.005 * v, t.inner) for s in (1, -1))
        return v - f.p.alpha * (plus - minus) / (2 * 0.005)

    return lambda: f.back(sum(one(t) for t in f.p.tasks) / len(f.p.tasks))


difference_of_two_gradients = right(_two_models, lambda o: o.hf(0.005))


@subject("ANIL")
def _masked(problem):
    """A mask of zeros and ones in the inner rate."""
    f = Flat(problem.on("numpy"))
    mask = f.flat({k: np.full_like(v, k.startswith("head") or "." not in k) for k, v in f.p.parameters.items()})
    rate = f.p.alpha * mask

    def one(t):
        trail = [f.start]
        for _ in range(f.p.steps):
            trail += [trail[-1] - rate * f.slope(trail[-1], t.inner)]
        v = f.slope(trail[-1], t.outer)
        for w in trail[-2::-1]:
            v = v - f.product(w, rate * v, t.inner)
        return v

    return lambda: [f.back(one(t)) for t in f.p.tasks]


masked_rates = right(_masked, lambda o: o.maml(on=o.on("head")))


@subject("MAML")
def _convex_combination(problem):
    """Tasks are combined by an einsum with equal weights over a matrix of directions."""
    f = Flat(problem.on("numpy"))

    def call():
        each = np.stack([f.flat(maml(f.p, t.inner, t.outer)) for t in f.p.tasks])
        q = np.full(len(each), 1 / len(each), dtype=each.dtype)
        return np.einsum("i,ij->j", q, each)

    return call


einsum_over_tasks = right(_convex_combination, lambda o: o.maml())


@subject("MAML", steps=(1, 2))
def _split_terms(problem):
    """First-order direction and correction are computed apart, and put together at the end."""
    p = problem.on("numpy")

    def one(t):
        fo = first_order(p, t.inner, t.outer)
        points = path(p, p.parameters, t.inner)
        correction = {k: v - fo[k] for k, v in pulled_back(p, points, fo, t.inner).items()}
        return {k: fo[k] + correction[k] for k in fo}

    return lambda: [one(t) for t in p.tasks]


correction_added_to_first_order = right(_split_terms, lambda o: o.maml())


@subject("FO-MAML")
def _as_loss_scale(problem):
    """Loss scaling by 2^10 and back, which is exact."""
    p = problem.on("numpy")
    return lambda: [times(1 / 1024, times(1024, first_order(p, t.inner, t.outer))) for t in p.tasks]


scaled_and_back = right(_as_loss_scale, lambda o: o.fo())


def _reptile_gradient(p, t):
    """(w - w_K) / alpha, as Nichol, Achiam and Schulman ("On First-Order Meta-Learning Algorithms", 2018) define it."""
    start, end = p.parameters, path(p, p.parameters, t.inner)[-1]
    return {k: (start[k] - end[k]) / p.alpha for k in start}


reptile_as_a_gradient = right(of_tasks(_reptile_gradient, "Reptile", steps=(1, 2)), lambda o: o.reptile() / o.alpha)
