"""torchmeta 1.8.0: MAML and FO-MAML by its gradient_update_parameters on a MetaModule."""

from stubs import stub

stub("h5py", "torchvision", "PIL", "requests", "tqdm", "ordered_set")

import torch  # noqa: E402
from torchmeta.modules import MetaLinear, MetaModule  # noqa: E402
from torchmeta.utils.gradient_based import gradient_update_parameters  # noqa: E402

from mamlcheck.conformance import subject  # noqa: E402


class Model(MetaModule):
    """The problem's model of torchmeta's layers."""

    def __init__(self, p):
        super().__init__()
        for name, layer in p.model.named_children():
            setattr(self, name, MetaLinear(layer.in_features, layer.out_features))
        if not list(p.model.children()):
            self.only = MetaLinear(p.model.in_features, p.model.out_features)
        self.to(getattr(torch, p.dtype))
        values = p.parameters.values()
        self.load_state_dict(dict(zip((name for name, _ in self.named_parameters()), values, strict=True)))

    def forward(self, x, params=None):
        if hasattr(self, "only"):
            return self.only(x, params=self.get_subdict(params, "only"))
        hidden = torch.tanh(self.hidden(x, params=self.get_subdict(params, "hidden")))
        return self.head(hidden, params=self.get_subdict(params, "head"))


def by_updates(problem, first_order):
    p = problem.on("torch")
    model = Model(p)

    def call():
        model.zero_grad()
        total = 0
        for task in p.tasks:
            fast = None
            for _ in range(p.steps):
                inner = p.loss(model(task.inner[0], params=fast), task.inner[1])
                model.zero_grad()
                fast = gradient_update_parameters(model, inner, params=fast, step_size=p.alpha, first_order=first_order)
            total = total + p.loss(model(task.outer[0], params=fast), task.outer[1])
        (total / len(p.tasks)).backward()
        return list(p.gradients(model).values())

    return call


@subject("MAML")
def maml(problem):
    return by_updates(problem, first_order=False)


@subject("FO-MAML")
def fo_maml(problem):
    return by_updates(problem, first_order=True)
