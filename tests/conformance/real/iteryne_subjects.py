"""iteryne 0.1.0: MAML, FO-MAML and ANIL by its learners."""

import iteryne

from mamlcheck.conformance import subject


def by_learners(p, maml):
    def call():
        maml.zero_grad()
        for task in p.tasks:
            learner = maml.clone()
            learner.adapt_on(p.loss, *task.inner, steps=p.steps)
            (p.loss(learner(task.outer[0]), task.outer[1]) / len(p.tasks)).backward()
        return p.gradients()

    return call


@subject("MAML")
def maml(problem):
    p = problem.on("torch")
    return by_learners(p, iteryne.MAML(p.model, inner_lr=p.alpha))


@subject("FO-MAML")
def fo_maml(problem):
    p = problem.on("torch")
    return by_learners(p, iteryne.MAML(p.model, inner_lr=p.alpha, first_order=True))


@subject("ANIL")
def anil(problem):
    p = problem.on("torch")
    head = getattr(p.model, "head", p.model)
    return by_learners(p, iteryne.ANIL(p.model, head, inner_lr=p.alpha))
