r"""A condition on D_h is printed for an algorithm that has no Hessian batch."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import batches_of, block, full, only, outcome, refusal, scalar_quadratics, single
from mamlcheck.meta.algorithms import fo_maml_direction, maml_direction

TITLE = "A Hessian batch for FO-MAML"
PLACE = "Theorem 4.15"
PRINTED = r"A condition on the size $D_h$ of the Hessian batch, for FO-MAML."
TRUE = r"FO-MAML has no Hessian batch: the condition is void, and the theorem can be read without it."
WHY = r"Update (8) is update (5) without the factor $I - \alpha H_i(w, D_h)$, the only place where $D_h$ enters."
HANDLED = r"FO-MAML takes no Hessian batch, and its direction cannot depend on one; MAML without one is refused."
SEE = ("mamlcheck.meta.algorithms.fo_maml_direction", "mamlcheck.meta.algorithms.TaskBatches")

ALPHA = Fraction(1, 2)
CURVATURES = ((1, -1),)
CENTRES = ((1, -3),)


def example() -> Example:
    """One task with two samples of different curvature, each of them as the Hessian batch."""
    x = block(scalar_quadratics(CURVATURES, CENTRES), ALPHA, [0]).on(rational)
    point, whole = x.w[..., None, :], full(1, 2)
    both = [batches_of([0], whole, whole, [single(j, 2)]) for j in (0, 1)]
    without = batches_of([0], whole, whole)
    first_order = [only(fo_maml_direction(rational, x.tasks, x.alpha, point, b)) for b in both]
    alone = only(fo_maml_direction(rational, x.tasks, x.alpha, point, without))
    maml = [only(maml_direction(rational, x.tasks, x.alpha, point, b)) for b in both]
    said = refusal(lambda: maml_direction(rational, x.tasks, x.alpha, point, without))
    return Example(
        setting=(
            rf"One task with the samples $(w - 1)^2/2$ and $-(w + 3)^2/2$, $\alpha = {ALPHA}$, $w = 0$, "
            r"$D_{in}$ and $D_o$ the full data."
        ),
        quantities=(
            Quantity("FO-MAML without a Hessian batch", alone),
            Quantity("FO-MAML, the first sample as Hessian batch", first_order[0]),
            Quantity("FO-MAML, the second", first_order[1]),
            Quantity("MAML, the first sample as Hessian batch", maml[0]),
            Quantity("MAML, the second", maml[1]),
            Quantity("MAML without one", said),
        ),
        relations=(
            Relation("FO-MAML steps alike with the first sample", first_order[0], "=", alone),
            Relation("and with the second", first_order[1], "=", alone),
            Relation("while MAML does not", maml[0], "!=", maml[1]),
            Relation(r"it is $\nabla f(w_i)$", alone, "=", only(x.at_w.adapted_gradient)),
            Relation("MAML without a Hessian batch is refused", outcome(said), "=", "refused"),
        ),
    )
