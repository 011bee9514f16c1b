"""Implementations that people have asked about in public, written anew; `SAID` holds what each must be told.

Each entry is the algorithm that is found, the defects, words of what is said, and words that may not be in it.
"""

from __future__ import annotations

import copy

import torch
from torch.nn.functional import cross_entropy, mse_loss

from mamlcheck.conformance import subject


def adapted(p, w, batch, *, rate=None, steps=None, loss=None, graph=lambda k: True):
    """Fast weights after inner steps of SGD."""
    loss = p.loss if loss is None else loss
    x, y = batch
    fast = dict(w)
    for k in range(p.steps if steps is None else steps):
        slopes = torch.autograd.grad(loss(p.apply(fast, x), y), list(fast.values()), create_graph=graph(k))
        fast = {
            name: v - (p.alpha if rate is None else rate) * d for (name, v), d in zip(fast.items(), slopes, strict=True)
        }
    return fast


def outer(p, fast, task, loss=None):
    return (p.loss if loss is None else loss)(p.apply(fast, task.outer[0]), task.outer[1])


def of_mean(declared="MAML", **options):
    """The gradient of the mean outer loss after `adapted` with these options."""

    @subject(declared)
    def make(problem):
        p = problem.on("torch")

        def call():
            w = dict(p.model.named_parameters())
            total = sum(outer(p, adapted(p, w, t.inner, **options), t, options.get("loss")) for t in p.tasks)
            return torch.autograd.grad(total / len(p.tasks), list(w.values()))

        return call

    return make


# -- the loss is written in ----------------------------------------------------------------------------------------
def with_accuracy(output, y):
    """The cross-entropy of code that counts right answers too, which cannot be done with targets of another shape."""
    (output.argmax(1) == y).sum().item()
    return cross_entropy(output, y)


own_cross_entropy = of_mean(loss=cross_entropy)
own_cross_entropy_own_rate = of_mean(loss=with_accuracy, rate=0.4, steps=1)
own_cross_entropy_second_step_first_order = of_mean(loss=with_accuracy, graph=lambda k: k == 0)


def mse_again_divided(output, y):
    return mse_loss(output, y) / len(y)


regression_only = of_mean(loss=mse_loss)
regression_only_divided_again = of_mean(loss=mse_again_divided)


# -- losses that do not reach the parameters -----------------------------------------------------------------------
@subject("MAML")
def other_losses_as_numbers(problem):
    p = problem.on("torch")

    def call():
        w, batch = dict(p.model.named_parameters()), None
        for task in p.tasks:
            error = outer(p, adapted(p, w, task.inner), task)
            batch = error if batch is None else batch + error.item()
        p.model.zero_grad()
        (batch / len(p.tasks)).backward()
        return p.gradients()

    return call


def inner_and_outer(reaches):
    """The sum of the inner loss and the outer loss of a learner: a copy that cuts the graph, or the fast weights."""

    @subject("MAML", steps=(1,))
    def make(problem):
        p = problem.on("torch")

        def call():
            p.model.zero_grad()
            w, total = dict(p.model.named_parameters()), 0
            for task in p.tasks:
                x, y = task.inner
                inner = p.loss(p.model(x), y)
                slopes = torch.autograd.grad(inner, list(w.values()), create_graph=True)
                fast = {name: v - p.alpha * d for (name, v), d in zip(w.items(), slopes, strict=True)}
                if reaches:
                    total = total + inner + outer(p, fast, task)
                    continue
                learner = copy.deepcopy(p.model)
                learner.load_state_dict({name: v.detach() for name, v in fast.items()})
                total = total + inner + p.loss(learner(task.outer[0]), task.outer[1])
            (total / len(p.tasks)).backward()
            return p.gradients()

        return call

    return make


outer_loss_never_arrives = inner_and_outer(False)
outer_loss_arrives = inner_and_outer(True)


# -- Reptile -------------------------------------------------------------------------------------------------------
MOVED = 0.1


def moving_reptile(serial):
    """`temp` moves a tenth of the way to each task's weights, which start from the initial ones, or from `temp`."""

    @subject("Reptile")
    def make(problem):
        p = problem.on("torch")

        def call():
            start = {name: v.detach().clone() for name, v in p.model.named_parameters()}
            temp = dict(start)
            for task in p.tasks:
                model = copy.deepcopy(p.model)
                model.load_state_dict(temp if serial else start)
                optimizer = torch.optim.SGD(model.parameters(), lr=p.alpha)
                for _ in range(p.steps):
                    optimizer.zero_grad()
                    p.loss(model(task.inner[0]), task.inner[1]).backward()
                    optimizer.step()
                there = {name: v.detach() for name, v in model.named_parameters()}
                temp = {name: v + MOVED * (there[name] - v) for name, v in temp.items()}
            return {name: (start[name] - temp[name]) / MOVED for name in start}

        return call

    return make


reptile_of_moving_average = moving_reptile(False)
reptile_one_task_after_the_other = moving_reptile(True)


def reptile_with_adam(carried):
    @subject("Reptile")
    def make(problem):
        p = problem.on("torch")

        def call():
            directions, model = [], copy.deepcopy(p.model)

            def fresh():
                return torch.optim.Adam(model.parameters(), lr=p.alpha, betas=(0.0, 0.999))

            optimizer = fresh()
            for task in p.tasks:
                model.load_state_dict(p.parameters)
                optimizer = optimizer if carried else fresh()
                for _ in range(p.steps):
                    optimizer.zero_grad()
                    p.loss(model(task.inner[0]), task.inner[1]).backward()
                    optimizer.step()
                directions.append(
                    [a - b.detach() for a, b in zip(p.parameters.values(), model.parameters(), strict=True)]
                )
            return directions

        return call

    return make


reptile_adam = reptile_with_adam(False)
reptile_adam_carried = reptile_with_adam(True)


# -- iMAML ---------------------------------------------------------------------------------------------------------
PENALTY, CONJUGATE_STEPS = 2.0, 20


def implicit(proximal, declared):
    """(I + H / penalty) u = g by conjugate gradients at the adapted parameters."""

    @subject(declared)
    def make(problem):
        p = problem.on("torch")

        def of_task(task):
            start = [v.detach() for v in p.model.parameters()]
            names = list(dict(p.model.named_parameters()))

            def loss(w, batch):
                return p.loss(p.apply(dict(zip(names, w, strict=True)), batch[0]), batch[1])

            w = [v.clone().requires_grad_() for v in start]
            for _ in range(p.steps):
                near = sum(((a - b) ** 2).sum() for a, b in zip(w, start, strict=True)) if proximal else 0
                slopes = torch.autograd.grad(loss(w, task.inner) + PENALTY / 2 * near, w)
                w = [(a - p.alpha * d).detach().requires_grad_() for a, d in zip(w, slopes, strict=True)]
            g = torch.cat([d.ravel() for d in torch.autograd.grad(loss(w, task.outer), w)])
            inner = torch.autograd.grad(loss(w, task.inner), w, create_graph=True)
            inner = torch.cat([d.ravel() for d in inner])

            def times(v):
                product = torch.autograd.grad(inner, w, grad_outputs=v, retain_graph=True)
                return torch.cat([d.ravel() for d in product]) / PENALTY + v

            x, rest = torch.zeros_like(g), g.clone()
            along = rest.clone()
            for _ in range(CONJUGATE_STEPS):
                if rest.norm() < 1e-14:
                    break
                product = times(along)
                a = (rest @ rest) / (along @ product)
                x, after = x + a * along, rest - a * product
                along = after + (after @ after) / (rest @ rest) * along
                rest = after
            return x

        return lambda: torch.stack([of_task(task) for task in p.tasks]).mean(0)

    return make


implicit_without_proximal_term = implicit(False, "MAML")
implicit_undeclared = implicit(True, None)


# -- memory and precision ------------------------------------------------------------------------------------------
KEPT: list[object] = []


@subject("MAML")
def keeps_fast_weights(problem):
    p = problem.on("torch")

    def call():
        w, total = dict(p.model.named_parameters()), 0
        for task in p.tasks:
            KEPT.append(adapted(p, w, task.inner))
            total = total + outer(p, KEPT[-1], task)
        return torch.autograd.grad(total / len(p.tasks), list(w.values()))

    return call


def mixed(autocast, scale=1, graph=True, computes=None):
    """Under autocast, and with an inner loss that is scaled up and never unscaled."""

    @subject("MAML", computes=computes)
    def make(problem):
        p = problem.on("torch")

        def loss(w, batch):
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                return p.loss(p.apply(w, batch[0]), batch[1])

        def call():
            w, total = dict(p.model.named_parameters()), 0
            for task in p.tasks:
                fast = dict(w)
                for _ in range(p.steps):
                    scaled = loss(fast, task.inner) * scale
                    slopes = torch.autograd.grad(scaled, list(fast.values()), create_graph=graph)
                    fast = {name: v - p.alpha * d for (name, v), d in zip(fast.items(), slopes, strict=True)}
                total = total + loss(fast, task.outer)
            return torch.autograd.grad(total / len(p.tasks), list(w.values()))

        return call

    return make


autocast = mixed(True)
autocast_declared = mixed(True, computes="bfloat16")
scaled_inner_loss = mixed(False, 16)
autocast_and_scaled = mixed(True, 16)
autocast_first_order = mixed(True, graph=False)
autocast_first_order_declared = mixed(True, graph=False, computes="bfloat16")


# -- numbers of its own --------------------------------------------------------------------------------------------
constant_rates = of_mean(rate=0.01, steps=1)


def learnt_rates(reaches=True, graph=True):
    """Meta-SGD: the derivatives by the initial parameters, and by a rate for each of them."""

    @subject("MAML")
    def make(problem):
        p = problem.on("torch")

        def call():
            w, total = dict(p.model.named_parameters()), 0
            rates = {k: torch.full_like(v, p.alpha).requires_grad_() for k, v in w.items()}
            for task in p.tasks:
                fast = dict(w)
                for _ in range(p.steps):
                    x, y = task.inner
                    slopes = torch.autograd.grad(p.loss(p.apply(fast, x), y), list(fast.values()), create_graph=graph)
                    fast = {k: v - rates[k] * d for (k, v), d in zip(fast.items(), slopes, strict=True)}
                total = total + outer(p, fast, task)
            found = torch.autograd.grad(total / len(p.tasks), [*w.values(), *rates.values()])
            own = dict(zip(w, found, strict=False))
            part = found[len(w) :] if reaches else found[: len(w)]
            return own | {f"lr.{k}": d for k, d in zip(w, part, strict=True)}

        return call

    return make


meta_sgd = learnt_rates()
meta_sgd_first_order = learnt_rates(graph=False)
meta_sgd_rates_wrong = learnt_rates(reaches=False)

UNDECLARED_PRECISION = ('declare it: computes="bfloat16"', "only (reduced precision?)")
SAID = {
    "own_cross_entropy": (
        "MAML",
        ("not_on_every_loss", "no_gradient"),
        (
            "On cross-entropy this is MAML",
            "elsewhere not",
            'Most likely the loss is written into the code. If that is meant, declare it: loss="cross-entropy".',
        ),
        ("as declared",),
    ),
    "own_cross_entropy_own_rate": (
        "MAML",
        ("inner_rate", "steps_ignored", "no_gradient"),
        ("its inner rate is 0.4, whatever problem.alpha says", "it takes 1 inner step, whatever problem.steps says"),
        ("as declared", "momentum"),
    ),
    "own_cross_entropy_second_step_first_order": (
        "MAML",
        ("hessian_first_step_only", "no_gradient"),
        ("the inner steps from the second on are of first order",),
        ("as declared",),
    ),
    "regression_only": (
        "MAML",
        ("not_on_every_loss",),
        ("On squared-error this is MAML", "rests on 4 of 10 observations", "cannot be run on tanh-cross-entropy"),
        ("as declared",),
    ),
    "regression_only_divided_again": (
        "MAML",
        ("inner_rate", "scaled_by_1_over_query", "not_on_every_loss"),
        ("inner rate is 0.2 times alpha", "1 over the number of query samples", "4 of 10 observations"),
        ("as declared",),
    ),
    "other_losses_as_numbers": (
        "MAML",
        ("first_task_only",),
        ("only the first task counts, over the number of all tasks", ".item(), float() or detach()"),
        ("returns from within", "averaged"),
    ),
    "outer_loss_never_arrives": (
        None,
        ("support_gradient",),
        ("there is no adaptation: it is the support gradient at the initial parameters",),
        ("Hessian", "MLDG"),
    ),
    "outer_loss_arrives": ("MLDG", ("other_algorithm",), ("This is MLDG", "not MAML"), ()),
    "reptile_of_moving_average": ("Reptile", ("task_weights",), ("the tasks have the weights 0.81, 0.9, 1",), ()),
    "reptile_one_task_after_the_other": (
        "Serial Reptile",
        ("other_algorithm",),
        ("This is Serial Reptile", "meta_rate = 0.1"),
        (),
    ),
    "reptile_adam": (
        "Reptile with Adam",
        ("other_algorithm",),
        ("beta1 = 0, beta2 = 0.999, eps = 1e-08",),
        ("carried",),
    ),
    "reptile_adam_carried": (
        "Reptile with Adam",
        ("other_algorithm", "reptile_state_carried"),
        ("the state of the inner optimiser is carried over from one task to the next",),
        (),
    ),
    "implicit_without_proximal_term": (
        "iMAML",
        ("other_algorithm", "no_proximal_term"),
        ("the proximal term", "1 and 2 inner steps"),
        ("Hessian term is missing",),
    ),
    "implicit_undeclared": ("iMAML", (), ("This is iMAML", "penalty = 2"), ("missing",)),
    "keeps_fast_weights": (
        "MAML",
        (),
        ("This is MAML, as declared", "Each call keeps 12 tensors and"),
        (),
    ),
    "autocast": ("MAML", ("precision_differs",), ("in float32 it is MAML up to 0.", *UNDECLARED_PRECISION), ()),
    "autocast_declared": ("MAML", (), ("as declared", "as good as bfloat16 can be"), ()),
    "scaled_inner_loss": ("MAML", ("inner_rate",), ("its inner rate is 16 times alpha",), ("precision",)),
    "autocast_and_scaled": (
        "MAML",
        ("inner_rate", "precision_differs"),
        ("its inner rate is 16 times alpha", "in float32 it is that up to", *UNDECLARED_PRECISION),
        ("not recognised",),
    ),
    "autocast_first_order": (
        "FO-MAML",
        ("hessian_missing", "precision_differs"),
        ("the Hessian term is missing", "in float32 it is FO-MAML up to 0.", *UNDECLARED_PRECISION),
        ("it is MAML",),
    ),
    "autocast_first_order_declared": ("FO-MAML", ("hessian_missing",), ("the Hessian term is missing",), ()),
    "meta_sgd": (
        "Meta-SGD",
        ("other_algorithm",),
        ("This is Meta-SGD", "The part for the inner rates is the derivative by them."),
        (),
    ),
    "meta_sgd_first_order": ("FO-MAML", ("hessian_missing",), ("the Hessian term is missing",), ()),
    "meta_sgd_rates_wrong": (
        "Meta-SGD",
        ("other_algorithm", "part_for_rates"),
        ("the part for the inner rates is not the derivative by them",),
        ("as declared",),
    ),
    "constant_rates": (
        "MAML",
        ("inner_rate", "steps_ignored"),
        ("its inner rate is 0.01, whatever problem.alpha says", "it takes 1 inner step"),
        ("momentum", "as declared"),
    ),
}
