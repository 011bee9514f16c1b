"""What is traced is the user's function, also where the steps lead to, or it is refused."""

from __future__ import annotations

import gc

import pytest

from mamlcheck.conformance.own.posing import own_problem
from mamlcheck.errors import InputError
from mamlcheck.programs.program import Array
from mamlcheck.programs.tracing import CannotBeTraced

torch = pytest.importorskip("torch")


class Far(torch.nn.Module):
    """A square up to a bound far from the start, and a cube beyond, told by what no operation of PyTorch shows."""

    def __init__(self, bound):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor([0.25, -0.5], dtype=torch.float64))
        self.bound = bound

    def forward(self, x):
        beyond = abs(self.w.detach().numpy()).max() > self.bound
        return x @ (self.w**3 if beyond else self.w**2)


def mean_square(output, target):
    return ((output - target) ** 2).mean()


def posed(model, loss=mean_square, **chosen):
    torch.manual_seed(1)
    sets = [(torch.randn(n, 2).double(), 10 + torch.randn(n).double()) for n in (4, 5)]
    return own_problem(model, loss, [sets, sets[::-1]], **{"alpha": 2.0, "steps": 2} | chosen)


def test_a_branch_that_turns_on_the_way_is_refused():
    with pytest.raises(CannotBeTraced, match=r"at the parameters after 1 inner step of alpha = 2, and its operations"):
        posed(Far(5.0))
    posed(Far(5.0), alpha=1e-3)
    posed(Far(1e6))


@pytest.mark.parametrize("get", [lambda p: p, lambda p: p.clone(), lambda p: p.reshape(-1)])
def test_a_term_of_the_model_itself_is_refused(get):
    """It is a function of the parameters in a loop that writes into the model, and a constant where it is traced."""
    model = torch.nn.Linear(2, 1).double()

    def loss(output, target):
        return mean_square(output[:, 0], target) + 0.1 * sum((get(p) ** 2).sum() for p in model.parameters())

    with pytest.raises(CannotBeTraced, match=r"test_what_is_traced.py:.* the loss uses the parameter 'weight' of the"):
        posed(model, loss)


def test_a_term_that_is_held_is_a_constant():
    """As in a penalty on the way from where the parameters started."""
    model = torch.nn.Linear(2, 1).double()

    def loss(output, target):
        with torch.no_grad():
            size = sum((p**2).sum() for p in model.parameters())
        return mean_square(output[:, 0] - model.weight.detach().sum(), target) * size

    posed(model, loss, alpha=0.01)


def test_parameters_of_the_loss_are_constants():
    class Weighed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.tensor(2.0))

        def forward(self, output, target):
            return mean_square(self.scale * output[:, 0], target)

    posed(torch.nn.Linear(2, 1).double(), Weighed(), alpha=0.01)


class Centred(torch.nn.Module):
    """A linear layer of what is left of its inputs beside their running mean."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(2, 1)
        self.register_buffer("mean", torch.zeros(2))

    def forward(self, x):
        self.mean.mul_(0.5).add_(x.mean(0), alpha=0.5)
        return self.linear(x - self.mean)


def test_state_that_the_next_run_depends_on_is_refused():
    """Batch norm's statistics have no effect in train mode; other state may have one."""

    def loss(output, target):
        return mean_square(output[:, 0], target)

    with pytest.raises(CannotBeTraced, match=r"changes state \(mean\), and the next run is another function for it"):
        posed(Centred().double(), loss, alpha=0.01)
    plain = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 1)).double()
    [note] = posed(plain, loss, alpha=0.01).kind.notes
    assert "on which that has no effect" in note


def test_state_that_has_settled_is_state_all_the_same():
    """Spectral norm has run power iterations when it is made: one more hardly moves the loss, after a step it will."""
    torch.manual_seed(0)
    normed = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(2, 9))
    for _ in range(4):
        normed.weight  # each is an iteration  # noqa: B018
    normed = normed.double()
    with pytest.raises(CannotBeTraced, match=r"changes state .*_u.* call model\.eval\(\)"):
        posed(normed, lambda output, target: mean_square(output[:, 0], target), alpha=0.01)
    assert not posed(normed.eval(), lambda output, target: mean_square(output[:, 0], target), alpha=0.01).kind.notes


def test_what_the_model_or_the_loss_raises_is_said_of_a_set():
    torch.manual_seed(1)
    good, bad = (torch.randn(3, 2).double(), torch.randn(3).double()), (torch.randn(3, 5).double(), torch.randn(3))
    with pytest.raises(InputError, match=r"tasks\[1\], outer set: the loss cannot be computed: RuntimeError: mat1 and"):
        own_problem(torch.nn.Linear(2, 1).double(), mean_square, [(good, good), (good, bad)], alpha=0.1)
    with pytest.raises(InputError, match=r"tasks\[0\], inner set: .* AttributeError: .*'no_such'"):
        own_problem(torch.nn.Linear(2, 1).double(), lambda o, y: o.no_such, [(good, good)], alpha=0.1)


def test_tables_that_are_equal_are_held_once():
    """Tasks of one shape have the same tables, of tens of MB on larger networks: nothing keeps a second copy."""
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(18, 1)).double()
    tasks = [tuple((torch.randn(7, 1, 5, 5).double(), torch.randn(7, 1).double()) for _ in range(2)) for _ in range(3)]
    given = own_problem(net, mean_square, tasks, alpha=0.1)
    loss = given.tasks[0].losses["inner"]
    (table,) = {n.settings[0] for n in loss.traced.program.nodes if n.operation == "gather"}
    gc.collect()
    assert sum(type(one) is Array and one == table for one in gc.get_objects()) == 1
