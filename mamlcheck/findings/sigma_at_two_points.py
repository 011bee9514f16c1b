r"""The variance among tasks is used at two points: at w, and at the point that the mean task steps to."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.check.verdict import judge
from mamlcheck.claims import load_claim
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import Exact, block, only, splines, steepest
from mamlcheck.meta.instance import InstanceOn, Instances

TITLE = "The variance among tasks at two points"
PLACE = "Assumption 4.5, as Theorem 4.12 uses it"
PRINTED = (
    r"$\mathbb{E}_i \|\nabla f_i(w) - \nabla f(w)\|^2 \le \sigma^2$, in bounds at $w$ of the gradients "
    r"$g_i = \nabla f_i(w - \alpha \nabla f_i(w))$ of adapted parameters."
)
TRUE = (
    r"The variance at $w$ does not bound that of the $g_i$, and neither does the variance at "
    r"$x = w - \alpha \nabla f(w)$. Both together do: $\mathbb{E} \|g_i - \mathbb{E} g\|^2 \le "
    r"(1 + \alpha L) (\alpha L \sigma(w)^2 + \sigma(x)^2)$. A $\sigma$ that is measured at the points of a run is too "
    r"small for the theorems if it leaves out $x$."
)
WHY = (
    r"$g_i - \nabla f(x)$ is the sum of $\nabla f_i(w_i') - \nabla f_i(x)$, at most $\alpha L$ times "
    r"$\|\nabla f_i(w) - \nabla f(w)\|$, and of $\nabla f_i(x) - \nabla f(x)$. Tasks that agree at $w$ step to the "
    r"same $x$, and may disagree there."
)
HANDLED = (
    r"Lemmas 4.8 to 4.11 use $\sigma$ at $w$ alone, if at all. What is said of adapted gradients and of steps takes "
    r"$(\alpha L \sigma(w)^2 + \sigma(x)^2) / (1 + \alpha L)$ for $\sigma^2$; that it is enough is a claim, "
    r"`ours.moments.spread`, which is proved."
)
SEE = (
    "mamlcheck.claims.ours.moments.spread",
    "mamlcheck.meta.deviations.AtThePoints.step_task_variance",
    "mamlcheck.meta.instance.InstanceOn.task_variance",
)

ALPHA = Fraction(1, 2)
HALF = Fraction(1, 2)
SECOND: tuple[tuple[Exact, ...], ...] = ((HALF, 1, HALF), (HALF, 0, HALF))  # f_1'' and f_2''
# The knots, and f_1'(0) and f_2'(0): tasks that agree at w = 0, and tasks that agree at x = -1.
AGREE_AT_W = ((-2, -1, 0), (2, 2))
AGREE_AT_X = ((-1, 0, 1), (Fraction(9, 4), Fraction(7, 4)))


def _block(knots: tuple[int, ...], slopes: tuple[Exact, ...], w: Exact) -> Instances:
    tasks = splines([[knots]] * 2, [[second] for second in SECOND], [[slope] for slope in slopes])
    return block(tasks, ALPHA, [w], hessian_lipschitz=steepest(knots, SECOND[0]))


def _at(knots: tuple[int, ...], slopes: tuple[Exact, ...], w: Exact) -> InstanceOn:
    return _block(knots, slopes, w).on(rational)


def _case(
    case: str, knots: tuple[int, ...], slopes: tuple[Exact, ...], agree: str
) -> tuple[list[Quantity], list[Relation]]:
    at_w = _at(knots, slopes, 0)
    rate = ALPHA * max(value for second in SECOND for value in second)
    x = -ALPHA * sum(only(at_w.at_w.gradient[:, i]) for i in (0, 1)) / 2
    g = [only(at_w.at_w.adapted_gradient[:, i]) for i in (0, 1)]
    of_g = (g[0] - g[1]) ** 2 / 4
    variances = {"w": only(at_w.task_variance), "x": only(_at(knots, slopes, x).task_variance)}
    everywhere = max(only(_at(knots, slopes, w).task_variance) for w in (knots[0], knots[-1]))
    quantities = [
        Quantity(r"$x = w - \alpha f'(w)$", x, case),
        Quantity(r"$\sigma(w)^2$", variances["w"], case),
        Quantity(r"$\sigma(x)^2$", variances["x"], case),
        Quantity(r"$\sigma^2$, for all points", everywhere, case),
        Quantity(r"variance of the $g_i$", of_g, case),
    ]
    claim = load_claim("ours.moments.spread")
    verdict = str(judge(claim, _block(knots, slopes, 0)).verdict(0))
    other = "x" if agree == "w" else "w"
    both = (1 + rate) * (rate * variances["w"] + variances["x"])
    relations = [
        Relation(rf"the tasks agree at ${agree}$: $\sigma({agree})^2$", variances[agree], "=", 0, case),
        Relation(rf"and not at ${other}$: $\sigma({other})^2$", variances[other], ">", 0, case),
        Relation(
            rf"the variance of the $g_i$ exceeds $(1 + \alpha L)^2 \sigma({agree})^2$",
            of_g,
            ">",
            (1 + rate) ** 2 * variances[agree],
            case,
        ),
        Relation(r"and not $(1 + \alpha L) (\alpha L \sigma(w)^2 + \sigma(x)^2)$", of_g, "<=", both, case),
        Relation("which is what the claim has", only(claim.right(at_w)), "=", both, case),
        Relation("and what balls decide, with exact numbers where they must", verdict, "=", "HOLDS", case),
        Relation(r"nor $(1 + \alpha L)^2 \sigma^2$", of_g, "<=", (1 + rate) ** 2 * everywhere, case),
    ]
    return quantities, relations


def example() -> Example:
    """Two spline tasks that agree at one of the two points."""
    cases = (
        _case("tasks that agree at $w$", *AGREE_AT_W, "w"),
        _case("tasks that agree at $x$", *AGREE_AT_X, "x"),
    )
    return Example(
        setting=(
            r"Two equally likely tasks in one dimension with $f_i'' = 1/2 \pm h$, where $h$ is 1/2 at one point and "
            r"falls linearly to 0 at distance 1: at -1, with $f_i'(0) = 2$; and at 0, with $f_i'(-1) = 3/2$. $w = 0$, "
            rf"$\alpha = {ALPHA}$, $L = 1$."
        ),
        quantities=tuple(quantity for quantities, _ in cases for quantity in quantities),
        relations=tuple(relation for _, relations in cases for relation in relations),
    )
