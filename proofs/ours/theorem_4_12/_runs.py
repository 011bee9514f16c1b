"""What the theorems on whole runs share: from the step with numbers at every iterate to the accuracy of a run.

w stands for the iterate w_K. What the step asks of the batches at each iterate follows from Assumptions 4.5 and 4.6,
which hold everywhere.
"""

from collections.abc import Callable
from typing import NamedTuple

import sympy
from sympy import Rational

from mamlcheck.language.directions import HESSIAN, INNER, OUTER, outer_gradient
from mamlcheck.language.terms import Expr, Vector
from mamlcheck.language.vocabulary import (
    ITERATE,
    TASK,
    adapted,
    common_step,
    gradient_deviation_bound,
    hessian_deviation_bound,
    hessian_lipschitz,
    inner_rate,
    mean_gradient_norm,
    number,
    size_root,
    smoothness,
    smoothness_bound,
    step_task_variance,
    stepsize_tasks,
    task_deviation_bound,
    task_variance,
)
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import By, Chain, Proof, axiom, fact


class Theorem(NamedTuple):
    """An algorithm's part. rate: k of alpha <= 1/(k L). factor, progress: c and c1. cost: R of sigma^2, s^2 and t^2."""

    rate: int
    direction: Vector
    factor: Expr
    progress: Expr
    step: Callable[[Proof], list[Chain]]
    cost: Callable[[Expr, Expr, Expr], Expr]


# -- what holds at every iterate -------------------------------------------------------------------------------------
def assume_everywhere(p: Proof, k: int, hessian_noise: By | None) -> None:
    """Put what follows from bounds that hold everywhere in the place of what the step asks at its point."""
    x = p.language
    w, alpha, smooth, size = x.vector("w"), inner_rate(x), smoothness(x), size_root(x, "D_beta") ** 2
    scale = (hessian_lipschitz(x) * alpha) ** 2
    a = alpha * smooth

    rate = p.chain("alpha <= 1/L", a)
    rate.step(f"alpha <= 1/({k}L)", Rational(1, k), p.hypothesis(f"alpha <= 1/({k}L)").times(Rational(1, k)))
    rate.step("which is less than 1", Rational(1), remainder=1 - Rational(1, k))
    p.instead("alpha <= 1/L", rate.done())

    tasks = p.chain("B' is large enough at each iterate", scale * task_variance(x, w))
    tasks.step(
        "sigma holds everywhere", scale * task_deviation_bound(x) ** 2, axiom("bounded_task_variance", w).times(scale)
    )
    tasks.step("B' is large enough", 2 * stepsize_tasks(x) * smooth**2, p.hypothesis("enough tasks everywhere"))
    p.instead("enough tasks", tasks.done())

    noise = x.gradient_deviation(TASK, w)
    samples = p.chain("D_beta is large enough at each iterate", 4 * scale * x.mean(TASK, noise**2))
    samples.step(
        "sigma~ holds everywhere", 4 * scale * gradient_deviation_bound(x) ** 2, *_squared(p, noise, (TASK,), 4 * scale)
    )
    samples.step("D_beta is large enough", size * smooth**2, p.hypothesis("enough samples everywhere"))
    p.instead("enough samples", samples.done())
    if hessian_noise is not None:
        _assume_hessians(p, hessian_noise)


def _assume_hessians(p: Proof, noise: By) -> None:
    """2 alpha^2 E|(H(D_h) - H) v|^2 <= E|v|^2, or the same of differences: `noise` bounds E_h |...|^2 by sigma_H^2."""
    x = p.language
    alpha, size = inner_rate(x), size_root(x, HESSIAN) ** 2
    v, sigma = outer_gradient(x, x.vector("w")), hessian_deviation_bound(x)
    one = p.carry_out(noise)
    whole = x.norm(v) ** 2
    for index in (OUTER, INNER, TASK):
        whole = x.mean(index, whole)
    start = one.left
    for index in (OUTER, INNER, TASK):
        start = x.mean(index, start)
    chain = p.chain("D_h is large enough at each iterate", 2 * alpha**2 * start)
    chain.step(
        "variance of D_h samples",
        2 * alpha**2 * sigma**2 / size * whole,
        noise.mean(OUTER, INNER, TASK).times(2 * alpha**2),
    )
    chain.step("D_h is large enough", whole, p.hypothesis("enough Hessians everywhere").times(whole / size))
    p.instead("enough Hessian samples", chain.done())


def _squared(p: Proof, deviation: Expr, over: tuple[str, ...], factor: Expr) -> list[By]:
    """factor E sigma~_i(x)^2 <= factor sigma~^2."""
    bound = gradient_deviation_bound(p.language)
    return [axiom("bounded_deviation", deviation).times(deviation + bound).mean(*over).times(factor)]


# -- the sum ---------------------------------------------------------------------------------------------------------
def cost(p: Proof, theorem: Theorem) -> Expr:
    """R, by the bounds that hold everywhere."""
    x = p.language
    noise = gradient_deviation_bound(x) ** 2
    return theorem.cost(
        task_deviation_bound(x) ** 2, noise / size_root(x, INNER) ** 2, noise / size_root(x, OUTER) ** 2
    )


def at_each_iterate(p: Proof, theorem: Theorem) -> Chain:
    """|grad F(w)|^2 / L(w) <= (F(w) - E F(w+) + R / (4L)) / c1."""
    x = p.language
    w, y, alpha = x.vector("w"), x.vector("y"), inner_rate(x)
    ell, a = smoothness_bound(x, w), inner_rate(x) * smoothness(x)
    (step,) = theorem.step(p)
    size, there = x.norm(x.meta_gradient(w)), common_step(x, w)
    smooth = p.chain("F is L(w)-smooth around w", x.norm(x.meta_gradient(y) - x.meta_gradient(w)))
    sharper = proof_file("ours.lemma_4_8").gradients_at("w", "y", p)
    smooth.step("Lemma 4.8, sharper", sharper.end, fact(sharper.done()))
    slope, apart = mean_gradient_norm(x, w), x.norm(w - y)
    smooth.step(
        "(1 + a)^2 <= 4 and 1 + a <= 2",
        ell * apart,
        p.hypothesis("alpha <= 1/L").times(smoothness(x) * (3 + a) * apart),
        p.hypothesis("alpha <= 1/L").times(alpha * hessian_lipschitz(x) * slope * apart),
    )
    outcome = axiom("one_step", fact(smooth.done()), theorem.direction, theorem.factor, y)
    gained = p.carry_out(outcome)
    gain = x.objective(w) - gained.left

    c, of_cost = theorem.progress, cost(p, theorem)
    at_w = step.end - ell * (x.objective(w) - gained.right)  # what the batches cost at this iterate
    chain = p.chain("one step from an iterate", size**2 / ell)
    chain.step("the step with numbers", step.end / (c * ell), fact(step.done()).times(1 / (c * ell)))
    chain.step("the descent lemma", (gain + at_w / ell) / c, outcome.times(1 / c))
    noisy = x.gradient_deviation(TASK, adapted(x, w, INNER))
    share = _coefficient(theorem, 0) / (c * ell)
    inner = _coefficient(theorem, 1) / (c * ell * size_root(x, INNER) ** 2)
    outer = _coefficient(theorem, 2) / (c * ell * size_root(x, OUTER) ** 2)
    chain.step(
        "sigma and sigma~ hold everywhere",
        (gain + of_cost / ell) / c,
        axiom("bounded_task_variance", w).times(share * a / (1 + a)),
        axiom("bounded_task_variance", there).times(share / (1 + a)),
        *_squared(p, x.gradient_deviation(TASK, w), (TASK,), inner),
        *_squared(p, noisy, (INNER, TASK), outer),
    )
    return chain.step(
        "L(w) >= 4L",
        (gain + of_cost / (4 * smoothness(x))) / c,
        remainder=of_cost * (ell - 4 * smoothness(x)) / (4 * c * smoothness(x) * ell),
    )


def _coefficient(theorem: Theorem, place: int) -> Expr:
    """What sigma^2 (place 0), s^2 (place 1) or t^2 (place 2) is multiplied by in R."""
    return theorem.cost(*(Rational(int(k == place)) for k in range(3)))


def sum_of(p: Proof, theorem: Theorem) -> Chain:
    """c1 E[|grad F(w_K)|^2 / L(w_K)] <= Delta / T + R / (4L)."""
    x = p.language
    one, c = at_each_iterate(p, theorem), theorem.progress
    chain = p.chain("the sum over the run", c * x.mean(ITERATE, one.start))
    chain.step("at each iterate", c * x.mean(ITERATE, one.end), fact(one.done()).mean(ITERATE).times(c))
    return chain.step(
        "what there is to gain",
        number(x, "Delta") / number(x, "T") + cost(p, theorem) / (4 * smoothness(x)),
        axiom("telescoping", ITERATE, theorem.direction, theorem.factor),
    )


# -- the accuracy ----------------------------------------------------------------------------------------------------
def accuracy_of(p: Proof, theorem: Theorem) -> Chain:
    """E|grad F(w_K)| <= eps."""
    x = p.language
    w, eps, k = x.vector("w"), number(x, "eps"), theorem.rate
    sigma, slope = task_deviation_bound(x), 2 * hessian_lipschitz(x) * inner_rate(x)
    more, grown = 1 / (1 - Rational(1, k)) ** 2, (1 + Rational(1, k**2)) / (1 - Rational(1, k)) ** 2
    whole, size = smoothness_bound(x, w), x.norm(x.meta_gradient(w))
    mean, bound = x.mean(ITERATE, size), x.mean(ITERATE, whole)
    fixed, per_size = 4 * smoothness(x) + slope * grown * sigma, slope * more
    total, c = sum_of(p, theorem), theorem.progress

    weighted = p.chain("E|grad F|^2 by the mean of L(w)", mean**2 / bound)
    z = mean / bound
    tangent = p.chain("a tangent below", 2 * z * size - z**2 * whole)
    tangent.step("the difference is a square", size**2 / whole, remainder=(size - z * whole) ** 2 / whole)
    weighted.step("its mean", x.mean(ITERATE, size**2 / whole), fact(tangent.done()).mean(ITERATE))

    growth = p.chain("the mean of L(w)", bound)
    growth.step(
        "the tasks' gradients", fixed + per_size * mean, fact(start(p, k).done()).mean(ITERATE).times(slope * more)
    )

    chain = p.chain("the accuracy", c * mean**2 * (fixed + per_size * eps))
    chain.step(
        "the sum, and the mean of L(w)",
        total.end * bound * (fixed + per_size * eps),
        fact(weighted.done()).times(c * bound * (fixed + per_size * eps)),
        fact(total.done()).times(bound * (fixed + per_size * eps)),
    )
    chain.step(
        "L(w) grows with the gradient",
        total.end * (fixed + per_size * mean) * (fixed + per_size * eps),
        fact(growth.done()).times(total.end * (fixed + per_size * eps)),
    )
    chain.step(
        "T and the batches are large enough",
        c * eps**2 * (fixed + per_size * mean),
        p.hypothesis("eps is reached").times(fixed + per_size * mean),
    )
    end = p.chain("E|grad F(w_K)|", mean)
    return end.step(
        "the difference has the factor eps - E|grad F|",
        eps,
        fact(chain.done()).times(1 / (c * (fixed * (eps + mean) + per_size * eps * mean))),
    )


def start(p: Proof, k: int) -> Chain:
    """(1 - 1/k)^2 E_i|grad f_i(w)| <= |grad F(w)| + (1 + 1/k^2) sigma."""
    x = p.language
    w, a, sigma = x.vector("w"), inner_rate(x) * smoothness(x), task_deviation_bound(x)
    bounds = proof_file("ours.descent._bounds")
    slope, share = mean_gradient_norm(x, w), 1 - Rational(1, k)
    both, here = x.root(step_task_variance(x, w)), x.root(task_variance(x, w))
    of_start = lemma(p, "the tasks' gradients", proof_file("ours.moments.start").start)

    first = p.chain("sigma of a step", both**2)
    first.step("squared", step_task_variance(x, w), axiom("square_root", both))
    first.step(
        "sigma holds everywhere",
        sigma**2,
        axiom("bounded_task_variance", w).times(a / (1 + a)),
        axiom("bounded_task_variance", common_step(x, w)).times(1 / (1 + a)),
    )
    second = p.chain("sigma at an iterate", here**2)
    second.step("squared", task_variance(x, w), axiom("square_root", here))
    second.step("sigma holds everywhere", sigma**2, axiom("bounded_task_variance", w))

    rate = p.hypothesis(f"alpha <= 1/({k}L)")
    chain = p.chain("the tasks' gradients by |grad F|", share**2 * slope)
    chain.step(
        f"alpha <= 1/({k}L)",
        (1 - a) ** 2 * slope,
        rate.times(slope / k, p.hypothesis("alpha <= 1/L")),
        rate.times(slope * share / k),
    )
    chain.step("the tasks' gradients", of_start.end, fact(of_start.done()))
    chain.step(
        "sigma holds everywhere",
        x.norm(x.meta_gradient(w)) + (1 + a**2) * sigma,
        fact(first.done()).root(both, sigma).times(a * (1 + a)),
        fact(second.done()).root(here, sigma).times(p.hypothesis("alpha <= 1/L")),
    )
    return chain.step(
        "a^2 is at most its largest value",
        x.norm(x.meta_gradient(w)) + (1 + Rational(1, k**2)) * sigma,
        bounds.at_largest_rate(p, k, bounds.largest_symbol() ** 2, sigma),
    )


# -- the corollaries -------------------------------------------------------------------------------------------------
class Part(NamedTuple):
    """A part of the sum that a hypothesis bounds: its `name`, what both of its sides are multiplied by, and the end."""

    name: str
    factor: Expr
    start: Expr
    end: Expr


def growth(p: Proof, theorem: Theorem) -> Expr:
    """Lambda + lambda eps."""
    x, k = p.language, theorem.rate
    slope, share = 2 * hessian_lipschitz(x) * inner_rate(x), 1 / (1 - Rational(1, k)) ** 2
    of_sigma = (1 + Rational(1, k**2)) * task_deviation_bound(x)
    return 4 * smoothness(x) + slope * share * (of_sigma + number(x, "eps"))


def assume_reached(p: Proof, theorem: Theorem, parts: list[Part], spare: Expr = 0) -> None:
    """Put (Delta / T + R / (4L)) (Lambda + lambda eps) <= c1 eps^2, by its parts, in the place of that hypothesis.

    spare: what is added first, manifestly >= 0.
    """
    x = p.language
    whole, eps = growth(p, theorem), number(x, "eps")
    gain = number(x, "Delta") / number(x, "T") + cost(p, theorem) / (4 * smoothness(x))
    chain = p.chain("eps is reached", gain * whole)
    left = gain * whole
    if spare != 0:
        left = left + spare
        chain.step("room for one factor", left, remainder=spare)
    for part in parts:
        left = left - part.start + part.end
        chain.step(part.name, left, p.hypothesis(part.name).times(part.factor))
    end = theorem.progress * eps**2
    chain.step("numbers", end, remainder=sympy.factor(sympy.expand(end - left)))
    p.instead("eps is reached", chain.done())


def of_eps(p: Proof, theorem: Theorem, name: str, enough: Expr, of: Expr, by: Expr, share: Expr) -> Part:
    """share of / (4L by) growth <= share eps^2 / enough, from enough of growth <= by 4L eps^2."""
    x = p.language
    whole, four = growth(p, theorem), 4 * smoothness(x)
    factor = share / (enough * four * by)
    return Part(name, factor, share * of * whole / (four * by), share * number(x, "eps") ** 2 / enough)
