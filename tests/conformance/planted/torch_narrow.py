"""Implementations made for one kind of problem, or with numbers written in; `SAID` holds what each must be told.

Their code cannot be run on some of the problems, or is right on some alone.
"""

from __future__ import annotations

import torch

from mamlcheck.conformance import subject


def meta_gradient(p, loss, rate=None, steps=None, graph=lambda k: True, measure=lambda logits, y: None):
    """MAML with `loss` in place of the problem's, and a rate and a number of steps of its own where they are given."""

    def call():
        w, total = dict(p.model.named_parameters()), 0
        for task in p.tasks:
            fast = dict(w)
            x, y = task.inner
            for k in range(steps or p.steps):
                g = torch.autograd.grad(loss(p.apply(fast, x), y), list(fast.values()), create_graph=graph(k))
                fast = {n: v - (rate or p.alpha) * d for (n, v), d in zip(fast.items(), g, strict=True)}
            x, y = task.outer
            output = p.apply(fast, x)
            measure(output, y)
            total = total + loss(output, y)
        return torch.autograd.grad(total / len(p.tasks), list(w.values()))

    return call


def accuracy(logits, y):
    """Of labels: it fails on targets of another shape."""
    return (logits.argmax(1) == y).sum().item()


def narrow(loss, **options):
    @subject("MAML")
    def make(problem):
        return meta_gradient(problem.on("torch"), loss, **options)

    return make


def mean_square(output, y):
    """It fails on labels."""
    if output.shape != y.shape:
        raise ValueError(f"output {tuple(output.shape)} and targets {tuple(y.shape)} differ in shape")
    return ((output - y) ** 2).mean()


cross_entropy = torch.nn.functional.cross_entropy
# cross_entropy takes float targets for probabilities of classes, without a word.
own_cross_entropy = narrow(cross_entropy)
own_rate_and_one_step = narrow(cross_entropy, rate=0.4, steps=1, measure=accuracy)
second_step_of_first_order = narrow(cross_entropy, graph=lambda k: k == 0, measure=accuracy)
own_square = narrow(mean_square)
own_square_divided_again = narrow(lambda output, y: mean_square(output, y) / len(y))


def only_regression(options):
    @subject("MAML")
    def make(problem):
        p = problem.on("torch")

        def loss(output, y):
            if y.dtype == torch.int64:
                raise TypeError("regression only")
            return p.loss(output, y)

        return meta_gradient(p, loss, **options)

    return make


regression_with_the_loss_given = only_regression({})
regression_of_first_order = only_regression({"graph": lambda k: False})


@subject("MAML")
def one_rate(problem):
    """It has been made for one rate and one step, and says so."""
    if (problem.alpha, problem.steps) != (0.4, 1):
        raise NotImplementedError("alpha = 0.4 and one step only")
    p = problem.on("torch")
    return meta_gradient(p, p.loss)


@subject("MAML")
def one_step_undeclared(problem):
    p = problem.on("torch")
    return meta_gradient(p, p.loss, steps=1)


@subject("MAML", steps=(1,))
def one_step_declared(problem):
    p = problem.on("torch")
    return meta_gradient(p, p.loss, steps=1)


@subject("MAML")
def double_only(problem):
    """Its data are made in float64, whatever is asked for."""
    p = problem.on("torch")

    def apply(w, x):
        return p.apply(w, x.double())

    def call():
        w, total = dict(p.model.named_parameters()), 0
        for task in p.tasks:
            fast = dict(w)
            for _ in range(p.steps):
                inner = p.loss(apply(fast, task.inner[0]), task.inner[1])
                g = torch.autograd.grad(inner, list(fast.values()), create_graph=True)
                fast = {n: v - p.alpha * d for (n, v), d in zip(fast.items(), g, strict=True)}
            total = total + p.loss(apply(fast, task.outer[0]), task.outer[1])
        return torch.autograd.grad(total / len(p.tasks), list(w.values()))

    return call


@subject("MAML")
def coarse_in_float32(problem):
    """Right in float64; in float32 its forward passes are in bfloat16."""
    p = problem.on("torch")

    def loss(output, y):
        return p.loss(output, y)

    right = meta_gradient(p, loss)

    def call():
        with torch.autocast("cpu", torch.bfloat16):
            return right()

    return call


@subject("MAML")
def not_a_number_on_one(problem):
    p = problem.on("torch")
    right = meta_gradient(p, p.loss)
    return lambda: [g * (float("nan") if problem.name == "linear-robust" else 1) for g in right()]


@subject("MAML")
def own_network(problem):
    """The hidden layer is centred: where there is none, this is MAML."""
    p = problem.on("torch")

    def apply(w, x):
        if "weight" in w:
            return p.apply(w, x)
        hidden = x @ w["hidden.weight"].T + w["hidden.bias"]
        return torch.tanh(hidden - hidden.mean(0)) @ w["head.weight"].T + w["head.bias"]

    def call():
        w, total = p.parameters, 0
        for value in w.values():
            value.requires_grad_()
        for task in p.tasks:
            fast = dict(w)
            for _ in range(p.steps):
                inner = p.loss(apply(fast, task.inner[0]), task.inner[1])
                g = torch.autograd.grad(inner, list(fast.values()), create_graph=True)
                fast = {n: v - p.alpha * d for (n, v), d in zip(fast.items(), g, strict=True)}
            total = total + p.loss(apply(fast, task.outer[0]), task.outer[1])
        return torch.autograd.grad(total / len(p.tasks), list(w.values()), allow_unused=True)

    return call


# name: (found, defects, words of the sentence, and words that must not be in it)
SAID = {
    "own_cross_entropy": (
        "MAML",
        ("not_on_every_loss", "no_gradient"),
        (
            "On cross-entropy this is MAML",
            "elsewhere not: on squared-error it",
            "the loss is written into the code",
        ),
        ("as declared",),
    ),
    "own_rate_and_one_step": (
        "MAML",
        ("inner_rate", "steps_ignored", "no_gradient"),
        ("its inner rate is 0.4, whatever problem.alpha says", "it takes 1 inner step, whatever problem.steps says"),
        ("as declared", "momentum"),
    ),
    "second_step_of_first_order": (
        "MAML",
        ("hessian_first_step_only", "no_gradient"),
        ("the inner steps from the second on are of first order",),
        ("as declared",),
    ),
    "own_square": (
        "MAML",
        ("not_on_every_loss",),
        ("On squared-error this is MAML", "elsewhere not: on robust it is not recognised"),
        ("as declared", "It raises an exception"),
    ),
    "own_square_divided_again": (
        "MAML",
        ("inner_rate", "scaled_by_1_over_query", "not_on_every_loss"),
        ("On squared-error", "its inner rate is 0.2 times alpha", "multiplied by 1 over the number of query samples"),
        ("as declared", "It raises an exception"),
    ),
    "regression_with_the_loss_given": (
        "MAML",
        (),
        ("This is MAML on tanh-squared-error and linear-robust, as declared",),
        (),
    ),
    "regression_of_first_order": (
        "FO-MAML",
        ("hessian_missing",),
        ("This is FO-MAML on tanh-squared-error and linear-robust",),
        ("as declared",),
    ),
    "one_rate": (
        "MAML",
        ("exception", "too_few_observations"),
        ("with alpha = 0.4 and with 1 inner step, which cannot be told from a rate and a number of inner steps",),
        ("as declared",),
    ),
    "one_step_undeclared": (
        "MAML",
        ("steps_ignored",),
        ("it takes 1 inner step, whatever problem.steps says", "declare it: steps=(1,)"),
        ("as declared",),
    ),
    "one_step_declared": ("MAML", (), ("This is MAML, as declared",), ()),
    "double_only": ("MAML", (), ("This is MAML, as declared",), ()),
    "coarse_in_float32": (
        "MAML",
        ("precision_differs",),
        ("in float32 it is MAML up to 0.44% only (reduced precision?)", 'computes="bfloat16"'),
        ("as declared",),
    ),
    "not_a_number_on_one": (
        "MAML",
        ("no_gradient",),
        (
            "On tanh-cross-entropy and tanh-squared-error this is MAML",
            "elsewhere not: on linear-robust",
        ),
        ("as declared",),
    ),
    "own_network": (
        "MAML",
        ("not_on_every_loss",),
        ("On robust this is MAML", "the loss, or the network, is written into the code"),
        ("as declared",),
    ),
}
