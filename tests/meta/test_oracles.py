"""The meta-objective, its gradients and the exact expectations, against the definition in fractions and
mpmath.
"""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from fractions import Fraction

import fractions_drawn
import mpmath
import numpy as np
import pytest
import sympy
from fractions_drawn import EXACT_KINDS, KINDS, LOSSES, draws

from mamlcheck.arithmetic import arb, ball, float64, rational, symbolic
from mamlcheck.errors import InputError
from mamlcheck.meta.evaluation import Evaluation
from mamlcheck.meta.expectation import multisets
from mamlcheck.meta.instance import BatchSizes, InstanceOn, Instances
from mamlcheck.meta.objective import InnerStep, stochastic_smoothness
from mamlcheck.tasks.losses import loss

ARITHMETICS = [float64, ball, arb(128), rational]
RIGOROUS = [ball, arb(128)]
# Every arithmetic that can run a kind: exact fractions where psi is a rational function.
PAIRS = [
    pytest.param(kind, ar, id=f"{kind}-{ar!r}")
    for kind in KINDS
    for ar in ARITHMETICS
    if ar is not rational or kind in EXACT_KINDS or loss(kind).rational
]
ALPHA = [Fraction(1, 3), Fraction(2, 5)]


def random_tasks(kind, seed=0, lead=(), n=2, m=2, d=2):
    return fractions_drawn.random_tasks(kind, seed, lead, n, m, d, size=10)


def block_of_one(tasks):
    """The same tasks with a leading axis, as verdicts have them."""
    return tasks.with_numbers({name: array[None] for name, array in tasks.numbers().items()})


def instance(tasks, alpha, w, sizes=None, task=0, **constants):
    """A block of one instance around the tasks; u, v, delta, phi play no part here."""
    w = np.array([[Fraction(v) for v in w]], dtype=object)
    one = np.array([Fraction(1)], dtype=object)
    given = {name: np.array([value], dtype=object) for name, value in constants.items()}
    return Instances(
        block_of_one(tasks), np.array([alpha], dtype=object), w, w + 1, w, one, one,
        task=task, sizes=sizes or BatchSizes(), **given,
    )  # fmt: skip


def has_value(kind, ar):
    """log(1 + t^2) is not rational where its derivatives are."""
    return not (ar is rational and kind == "log1p_square")


def exactly_zero(ar, x):
    return (ar.lower(x) == 0).all() and (ar.upper(x) == 0).all()


# -- F and its gradient ----------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "ar"), PAIRS)
def test_meta_objective_and_gradient(oracle, kind, ar):
    """Two instances with their own alpha and points, two points each."""
    tasks = random_tasks(kind, lead=(2,))
    w = draws(np.random.default_rng(1), 2, 2, 2)
    f = [oracle.tasks(tasks, k) for k in range(2)]
    shares = [oracle.probabilities(tasks, k) for k in range(2)]
    pairs = list(itertools.product(range(2), range(2)))
    with ar.working():
        step = InnerStep(ar, tasks.on(ar), ar.exact(np.array(ALPHA, dtype=object)), ar.exact(w))
        values = [oracle.meta_objective(f[k], shares[k], ALPHA[k], w[k, p]) for k, p in pairs]
        if has_value(kind, ar):
            oracle.check(ar, step.value, np.array(values, dtype=object).reshape(2, 2))
        gradients = [oracle.meta_gradient(f[k], shares[k], ALPHA[k], w[k, p]) for k, p in pairs]
        oracle.check(ar, step.meta_gradient, np.array(gradients, dtype=object).reshape(2, 2, 2))
        adapted = [[[f[k][i].adapted(ALPHA[k], w[k, p]) for p in range(2)] for i in range(2)] for k in range(2)]
        oracle.check(ar, step.adapted, adapted)
        # The order of asking does not matter: the end before the start, curvature never prepared.
        fresh = InnerStep(ar, tasks.on(ar), ar.exact(np.array(ALPHA, dtype=object)), ar.exact(w))
        oracle.check(ar, fresh.adapted_gradient, [
            [[f[k][i].gradient(adapted[k][i][p]) for p in range(2)] for i in range(2)] for k in range(2)
        ])  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_meta_gradient_is_the_derivative_of_the_meta_objective(oracle, kind):
    """By central differences of F itself at 60 digits: no formula for the gradient enters."""
    tasks = random_tasks(kind, seed=2)
    if kind == "splines":  # away from knots, whose third derivative jumps: F is only twice differentiable there
        tasks = replace(tasks, a=tasks.a * 3)
    w = draws(np.random.default_rng(3), 2, denominator=7)
    f, shares = oracle.tasks(tasks), oracle.probabilities(tasks)
    h = Fraction(1, 10**18)
    numeric = []
    for k in range(2):
        move = oracle.numbers([h * int(k == j) for j in range(2)])
        up, down = (oracle.meta_objective(f, shares, ALPHA[0], w + s * move) for s in (1, -1))
        numeric.append(oracle.to_mp(up - down) / oracle.to_mp(2 * h))
    ar = arb(192)
    with ar.working():
        step = InnerStep(ar, tasks.on(ar), ar.exact(ALPHA[0]), ar.exact(w[None, :]))
        found = step.meta_gradient[0]
        for value, truth in zip(found.tolist(), numeric, strict=True):
            # The difference is off by h^2 sup|F'''| / 6, and by h sup|F''| where F''' jumps.
            error = mpmath.mpf(10) ** (-15 if kind == "splines" else -30)
            assert abs(mpmath.mpf(value.mid().str(50, radius=False)) - truth) <= error


@pytest.mark.parametrize(
    "names", [("quadratic", "log_cosh"), ("sin", "welsch"), ("geman_mcclure", "softplus")], ids=str
)
def test_symbolic_meta_gradient_is_sympys_derivative(oracle, names):
    """F as an expression in w_1, w_2, differentiated by SymPy, against the package's grad F, at 40 digits."""
    tasks = replace(random_tasks("sin", seed=4), losses=tuple(loss(n) for n in names))
    w = np.array(sympy.symbols("w1 w2", real=True), dtype=object)
    step = InnerStep(symbolic, tasks.on(symbolic), symbolic.exact(ALPHA[0]), w[None, :])
    objective = step.value[0]
    at = {w[0]: sympy.Rational(2, 3), w[1]: sympy.Rational(-5, 7)}
    f, shares = oracle.tasks(tasks), oracle.probabilities(tasks)
    point = [Fraction(2, 3), Fraction(-5, 7)]
    truth = oracle.meta_gradient(f, shares, ALPHA[0], point)
    for k in range(2):
        derived = sympy.N(sympy.diff(objective, w[k]).subs(at), 45)
        written = sympy.N(step.meta_gradient[0, k].subs(at), 45)
        assert abs(derived - written) < sympy.Rational(1, 10**38)
        assert abs(oracle.to_mp(mpmath.mpf(str(written))) - truth[k]) < mpmath.mpf(10) ** -38


@pytest.mark.parametrize("ar", ARITHMETICS[:3], ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_smoothness_bound_is_that_of_lemma_4_8(oracle, kind, ar):
    """L(w) = 4L + 2 rho alpha E_i |grad f_i(w)|."""
    tasks = random_tasks(kind, seed=5)
    w = draws(np.random.default_rng(6), 2, 2)
    f, shares = oracle.tasks(tasks), oracle.probabilities(tasks)
    big, rho = Fraction(7, 3), Fraction(5, 4)
    norms = [
        sum(
            oracle.to_mp(p) * mpmath.norm([oracle.to_mp(v) for v in g.gradient(x)])
            for p, g in zip(shares, f, strict=True)
        )
        for x in w
    ]
    with ar.working():
        step = InnerStep(ar, tasks.on(ar), ar.exact(ALPHA[1]), ar.exact(w))
        oracle.check(ar, step.mean_gradient_norm, norms)
        bound = step.smoothness_bound(ar.exact(big), ar.exact(rho))
        truth = [oracle.to_mp(4 * big) + oracle.to_mp(2 * rho * ALPHA[1]) * n for n in norms]
        oracle.check(ar, bound, truth)


def test_stochastic_smoothness_in_fractions(oracle):
    """L~ = 4L + 2 rho alpha mean: 4 * 3 + 2 * 5 * (1/2) * (7/3)."""
    ar = rational
    parts = (ar.exact([Fraction(v)]) for v in (3, 5, Fraction(1, 2), Fraction(7, 3)))
    oracle.check(ar, stochastic_smoothness(*parts), [Fraction(71, 3)])


# -- over batches ----------------------------------------------------------------------------------
def enumerated_stochastic(oracle, tasks, alpha, w, size):
    """F^ and grad F^ by every sequence of `size` draws, each as likely as the next (equation (3))."""
    f, shares = oracle.tasks(tasks), oracle.probabilities(tasks)
    value, gradient = 0, 0
    for p, task in zip(shares, f, strict=True):
        sequences = oracle.sequences(task.m, size)
        for q in sequences:
            share = task.lift(p * Fraction(1, len(sequences)))
            end = task.adapted(alpha, w, q)
            g = task.gradient(end)
            value = value + share * task.value(end)
            gradient = gradient + share * (g - task.lift(alpha) * (task.hessian(w, q) @ g))
    return value, gradient


@pytest.mark.parametrize(("kind", "ar"), PAIRS)
@pytest.mark.parametrize(("m", "size"), [(2, 3), (3, 2)])
def test_stochastic_objective_and_gradient(oracle, kind, ar, m, size):
    tasks = random_tasks(kind, seed=7, m=m)
    w = draws(np.random.default_rng(8), 2)
    value, gradient = enumerated_stochastic(oracle, tasks, ALPHA[0], w, size)
    full = oracle.meta_gradient(oracle.tasks(tasks), oracle.probabilities(tasks), ALPHA[0], w)
    batches = multisets(m, size)
    with ar.working():
        step = InnerStep(ar, tasks.on(ar), ar.exact(ALPHA[0]), ar.exact(w[None, :]))
        if has_value(kind, ar):
            oracle.check(ar, step.stochastic_value(batches), value)
        oracle.check(ar, step.stochastic_meta_gradient(batches), [gradient])
        oracle.check(ar, step.stochastic_meta_gradient_error(batches), [gradient - full])


@pytest.mark.parametrize("kind", KINDS)
def test_stochastic_gradient_is_the_derivative_of_the_stochastic_objective(oracle, kind):
    """Central differences of F^ at 60 digits: the Hessian and the inner gradient share their batch."""
    tasks = random_tasks(kind, seed=9)
    w = draws(np.random.default_rng(10), 2, denominator=7)
    h = Fraction(1, 10**18)
    _, gradient = enumerated_stochastic(oracle, tasks, ALPHA[0], w, 2)
    for k in range(2):
        move = oracle.numbers([h * int(k == j) for j in range(2)])
        up, down = (enumerated_stochastic(oracle, tasks, ALPHA[0], w + s * move, 2)[0] for s in (1, -1))
        error = mpmath.mpf(10) ** (-15 if kind == "splines" else -30)
        assert abs(oracle.to_mp(up - down) / oracle.to_mp(2 * h) - oracle.to_mp(gradient[k])) <= error


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_error_of_batches_that_cannot_differ_is_exactly_zero(kind, ar):
    """One sample, or alpha = 0: the balls are points, so that 0 <= 0 is decided."""
    w = draws(np.random.default_rng(11), 1, 2, denominator=3)
    with ar.working():
        single = random_tasks(kind, seed=12, m=1).on(ar)
        step = InnerStep(ar, single, ar.exact(ALPHA[0]), ar.exact(w))
        assert exactly_zero(ar, step.stochastic_meta_gradient_error(multisets(1, 4)))
        several = random_tasks(kind, seed=13, m=3).on(ar)
        still = InnerStep(ar, several, ar.exact(0), ar.exact(w))
        assert exactly_zero(ar, still.stochastic_meta_gradient_error(multisets(3, 2)))
        moving = InnerStep(ar, several, ar.exact(ALPHA[0]), ar.exact(w))
        assert not exactly_zero(ar, moving.stochastic_meta_gradient_error(multisets(3, 2)))


def test_error_of_a_tiny_rate_needs_more_bits_and_gets_them(oracle):
    """alpha = 2^-40: the error is some 1e-26, below what ball can see of it and far above what arb(128)
    leaves.
    """
    tasks = random_tasks("sin", seed=14, m=2)
    w = draws(np.random.default_rng(15), 2)
    alpha = Fraction(1, 2**40)
    _, gradient = enumerated_stochastic(oracle, tasks, alpha, w, 2)
    truth = gradient - oracle.meta_gradient(oracle.tasks(tasks), oracle.probabilities(tasks), alpha, w)
    assert 0 < max(abs(v) for v in truth) < mpmath.mpf(2) ** -60
    for ar, width in ((ball, 2.0**-45), (arb(128), 2.0**-110)):
        with ar.working():
            step = InnerStep(ar, tasks.on(ar), ar.exact(alpha), ar.exact(w[None, :]))
            found = step.stochastic_meta_gradient_error(multisets(2, 2))
            oracle.check(ar, found, [truth], width)


# -- what claims are written in --------------------------------------------------------------------
@pytest.mark.parametrize("kind", EXACT_KINDS)
@pytest.mark.parametrize(("m", "inner", "outer"), [(2, 2, 2), (3, 1, 2), (2, 3, 1)])
def test_noisy_gradient_by_every_pair_of_batches(oracle, kind, m, inner, outer):
    """Bias and second moment over all D_in and all D_o, in fractions: equality."""
    tasks = random_tasks(kind, seed=16, m=m, n=3, d=1 if kind == "splines" else 2)
    w = draws(np.random.default_rng(17), tasks.d)
    for i in range(3):
        task = oracle.tasks(tasks)[i]
        clean = task.gradient(task.adapted(ALPHA[0], w))
        mean, square, chosen, count = 0, 0, 0, 0
        for q_in in oracle.sequences(m, inner):
            end = task.adapted(ALPHA[0], w, q_in)
            chosen = chosen + task.gradient_variance(end)
            for q_out in oracle.sequences(m, outer):
                g = task.gradient(end, q_out)
                mean, square, count = mean + g, square + g @ g, count + 1
        sizes = BatchSizes(inner=inner, outer=outer)
        x = instance(tasks, ALPHA[0], w, sizes, task=i).on(rational)
        oracle.check(rational, x.noisy_gradient_bias, [mean / count - clean])
        oracle.check(rational, x.noisy_gradient_second_moment, [square / count])
        oracle.check(rational, x.noisy_fixed_task_variance, [chosen / m**inner])
        oracle.check(rational, x.fixed_task_variance, [task.gradient_variance(w)])
        for ar in (ball, arb(128)):
            with ar.working():
                x = instance(tasks, ALPHA[0], w, sizes, task=i).on(ar)
                oracle.check(ar, x.noisy_gradient_bias, [mean / count - clean])
                oracle.check(ar, x.noisy_gradient_second_moment, [square / count])


@pytest.mark.parametrize("ar", [ball, arb(128)], ids=repr)
@pytest.mark.parametrize("kind", LOSSES)
def test_noisy_gradient_of_losses(oracle, kind, ar):
    tasks = random_tasks(kind, seed=18)
    w = draws(np.random.default_rng(19), 2)
    task = oracle.tasks(tasks)[1]
    clean = task.gradient(task.adapted(ALPHA[0], w))
    ends = [task.adapted(ALPHA[0], w, q) for q in oracle.sequences(2, 2)]
    pairs = [task.gradient(end, q) for end in ends for q in oracle.sequences(2, 3)]
    with ar.working():
        x = instance(tasks, ALPHA[0], w, BatchSizes(inner=2, outer=3), task=1).on(ar)
        oracle.check(ar, x.noisy_gradient_bias, [sum(pairs) / len(pairs) - clean])
        oracle.check(ar, x.noisy_gradient_second_moment, [sum(g @ g for g in pairs) / len(pairs)])


@pytest.mark.parametrize("kind", EXACT_KINDS)
@pytest.mark.parametrize(("m", "stepsize", "drawn"), [(2, 2, 2), (2, 1, 3), (3, 2, 1)])
def test_stepsize_moments_by_every_draw(oracle, kind, m, stepsize, drawn):
    """B' tasks, each with its own batch D_beta: every outcome with its probability, in one dimension in
    fractions.
    """
    tasks = random_tasks(kind, seed=20, m=m, d=1)
    w = draws(np.random.default_rng(21), 1)
    f, shares = oracle.tasks(tasks), oracle.probabilities(tasks)
    sizes = BatchSizes(stepsize=stepsize, stepsize_tasks=drawn)
    one = instance(tasks, ALPHA[0], w, sizes, smoothness=Fraction(3, 2), hessian_lipschitz=Fraction(5, 3))
    outcomes = [
        (p / m**stepsize, abs(task.gradient(w, q)[0]))
        for p, task in zip(shares, f, strict=True) for q in oracle.sequences(m, stepsize)
    ]  # fmt: skip
    first = second = Fraction(0)
    for draw in itertools.product(outcomes, repeat=drawn):
        chance = Fraction(1)
        for probability, _ in draw:
            chance *= probability
        mean = sum(norm for _, norm in draw) / drawn
        beta = 1 / (4 * Fraction(3, 2) + 2 * Fraction(5, 3) * ALPHA[0] * mean)
        first, second = first + chance * beta, second + chance * beta**2
    for ar in (rational, ball, arb(128)):
        with ar.working():
            moments = one.on(ar).stepsize_moments
            oracle.check(ar, moments[0], [first])
            oracle.check(ar, moments[1], [second])


@pytest.mark.parametrize("kind", EXACT_KINDS)
def test_deviations_at_a_point(oracle, kind):
    """sigma^2 over tasks, sigma~_i^2 and sigma_H,i^2 over samples, in one dimension in fractions."""
    tasks = random_tasks(kind, seed=22, m=3, n=3, d=1)
    w = draws(np.random.default_rng(23), 1)
    f, shares = oracle.tasks(tasks), oracle.probabilities(tasks)
    mean = sum(p * task.gradient(w) for p, task in zip(shares, f, strict=True))
    spread = sum(p * (task.gradient(w) - mean)[0] ** 2 for p, task in zip(shares, f, strict=True))
    bends = []
    for task in f:
        h = [task.hessian(w, task.alone(j))[0, 0] for j in range(3)]
        bends.append(sum((v - sum(h) / 3) ** 2 for v in h) / 3)
    x = instance(tasks, ALPHA[0], w).on(rational)
    oracle.check(rational, x.task_variance, [spread])
    oracle.check(rational, x.gradient_variances, [[task.gradient_variance(w) for task in f]])
    average = sum(p * task.gradient_variance(w) for p, task in zip(shares, f, strict=True))
    oracle.check(rational, x.mean_gradient_variance, [average])
    oracle.check(rational, x.hessian_variances, [bends])


def test_one_task_has_no_task_variance():
    tasks = random_tasks("sin", seed=24, n=1)
    with ball.working():
        assert exactly_zero(ball, instance(tasks, ALPHA[0], [Fraction(1, 3), 1]).on(ball).task_variance)


DEVIATIONS = [
    "task_variance", "gradient_variances", "mean_gradient_variance", "hessian_variances", "fixed_task_variance",
    "noisy_fixed_task_variance", "spare_outer_variance", "noisy_gradient_bias_bound", "step_task_variance",
    "noisy_mean_gradient_variance",
]  # fmt: skip


def quantities(x):
    """Every number that a claim can read of an instance, by name: bounds where there is one, the error where not."""
    names = {n for source in (InstanceOn, Evaluation) for n in dir(source) if not n.startswith("_")}
    found = {}
    for name in sorted(names):
        of_runs = name in ("initial_gap", "run_is_known") or name.endswith("_run")
        if of_runs:  # few tasks have them: see test_exact_run.py
            continue
        value = getattr(x, name)
        if not callable(value):
            for k, part in enumerate(value if isinstance(value, tuple) else (value,)):
                if hasattr(part, "shape"):
                    found[name, k] = (x.ar.lower(part).tolist(), x.ar.upper(part).tolist())
    return found


@pytest.mark.parametrize("ar", [ball, arb(64), float64], ids=repr)
def test_nothing_is_carried_from_one_form_of_a_claim_to_the_other(ar):
    """Each quantity of the printed form is that of an instance whose strong form nobody asked for; and back again."""
    sizes = BatchSizes(inner=2, outer=3, stepsize=2, test=2, stepsize_tasks=3)
    one = instance(random_tasks("sin", seed=27), ALPHA[0], [Fraction(1, 3), 1], sizes=sizes)
    with ar.working():
        x = one.on(ar)
        strong = quantities(x)
        printed = quantities(x.with_global_deviations())
        assert printed == quantities(one.on(ar, everywhere=True))
        assert strong == quantities(x) == quantities(one.on(ar))
        differing = {name for name, _ in strong if strong[name, 0] != printed[name, 0]}
        assert differing == set(DEVIATIONS)  # and nothing else rests on them
        alone = x.alone(0, arb(128))
        assert alone is not x.with_global_deviations().alone(0, arb(128))
        assert x.with_global_deviations().alone(0, arb(128)).everywhere
        assert alone.evaluation is x.with_global_deviations().alone(0, arb(128)).evaluation  # the work is shared


@pytest.mark.parametrize("name", DEVIATIONS)
def test_teeth_a_deviation_kept_with_the_evaluation_is_noticed(name, monkeypatch):
    """Where the two forms share a quantity that differs between them, the test above fails."""
    of_form = vars(InstanceOn)[name].fget

    def shared(self):
        return self.evaluation.__dict__.setdefault(name, of_form(self))

    monkeypatch.setattr(InstanceOn, name, property(shared))
    with pytest.raises(AssertionError):
        test_nothing_is_carried_from_one_form_of_a_claim_to_the_other(float64)


def test_an_evaluation_knows_no_deviations():
    """So nothing that it keeps can rest on them."""
    one = instance(random_tasks("sin", seed=27), ALPHA[0], [Fraction(1, 3), 1])
    for name in DEVIATIONS:
        assert not hasattr(one.on(float64).evaluation, name)
    assert copy.copy(one.on(float64)).alpha is not None
    with pytest.raises(AttributeError, match="alhpa"):
        _ = one.on(float64).alhpa


def test_everywhere_takes_the_global_bounds():
    """The printed form reads the bounds of the tasks, also when the strong form was computed before."""
    tasks = random_tasks("sin", seed=25)
    bounds = tasks.global_deviations
    with ball.working():
        strong = instance(tasks, ALPHA[0], [Fraction(1, 3), 1]).on(ball)
        pointwise = [
            float(ball.upper(v).max())
            for v in (strong.task_variance, strong.gradient_variances, strong.hessian_variances)
        ]
        printed = strong.with_global_deviations()
        assert float(ball.lower(printed.task_variance)[0]) == bounds["sigma"] > pointwise[0]
        assert float(ball.lower(printed.gradient_variances).max()) == bounds["sigma_tilde"] > pointwise[1]
        assert float(ball.lower(printed.hessian_variances).max()) == bounds["sigma_hessian"] > pointwise[2]
        for same in (
            printed.mean_gradient_variance,
            printed.fixed_task_variance,
            printed.noisy_fixed_task_variance,
        ):
            assert float(ball.lower(same)[0]) == bounds["sigma_tilde"]
        assert strong.everywhere is False
        splines = instance(random_tasks("splines", seed=26), ALPHA[0], [1, 1]).on(ball, everywhere=True)
        with pytest.raises(InputError, match="strong form"):
            _ = splines.task_variance
