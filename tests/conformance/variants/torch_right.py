"""PyTorch: right implementations in unusual styles."""

from __future__ import annotations

import copy
import warnings
from functools import partial

import torch
from torch.utils.checkpoint import checkpoint
from torch_parts import (
    adapted,
    by_plain_loss,
    derivative,
    fresh,
    gradient,
    is_head,
    leaves,
    loss,
    of_task_loss,
    of_tasks,
    step,
    times,
)
from variant import right

from mamlcheck.conformance import subject


def _maml(o):
    return o.maml()


@subject("MAML")
def _vmap_over_chunks(problem):
    """torch.func.vmap with chunks of 2 tasks, of grad_and_value of the nested grad."""
    p = problem.on("torch")
    sets = [torch.stack([getattr(t, role)[k] for t in p.tasks]) for role in ("inner", "outer") for k in (0, 1)]

    def one(w, x, y, x_outer, y_outer):
        for _ in range(p.steps):
            w = step(w, torch.func.grad(lambda v: p.loss(p.apply(v, x), y))(w), p.alpha)
        return p.loss(p.apply(w, x_outer), y_outer)

    each = torch.func.vmap(torch.func.grad_and_value(one), in_dims=(None, 0, 0, 0, 0), chunk_size=2)

    def call():
        return each(p.parameters, *sets)[0]

    return call


vmap_over_chunks = right(_vmap_over_chunks, _maml)


@subject("MAML")
def _forward_over_reverse(problem):
    """(I - alpha H) v by torch.func.jvp of torch.func.grad, through all inner steps.

    The squared error is written out: PyTorch's mse_loss has no forward derivative of its gradient.
    """
    p = problem.on("torch")

    def value(w, batch):
        if problem.name != "tanh-squared-error":
            return loss(p, w, batch)
        return (p.apply(w, batch[0]) - batch[1]).square().mean()

    def direction(task):
        def slope(v):
            return torch.func.grad(lambda u: value(u, task.inner))(v)

        points = [p.parameters]
        for _ in range(p.steps):
            points.append(step(points[-1], slope(points[-1]), p.alpha))
        v = torch.func.grad(lambda u: value(u, task.outer))(points[-1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, on the first use of forward mode
            for w in reversed(points[:-1]):
                v = step(v, torch.func.jvp(slope, (w,), (v,))[1], p.alpha)
        return v

    return lambda: [direction(task) for task in p.tasks]


forward_over_reverse = right(_forward_over_reverse, _maml)


def _update_read(rate):
    @subject("MAML")
    def make(problem):
        p = problem.on("torch")
        opt = torch.optim.SGD(p.model.parameters(), lr=rate)

        def train_step():
            opt.zero_grad()
            w = dict(p.model.named_parameters())
            (sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks)).backward()
            opt.step()

        return lambda: p.from_update(train_step, rate)

    return make


update_of_rate_1 = right(_update_read(1.0), _maml)
update_of_rate_001 = right(_update_read(0.01), _maml, within=1e-11)
update_of_rate_00001 = right(_update_read(0.0001), _maml, within=1e-9)


def _read_by_hand(rate):
    """(before - after) / rate as people write it, without from_update: the digits lost are to be found out."""

    def meta_step(p):
        w = leaves(p)
        g = derivative(sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks), w)
        after = step(w, g, rate)
        return {k: (w[k] - after[k]).detach() / rate for k in w}

    return subject("MAML")(lambda problem: partial(meta_step, problem.on("torch")))


read_by_hand_of_rate_01 = right(_read_by_hand(0.1), _maml, within=1e-11)
read_by_hand_of_rate_0001 = right(_read_by_hand(0.001), _maml, within=1e-10)


@subject("MAML")
def _rate_in_float32(problem):
    """The inner rate is a float32 buffer, as torch.tensor(alpha) is by default."""
    p = problem.on("torch")
    rate = torch.tensor(p.alpha)
    return by_plain_loss(p, lambda w, t: loss(p, adapted(p, w, t.inner, rate=rate), t.outer))


rate_in_float32 = right(_rate_in_float32, _maml, within=1e-6)


@subject("MAML", reduction="sum")
def _added_up(problem):
    """Every task's loss goes backward on its own, and .grad adds up: a sum, as declared."""
    p = problem.on("torch")

    def call():
        p.model.zero_grad()
        for task in p.tasks:
            w = dict(p.model.named_parameters())
            loss(p, adapted(p, w, task.inner), task.outer).backward()
        return p.gradients()

    return call


added_up_in_grad = right(_added_up, lambda o: 3 * o.maml())


@subject("MAML")
def _list_of_tensors(problem):
    """Lists in the order of parameters() all the way, and torch.autograd.grad on lists."""
    p = problem.on("torch")
    names = list(p.parameters)

    def value(w, batch):
        return p.loss(torch.func.functional_call(p.model, dict(zip(names, w, strict=True)), (batch[0],)), batch[1])

    def call():
        w, total = list(p.model.parameters()), 0
        for task in p.tasks:
            fast = w
            for _ in range(p.steps):
                g = torch.autograd.grad(value(fast, task.inner), fast, create_graph=True)
                fast = [a.sub(b, alpha=p.alpha) for a, b in zip(fast, g, strict=True)]
            total = total + value(fast, task.outer)
        return list(torch.autograd.grad(total.div(len(p.tasks)), w))

    return call


list_of_tensors = right(_list_of_tensors, _maml)


@subject("MAML")
def _accumulated(problem):
    """The query set in two chunks of 3 and 4, each weighted by its share: gradient accumulation."""
    p = problem.on("torch")

    def call():
        p.model.zero_grad()
        for task in p.tasks:
            for chunk in (slice(3), slice(3, None)):
                x, y = (part[chunk] for part in task.outer)
                w = dict(p.model.named_parameters())
                share = len(x) / len(task.outer[0]) / len(p.tasks)
                (share * loss(p, adapted(p, w, task.inner), (x, y))).backward()
        return p.gradients()

    return call


gradient_accumulation = right(_accumulated, _maml)


@subject("MAML")
def _by_hooks(problem):
    """The gradients are caught by hooks on the parameters."""
    p = problem.on("torch")

    def call():
        caught, w = {}, leaves(p)
        handles = [v.register_hook(lambda g, k=k: caught.update({k: g.clone()})) for k, v in w.items()]
        (sum(loss(p, adapted(p, w, t.inner), t.outer) for t in p.tasks) / len(p.tasks)).backward()
        for handle in handles:
            handle.remove()
        return caught

    return call


caught_by_hooks = right(_by_hooks, _maml)


class _InnerStep(torch.autograd.Function):
    """w - alpha * gradient as one function, whose backward is the Hessian-vector product."""

    @staticmethod
    def forward(ctx, slope, rate, w):
        ctx.slope, ctx.rate = slope, rate
        ctx.save_for_backward(w)
        with torch.enable_grad():
            v = w.detach().requires_grad_()
            return w.detach() - rate * torch.autograd.grad(slope(v), v)[0]

    @staticmethod
    def backward(ctx, g):
        (w,) = ctx.saved_tensors
        with torch.enable_grad():
            v = w.detach().requires_grad_()
            d = torch.autograd.grad(ctx.slope(v), v, create_graph=True)[0]
            return None, None, g - ctx.rate * torch.autograd.grad(d @ g.detach(), v)[0]


def _unflat(p, flat):
    out, at = {}, 0
    for k, v in p.parameters.items():
        out[k] = flat[at : at + v.numel()].reshape(v.shape)
        at += v.numel()
    return out


@subject("MAML")
def _own_function(problem):
    p = problem.on("torch")

    def call():
        w = torch.nn.utils.parameters_to_vector(p.parameters.values()).requires_grad_()
        total = 0
        for t in p.tasks:
            fast = w
            for _ in range(p.steps):
                fast = _InnerStep.apply(lambda v, t=t: loss(p, _unflat(p, v), t.inner), p.alpha, fast)
            total = total + loss(p, _unflat(p, fast), t.outer)
        return torch.autograd.grad(total / len(p.tasks), w)[0]

    return call


own_autograd_function = right(_own_function, _maml)


def _whole_hessian(p, t):
    """The matrix of second derivatives by torch.func.hessian of a flat vector."""

    def value(v):
        return loss(p, _unflat(p, v), t.inner)

    w = torch.cat([v.reshape(-1) for v in p.parameters.values()])
    points = [w]
    for _ in range(p.steps):
        points.append(points[-1] - p.alpha * torch.func.grad(value)(points[-1]))
    v = torch.func.grad(lambda u: loss(p, _unflat(p, u), t.outer))(points[-1])
    for w in reversed(points[:-1]):
        v = v - p.alpha * torch.func.jacrev(torch.func.grad(value))(w) @ v
    return v


@subject("MAML")
def _by_matrices(problem):
    p = problem.on("torch")
    return lambda: torch.stack([_whole_hessian(p, t) for t in p.tasks])


whole_hessians = right(_by_matrices, _maml)


def _checkpointed(p, w, t):
    """Inner steps under torch.utils.checkpoint are computed again on the way back."""
    names = list(w)

    def body(*values):
        v = dict(zip(names, values, strict=True))
        return tuple(step(v, gradient(p, v, t.inner, create_graph=True), p.alpha).values())

    values = tuple(w.values())
    for _ in range(p.steps):
        values = checkpoint(body, *values, use_reentrant=False)
    return loss(p, dict(zip(names, values, strict=True)), t.outer)


checkpointed = right(of_task_loss(_checkpointed, steps=None), _maml)


def _module_surgery(p, w, t):
    """A copy of the module, whose parameters are replaced by tensors with a history."""
    net = copy.deepcopy(p.model)
    fast = adapted(p, w, t.inner)
    for name, value in fast.items():
        *path, last = name.split(".")
        at = net
        for part in path:
            at = getattr(at, part)
        del at._parameters[last]
        setattr(at, last, value)
    return p.loss(net(t.outer[0]), t.outer[1])


module_surgery = right(of_task_loss(_module_surgery, steps=None), _maml)


@subject("MAML")
def _running_mean(problem):
    """mean += (g - mean) / (i + 1)."""
    p = problem.on("torch")

    def call():
        mean = times(0, p.parameters)
        for i, t in enumerate(p.tasks):
            w = leaves(p)
            g = derivative(loss(p, adapted(p, w, t.inner), t.outer), w)
            mean = {k: v + (g[k] - v) / (i + 1) for k, v in mean.items()}
        return mean

    return call


running_mean = right(_running_mean, _maml)


def _loss_added_up_by_samples(p, w, t):
    """reduction="sum" by hand, divided by the number of samples."""

    def value(v, batch):
        x, y = batch
        return torch.stack([loss(p, v, (x[i : i + 1], y[i : i + 1])) for i in range(len(x))]).sum() / len(x)

    for _ in range(p.steps):
        w = step(w, derivative(value(w, t.inner), w, create_graph=True), p.alpha)
    return value(w, t.outer)


sum_over_samples = right(of_task_loss(_loss_added_up_by_samples, steps=None), _maml)


def _closure(p, t):
    """FO-MAML by an optimiser that is given a closure."""
    net = copy.deepcopy(p.model)
    opt = torch.optim.SGD(net.parameters(), lr=p.alpha)

    def closure():
        opt.zero_grad(set_to_none=True)
        value = p.loss(net(t.inner[0]), t.inner[1])
        value.backward()
        return value

    for _ in range(p.steps):
        opt.step(closure)
    net.zero_grad()
    p.loss(net(t.outer[0]), t.outer[1]).backward()
    return p.gradients(net)


optimiser_with_a_closure = right(of_tasks(_closure, "FO-MAML", steps=None), lambda o: o.fo())


@subject("FO-MAML")
def _restored_state(problem):
    """One working copy, restored by load_state_dict for each task; the outer .grad is added up on the model by hand."""
    p = problem.on("torch")
    work = copy.deepcopy(p.model)

    def call():
        p.model.zero_grad()
        for t in p.tasks:
            work.load_state_dict(p.model.state_dict())
            for _ in range(p.steps):
                work.zero_grad()
                p.loss(work(t.inner[0]), t.inner[1]).backward()
                with torch.no_grad():
                    for v in work.parameters():
                        v -= p.alpha * v.grad
            work.zero_grad()
            p.loss(work(t.outer[0]), t.outer[1]).backward()
            for a, b in zip(p.model.parameters(), work.parameters(), strict=True):
                a.grad = b.grad / len(p.tasks) + (0 if a.grad is None else a.grad)
        return p.gradients()

    return call


restored_by_load_state_dict = right(_restored_state, lambda o: o.fo())

DELTA = 0.005


def _hessian_free(p, t):
    """HF-MAML, with the difference taken by moving the model's own parameters there and back."""
    w = leaves(p)
    g = gradient(p, step(w, gradient(p, w, t.inner), p.alpha), t.outer)
    net = copy.deepcopy(p.model)

    def slope(sign):
        with torch.no_grad():
            for (k, v), start in zip(net.named_parameters(), p.parameters.values(), strict=True):
                v.copy_(start + sign * DELTA * g[k])
        net.zero_grad()
        p.loss(net(t.inner[0]), t.inner[1]).backward()
        return p.gradients(net)

    ahead, behind = slope(1), slope(-1)
    return {k: g[k] - p.alpha * (ahead[k] - behind[k]) / (2 * DELTA) for k in g}


difference_in_place = right(of_tasks(_hessian_free, "HF-MAML", delta=DELTA), lambda o: o.hf(DELTA), within=1e-11)


@subject("ANIL")
def _two_groups(problem):
    """ANIL with two parameter groups: body and head are separate lists."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        body = {k: v for k, v in w.items() if not is_head(k)}
        head = {k: v for k, v in w.items() if is_head(k)}
        total = 0
        for t in p.tasks:
            fast = head
            for _ in range(p.steps):
                fast = step(fast, derivative(loss(p, {**body, **fast}, t.inner), fast, create_graph=True), p.alpha)
            total = total + loss(p, {**body, **fast}, t.outer)
        return derivative(total / len(p.tasks), w)

    return call


anil_in_two_groups = right(_two_groups, lambda o: o.maml(on=o.on("head")))


@subject("Reptile")
def _interpolated(problem):
    """Reptile as an interpolation: start + epsilon * (mean of the ends - start), read with rate epsilon."""
    p = problem.on("torch")

    def meta_step():
        ends = [fresh(adapted(p, leaves(p), t.inner, second_order=False)) for t in p.tasks]
        with torch.no_grad():
            for k, v in p.model.named_parameters():
                v.lerp_(torch.stack([e[k] for e in ends]).mean(0), 0.1)

    return lambda: p.from_update(meta_step, 0.1)


reptile_by_interpolation = right(_interpolated, lambda o: o.reptile(), within=1e-11)


@subject("MAML")
def _training_loop(problem):
    """A whole training step with model.train(), an outer Adam and a scheduler; its step is stubbed."""
    p = problem.on("torch")
    p.model.train()
    opt = torch.optim.AdamW(p.model.parameters(), lr=p.beta, weight_decay=0.1)

    def call():
        opt.zero_grad()
        losses = []
        for t in p.tasks:
            fast = {k: v.clone() for k, v in p.model.named_parameters()}
            losses.append(loss(p, adapted(p, fast, t.inner), t.outer))
        torch.stack(losses).mean().backward()
        with p.without_step(opt):
            opt.step()
        return p.gradients()

    return call


training_loop = right(_training_loop, _maml)
