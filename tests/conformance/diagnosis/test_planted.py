"""Wrong implementations are named rightly, right ones raise no alarm, in both precisions and three frameworks."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from planted import diagnosed, load

from mamlcheck.conformance import identify, problem, subject
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import of_algorithm
from mamlcheck.conformance.mutants import mutants
from mamlcheck.conformance.subjects.running import observe

FRAMEWORKS = ("numpy", "torch", "jax")
PRECISIONS = ("float64", "float32")


def cases(kind: str, table: str) -> list[object]:
    found: list[object] = []
    for framework in FRAMEWORKS:
        if importlib.util.find_spec(framework) is None:
            reason = f"{framework} is not installed"
            found.append(pytest.param(framework, "", id=framework, marks=pytest.mark.skip(reason=reason)))
            continue
        names = getattr(load(f"{framework}_{kind}"), table)
        found += [pytest.param(framework, name, id=f"{framework}-{name}") for name in names]
    return found


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize(("framework", "name"), cases("wrong", "WRONG"))
def test_what_is_wrong_is_named(framework, name, dtype):
    module = load(f"{framework}_wrong")
    found, defects = module.WRONG[name]
    if name == "computed_in_float32" and dtype == "float32":
        defects = ()  # there it is what was asked for
    diagnosis = diagnosed(f"{framework}_wrong", name, dtype)
    print(diagnosis)
    assert (diagnosis.found, diagnosis.defects) == (found, defects)
    assert diagnosis.conforms == (not defects)
    for defect in set(defects) & set(mutants()):
        assert mutants()[defect].says in diagnosis.sentence


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize(("framework", "name"), cases("right", "NAMED"))
def test_no_false_alarm(framework, name, dtype):
    make = load(f"{framework}_right").NAMED[name]
    diagnosis = diagnosed(f"{framework}_right", name, dtype)
    print(diagnosis)
    assert diagnosis.conforms
    assert diagnosis.found == make.mamlcheck.algorithm
    assert "as declared" in diagnosis.sentence


@pytest.mark.parametrize(("framework", "name"), cases("right", "NAMED"))
def test_tolerances_leave_room(framework, name):
    """The errors of right implementations stay well below what the rounding analysis allows."""
    make = load(f"{framework}_right").NAMED[name]
    declared = algorithm(make.mamlcheck.algorithm)
    if declared.hessian == "difference" or make.mamlcheck.reduction == "sum" or name == "reptile_over_alpha":
        return  # a factor, or a delta, beside the plain formula: `identify` holds those above
    for dtype, unit in (("float64", 2.0**-53), ("float32", 2.0**-24)):
        seen = observe(make, problem("tanh-cross-entropy", dtype=dtype))
        best = min(
            of_algorithm(declared),
            key=lambda c: float(np.linalg.norm(seen.directions[0] - c.enclosed(seen.problem).midpoint)),
        )
        error = np.linalg.norm(seen.directions[0] - best.enclosed(seen.problem).midpoint)
        assert error <= best.tolerance(seen.problem) * unit / 4


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("size", [1e-11, 1e-9, 1e-7, 1e-5, 1e-3])
def test_a_small_error_of_no_kind_gets_no_name(dtype, size):
    """Random numbers added to MAML are no difference of gradients, no weight, rate or coefficient, however small."""
    right = load("numpy_right").by_hand

    @subject("MAML", steps=(1,))
    def make(given):
        call = right(given)

        def off():
            each = call()
            mean = {k: np.mean([d[k] for d in each], axis=0) for k in each[0]}
            random = np.random.default_rng(1)
            scale = size * np.sqrt(np.mean(np.concatenate([v.ravel() for v in mean.values()]) ** 2))
            return {k: (v + scale * random.standard_normal(v.shape)).astype(v.dtype) for k, v in mean.items()}

        return off

    diagnosis = identify(make, dtype=dtype)
    print(diagnosis)
    assert diagnosis.defects in ((), ("not_recognised",), ("lower_precision",))
    assert diagnosis.found in ("MAML", None)
    if diagnosis.found is None:
        assert "the best fit is MAML, with a residual of" in diagnosis.sentence


def test_enough_are_planted():
    """At least 30 wrong and 12 right ones, and 25 of the known defects; `test_every_file.py` tries all of these."""
    frameworks = [f for f in FRAMEWORKS if importlib.util.find_spec(f) is not None]
    if set(frameworks) != set(FRAMEWORKS):
        pytest.skip("needs PyTorch and JAX")
    wrong = [v for f in frameworks for v in load(f"{f}_wrong").WRONG.values()]
    assert len(wrong) >= 30
    assert sum(len(load(f"{f}_right").NAMED) for f in frameworks) >= 12
    planted = {defect for _, defects in wrong for defect in defects}
    assert len(planted & set(mutants())) >= 25
