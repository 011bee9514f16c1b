"""Right implementations by learn2learn: clone() and adapt(), of second and of first order, and ANIL's split."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import torch
from variant import right

from mamlcheck.conformance import subject

sys.path.append(str(Path(__file__).parents[1] / "real"))

from stubs import stub

stub("gym", "scipy", "torchvision", "PIL", "requests", "tqdm", "pytorch_lightning")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it imports
    from learn2learn.algorithms import MAML


def _by_clones(algorithm, first_order):
    @subject(algorithm)
    def make(problem):
        p = problem.on("torch")
        maml = MAML(p.model, lr=p.alpha, first_order=first_order)

        def call():
            total = 0
            for t in p.tasks:
                learner = maml.clone()
                for _ in range(p.steps):
                    learner.adapt(p.loss(learner(t.inner[0]), t.inner[1]))
                total = total + p.loss(learner(t.outer[0]), t.outer[1])
            maml.zero_grad()
            (total / len(p.tasks)).backward()
            return p.gradients()

        return call

    return make


clones = right(_by_clones("MAML", False), lambda o: o.maml())
clones_of_first_order = right(_by_clones("FO-MAML", True), lambda o: o.fo())


@subject("ANIL")
def _features_and_head(problem):
    """Features as they are, and learn2learn's MAML around the head."""
    p = problem.on("torch")
    single = isinstance(p.model, torch.nn.Linear)
    head = MAML(p.model if single else p.model.head, lr=p.alpha)

    def call():
        total = 0
        for t in p.tasks:
            learner = head.clone()

            def out(x, learner=learner):
                return learner(x if single else torch.tanh(p.model.hidden(x)))

            for _ in range(p.steps):
                learner.adapt(p.loss(out(t.inner[0]), t.inner[1]))
            total = total + p.loss(out(t.outer[0]), t.outer[1])
        p.model.zero_grad()
        (total / len(p.tasks)).backward()
        return p.gradients()

    return call


features_and_head = right(_features_and_head, lambda o: o.maml(on=o.on("head")))
