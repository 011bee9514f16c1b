r"""The printed step of HF-MAML's difference is infinite where v = 0, rho = 0 or alpha = 0."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.arithmetic import Numbers, rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import batches_of, block, full, numbers, only, outcome, refusal, scalar_quadratics
from mamlcheck.meta.algorithms import (
    fo_maml_direction,
    hessian_difference,
    hf_maml_direction,
    maml_direction,
    printed_delta,
)

TITLE = "HF-MAML's delta is infinite at v = 0"
PLACE = "Theorem 4.17, with equations (10) and (11)"
PRINTED = r"$\delta = 1 / (6 \rho \alpha \|v\|)$ with $v = \nabla f_i(w_i, D_o)$."
TRUE = (
    r"There is no such $\delta$ where $v = 0$, $\rho = 0$ or $\alpha = 0$. With $v = 0$ the difference is $d_i = 0$ "
    r"for any $\delta$; with $\rho = 0$ it is $H_i v$ exactly for any $\delta$; with $\alpha = 0$ it does not "
    r"matter, and HF-MAML is FO-MAML."
)
WHY = (
    r"$d_i$ is divided by $2 \delta$, but in each of the three cases the direction is the same for every finite "
    r"$\delta > 0$. At $v = 0$, a task whose adapted parameter is stationary, an implementation that follows the "
    r"formula divides by zero."
)
HANDLED = (
    r"The printed rule gives 1 where $v$ is exactly 0, so that $d_i = 0$, and is refused with a reason for $\rho = 0$ "
    r"or $\alpha = 0$; a $\delta$ of one's own is always taken."
)
SEE = ("mamlcheck.meta.algorithms.printed_delta", "mamlcheck.meta.algorithms.hessian_difference")

RHO = 1
ALPHA = Fraction(1, 6)
CURVATURES = ((1,), (-1,))
CENTRES = ((2,), (0,))  # at w = 0 the second task is stationary
STEPS = (Fraction(1, 1000), Fraction(1), Fraction(1000))


def _step(delta: Fraction) -> Numbers:
    """The step delta for each of the two drawn tasks, at one point."""
    return rational.exact(numbers([[[delta]] * 2]))


def example() -> Example:
    """Two quadratic tasks at w = 0, one of them stationary there."""
    x = block(scalar_quadratics(CURVATURES, CENTRES), ALPHA, [0]).on(rational)
    batches = batches_of([0, 1], *[full(2, 1)] * 3)
    point = x.w[..., None, :]
    v = x.at_w.adapted_gradient
    norms = x.ar.norm(v)[0, :, 0]
    lengths = [only(norms[i : i + 1]) for i in range(2)]
    rho = rational.exact(numbers([RHO]))
    steps = printed_delta(rational, rho, x.alpha, v)[0, :, 0]
    at_zero = [only(hessian_difference(rational, x.at_w.start, v, _step(s)[..., None])[:, 1]) for s in STEPS]
    exact_product = only(x.at_w.start.hessian_vector(v)[:, 0])
    differences = [only(hessian_difference(rational, x.at_w.start, v, _step(s)[..., None])[:, 0]) for s in STEPS]
    directions = [only(hf_maml_direction(rational, x.tasks, x.alpha, point, batches, _step(s))) for s in STEPS]
    maml = only(maml_direction(rational, x.tasks, x.alpha, point, batches))
    still = block(scalar_quadratics(CURVATURES, CENTRES), 0, [0]).on(rational)
    resting = [only(hf_maml_direction(rational, still.tasks, still.alpha, point, batches, _step(s))) for s in STEPS]
    first_order = only(fo_maml_direction(rational, still.tasks, still.alpha, point, batches))
    zero = rational.exact(numbers([0]))
    refused = [refusal(lambda r=r, a=a: printed_delta(rational, r, a, v)) for r, a in ((zero, x.alpha), (rho, zero))]  # type: ignore[misc]
    sizes = ", ".join(map(str, STEPS))
    return Example(
        setting=(
            rf"Two equally likely tasks $f_1 = (w - 2)^2 / 2$ and $f_2 = -w^2 / 2$ at $w = 0$, $\alpha = {ALPHA}$; "
            rf"their Hessians have every Lipschitz constant $\rho \ge 0$, and $\rho = {RHO}$ stands in the rule."
        ),
        quantities=(
            Quantity(r"$\|v\|$ of the first task", lengths[0]),
            Quantity(r"$\|v\|$ of the second task", lengths[1]),
            Quantity(r"what the rule divides by there: $6 \rho \alpha \|v\|$", 6 * RHO * ALPHA * lengths[1]),
            Quantity(r"$H_1 v$ of the first", exact_product),
            Quantity(r"the rule for the first task", only(steps[:1])),
            Quantity(r"in mamlcheck for the second", only(steps[1:])),
            *(Quantity(rf"$d_1$ with $\delta = {s}$", d) for s, d in zip(STEPS, differences, strict=True)),
            Quantity(r"the rule with $\rho = 0$", refused[0]),
            Quantity(r"the rule with $\alpha = 0$", refused[1]),
        ),
        relations=(
            Relation(r"at $v = 0$ the rule divides by zero", 6 * RHO * ALPHA * lengths[1], "=", 0),
            *(Relation(rf"$d_2 = 0$ with $\delta = {s}$", d, "=", 0) for s, d in zip(STEPS, at_zero, strict=True)),
            *(
                Relation(rf"$d_1 = H_1 v$ with $\delta = {s}$: constant Hessians leave no error", d, "=", exact_product)
                for s, d in zip(STEPS, differences, strict=True)
            ),
            Relation(rf"so HF-MAML steps as MAML for all of $\delta = {sizes}$: the least", min(directions), "=", maml),
            Relation("and the greatest of the directions", max(directions), "=", maml),
            Relation(
                r"with $\alpha = 0$ HF-MAML steps as FO-MAML for all of them: the least", min(resting), "=", first_order
            ),
            Relation("and the greatest of the directions", max(resting), "=", first_order),
            Relation(r"mamlcheck refuses the rule for $\rho = 0$", outcome(refused[0]), "=", "refused"),
            Relation(r"and for $\alpha = 0$", outcome(refused[1]), "=", "refused"),
        ),
    )
