"""Right implementations in PyTorch, each in a style of its own."""

from __future__ import annotations

import copy
import warnings

import torch

from mamlcheck.conformance import subject


def loss(p, w, batch):
    x, y = batch
    return p.loss(p.apply(w, x), y)


def leaves(p):
    return {name: value.requires_grad_() for name, value in p.parameters.items()}


def by_name(w, arrays):
    return dict(zip(w, arrays, strict=True))


def gradient(p, w, batch, **options):
    return by_name(w, torch.autograd.grad(loss(p, w, batch), list(w.values()), **options))


def step(w, g, rate):
    return {name: value - rate * g[name] for name, value in w.items()}


@subject("MAML")
def autograd(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = 0
        for task in p.tasks:
            fast = w
            for _ in range(p.steps):
                fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
            total = total + loss(p, fast, task.outer)
        return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

    return call


@subject("MAML")
def backward_on_the_model(problem):
    p = problem.on("torch")

    def call():
        p.model.zero_grad()
        for task in p.tasks:
            fast = dict(p.model.named_parameters())
            for _ in range(p.steps):
                fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
            (loss(p, fast, task.outer) / len(p.tasks)).backward()
        return p.gradients()

    return call


@subject("MAML")
def functional(problem):
    p = problem.on("torch")

    def meta_loss(w):
        total = 0
        for task in p.tasks:
            fast = w
            for _ in range(p.steps):
                fast = step(fast, torch.func.grad(lambda v, t=task: loss(p, v, t.inner))(fast), p.alpha)
            total = total + loss(p, fast, task.outer)
        return total / len(p.tasks)

    return lambda: torch.func.grad(meta_loss)(p.parameters)


@subject("MAML")
def vmapped(problem):
    p = problem.on("torch")
    sets = [torch.stack([getattr(t, role)[k] for t in p.tasks]) for role in ("inner", "outer") for k in (0, 1)]

    def one(w, x_in, y_in, x_out, y_out):
        fast = w
        for _ in range(p.steps):
            fast = step(fast, torch.func.grad(lambda v: p.loss(p.apply(v, x_in), y_in))(fast), p.alpha)
        return p.loss(p.apply(fast, x_out), y_out)

    return lambda: torch.func.vmap(torch.func.grad(one), in_dims=(None, 0, 0, 0, 0))(p.parameters, *sets)


@subject("MAML")
def double_backward(problem):
    """(I - alpha H) g by the gradient of <grad f, g>, step by step backwards."""
    p = problem.on("torch")

    def direction(task):
        path = [leaves(p)]
        for _ in range(p.steps):
            g = gradient(p, path[-1], task.inner)
            path.append({k: v.detach().requires_grad_() for k, v in step(path[-1], g, p.alpha).items()})
        v = gradient(p, path[-1], task.outer)
        for w in reversed(path[:-1]):
            g = gradient(p, w, task.inner, create_graph=True)
            inner = sum((g[name] * v[name]).sum() for name in w)
            bent = by_name(w, torch.autograd.grad(inner, list(w.values())))
            v = step(v, bent, p.alpha)
        return v

    return lambda: [direction(task) for task in p.tasks]


@subject("MAML", steps=(1,))
def forward_mode(problem):
    """The Hessian-vector product by torch.func.jvp of the gradient."""
    p = problem.on("torch")

    def direction(task):
        w = p.parameters

        def slope(v):
            return torch.func.grad(lambda u: loss(p, u, task.inner))(v)

        g = torch.func.grad(lambda u: loss(p, u, task.outer))(step(w, slope(w), p.alpha))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, on the first use of forward mode
            bent = torch.func.jvp(slope, (w,), (g,))[1]
        return step(g, bent, p.alpha)

    return lambda: [direction(task) for task in p.tasks]


@subject("MAML", steps=(1,))
def with_its_own_hessian_batch(problem):
    p = problem.on("torch")

    def direction(task):
        w = leaves(p)
        g = gradient(p, step(w, gradient(p, w, task.inner), p.alpha), task.outer)
        slope = gradient(p, w, task.hessian, create_graph=True)
        bent = torch.autograd.grad(sum((slope[k] * g[k]).sum() for k in w), list(w.values()))
        return step(g, by_name(w, bent), p.alpha)

    return lambda: [direction(task) for task in p.tasks]


@subject("MAML", reduction="sum")
def summed_on_purpose(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = 0
        for task in p.tasks:
            fast = w
            for _ in range(p.steps):
                fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
            total = total + loss(p, fast, task.outer)
        return by_name(w, torch.autograd.grad(total, list(w.values())))

    return call


@subject("MAML")
def flat_vector(problem):
    p = problem.on("torch")
    make = autograd(problem)
    return lambda: torch.cat([make()[name].reshape(-1) for name in p.parameters])


@subject("MAML")
def by_an_optimiser_whose_step_is_stubbed(problem):
    p = problem.on("torch")
    optimizer = torch.optim.Adam(p.model.parameters(), lr=p.beta)

    def train_step():
        optimizer.zero_grad()
        total = 0
        for task in p.tasks:
            fast = dict(p.model.named_parameters())
            for _ in range(p.steps):
                fast = step(fast, gradient(p, fast, task.inner, create_graph=True), p.alpha)
            total = total + loss(p, fast, task.outer)
        (total / len(p.tasks)).backward()
        optimizer.step()

    def call():
        with p.without_step(optimizer):
            train_step()
        return p.gradients()

    return call


@subject("MAML")
def by_the_update_of_sgd(problem):
    p = problem.on("torch")
    optimizer = torch.optim.SGD(p.model.parameters(), lr=p.beta)

    def train_step():
        optimizer.zero_grad()
        backward = backward_on_the_model(problem)
        backward()
        optimizer.step()

    return lambda: p.from_update(train_step, p.beta)


@subject("FO-MAML")
def first_order_detached(problem):
    p = problem.on("torch")

    def call():
        w = leaves(p)
        total = 0
        for task in p.tasks:
            fast = w
            for _ in range(p.steps):
                fast = step(fast, {k: g.detach() for k, g in gradient(p, fast, task.inner).items()}, p.alpha)
            total = total + loss(p, fast, task.outer)
        return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

    return call


@subject("FO-MAML")
def first_order_at_a_copy(problem):
    p = problem.on("torch")

    def direction(task):
        model = copy.deepcopy(p.model)
        optimizer = torch.optim.SGD(model.parameters(), lr=p.alpha)
        for _ in range(p.steps):
            optimizer.zero_grad()
            p.loss(model(task.inner[0]), task.inner[1]).backward()
            optimizer.step()
        model.zero_grad()
        p.loss(model(task.outer[0]), task.outer[1]).backward()
        return p.gradients(model)

    return lambda: [direction(task) for task in p.tasks]


def hessian_free(delta, role, over_norm=False):
    def make(problem):
        p = problem.on("torch")

        def direction(task):
            w = leaves(p)
            g = gradient(p, step(w, gradient(p, w, task.inner), p.alpha), task.outer)
            size = torch.sqrt(sum((v**2).sum() for v in g.values())) if over_norm else 1
            d = delta / size
            ahead = gradient(p, step(w, g, -d), getattr(task, role))
            behind = gradient(p, step(w, g, d), getattr(task, role))
            return {k: g[k] - p.alpha * (ahead[k] - behind[k]) / (2 * d) for k in w}

        return lambda: [direction(task) for task in p.tasks]

    return make


hf_own_batch = subject("HF-MAML", delta=1e-2, steps=(1,))(hessian_free(1e-2, "hessian"))
hf_inner_batch = subject("HF-MAML", delta=1e-2, steps=(1,))(hessian_free(1e-2, "inner"))
hf_undeclared_delta = subject("HF-MAML", steps=(1,))(hessian_free(3e-3, "inner"))
hf_over_norm = subject("HF-MAML", steps=(1,))(hessian_free(1e-2, "hessian", over_norm=True))


@subject("Reptile")
def reptile(problem):
    p = problem.on("torch")

    def direction(task):
        w = fast = leaves(p)
        for _ in range(p.steps):
            g = gradient(p, fast, task.inner)
            fast = {k: v.detach().requires_grad_() for k, v in step(fast, g, p.alpha).items()}
        return {k: w[k] - fast[k] for k in w}

    return lambda: [direction(task) for task in p.tasks]


@subject("Reptile")
def reptile_over_alpha(problem):
    p = problem.on("torch")
    plain = reptile(problem)
    return lambda: [{k: v / p.alpha for k, v in d.items()} for d in plain()]


def almost_no_inner_loop(second_order):
    def make(problem):
        p = problem.on("torch")

        def call():
            w = leaves(p)
            head = [k for k in w if k.startswith("head") or "." not in k]
            total = 0
            for task in p.tasks:
                fast = dict(w)
                for _ in range(p.steps):
                    g = torch.autograd.grad(
                        loss(p, fast, task.inner), [fast[k] for k in head], create_graph=second_order
                    )
                    fast |= {k: fast[k] - p.alpha * v for k, v in zip(head, g, strict=True)}
                total = total + loss(p, fast, task.outer)
            return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

        return call

    return make


anil = subject("ANIL")(almost_no_inner_loop(True))
fo_anil = subject("FO-ANIL")(almost_no_inner_loop(False))


@subject("HF-MAML", delta=1e-2, reduction="sum", steps=(1,))
def hf_summed_on_purpose(problem):
    p = problem.on("torch")
    each = hessian_free(1e-2, "inner")(problem)
    return lambda: {k: sum(d[k] for d in each()) for k in p.parameters}


@subject("MAML")
def another_order_each_call(problem):
    """Tasks and samples in a random order: another rounding at each call, the same direction."""
    p = problem.on("torch")

    def mixed(batch):
        order = torch.randperm(len(batch[0]))
        return tuple(part[order] for part in batch)

    def call():
        w, total = leaves(p), 0
        for i in torch.randperm(len(p.tasks)).tolist():
            fast = w
            for _ in range(p.steps):
                fast = step(fast, gradient(p, fast, mixed(p.tasks[i].inner), create_graph=True), p.alpha)
            total = total + loss(p, fast, mixed(p.tasks[i].outer))
        return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

    return call


@subject("MAML")
def vector_hessian_product(problem):
    """By torch.autograd.functional, on tuples."""
    p = problem.on("torch")
    names = list(p.parameters)

    def direction(task):
        def inner(*values):
            return loss(p, by_name(names, values), task.inner)

        path = [tuple(p.parameters.values())]
        for _ in range(p.steps):
            slope = torch.autograd.functional.jacobian(inner, path[-1])
            path.append(tuple(a - p.alpha * b for a, b in zip(path[-1], slope, strict=True)))
        v = torch.autograd.functional.jacobian(lambda *a: loss(p, by_name(names, a), task.outer), path[-1])
        for w in reversed(path[:-1]):
            bent = torch.autograd.functional.vhp(inner, w, v)[1]
            v = tuple(a - p.alpha * b for a, b in zip(v, bent, strict=True))
        return list(v)

    return lambda: [direction(task) for task in p.tasks]


@subject("MAML", steps=(1,))
def sample_by_sample(problem):
    """Losses of single samples, added up in Python."""
    p = problem.on("torch")

    def mean(w, batch):
        x, y = batch
        return sum(loss(p, w, (x[i : i + 1], y[i : i + 1])) for i in range(len(x))) / len(x)

    def call():
        w, total = leaves(p), 0
        for task in p.tasks:
            g = by_name(w, torch.autograd.grad(mean(w, task.inner), list(w.values()), create_graph=True))
            total = total + mean(step(w, g, p.alpha), task.outer)
        return by_name(w, torch.autograd.grad(total / len(p.tasks), list(w.values())))

    return call


RIGHT = [
    autograd,
    backward_on_the_model,
    functional,
    vmapped,
    double_backward,
    forward_mode,
    with_its_own_hessian_batch,
    summed_on_purpose,
    flat_vector,
    by_an_optimiser_whose_step_is_stubbed,
    by_the_update_of_sgd,
    first_order_detached,
    first_order_at_a_copy,
    hf_own_batch,
    hf_inner_batch,
    hf_undeclared_delta,
    hf_over_norm,
    reptile,
    reptile_over_alpha,
    anil,
    fo_anil,
    hf_summed_on_purpose,
    another_order_each_call,
    vector_hessian_product,
    sample_by_sample,
]
NAMED = {name: value for name, value in globals().items() if any(value is make for make in RIGHT)}
