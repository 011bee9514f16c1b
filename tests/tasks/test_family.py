"""What every family knows of itself, asked of each family that there is; and a class of a user's own."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, find, settings
from hypothesis.vendor.pretty import pretty

import mamlcheck
from mamlcheck import strategies
from mamlcheck.arithmetic import NotExact, arb, ball, float64, rational
from mamlcheck.arithmetic.exact import fractions_of
from mamlcheck.check.ids import sweep_named
from mamlcheck.check.spans import span
from mamlcheck.check.sweeps import FamilySweep, RandomSweep
from mamlcheck.check.verdict import Verdict
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.meta.files import instance_text, parse_instance
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks import families as package
from mamlcheck.tasks.draws import Draws
from mamlcheck.tasks.families import families, family_names, load_family
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.family import CURVATURE, LENGTH, LOSS, SLOPE, Tasks, Wanted, entries
from mamlcheck.tasks.losses import builtin_losses, loss

every_family = pytest.mark.parametrize("name", family_names())


@cache
def blocks(name: str) -> tuple[Instances, ...]:
    """The first blocks of the family's sweep."""
    sweep = FamilySweep(name, 1)
    return tuple(sweep.block(k) for k in range(4))


@cache
def drawn(name: str) -> Any:
    """A block of 8 times three tasks of three samples, in two dimensions or on a line, as the family draws them."""
    family = load_family(name)
    probabilities = np.array([[Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)]] * 8, dtype=object)
    d = min(2, family.random_dimensions or 2)
    wanted = Wanted(n=3, distinct=3, m=3, d=d, probabilities=probabilities, stationary=False, losses=builtin_losses())
    return family.random(Draws(9, 1, 0), wanted)


@cache
def small(name: str) -> Any:
    """The same, with no array that is 0 or 1 throughout: such an array does not show whether it is scaled."""
    tasks = drawn(name)
    plain = {k: x + 0.5 for k, x in tasks.numbers().items() if k != "probabilities" and np.isin(x, (0, 1)).all()}
    return tasks.with_numbers(plain)


def numbers_of(tasks: Tasks) -> dict[str, list[Fraction]]:
    return {name: list(fractions_of(array)) for name, array in tasks.numbers().items()}


def gradient(tasks: Tasks, ar: Any = float64) -> Any:
    with ar.working():
        return tasks.on(ar).at(ar.exact(np.full((1, 1, tasks.d), 0.25))).gradient()


# -- found by their place ------------------------------------------------------------------------------------
def test_the_families_are_the_files_of_the_folder() -> None:
    found = sorted(p.stem for p in Path(package.__file__).parent.glob("[!_]*.py"))
    assert list(family_names()) == found
    assert {"quadratic", "ridge", "spline"} <= set(found)
    assert len(set(families())) == len(found)


def test_an_unknown_family_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(
        InputError, match=r"no family of tasks 'rige'. Did you mean ridge\? .* quadratic, ridge, spline"
    ):
        load_family("rige")
    with pytest.raises(InputError, match="there is no family of tasks"):
        strategies.tasks(families=("nosuch",))
    with pytest.raises(InputError, match="there is no family of tasks"):
        FamilySweep("nosuch", 1)


@pytest.mark.parametrize(("content", "count"), [("X = 1", 0), ("class A(Tasks): ...\nclass B(Tasks): ...", 2)])
def test_a_file_holds_one_family(content: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd.py").write_text(f"from mamlcheck.tasks.family import Tasks\n{content}\n")
    monkeypatch.setattr(package, "__path__", [str(tmp_path)])
    monkeypatch.setattr(package, "family_names", lambda: ("odd",))
    with pytest.raises(InputError, match=f"holds {count} families"):
        load_family.__wrapped__("odd")
    sys.modules.pop("mamlcheck.tasks.families.odd", None)


# -- parts ---------------------------------------------------------------------------------------------------
@every_family
def test_one_instance_of_a_block_is_the_tasks_at_that_place(name: str) -> None:
    for block in blocks(name):
        one = block.tasks[7]
        assert (one.n, one.m, one.d, one.lengths) == (*(getattr(block.tasks, k) for k in "nmd"), block.tasks.lengths)
        for key, array in block.tasks.numbers().items():
            assert one.numbers()[key].tolist() == np.asarray(array[7]).tolist()
        assert one.smoothness == block.tasks.smoothness[7]
        assert replace(one).smoothness == one.smoothness  # certified afresh


@every_family
def test_a_task_alone_has_the_gradient_that_it_has_among_others(name: str) -> None:
    for block in blocks(name):
        whole = gradient(block.tasks)
        for i in range(block.tasks.n):
            alone = block.tasks.alone(i)
            assert (alone.n, alone.m, alone.d) == (1, block.tasks.m, block.tasks.d)
            assert alone.probabilities.tolist() == [[1]] * len(span(0))
            assert np.allclose(gradient(alone)[:, 0], whole[:, i], rtol=2.0**-40, atol=2.0**-40)


@every_family
def test_without_a_task_the_others_stay(name: str) -> None:
    tasks = small(name)[0]
    for i in range(tasks.n):
        fewer = tasks.without("task", i)
        kept = [k for k in range(tasks.n) if k != i]
        assert sum(fractions_of(fewer.probabilities)) == 1
        p = list(fractions_of(tasks.probabilities))
        assert list(fractions_of(fewer.probabilities)) == [p[k] / (1 - p[i]) for k in kept]
        assert np.allclose(gradient(fewer), gradient(tasks)[kept], rtol=2.0**-40, atol=2.0**-40)


@every_family
def test_without_a_sample_the_mean_is_over_the_others(name: str) -> None:
    tasks = small(name)[0]
    m = tasks.m
    at = tasks.on(float64).at(np.full((1, 1, tasks.d), 0.25))
    for j in range(m):
        others = np.array([[float(k != j) / (m - 1) for k in range(m)]])
        assert np.allclose(gradient(tasks.without("sample", j)), at.gradient(others), rtol=2.0**-40, atol=2.0**-40)


@every_family
def test_the_last_of_its_kind_cannot_be_left_out(name: str) -> None:
    tasks = small(name)[0]
    assert "coordinate" not in tasks.shortenable
    for axis in tasks.shortenable:
        with pytest.raises(InputError):
            shortened(tasks, axis)


def shortened(tasks: Tasks, axis: str) -> Tasks:
    for _ in range(tasks.lengths[axis]):
        tasks = tasks.without(axis, 0)
    return tasks


def test_tasks_of_probability_0_do_not_stay_alone() -> None:
    ones = np.ones((2, 1, 1))
    tasks = QuadraticTasks(ones[..., None], ones, np.array([0.0, 1.0]))
    with pytest.raises(InputError, match="probability 0"):
        tasks.without("task", 1)
    assert tasks.without("task", 0).n == 1


@every_family
def test_equal_samples_are_noticed(name: str) -> None:
    tasks = small(name)
    assert not tasks.same_samples.all()
    one = tasks
    while one.m > 1:
        one = one.without("sample", one.m - 1)
    assert one.same_samples.all()
    assert one.same_samples.shape == (8, tasks.n)


@dataclass(frozen=True)
class SharedTasks(QuadraticTasks):
    """Tasks with two arrays that they share, or that have their axes in another order."""

    features: np.ndarray = entries("sample")
    weights: np.ndarray = entries("task", "coordinate", "sample")

    kind = "shared"


def test_equal_samples_are_noticed_whatever_the_axes() -> None:
    """Two instances of two tasks of two samples in one dimension; what the tasks share differs in the first."""
    ones = np.ones((2, 2, 2, 1))
    probabilities = np.full((2, 2), 0.5)
    features, weights = np.array([[1, 2], [1, 1]]), np.ones((2, 2, 1, 2))
    tasks = SharedTasks(ones[..., None], ones, probabilities, features, weights)
    assert tasks.same_samples.tolist() == [[False, False], [True, True]]
    weights[1, 0, 0, 1] = 3
    tasks = SharedTasks(ones[..., None], ones, probabilities, features, weights)
    assert tasks.same_samples.tolist() == [[False, False], [False, True]]


@every_family
def test_samples_that_differ_in_one_array_alone_are_not_the_same(name: str) -> None:
    tasks = small(name)
    first = {}
    for key, entry in tasks.declared().items():
        if "sample" in entry.axes:
            axis = entry.axes.index("sample") - len(entry.axes)
            first[key] = np.repeat(np.take(tasks.numbers()[key], [0], axis=axis), tasks.m, axis=axis)
    same = tasks.with_numbers(first)
    assert same.same_samples.all()
    for key in first:
        if (tasks.numbers()[key] != first[key]).any():
            assert not same.with_numbers({key: tasks.numbers()[key]}).same_samples.all(), key


# -- units ---------------------------------------------------------------------------------------------------
@every_family
def test_scaled_losses_have_scaled_gradients_and_constants(name: str) -> None:
    tasks = small(name)
    factor = 2.0 ** (np.arange(8) - 3)
    scaled = tasks.scaled(factor)
    assert (gradient(scaled) == gradient(tasks) * factor[:, None, None, None]).all()
    assert (scaled.smoothness == tasks.smoothness * factor).all()
    assert (scaled.hessian_lipschitz == tasks.hessian_lipschitz * factor).all()


@every_family
@pytest.mark.parametrize(("unit_of_loss", "unit_of_length"), [(2, 1), (1, 4), (8, 2)])
def test_in_other_units_l_rho_and_gradients_are_what_units_say(
    name: str, unit_of_loss: int, unit_of_length: int
) -> None:
    """Units that are powers of two, so that all of it is exact in doubles; the point moves with the unit of length."""
    tasks = small(name)[0]
    units = {"loss": Fraction(unit_of_loss), "length": Fraction(unit_of_length)}
    exactly = tasks.with_numbers({k: np.array(_fractions(x), dtype=object) for k, x in tasks.numbers().items()})
    other = exactly.in_units(**units)
    assert other.smoothness == tasks.smoothness * unit_of_length**2 / unit_of_loss
    assert other.hessian_lipschitz == tasks.hessian_lipschitz * unit_of_length**3 / unit_of_loss
    at = np.full((1, 1, tasks.d), 0.25)
    before = tasks.on(float64).at(at).gradient()
    after = other.on(float64).at(at / unit_of_length).gradient()
    assert np.allclose(after, before * unit_of_length / unit_of_loss, rtol=2.0**-40, atol=2.0**-40)


def _fractions(x: np.ndarray) -> Any:
    out = np.empty(x.shape, dtype=object)
    out.reshape(-1)[:] = list(fractions_of(x))
    return out


@every_family
def test_pulled_tasks_pull_as_much_more_at_0(name: str) -> None:
    tasks = drawn(name)[0]
    if not tasks.pulling:
        assert numbers_of(tasks.pulled(Fraction(4))) == numbers_of(tasks)
        return
    zero = np.zeros((1, 1, tasks.d))
    before, after = (x.on(float64).at(zero).gradient() for x in (tasks, tasks.pulled(Fraction(4))))
    assert np.allclose(after, 4 * before, rtol=2.0**-40, atol=2.0**-40)


@every_family
def test_tasks_that_cannot_be_pulled_stay_as_they_are(name: str) -> None:
    tasks = small(name)[0]
    zero = np.zeros((1, 1, tasks.d))
    before, after = (x.on(float64).at(zero).gradient() for x in (tasks, tasks.pulled(Fraction(4))))
    if not np.allclose(after, 4 * before, rtol=2.0**-40, atol=2.0**-40):
        assert numbers_of(tasks.pulled(Fraction(4))) == numbers_of(tasks)


def test_factors_of_fractions_are_not_rounded() -> None:
    third = np.array([[[Fraction(1, 3)]]], dtype=object)
    one = np.ones((1, 1, 1))
    tasks = RidgeTasks(one[..., None], one, third, np.zeros(1), one[..., 0], (loss("sin"),))
    assert tasks.scaled(np.array([2.0])).c.item() == Fraction(2, 3)


def test_units_are_those_of_the_paper() -> None:
    assert (LOSS.loss, LOSS.length) == (1, 0)
    assert (SLOPE.loss, SLOPE.length) == (1, -1)  # of a gradient
    assert (CURVATURE.loss, CURVATURE.length) == (1, -2)  # of L
    assert (LENGTH.loss, LENGTH.length) == (0, 1)


# -- constants -----------------------------------------------------------------------------------------------
@every_family
def test_constants_by_float_are_the_certified_ones_but_for_rounding(name: str) -> None:
    seen = 0
    for tasks in (small(name), *(block.tasks for block in blocks(name))):
        found = tasks.float_constants()
        if found is None:
            continue
        seen += 1
        for by_float, certified in zip(found, (tasks.smoothness, tasks.hessian_lipschitz), strict=True):
            assert by_float.shape == certified.shape == tasks.probabilities.shape[:1]
            assert (np.abs(by_float - certified) <= 2.0**-38 * certified).all()
    assert seen or name in ("ridge",) or load_family(name).random_dimensions is None


@every_family
def test_constants_are_read_only_and_so_are_the_numbers(name: str) -> None:
    tasks = small(name)
    arrays = [*tasks.numbers().values(), tasks.smoothness, tasks.hessian_lipschitz, tasks.same_samples]
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@every_family
def test_polynomial_tasks_run_in_exact_fractions(name: str) -> None:
    for block in blocks(name):
        tasks = block.tasks[0]
        if tasks.polynomial:
            assert gradient(tasks, rational).shape == (tasks.n, 1, tasks.d)


# -- files ---------------------------------------------------------------------------------------------------
@every_family
def test_what_is_written_is_read_as_the_same_tasks(name: str) -> None:
    for block in blocks(name):
        one = block[5]
        again = parse_instance(instance_text(one))
        assert type(again.tasks) is type(one.tasks) is load_family(name)
        assert numbers_of(again.tasks) == numbers_of(one.tasks)
        assert getattr(again.tasks, "losses", ()) == getattr(one.tasks, "losses", ())
        assert instance_text(again) == instance_text(one)
        assert [family for family in families() if family.reads(one.tasks.to_json())] == [type(one.tasks)]


@every_family
def test_a_file_with_more_or_less_in_it_is_refused(name: str) -> None:
    written = small(name)[0].to_json()
    family = load_family(name)
    for key in set(written) - {"kind"}:
        with pytest.raises(InputError, match=f'tasks has no "{key}"'):
            family.from_json({k: v for k, v in written.items() if k != key})
    with pytest.raises(InputError, match="unknown entries 'extra'"):
        family.from_json(written | {"extra": "1"})


# -- made at random ------------------------------------------------------------------------------------------
@every_family
def test_the_sweep_of_a_family_is_found_by_its_name(name: str) -> None:
    sweep = sweep_named(f"family-{name}-2", 5)
    assert sweep == FamilySweep(name, 5)
    assert sweep.name == f"family-{name}-2"
    assert name in sweep.title
    assert name in sweep.description
    one = mamlcheck.instance(f"family-{name}-2/5/70")
    assert instance_text(one) == instance_text(FamilySweep(name, 5).block(1)[6])
    assert instance_text(one) != instance_text(FamilySweep(name, 6).block(1)[6])


@pytest.mark.parametrize(
    "name", ["family-nosuch-2", "family-ridge", "ridge-2", "family-ridge-3", "random-1", "family--2"]
)
def test_other_names_are_no_sweeps(name: str) -> None:
    assert sweep_named(name, 1) is None


def test_the_other_sweeps_are_found_by_their_names_too() -> None:
    assert sweep_named("random-2", 4) == RandomSweep(4)
    table = sweep_named("grunfeld-2", 4)
    assert table is not None
    assert table.name == "grunfeld-2"


@every_family
def test_random_tasks_are_of_the_family_and_reach_the_corners(name: str) -> None:
    """Within 160 blocks; the stream of random numbers is another for each name."""
    sweep, largest = FamilySweep(name, 1), load_family(name).random_dimensions
    missing, still = {"one task", "some tasks", "few samples", "many samples", "the largest d", "w = 0"}, None
    for block in map(sweep.block, range(160)):
        assert type(block.tasks) is load_family(name)
        tasks = block.tasks
        still = block if still is None and (block.w == 0).all() else still
        missing -= {"one task" if tasks.n == 1 else "some tasks"}
        missing -= {"few samples"} if tasks.m < 3 else {"many samples"} if tasks.m > 3 else set()
        missing -= {"the largest d"} if largest in (None, tasks.d) else set()
        missing -= {"w = 0"} if still is not None else set()
        if not missing:
            break
    assert not missing
    with ball.working():
        assert (still.on(ball).at_w.gradient.mid == 0).all()


@every_family
def test_claims_are_checked_on_a_family_by_the_name_of_its_source(name: str) -> None:
    done = CliRunner().invoke(main, ["check", "lemma_4_8", "--source", f"family-{name}-2", "--instances", "64"])
    assert done.exit_code == 0, done.output
    assert "64 certified verdicts: it holds" in done.output


@every_family
def test_claims_hold_on_random_tasks_of_the_family(name: str) -> None:
    for block in blocks(name):
        for claim in ("lemma_4_8", "lemma_4_10.bias", "hf_error"):
            checked = mamlcheck.check_claim(claim, block[11])
            assert checked.verdict is Verdict.HOLDS, (claim, str(checked))


@every_family
def test_the_strategy_draws_the_family_and_shrinks(name: str) -> None:
    drawn = find(
        strategies.tasks(families=(name,)),
        lambda tasks: tasks.n > 1 or tasks.m > 1,
        settings=settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)),
    )
    assert type(drawn) is load_family(name)
    assert sorted((drawn.n, drawn.m)) == [1, 2]
    assert drawn.probabilities.ndim == 1


# -- sums at points ------------------------------------------------------------------------------------------
@every_family
def test_differences_and_variances_are_those_of_the_gradients(name: str) -> None:
    """Gradients and Hessian-vector products alone say what all else at a point must be."""
    tasks = small(name)[0]
    ar: Any = rational if tasks.polynomial else arb(128)
    n, m, d = tasks.n, tasks.m, tasks.d
    rng = np.random.default_rng(2)

    def grid(*shape: int) -> Any:
        return ar.exact(rng.integers(-8, 9, shape) / 8)

    with ar.working():
        on = tasks.on(ar)
        w, step, v = grid(n, 2, d), grid(n, 2, d), grid(n, 2, d)
        q = ar.exact(np.eye(m)[:2])
        at = on.at(w).with_curvature()
        same = partial(assert_equal, ar)
        same(at.gradient_change(step, q), on.at(w + step).gradient(q) - at.gradient(q))
        same(at.gradient_across(step, q), on.at(w + step).gradient(q) - on.at(w - step).gradient(q))
        same(at.gradient_bend(step), on.at(w + step).gradient() - at.gradient() - at.hessian_vector(step))
        same(at.gradient_deviation(q - ar.exact(Fraction(1, m))), at.gradient(q) - at.gradient())
        deviation = at.hessian_vector_deviation(v, q - ar.exact(Fraction(1, m)))
        same(deviation, at.hessian_vector(v, q) - at.hessian_vector(v))
        basis = [ar.exact(np.broadcast_to(np.eye(d)[k], (n, 2, d))) for k in range(d)]
        hessian = ar.stack([at.hessian_vector(e) for e in basis], -1)
        same(ar.broadcast_to(at.hessian(), hessian.shape), hessian)
        samples = [on.at(w).gradient(ar.exact(np.eye(m)[[j, j]])) for j in range(m)]
        variance = sum(ar.squared_norm(g - at.gradient()) for g in samples) / m
        same(at.gradient_variance(), variance)
        form = grid(n, d, d)
        form = form + ar.transpose(form, (0, 2, 1))
        bent = [at.hessian_vector(v, ar.exact(np.eye(m)[[j, j]])) - at.hessian_vector(v) for j in range(m)]
        spread = at.hessian_spread()
        same(ar.sum(v * ar.sum(spread * v[..., None, :], -1), -1), sum(ar.squared_norm(x) for x in bent) / m)
        same(spread, ar.transpose(spread, (0, 1, 3, 2)))
        apart = [g - at.gradient() for g in samples]
        same(at.gradient_variance_in(form), sum(ar.sum(x * ar.matvec(form, x), -1) for x in apart) / m)
        point = on.at(w[:, :1])
        halves = ar.exact(np.array([[0.5, 0.5, 0], [0, 1, 0]]))
        same(point.gradient_of_drawn(np.array([[0, 1], [1, 1]])), point.gradient(halves))
        chosen = on.select([n - 1, 0])
        same(chosen.at(w[[n - 1, 0]]).gradient(), at.gradient()[[n - 1, 0]])
        alike = tasks.with_numbers({k: with_equal_samples_in_the_last_task(tasks, k) for k in tasks.declared()})
        noise = alike.on(ar).at(w).gradient_deviation(q - ar.exact(Fraction(1, m)))
        there = alike.on(ar).at(w)
        for of_alike in (there.gradient_variance_in(form)[n - 1], there.hessian_spread()[n - 1]):
            assert (ar.lower(of_alike) == 0).all()
            assert (ar.upper(of_alike) == 0).all()
        of_chosen = alike.on(ar).select([n - 1, 0]).at(w[[n - 1, 0]])
        same(of_chosen.gradient_deviation(q - ar.exact(Fraction(1, m))), noise[[n - 1, 0]])
        same(at.gradient_change(step * 0), step * 0)
        try:
            assert at.hessian_variance().shape[0] == n
        except NotExact:
            assert d > 1


def with_equal_samples_in_the_last_task(tasks: Tasks, name: str) -> np.ndarray:
    array = np.array(getattr(tasks, name))
    if "sample" in tasks.declared()[name].axes:
        array[-1] = array[-1, :1]
    return array


def assert_equal(ar: Any, found: Any, expected: Any) -> None:
    assert found.shape == expected.shape
    assert (ar.less_equal(found, expected) != 0).all()
    assert (ar.less_equal(expected, found) != 0).all()
    assert np.allclose(ar.midpoint(found), ar.midpoint(expected), rtol=2.0**-40, atol=2.0**-40)


# -- a family of one's own -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class OwnTasks(QuadraticTasks):
    """A class of a user's own, which no file of the package holds."""

    kind = "own"


def own() -> Instances:
    one = np.array(Fraction(1), dtype=object)
    unit = one.reshape(1, 1, 1)
    point = one.reshape(1)
    tasks = OwnTasks(unit[..., None], 0 * unit, point)
    return Instances(tasks=tasks, alpha=one / 2, w=point, u=2 * point, v=point, delta=one, phi=one)


def test_a_class_of_ones_own_is_judged_and_no_file_holds_it() -> None:
    assert mamlcheck.check_claim("lemma_4_8", own()).verdict is Verdict.HOLDS
    assert repr(own()) == "<Instances: own tasks, n = 1, m = 1, d = 1>" == pretty(own())
    with pytest.raises(InputError, match=r"no file holds OwnTasks: .*mamlcheck\.tasks\.families"):
        instance_text(own())


@dataclass(frozen=True)
class Least(Tasks):
    """A family that declares its numbers; what it must define is left out, or cut short below."""

    places: np.ndarray = entries("task", "sample", "coordinate", unit=LENGTH)  # type: ignore[assignment]
    probabilities: np.ndarray = entries("task")

    kind = "least"


def test_a_family_that_lacks_what_it_must_define_cannot_be_made() -> None:
    with pytest.raises(TypeError, match=r"abstract.*hessian_lipschitz, on, random, smoothness, strategy"):
        Least(np.zeros((2, 3, 4)), np.array([0.5, 0.5]))  # type: ignore[abstract]


def test_a_family_declares_its_numbers_once() -> None:
    @dataclass(frozen=True)
    class Enough(Least):
        smoothness = hessian_lipschitz = np.array(1.0)
        on = random = strategy = None  # type: ignore[assignment]

    tasks = Enough(np.zeros((2, 3, 4)), np.array([0.5, 0.5]))
    assert (tasks.n, tasks.m, tasks.d, tasks.width) == (2, 3, 4, 4)
    assert tasks.global_deviations is None
    assert tasks.float_constants() is None
    assert tasks.provenance == "certified"


# -- losses --------------------------------------------------------------------------------------------------
def test_built_in_losses_are_the_files_of_their_folder() -> None:
    folder = Path(importlib.import_module("mamlcheck.tasks.losses").__file__ or "").parent
    assert {psi.name for psi in builtin_losses()} == {p.stem for p in folder.glob("[!_]*.py")}
    assert builtin_losses()[0] == loss("quadratic")
    assert RidgeTasks.kind == "ridge"
