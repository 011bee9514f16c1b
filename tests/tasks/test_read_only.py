"""Data are read-only from the constructor on: what was certified of them once stays true.

Of every kind of task, profile and instance: nobody writes into an array of theirs, and arrays that the caller may still
write into were copied.
"""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields, is_dataclass
from fractions import Fraction

import numpy as np
import pytest

import mamlcheck
from mamlcheck.arithmetic import arb, ball, float64
from mamlcheck.arithmetic.exact import exact_array, frozen
from mamlcheck.meta.expectation import multisets
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.losses import loss

CONSTANTS = ("smoothness", "hessian_lipschitz", "same_samples", "global_deviations")
SUPREMA = ("sup_first", "sup_second", "sup_third", "same_samples")
N, M, D, K = 2, 3, 2, 3


def numbers(kind, *shape):
    """Arrays that anybody may write into: doubles, small integers, and fractions."""
    values = 1.0 + np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape) / 8
    if kind == "doubles":
        return values
    out = np.empty(shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) + Fraction(1, 3) for v in values.ravel().tolist()]
    return out


def given_arrays(kind, family, lead):
    """The constructor, and what a caller hands to it."""
    p = np.full((*lead, N), 0.5)
    if family == "quadratic":
        matrices = numbers(kind, *lead, N, M, D, D)
        return QuadraticTasks, [matrices + np.swapaxes(matrices, -1, -2), numbers(kind, *lead, N, M, D), p]
    arrays = [numbers(kind, *lead, N, M, D), *(numbers(kind, *lead, N, M) for _ in range(2)), numbers(kind, *lead), p]
    if family == "losses":
        return lambda *a: RidgeTasks(*a, [loss("sin"), loss("log_cosh")]), arrays
    spline = [numbers(kind, *lead, N, M, K), numbers(kind, *lead, N, M, K) * 2, numbers(kind, *lead, N, M)]
    return SplineTasks, arrays + spline


every = pytest.mark.parametrize(
    ("kind", "family"), [(k, f) for k in ("doubles", "fractions") for f in ("quadratic", "losses", "splines")]
)


def arrays_of(thing):
    """Every array that can be reached from a dataclass, its constants included, by name."""
    found = {}
    names = [f.name for f in fields(thing)] + [n for n in (*CONSTANTS, *SUPREMA) if hasattr(type(thing), n)]
    for name in names:
        value = getattr(thing, name)
        if isinstance(value, np.ndarray):
            found[name] = value
        elif is_dataclass(value):
            found |= {f"{name}.{inner}": array for inner, array in arrays_of(value).items()}
        elif hasattr(value, "items"):
            found |= {f"{name}.{key}": array for key, array in value.items()}
    return found


def refuse_writing(thing):
    arrays = arrays_of(thing)
    assert arrays
    for name, array in arrays.items():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        assert not array.flags.writeable, name
    return arrays


def instances(tasks, lead, kind="doubles"):
    return Instances(
        tasks, *(numbers(kind, *lead, *shape) for shape in ((), (D,), (D,), (D,), (), ())),
        sizes=BatchSizes(inner=2), smoothness=numbers(kind, *lead) * 100, hessian_lipschitz=numbers(kind, *lead) * 100,
    )  # fmt: skip


@every
@pytest.mark.parametrize("lead", [(), (4,)])
def test_nobody_writes_into_tasks(kind, family, lead):
    make, arrays = given_arrays(kind, family, lead)
    tasks = make(*arrays)
    assert len(refuse_writing(tasks)) >= len(arrays) + 3
    for part in (tasks.alone(1), *([tasks[1], tasks[1:3], tasks[[2, 0]]] if lead else [])):
        refuse_writing(part)
    with pytest.raises((AttributeError, TypeError)):
        tasks.probabilities = 0
    if tasks.global_deviations is not None:
        with pytest.raises(TypeError):
            tasks.global_deviations["sigma"] = 0


@every
def test_what_the_caller_writes_afterwards_changes_nothing(kind, family):
    make, arrays = given_arrays(kind, family, (4,))
    before = make(*(a.copy() for a in arrays))
    views = [a.view() for a in arrays]  # read-only to look at, and yet the caller's
    for view in views:
        view.setflags(write=False)
    for handed in (arrays, views):
        tasks = make(*handed)
        written = [a.copy() for a in arrays]
        for array in arrays:
            array[...] = array * 7
        for name, value in arrays_of(tasks).items():
            assert (value == arrays_of(before)[name]).all()
        for array, old in zip(arrays, written, strict=True):
            array[...] = old


@pytest.mark.parametrize("kind", ["doubles", "fractions"])
def test_nobody_writes_into_instances(kind):
    make, arrays = given_arrays(kind, "splines", (4,))
    block = instances(make(*arrays), (4,), kind)
    assert len(refuse_writing(block)) >= 20
    for part in (block[1], block[1:3]):
        refuse_writing(part)
    given = numbers(kind, 4)
    kept = Instances(block.tasks, given, block.w, block.u, block.v, block.delta, block.phi)
    given[...] = 0
    assert (kept.alpha > 0).all()


@pytest.mark.parametrize("ar", [ball, arb(64), float64], ids=repr)
@pytest.mark.parametrize("family", ["quadratic", "losses", "splines"])
def test_a_claim_cannot_change_what_others_read(family, ar):
    """`y = x.alpha; y += 1` in a claim of one's own: in ball a new number, elsewhere NumPy would write into alpha."""
    make, arrays = given_arrays("fractions", family, (2,))
    with ar.working():
        x = instances(make(*arrays), (2,), "fractions").on(ar)
        quantities = [
            x.alpha, x.w, x.smoothness, x.task_variance, x.mean_gradient_variance, x.hessian_variances, x.at_w.gradient,
            x.at_both.meta_gradient, x.at_w.adapted_gradient, x.noisy_gradient_bias, *x.stepsize_moments,
        ]  # fmt: skip
        for quantity in quantities:
            for array in (quantity.mid, quantity.rad) if ar is ball else (quantity,):
                assert array is None or not array.flags.writeable


def test_losses_keep_no_list_of_the_callers():
    given = [loss("sin"), loss("sin")]
    ones = np.ones((2, 1))
    tasks = RidgeTasks(ones[..., None], ones, ones, np.zeros(()), np.full(2, 0.5), given)
    given[0] = loss("quadratic")
    assert tasks.losses == (loss("sin"), loss("sin"))


def unpickled(x):
    return pickle.loads(pickle.dumps(x))


@every
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, unpickled])
def test_copies_are_read_only_and_hold_nothing_of_the_original(kind, family, again):
    """NumPy's own copies can be written into, and would take the constants of the original along."""
    make, arrays = given_arrays(kind, family, (2,))
    block = instances(make(*arrays), (2,), kind)
    refuse_writing(block)
    other = again(block)
    if other.tasks is not block.tasks:
        assert not {"smoothness", "hessian_lipschitz", "global_deviations"} & set(other.tasks.__dict__)
    assert all((a == arrays_of(block)[name]).all() for name, a in refuse_writing(other).items())
    assert other.sizes == block.sizes


def test_a_constant_certified_once_cannot_be_made_wrong():
    """In-place change of the data gave a violation that called itself guaranteed."""
    a, c = np.ones((1, 1, 1, 1)), np.ones((1, 1, 1))
    tasks = RidgeTasks(a, np.zeros((1, 1, 1)), c, np.zeros(1), np.ones((1, 1)), (loss("quadratic"),))
    one = Instances(
        tasks, np.array([0.5]), np.array([[1.0]]), np.array([[-1.0]]), np.ones((1, 1)), np.ones(1), np.ones(1)
    )
    assert one.smoothness_constant == 1
    a[...], c[...] = 100, 100
    with pytest.raises(ValueError, match="read-only"):
        tasks.a[...] = 100
    with pytest.raises(ValueError, match="read-only"):
        tasks.smoothness[...] = 100
    checked = mamlcheck.check_claim("lemma_4_8", one)
    assert str(checked.verdict) == "HOLDS"


def test_slices_share_their_memory():
    """Blocks are sliced all the time: what is read-only already is not copied."""
    for family in ("quadratic", "losses", "splines"):
        make, arrays = given_arrays("doubles", family, (4,))
        tasks = make(*arrays)
        again = make(*(arrays_of(tasks)[n] for n in arrays_of(tasks) if n.split(".")[-1] not in (*CONSTANTS, *SUPREMA)
                       and not n.startswith("global")))  # fmt: skip
        for name, array in arrays_of(tasks).items():
            if name in ("a", "b", "matrices", "centres", "knots"):
                assert np.shares_memory(arrays_of(tasks[1:3])[name], array)
                assert arrays_of(again)[name] is array


def test_what_is_frozen():
    own = np.arange(3.0)
    kept = frozen(own)
    assert not np.shares_memory(kept, own)
    assert frozen(kept) is kept
    assert frozen(kept[1:]).base is kept
    looked_at = own.view()
    looked_at.setflags(write=False)
    assert not np.shares_memory(frozen(looked_at), own)
    assert not np.shares_memory(frozen(np.broadcast_to(own, (2, 3))), own)
    held = np.frombuffer(bytearray(own.tobytes()))  # the memory of something else, which may change
    held.setflags(write=False)
    assert not np.shares_memory(frozen(held), held)
    for values in (own, own.astype(np.float32), [1, 2], [Fraction(1, 3)], np.arange(3), own.astype(object)):
        assert not exact_array(values).flags.writeable


def test_batches_are_read_only():
    batches = multisets(3, 2)
    for array in (batches.counts, batches.multiplicity):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
