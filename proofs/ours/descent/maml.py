"""One step of MAML with c = 1/12: |grad F|^2 / 21 <= L(w) (sure decrease) + .0353 sigma^2/B + .0120 t^2/B + .0040 s^2.

From the general descent, with bounds of |D - grad F| and of V at the largest rate, a = 1/6. |D|^2 is kept, and gives
back two thirds of |grad F|^2.
"""

from sympy import Rational

from mamlcheck.language.directions import HESSIAN, INNER, OUTER, maml, mean, outer_gradient
from mamlcheck.language.vocabulary import TASK, inner_rate, step_tasks
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact

RATE = 6  # alpha <= 1/(6L)
FACTOR, PROGRESS = Rational(1, 12), Rational(1, 21)  # c and c1
TASKS, OUTER_NOISE, INNER_NOISE = Rational(353, 10000), Rational(120, 10000), Rational(40, 10000)
GROWN = ((1 + Rational(1, RATE)) / RATE) ** 2  # (1 + a)^2 a^2


def prove(p: Proof) -> list[Chain]:
    """As all steps with numbers: see `_bounds`."""
    bounds, x = proof_file("ours.descent._bounds"), p.language
    w, tasks = x.vector("w"), step_tasks(x)
    plan = bounds.Plan(
        rate=RATE,
        factor=FACTOR,
        progress=PROGRESS,
        noise=lambda q: TASKS * q.variance / tasks + OUTER_NOISE * q.outer / tasks + INNER_NOISE * q.inner,
        swing=bounds.swing(RATE),
        second=second_moment(p, RATE),
        splits=(Rational(1), Rational(1)),
        error=lambda q, _: GROWN * q.inner,
        off=error(p, RATE),
        keeps=True,
    )
    return [bounds.step_with_numbers(p, maml(x, w), plan)]


def second_moment(p: Proof, k: int | None) -> Chain:
    """V <= ((1 + a)^2 + 1/2) E|v|^2, at a = 1/k where k is given."""
    x = p.language
    w = x.vector("w")
    v = outer_gradient(x, w)
    identity = axiom("hessian_moment", HESSIAN, TASK, w, v, -inner_rate(x), v)
    parts = identity, axiom("operator_norm", TASK, w, v)
    found: Chain = proof_file("ours.descent._bounds").second_moment(p, k, maml(x, w), x.hessian(TASK, w)(v), parts)
    return found


def error(p: Proof, k: int | None) -> Chain:
    """|D - grad F|^2 <= (1 + a)^2 a^2 s^2, at a = 1/k where k is given."""
    bounds, x = proof_file("ours.descent._bounds"), p.language
    w, alpha = x.vector("w"), inner_rate(x)
    v, direction = outer_gradient(x, w), maml(x, w)
    start, inner = mean(x, direction) - x.meta_gradient(w), bounds.squares(x, direction).inner
    unbiased = axiom("unbiased_hessian", HESSIAN, TASK, w, v).mean(OUTER, INNER, TASK)
    rest = lemma(p, "E A v - grad F", bounds.pulled_back_error)
    change = lemma(p, "|E A (u - g)|^2", bounds.pulled_change)

    length = p.chain("the error of D, its length", x.norm(start))
    length.step("the Hessian batch is unbiased", rest.start, unbiased.within(start, -alpha))
    length.step("so is the outer batch, and the chain rule", rest.end, fact(rest.done()))
    chain = p.chain("the error of D", x.norm(start) ** 2)
    chain.step("its square", rest.end**2, fact(length.done()).times(x.norm(start) + rest.end))
    chain.step("the inner noise", change.end, fact(change.done()))
    if k is None:
        return chain
    return chain.step(f"a <= 1/{k}", GROWN * inner, bounds.at_largest_rate(p, k, bounds.grown(), inner))
