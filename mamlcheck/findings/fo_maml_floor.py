r"""FO-MAML ends where |grad F| is a fixed share of alpha L sigma, from every start; all assumptions hold globally."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.check.verdict import judge
from mamlcheck.claims import load_claim
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import Exact, batches_of, block, full, only, splines, steepest
from mamlcheck.meta.algorithms import fo_maml_direction, maml_direction
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.objective import stochastic_smoothness

TITLE = "FO-MAML's floor is there from every start"
PLACE = "Theorem 4.15, with Table 1"
PRINTED = (
    r"FO-MAML cannot find an $\epsilon$-FOSP for every $\epsilon > 0$: its bound has the term "
    r"$\alpha^2 L^2 \sigma^2$ under the root, which no batch removes."
)
TRUE = (
    r"A bound that does not tend to 0 proves no floor, but there is one. On the instances below, where all assumptions "
    r"hold at every $w$, FO-MAML with full batches and the printed step size tends to $w = 0$ from every start, and "
    r"there $\|\nabla F\|$ is 0.43 of $\alpha L \sigma$ in the first, a simple one, and 0.9998 of it in the second. No "
    r"instance has more than $1 + \alpha L$ of it."
)
WHY = (
    r"The tasks pull at $w = 0$ with equal force and different curvature, which $\nabla F$ weighs by "
    r"$1 - \alpha f_i''$ and FO-MAML does not. With $g_i = f_i'(w_i')$ the derivative of $g_i$ is "
    r"$f_i''(w_i') (1 - \alpha f_i''(w))$, so that bounds of $f_i''$ at the knots say where $\mathbb{E} g$ is positive "
    r"and where negative. It is at most $L (1 + \alpha L) \|w\|$, so a step to $w - \beta \mathbb{E} g$ with "
    r"$\beta \le 1/72$ keeps the side of 0 and comes nearer; nearer to 0 gradients are bounded, and $\beta$ does "
    r"not shrink to 0. Where $\mathbb{E} g = 0$, $\nabla F = -\alpha \, \mathbb{E} H_i (g_i - \mathbb{E} g)$ is at "
    r"most $\alpha L (1 + \alpha L) \sigma$."
)
HANDLED = (
    r"FO-MAML's direction is held against equation (8), and is called FO-MAML and not MAML where an implementation "
    r"has it. That its floor is no higher than $(1 + \alpha L) \alpha L \sigma$ is a claim, `ours.floors.fo_maml`."
)
SEE = (
    "mamlcheck.claims.ours.floors.fo_maml",
    "mamlcheck.claims.ours.descent.fo_maml",
    "mamlcheck.meta.algorithms.fo_maml_direction",
)

ALPHA = Fraction(1, 10)
STEPSIZE = Fraction(1, 18)  # what the theorem multiplies beta~ by
TOP = 1  # L, which is f_1''(0)
FAR = 10**6  # a point beyond everything that happens

# The first instance: f_1'' = 1 on [-1, 1], mu outside [-2, 2]; f_2'' = mu.
KNOTS = (-2, -1, 1, 2)
PULL = 9  # -f_2'(0)
LEAST = Fraction(1, 100)  # mu
OTHERS = (Fraction(1, 2), Fraction(1, 10))
STARTS = (Fraction(-1000), Fraction(-1, 2), Fraction(1, 2), Fraction(1000))

# The second: f_1'' rises from mu to 1 at 0, f_2'' falls from mu to -1 there.
PEAK = (-1, 0, 1)
LEAST_BESIDE = Fraction(1, 1000)  # mu
FORCE = 10**5  # g_1 at w = 0


@dataclass(frozen=True)
class Pair:
    """Two equally likely tasks of one sample: f_i'' at the knots, linear between and constant outside, and f_i'(0)."""

    knots: tuple[int, ...]
    second: tuple[tuple[Exact, ...], tuple[Exact, ...]]
    slopes: tuple[Exact, Exact]

    @property
    def least(self) -> Fraction:
        """The least f_i'': it is at a knot."""
        return min(Fraction(value) for values in self.second for value in values)

    @property
    def smoothness(self) -> Fraction:
        """L."""
        return max(abs(Fraction(value)) for values in self.second for value in values)

    @property
    def rho(self) -> Fraction:
        """The least Lipschitz constant of both f_i''."""
        return max(steepest(self.knots, values) for values in self.second)

    def block(self, w: Exact) -> Instances:
        """The tasks at w, as data."""
        tasks = splines([[self.knots]] * 2, [[values] for values in self.second], [[slope] for slope in self.slopes])
        return block(tasks, ALPHA, [w], hessian_lipschitz=self.rho)

    def at(self, w: Exact) -> InstanceOn:
        """The tasks at w, in fractions."""
        return self.block(w).on(rational)

    def variance(self, w: Exact) -> Fraction:
        """The variance among the tasks at w."""
        return only(self.at(w).task_variance)

    def direction(self, w: Exact) -> Fraction:
        """FO-MAML's with both tasks and all of their data."""
        x = self.at(w)
        batches = batches_of([0, 1], *[full(2, 1)] * 2)
        return only(fo_maml_direction(rational, x.tasks, x.alpha, x.w[..., None, :], batches))

    @property
    def sigma(self) -> Fraction:
        """The largest |f_1' - f_2'| / 2, at an end of the knots: the difference grows where f_1'' >= f_2''."""
        gaps = [self.at(end).at_w.gradient for end in (self.knots[0], self.knots[-1])]
        return max(abs(only(gap[:, 0]) - only(gap[:, 1])) / 2 for gap in gaps)

    @property
    def share(self) -> Fraction:
        """|grad F(0)| / (alpha L sigma)."""
        return abs(only(self.at(0).at_w.meta_gradient)) / (ALPHA * self.smoothness * self.sigma)

    def kept(self, w: Fraction) -> tuple[Fraction, Fraction]:
        """Of a step from w with beta = beta~ / 18: the new point over the old, and beta."""
        x = self.at(w)
        norm = x.at_w.mean_gradient_norm
        slope = stochastic_smoothness(rational.exact(self.smoothness), x.hessian_lipschitz, x.alpha, norm)
        beta = STEPSIZE / only(slope)
        return 1 - beta * self.direction(w) / w, beta

    def assumptions(self, case: str) -> list[Relation]:
        """What makes them instances of the theorem."""
        left, right = self.knots[0], self.knots[-1]
        gaps = [Fraction(a - b) for a, b in zip(*self.second, strict=True)]
        outside = min(Fraction(values[end]) for values in self.second for end in (0, -1))
        return [
            Relation(r"the hypothesis $\alpha \le 1 / (10 L)$", ALPHA, "<=", 1 / (10 * self.smoothness), case),
            Relation(r"$f_i''$ is positive far out: $F$ is bounded below", outside, ">", 0, case),
            Relation(r"$f_1'' \ge f_2''$: $|f_1' - f_2'|$ is largest at an end", min(gaps), ">=", 0, case),
            Relation(r"and constant left of the knots", self.variance(-FAR), "=", self.variance(left), case),
            Relation(r"and right of them", self.variance(FAR), "=", self.variance(right), case),
            Relation(
                r"so $\sigma^2$ is the larger variance there",
                self.sigma**2,
                "=",
                max(self.variance(left), self.variance(right)),
                case,
            ),
        ]

    def quantities(self, case: str) -> list[Quantity]:
        """What both instances show."""
        x = self.at(0)
        return [
            Quantity("$L$", self.smoothness, case),
            Quantity(r"$\rho$", self.rho, case),
            Quantity(r"variance among tasks at $w = 0$", self.variance(0), case),
            Quantity(r"$\sigma$, for all $w$", self.sigma, case),
            Quantity(r"$f_1'(w_1')$ at $w = 0$", only(x.at_w.adapted_gradient[:, 0]), case),
            Quantity(r"$f_2'(w_2')$ at $w = 0$", only(x.at_w.adapted_gradient[:, 1]), case),
            Quantity(r"FO-MAML's mean direction $\mathbb{E} g$ at $w = 0$", self.direction(0), case),
            Quantity(r"$\nabla F(0)$", only(x.at_w.meta_gradient), case),
            Quantity(r"$\|\nabla F(0)\| / (\alpha L \sigma)$", self.share, case),
        ]

    def rest(self, case: str, least: Fraction) -> list[Relation]:
        """FO-MAML rests at 0, and MAML does not."""
        x = self.at(0)
        batches = batches_of([0, 1], *[full(2, 1)] * 3)
        maml = only(maml_direction(rational, x.tasks, x.alpha, x.w[..., None, :], batches))
        verdict = str(judge(load_claim("ours.floors.fo_maml"), self.block(0)).verdict(0))
        return [
            Relation(r"$\mathbb{E} g$ is 0 at $w = 0$", self.direction(0), "=", 0, case),
            Relation(r"where $\nabla F$ is not, so that MAML leaves", maml, "=", only(x.at_w.meta_gradient), case),
            Relation(
                r"a step is shorter than the way to 0: $\beta \|\mathbb{E} g\| / \|w\|$ is at most",
                STEPSIZE / (4 * self.smoothness) * self.smoothness * (1 + ALPHA * self.smoothness),
                "<",
                1,
                case,
            ),
            Relation(
                rf"$\|\nabla F(0)\|$ is more than {float(least)} of $\alpha L \sigma$", self.share, ">", least, case
            ),
            Relation(r"and no instance more than $1 + \alpha L$", self.share, "<=", 1 + ALPHA * self.smoothness, case),
            Relation("which is a claim, on this instance", verdict, "=", "HOLDS", case),
        ]


def _simple(least: Fraction) -> Pair:
    """With L = 1, alpha f_1'(0) = 1 - alpha mu: the step of the first task ends in [-1, 1]."""
    return Pair(
        KNOTS, ((least, TOP, TOP, least), (least,) * len(KNOTS)), ((1 - ALPHA * least) / ALPHA, Fraction(-PULL))
    )


def growing() -> Pair:
    """The tasks of the first instance, which runs are made on as well."""
    return _simple(LEAST)


def _sharp() -> Pair:
    """g_1 = -g_2 = FORCE at w = 0: both steps end beyond the peak, which takes (1 -+ mu) / 2 from the slopes."""
    least, most = LEAST_BESIDE, 1 - ALPHA * LEAST_BESIDE
    slopes = (FORCE + (1 - least) / 2) / most, -(FORCE - (1 + least) / 2) / most
    return Pair(PEAK, ((least, TOP, least), (least, -TOP, least)), slopes)


def _growing() -> tuple[list[Quantity], list[Relation]]:
    """The first instance: E g grows everywhere."""
    case, pair = "a direction that grows with $w$", _simple(LEAST)
    growth = pair.least * (1 - ALPHA * pair.smoothness)
    limit = _simple(Fraction(0)).share
    quantities = [
        *pair.quantities(case),
        Quantity(r"least derivative of $\mathbb{E} g$, $\mu (1 - \alpha)$", growth, case),
        *(
            Quantity(rf"the share of $\alpha L \sigma$ with $\mu = {other}$", _simple(other).share, case)
            for other in OTHERS
        ),
        Quantity(r"and as $\mu \to 0$", limit, case),
    ]
    relations = [
        *pair.assumptions(case),
        Relation(r"$\mathbb{E} g$ grows strictly", growth, ">", 0, case),
        *pair.rest(case, Fraction(43, 100)),
        *(
            Relation(rf"a larger $\mu = {other}$ gives less", _simple(other).share, "<", pair.share, case)
            for other in OTHERS
        ),
        Relation(r"a smaller one more, up to 18/41", pair.share, "<", limit, case),
    ]
    for w in STARTS:
        kept, beta = pair.kept(w)
        text = rf"a step from $w = {w}$"
        relations.append(Relation(rf"{text}: the new point over the old", kept, ">", 0, case))
        relations.append(Relation(r"and at most $1 - \beta \mu (1 - \alpha)$", kept, "<=", 1 - beta * growth, case))
    return quantities, relations


def _nearly_all() -> tuple[list[Quantity], list[Relation]]:
    """The second: E g has the sign of w, and grows but for a short stretch where w_2' lies in the peak."""
    case, pair = r"nearly $\alpha L \sigma$", _sharp()
    # Left of the peak w_2' = (1 - alpha mu) w + constant.
    most, far = 1 - ALPHA * LEAST_BESIDE, Fraction(-FAR)
    constant = only(pair.at(far).at_w.adapted[:, 1]) - most * far
    left, right = ((edge - constant) / most for edge in (PEAK[0], PEAK[-1]))
    ends = [only(pair.at(w).at_w.adapted[:, 1]) for w in (left, right)]
    # On that stretch E g falls by no more than (1 + alpha) / 2 times its length: g_1 grows, |f_2''| <= 1.
    highest = pair.direction(right) + (1 + ALPHA) / 2 * (right - left)
    quantities = [
        *pair.quantities(case),
        Quantity(r"$w_2'$ lies in $[-1, 1]$ from $w = $", left, case),
        Quantity(r"to $w = $", right, case),
        Quantity(r"$\mathbb{E} g$ at this end of it", pair.direction(right), case),
        Quantity(r"$\mathbb{E} g$ at the other end", pair.direction(left), case),
    ]
    outside = LEAST_BESIDE * (1 - ALPHA * pair.smoothness)
    relations = [
        *pair.assumptions(case),
        Relation(r"$w_2'$ is -1 at the left end of that stretch", ends[0], "=", PEAK[0], case),
        Relation(r"and 1 at its right end", ends[1], "=", PEAK[-1], case),
        Relation(
            r"$w_2'$ grows with $w$, and $f_2''(w_2')$ is $\mu$ elsewhere", 1 - ALPHA * pair.smoothness, ">", 0, case
        ),
        Relation(r"so that $\mathbb{E} g$ grows there", outside, ">", 0, case),
        Relation(r"and on the stretch it stays negative", highest, "<", 0, case),
        *pair.rest(case, Fraction(9998, 10000)),
    ]
    return quantities, relations


def example() -> Example:
    """Two spline tasks whose curvatures differ near 0, full batches, both tasks in each step; twice."""
    first, second = _growing(), _nearly_all()
    return Example(
        setting=(
            r"Two equally likely tasks in one dimension, one sample each ($\tilde\sigma = 0$), $L = 1$, "
            rf"$\alpha = {ALPHA} = 1 / (10 L)$, $\beta = \tilde\beta / 18$. First: $f_1'' = 1$ on $[-1, 1]$ and "
            rf"$\mu = {LEAST}$ outside $[-2, 2]$, linear between, $f_1'(0) = 10 - \mu$; $f_2'' = \mu$, $f_2'(0) = -9$. "
            rf"Second: $f_1''$ and $f_2''$ are $\mu = {LEAST_BESIDE}$ outside $[-1, 1]$ and go linearly to 1 and to -1 "
            rf"at 0, with slopes such that $f_1'(w_1') = -f_2'(w_2') = {FORCE}$ at $w = 0$."
        ),
        quantities=(*first[0], *second[0]),
        relations=(*first[1], *second[1]),
    )
