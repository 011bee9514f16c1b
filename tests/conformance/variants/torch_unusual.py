"""PyTorch: right implementations as people write them, each in another unusual style."""

from __future__ import annotations

import copy
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import torch
from torch.nn import functional
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from torch_parts import adapted, derivative, fresh, gradient, hessian_vector, is_head, leaves, loss, step
from variant import right

from mamlcheck.conformance import subject


class FastLinear(torch.nn.Linear):
    """A layer with fast weights beside its own, as few-shot code has it."""

    fast: tuple[torch.Tensor, torch.Tensor] | None = None

    def forward(self, x):
        w, b = (self.weight, self.bias) if self.fast is None else self.fast
        return functional.linear(x, w, b)


def _fast_network(p):
    """The problem's network of such layers, with its parameters in the same order."""
    layers = OrderedDict()
    for name, v in p.parameters.items():
        layer, _, leaf = name.rpartition(".")
        if leaf == "weight":
            layers[layer] = FastLinear(v.shape[1], v.shape[0], dtype=v.dtype)
        with torch.no_grad():
            getattr(layers[layer], leaf).copy_(v)
    return list(layers.values())


def _forward(layers, x):
    for layer in layers[:-1]:
        x = torch.tanh(layer(x))
    return layers[-1](x)


@subject("MAML")
def _fast_weights(problem):
    """Fast weights are attributes of layers; backward() leaves the meta-gradient in .grad, task by task."""
    p = problem.on("torch")
    layers = _fast_network(p)
    slow = [v for layer in layers for v in layer.parameters()]

    def call():
        for v in slow:
            v.grad = None
        for t in p.tasks:
            for layer in layers:
                layer.fast = None
            for _ in range(p.steps):
                now = [v for layer in layers for v in (layer.fast or (layer.weight, layer.bias))]
                g = torch.autograd.grad(p.loss(_forward(layers, t.inner[0]), t.inner[1]), now, create_graph=True)
                new = iter([v - p.alpha * d for v, d in zip(now, g, strict=True)])
                for layer in layers:
                    layer.fast = (next(new), next(new))
            (p.loss(_forward(layers, t.outer[0]), t.outer[1]) / len(p.tasks)).backward()
        for layer in layers:
            layer.fast = None
        return [v.grad.clone() for v in slow]

    return call


fast_weights_in_layers = right(_fast_weights, lambda o: o.maml())


@subject("MAML")
def _flat(problem):
    """All is one vector; its slices are the tensors."""
    p = problem.on("torch")
    shapes = {k: v.shape for k, v in p.parameters.items()}
    sizes = [s.numel() for s in shapes.values()]

    def unflat(v):
        return {k: a.view(s) for (k, s), a in zip(shapes.items(), v.split(sizes), strict=True)}

    def call():
        theta = parameters_to_vector(p.parameters.values()).requires_grad_()
        total = theta.new_zeros(())
        for t in p.tasks:
            w = theta
            for _ in range(p.steps):
                (g,) = torch.autograd.grad(loss(p, unflat(w), t.inner), w, create_graph=True)
                w = torch.sub(w, g, alpha=p.alpha)
            total = total + loss(p, unflat(w), t.outer)
        return torch.autograd.grad(total, theta, torch.tensor(1 / len(p.tasks), dtype=theta.dtype))[0]

    return call


one_flat_vector = right(_flat, lambda o: o.maml())


@subject("MAML", steps=(1, 2))
def _full_hessians(problem):
    """autograd.functional.hessian of the flat inner loss, multiplied by (I - alpha H) from the right."""
    p = problem.on("torch")
    shapes = {k: v.shape for k, v in p.parameters.items()}

    def unflat(v):
        parts = v.split([s.numel() for s in shapes.values()])
        return {k: a.view(s) for (k, s), a in zip(shapes.items(), parts, strict=True)}

    def one(t):
        w = parameters_to_vector(p.parameters.values())
        eye, jacobian = torch.eye(len(w), dtype=w.dtype), torch.eye(len(w), dtype=w.dtype)
        inner, outer = (lambda v, b=b: loss(p, unflat(v), b) for b in (t.inner, t.outer))
        for _ in range(p.steps):
            jacobian = (eye - p.alpha * torch.autograd.functional.hessian(inner, w)) @ jacobian
            w = w - p.alpha * torch.func.grad(inner)(w)
        return jacobian.T @ torch.func.grad(outer)(w)

    return lambda: torch.stack([one(t) for t in p.tasks]).mean(0)


full_jacobian = right(_full_hessians, lambda o: o.maml())


@subject("MAML", reduction="sum")
def _hooks(problem):
    """Meta-gradients are gathered by hooks while backward() runs, task after task, and summed as declared."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        gathered = {k: torch.zeros_like(v) for k, v in w.items()}

        def gather(name):
            def hook(g):
                gathered[name].add_(g)

            return hook

        for t in reversed(p.tasks):
            value = loss(p, adapted(p, w, t.inner), t.outer)
            handles = [v.register_hook(gather(k)) for k, v in w.items()]  # now: inner gradients would be gathered, too
            value.backward(inputs=list(w.values()))
            for handle in handles:
                handle.remove()
        return gathered

    return call


summed_by_hooks = right(_hooks, lambda o: 3 * o.maml())


class _Step(torch.autograd.Function):
    """One inner step on a flat vector with its backward pass by hand."""

    @staticmethod
    def forward(ctx, w, slope, product, alpha):
        ctx.save_for_backward(w)
        ctx.product, ctx.alpha = product, alpha
        return w - alpha * slope(w)

    @staticmethod
    def backward(ctx, v):
        (w,) = ctx.saved_tensors
        return v - ctx.alpha * ctx.product(w, v), None, None, None


@subject("MAML")
def _own_function(problem):
    """autograd.Function with a Hessian-vector product for its backward pass."""
    p = problem.on("torch")
    names, shapes = list(p.parameters), [v.shape for v in p.parameters.values()]

    def unflat(v):
        parts = v.split([s.numel() for s in shapes])
        return {k: a.reshape(s) for k, a, s in zip(names, parts, shapes, strict=True)}

    def flat(d):
        return torch.cat([d[k].reshape(-1) for k in names])

    def call():
        theta = flat(p.parameters).requires_grad_()
        total = 0
        for t in p.tasks:

            def slope(v, t=t):
                with torch.enable_grad():
                    return flat(gradient(p, fresh(unflat(v)), t.inner))

            def product(v, u, t=t):
                with torch.enable_grad():
                    return flat(hessian_vector(p, unflat(v), unflat(u), t.inner))

            w = theta
            for _ in range(p.steps):
                w = _Step.apply(w, slope, product, p.alpha)
            total = total + loss(p, unflat(w), t.outer)
        (total / len(p.tasks)).backward()
        return theta.grad

    return call


step_with_its_own_backward = right(_own_function, lambda o: o.maml())


@subject("MAML")
def _hypernetwork(problem):
    """Leaves are offsets that are zero; the weights are constants plus offsets."""
    p = problem.on("torch")

    def call():
        offsets = {k: torch.zeros_like(v, requires_grad=True) for k, v in p.parameters.items()}
        start = {k: v.detach() + offsets[k] for k, v in p.parameters.items()}
        values = []
        for t in p.tasks:
            w = start
            for _ in range(p.steps):
                slope = torch.autograd.grad(loss(p, w, t.inner), [*w.values()], create_graph=True)
                w = {k: torch.add(v, g, alpha=-p.alpha) for (k, v), g in zip(w.items(), slope, strict=True)}
            values.append(loss(p, w, t.outer))
        return derivative(torch.stack(values).mean(), offsets)

    return call


offsets_from_constants = right(_hypernetwork, lambda o: o.maml())


@subject("MAML")
def _threads(problem):
    """Each task in a thread of its own."""
    p = problem.on("torch")

    def one(t):
        w = {k: v.clone().requires_grad_() for k, v in p.parameters.items()}
        return derivative(loss(p, adapted(p, w, t.inner), t.outer), w)

    def call():
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(one, p.tasks))

    return call


tasks_in_threads = right(_threads, lambda o: o.maml())


@subject("MAML")
def _sample_by_sample(problem):
    """Losses of single samples, added and divided by their number."""
    p = problem.on("torch")

    def total(w, batch):
        value = 0
        for x, y in zip(*batch, strict=True):
            value = value + loss(p, w, (x[None], y[None]))
        return value / len(batch[0])

    def call():
        w0, value = leaves(p), 0
        for t in p.tasks:
            w = w0
            for _ in range(p.steps):
                w = step(w, derivative(total(w, t.inner), w, create_graph=True), p.alpha)
            value = value + total(w, t.outer) / len(p.tasks)
        return derivative(value, w0)

    return call


sample_by_sample = right(_sample_by_sample, lambda o: o.maml())


@subject("FO-MAML")
def _by_state_dict(problem):
    """One model: state_dict is kept, trained by an optimiser, and put back; .grad is harvested in between."""
    p = problem.on("torch")
    net = p.model

    def call():
        start, meta = copy.deepcopy(net.state_dict()), {}
        for t in p.tasks:
            inner = torch.optim.SGD(net.parameters(), lr=p.alpha, foreach=False)
            for _ in range(p.steps):
                inner.zero_grad(set_to_none=False)
                p.loss(net(t.inner[0]), t.inner[1]).backward()
                inner.step()
            net.zero_grad()
            p.loss(net(t.outer[0]), t.outer[1]).backward()
            for k, v in net.named_parameters():
                meta[k] = meta.get(k, 0) + v.grad / len(p.tasks)
            net.load_state_dict(start)
        return meta

    return call


state_dict_put_back = right(_by_state_dict, lambda o: o.fo())


@subject("Reptile")
def _interpolated(problem):
    """Reptile by interpolation of state dicts with outer rate 1: the difference is the direction."""
    p = problem.on("torch")

    def call():
        learner, ends = copy.deepcopy(p.model), []
        start = parameters_to_vector(p.model.parameters()).detach()
        for t in p.tasks:
            vector_to_parameters(start.clone(), learner.parameters())
            optimizer = torch.optim.SGD(learner.parameters(), lr=p.alpha)

            def closure(t=t, optimizer=optimizer):
                optimizer.zero_grad()
                value = p.loss(learner(t.inner[0]), t.inner[1])
                value.backward()
                return value

            for _ in range(p.steps):
                optimizer.step(closure)
            ends.append(parameters_to_vector(learner.parameters()).detach())
        return start - torch.stack(ends).mean(0)

    return call


reptile_by_closures = right(_interpolated, lambda o: o.reptile())


@subject("ANIL")
def _features_once(problem):
    """The body is computed once a task; the head is a pair of tensors adapted on its features."""
    p = problem.on("torch")

    def body(w, x):
        return torch.tanh(functional.linear(x, w["hidden.weight"], w["hidden.bias"])) if "hidden.bias" in w else x

    def call():
        w = leaves(p)
        names = [k for k in w if is_head(k)]
        values = []
        for t in p.tasks:
            features, head = body(w, t.inner[0]), [w[k] for k in names]
            for _ in range(p.steps):
                g = torch.autograd.grad(p.loss(functional.linear(features, *head), t.inner[1]), head, create_graph=True)
                head = [v - p.alpha * d for v, d in zip(head, g, strict=True)]
            values.append(p.loss(functional.linear(body(w, t.outer[0]), *head), t.outer[1]))
        return derivative(sum(values) / len(values), w)

    return call


features_once = right(_features_once, lambda o: o.maml(on=o.on("head")))


@subject("HF-MAML", steps=(1,), delta=0.02)
def _in_place_difference(problem):
    """The model's own weights are nudged by +delta and -2 delta and put back."""
    p = problem.on("torch")
    net = p.model
    start = [v.detach().clone() for v in net.parameters()]

    def slope(batch):
        return torch.autograd.grad(p.loss(net(batch[0]), batch[1]), list(net.parameters()))

    @torch.no_grad()
    def put(vectors, scale):
        for v, s, d in zip(net.parameters(), start, vectors, strict=True):
            v.copy_(s + scale * d)

    def call():
        found = []
        for t in p.tasks:
            put(slope(t.inner), -p.alpha)
            outer = slope(t.outer)
            put(outer, 0.02)
            ahead = slope(t.inner)
            put(outer, -0.02)
            behind = slope(t.inner)
            put(outer, 0.0)
            found.append([g - p.alpha / 0.04 * (a - b) for g, a, b in zip(outer, ahead, behind, strict=True)])
        return found

    return call


difference_in_place = right(_in_place_difference, lambda o: o.hf(0.02))


@subject("MAML")
def _packed(problem):
    """Saved tensors are packed by hooks, and the graph is built task by task under set_grad_enabled."""
    p = problem.on("torch")

    def call():
        w = leaves(p)
        with torch.autograd.graph.saved_tensors_hooks(lambda v: v.numpy(force=True).copy(), torch.from_numpy):
            values = []
            with torch.set_grad_enabled(True):
                for t in p.tasks:
                    fast = {k: v.clone() for k, v in w.items()}
                    for _ in range(p.steps):
                        value = loss(p, fast, t.inner)
                        g = torch.autograd.grad(value, tuple(fast.values()), create_graph=True, retain_graph=True)
                        fast = {k: v - p.alpha * d for (k, v), d in zip(fast.items(), g, strict=True)}
                    values.append(loss(p, fast, t.outer))
            total = sum(values)
            return torch.autograd.grad(total, tuple(w.values()), grad_outputs=total.new_tensor(1 / len(values)))

    return call


saved_tensors_packed = right(_packed, lambda o: o.maml())


@subject("FO-ANIL")
def _frozen_body(problem):
    """requires_grad_ decides what is adapted; all of it gets a gradient at the end."""
    p = problem.on("torch")

    def one(t):
        net = copy.deepcopy(p.model)
        for k, v in net.named_parameters():
            v.requires_grad_(is_head(k))
        inner = torch.optim.SGD(filter(lambda v: v.requires_grad, net.parameters()), lr=p.alpha)
        for _ in range(p.steps):
            inner.zero_grad()
            p.loss(net(t.inner[0]), t.inner[1]).backward()
            inner.step()
        net.requires_grad_(True).zero_grad()
        p.loss(net(t.outer[0]), t.outer[1]).backward()
        return OrderedDict((k, v.grad) for k, v in net.named_parameters())

    return lambda: [one(t) for t in p.tasks]


frozen_body = right(_frozen_body, lambda o: o.fo(on=o.on("head")))


@subject("MAML", steps=(1,))
def _surrogate(problem):
    """A surrogate loss: <outer gradient held fixed, adapted parameters>, differentiated once."""
    p = problem.on("torch")

    def call():
        w, surrogate = leaves(p), 0
        for t in p.tasks:
            fast = step(w, gradient(p, w, t.inner, create_graph=True), p.alpha)
            held = gradient(p, fresh(fast), t.outer)
            surrogate = surrogate + sum((fast[k] * held[k]).sum() for k in w) / len(p.tasks)
        surrogate.backward()
        return {k: v.grad for k, v in w.items()}

    return call


surrogate_of_inner_products = right(_surrogate, lambda o: o.maml())


@subject("MAML")
def _differentiable_sgd(problem):
    """The update of an outer SGD with a large rate is read back: (before - after) / rate."""
    p = problem.on("torch")
    meta = torch.optim.SGD(p.model.parameters(), lr=64.0)

    def train():
        meta.zero_grad()
        names, slow = zip(*p.model.named_parameters(), strict=True)
        for t in p.tasks:
            fast = slow
            for _ in range(p.steps):
                value = loss(p, dict(zip(names, fast, strict=True)), t.inner)
                g = torch.autograd.grad(value, fast, create_graph=True)
                fast = torch._foreach_add(fast, torch._foreach_mul(g, -p.alpha))
            (loss(p, dict(zip(names, fast, strict=True)), t.outer) / len(p.tasks)).backward()
        meta.step()

    return lambda: p.from_update(train, 64.0)


update_of_a_large_rate = right(_differentiable_sgd, lambda o: o.maml())
