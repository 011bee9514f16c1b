r"""What K samples of a new task cost MAML has a factor alpha L, which Table 1 leaves out; attained at K = 1."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import batches_of, block, full, numbers, only, single, splines
from mamlcheck.meta.algorithms import maml_direction
from mamlcheck.meta.centred import centred_change

TITLE = "The factor alpha L of MAML's K-shot error"
PLACE = "Table 1"
PRINTED = (
    r"With $K$ samples for the inner step, MAML and HF-MAML find points with $\|\nabla F\|$ of order "
    r"$\tilde\sigma / \sqrt{K}$."
)
TRUE = (
    r"It is of order $\alpha L \tilde\sigma / \sqrt{K}$. Where MAML's mean direction is 0, $\|\nabla F\|$ is at most "
    r"$(1 + \alpha L) \psi(\alpha \tilde\sigma / \sqrt{K})$ with $\psi(t) = \rho t^2 / 2$ for $t \le L / \rho$ and "
    r"$L t - L^2 / (2 \rho)$ beyond, and with $K = 1$ it can be as much. So a small $\alpha$ makes up for few samples."
)
WHY = (
    r"The noise of the inner batch moves the adapted parameter by $\alpha$ times itself, and the outer gradient by no "
    r"more than $\alpha L$ times. The table keeps that factor for FO-MAML, whose entry $\alpha \sigma$ is "
    r"the same effect of the variance among tasks, and not for $\tilde\sigma$."
)
HANDLED = (
    r"The bias by the inner batch is a claim, `lemma_4_10.bias`, which has the factor, and its sharper form with "
    r"$\psi$ another, `ours.lemma_4_10.bias`."
)
SEE = (
    "mamlcheck.claims.lemma_4_10.bias",
    "mamlcheck.claims.ours.lemma_4_10.bias",
    "mamlcheck.meta.centred.centred_change",
)

SMOOTHNESS = 1
NOISE = 1  # sigma~
RATES = (Fraction(1, 6), Fraction(1, 60), Fraction(1, 600))


def _case(alpha: Fraction) -> tuple[list[Quantity], list[Relation]]:
    """MAML with one sample rests at w = 0: its two adapted parameters, evenly around x, are stationary points of f."""
    step = alpha * NOISE
    # f'' = clip(rho (w - x), -1, 1) with rho x = 1, so that f''(0) = -1. With t = alpha sigma~ and x = -alpha f'(0),
    # f'(x - t) = f'(x + t), and both are 0 where t - 1 / (2 rho) = x / alpha + 1 / (2 rho): rho t = 1 + 1 / alpha.
    # Left of x - t f'' rises to 1 again, so that F is bounded below.
    x = step * alpha / (1 + alpha)
    rho, leftmost = 1 / x, x - step
    knots, values = (leftmost - 2 * x, leftmost, 0, 2 * x), (1, -1, -1, 1)
    pull = -x / alpha
    tasks = splines([[knots] * 2], [[values] * 2], [[pull - NOISE, pull + NOISE]])
    at = block(tasks, alpha, [0], hessian_lipschitz=rho).on(rational)
    whole = full(1, 2)
    shots = [
        only(
            maml_direction(
                rational, at.tasks, at.alpha, at.w[..., None, :], batches_of([0], [single(j, 2)], whole, whole)
            )
        )
        for j in (0, 1)
    ]
    gradient = abs(only(at.at_w.meta_gradient))
    square = rational.exact(numbers([step**2]))
    psi = only(centred_change(rational, rational.exact(numbers([SMOOTHNESS])), rational.exact(numbers([rho])), square))
    case = rf"$\alpha = {alpha}$"
    quantities = [
        Quantity(r"$\rho$", rho, case),
        Quantity(r"$\|\nabla F(0)\|$", gradient, case),
        Quantity(r"as printed, $\tilde\sigma / \sqrt{K}$", NOISE, case),
    ]
    relations = [
        Relation(r"the hypothesis $\alpha \le 1 / (6L)$", alpha, "<=", Fraction(1, 6 * SMOOTHNESS), case),
        Relation(r"$\tilde\sigma^2$, here and everywhere", only(at.gradient_variances), "=", NOISE**2, case),
        Relation("MAML rests where it is if the first sample is drawn", shots[0], "=", 0, case),
        Relation("and if the second is", shots[1], "=", 0, case),
        Relation(
            r"$\|\nabla F(0)\| = (1 + \alpha L) \psi(\alpha \tilde\sigma)$",
            gradient,
            "=",
            (1 + alpha * SMOOTHNESS) * psi,
            case,
        ),
        Relation(
            r"which is the share $\alpha + \alpha^2 / 2$ of $\tilde\sigma$",
            gradient,
            "=",
            (alpha + alpha**2 / 2) * NOISE,
            case,
        ),
    ]
    return quantities, relations


def example() -> Example:
    """One spline task with two samples, one of them for each inner step, at three rates."""
    cases = [_case(alpha) for alpha in RATES]
    return Example(
        setting=(
            r"One task with two samples in one dimension, whose gradients are $f' \pm 1$ at all $w$ "
            r"($\tilde\sigma = 1$, $\sigma_H = 0$), $L = 1$, $K = D_{in} = 1$, $D_o$ and $D_h$ the full data. "
            r"$f''(w) = \rho w - 1$, clipped to $[-1, 1]$, with $\rho = (1 + \alpha) / \alpha^2$, where it is used, "
            r"and 1 far to the left; $f'(0) = -1 / (\alpha \rho)$; $w = 0$."
        ),
        quantities=tuple(quantity for quantities, _ in cases for quantity in quantities),
        relations=tuple(relation for _, relations in cases for relation in relations),
    )
