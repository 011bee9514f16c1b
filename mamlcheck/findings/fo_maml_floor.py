r"""FO-MAML ends where |grad F| is a fixed share of alpha L sigma, from every start; all assumptions hold globally."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import Exact, batches_of, block, full, only, splines, steepest
from mamlcheck.meta.algorithms import fo_maml_direction, maml_direction
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.objective import stochastic_smoothness
from mamlcheck.tasks.families.spline import SplineTasks

TITLE = "FO-MAML's floor is there from every start"
PLACE = "Theorem 4.15, with Table 1"
PRINTED = (
    r"FO-MAML cannot find an $\epsilon$-FOSP for every $\epsilon > 0$: its bound has the term "
    r"$\alpha^2 L^2 \sigma^2$ under the root, which no batch removes."
)
TRUE = (
    r"A bound that does not tend to 0 proves no floor, but there is one. On the instance below, where all assumptions "
    r"hold at every $w$, FO-MAML with full batches and the printed step size tends to $w = 0$ from every start, and "
    r"there $\|\nabla F\|$ is a fixed share of $\alpha L \sigma$: 0.43, and up to 18/41 for other numbers of this "
    r"kind. No instance has more than $1 + \alpha L$ of it."
)
WHY = (
    r"With $g_i = f_i'(w_i')$ the derivative of $g_i$ is $f_i''(w_i') (1 - \alpha f_i''(w))$. As $\mu \le f_i'' \le 1$ "
    r"at the knots, and hence everywhere, it lies between $\mu (1 - \alpha)$ and $1$: $\mathbb{E} g$ grows strictly, "
    r"and is 0 at $w = 0$ alone. A step goes from $w$ to $w - \beta \mathbb{E} g$ with $\beta \le 1/72$, so it keeps "
    r"the side and comes nearer by at least the factor $1 - \beta \mu (1 - \alpha)$; nearer to 0 gradients are "
    r"bounded and so $\beta$ does not shrink to 0. The tasks pull at $w = 0$ with equal force and different curvature, "
    r"which $\nabla F$ weighs by $1 - \alpha f_i''$ and FO-MAML does not. Where $\mathbb{E} g = 0$ is "
    r"$\nabla F = -\alpha \, \mathbb{E} H_i (g_i - \mathbb{E} g)$, at most $\alpha L (1 + \alpha L) \sigma$."
)
HANDLED = (
    r"FO-MAML's direction is held against equation (8), and is called FO-MAML and not MAML where an implementation "
    r"has it. No claim says that it finds stationary points of $F$."
)
SEE = ("mamlcheck.meta.algorithms.fo_maml_direction", "mamlcheck.meta.instance.InstanceOn.task_variance")

ALPHA = Fraction(1, 10)
STEPSIZE = Fraction(1, 18)  # what the theorem multiplies beta~ by
KNOTS = (-2, -1, 1, 2)
TOP = 1  # f_1'' on [-1, 1]
PULL = 9  # -f_2'(0)
LEAST = Fraction(1, 100)  # mu: f_1'' outside [-2, 2], and f_2''
OTHERS = (Fraction(1, 2), Fraction(1, 10))
STARTS = (Fraction(-1000), Fraction(-1, 2), Fraction(1, 2), Fraction(1000))


def _second(least: Fraction) -> tuple[tuple[Exact, ...], ...]:
    """f_1'' and f_2'' at the knots."""
    return (least, TOP, TOP, least), (least,) * len(KNOTS)


def _tasks(least: Fraction) -> SplineTasks:
    # With L = 1, alpha f_1'(0) = 1 - alpha mu: the step of the first task ends in [-1, 1].
    pulls = ((1 - ALPHA * least) / ALPHA, -PULL)
    return splines([[KNOTS]] * 2, [[second] for second in _second(least)], [[pull] for pull in pulls])


def _at(least: Fraction, w: Exact) -> InstanceOn:
    rho = max(steepest(KNOTS, second) for second in _second(least))
    return block(_tasks(least), ALPHA, [w], hessian_lipschitz=rho).on(rational)


def _direction(x: InstanceOn) -> Fraction:
    """FO-MAML's with both tasks, all of their data."""
    return only(fo_maml_direction(rational, x.tasks, x.alpha, x.w[..., None, :], batches_of([0, 1], *[full(2, 1)] * 2)))


def _half_gap(x: InstanceOn) -> Fraction:
    """(f_1' - f_2') / 2, the deviation of each of two equally likely tasks from their mean."""
    first, second = (only(x.at_w.gradient[:, i]) for i in (0, 1))
    return (first - second) / 2


def _sigma(least: Fraction) -> Fraction:
    """The largest deviation: it grows with w where f_1'' >= f_2'', and is constant beyond the knots."""
    return max(abs(_half_gap(_at(least, end))) for end in (KNOTS[0], KNOTS[-1]))


def _share(least: Fraction) -> Fraction:
    """|grad F(0)| / (alpha L sigma)."""
    return abs(only(_at(least, 0).at_w.meta_gradient)) / (ALPHA * TOP * _sigma(least))


def _run(w: Fraction, least: Fraction) -> list[Relation]:
    """One step from w with beta = beta~ / 18."""
    x = _at(least, w)
    slope = stochastic_smoothness(
        rational.exact(Fraction(TOP)), x.hessian_lipschitz, x.alpha, x.at_w.mean_gradient_norm
    )
    beta = STEPSIZE / only(slope)
    kept = 1 - beta * _direction(x) / w
    case = rf"FO-MAML's step from $w = {w}$"
    return [
        Relation("the new point over the old: it stays on its side of 0", kept, ">", 0, case),
        Relation(
            r"and comes nearer, by at least $1 - \beta \mu (1 - \alpha)$",
            kept,
            "<=",
            1 - beta * least * (1 - ALPHA),
            case,
        ),
    ]


def example() -> Example:
    """Two spline tasks whose curvatures differ near 0, full batches, both tasks in each step."""
    second = _second(LEAST)
    values = [Fraction(value) for each in second for value in each]
    smoothness, rho = max(map(abs, values)), max(steepest(KNOTS, each) for each in second)
    x, sigma, share = _at(LEAST, 0), _sigma(LEAST), _share(LEAST)
    gradient = only(x.at_w.meta_gradient)
    maml = only(maml_direction(rational, x.tasks, x.alpha, x.w[..., None, :], batches_of([0, 1], *[full(2, 1)] * 3)))
    variances = {w: only(_at(LEAST, w).task_variance) for w in (-1000, KNOTS[0], 0, KNOTS[-1], 1000)}
    growth = min(values) * (1 - ALPHA * max(values))
    return Example(
        setting=(
            r"Two equally likely tasks in one dimension, one sample each ($\tilde\sigma = 0$): $f_1'' = 1$ on "
            rf"$[-1, 1]$ and $\mu = {LEAST}$ outside $[-2, 2]$, linear between, $f_1'(0) = 10 - \mu$; $f_2'' = \mu$, "
            rf"$f_2'(0) = -9$. $\alpha = {ALPHA} = 1 / (10 L)$, $\beta = \tilde\beta / 18$."
        ),
        quantities=(
            Quantity("$L$", smoothness),
            Quantity(r"$\rho$", rho),
            *(Quantity(rf"variance among tasks at $w = {w}$", value) for w, value in variances.items()),
            Quantity(r"$\sigma$, for all $w$", sigma),
            Quantity(r"$f_1'(w_1')$ at $w = 0$", only(x.at_w.adapted_gradient[:, 0])),
            Quantity(r"$f_2'(w_2')$ at $w = 0$", only(x.at_w.adapted_gradient[:, 1])),
            Quantity(r"FO-MAML's mean direction $\mathbb{E} g$ at $w = 0$", _direction(x)),
            Quantity(r"$\nabla F(0)$", gradient),
            Quantity(r"least derivative of $\mathbb{E} g$, $\mu (1 - \alpha)$", growth),
            Quantity(r"$\|\nabla F(0)\| / (\alpha L \sigma)$", share),
            *(Quantity(rf"the same with $\mu = {other}$", _share(other)) for other in OTHERS),
            Quantity(r"its limit as $\mu \to 0$", _share(Fraction(0))),
        ),
        relations=(
            Relation(r"the hypothesis $\alpha \le 1 / (10 L)$", ALPHA, "<=", 1 / (10 * smoothness)),
            Relation(r"all $f_i''$ are positive: $F$ is bounded below", min(values), ">", 0),
            Relation(
                r"$f_1'' \ge f_2''$: $|f_1' - f_2'|$ is largest at an end",
                min(Fraction(a - b) for a, b in zip(*second, strict=True)),
                ">=",
                0,
            ),
            Relation(r"and constant left of $w = -2$", variances[-1000], "=", variances[KNOTS[0]]),
            Relation(r"and right of $w = 2$", variances[1000], "=", variances[KNOTS[-1]]),
            Relation(r"so $\sigma^2$ is the larger variance there", sigma**2, "=", max(variances.values())),
            Relation(r"$\mathbb{E} g$ grows strictly", growth, ">", 0),
            Relation(r"and is 0 at $w = 0$", _direction(x), "=", 0),
            Relation(r"where $\nabla F$ is not, so that MAML leaves", maml, "=", gradient),
            Relation(r"$\|\nabla F(0)\|$ is more than 0.43 of $\alpha L \sigma$", share, ">", Fraction(43, 100)),
            Relation(r"less than the limit as $\mu \to 0$", share, "<", Fraction(18, 41)),
            Relation(r"which is 18/41", _share(Fraction(0)), "=", Fraction(18, 41)),
            *(Relation(rf"a larger $\mu = {other}$ gives less", _share(other), "<", share) for other in OTHERS),
            Relation(r"and no instance more than $1 + \alpha L$", share, "<=", 1 + ALPHA * smoothness),
            *(relation for w in STARTS for relation in _run(w, LEAST)),
        ),
    )
