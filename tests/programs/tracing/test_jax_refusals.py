"""What is said of losses in JAX that cannot be traced, or only with a word about them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="JAX is not installed: pip install 'mamlcheck[jax]'")

import jax
import jax.numpy as jnp
from jax import lax
from jax_agreement import agreement

from mamlcheck.arithmetic import Float64, arb
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Builder
from mamlcheck.programs.derivatives import gradient
from mamlcheck.programs.primitives import largest
from mamlcheck.programs.running import run
from mamlcheck.programs.tracing import CannotBeTraced, jax_operations, trace
from mamlcheck.programs.tracing._jax import lowering
from mamlcheck.programs.tracing.jax_operations import nested
from mamlcheck.programs.undecided import Undecided

W = {"w": np.array([[0.5, -1.5, 0.25], [2.0, 0.75, -0.5]])}


def line_of(function: Callable[..., Any], text: str) -> int:
    lines, start = inspect.getsourcelines(function)
    return start + next(k for k, line in enumerate(lines) if text in line)


def refused(loss: Callable[[Any], Any], says: str, parameters: Any = None) -> str:
    with pytest.raises(CannotBeTraced, match=says) as caught:
        trace("jax", loss, parameters or W)
    return str(caught.value)


# -- operations --------------------------------------------------------------------------------------------------------
def with_a_missing_operation(p: Any) -> Any:
    y = p["w"] * 2
    z = jax.scipy.special.gammaln(y * y)  # the line of the message
    return z.sum()


def test_an_operation_that_is_not_there_is_named_with_its_line_and_how_to_add_it() -> None:
    said = refused(with_a_missing_operation, "jax's `lgamma`")
    assert f"test_jax_refusals.py:{line_of(with_a_missing_operation, 'the line of the message')} " in said
    assert f"write a file {Path(jax_operations.__file__).parent}/NAME.py with OPERATIONS = {{'lgamma'" in said


def test_an_operation_is_added_by_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of the message; the cube root of x > 0 is exp(log(x) / 3)."""
    (tmp_path / "roots.py").write_text(
        "from mamlcheck.programs.tracing._jax.lowering import numbers\n"
        "OPERATIONS = {'cbrt': numbers(lambda x: (x.log() / 3).exp())}\n"
    )

    def loss(p: Any) -> Any:
        return jnp.cbrt(p["w"] ** 2 + 1).sum()

    refused(loss, "`cbrt`")
    monkeypatch.setattr(jax_operations, "__path__", [*jax_operations.__path__, str(tmp_path)])
    lowering.operations.cache_clear()
    try:
        assert agreement(loss, W).worst < 1e-13
    finally:
        monkeypatch.undo()
        lowering.operations.cache_clear()


def test_what_the_loss_does_not_depend_on_need_not_be_there() -> None:
    def loss(p: Any) -> Any:
        guess = jnp.argmax(p["w"], axis=-1)
        right, _ = (guess == jnp.array([0, 1])).mean(), lax.lgamma(p["w"])
        del right
        return (p["w"] ** 2).sum()

    assert agreement(loss, W).worst < 1e-13


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        (lambda w: w[jnp.argmax(w[0])].sum(), "`argmax`, at .* integers or truths .* and jump"),
        (lambda w: (w * w.astype(int)).sum(), "`convert_element_type`.*rounds numbers that depend on the parameters"),
        (lambda w: w.ravel()[(w > 0).sum()], "which numbers it picks depends on the parameters"),
        (lambda w: w.at[(w > 0).sum() - 3].add(w[0]).sum(), "where it adds depends on the parameters"),
        (lambda w: w[0, jnp.array([1, 9])].sum(), "outside of the array: clip it"),
        (lambda w: w.at[0, jnp.array([1, 9])].get(mode="fill").sum(), "outside of the array: clip it"),
        (lambda w: lax.cond(w[0, 0] > 0, jnp.sin, jnp.cos, w).sum(), "which branch is taken depends on the parameters"),
        (lambda w: lax.while_loop(lambda c: (c < 9).all(), lambda c: c + 1, w).sum(), "how often it goes"),
        (lambda w: (lax.div((w > 0).sum(), 2) * w).sum(), "divides integers that depend on the parameters"),
        (lambda w: (((w > 0).astype(int) & 2) * w).sum(), "bits of integers"),
        (lambda w: ((~(w > 0).astype(int)) * w).sum(), "bits of integers"),
        (lambda w: jnp.where(jnp.array([True, False, True]), w, jnp.inf).sum(), "is not finite"),
    ],
)  # fmt: skip
def test_what_has_no_derivative_or_is_not_known_is_refused(loss: Callable[[Any], Any], says: str) -> None:
    refused(lambda p: loss(p["w"]), says)


def test_a_loop_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def loss(p: Any) -> Any:
        return lax.while_loop(lambda c: c[0] >= 0, lambda c: (c[0] + 1, -c[1]), (0, p["w"]))[1].sum()

    assert nested.LONGEST >= 1000
    monkeypatch.setattr(nested, "LONGEST", 100)  # each round is traced
    refused(loss, "it goes round more than 100 times")


def test_dropout_is_refused_with_the_sentence_that_says_why() -> None:
    key = jax.random.key(3)

    def loss(p: Any) -> Any:
        kept = jax.random.bernoulli(key, 0.5, p["w"].shape)
        return jnp.where(kept, p["w"], 0).sum()

    said = refused(loss, "draws random numbers .*, as dropout does")
    assert "deterministic=True in Flax" in said
    assert "inference=True" in said
    assert f"test_jax_refusals.py:{line_of(loss, 'bernoulli')}" in said


def test_random_numbers_of_numpy_are_found_by_other_values() -> None:
    random = np.random.default_rng(0)
    refused(lambda p: (p["w"] * random.normal(size=3)).sum(), "the program of the loss is not the loss")


def with_an_if(p: Any) -> Any:
    if p["w"].sum() > 0:  # asks
        return p["w"].sum()
    return -p["w"].sum()


def test_an_if_on_a_parameter_is_refused_with_its_line() -> None:
    said = refused(with_an_if, "asks for the value of something that depends on the parameters")
    assert f"test_jax_refusals.py:{line_of(with_an_if, 'asks')}" in said


def test_single_precision_that_meets_double_is_refused_with_what_to_do() -> None:
    x = np.ones((1, 1, 4), np.float32)
    refused(
        lambda p: lax.conv_general_dilated(x, p["k"], (1,), "VALID").sum(), r"make its data and constants `\.astype`",
        {"k": np.ones((1, 1, 2))},
    )  # fmt: skip


def test_a_loss_that_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match=r"is to return one number, and returned arrays of shapes \[\(2, 3\)\]"):
        trace("jax", lambda p: p["w"] * 2, W)


def test_a_loss_that_is_not_finite_is_refused() -> None:
    refused(lambda p: jnp.log(p["w"]).sum(), "the loss is nan")


# -- notes -------------------------------------------------------------------------------------------------------------
def test_what_is_computed_in_single_precision_is_noted_and_its_program_exact() -> None:
    def loss(p: Any) -> Any:
        return jnp.tanh(p["w"].astype("float32")).sum().astype("float64")

    traced = trace("jax", loss, W)
    at = line_of(loss, "tanh")
    said = (
        f"Part of the loss is computed in float32, first at test_jax_refusals.py:{at}: the program computes it in real"
    )
    assert traced.notes == (f"{said} numbers.",)
    assert float(run(traced.program, Float64(), W)[0]) == pytest.approx(np.tanh(W["w"]).sum(), rel=1e-15)


def test_a_derivative_of_its_own_is_noted_and_not_used() -> None:
    @jax.custom_vjp
    def reversal(x: Any) -> Any:
        return x * 3

    reversal.defvjp(lambda x: (x * 3, None), lambda _, slope: (-slope,))
    traced = trace("jax", lambda p: reversal(p["w"]).sum(), W)
    (note,) = traced.notes
    assert "The function reversal at test_jax_refusals.py:" in note
    assert "has a derivative of its own (custom_vjp)" in note
    assert (run(gradient(traced.program, ["w"]), Float64(), W)[0] == 3).all()


def test_a_function_of_the_user_that_is_called_relu_is_not_taken_for_jaxs() -> None:
    @jax.custom_jvp
    def relu(x: Any) -> Any:
        return x * 5

    relu.defjvp(lambda x, v: (relu(*x), 7 * v[0]))
    traced = trace("jax", lambda p: relu(p["w"]).sum(), W)
    assert (run(gradient(traced.program, ["w"]), Float64(), W)[0] == 5).all()


# -- precision ---------------------------------------------------------------------------------------------------------
def test_the_mode_of_the_process_is_left_as_it_is() -> None:
    before = jax.config.jax_enable_x64
    with jax.enable_x64(False):
        trace("jax", lambda p: (p["w"] ** 2).sum(), W)
        assert jnp.ones(1).dtype == jnp.float32
    assert jax.config.jax_enable_x64 == before


def test_data_is_computed_exactly_as_far_as_the_arithmetic_goes() -> None:
    """A third of a float is a third, and not a double near it."""
    x = np.array([1.0, 2.0, 5.0])
    traced = trace("jax", lambda p: (p["w"] * (lax.mul(x, 1.0) / 3)).sum(), W)
    ar = arb(200)
    with ar.working():
        (value,) = run(traced.program, ar, {"w": ar.exact(W["w"])})
        off = 3 * value.reshape(-1)[0] - ar.exact((W["w"] * x).sum()).reshape(-1)[0]
        assert abs(float(off)) < 1e-50


# -- hold and largest, over enclosures ---------------------------------------------------------------------------------
def flags(x: Any, ar: Any) -> Any:
    builder = Builder()
    rows = builder.input("x", x.shape)
    program = builder.program([builder.constant(1).broadcast_to(x.shape).kept(rows.largest())])
    return run(program, ar, {"x": x})[0]


def test_equals_are_all_largest_and_what_enclosures_cannot_tell_is_undecided() -> None:
    ar = arb(64)
    x = ar.exact(np.array([[1.0, 3.0, 3.0], [0.0, 0.0, 0.0], [2.0, -1.0, 1.0]]))
    found = [[float(y) for y in row] for row in flags(x, ar)]
    assert found == [[0, 1, 1], [1, 1, 1], [1, 0, 0]]
    third = ar.exact(np.ones(1)) / 3
    assert [float(y) for y in flags(ar.concatenate([third, ar.exact(np.zeros(1))], 0), ar)] == [1, 0]
    for order in ([third, 1 - 2 * third], [1 - 2 * third, third]):  # equal, but no ball knows
        with pytest.raises(Undecided, match="the largest of 1 of"):
            flags(ar.concatenate(order, 0), ar)


def test_what_an_arithmetic_cannot_tell_only_the_other_way_round_is_undecided() -> None:
    class OneWay:
        """It tells that a number is smaller, and not that it is larger."""

        def less_equal(self, x: Any, y: Any) -> Any:
            return np.where(x <= y, 1, -1)

    assert largest.value(OneWay(), [np.array([3.0, 3.0])]).tolist() == [True, True]  # type: ignore[arg-type]
    with pytest.raises(Undecided, match="the largest of 1 of 2"):
        largest.value(OneWay(), [np.array([3.0, 2.0])])  # type: ignore[arg-type]


def test_what_is_held_has_no_derivative() -> None:
    traced = trace("jax", lambda p: (lax.stop_gradient(p["w"]) * p["w"]).sum(), W)
    slopes = run(gradient(traced.program, ["w"]), Float64(), W)[0]
    assert (slopes == W["w"]).all()


# -- versions ----------------------------------------------------------------------------------------------------------
def test_a_version_whose_traces_do_not_name_relu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from mamlcheck.programs.tracing import jax as file

    file._names_its_functions.cache_clear()
    # As before functions had names: relu is lowered as the maximum with 0 that it computes.
    monkeypatch.setattr(jax.nn, "relu", lambda x: jnp.maximum(x, 0))
    try:
        with pytest.raises(InputError, match=r"own models need a later jax than .*pip install -U jax jaxlib"):
            trace("jax", lambda p: jnp.sum(p["w"]), W)
    finally:
        file._names_its_functions.cache_clear()
