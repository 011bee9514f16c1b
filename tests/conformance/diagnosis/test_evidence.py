"""What a diagnosis rests on, and that the list of checks, which looks further, never contradicts it."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from click.testing import CliRunner
from planted import PLANTED, diagnosed, load, subject_of

from mamlcheck.cli import main
from mamlcheck.conformance import Metadata, Observation, conform, identify, problem, subject
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import of_algorithm
from mamlcheck.conformance.diagnosis.evidence import cannot_run, evidence
from mamlcheck.conformance.diagnosis.identifying import diagnose
from mamlcheck.conformance.diagnosis.suite import observations, suite
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.problem import INNER_RATES, catalogue
from mamlcheck.conformance.subjects.observing import SubjectFailure
from mamlcheck.conformance.subjects.running import observe
from mamlcheck.errors import InputError

TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not TORCH, reason="torch is not installed")


NARROW = list(load("torch_narrow").SAID) if TORCH else []


# -- what is said, and on what it rests ----------------------------------------------------------------------------
@pytest.mark.parametrize("name", NARROW)
def test_narrow_subjects_get_no_false_word(name):
    module = load("torch_narrow")
    found, defects, words, never = module.SAID[name]
    diagnosis = diagnosed("torch_narrow", name)
    print(diagnosis)
    assert (diagnosis.found, diagnosis.defects) == (found, defects)
    assert diagnosis.conforms == (not defects)
    for word in words:
        assert word in diagnosis.sentence
    for word in never:
        assert word not in diagnosis.text


@needs_torch
def test_what_cannot_be_run_is_said_in_a_line():
    diagnosis = identify(load("torch_narrow").regression_with_the_loss_given)
    assert diagnosis.notes == ("It cannot be run on tanh-cross-entropy: TypeError: regression only.",)
    assert diagnosis.rests_on == (
        "This rests on 7 of 10 observations: 2 of 3 problems (tanh-squared-error and linear-robust), alpha = 0.4 and "
        "0.05, 1 and 2 inner steps, float64 and float32."
    )
    in_double = identify(load("torch_narrow").double_only)
    assert len(in_double.notes) == 1
    assert in_double.notes[0].startswith("It cannot be run in float32: ")
    assert in_double.evidence.precisions == ("float64",)
    assert in_double.evidence.observations == 9


def test_as_declared_needs_two_rates_and_two_numbers_of_steps():
    def seen(alpha, steps):
        given = problem("linear-robust", alpha=alpha, steps=steps)
        return Observation(given, (np.ones(4), np.ones(4)), "float64")

    one, rates, steps = [seen(0.4, 1)], [seen(0.4, 1), seen(0.05, 1)], [seen(0.4, 1), seen(0.4, 2)]
    undeclared, declared = Metadata("MAML"), Metadata("MAML", steps=(1,))
    assert "a rate and a number of inner steps written" in evidence(one, 9).lacks(undeclared)
    assert "told from a rate written" in evidence(one, 9).lacks(declared)
    assert "told from a number of inner steps written" in evidence(rates, 9).lacks(undeclared)
    assert evidence(rates, 9).lacks(declared) == ""
    assert "told from a rate written" in evidence(steps, 9).lacks(undeclared)
    assert evidence([*rates, *steps], 9).lacks(undeclared) == ""


def test_agreement_on_too_few_is_no_declaration_kept():
    right = load("numpy_right").by_hand

    @subject("MAML", steps=(1,))
    def make(given):
        if given.alpha == INNER_RATES[0]:
            return right(given)
        raise NotImplementedError("one rate only")

    only_one_model = [observe(make, p) for p in suite("float64", Metadata(steps=(1,))) if p.alpha == INNER_RATES[0]]
    diagnosis = diagnose("mine", only_one_model, make.mamlcheck)
    assert diagnosis.sentence == (
        "You declared MAML. This agrees with MAML (relative error 6e-16), but on 3 observations with alpha = 0.4, "
        "which cannot be told from a rate written into the code."
    )
    assert not diagnosis.conforms
    assert diagnosis.defects == ("too_few_observations",)
    assert "as declared" not in identify(make).sentence


def test_what_raises_throughout_is_left_out_and_nothing_else():
    raised, hung = SubjectFailure("exception", "ValueError: no"), SubjectFailure("timeout", "it hung")
    ran = (np.ones(3), np.ones(3))

    def seen(name, dtype, failure=None):
        return Observation(
            problem(name, dtype=dtype), () if failure else ran, "" if failure else dtype, failure=failure
        )

    a, b = list(kinds())[:2]
    assert cannot_run([seen(a, "float64", raised), seen(b, "float64")]) == {a: raised}
    assert cannot_run([seen(a, "float64", hung), seen(b, "float64")]) == {}
    assert cannot_run([seen(a, "float64", raised), seen(a, "float64"), seen(b, "float64")]) == {}
    assert cannot_run([seen(a, "float64"), seen(a, "float32", raised)]) == {"float32": raised}
    assert cannot_run([seen(a, "float64", raised), seen(b, "float64", raised)]) == {}


def test_a_subject_that_hangs_is_asked_no_further():
    asked = []

    def hangs(given):
        asked.append(given)
        return Observation(given, failure=SubjectFailure("timeout", "it had not returned"))

    assert len(observations(hangs, "float64", Metadata())) == len(asked) == 1


def in_float32(change, but_on=lambda given: False):
    """MAML by hand; in float32 with its direction changed, or, on some problems, an exception."""
    right = load("numpy_right").by_hand

    @subject("MAML")
    def make(given):
        if given.dtype == "float32" and but_on(given):
            raise ValueError("boom")
        call = right(given)
        return lambda: [{k: change(v) if given.dtype == "float32" else v for k, v in d.items()} for d in call()]

    return make


def test_one_problem_in_float32_that_raises_leaves_the_others_in():
    make = in_float32(lambda v: 3 * v, lambda given: given.id == "tanh-cross-entropy,alpha=0.4,steps=1,float32")
    diagnosis, conformance = identify(make), conform(make)
    assert diagnosis.defects == ("precision_differs", "exception")
    assert "in float32 it is multiplied by the number of tasks" in diagnosis.sentence
    assert "on tanh-cross-entropy,alpha=0.4,steps=1,float32 there is no direction: ValueError: boom" in (
        diagnosis.sentence
    )
    assert diagnosis.notes == ()
    failed = [r for r in conformance.results if "float32" in r.check and r.outcome == "failed"]
    assert len(failed) == len([p for p in catalogue() if p.dtype == "float32"])


def test_what_raises_in_float32_throughout_cannot_be_run_there():
    diagnosis = identify(in_float32(lambda v: v, lambda given: True))
    assert diagnosis.conforms
    assert diagnosis.notes == ("It cannot be run in float32: ValueError: boom.",)


@pytest.mark.parametrize("steps", [None, (1, 2)])
def test_what_raises_with_more_steps_is_told_once(steps):
    right = load("numpy_right").by_hand

    @subject("MAML", steps=steps)
    def make(given):
        if given.steps > 1:
            raise NotImplementedError("one step")
        return right(given)

    diagnosis = identify(make)
    assert (diagnosis.found, diagnosis.defects[0]) == ("MAML", "exception")
    assert diagnosis.sentence.count("NotImplementedError: one step") == 1
    assert "with 2 inner steps there is no direction, as on tanh-cross-entropy,alpha=0.4,steps=2,float64: NotImpl" in (
        diagnosis.sentence
    )
    asked = "If it is for 1 inner step alone, declare it: steps=(1,)."
    assert diagnosis.sentence.endswith(asked) == (steps is None)


# -- identify and the checks ---------------------------------------------------------------------------------------
def test_what_identify_looks_at_is_part_of_what_the_checks_look_at():
    for metadata in (Metadata(), Metadata(steps=(1,)), Metadata(steps=(2, 3))):
        everything = {p.id for p in catalogue(metadata.steps or (1, 2, 3))}
        assert {p.id for dtype in ("float64", "float32") for p in suite(dtype, metadata)} <= everything


EVERY = 4  # of the planted in PyTorch, to save time: all were tried when this was written


def _cheap() -> list[object]:
    """Planted subjects, without those in JAX, which compiles for minutes."""
    found = []
    for module, table in [("numpy_wrong", "WRONG"), ("numpy_right", "NAMED")]:
        found += [(module, name) for name in getattr(load(module), table)]
    if TORCH:
        found += [("torch_narrow", name) for name in load("torch_narrow").SAID]
        for module, table in [("torch_wrong", "WRONG"), ("torch_right", "NAMED")]:
            found += [(module, name) for name in list(getattr(load(module), table))[::EVERY]]
        found += [("torch_right", "reptile_over_alpha"), ("torch_wrong", "delta_far_too_large")]
    return [pytest.param(*one, id="-".join(one)) for one in found]


@pytest.mark.parametrize(("module", "name"), _cheap())
def test_identify_and_the_checks_agree(module, name):
    make = subject_of(module, name)
    if make.mamlcheck.algorithm == "HF-MAML" and make.mamlcheck.delta is None:
        return  # it cannot be held against a reference
    diagnosis, conformance = diagnosed(module, name), conform(make)
    print(conformance)
    assert diagnosis.conforms == conformance.conforms
    if name != "dropout_left_on":  # random: its figures are others each time
        assert (conformance.diagnosis.found, conformance.diagnosis.defects) == (diagnosis.found, diagnosis.defects)


def off_where(where, by=1e-6):
    """MAML by hand that is off on the problems that `where` says."""
    right = load("numpy_right").by_hand

    @subject("MAML")
    def make(given):
        call = right(given)
        return lambda: [{k: v * (1 + by * where(given)) for k, v in d.items()} for d in call()]

    return make


@pytest.mark.parametrize("where", [lambda p: p.steps == 3, lambda p: p.alpha == 0.001, lambda p: p.offset == 1])
def test_checks_that_look_further_do_not_repeat_as_declared(where):
    make = off_where(where, 1e-3)
    diagnosis, conformance = identify(make), conform(make)
    assert diagnosis.conforms
    assert "This rests on 10 of 10 observations" in diagnosis.text
    assert not conformance.conforms
    assert "as declared" not in conformance.text
    assert conformance.diagnosis.defects == ("not_everywhere",)
    assert "This is MAML where it was identified, but beyond the observations" in conformance.diagnosis.sentence
    assert next(r.check for r in conformance.results if r.outcome == "failed") in conformance.diagnosis.sentence


@needs_torch
def test_what_the_diagnosis_alone_sees_fails_a_check():
    """HF-MAML with the delta that was declared, which is far too large."""
    conformance = conform(load("torch_wrong").delta_far_too_large)
    assert [(r.check, r.message) for r in conformance.failed] == [
        ("diagnosis", "the diagnosis finds hf_delta_too_large")
    ]


@needs_torch
def test_checks_of_what_cannot_be_run_are_not_run_and_say_so():
    conformance = conform(load("torch_narrow").regression_with_the_loss_given)
    assert conformance.conforms
    left_out = [r for r in conformance.results if r.outcome == "not run"]
    assert len(left_out) == 18
    for result in left_out:
        assert result.check.startswith("reference[tanh-cross-entropy,")
        assert result.message == "it cannot be run on tanh-cross-entropy: TypeError: regression only"
    assert "conforms to MAML on tanh-squared-error and linear-robust" in conformance.summary()


@needs_torch
@pytest.mark.parametrize("name", ["regression_with_the_loss_given", "own_rate_and_one_step"])
def test_the_commands_agree(name):
    reference = f"{PLANTED / 'torch_narrow.py'}:{name}"
    identified = CliRunner().invoke(main, ["identify", reference])
    conformed = CliRunner().invoke(main, ["conform", reference])
    assert identified.exit_code == conformed.exit_code
    assert identified.output.strip() in conformed.output


# -- digits that reading an update loses ---------------------------------------------------------------------------
def read_off(rate, direction=None, dtype=None, by_hand=False):
    """MAML by hand, or another direction, read off an update with this rate."""
    right = load("numpy_right").by_hand if direction is None else direction

    @subject("MAML", steps=(1, 2))
    def make(given):
        p = given.on("numpy")
        call = right(given)

        def read():
            each = call()
            mean = {k: np.mean([d[k] for d in each], axis=0, dtype=p.dtype) for k in each[0]}
            before = p.parameters
            after = {k: (before[k] - np.asarray(rate, p.dtype) * mean[k]).astype(p.dtype) for k in before}
            if by_hand:
                return {k: (before[k] - after[k]) / np.asarray(rate, p.dtype) for k in before}
            return p.from_difference(before, after, np.asarray(rate, p.dtype))

        return read

    return make


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rate", [1.0, 1e-1, 1e-3, 1e-4])
def test_right_maml_is_recognised_when_read_off_an_update(rate, dtype):
    diagnosis = identify(read_off(rate), dtype=dtype)
    print(diagnosis)
    assert diagnosis.conforms
    assert diagnosis.found == "MAML"
    if rate <= 1e-3:
        assert "It is read off an update" in " ".join(diagnosis.notes)


def test_the_checks_count_the_lost_digits_too():
    assert conform(read_off(1e-3)).conforms


def test_without_the_count_of_a_rate_that_nobody_types_it_is_not():
    """The digits are lost: that it is recognised above is the count's doing."""
    assert identify(read_off(0.00123457, by_hand=True)).defects == ("not_recognised",)


@needs_torch
def test_torch_reads_updates_in_the_same_way():
    module = load("torch_right")

    def by_sgd(rate):
        @subject("MAML")
        def make(given):
            import torch

            p = given.on("torch")
            optimizer = torch.optim.SGD(p.model.parameters(), lr=rate)

            def train_step():
                module.backward_on_the_model(given)()
                optimizer.step()

            return lambda: p.from_update(train_step, rate)

        return make

    for rate in (1e-3, 1e-4):
        for dtype in ("float64", "float32"):
            assert identify(by_sgd(rate), dtype=dtype).conforms


def test_what_an_update_loses_is_bounded():
    """The error of reading MAML off stays below u |w| / rate, whose LAMBDA-fold is the tolerance."""
    for rate in (1.0, 1e-3, 1e-6):
        given = problem("tanh-cross-entropy")
        right = observe(load("numpy_right").by_hand, given).directions[0]
        seen = observe(read_off(rate), problem("tanh-cross-entropy"))
        assert seen.lost > 0
        assert np.linalg.norm(seen.directions[0] - right) <= 2.0**-53 * (seen.lost + 4 * np.linalg.norm(right))


@pytest.mark.parametrize("name", ["half_the_hessian", "plus_the_hessian", "first_order_sold_as_second", "inner_sum"])
def test_what_is_wrong_is_named_through_the_digits_that_are_left(name):
    module = load("numpy_wrong")
    make = read_off(1e-4, getattr(module, name))
    make.mamlcheck = Metadata("MAML", steps=(1,))
    diagnosis = identify(make, dtype="float32")
    print(diagnosis)
    assert diagnosis.defects == module.WRONG[name][1]


def test_too_few_digits_are_said_with_advice_that_works():
    diagnosis = identify(read_off(1e-7), dtype="float32")
    print(diagnosis)
    assert diagnosis.defects == ("too_coarse",)
    assert "Take a rate 10,000 times as large" in diagnosis.sentence
    assert identify(read_off(1e-7 * 10_000), dtype="float32").conforms
    conformance = conform(read_off(1e-15))
    assert not conformance.conforms
    assert any("nothing can be told" in r.message for r in conformance.results)


def test_a_rate_of_zero_is_refused():
    with pytest.raises(InputError, match="other than 0"):
        problem("linear-robust").on("numpy").from_difference({}, {}, 0.0)


# -- coarser than was asked for ------------------------------------------------------------------------------------
@pytest.mark.parametrize("flat", [False, True])
def test_what_is_too_coarse_gets_no_cause(flat):
    """Half precision leaves something to tell on some of the problems alone: no loss is written into the code."""
    right = load("numpy_right").by_hand

    @subject("MAML", steps=(2,))
    def make(given):
        call = right(given)

        def halved():
            each = [{k: v.astype(np.float16) for k, v in d.items()} for d in call()]
            return [np.concatenate([v.ravel() for v in d.values()]) for d in each] if flat else each

        return halved

    diagnosis = identify(make)
    print(diagnosis.text)
    assert diagnosis.defects == ("not_recognised",)
    assert "the best fit is MAML, with a residual of" in diagnosis.sentence
    assert diagnosis.notes == ("It returns float16, which is too coarse to tell what it is: return float64.",)


# -- float32 in float64 --------------------------------------------------------------------------------------------
def with_rate(of):
    """MAML by hand with its inner rate put through a function."""
    right = load("numpy_right").by_hand

    @subject("MAML")
    def make(given):
        return right(given.but(alpha=of(given.alpha)))

    return make


def test_a_rate_in_float32_is_forgiven_with_any_number_of_steps():
    make = with_rate(lambda alpha: float(np.float32(alpha)))
    diagnosis = identify(make)
    print(diagnosis)
    assert diagnosis.conforms
    assert diagnosis.evidence.steps == (1, 2)
    assert "Some of it is rounded to float32" in " ".join(diagnosis.notes)
    assert conform(make).conforms


def test_the_forgiven_error_is_far_above_the_tolerance_of_float64():
    """So that what forgives it is the rounded constant, and not a wide tolerance."""
    c = next(of_algorithm(algorithm("MAML")))
    given = problem("tanh-cross-entropy", steps=2)
    rounded = given.but(alpha=float(np.float32(given.alpha)))
    off = np.linalg.norm(c.screened(given) - c.screened(rounded))
    assert off > 1e4 * c.tolerance(given) * 2.0**-53


@pytest.mark.parametrize("off", [1.2e-8, -1.49e-8, 3e-8, 5e-8, 1e-9])
def test_a_rate_that_is_off_by_as_much_is_not_called_float32(off):
    """float32 makes of 0.4 one number, and no other."""
    make = with_rate(lambda alpha: alpha * (1 + off))
    diagnosis, conformance = identify(make), conform(make)
    print(diagnosis)
    assert not diagnosis.conforms
    assert not conformance.conforms
    for text in (diagnosis.sentence, *diagnosis.notes, *(r.message for r in conformance.results)):
        assert "float32" not in text


def test_noise_of_that_size_is_not_called_float32():
    right = load("numpy_right").by_hand

    @subject("MAML")
    def make(given):
        call = right(given)
        random = np.random.default_rng(1)
        noise = {k: 3e-8 * random.standard_normal(v.shape) for k, v in given.parameters.items()}
        return lambda: [{k: v * (1 + noise[k]) for k, v in d.items()} for d in call()]

    diagnosis = identify(make)
    print(diagnosis)
    assert diagnosis.defects == ("not_recognised",)
    assert "float32" not in diagnosis.sentence
    assert "the best fit is MAML, with a residual of" in diagnosis.sentence


def test_what_does_not_end_leaves_out_its_kind_alone():
    asked, second = [], list(kinds())[1]

    def hangs_on_one(given):
        asked.append(given.name)
        if given.name == second:
            return Observation(given, failure=SubjectFailure("timeout", "it had not returned"))
        return Observation(given, (np.ones(3), np.ones(3)), given.dtype)

    seen = observations(hangs_on_one, "float64", Metadata())
    assert asked.count(second) == 1
    assert len(seen) == len(asked) == 3 * (len(kinds()) - 1) + 1 + 1  # and one in the other precision
