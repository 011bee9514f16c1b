"""metallic 0.1.0: its MAML learner, driven through its own outer loop with the optimiser's step stubbed."""

from stubs import stub

stub("torchvision", "PIL", "requests", "tqdm", "tensorboard", "matplotlib")

import torch  # noqa: E402
from metallic.metalearners import maml as learners  # noqa: E402

from mamlcheck.conformance import subject  # noqa: E402

learners.metrics.accuracy = lambda output, target: torch.zeros(())  # a figure for its log, of labels only


@subject("MAML")
def maml(problem):
    p = problem.on("torch")
    inner = torch.optim.SGD(p.model.parameters(), lr=p.alpha)
    outer = torch.optim.SGD(p.model.parameters(), lr=p.beta)
    learner = learners.MAML(p.model, inner, outer, root=".", inner_steps=p.steps)
    learner.loss_function = p.loss
    sets = {name: [torch.stack([getattr(t, role)[k] for t in p.tasks]) for k in (0, 1)] for name, role in ROLES}

    def call():
        with p.without_step(outer):
            learner.outer_loop(sets)
        return p.gradients()

    return call


ROLES = (("support", "inner"), ("query", "outer"))
