"""The forms that a diagnosis by tensor, by sample or by task finds, against an oracle that shares nothing with them."""

from __future__ import annotations

import numpy as np
import pytest
from complex_steps import Oracle, chosen, joined

from mamlcheck.conformance import problem
from mamlcheck.conformance.diagnosis.parts.form import Form, Sample, as_candidate, own_samples
from mamlcheck.conformance.problems.kinds import kinds

INNER, OUTER = own_samples("inner"), own_samples("outer")
TENSORS = ("hidden.weight", "hidden.bias", "head.weight", "head.bias")


def on(part, factor, rest=1.0):
    """A factor of the tensors whose names hold a part."""
    return tuple((name, factor if part in name else rest) for name in TENSORS)


def turned(o, by):
    return [o.tasks[(i + by) % len(o.tasks)] for i in range(len(o.tasks))]


def of_other_tasks(o, role, by):
    """MAML whose inner or outer sets are those of other tasks."""
    found = []
    for task, other in zip(o.tasks, turned(o, by), strict=True):
        sets = {"inner": lambda t: t.inner, "outer": lambda t: t.outer, role: lambda t, s=other: s.batch(role)}
        found.append(o.maml(tasks=[task], **sets))
    return sum(found) / len(found)


def cut(o, objective):
    return o.mean(lambda t: o.detached(lambda w, c: objective(t, w, c)))


CASES = {
    "rate": ("MAML", Form(rate=0.5), lambda o: o.maml(rate=o.alpha / 2), None),
    "one step more": ("MAML", Form(more=1), lambda o: o.maml(steps=o.K + 1), None),
    "one step fewer": ("MAML", Form(more=-1), lambda o: o.maml(steps=o.K - 1), None),
    "rates": (
        "MAML",
        Form(rates=on("bias", 0.25, 1.5)),
        lambda o: o.maml(rate=o.alpha * (0.25 * o.on("bias") + 1.5 * o.on("weight"))),
        None,
    ),
    "rates of first order": (
        "FO-MAML",
        Form(rates=on("bias", 0.0)),
        lambda o: o.fo(on=o.on("weight")),
        None,
    ),
    "returned": ("MAML", Form(returned=on("hidden", 10.0)), lambda o: (1 + 9 * o.on("hidden")) * o.maml(), None),
    "first three": (
        "MAML",
        Form(inner=(INNER[:3],)),
        lambda o: o.maml(inner=lambda t: chosen(t.inner, slice(3))),
        None,
    ),
    "counts twice": (
        "MAML",
        Form(outer=(*OUTER, OUTER[-1])),
        lambda o: o.maml(outer=lambda t: (*t.outer, np.array([1, 1, 1, 1, 1, 1, 2]) / 8)),
        None,
    ),
    "joint": (
        "MAML",
        Form(inner=((*INNER, *OUTER),)),
        lambda o: o.maml(inner=lambda t: joined(t.inner, t.outer)),
        None,
    ),
    "next support": (
        "MAML",
        Form(inner=(own_samples("inner", 1),)),
        lambda o: of_other_tasks(o, "inner", 1),
        None,
    ),
    "query before": ("MAML", Form(outer=own_samples("outer", 2)), lambda o: of_other_tasks(o, "outer", 2), None),
    "rolled": (
        "MAML",
        Form(outer=tuple(Sample(0, "outer", i, (i - 1) % 7) for i in range(7))),
        lambda o: o.maml(outer=lambda t: (t.outer[0], np.roll(t.outer[1], 1, axis=0))),
        None,
    ),
    "weights": (
        "MAML",
        Form(weights=(0.5, 0.25, 0.0)),
        lambda o: o.maml(tasks=o.tasks[:1]) / 2 + o.maml(tasks=o.tasks[1:2]) / 4,
        None,
    ),
    "terms": (
        "MAML",
        Form(terms=(1.0, 0.0, -1.0)),
        lambda o: (
            sum(
                o.one(t, lambda g, t=t, f=f: f * o.hv(o.w, g, t.inner))
                for t, f in zip(o.tasks, (1, 0, -1), strict=True)
            )
            / 3
        ),
        1,
    ),
    "through": (
        "MAML",
        Form(through=on("hidden", 0.0)),
        lambda o: cut(
            o,
            lambda t, w, c: o.loss(
                w - o.alpha * (o.on("hidden") * o.grad(c, t.inner) + o.on("head") * o.grad(w, t.inner)), t.outer
            ),
        ),
        1,
    ),
    "kept": (
        "MAML",
        Form(kept=on("bias", 0.0)),
        lambda o: cut(
            o,
            lambda t, w, c: o.loss(o.on("weight") * w + o.on("bias") * c - o.alpha * o.grad(w, t.inner), t.outer),
        ),
        1,
    ),
    "arriving": (
        "MAML",
        Form(arriving=on("hidden", 0.0)),
        lambda o: cut(
            o,
            lambda t, w, c: o.loss(o.on("head") * o.adapt(w, t.inner) + o.on("hidden") * o.adapt(c, t.inner), t.outer),
        ),
        None,
    ),
    "rows": (
        "MAML",
        Form(rows=on("head", 0.0)),
        lambda o: o.on("head") * o.fo() + o.on("hidden") * o.maml(),
        1,
    ),
}


@pytest.mark.parametrize("name", kinds())
@pytest.mark.parametrize(
    ("case", "steps"), [(case, k) for case, (*_, only) in CASES.items() for k in (1, 2) if only in (None, k)]
)
def test_a_form_is_what_it_says(name, steps, case):
    algorithm, form, truth, _ = CASES[case]
    given = problem(name, steps=steps)
    c = as_candidate(algorithm, form)
    right = truth(Oracle(given))
    assert np.linalg.norm(c.screened(given) - right) <= 1e-13 * np.linalg.norm(right)
    enclosure = c.enclosed(given)
    assert np.linalg.norm(enclosure.midpoint - right) <= 1e-13 * np.linalg.norm(right)
    assert np.linalg.norm(enclosure.radius) <= 1e-14 * np.linalg.norm(right)


def test_batches_differ_from_step_to_step():
    """The second inner step is on the second batch, and so are all further ones."""
    first, second = INNER[:2], INNER[2:]

    def objective(o, w, t):
        for k in range(o.K):
            w = o.adapt(w, chosen(t.inner, slice(0, 2) if k == 0 else slice(2, 5)), steps=1)
        return o.loss(w, t.outer)

    for steps in (1, 2, 3):
        given = problem("tanh-squared-error", steps=steps)
        o = Oracle(given)
        right = o.mean(lambda t, o=o: o.d(lambda w: objective(o, w, t)))
        found = as_candidate("MAML", Form(inner=(first, second))).screened(given)
        assert np.linalg.norm(found - right) <= 1e-13 * np.linalg.norm(right)


def test_two_forms_are_told_apart():
    """What is kept of one is not taken for another's."""
    a, b = (as_candidate("MAML", Form(rate=r)) for r in (0.5, 0.5 + 2**-40))
    assert a.id != b.id
    assert a.screened(problem("linear-robust")).tolist() != b.screened(problem("linear-robust")).tolist()
