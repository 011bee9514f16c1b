"""Calls that keep tensors alive are counted, those that keep none are not, and nothing else is touched."""

from __future__ import annotations

import gc
import subprocess
import sys

import numpy as np
import pytest
from planted import load

from mamlcheck.conformance import identify, problem, subject
from mamlcheck.conformance.subjects.keeping import aside, grown
from mamlcheck.conformance.subjects.running import observe

torch = pytest.importorskip("torch")


def keeping(what):
    """First-order MAML in PyTorch that hands each task's fast weights to `what`."""

    @subject("FO-MAML", steps=(1,))
    def make(given):
        p = given.on("torch")

        def call():
            w, directions = dict(p.model.named_parameters()), []
            for task in p.tasks:
                inner = p.loss(p.model(task.inner[0]), task.inner[1])
                slopes = torch.autograd.grad(inner, list(w.values()), create_graph=True)
                fast = {k: v - p.alpha * d for (k, v), d in zip(w.items(), slopes, strict=True)}
                what(fast)
                outer = p.loss(p.apply(fast, task.outer[0]), task.outer[1])
                directions.append(torch.autograd.grad(outer, list(fast.values())))
            return directions

        return call

    return make


def test_what_is_kept_is_counted():
    kept = []
    seen = observe(keeping(lambda fast: kept.append(fast["hidden.weight"])), problem("tanh-cross-entropy"))
    assert seen.kept["tensor"] >= 3  # one for each task, with what its graph has saved
    assert seen.kept["node of the graph"] > 3
    assert len(kept) == 4 * 3  # two calls, and two more to be sure
    bare = []
    seen = observe(keeping(lambda fast: bare.append(fast["hidden.weight"].detach())), problem("tanh-cross-entropy"))
    assert seen.kept == {"tensor": 3}


def test_what_is_put_in_the_place_of_another_is_not():
    last = {}
    assert observe(keeping(last.update), problem("tanh-cross-entropy")).kept == {}
    assert observe(keeping(lambda fast: None), problem("tanh-cross-entropy")).kept == {}


def test_a_cache_that_is_filled_once_is_not():
    cache = {}

    def once(fast):
        if len(cache) < 5:  # in the first call, and in the second
            cache[len(cache)] = fast

    assert observe(keeping(once), problem("tanh-cross-entropy")).kept == {}


def test_a_circle_that_python_collects_is_not():
    def circle(fast):
        fast["itself"] = fast
        del fast["itself"]
        ring = [fast["hidden.weight"]]
        ring.append(ring)

    assert observe(keeping(circle), problem("tanh-cross-entropy")).kept == {}


def test_it_is_a_note_in_one_line():
    kept = []
    diagnosis = identify(keeping(lambda fast: kept.append(fast)))
    assert diagnosis.conforms
    [note] = [note for note in diagnosis.notes if "alive" in note]
    assert note.startswith("Each call keeps 1")
    assert " tensors and " in note
    assert "nodes of the graph alive (on tanh-cross-entropy,alpha=0.4,steps=1,float64)" in note


def test_growth_is_the_same_each_time():
    assert grown([{"tensor": 3}, {"tensor": 5}, {"tensor": 7}]) == {"tensor": 2}
    assert grown([{"tensor": 3}, {"tensor": 5}, {"tensor": 5}]) == {}
    assert grown([{"tensor": 3}, {"tensor": 5}, {"tensor": 9}]) == {}
    assert grown([{}, {"tensor": 5}]) == {"tensor": 5}


def test_what_somebody_else_has_put_aside_stays_there():
    before = gc.get_freeze_count()
    with aside():
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == before
    gc.freeze()
    try:
        count = gc.get_freeze_count()
        with aside():
            pass
        assert gc.get_freeze_count() == count
    finally:
        gc.unfreeze()


def test_no_framework_is_imported_for_it():
    text = (
        "import sys, numpy as np\n"
        "from mamlcheck.conformance import problem\n"
        "from mamlcheck.conformance.subjects.running import observe\n"
        "def make(given):\n"
        "    return lambda: list(given.parameters.values())\n"
        "assert observe(make, problem('linear-robust')).kept == {}\n"
        "assert not {'torch', 'jax'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", text], check=True, timeout=60)


def test_arrays_of_jax_are_counted():
    jax = pytest.importorskip("jax")
    kept = []

    @subject("FO-MAML")
    def make(given):
        def call():
            kept.append(jax.numpy.asarray(np.ones(2)))
            return list(given.parameters.values())

        return call

    assert observe(make, problem("linear-robust")).kept["array"] == 1


def test_right_ones_keep_nothing():
    for name, make in load("torch_right").NAMED.items():
        assert observe(make, problem("tanh-cross-entropy", steps=2)).kept == {}, name
