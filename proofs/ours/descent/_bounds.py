"""What the descents with numbers share: bounds of the error of a direction and of its second moment, a = alpha L.

v = grad f_i(w_i, D_o) is the outer gradient, u = grad f_i(w_i) the same on all data, and g that where the inner step
has all data, too. Each bound grows with a, and is taken at the largest a = 1/k that the claim allows, but for
what is to stay small with a.
"""

from collections.abc import Callable
from typing import NamedTuple

import sympy
from sympy import Rational

from mamlcheck.language.directions import INNER, OUTER, mean, mean_square, outer_gradient
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.language.vocabulary import (
    TASK,
    adapted,
    adapted_gradient,
    difference_factor,
    inner_rate,
    pull_back,
    size_root,
    smoothness,
    step_task_variance,
    step_tasks,
)
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import By, Chain, Proof, axiom, fact

LEAST_TASKS = 20


# -- the squares in which the bounds are -----------------------------------------------------------------------------
class Squares(NamedTuple):
    """gradient: |grad F|^2; centre: |D|^2; error: |D - grad F|^2; second: V; mean: |E g|^2; variance: sigma^2;
    inner: s^2; outer: t^2.
    """

    gradient: Expr
    centre: Expr
    error: Expr
    second: Expr
    mean: Expr
    variance: Expr
    inner: Expr
    outer: Expr


def squares(x: Language, direction: Vector) -> Squares:
    """Those of a direction."""
    w = x.vector("w")
    gradient, centre = x.meta_gradient(w), mean(x, direction)
    noisy = x.mean(TASK, x.mean(INNER, x.gradient_deviation(TASK, adapted(x, w, INNER)) ** 2))
    return Squares(
        gradient=x.norm(gradient) ** 2,
        centre=x.norm(centre) ** 2,
        error=x.norm(centre - gradient) ** 2,
        second=mean_square(x, direction),
        mean=x.norm(x.mean_vector(TASK, adapted_gradient(x, w))) ** 2,
        variance=step_task_variance(x, w),
        inner=x.mean(TASK, x.gradient_deviation(TASK, w) ** 2) / size_root(x, INNER) ** 2,
        outer=noisy / size_root(x, OUTER) ** 2,
    )


def rate(x: Language) -> Expr:
    """The inner rate in units of 1/L, a = alpha L."""
    return inner_rate(x) * smoothness(x)


# -- numbers ---------------------------------------------------------------------------------------------------------
def at_largest_rate(p: Proof, k: int, polynomial: Expr, factor: Expr) -> By:
    """factor q(a) <= factor q(1/k) for a polynomial q with coefficients >= 0, by (1 - k a) times what they leave."""
    a = largest_symbol()
    change = polynomial.subs(a, Rational(1, k)) - polynomial
    return p.hypothesis(f"alpha <= 1/({k}L)").times(
        sympy.expand(sympy.cancel(change / (1 - k * a))).subs(a, rate(p.language)) * factor
    )


def by_numbers(p: Proof, chain: Chain, title: str, q: Squares, to: Callable[[Squares], Expr]) -> Chain:
    """A step in which each square grows, with `to` of the squares at its end.

    What is subtracted over B is at most that over 20, and of |grad F|^2 times eta^2 at most that over 36.
    """
    x = p.language
    tasks, eta, names = step_tasks(x), difference_factor(x), Squares(*map(sympy.Dummy, Squares._fields))
    reached, by, remainder = sympy.expand(to(names)), [], sympy.Integer(0)
    for name, part in zip(names, q, strict=True):
        left = reached.coeff(name) - (chain.end.coeff(part) if part == q.gradient else 0)
        over, bent = left.coeff(1 / tasks), left.coeff(eta**2) if part == q.gradient else sympy.Integer(0)
        if (-over).is_positive:
            by.append(p.hypothesis("B >= 20").times(-over * part / (LEAST_TASKS * tasks)))
            left += over / LEAST_TASKS - over / tasks
        if (-bent).is_positive:
            by.append(p.hypothesis("eta <= 1/6").times(-bent * part * (1 + 6 * eta) / 36))
            left += bent / 36 - bent * eta**2
        remainder += left * part
    return chain.step(title, to(q), *by, remainder=remainder)


def largest_symbol() -> Expr:
    """What stands for a in the polynomials that `at_largest_rate` takes."""
    return sympy.Symbol("a")


def grown() -> Expr:
    """(1 + a)^2 a^2."""
    a = largest_symbol()
    return (1 + a) ** 2 * a**2


# -- the outer gradient ----------------------------------------------------------------------------------------------
def outer_square(p: Proof, k: int | None = None) -> Chain:
    """E|v|^2 <= 2 |E g|^2 + 2 (1 + a)^2 sigma^2 + 2 a^2 s^2 + t^2; at a = 1/k where k is given."""
    x = p.language
    w = x.vector("w")
    v, at, g = outer_gradient(x, w), adapted(x, w, INNER), adapted_gradient(x, w)
    u, centre = x.gradient(TASK, at), x.mean_vector(TASK, g)
    q, a = squares(x, v), rate(x)

    around = p.chain("|u|^2 around g", x.norm(u) ** 2)
    around.step(
        "triangle",
        (x.norm(g) + x.norm(u - g)) ** 2,
        axiom("triangle", g, u - g).times(x.norm(u) + x.norm(g) + x.norm(u - g)),
    )
    around.step(
        "(y + z)^2 = 2 y^2 + 2 z^2 - (y - z)^2",
        2 * x.norm(g) ** 2 + 2 * x.norm(u - g) ** 2,
        remainder=(x.norm(g) - x.norm(u - g)) ** 2,
    )
    spread = proof_file("ours.moments.spread").spread_of(p)

    chain = p.chain("E|v|^2", mean_square(x, v))
    chain.step(
        "variance identity over D_o",
        _over(x, x.norm(u) ** 2) + _over(x, x.mean(OUTER, x.norm(v - u) ** 2)),
        axiom("gradient_moment", OUTER, TASK, at, w * 0).mean(INNER, TASK),
    )
    chain.step(
        "variance of D_o independent samples",
        _over(x, x.norm(u) ** 2) + q.outer,
        axiom("gradient_variance", OUTER, TASK, at).mean(INNER, TASK),
    )
    chain.step(
        "u around g",
        2 * x.mean(TASK, x.norm(g) ** 2) + 2 * _over(x, x.norm(u - g) ** 2) + q.outer,
        fact(around.done()).mean(INNER, TASK),
    )
    chain.step(
        "the inner noise",
        2 * x.mean(TASK, x.norm(g) ** 2) + 2 * a**2 * q.inner + q.outer,
        fact(lemma(p, "E|u - g|^2", inner_change).done()).times(2),
    )
    chain.step(
        "variance identity over tasks",
        2 * q.mean + 2 * x.mean(TASK, x.norm(g - centre) ** 2) + 2 * a**2 * q.inner + q.outer,
        axiom("expand_square", centre, g - centre).mean(TASK).times(2),
        axiom("inner_mean", TASK, centre, g - centre).times(-4),
    )
    chain.step(
        "spread of the adapted gradients",
        2 * q.mean + 2 * (1 + a) ** 2 * q.variance + 2 * a**2 * q.inner + q.outer,
        fact(spread.done()).times(2),
    )
    if k is None:
        return chain
    b = largest_symbol()
    return chain.step(
        f"a <= 1/{k}",
        2 * q.mean + outer_rest(q, Rational(1, k)),
        at_largest_rate(p, k, (1 + b) ** 2, 2 * q.variance),
        at_largest_rate(p, k, b**2, 2 * q.inner),
    )


def outer_rest(q: Squares, a: Expr) -> Expr:
    """What E|v|^2 is bounded by beside 2 |E g|^2."""
    return 2 * (1 + a) ** 2 * q.variance + 2 * a**2 * q.inner + q.outer


def inner_change(p: Proof) -> Chain:
    """E|u - g|^2 <= a^2 s^2."""
    x = p.language
    w = x.vector("w")
    at, there = adapted(x, w, INNER), adapted(x, w)
    u, g, smooth = x.gradient(TASK, at), adapted_gradient(x, w), smoothness(x)
    chain = p.chain("E|u - g|^2", _over(x, x.norm(u - g) ** 2))
    chain.step(
        "Lipschitz gradient",
        smooth**2 * _over(x, x.norm(at - there) ** 2),
        axiom("lipschitz_gradient", TASK, at, there)
        .times(x.norm(u - g) + smooth * x.norm(at - there))
        .mean(INNER, TASK),
    )
    return chain.step(
        "variance of D_in independent samples",
        rate(x) ** 2 * squares(x, u).inner,
        axiom("gradient_variance", INNER, TASK, w).mean(TASK).times(rate(x) ** 2),
    )


def _over(x: Language, scalar: Expr) -> Expr:
    """E over D_in and tasks."""
    return x.mean(TASK, x.mean(INNER, scalar))


def squared_mean(p: Proof, name: str, v: Vector) -> Chain:
    """|E_i E_in v|^2 <= E_i E_in |v|^2."""
    x = p.language
    inside = x.mean_vector(INNER, v)
    whole, size = x.norm(x.mean_vector(TASK, inside)), x.mean(TASK, x.norm(inside))
    chain = p.chain(name, whole**2)
    chain.step("Jensen over tasks", size**2, axiom("jensen_norm", TASK, inside).times(whole + size))
    chain.step("its square", x.mean(TASK, x.norm(inside) ** 2), axiom("jensen_square", TASK, x.norm(inside)))
    if inside == v:
        return chain
    one = x.mean(INNER, x.norm(v))
    chain.step(
        "Jensen over D_in",
        x.mean(TASK, one**2),
        axiom("jensen_norm", INNER, v).times(x.norm(inside) + one).mean(TASK),
    )
    return chain.step("its square, too", _over(x, x.norm(v) ** 2), axiom("jensen_square", INNER, x.norm(v)).mean(TASK))


def mean_length(x: Language, v: Vector) -> Expr:
    """E|v| over D_o, D_in and tasks."""
    return _over(x, x.mean(OUTER, x.norm(v)))


def jensen(x: Language, v: Vector, factor: Expr) -> list[By]:
    """factor |E v| <= factor E|v|, over tasks, D_in and D_o in turn."""
    by, inside = [], x.mean_vector(INNER, x.mean_vector(OUTER, v))
    by.append(axiom("jensen_norm", TASK, inside).times(factor))
    by.append(axiom("jensen_norm", INNER, x.mean_vector(OUTER, v)).mean(TASK).times(factor))
    by.append(axiom("jensen_norm", OUTER, v).mean(INNER, TASK).times(factor))
    return by


def outer_size(p: Proof) -> Chain:
    """E|v| <= |E g| + (1 + a) sigma + a s + t."""
    x = p.language
    w, a = x.vector("w"), rate(x)
    v, at, g = outer_gradient(x, w), adapted(x, w, INNER), adapted_gradient(x, w)
    u, q = x.gradient(TASK, at), squares(x, v)
    inner, outer = x.root(q.inner), x.root(q.outer)
    changed, drawn = _over(x, x.norm(u - g)), mean_length(x, v - u)
    of_g = lemma(p, "mean size of the adapted gradients", proof_file("ours.moments.spread").mean_size)
    change = lemma(p, "E|u - g|^2", inner_change)

    moved = p.chain("root of E|u - g|^2", changed**2)
    one = x.mean(INNER, x.norm(u - g))
    moved.step("Jensen over tasks", x.mean(TASK, one**2), axiom("jensen_square", TASK, one))
    moved.step("and over D_in", change.start, axiom("jensen_square", INNER, x.norm(u - g)).mean(TASK))
    moved.step("the inner noise", change.end, fact(change.done()))
    moved.step("its root", (a * inner) ** 2, axiom("square_root", inner).times(-(a**2)))

    noise = p.chain("root of E|v - u|^2", drawn**2)
    last = x.mean(OUTER, x.norm(v - u))
    two = x.mean(INNER, last)
    noise.step("Jensen over tasks", x.mean(TASK, two**2), axiom("jensen_square", TASK, two))
    noise.step("and over D_in", _over(x, last**2), axiom("jensen_square", INNER, last).mean(TASK))
    noise.step(
        "and over D_o",
        _over(x, x.mean(OUTER, x.norm(v - u) ** 2)),
        axiom("jensen_square", OUTER, x.norm(v - u)).mean(INNER, TASK),
    )
    noise.step(
        "variance of D_o independent samples",
        q.outer,
        axiom("gradient_variance", OUTER, TASK, at).mean(INNER, TASK),
    )
    noise.step("its root", outer**2, axiom("square_root", outer).times(-1))

    chain = p.chain("E|v|", mean_length(x, v))
    chain.step(
        "around g and u",
        of_g.start + changed + drawn,
        axiom("triangle", g, v - g).mean(OUTER, INNER, TASK),
        axiom("triangle", u - g, v - u).mean(OUTER, INNER, TASK),
    )
    chain.step("mean size of g", of_g.end + changed + drawn, fact(of_g.done()))
    chain.step("the inner noise", of_g.end + a * inner + drawn, fact(moved.done()).root(changed, a * inner))
    return chain.step("the outer noise", of_g.end + a * inner + outer, fact(noise.done()).root(drawn, outer))


# -- |E g| by |grad F| -----------------------------------------------------------------------------------------------
def young(p: Proof, name: str, k: int, split: Expr, at_largest: bool = True) -> Chain:
    """|E g|^2 <= `young_end`, for alpha <= 1/(k L); with a^2 itself unless `at_largest`."""
    x = p.language
    w = x.vector("w")
    q, a, root = squares(x, x.vector("w")), rate(x), x.root(step_task_variance(x, w))
    size, gradient = x.norm(x.mean_vector(TASK, adapted_gradient(x, w))), x.norm(x.meta_gradient(w))
    share, more = 1 - Rational(1, k), 1 + Rational(1, k)
    rest = more * a * root

    linear = lemma(p, "|E g| by |grad F|", lambda p: _linear(p, k))
    chain = p.chain(f"|E g|^2 by |grad F|^2, {name}", size**2)
    chain.step(
        "the square",
        (gradient + rest) ** 2 / share**2,
        fact(linear.done()).times((share * size + gradient + rest) / share**2),
    )
    chain.step(
        "Young's inequality",
        ((1 + split) * gradient**2 + (1 + 1 / split) * rest**2) / share**2,
        remainder=(split * gradient - rest) ** 2 / (split * share**2),
    )
    chain.step(
        "the root, squared",
        young_end(q, k, split, a**2),
        axiom("square_root", root).times((1 + 1 / split) * (more * a / share) ** 2),
    )
    if not at_largest:
        return chain
    return chain.step(
        f"a <= 1/{k}",
        young_end(q, k, split, Rational(1, k**2)),
        at_largest_rate(p, k, largest_symbol() ** 2, (1 + 1 / split) * (more / share) ** 2 * q.variance),
    )


def young_end(q: Squares, k: int, split: Expr, a_squared: Expr) -> Expr:
    """((1 + split) |grad F|^2 + (1 + 1/split) (1 + 1/k)^2 a^2 sigma^2) / (1 - 1/k)^2."""
    rest = (1 + 1 / split) * (1 + Rational(1, k)) ** 2 * a_squared * q.variance
    return ((1 + split) * q.gradient + rest) / (1 - Rational(1, k)) ** 2


def _linear(p: Proof, k: int) -> Chain:
    """(1 - 1/k) |E g| <= |grad F| + (1 + 1/k) a sigma."""
    x = p.language
    w = x.vector("w")
    a, root = rate(x), x.root(step_task_variance(x, w))
    size, gradient = x.norm(x.mean_vector(TASK, adapted_gradient(x, w))), x.norm(x.meta_gradient(w))
    b = largest_symbol()
    chain = p.chain("|E g| by |grad F|", (1 - Rational(1, k)) * size)
    chain.step(f"a <= 1/{k}", (1 - a) * size, at_largest_rate(p, k, b, size))
    mean_of = lemma(p, "mean adapted gradient", proof_file("ours.moments.mean").mean)
    chain.step("the mean adapted gradient", gradient + a * (1 + a) * root, fact(mean_of.done()))
    return chain.step(
        f"a <= 1/{k} once more", gradient + (1 + Rational(1, k)) * a * root, at_largest_rate(p, k, b, a * root)
    )


# -- second moments --------------------------------------------------------------------------------------------------
def stretched(p: Proof, name: str, v: Vector, bend: Vector, size: By) -> Chain:
    """|v - alpha b|^2 <= (1 + a)^2 |v|^2, where `size` says |b| <= L |v|."""
    x = p.language
    alpha, a = inner_rate(x), rate(x)
    straight, long = x.norm(v), x.norm(bend)
    whole = x.norm(v - alpha * bend)
    linear = p.chain(f"{name}, its length", whole)
    linear.step("triangle", straight + alpha * long, axiom("triangle", v, -alpha * bend))
    linear.step("|b| <= L |v|", (1 + a) * straight, size.times(alpha))
    chain = p.chain(name, whole**2)
    return chain.step("squared", (1 + a) ** 2 * straight**2, fact(linear.done()).times(whole + (1 + a) * straight))


def second_moment(p: Proof, k: int | None, direction: Vector, bend: Vector, parts: tuple[By, By]) -> Chain:
    """V <= ((1 + a)^2 + 1/2) E|v|^2, at a = 1/k where k is given, for the direction v - alpha b(D_h), and b = `bend` of
    all data.

    parts: E_h |v - alpha b(D_h)|^2 = |v - alpha b|^2 + alpha^2 E_h |b(D_h) - b|^2, and |b| <= L |v|.
    """
    x = p.language
    v, alpha = outer_gradient(x, x.vector("w")), inner_rate(x)
    whole = mean_square(x, v)
    identity, size = parts
    straight = stretched(p, "|v - alpha b|^2", v, bend, size)
    drawn = direction - v  # -alpha b(D_h)
    noise = mean_square(x, drawn + alpha * bend)
    chain = p.chain("V", mean_square(x, direction))
    chain.step(
        "variance identity over D_h", mean_square(x, v - alpha * bend) + noise, identity.mean(OUTER, INNER, TASK)
    )
    chain.step(
        "|v - alpha b| <= (1 + a) |v|",
        (1 + rate(x)) ** 2 * whole + noise,
        fact(straight.done()).mean(OUTER, INNER, TASK),
    )
    chain.step(
        "D_h is large enough",
        ((1 + rate(x)) ** 2 + Rational(1, 2)) * whole,
        p.hypothesis("enough Hessian samples").times(Rational(1, 2)),
    )
    if k is None:
        return chain
    return chain.step(f"a <= 1/{k}", swing(k) * whole, at_largest_rate(p, k, (1 + largest_symbol()) ** 2, whole))


def swing(k: int) -> Expr:
    """By how much V may exceed E|v|^2 where a Hessian bends v."""
    return (1 + Rational(1, k)) ** 2 + Rational(1, 2)


# -- the step --------------------------------------------------------------------------------------------------------
class Plan(NamedTuple):
    """How a step with numbers is proved.

    rate: k of alpha <= 1/(k L). factor, progress: c and c1. noise: what the batches cost. swing: V <= swing E|v|^2, by
    `second`, None where V is E|v|^2. splits: of Young's inequality for |E g|^2, in V and in the error of D. error: the
    bound of |D - grad F|^2, of the squares and a bound of |E g|^2, proved by `off`. keeps: whether |D|^2 is kept, and
    gives back two thirds of |grad F|^2. own_rate: whether the bound of |E g|^2 in the error of D keeps a^2 as it is.
    """

    rate: int
    factor: Expr
    progress: Expr
    noise: Callable[[Squares], Expr]
    swing: Expr
    second: Chain | None
    splits: tuple[Expr, Expr]
    error: Callable[[Squares, Expr], Expr]
    off: Chain
    keeps: bool
    own_rate: bool = False


def step_with_numbers(p: Proof, direction: Vector, plan: Plan) -> Chain:
    """Numbers and B >= 20, Young's inequality, V, the error of D, |grad F|^2 by |D|^2, and the general descent."""
    x = p.language
    k, c, noise = plan.rate, plan.factor, plan.noise
    tasks, q, general = step_tasks(x), squares(x, direction), proof_file("ours.general_descent.maml")
    square = Rational(371, 400) * c**2
    kept = Rational(2, 5) * c - square  # of |D|^2
    back = kept if plan.keeps else sympy.Integer(0)
    weight = Rational(49, 80) * c + 2 * back  # of |D - grad F|^2
    in_v, in_error = plan.splits
    largest = Rational(1, k**2)
    a_squared = rate(x) ** 2 if plan.own_rate else largest

    def reached(q: Squares, off: Expr, second: Expr) -> Expr:
        gradients = Rational(2, 5) * c * q.gradient + Rational(2, 3) * back * q.gradient
        return gradients - weight * off - square * second / tasks + noise(q)

    def of_error(q: Squares) -> Expr:
        return plan.error(q, young_end(q, k, in_error, a_squared))

    def of_outer(q: Squares, mean_square: Expr) -> Expr:
        return plan.swing * (2 * mean_square + outer_rest(q, Rational(1, k)))

    in_general = general.descent(p, direction, c)
    chain = p.chain("the step with numbers", plan.progress * q.gradient)
    by_numbers(
        p,
        chain,
        "numbers, and B >= 20",
        q,
        lambda q: reached(q, of_error(q), of_outer(q, young_end(q, k, in_v, largest))),
    )
    chain.step(
        "|E g| by |grad F|, in V",
        reached(q, of_error(q), of_outer(q, q.mean)),
        fact(young(p, "in V", k, in_v).done()).times(2 * square * plan.swing / tasks),
    )
    chain.step(
        "E|v|^2 by these",
        reached(q, of_error(q), plan.swing * mean_square(x, outer_gradient(x, x.vector("w")))),
        fact(outer_square(p, k).done()).times(square * plan.swing / tasks),
    )
    if plan.second is not None:
        chain.step("V by E|v|^2", reached(q, of_error(q), q.second), fact(plan.second.done()).times(square / tasks))
    if (share := plan.error(q._replace(inner=0, outer=0, variance=0), sympy.Integer(1))) != 0:
        chain.step(
            "|E g| by |grad F|, in the error of D",
            reached(q, plan.error(q, q.mean), q.second),
            fact(young(p, "in the error of D", k, in_error, at_largest=not plan.own_rate).done()).times(weight * share),
        )
    chain.step("the error of D", reached(q, q.error, q.second), fact(plan.off.done()).times(weight))
    if plan.keeps:
        chain.step(
            "|grad F|^2 by |D|^2",
            Rational(2, 5) * c * q.gradient
            + kept * q.centre
            - Rational(49, 80) * c * q.error
            - square * q.second / tasks
            + noise(q),
            fact(gradient_by_mean(p, direction).done()).times(Rational(2, 3) * kept),
        )
    return chain.step(
        "the general descent, and a share of |D|^2 left out",
        general.sure_decrease(p, direction, c) + noise(q),
        fact(in_general.done()),
        remainder=square * q.centre / tasks + (kept - back) * q.centre,
    )


# -- errors ----------------------------------------------------------------------------------------------------------
def pulled_change(p: Proof) -> Chain:
    """|E A (u - g)|^2 <= (1 + a)^2 a^2 s^2, A = I - alpha H_i(w)."""
    x = p.language
    w = x.vector("w")
    change = x.gradient(TASK, adapted(x, w, INNER)) - adapted_gradient(x, w)
    hessian = x.hessian(TASK, w)
    straight = stretched(p, "|A (u - g)|^2", change, hessian(change), axiom("operator_norm", TASK, w, change))
    jensen = squared_mean(p, "|E A (u - g)|^2 by its mean square", pull_back(x, w)(change))
    chain = p.chain("|E A (u - g)|^2", jensen.start)
    chain.step("Jensen", jensen.end, fact(jensen.done()))
    chain.step(
        "|A| <= 1 + a", (1 + rate(x)) ** 2 * _over(x, x.norm(change) ** 2), fact(straight.done()).mean(INNER, TASK)
    )
    return chain.step(
        "the inner noise",
        (1 + rate(x)) ** 2 * rate(x) ** 2 * squares(x, change).inner,
        fact(lemma(p, "E|u - g|^2", inner_change).done()).times((1 + rate(x)) ** 2),
    )


def gradient_by_mean(p: Proof, direction: Vector) -> Chain:
    """|grad F|^2 <= (3/2) |D|^2 + 3 |D - grad F|^2."""
    x = p.language
    gradient, centre = x.meta_gradient(x.vector("w")), mean(x, direction)
    size, near, far = x.norm(gradient), x.norm(centre), x.norm(centre - gradient)
    chain = p.chain("|grad F|^2 by |D|^2", size**2)
    chain.step("triangle", (near + far) ** 2, axiom("triangle", centre, gradient - centre).times(size + near + far))
    return chain.step(
        "(y + z)^2 = 3/2 y^2 + 3 z^2 - (y - 2 z)^2 / 2",
        Rational(3, 2) * near**2 + 3 * far**2,
        remainder=(near - 2 * far) ** 2 / 2,
    )


def pulled_back_error(p: Proof) -> Chain:
    """|E (I - alpha H_i(w)) v - grad F| = |E (I - alpha H_i(w)) (u - g)|."""
    x = p.language
    w = x.vector("w")
    v, at, pulled = outer_gradient(x, w), adapted(x, w, INNER), pull_back(x, w)
    u, gradient = x.gradient(TASK, at), x.meta_gradient(w)
    whole, inside = mean(x, pulled(v)) - gradient, mean(x, pulled(u)) - gradient
    chain = p.chain("E A v - grad F", x.norm(whole))
    chain.step(
        "the outer batch is unbiased",
        x.norm(inside),
        axiom("unbiased_gradient", OUTER, TASK, at).apply(pulled).mean(INNER, TASK).within(whole),
    )
    return chain.step(
        "chain rule",
        x.norm(mean(x, pulled(u - adapted_gradient(x, w)))),
        axiom("chain_rule", TASK, w).within(inside, -1),
    )
