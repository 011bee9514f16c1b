r"""Quadratic tasks of different curvature have no global sigma."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import block, only, scalar_quadratics
from mamlcheck.tasks.families.quadratic import QuadraticTasks

TITLE = "Quadratic tasks of different curvature"
PLACE = "Assumption 4.5"
PRINTED = r"$\mathbb{E}_i \|\nabla f_i(w) - \nabla f(w)\|^2 \le \sigma^2$ for all $w$."
TRUE = (
    r"The simplest tasks there are do not meet it: quadratics of different curvature have a variance that grows like "
    r"$\|w\|^2$, so no finite $\sigma$ serves at all $w$. The lemmas need $\sigma$ only at the points they use."
)
WHY = (
    r"$\nabla f_i(w) - \nabla f(w)$ is linear in $w$ with the matrix $H_i - \mathbb{E}_i H_i$, which is not 0. The "
    r"same holds for $\tilde\sigma$ in (13) where samples differ in curvature, as those of linear regression do."
)
HANDLED = (
    r"Claims are judged in a strong form, with the variances at the points they use, which implies the printed form; "
    r"the printed form is judged too where tasks have bounds that hold everywhere. Quadratic tasks say that they have "
    r"none."
)
SEE = (
    "mamlcheck.meta.instance.InstanceOn.task_variance",
    "mamlcheck.tasks.families.quadratic.QuadraticTasks.global_deviations",
    "mamlcheck.check.verdict.judge",
)

UNLIKE = ((1,), (-1,))
ALIKE = ((1,), (1,))
CENTRES = ((1,), (-1,))
POINTS = (1, 10, 100)


def _variance(tasks: QuadraticTasks, w: int) -> Fraction:
    return only(block(tasks, 1, [w]).on(rational).task_variance)


def example() -> Example:
    """Two tasks at points that go away, with different and with equal curvatures."""
    unlike, alike = scalar_quadratics(UNLIKE, CENTRES), scalar_quadratics(ALIKE, CENTRES)
    growing, constant = ([_variance(tasks, w) for w in POINTS] for tasks in (unlike, alike))
    bounds = "none" if unlike.global_deviations is None else "some"
    return Example(
        setting=(
            r"Two equally likely tasks $f_1 = (w - 1)^2/2$ and $f_2 = -(w + 1)^2/2$, and beside them "
            r"$(w - 1)^2/2$ and $(w + 1)^2/2$, of equal curvature."
        ),
        quantities=(
            *(
                Quantity(rf"$\mathbb{{E}}_i (f_i'(w) - f'(w))^2$ at $w = {w}$", value, "curvatures 1 and -1")
                for w, value in zip(POINTS, growing, strict=True)
            ),
            Quantity("bound that holds everywhere, as the tasks state it", bounds, "curvatures 1 and -1"),
            *(
                Quantity(rf"$\mathbb{{E}}_i (f_i'(w) - f'(w))^2$ at $w = {w}$", value, "curvatures 1 and 1")
                for w, value in zip(POINTS, constant, strict=True)
            ),
        ),
        relations=(
            Relation("the tasks state no bound", bounds, "=", "none", "curvatures 1 and -1"),
            *(
                Relation(rf"the variance is $w^2$ at $w = {w}$", value, "=", w**2, "curvatures 1 and -1")
                for w, value in zip(POINTS, growing, strict=True)
            ),
            *(
                Relation(rf"the variance stays, $w = {w}$", value, "=", constant[0], "curvatures 1 and 1")
                for w, value in zip(POINTS[1:], constant[1:], strict=True)
            ),
        ),
    )
