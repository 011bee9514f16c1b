r"""The step size must not be made of the tasks that the step is made of."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import batches_of, block, decided, full, only, scalar_quadratics
from mamlcheck.meta.algorithms import maml_direction
from mamlcheck.meta.expectation import multisets
from mamlcheck.meta.hypotheses import enough_stepsize_samples, enough_stepsize_tasks
from mamlcheck.meta.objective import stochastic_smoothness

TITLE = "Reusing the tasks of a step for its step size"
PLACE = "Theorem 4.12, with Lemma 4.9"
PRINTED = (
    r"$w_{k+1} = w_k - \beta_k g_k$ with $\beta_k = c \tilde\beta(w_k)$, where $\tilde\beta$ is made of $B'$ tasks "
    r"and $g_k$ of the $B$ tasks of the batch $B_k$; the descent argument takes "
    r"$\mathbb{E} [\tilde\beta g] = \mathbb{E} \tilde\beta \, \mathbb{E} g$."
)
TRUE = (
    r"The product rule needs $B'$ and $D_\beta$ drawn apart from $B_k$. With $B' = B_k$, which saves gradients and "
    r"looks harmless, "
    r"$\mathbb{E} [\tilde\beta g] \ne \mathbb{E} \tilde\beta \, \mathbb{E} g$, and with one task to a "
    r"step the mean step of this example goes uphill."
)
WHY = (
    r"$\tilde\beta$ is small where gradients are large: reused, it gives less weight to just the tasks that pull most. "
    r"The mean step then follows another average of the tasks than $\nabla F$ does."
)
HANDLED = (
    r"Lemma 4.9 is checked with step-size batches of their own; `BatchSizes` has sizes of their own for them. No "
    r"claim multiplies the two expectations."
)
SEE = ("mamlcheck.meta.evaluation.Evaluation.stepsize_moments", "mamlcheck.meta.instance.BatchSizes")

RHO = 1
ALPHA = Fraction(1, 6)
CURVATURES = ((1,), (-1,))
CENTRES = ((-2,), (-1,))
MANY = 20  # the number of tasks that Theorem 4.12 asks for


def example() -> Example:
    """Two tasks with gradients 2 and -1 at w = 0, one drawn for a step, then twenty."""
    x = block(scalar_quadratics(CURVATURES, CENTRES), ALPHA, [0], hessian_lipschitz=RHO).on(rational)
    point = x.w[..., None, :]
    norms = [only(x.ar.norm(x.at_w.gradient)[0, i]) for i in (0, 1)]
    directions = [
        only(maml_direction(rational, x.tasks, x.alpha, point, batches_of([i], *[full(1, 1)] * 3))) for i in (0, 1)
    ]
    gradient = only(x.at_w.meta_gradient)

    def moments(count: int) -> tuple[Fraction, Fraction]:
        """E beta~ and E[beta~ g] for `count` tasks drawn, the same for both."""
        drawn = multisets(2, count)
        first = together = Fraction(0)
        for counts, ways in zip(drawn.counts.tolist(), drawn.multiplicity.tolist(), strict=True):
            chance, share = Fraction(ways, 2**count), [Fraction(k, count) for k in counts]
            mean_norm = rational.exact([share[0] * norms[0] + share[1] * norms[1]])
            stepsize = 1 / only(stochastic_smoothness(x.smoothness, x.hessian_lipschitz, x.alpha, mean_norm))
            first += chance * stepsize
            together += chance * stepsize * (share[0] * directions[0] + share[1] * directions[1])
        return first, together

    (stepsize, reused), (stepsize_of_many, reused_many) = moments(1), moments(MANY)
    apart = stepsize * gradient
    enough = enough_stepsize_tasks.holds(x)[0] == enough_stepsize_samples.holds(x)[0] == 1
    return Example(
        setting=(
            rf"Two equally likely tasks $f_1 = (w + 2)^2 / 2$ and $f_2 = -(w + 1)^2 / 2$ at $w = 0$, "
            rf"$\alpha = {ALPHA} = 1 / (6L)$, $\rho = {RHO}$, $B = B' = 1$; one sample each: "
            r"$\tilde\sigma = 0$."
        ),
        quantities=(
            Quantity(r"$\sigma^2$", only(x.task_variance)),
            Quantity(r"MAML's direction for the first task", directions[0]),
            Quantity(r"for the second", directions[1]),
            Quantity(r"$\mathbb{E} g = \nabla F(w)$", gradient),
            Quantity(r"$\mathbb{E} \tilde\beta$", stepsize),
            Quantity(r"$\mathbb{E} \tilde\beta \, \mathbb{E} g$: tasks drawn apart", apart),
            Quantity(r"$\mathbb{E} [\tilde\beta g]$: the same task for both", reused),
            Quantity(rf"$B = B' = {MANY}$: $\mathbb{{E}} \tilde\beta \, \mathbb{{E}} g$", stepsize_of_many * gradient),
            Quantity(rf"$B = B' = {MANY}$: $\mathbb{{E}} [\tilde\beta g]$", reused_many),
        ),
        relations=(
            Relation("the hypotheses of Lemma 4.9 hold", decided(enough), "=", "yes"),
            Relation(r"MAML's mean direction is $\nabla F(w)$", sum(directions, Fraction(0)) / 2, "=", gradient),
            Relation(r"$\mathbb{E} \tilde\beta$ is that of Lemma 4.9", stepsize, "=", only(x.stepsize_moments[0])),
            Relation("drawn apart, the mean step goes downhill", apart * gradient, ">", 0),
            Relation("reused, it goes uphill", reused * gradient, "<", 0),
            Relation("so the product rule fails", reused, "!=", apart),
            Relation(f"and fails with {MANY} tasks too", reused_many, "<", stepsize_of_many * gradient),
        ),
    )
