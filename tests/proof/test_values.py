"""The value of every expression of every proof, against a brute-force reading of the language in mpmath.

The oracle knows what a term means and nothing else: a mean over tasks is a sum, a mean over a batch is the average over
every sequence of draws (no multisets), a mean over the step size's draws is the average over every B' pairs of a task
and a batch. It differs from the evaluator in all its short cuts: deviations, changes of gradients, squares, moments.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import cache

import mpmath
import numpy as np
import pytest
import sympy
from fractions_drawn import draws
from known import ON_INSTANCES

from mamlcheck.arithmetic import arb, ball, rational
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.language.terms import DoesNotApply, NotInLanguage, Vector
from mamlcheck.language.vocabulary import DRAW, ROLES, SAMPLES, TASK, inner_rate, smoothness, stepsize_draws
from mamlcheck.meta.expectation import multisets
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.proof.axioms import Bound
from mamlcheck.proof.catalogue import begin, check_proof, proved, right_side
from mamlcheck.proof.evaluate import Values
from mamlcheck.proof.kernel import axioms_by_name
from mamlcheck.proof.waterfall import ChainOn
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.losses import loss

NO_ITERATES = {"telescoping"}  # is about a run, and its iterates are none of an instance's points
WIDTH = {"ball": 2.0**-30, "arb": 2.0**-40}  # radii, relative: spectral norms are enclosed more widely than the rest
SIZES = BatchSizes(inner=2, outer=1, hessian=1, stepsize=1, test=2, stepsize_tasks=2, step_tasks=2)


def instance(seed, kind="log_cosh", alpha=Fraction(1, 3), task=1, flat=False, convex=False, m=2, d=2):
    rng = np.random.default_rng(seed)
    n = 2
    share = np.array([[Fraction(1, 4), Fraction(3, 4)]], dtype=object)
    a, b, c = draws(rng, 1, n, m, d), draws(rng, 1, n, m), draws(rng, 1, n, m, denominator=3, size=4)
    tasks = RidgeTasks(
        a, b, np.abs(c) if convex else c,
        np.array([Fraction(0 if flat else 1, 7)], dtype=object), share, (loss(kind),) * n,
    )  # fmt: skip
    single = [np.array([Fraction(v)], dtype=object) for v in (alpha, Fraction(2, 5), Fraction(3, 2))]
    w, u, v = (draws(rng, 1, d) for _ in range(3))
    return Instances(tasks, single[0], w, u, v, single[1], single[2], task=task, sizes=SIZES)


def share(top, bottom):
    """The number in [0, 1] for which the bound is smallest; any will do where there is nothing to bound."""
    return min(mpmath.mpf(1), top / bottom) if bottom else mpmath.mpf(1)


def size_of(given, batch):
    """How many samples a batch has; a sample is a batch of one."""
    return 1 if batch in SAMPLES else getattr(given.sizes, ROLES[batch])


class Meanings:
    """What terms mean on one instance, in mpmath; `env` says which task, which draws, which batches."""

    def __init__(self, language, given, oracle):
        self.language, self.given = language, given
        self.tasks, self.share = oracle.tasks(given.tasks, 0), oracle.probabilities(given.tasks, 0)
        self.mp = oracle.to_mp
        self.known = {}

    def point(self, name):
        if name == "y":  # a vector that stands for any point
            return self.tasks[0].lift([Fraction(1, 3)] * self.given.tasks.d)
        return self.tasks[0].lift([Fraction(c) for c in getattr(self.given, name)[0].tolist()])

    def number(self, name):
        g, size = self.given, self.given.sizes
        constant = {"alpha": g.alpha, "delta": g.delta, "phi": g.phi, "L": g.smoothness_constant,
                    "rho": g.hessian_lipschitz_constant, "c": g.step_factor, "eta": g.difference_factor}  # fmt: skip
        if name in constant:
            return self.mp(Fraction(constant[name].tolist()[0]))
        if name.startswith("root_"):
            return mpmath.sqrt(getattr(size, ROLES[name.removeprefix("root_")]))
        if name in ("sigma", "sigma~", "sigma_H"):
            key = {"sigma": "sigma", "sigma~": "sigma_tilde", "sigma_H": "sigma_hessian"}[name]
            return mpmath.sqrt(self.mp(Fraction(g.tasks.global_deviations[key].tolist()[0])))
        fixed = self.tasks[g.task]
        if name == "kappa":
            noise = mpmath.sqrt(fixed.gradient_variance(self.point("w")) / size.inner)
            return share(self.number("L"), self.number("rho") * self.number("alpha") * noise)
        if name == "theta":
            step = self.number("rho") * self.number("delta") * length(self.point("v"))
            return share(2 * self.number("L"), step)
        if name == "mu":  # any number that no curvature is below would do
            return self.mp(Fraction(g.tasks.least_curvature.tolist()[0]))
        if name == "d":
            return mpmath.mpf(g.tasks.d)
        if name == "tasks_of_a_step":
            return mpmath.mpf(size.step_tasks)
        return {"tasks_drawn": mpmath.mpf(size.stepsize_tasks), "tau": mpmath.mpf(1)}[name]

    # -- where means run ---------------------------------------------------------------------------------------
    def cases(self, index, over=()):
        """What an index may be, with its probability."""
        if index == TASK:
            return [(self.mp(p), k) for k, p in enumerate(self.share)]
        if index == DRAW:
            once = [(self.mp(1), {})]
            for inner in over:
                once = [(p * q, {**e, inner: k}) for p, e in once for q, k in self.cases(inner)]
            every = itertools.product(once, repeat=self.given.sizes.stepsize_tasks)
            return [(mpmath.fprod(p for p, _ in some), [e for _, e in some]) for some in every]
        m, size = self.given.tasks.m, size_of(self.given, index)
        every = list(itertools.product(range(m), repeat=size))
        return [(self.mp(Fraction(1, len(every))), draw) for draw in every]

    def over(self, expression):
        return next(
            (mean.parts[2] for s in expression.free_symbols if (mean := self.language.meanings[s]).kind == "draws"), ()
        )

    # -- terms ---------------------------------------------------------------------------------------------------
    def scalar(self, e, env):
        if isinstance(e, sympy.Symbol):
            return self.symbol(e, env)
        if isinstance(e, sympy.Rational):
            return self.mp(Fraction(int(e.p), int(e.q)))
        parts = [self.scalar(part, env) for part in e.args]
        if isinstance(e, sympy.Pow):
            return parts[0] ** int(e.exp)
        return {sympy.Add: mpmath.fsum, sympy.Mul: mpmath.fprod, sympy.Min: min}[type(e)](parts)

    def symbol(self, s, env):
        meaning = self.language.meanings[s]
        key = (s, *sorted((k, str(env[k])) for k in meaning.depends if k in env))
        if key not in self.known:
            self.known[key] = self.meant(s.name, meaning, env)
        return self.known[key]

    def meant(self, name, meaning, env):
        kind, parts = meaning.kind, meaning.parts
        if kind == "number":
            return self.number(name)
        if kind == "ratio":
            top, bottom = (self.scalar(part, env) for part in parts)
            return top / bottom if bottom > 0 else mpmath.mpf(0)
        if kind == "norm":
            return length(self.vector(parts[0], env))
        if kind == "inner":
            return self.vector(parts[0], env) @ self.vector(parts[1], env)
        if kind == "mean":
            over = self.over(parts[1]) if parts[0] == DRAW else ()
            return mpmath.fsum(p * self.scalar(parts[1], {**env, parts[0]: k}) for p, k in self.cases(parts[0], over))
        if kind == "draws":
            values = [self.scalar(parts[1], e) for e in env[DRAW]]
            return self.scalar(parts[0], env) * mpmath.fsum(values) / len(values)
        if kind == "root":
            return mpmath.sqrt(self.scalar(parts[0], env))
        if kind == "objective":
            return self.objective(self.vector(parts[0], env))
        if kind == "outcome":
            return self.outcome(*parts, env)
        task, at = self.task(parts[0], env), self.vector(parts[1], env)
        variance = {"gradient deviation": task.gradient_variance, "hessian deviation": task.hessian_variance}[kind](at)
        return mpmath.sqrt(variance)

    def objective(self, at):
        values = (
            q * task.value(task.adapted(self.given.alpha[0], at))
            for q, task in zip(self.share, self.tasks, strict=True)
        )
        return self.mp(sum(values))

    def outcome(self, at, direction, factor, env):
        """E F(w - c beta~ G), G the mean of the directions of B tasks, over every draw of both."""
        w, c, step = self.vector(at, env), self.scalar(factor, env), self.step()
        once = [(self.mp(1), env)]
        for index in sorted(direction.depends):
            once = [(p * q, {**e, index: k}) for p, e in once for q, k in self.cases(index)]
        drawn = merged((p, self.vector(direction, e)) for p, e in once)
        several = merged(
            (mpmath.fprod(p for p, _ in some), sum(g for _, g in some) / len(some))
            for some in itertools.product(drawn, repeat=self.given.sizes.step_tasks)
        )
        rates = merged((p, 1 / self.scalar(step, {**env, DRAW: k})) for p, k in self.cases(DRAW, self.over(step)))
        return mpmath.fsum(p * q * self.objective(w - c * rate * g) for p, rate in rates for q, g in several)

    def step(self):
        """1 / beta~(w), Theorem 4.12."""
        return 4 * smoothness(self.language) + stepsize_draws(self.language)[0]

    def task(self, index, env):
        return self.tasks[env[index] if index in self.language.drawn else self.given.task]

    def vector(self, v, env):
        zero = self.tasks[0].lift([0] * self.given.tasks.d)
        return sum((self.scalar(c, env) * self.word(word, env) for word, c in v.terms.items()), zero)

    def weights(self, batch, env):
        if not batch:
            return None
        draw = env[batch]
        return [Fraction(draw.count(j), len(draw)) for j in range(self.given.tasks.m)]

    def difference(self, atom, at, env):
        """Equation (11) with delta = eta / (rho alpha |v|); any delta will do where rho alpha = 0."""
        v, task, q = self.vector(atom.along, env), self.task(atom.index, env), self.weights(atom.batch, env)
        if length(v) == 0:
            return 0 * v
        delta = self.number("eta") / ((self.number("rho") * self.number("alpha") or 1) * length(v))
        return (task.gradient(at + delta * v, q) - task.gradient(at - delta * v, q)) / (2 * delta)

    def word(self, word, env):
        first, rest = word[0], word[1:]
        key = (tuple(a.name for a in word), *sorted((k, str(env[k])) for a in word for k in a.depends))
        if key not in self.known:
            self.known[key] = self.applied(first, rest, env) if rest else self.atom(first, env)
        return self.known[key]

    def applied(self, first, rest, env):
        at, q = self.vector(first.inner, env), self.weights(first.batch, env)
        return self.task(first.index, env).hessian(at, q) @ self.word(rest, env)

    def atom(self, atom, env):
        if atom.kind == "vector":
            return self.point(atom.name)
        at = self.vector(atom.inner, env) if atom.kind != "mean" else None
        if atom.kind == "gradient":
            return self.task(atom.index, env).gradient(at, self.weights(atom.batch, env))
        if atom.kind == "mean":
            return sum(p * self.vector(atom.inner, {**env, atom.index: k}) for p, k in self.cases(atom.index))
        if atom.kind == "direction":
            first = self.tasks[0].lift([1] + [0] * (self.given.tasks.d - 1))
            return at / length(at) if length(at) else first  # any unit vector
        if atom.kind == "difference":
            return self.difference(atom, at, env)
        total, alpha = 0, self.number("alpha")
        for p, i in self.cases(TASK):
            for share, draw in self.cases(atom.batch) if atom.batch else [(1, None)]:
                q, points = self.weights(atom.batch, {atom.batch: draw}), [at]
                for _ in range(atom.steps):
                    points.append(points[-1] - alpha * self.tasks[i].gradient(points[-1], q))
                g = self.tasks[i].gradient(points.pop())
                while points:
                    g = g - alpha * (self.tasks[i].hessian(points.pop(), q) @ g)
                total = total + p * share * g
        return total


def merged(pairs):
    """Equal values put together, with the sums of their probabilities."""
    found = {}
    for p, value in pairs:
        key = str(value)
        found[key] = (found[key][0] + p if key in found else p, value)
    return list(found.values())


def length(v):
    return mpmath.sqrt(v @ v)


# -- comparing -------------------------------------------------------------------------------------------------------
@cache
def expressions(claim):
    """The language of a claim's proof, and all expressions of its chains and of the lemmas' chains."""
    outcome = proved(claim)
    assert outcome.proved
    found = [e for c in outcome.proof.chains for e in (c.start, *(link.to for link in c.links))]
    return outcome, list(dict.fromkeys(found))


def environments(value, given):
    """For each place in a value's array what its indices are; a batch by one sequence that has its counts."""
    ranges = []
    for axis in value.axes:
        if axis == TASK:
            ranges.append(list(range(given.tasks.n)))
        else:
            counts = multisets(given.tasks.m, size_of(given, axis)).counts.tolist()
            ranges.append([tuple(j for j, k in enumerate(row) for _ in range(k)) for row in counts])
    for where in itertools.product(*(range(len(r)) for r in ranges)):
        yield where, {axis: r[k] for axis, r, k in zip(value.axes, ranges, where, strict=True)}


def agree(oracle, ar, language, given, expressions):
    meanings = Meanings(language, given, oracle)
    with ar.working():
        values = Values(language, given.on(ar))
        for expression in expressions:
            value = values.scalar(expression)
            for where, env in environments(value, given):
                if any(language.meanings[s].kind == "draws" for s in expression.free_symbols):
                    env[DRAW] = [env] * given.sizes.stepsize_tasks  # all draws the same one
                oracle.check(ar, value.array[(slice(None), *where)], [meanings.scalar(expression, env)], WIDTH[ar.name])


@pytest.mark.parametrize("ar", [ball, arb(128)], ids=["ball", "arb"])
@pytest.mark.parametrize("claim", ON_INSTANCES)
def test_every_expression_has_the_value_it_means(oracle, claim, ar):
    outcome, found = expressions(claim)
    for seed in range(2):
        # with two samples their noise sums to 0, which balls cannot tell: the sign of a sum would be of either sign
        agree(oracle, ar, outcome.proof.language, instance(seed, m=3 if "two_samples" in claim else 2), found)


# -- the claims' own sides ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("claim", ON_INSTANCES)
def test_the_ends_are_the_sides_that_the_claim_computes(oracle, claim):
    """In the strong form; the oracle reads the proof's ends, the claim file computes its own."""
    outcome, stated, ar = expressions(claim)[0], load_claim(claim), arb(128)
    ends = [c.links[c.strong - 1 if c.strong else -1].to for c in outcome.chains]
    for seed, alpha in itertools.product(range(2), (Fraction(1, 3), Fraction(0), Fraction(1, 50))):
        given = reaching_far(claim, instance(seed, alpha=alpha, task=seed))
        meanings = Meanings(outcome.proof.language, given, oracle)
        with ar.working():
            x = given.on(ar)
            sides = [stated.left(x), stated.right(x)]
        for side, mean in zip(sides, (outcome.chains[0].start, sympy.Min(*ends)), strict=True):
            oracle.check(ar, side, [meanings.scalar(mean, {})], WIDTH["arb"])


@pytest.mark.parametrize("claim", ON_INSTANCES)
def test_the_last_end_is_the_printed_right_side(oracle, claim):
    """A proof that does not go on after its strong form proves no printed one; the test above holds its ends."""
    outcome, ar = expressions(claim)[0], arb(128)
    if not any(chain.strong for chain in outcome.chains):
        assert outcome.printed is None
        return
    for seed in range(2):
        given = instance(seed, kind="welsch", task=seed, flat=True)
        with ar.working():
            printed = load_claim(claim).right(given.on(ar, everywhere=True))
        meanings = Meanings(outcome.proof.language, given, oracle)
        oracle.check(ar, printed, [meanings.scalar(right_side(outcome.chains), {})])


def reaching_far(claim, given):
    """An instance with a long step of the difference, where the claim is about such."""
    return replace(given, delta=np.array([Fraction(1000)], dtype=object)) if "large_step" in claim else given


def false(ar, a, b):
    return bool(ar.less_equal(a, b)[0] == 0)


# -- terms that no proof holds --------------------------------------------------------------------------------------
class Terms:
    """Random terms: any derivative of any batch at any point, the same batch at two levels included."""

    def __init__(self, language, seed):
        self.x, self.rng = language, np.random.default_rng(seed)
        self.fixed = TASK not in language.drawn

    def pick(self, *of):
        return of[self.rng.integers(len(of))]

    def vector(self, depth):
        x = self.x
        if depth == 0:
            return x.vector(self.pick("w", "u", "v"))
        one = self.vector(depth - 1)
        kind = self.pick("sum", "gradient", "hessian", "mean", "direction", "meta")
        if kind == "sum":
            return one * sympy.Rational(int(self.rng.integers(1, 4)), 2) - inner_rate(x) * self.vector(depth - 1)
        if kind == "gradient":
            return x.gradient(TASK, one, self.pick("", "D_in", "D_test", "z"))
        if kind == "hessian":
            return x.hessian(TASK, self.vector(depth - 1), self.pick("", "D_in", "D_test", "z"))(one)
        if kind == "mean":
            return x.mean_vector(self.pick("D_in", "D_test", "z", *([] if self.fixed else [TASK])), one)
        if kind == "meta" and not self.fixed and not one.depends:
            return x.meta_gradient(one, self.pick("", "D_test"))
        return x.direction(one, f"e{len(x.named)}") if self.rng.integers(3) == 0 else one

    def scalar(self):
        x = self.x
        kind = self.pick("norm", "square", "inner", "deviation", "mean")
        if kind in ("norm", "square"):
            return x.norm(self.vector(3)) ** (2 if kind == "square" else 1)
        if kind == "inner":
            return x.inner(self.vector(3), self.vector(2))
        if kind == "deviation":
            of = self.pick(x.gradient_deviation, x.hessian_deviation)
            return of(TASK, self.vector(2)) ** self.pick(1, 2)
        e = self.scalar() * self.pick(1, x.norm(self.vector(2)))
        for index in self.pick(("D_in",), ("D_test", "D_in"), ("D_in", "D_test", *([] if self.fixed else [TASK]))):
            e = x.mean(index, e)
        return e


@pytest.mark.parametrize("claim", ["lemma_4_8", "lemma_4_10.bias"], ids=["tasks drawn", "one task"])
@pytest.mark.parametrize("seed", range(12))
def test_random_terms_have_the_values_they_mean(oracle, claim, seed):
    language = begin(load_claim(claim)).language
    terms = Terms(language, seed)
    some = [terms.scalar() for _ in range(8)]
    agree(oracle, arb(128), language, instance(seed, task=seed % 2), [*some, sympy.Min(*some[:3])])


def test_sides_that_vary_with_different_indices_are_compared_for_all_of_them(oracle):
    """|grad f_i(w)| <= |grad f_i(w)| + |v(D)| varies with i alone on the left, here with D alone on the right."""
    claim, ar = load_claim("lemma_4_8"), ball
    given, ends = instance(0), {}

    def prove(p):
        x, w = p.language, p.language.vector("w")
        task = x.norm(x.gradient(TASK, w))
        batch = x.norm(x.mean_vector(TASK, x.gradient(TASK, w, "D_in")))
        ends.update(left=task, right=batch)
        return [p.chain("c", task).step("", task + batch, remainder=batch)]

    outcome = check_proof(claim, prove)
    meanings = Meanings(outcome.proof.language, given, oracle)
    with ar.working():
        on = ChainOn(outcome, given.on(ar))
        left, right = on._together(*(on.values.scalar(ends[side]) for side in ("left", "right")))
    assert left.shape == (1, 2, 1)
    assert right.shape == (1, 1, 3)
    truths = [meanings.scalar(ends["left"], {TASK: k}) for k in range(2)]
    oracle.check(ar, left[0, :, 0], truths, WIDTH["ball"])


# -- axioms on random terms ------------------------------------------------------------------------------------------
def conclusions(axiom, terms):
    """What an axiom concludes from random arguments, and the facts among these; arguments that depend on too much are
    its own to refuse.
    """
    x, index = terms.x, terms.pick("D_in", "D_test", "z", *([] if terms.fixed else [TASK]))
    tried = axiom.trials(x, index, *(terms.vector(2) + terms.vector(1) for _ in range(3)))
    with suppress(DoesNotApply, NotInLanguage):
        for arguments in tried:
            with suppress(DoesNotApply, NotInLanguage):
                yield axiom.conclude(x, *arguments), [a for a in arguments if isinstance(a, Bound)]


def holds(meanings, language, left, right, equal):
    """left <= right, or =, for every task and batch that they vary with."""
    with_norm = isinstance(left, Vector)
    value = meanings.vector if with_norm else meanings.scalar
    varies = left.depends | right.depends if with_norm else language.depends(left) | language.depends(right)
    for case in itertools.product(*(meanings.cases(index) for index in sorted(varies))):
        env = dict(zip(sorted(varies), (k for _, k in case), strict=True))
        gap = value(right, env) - value(left, env)
        gap = -length(gap) if with_norm else gap
        size = mpmath.mpf(10) ** -30 * (1 + abs(mpmath.mpf(0) if with_norm else value(right, env)))
        assert gap >= -size, (str(left), str(right), env)
        assert not equal or gap <= size, (str(left), str(right), env)


@pytest.mark.parametrize("name", sorted(axioms_by_name().keys() - NO_ITERATES))
def test_what_an_axiom_concludes_is_true_of_random_terms(oracle, name):
    concluded = 0
    seeds = 3 if name == "one_step" else 10  # every outcome of a step is listed
    for seed, claim in itertools.product(range(seeds), ("lemma_4_9.first_moment", "lemma_4_10.bias")):
        language = begin(load_claim(claim)).language
        flat = seed % 2 == 0
        meanings = Meanings(language, instance(seed, kind="welsch", task=seed % 2, flat=flat), oracle)
        tame = instance(seed, alpha=Fraction(1, 99), task=seed % 2, flat=flat, convex=True)
        on_a_line = instance(seed, task=seed % 2, flat=flat, m=3, d=1)
        for (left, right, equal), facts in conclusions(axioms_by_name()[name], Terms(language, seed)):
            # what these are given is true of such tasks alone
            if name.startswith("convex") or name in ("one_step", "two_samples", "signs_of_sums"):
                meanings = Meanings(language, on_a_line if name == "signs_of_sums" else tame, oracle)
                assert all(meanings.scalar(one.left, {}) <= meanings.scalar(one.right, {}) for one in facts)
            holds(meanings, language, left, right, equal)
            concluded += 1
    assert concluded >= 3


@pytest.mark.parametrize("claim", ["lemma_4_8", "lemma_4_9.first_moment", "lemma_4_9.second_moment", "hf_error"])
def test_in_fractions_the_ends_are_exactly_the_sides(claim):
    """On splines in one dimension, where norms are fractions."""
    outcome, stated = expressions(claim)[0], load_claim(claim)
    for seed in range(3):
        given = spline_instance(seed)
        with rational.working():
            x = given.on(rational)
            values = Values(outcome.proof.language, x)
            assert values.scalar(outcome.chains[0].start).array == stated.left(x)
            assert values.scalar(right_side(outcome.chains)).array == stated.right(x)


def spline_instance(seed):
    rng = np.random.default_rng(seed)
    knots = np.cumsum(np.abs(draws(rng, 1, 2, 2, 3)) + Fraction(1, 3), axis=-1) - 1
    tasks = SplineTasks(
        draws(rng, 1, 2, 2, 1), draws(rng, 1, 2, 2), draws(rng, 1, 2, 2, denominator=3, size=4),
        np.array([Fraction(1, 7)], dtype=object), np.array([[Fraction(1, 4), Fraction(3, 4)]], dtype=object),
        knots, draws(rng, 1, 2, 2, 3), draws(rng, 1, 2, 2),
    )  # fmt: skip
    w, one = draws(rng, 1, 1), np.array([Fraction(1)], dtype=object)
    return Instances(tasks, one / 7, w, w + 1, w - 2, one, one, sizes=SIZES)


# -- hypotheses ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("claim", [c for c in claim_ids() if not load_claim(c).of_runs])
def test_hypotheses_say_in_the_language_what_the_claim_decides(claim):
    """Whether they all hold; the numbers kappa and theta meet theirs always."""
    p, stated, ar = begin(load_claim(claim)), load_claim(claim), arb(128)
    answers = set()
    for seed, alpha in itertools.product(range(4), (Fraction(1, 999), Fraction(1, 20), Fraction(1, 3), Fraction(2))):
        with ar.working():
            on_a_line = seed > 0 and {"two_samples", "conjectures"} & {*claim.split(".")}
            convex = seed > 0 and "convex" in claim
            given = instance(seed, alpha=alpha, task=seed % 2, convex=convex, d=1 if on_a_line else 2)
            inner = 3 if "conjectures" in claim and seed > 1 else given.sizes.inner
            given = replace(given, sizes=replace(given.sizes, step_tasks=1000 if seed else 1, inner=inner))
            x = reaching_far(claim if seed else "", given).on(ar)
            values = Values(p.language, x)
            sides = {n: (values.scalar(a).array, values.scalar(b).array, e) for n, (a, b, e) in p.hypotheses.items()}
            said = {n: not false(ar, a, b) and not (equal and false(ar, b, a)) for n, (a, b, equal) in sides.items()}
            answers.add(all(said.values()))
            assert all(said.values()) == (stated.hypotheses_hold(x)[0] == 1), said
    assert True in answers
