"""What a subject may return, and what is said of what it may not."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mamlcheck.conformance import problem, subject
from mamlcheck.conformance.subjects.declaring import metadata_of
from mamlcheck.conformance.subjects.running import observe
from mamlcheck.errors import InputError

GIVEN = problem("tanh-cross-entropy")
SHAPES = {name: value.shape for name, value in GIVEN.parameters.items()}
FLAT = np.concatenate([v.ravel() for v in GIVEN.parameters.values()])


def seen(returned):
    return observe(lambda p: lambda: returned, problem("tanh-cross-entropy"))


def failure(returned):
    found = seen(returned).failure
    assert found is not None
    return found


@pytest.mark.parametrize(
    "returned",
    [
        dict(GIVEN.parameters),
        dict(reversed(GIVEN.parameters.items())),
        list(GIVEN.parameters.values()),
        tuple(GIVEN.parameters.values()),
        FLAT,
        np.stack([FLAT, FLAT, FLAT]),
        np.stack([FLAT - 1, FLAT, FLAT + 1]),
        [GIVEN.parameters] * 3,
        [FLAT, FLAT, FLAT],
        [list(GIVEN.parameters.values())] * 3,
        {k: np.stack([v - 1, v, v + 1]) for k, v in GIVEN.parameters.items()},
        {k: v.tolist() for k, v in GIVEN.parameters.items()},
    ],
)
def test_ways_to_return_a_direction(returned):
    found = seen(returned)
    assert found.failure is None
    np.testing.assert_allclose(found.directions[0], FLAT, rtol=1e-15)


@pytest.mark.parametrize("size", [1e-138, 1e138])
def test_the_norms_at_either_end_can_be_measured(size):
    """A rounding error of such a direction has a norm, and the norm has a square, in doubles."""
    found = seen(FLAT * size)
    assert found.failure is None
    off = np.linalg.norm(found.direction * (1 + 2.0**-52) - found.direction)
    assert 1e-17 < off / found.size < 1e-15
    assert 0 < found.size**2 < np.inf


def test_one_direction_for_each_task_is_reduced_as_declared():
    for each in ([FLAT - 1, FLAT, FLAT + 2], np.stack([FLAT - 1, FLAT, FLAT + 2])):
        for reduction, expected in (("mean", FLAT + 1 / 3), ("sum", 3 * FLAT + 1)):
            found = observe(subject("MAML", reduction=reduction)(lambda p, each=each: lambda: each), GIVEN)
            np.testing.assert_allclose(found.direction, expected, rtol=1e-13)
    found = observe(subject("MAML", reduction="sum")(lambda p: lambda: FLAT), GIVEN)
    np.testing.assert_array_equal(found.direction, FLAT)  # it is the sum already


@pytest.mark.parametrize(
    ("returned", "kind", "said"),
    [
        (None, "nothing", "call() returned None"),
        (dict.fromkeys(SHAPES), "none", "every gradient is None"),
        ({**GIVEN.parameters, "head.bias": None}, "none", "the gradient of head.bias is None"),
        ({}, "names", "missing"),
        ({**GIVEN.parameters, "extra": 1}, "names", "extra not among the problem's parameters"),
        ({**GIVEN.parameters, "head.bias": np.zeros(4)}, "shape", "head.bias has shape (4,): it is to be (3,)"),
        (FLAT[:-1], "shape", "an array of shape (30,): it is to be (31,)"),
        (np.float64(3), "shape", "an array of shape ()"),
        ([FLAT, FLAT], "shape", "a list of 2"),
        ("text", "shape", "it is to hold real numbers"),
        (FLAT * 1j, "shape", "complex128"),
        (FLAT * np.nan, "not finite", "hidden.weight, hidden.bias, head.weight, head.bias are not finite"),
        ({**GIVEN.parameters, "head.bias": np.array([0, np.inf, 0])}, "not finite", "head.bias is not finite"),
        ((x for x in ()), "shape", "object"),
        ({**GIVEN.parameters, "head.bias": SimpleNamespace(shape=3)}, "shape", "head.bias holds object values"),
        ({**GIVEN.parameters, "head.bias": SimpleNamespace(shape=(3,))}, "shape", "head.bias holds object values"),
        (FLAT * 1e-200, "out of range", "its largest component is 1e-200 in magnitude: the norm"),
        (FLAT * 1e200, "out of range", "between 1e-140 and 1e+140, so that it can be measured in doubles"),
        ([FLAT * 1e307] * 3, "out of range", "its largest component is"),
    ],
)
def test_what_cannot_be_read_is_said(returned, kind, said):
    found = failure(returned)
    assert found.kind == kind
    assert said in found.message


def test_the_traceback_starts_in_the_subjects_code():
    def make(given):
        def call():
            raise ValueError("here")

        return call

    found = observe(make, problem("linear-robust")).failure
    assert found.message == "ValueError: here"
    assert "in call" in found.traceback.splitlines()[1]
    assert "mamlcheck/conformance" not in found.traceback


def test_what_is_not_a_subject():
    assert observe(lambda p: 3, problem("linear-robust")).failure.message.startswith("make(problem) returned a int")
    assert observe(lambda: None, problem("linear-robust")).failure.kind == "setup"
    with pytest.raises(InputError, match="is no algorithm known here"):
        subject("MALM")
    with pytest.raises(InputError, match="whole number"):
        subject("MAML", steps=(0,))
    for steps in (np.nan, [np.nan], "x", [], [1.5]):
        with pytest.raises(InputError, match="whole number"):
            subject("MAML", steps=steps)
    with pytest.raises(InputError, match="is no algorithm known here"):
        subject(3)
    for delta in (-1, "x", np.nan):
        with pytest.raises(InputError, match="number > 0"):
            subject("HF-MAML", delta=delta)
    with pytest.raises(InputError, match="'mean' or 'sum'"):
        subject("MAML", reduction="average")


def test_what_is_declared_is_kept_in_plain_numbers():
    for steps, counts in ((2, (2,)), ((1, 2.0), (1, 2)), (np.array([1, 3]), (1, 3)), (range(1, 3), (1, 2))):
        declared = metadata_of(subject("HF-MAML", steps=steps, delta=np.float32(0.5))(lambda p: None))
        assert declared.steps == counts
        assert [type(value) for value in (*declared.steps, declared.delta)] == [int] * len(counts) + [float]


@pytest.mark.parametrize("where", ["problem", "numpy", "torch", "torch model", "jax cannot"])
def test_changed_inputs_are_noticed(where):
    if where.startswith("torch"):
        torch = pytest.importorskip("torch")

    def make(given):
        def call():
            if where == "problem":
                given.tasks[1].inner[0][0, 0] += 1
            elif where == "numpy":
                given.on("numpy").tasks[1].inner[0][0, 0] += 1
            elif where == "torch":
                given.on("torch").tasks[1].inner[0].data[0, 0] += 1
            elif where == "torch model":
                with torch.no_grad():
                    given.on("torch").model.head.bias[0] += 1
            return given.parameters

        return call

    changed = observe(make, problem("tanh-cross-entropy")).changed
    expected = {
        "problem": ("problem.tasks[1].inner x",),
        "numpy": ("tasks[1].inner x",),
        "torch": ("tasks[1].inner x",),
        "torch model": ("model head.bias",),
        "jax cannot": (),
    }
    assert changed == expected[where]


def test_frameworks_arrays_are_read():
    torch = pytest.importorskip("torch")
    made = {k: torch.tensor(v, dtype=torch.float32, requires_grad=True) for k, v in GIVEN.parameters.items()}
    found = seen(made)
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found.directions[0], FLAT)
    halves = {k: torch.tensor(v, dtype=torch.bfloat16) for k, v in GIVEN.parameters.items()}
    assert seen(halves).dtype == "bfloat16"
    flat = torch.cat([half.ravel() for half in halves.values()])
    for returned in (flat, [flat] * 3, torch.stack([flat] * 3)):
        assert seen(returned).dtype == "bfloat16"
    jnp = pytest.importorskip("jax.numpy")
    assert seen({k: jnp.asarray(v) for k, v in GIVEN.parameters.items()}).failure is None


def test_an_unknown_framework_is_refused():
    with pytest.raises(InputError, match="no framework known here"):
        problem("linear-robust").on("fortran")


def test_a_framework_that_is_not_installed_is_named(monkeypatch):
    import sys

    from mamlcheck.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "mamlcheck.conformance.adapters.torch", raising=False)
    with pytest.raises(MissingExtra, match=r"pip install 'mamlcheck\[torch\]'"):
        problem("linear-robust").on("torch")
