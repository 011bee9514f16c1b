"""Every entry of the dictionary is what instances compute: the term, evaluated, and the quantity enclose one number."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

import extremes
import numpy as np
import pytest
from fractions_drawn import draws

from mamlcheck.arithmetic import NotExact, ball, rational
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.claims import load_claim
from mamlcheck.errors import TooManyBatches
from mamlcheck.language.directions import DirectionQuantities
from mamlcheck.language.quantities import Quantities, StepQuantities
from mamlcheck.language.reading import COORDINATES, ONE, POINTS, TASKS, CannotBeRead
from mamlcheck.language.statement import language_of
from mamlcheck.language.terms import Language
from mamlcheck.language.vocabulary import TASK
from mamlcheck.meta.evaluation import Evaluation
from mamlcheck.meta.instance import BatchSizes, InstanceOn, Instances
from mamlcheck.meta.objective import InnerStep
from mamlcheck.meta.variables import arrays
from mamlcheck.proof.evaluate import Values
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss

DRAWN, FIXED = "lemma_4_9.first_moment", "ours.lemma_4_10.bias"  # claims of all tasks, with L > 0, and of a fixed one
STEP = "ours.descent.hf_maml"  # a claim of one step with all its batches

OF_ANY = ("dimension", *(variable.name for variable in arrays()))  # a declared variable has a term by itself
OF_ALL_TASKS = (
    "smoothness_bound", "stochastic_meta_gradient_error", "stepsize_moments", "task_variance", "gradient_variances",
    "mean_gradient_variance", "hessian_variances", "least_curvature",
)  # fmt: skip
OF_ONE_STEP = (
    "meta_gradient", "mean_adapted_gradient", "adapted_gradient_spread", "step_task_variance",
    "noisy_mean_gradient_variance", "full_hf_maml", "full_hf_maml_error",
)  # fmt: skip
OF_RUNS = (  # of whole runs: instances know them where tasks share one curvature (tests/meta/test_exact_run.py)
    "maml_run", "fo_maml_run", "hf_maml_run", "initial_gap", "assumed_task_variance", "assumed_gradient_variance",
    "assumed_hessian_variance",
)  # fmt: skip
DIRECTIONS = ("maml", "fo_maml", "hf_maml")
OF_DIRECTIONS = ("mean", "error", "along", "second_moment", "hessian_noise")
OF_THE_FIXED_TASK = (
    "noisy_gradient_bias", "noisy_gradient_bias_bound", "noisy_gradient_second_moment", "noisy_gradient_excess",
    "hessian_difference_error", "fixed_task_variance", "noisy_fixed_task_variance", "noisy_gradient_variance",
    "spare_outer_variance",
)  # fmt: skip
STEPS = {"at_both": DRAWN, "at_w": DRAWN, "fixed_task": FIXED}
OF_STEPS = ("gradient", "adapted", "adapted_gradient", "meta_gradient", "mean_gradient_norm")
IN_PARTS = ("ar", "sizes", "tasks", *STEPS, *DIRECTIONS, "inner_steps")  # tested below, or by the claims that use them

NO_TERM = {
    "given": "the data themselves",
    "everywhere": "which form is computed; a claim that asks is two claims",
    "alone": "another arithmetic",
    "some": "another arithmetic",
    "with_global_deviations": "another form",
    "batches": "the batches themselves: means over them are quantities",
    "over_batches": "a mean of whatever it is given",
    "noisy_adapted": "the tasks at w_i: what claims need of them are quantities",
    "noisy_gradient_change": "varies with the inner batch",
    "noisy_steps": "vary with the inner batch: what claims need of them are quantities",
    "spread_over_tasks": "a variance of whatever it is given",
    "difference_rule": "what HF-MAML's delta is made of",
    "run_is_known": "what can be computed: proofs do without it",
    "inner_batches_in_reach": "what can be computed: proofs do without it",
    "outer_pairs_in_reach": "what can be computed: proofs do without it",
}


@cache
def sample():
    found = []
    for _, block in blocks(RandomSweep(5), 400):
        few = block[:3]
        found.append(replace(few, sizes=replace(few.sizes, inner=2, outer=1, hessian=2, test=2)))
    return [x for x in found if x.tasks.m <= 4]


@cache
def few():
    """Two tasks of two samples, and batches of two: small enough for HF-MAML's pairs of batches and its roots.

    On a line |v| is a fraction, and so is HF-MAML's delta; in two dimensions balls alone tell.
    """
    found = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        values = np.sort(draws(rng, 2, 2, 2, denominator=4, size=4), axis=-1)
        share = np.array([[Fraction(1, 4), Fraction(3, 4)]], dtype=object)
        line = extremes.spline_tasks([[[-2, 2]] * 2] * 2, values, draws(rng, 2, 2), share)
        plane = RidgeTasks(
            draws(rng, 1, 2, 2, 2), draws(rng, 1, 2, 2), draws(rng, 1, 2, 2, denominator=3, size=4),
            np.array([Fraction(1, 7)], dtype=object), share, (loss("log_cosh"),) * 2,
        )  # fmt: skip
        for tasks in (line, plane):
            rate = Fraction(1, 3) / max(1, Fraction(tasks.smoothness.item()))
            numbers = {name: draws(rng, 1, tasks.d) for name in "wuv"}
            sizes = BatchSizes(inner=2, outer=2, hessian=2)
            one = [np.array([Fraction(c)], dtype=object) for c in (rate, 1, 1)]
            found.append(
                Instances(tasks, one[0], numbers["w"], numbers["u"], numbers["v"], one[1], one[2], sizes=sizes)
            )
    return found


def test_every_quantity_of_an_instance_has_a_term_or_a_reason_not_to():
    public = {name for kind in (InstanceOn, Evaluation) for name in dir(kind) if not name.startswith("_")}
    public |= {"given", "ar", "sizes", *OF_ANY}
    entries = {*OF_ANY, *OF_ALL_TASKS, *OF_ONE_STEP, *OF_RUNS, *OF_THE_FIXED_TASK, *IN_PARTS}
    assert public - entries - NO_TERM.keys() == set()
    assert entries == {name for name in dir(Quantities(Language())) if not name.startswith("_")}
    assert set(OF_STEPS) | {"smoothness_bound"} == {n for n in dir(StepQuantities) if not n.startswith("_")}
    assert {name for name in dir(StepQuantities) if not name.startswith("_")} <= set(dir(InnerStep))
    assert tuple(n for n, v in vars(DirectionQuantities).items() if isinstance(v, property)) == OF_DIRECTIONS


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize(
    ("claim", "name"),
    [
        *((claim, name) for claim in (DRAWN, FIXED) for name in OF_ANY),
        *((DRAWN, name) for name in OF_ALL_TASKS),
        *((STEP, name) for name in OF_ONE_STEP),
        *((FIXED, name) for name in OF_THE_FIXED_TASK),
    ],
)
def test_a_quantity_is_the_term_that_the_dictionary_has(claim, name, everywhere):
    language = language_of(load_claim(claim))
    if everywhere and name in ("task_variance", "step_task_variance"):
        with pytest.raises(CannotBeRead, match=r"Assumption 4\.5"):
            getattr(Quantities(language, everywhere), name)
        return
    reading = getattr(Quantities(language, everywhere), name)
    instances = few if "hf_maml" in name else sample
    assert compared(language, lambda x: getattr(x, name), reading, everywhere, instances) >= (3 if everywhere else 8)


@pytest.mark.parametrize("name", OF_STEPS)
@pytest.mark.parametrize("step", STEPS)
def test_a_quantity_of_an_inner_step_is_the_term_that_the_dictionary_has(step, name):
    language = language_of(load_claim(STEPS[step]))
    quantities = getattr(Quantities(language), step)
    if step == "fixed_task" and name in ("meta_gradient", "mean_gradient_norm"):
        with pytest.raises(CannotBeRead, match="a mean over tasks"):
            getattr(quantities, name)
        return
    assert compared(language, lambda x: getattr(getattr(x, step), name), getattr(quantities, name)) >= 8


@pytest.mark.parametrize("name", OF_DIRECTIONS)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_quantity_of_a_direction_is_the_term_that_the_dictionary_has(direction, name):
    """FO-MAML has no Hessian batch, and so no quantity of its noise; as a term the noise is 0."""
    language = language_of(load_claim(STEP))
    reading = getattr(getattr(Quantities(language), direction), name)
    if (direction, name) == ("fo_maml", "hessian_noise"):
        assert reading.cells == (0,)
        return
    assert compared(language, lambda x: getattr(getattr(x, direction), name), reading, instances=few) >= 8


def test_directions_are_compared_where_all_that_they_need_is_there():
    """alpha and rho > 0, so that HF-MAML's delta is a number; and noise in every batch."""
    for one in few():
        assert one.alpha.item() > 0
        assert one.hessian_lipschitz_constant.item() > 0
        with ball.working():
            x = one.on(ball)
            noise = (x.mean_gradient_variance, x.maml.hessian_noise, x.hf_maml.hessian_noise, x.step_task_variance)
            assert all((ball.lower(part) > 0).all() for part in noise)
            assert (ball.lower(x.ar.squared_norm(x.maml.error)) > 0).all()


def compared(language, compute, reading, everywhere=False, instances=sample):
    """On how many instances the two were compared, in balls, and in fractions where these can be had."""
    count = 0
    for block in instances():
        if everywhere and block.tasks.global_deviations is None:
            continue
        for ar in (ball, rational):
            with ar.working():
                try:
                    x = block.on(ar, everywhere)
                    pairs = list(both(Values(language, x), x, compute(x), reading))
                except (NotExact, TooManyBatches):
                    continue
                for computed, meant in pairs:
                    assert (ar.less_equal(computed, meant) != 0).all(), reading
                    assert (ar.less_equal(meant, computed) != 0).all(), reading
                count += len(block.alpha)
    return count


def both(values, x, computed, reading):
    """What was computed and what is meant, of each cell of a reading, with the same axes."""
    if isinstance(reading, tuple):
        for one, other in zip(computed, reading, strict=True):
            yield from both(values, x, one, other)
        return
    for k, cell in enumerate(reading.cells):
        vector = reading.axes[-1:] == (COORDINATES,)
        meant = values.vector(cell) if vector else values.scalar(cell)
        index = tuple(slice(None) if axis in (TASKS, COORDINATES) else k for axis in reading.axes)
        assert all(axis in (TASKS, COORDINATES, ONE, POINTS) for axis in reading.axes)
        yield computed[(..., *index)], values.aligned(meant, (TASK,) if TASKS in reading.axes else (), int(vector))


def test_the_bound_of_the_bias_is_psi_in_both_of_its_cases():
    """kappa = 1 gives rho t^2 / 2, and kappa = L / (rho t) gives L t - L^2 / (2 rho)."""
    x = language_of(load_claim(FIXED))
    (bound,) = Quantities(x).noisy_gradient_bias_bound.cells
    symbols = {s.name: s for s in bound.free_symbols}
    smooth, rho, kappa = symbols["L"], symbols["rho"], symbols["kappa"]
    t = symbols["alpha"] * symbols["sigma~_i(w)"] / symbols["root_D_in"]
    assert (bound.subs(kappa, 1) - rho * t**2 / 2).expand() == 0
    assert (bound.subs(kappa, smooth / (rho * t)) - smooth * t + smooth**2 / (2 * rho)).simplify() == 0


def test_a_wrong_entry_is_noticed():
    language = language_of(load_claim(FIXED))
    right = Quantities(language).noisy_gradient_excess
    with pytest.raises(AssertionError):
        compared(language, lambda x: x.noisy_gradient_excess, right * 2)
    with pytest.raises(AssertionError):
        compared(language, lambda x: x.noisy_gradient_excess + x.alpha, right)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_direction_of_another_algorithm_is_noticed(direction):
    language = language_of(load_claim(STEP))
    for other in set(DIRECTIONS) - {direction}:
        for name in ("mean", "second_moment"):
            reading = getattr(getattr(Quantities(language), direction), name)
            with pytest.raises(AssertionError):
                compared(
                    language, lambda x, other=other, name=name: getattr(getattr(x, other), name), reading, instances=few
                )
