"""learn2learn 0.2.0: MAML and FO-MAML by its clone() and adapt()."""

from stubs import stub

stub("gym", "scipy", "torchvision", "PIL", "requests", "tqdm", "pytorch_lightning")

from learn2learn.algorithms import MAML  # noqa: E402

from mamlcheck.conformance import subject  # noqa: E402


def by_clones(problem, first_order):
    p = problem.on("torch")
    maml = MAML(p.model, lr=p.alpha, first_order=first_order)

    def call():
        p.model.zero_grad()
        for task in p.tasks:
            learner = maml.clone()
            for _ in range(p.steps):
                learner.adapt(p.loss(learner(task.inner[0]), task.inner[1]))
            (p.loss(learner(task.outer[0]), task.outer[1]) / len(p.tasks)).backward()
        return p.gradients()

    return call


@subject("MAML")
def maml(problem):
    return by_clones(problem, first_order=False)


@subject("FO-MAML")
def fo_maml(problem):
    return by_clones(problem, first_order=True)
