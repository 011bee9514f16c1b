"""What can be traced of PyTorch and what cannot, and what is said of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402, N812
from torch import Tensor, nn  # noqa: E402
from torch.func import functional_call  # noqa: E402
from torch_programs import assert_like_autograd, by_autograd, by_program  # noqa: E402

from mamlcheck.errors import InputError  # noqa: E402
from mamlcheck.programs import tracing  # noqa: E402
from mamlcheck.programs.tracing import CannotBeTraced  # noqa: E402
from mamlcheck.programs.tracing._torch import recording  # noqa: E402
from mamlcheck.programs.tracing.torch import trace  # noqa: E402

X = torch.linspace(-1, 2, 6, dtype=torch.float64).reshape(2, 3)
HERE = Path(__file__).name


def line(offset: int = 0) -> str:
    """The line of this file that calls, or one near it, as messages have it."""
    return f"{HERE}:{sys._getframe(1).f_lineno + offset}: "


def refused(loss: Callable[[Tensor], Any], x: Tensor = X) -> str:
    """The message with which a loss is refused."""
    with pytest.raises(CannotBeTraced) as error:
        trace(lambda given: loss(given["x"]), {"x": x})
    return str(error.value)


# -- what is refused, and what is said -------------------------------------------------------------------------------
def test_an_unknown_operation_is_named_with_its_line_and_what_to_write() -> None:
    message = refused(lambda x: torch.linalg.det(x[:, :2])); at = line()  # fmt: skip  # noqa: E702
    assert message.startswith(f"{at}aten._linalg_det has no primitives to be put down with. To add it, write a file in")
    assert "torch_operations with OPERATIONS = {'_linalg_det': a function" in message


def test_arguments_that_are_not_known_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As another version of PyTorch may have them."""
    monkeypatch.setattr(recording, "operations", lambda: {"relu": lambda call, x, other: x})
    assert "aten.relu is not known with these arguments: see OPERATIONS['relu']" in refused(lambda x: x.relu().sum())


def test_a_quotient_that_is_rounded_is_refused() -> None:
    assert "rounded by 'floor' jumps" in refused(lambda x: torch.div(x, 2, rounding_mode="floor").sum())


def test_an_unknown_operation_beside_the_loss_does_no_harm() -> None:
    def loss(given: dict[str, Tensor]) -> Tensor:
        torch.linalg.det(given["x"][:, :2])
        return (given["x"] ** 2).sum()

    assert_like_autograd(loss, {"x": X}, 1e-15)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: F.dropout(x, 0.5).sum(),
        lambda x: (x * torch.rand(2, 3, dtype=x.dtype)).sum(),
        lambda x: (x + torch.randn_like(x)).sum(),
        lambda x: F.rrelu(x, training=True).sum(),
        lambda x: (x * torch.bernoulli(torch.full_like(x, 0.5))).sum(),
        lambda x: F.gumbel_softmax(x).sum(),
        lambda x: x[torch.randperm(2)][0].sum(),
    ],
    ids=["dropout", "rand", "randn_like", "rrelu", "bernoulli", "gumbel_softmax", "randperm"],
)
def test_randomness_is_refused_with_its_reason(loss: Callable[[Tensor], Tensor]) -> None:
    message = refused(loss)
    assert message.startswith(f"{HERE}:")
    assert "is random: each call computes another function" in message
    assert "Call model.eval(), set p=0, or take the dropout out" in message


def test_dropout_of_nothing_is_no_randomness() -> None:
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2), nn.Dropout(0.5)).double()

    def loss(given: dict[str, Tensor]) -> Tensor:
        return functional_call(model, given, (X,)).square().sum()

    parameters = dict(model.named_parameters())
    with pytest.raises(CannotBeTraced, match="is random"):
        trace(loss, parameters)
    model.eval()
    assert_like_autograd(loss, parameters, 1e-14)
    model.train()
    for module in model:
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    assert_like_autograd(loss, parameters, 1e-14)


def test_a_branch_of_python_that_turns_is_refused_with_its_line() -> None:
    def loss(x: Tensor) -> Tensor:
        at.append(line(1))
        if x.sum() > 3:
            return (x**2).sum()
        return x.sum()

    at: list[str] = []
    message = refused(loss)
    assert "its operations as recorded give" in message
    assert f"read by Python at {at[0].removesuffix(': ')}" in message
    assert "use torch.where for branches" in message


def test_a_number_that_is_read_but_not_used_is_noted() -> None:
    def loss(given: dict[str, Tensor]) -> Tensor:
        y = (given["x"] ** 2).sum()
        at.append(line(1))
        seen.append(y.item())
        return y

    at: list[str] = []
    seen: list[float] = []
    traced = trace(loss, {"x": X})
    assert traced.notes == (f"{at[0]}a number that depends on the parameters is read by Python (.item(), float(), if): "
                            "the program is the loss as long as what is made of it stays as it is",)  # fmt: skip


def test_a_number_that_leaves_pytorch_is_found_out() -> None:
    message = refused(lambda x: x.sum() * float(np.square(x.detach().numpy()).sum()))
    assert "something in it leaves PyTorch (NumPy, .tolist()), keeps a state between calls, or is random" in message


def test_a_state_between_calls_is_found_out() -> None:
    calls: list[int] = []

    def loss(x: Tensor) -> Tensor:
        calls.append(1)
        return (x**2).sum() * len(calls)

    assert "keeps a state between calls" in refused(loss)


def test_a_loss_that_was_computed_elsewhere_is_refused() -> None:
    assert "does not depend on the parameters by operations" in refused(
        lambda x: torch.tensor(x.detach().numpy().sum())
    )
    assert "does not depend on the parameters by operations" in refused(lambda x: (X**2).sum())


@pytest.mark.parametrize(
    ("loss", "what"),
    [(lambda x: x, r"a tensor of shape \(2, 3\)"), (lambda x: 3.0, "a float"), (lambda x: (x.sum(), x), "a tuple")],
)
def test_a_loss_is_one_number(loss: Callable[[Tensor], Any], what: str) -> None:
    with pytest.raises(CannotBeTraced, match=f"the loss is {what}: it is to be one number"):
        trace(lambda given: loss(given["x"]), {"x": X})


def test_derivatives_inside_a_loss_are_refused() -> None:
    def loss(x: Tensor) -> Tensor:
        (slope,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        return (slope**2).sum()

    assert "takes derivatives itself (torch.autograd.grad or .backward())" in refused(loss)


class StraightThrough(torch.autograd.Function):
    """Rounding with the derivative of the identity."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        return slope


def test_a_derivative_written_by_hand_is_refused() -> None:
    message = refused(lambda x: StraightThrough.apply(x).sum())
    assert message.startswith(f"{HERE}:")
    assert "a torch.autograd.Function has a derivative that is written by hand" in message


def test_positions_that_depend_on_parameters_are_refused() -> None:
    said = "the loss depends on positions, or other whole numbers, that depend on the parameters: it jumps where they"
    assert said in refused(lambda x: x.gather(1, x.argmax(1, keepdim=True)).sum())
    assert said in refused(lambda x: x.gather(1, x.max(1, keepdim=True)[1]).sum())
    assert said in refused(lambda x: x.sum() * x.long().sum())


def test_a_result_may_be_written_into_a_tensor_that_is_given() -> None:
    def loss(given: dict[str, Tensor]) -> Tensor:
        y = torch.zeros_like(X)
        with torch.no_grad():
            torch.mul(given["x"], given["x"], out=y)
            torch.div(y, 3, out=y)
        return (y * given["x"]).sum()

    assert_like_autograd(loss, {"x": X}, 1e-15)


def test_results_that_are_not_returned_are_refused() -> None:
    def loss(x: Tensor) -> Tensor:
        with torch.no_grad():
            torch.max(x, 1, out=(torch.empty(2, dtype=x.dtype), torch.empty(2, dtype=torch.int64)))
        return x.sum()

    assert "writes into tensors that it is given, which is not supported" in refused(loss)


def test_writes_into_new_tensors_are_not_taken_for_others() -> None:
    """An object of Python has the id of one that is gone."""

    def loss(given: dict[str, Tensor]) -> Tensor:
        y = given["x"] @ given["x"].T
        out = torch.empty_like(y)
        for i, row in enumerate(y):
            out[i] = row.tanh()
        out[:, 0] = 1
        out = out.clone()
        out /= 2
        out **= 2
        return out.sum()

    assert_like_autograd(loss, {"x": torch.cat([X, X, X])}, 1e-14)


def test_complex_numbers_have_no_primitives() -> None:
    assert "_fft_r2c has no primitives" in refused(lambda x: torch.fft.rfft(x).abs().sum())


def test_weight_norm_is_its_formula() -> None:
    """PyTorch 2.13 has a wrong second derivative of it: its own gradgradcheck fails."""
    parameters = {"v": X, "g": torch.tensor([[0.5], [1.5]], dtype=torch.float64)}
    program = trace(lambda given: torch._weight_norm(given["v"], given["g"], 0).sin().sum(), parameters)

    def formula(given: dict[str, Tensor]) -> Tensor:
        return (given["v"] * (given["g"] / given["v"].norm(dim=1, keepdim=True))).sin().sum()

    for mine, theirs in zip(by_program(program, parameters), by_autograd(formula, parameters), strict=True):
        for x, y in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-13)


def test_infinity_goes_into_a_softmax_and_nowhere_else() -> None:
    mask = torch.tensor([0.0, float("-inf"), 0.0], dtype=torch.float64)
    assert "aten.exp of minus infinity is not known: only a softmax may follow it" in refused(
        lambda x: (x + mask).exp().sum()
    )
    assert "is multiplied with what need not be > 0" in refused(lambda x: ((x + mask) * x).softmax(1).sum())
    assert "has minus infinity where the parameters decide about it" in refused(
        lambda x: torch.where(x > 0, x, float("-inf")).softmax(1).sum()
    )
    assert "nothing but minus infinity" in refused(lambda x: (x * 0 + mask[1]).softmax(1).sum())
    assert "a constant of the program is not finite" in refused(lambda x: (x - mask * -1).sum())


def test_a_parameter_that_is_written_into_is_refused() -> None:
    def loss(x: Tensor) -> Tensor:
        with torch.no_grad():
            x.mul_(0.5)
        return (x**2).sum()

    assert "the loss writes into the parameter 'x'" in refused(loss)


def test_a_hook_is_refused() -> None:
    def loss(x: Tensor) -> Tensor:
        y = x * 2
        y.register_hook(lambda slope: slope * 0)
        return (y**2).sum()

    assert "the loss has a hook on a tensor (register_hook)" in refused(loss)


def test_derivatives_that_are_not_those_of_the_operations_are_refused() -> None:
    """What changes derivatives, and is no operation that could be seen."""

    def detached(x: Tensor) -> Tensor:
        y = x * 2
        y.detach_()
        return (x * y).sum()

    def hooked(x: Tensor) -> Tensor:
        y = x * 2
        y.grad_fn.register_prehook(lambda slopes: tuple(3 * slope for slope in slopes))
        return (y**2).sum()

    def saved(x: Tensor) -> Tensor:
        with torch.autograd.graph.saved_tensors_hooks(lambda y: 2 * y, lambda y: y):
            return (x**2).sum()

    for loss, share in ((detached, "0.5"), (hooked, "0.7"), (saved, "0.5")):
        message = refused(loss)
        assert f"the derivative that PyTorch has for the loss differs by {share}" in message
        assert "use x.detach() in place of x.detach_()" in message


def test_a_derivative_that_is_nothing_but_rounding_is_no_harm() -> None:
    """A bias before the mean is taken off."""
    x = torch.tensor([0.3, 0.7, 1e8], dtype=torch.float64)
    trace(lambda given: (given["x"][2] + X - (given["x"][2] + X).mean()).square().sum(), {"x": x})


def test_a_large_number_hides_no_other_function() -> None:
    """As attention masks and penalties have it."""
    masked = torch.tensor([0.0, 0, -1e9], dtype=torch.float64)

    def loss(x: Tensor) -> Tensor:
        return (x + masked).softmax(1).square().sum() * float(np.square(x.detach().numpy()).sum())

    assert "something in it leaves PyTorch" in refused(loss)


def test_a_parameter_that_is_frozen_inside_is_refused() -> None:
    assert "takes the parameter 'x' out of the derivatives" in refused(lambda x: (x.requires_grad_(False) ** 2).sum())


def test_sparse_tensors_are_refused() -> None:
    assert "torch.sparse_coo are not supported: use dense ones" in refused(lambda x: (X.T.to_sparse() @ x).sum())


def test_a_check_for_what_is_not_finite_is_no_harm() -> None:
    def loss(given: dict[str, Tensor]) -> Tensor:
        y = (given["x"] ** 2).sum()
        assert torch.isfinite(y)
        assert not torch.isnan(given["x"]).any()
        return y

    assert_like_autograd(loss, {"x": X}, 1e-15)


def test_memory_that_is_shared_unseen_is_refused() -> None:
    def loss(x: Tensor) -> Tensor:
        y = x * 2
        return (torch.empty(0, dtype=x.dtype).set_(y.untyped_storage(), 0, (2, 3)) * x).sum()

    assert "shares memory with others" in refused(loss)


def test_a_write_through_a_detached_tensor_is_refused() -> None:
    def loss(x: Tensor) -> Tensor:
        y = x * 2
        y.data[0].clamp_(0.0, 1.0)
        return (y**2).sum()

    assert "through a detached tensor" in refused(loss)


def test_parameters_are_doubles() -> None:
    with pytest.raises(InputError, match=r"'x' is in torch.float32: a loss is traced in torch.float64, model.double()"):
        trace(lambda given: given["x"].sum(), {"x": X.float()})


def test_the_framework_is_known() -> None:
    with pytest.raises(InputError, match=r"'tensorflow' is no framework known here: use one of .*torch"):
        tracing.trace("tensorflow", lambda given: given["x"].sum(), {"x": X})


# -- what is noted ---------------------------------------------------------------------------------------------------
def test_data_that_pytorch_had_to_compute_is_noted() -> None:
    square = torch.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
    traced = trace(lambda given: (torch.linalg.det(square) * given["x"]).sum(), {"x": X})
    assert traced.notes == (
        f"{line(-2)}aten._linalg_det of data was computed by PyTorch, and its rounded result is used",
    )


def test_running_statistics_that_change_are_named() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
    before = {name: tensor.clone() for name, tensor in model.named_buffers()}

    def loss(given: dict[str, Tensor]) -> Tensor:
        return functional_call(model, given, (X,)).square().sum()

    parameters, buffers = dict(model.named_parameters()), dict(model.named_buffers())
    traced = tracing.trace("torch", loss, parameters, buffers)
    assert traced.changed == ("1.running_mean", "1.running_var", "1.num_batches_tracked")
    assert all(torch.equal(before[name], buffer) for name, buffer in model.named_buffers())
    model.eval()
    assert tracing.trace("torch", loss, parameters, buffers).changed == ()


def test_a_cast_to_lower_precision_is_noted() -> None:
    traced = trace(lambda given: given["x"].float().double().square().sum(), {"x": X / 3})
    assert traced.notes == (
        f"{line(-2)}a cast to torch.float32 rounds; the program goes on with the numbers as they were",
    )
    assert traced.program.digest == trace(lambda given: given["x"].square().sum(), {"x": X / 3}).program.digest


# -- what is recorded ------------------------------------------------------------------------------------------------
def test_nodes_know_their_lines() -> None:
    def loss(given: dict[str, Tensor]) -> Tensor:
        at.append(line(1))
        y = given["x"].exp()
        return y.sum()

    at: list[str] = []
    program = trace(loss, {"x": X}).program
    assert {node.place for node in program.nodes if node.operation == "exp"} == {at[0].removesuffix(": ")}
    assert [n.place for n in program.nodes if n.operation == "sum"] == [f"{HERE}:{int(at[0].split(':')[1]) + 1}"]


def test_parameters_may_have_no_axes_or_no_numbers() -> None:
    x = torch.tensor(0.5, dtype=torch.float64)
    none = torch.zeros(0, dtype=torch.float64)
    assert_like_autograd(lambda given: given["x"].exp() + given["none"].sum(), {"x": x, "none": none}, 1e-15)


def test_a_parameter_that_is_not_used_is_no_input() -> None:
    traced = trace(lambda given: given["x"].sum(), {"x": X, "y": X})
    assert list(traced.program.inputs) == ["x"]


def test_a_branch_is_decided_once() -> None:
    program = trace(lambda given: torch.where(given["x"] > 0, given["x"] ** 2, given["x"]).sum(), {"x": X}).program
    assert [node.operation for node in program.nodes].count("positive") == 1


def test_data_stay_exact_until_they_are_computed_with() -> None:
    """A third is no double: a quotient of data is a quotient in the program as well."""
    data = torch.tensor([1.0, 2.0], dtype=torch.float64)
    program = trace(lambda given: (data / 3 * given["x"]).sum(), {"x": X[0, :2]}).program
    assert [n.operation for n in program.nodes].count("div") == 1


# -- at exact ties, PyTorch's conventions ----------------------------------------------------------------------------
TIES = torch.tensor([-1.0, -0.0, 0.0, 1.0, 3.0, -3.0, 6.0, 1.0], dtype=torch.float64)


@pytest.mark.parametrize(
    "function",
    [
        torch.relu,
        torch.abs,
        torch.sign,
        F.leaky_relu,
        F.elu,
        F.selu,
        F.relu6,
        F.hardtanh,
        F.hardsigmoid,
        F.hardswish,
        F.softplus,
        F.softshrink,
        F.hardshrink,
        lambda x: x.clamp(-1, 1),
        lambda x: x.clamp(1, 1),
        lambda x: torch.clamp(x, -x.abs(), x.abs()),
        lambda x: F.threshold(x, 1.0, 5.0),
        lambda x: torch.maximum(x, x.flip(0).abs() * 0 + 1),
        lambda x: torch.maximum(x, x.abs()),
        lambda x: torch.minimum(x, x.abs()),
        lambda x: torch.where(x > 0, x, 2 * x),
        lambda x: torch.where(x >= 0, x, 2 * x),
        lambda x: x.reshape(2, 4).amax(0),
        lambda x: x.reshape(2, 4).max(1)[0],
        lambda x: x.reshape(2, 4).min(1)[0],
        lambda x: (x * x).max(),
        lambda x: (x * x).min(),
        lambda x: F.max_pool1d((x * x)[None], 4, 1, 2),
        lambda x: F.adaptive_max_pool1d((x * x)[None], 3),
        lambda x: F.smooth_l1_loss(x, torch.zeros(8, dtype=x.dtype)),
        lambda x: F.huber_loss(x, torch.zeros(8, dtype=x.dtype)),
        lambda x: F.l1_loss(x, torch.zeros(8, dtype=x.dtype)),
        lambda x: F.prelu(x, torch.tensor([0.2], dtype=x.dtype)),
        lambda x: (x[1:3] * 1).norm() + x.norm(),
        lambda x: F.margin_ranking_loss(x[:4], x[4:], torch.ones(4, dtype=x.dtype)),
        lambda x: F.multi_margin_loss(x.reshape(2, 4), torch.tensor([0, 1])),
        lambda x: F.multi_margin_loss(x.reshape(4, 2), torch.tensor([0, 1, 1, 0]), margin=2.0),
        lambda x: F.multi_margin_loss(x, torch.tensor(3), p=2, margin=2.0),
        lambda x: F.multi_margin_loss(
            x.reshape(4, 2),
            torch.tensor([0, 1, 1, 0]),
            weight=torch.tensor([0.25, 3.0], dtype=x.dtype),
            reduction="none",
        ),
    ],
)
def test_ties_are_settled_as_pytorch_does(function: Callable[[Tensor], Tensor]) -> None:
    def loss(given: dict[str, Tensor]) -> Tensor:
        y = function(given["x"])
        return (torch.arange(1.0, y.numel() + 1, dtype=y.dtype).reshape(y.shape) * y).sum()

    leaf = TIES.clone().requires_grad_()
    (expected,) = torch.autograd.grad(loss({"x": leaf}), leaf)
    (_, (slope,), _) = by_program(trace(loss, {"x": TIES}), {"x": TIES})
    np.testing.assert_allclose(slope, expected.numpy(), rtol=1e-7 if function is F.hardsigmoid else 1e-14)


def test_a_version_without_what_a_trace_needs_is_refused(monkeypatch):
    for name in ("torch", "_torch.comparing"):
        monkeypatch.delitem(sys.modules, f"mamlcheck.programs.tracing.{name}")
    monkeypatch.setitem(sys.modules, "torch.nn.attention", None)
    with pytest.raises(
        InputError, match=r"own models need a later torch than .*lacks torch\.nn\.attention.*pip install -U"
    ):
        tracing.trace("torch", lambda p: p["w"].sum(), {"w": torch.ones(2).double()})


@pytest.mark.parametrize(("function", "bend"), [(F.huber_loss, "delta"), (F.smooth_l1_loss, "beta")])
def test_the_second_derivative_at_a_bend_is_pytorchs(function: Callable[..., Tensor], bend: str) -> None:
    x = torch.tensor([-1.5, -0.75, 0.0, 0.75, 1.5], dtype=torch.float64)

    def loss(given: dict[str, Tensor]) -> Tensor:
        return function(given["x"], torch.zeros_like(x), **{bend: 0.75})

    assert_like_autograd(loss, {"x": x}, 1e-15)
