"""torch-maml 1.0: NaiveMAML with in-graph gradient descent."""

import torch_maml

from mamlcheck.conformance import subject


@subject("MAML")
def naive(problem):
    p = problem.on("torch")
    maml = torch_maml.NaiveMAML(
        p.model,
        loss_function=lambda model, batch: p.loss(model(batch[0]), batch[1]),
        optimizer=torch_maml.IngraphGradientDescent(p.alpha),
    )

    def call():
        p.model.zero_grad()
        for task in p.tasks:
            updated = maml([task.inner] * p.steps).model
            (p.loss(updated(task.outer[0]), task.outer[1]) / len(p.tasks)).backward()
        return p.gradients()

    return call
