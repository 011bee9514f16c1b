"""One step of HF-MAML with c = 1/25: |grad F|^2 / 42 <= L(w) (sure decrease) + eta^2 (.1574 sigma^2 + .0803 t^2) + ...

From the general descent, with bounds of |D - grad F| and of V at the largest rate, a = 1/6, and the largest eta = 1/6,
but for the eta^2 of the floor: the difference is off by up to eta |v| / 2, whatever the batches. |D|^2 is kept, as for
MAML.
"""

from sympy import Rational

from mamlcheck.language.directions import HESSIAN, INNER, OUTER, hf_maml, mean, outer_gradient
from mamlcheck.language.vocabulary import (
    TASK,
    adapted_gradient,
    difference_factor,
    inner_rate,
    pull_back,
    step_tasks,
)
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact

RATE = 6  # alpha <= 1/(6L), and eta <= 1/6
FACTOR, PROGRESS = Rational(1, 25), Rational(1, 42)  # c and c1
TASK_FLOOR, OUTER_FLOOR = Rational(1574, 10000), Rational(803, 10000)
TASKS, OUTER_NOISE, INNER_NOISE = Rational(82, 10000), Rational(28, 10000), Rational(140, 10000)
MORE = 1 + Rational(1, RATE)  # 1 + a
INNER_SHARE = MORE / RATE + Rational(1, 2 * RATE**2)  # (1 + a) a + a eta / 2


def prove(p: Proof) -> list[Chain]:
    """As all steps with numbers: see `_bounds`."""
    bounds, x = proof_file("ours.descent._bounds"), p.language
    w, tasks, eta = x.vector("w"), step_tasks(x), difference_factor(x)
    v, direction = outer_gradient(x, w), hf_maml(x, w)
    identity = axiom("difference_moment", HESSIAN, TASK, w, v, -inner_rate(x), v)
    size = axiom("difference_size", TASK, w, v)
    plan = bounds.Plan(
        rate=RATE,
        factor=FACTOR,
        progress=PROGRESS,
        noise=lambda q: (
            eta**2 * (TASK_FLOOR * q.variance + OUTER_FLOOR * q.outer)
            + (TASKS * q.variance + OUTER_NOISE * q.outer) / tasks
            + INNER_NOISE * q.inner
        ),
        swing=bounds.swing(RATE),
        second=bounds.second_moment(p, RATE, direction, x.difference(TASK, w, v), (identity, size)),
        splits=(Rational(4, 5), Rational(1, 16)),
        error=lambda q, mean_square: (
            eta**2 / 2 * mean_square
            + 6 * (INNER_SHARE**2 * q.inner + eta**2 / 4 * MORE**2 * q.variance + eta**2 / 4 * q.outer)
        ),
        off=error(p),
        keeps=True,
    )
    return [bounds.step_with_numbers(p, direction, plan)]


def error(p: Proof) -> Chain:
    """|D - grad F|^2 <= 2 y^2 + 6 (x^2 + z^2 + u^2): y, z, u are eta/2 times |E g|, (7/6) sigma and t, x = (5/24) s."""
    bounds, x = proof_file("ours.descent._bounds"), p.language
    w, a, eta = x.vector("w"), bounds.rate(x), difference_factor(x)
    direction = hf_maml(x, w)
    q, size = bounds.squares(x, direction), x.norm(x.mean_vector(TASK, adapted_gradient(x, w)))
    tasks, inner, outer = x.root(q.variance), x.root(q.inner), x.root(q.outer)
    length = lemma(p, "the error of D, its length", _length)
    whole = length.start

    linear = p.chain("the error of D at the largest rates", whole)
    linear.step(
        "the error of D, its length",
        (1 + a) * a * inner + eta / 2 * (size + (1 + a) * tasks + a * inner + outer),
        fact(length.done()),
    )
    b = bounds.largest_symbol()
    linear.step(
        f"a <= 1/{RATE}",
        MORE / RATE * inner + eta / 2 * (size + MORE * tasks + inner / RATE + outer),
        bounds.at_largest_rate(p, RATE, (1 + b) * b, inner),
        bounds.at_largest_rate(p, RATE, b, eta / 2 * (tasks + inner)),
    )
    one, two, three, four = INNER_SHARE * inner, eta / 2 * size, eta / 2 * MORE * tasks, eta / 2 * outer
    linear.step("eta <= 1/6", one + two + three + four, p.hypothesis("eta <= 1/6").times(inner / (2 * RATE**2)))

    chain = p.chain("the error of D", whole**2)
    chain.step("its square", linear.end**2, fact(linear.done()).times(whole + linear.end))
    chain.step(
        "(y + x + z + u)^2 <= 2 y^2 + 6 (x^2 + z^2 + u^2)",
        2 * two**2 + 6 * (one**2 + three**2 + four**2),
        remainder=(two - one - three - four) ** 2 + 2 * ((one - three) ** 2 + (one - four) ** 2 + (three - four) ** 2),
    )
    return chain.step(
        "the roots, squared",
        eta**2 / 2 * q.mean + 6 * (INNER_SHARE**2 * q.inner + eta**2 / 4 * (MORE**2 * q.variance + q.outer)),
        axiom("square_root", inner).times(6 * INNER_SHARE**2),
        axiom("square_root", tasks).times(6 * eta**2 / 4 * MORE**2),
        axiom("square_root", outer).times(6 * eta**2 / 4),
    )


def _length(p: Proof) -> Chain:
    """|D - grad F| <= (1 + a) a s + eta/2 (|E g| + (1 + a) sigma + a s + t)."""
    bounds, x = proof_file("ours.descent._bounds"), p.language
    w, alpha, a, eta = x.vector("w"), inner_rate(x), bounds.rate(x), difference_factor(x)
    v, direction, gradient = outer_gradient(x, w), hf_maml(x, w), x.meta_gradient(w)
    q = bounds.squares(x, direction)
    inner = x.root(q.inner)
    product, difference = x.hessian(TASK, w)(v), x.difference(TASK, w, v)
    start, full = mean(x, direction) - gradient, mean(x, v - alpha * difference) - gradient
    pulled, missed = mean(x, pull_back(x, w)(v)) - gradient, product - difference
    rest = lemma(p, "E A v - grad F", bounds.pulled_back_error)
    change = lemma(p, "|E A (u - g)|^2", bounds.pulled_change)

    square = p.chain("|E A (u - g)|^2 by s", rest.end**2)
    square.step("the inner noise", change.end, fact(change.done()))
    square.step("its root", ((1 + a) * a * inner) ** 2, axiom("square_root", inner).times(-(((1 + a) * a) ** 2)))
    size = lemma(p, "E|v|", bounds.outer_size)

    chain = p.chain("the error of D, its length", x.norm(start))
    chain.step(
        "the Hessian batch is unbiased",
        x.norm(full),
        axiom("unbiased_difference", HESSIAN, TASK, w, v).mean(OUTER, INNER, TASK).within(start, -alpha),
    )
    chain.step(
        "around the Hessian's product",
        x.norm(pulled) + alpha * x.norm(mean(x, missed)),
        axiom("triangle", pulled, alpha * mean(x, missed)),
    )
    chain.step("the outer batch and the chain rule", rest.end + alpha * x.norm(mean(x, missed)), fact(rest.done()))
    chain.step(
        "the inner noise",
        (1 + a) * a * inner + alpha * x.norm(mean(x, missed)),
        fact(square.done()).root(rest.end, (1 + a) * a * inner),
    )
    chain.step(
        "Jensen over all that is drawn",
        (1 + a) * a * inner + alpha * bounds.mean_length(x, missed),
        *bounds.jensen(x, missed, alpha),
    )
    chain.step(
        "the difference is within eta |v| / 2",
        (1 + a) * a * inner + eta / 2 * size.start,
        axiom("difference_error", TASK, w, v).mean(OUTER, INNER, TASK),
    )
    return chain.step("E|v|", (1 + a) * a * inner + eta / 2 * size.end, fact(size.done()).times(eta / 2))
