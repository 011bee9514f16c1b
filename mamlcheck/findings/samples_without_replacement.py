r"""Halves of a small data set, or one batch used twice, are no independent batches D_in and D_o."""

from __future__ import annotations

from fractions import Fraction

from mamlcheck.arithmetic import rational
from mamlcheck.claims import load_claim
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.findings._exact import batches_of, block, only, scalar_quadratics, single
from mamlcheck.meta.algorithms import fo_maml_direction
from mamlcheck.meta.instance import InstanceOn

TITLE = "Splitting a small data set"
PLACE = "Lemma 4.10, equation (21)"
PRINTED = (
    r"$\mathbb{E} \|\nabla f_i(w_i, D_o)\|^2 \le (1 + 1/\phi) \|g\|^2 + (1 + \phi) \alpha^2 L^2 \tilde\sigma^2 / "
    r"D_{in} + \tilde\sigma^2 / D_o$ for batches $D_{in}$ and $D_o$ that are independent."
)
TRUE = (
    r"Independence is needed, not only unbiasedness. The usual split of a data set into a support and a query half "
    r"without replacement, and $D_o = D_{in}$, both break the bound on some task. With the same batch, "
    r"$f = -w^2/2$ breaks it and $f = w^2/2$ does not; with disjoint halves it is the other way round."
)
WHY = (
    r"$\nabla f_i(w_i, D_o)$ adds the noise of $D_o$ to $-\alpha H_i$ times that of $D_{in}$. Disjoint halves of two "
    r"samples have opposite noise, equal batches the same, and the cross term, 0 for independent batches, is "
    r"added where its sign is right for it."
)
HANDLED = (
    r"All expectations are over independent batches with replacement: all multisets, with their multinomial weights."
)
SEE = ("mamlcheck.meta.expectation.multisets", "mamlcheck.meta.evaluation.Evaluation.noisy_gradient_second_moment")

ALPHA = Fraction(1, 2)
CENTRES = (1, -1)
INDEPENDENT = ((0, 0), (0, 1), (1, 0), (1, 1))
DISJOINT = ((0, 1), (1, 0))
SAME = ((0, 0), (1, 1))


def _second_moment(x: InstanceOn, pairs: tuple[tuple[int, int], ...]) -> Fraction:
    """Mean of |grad f(w_i, D_o)|^2 over equally likely pairs (D_in, D_o) of one sample each."""
    squares = []
    for inner, outer in pairs:
        batches = batches_of([0], [single(inner, 2)], [single(outer, 2)])
        gradient = fo_maml_direction(rational, x.tasks, x.alpha, x.w[..., None, :], batches)
        squares.append(only(x.ar.squared_norm(gradient)))
    return sum(squares, Fraction(0)) / len(squares)


def example() -> Example:
    """f = +- w^2/2 + const with two samples, one to a batch, at w = 0."""
    claim = load_claim("lemma_4_10.second_moment")
    quantities, relations = [], []
    for curvature, name in ((1, r"$f = w^2/2$"), (-1, r"$f = -w^2/2$")):
        tasks = scalar_quadratics([[curvature] * 2], [CENTRES])
        x = block(tasks, ALPHA, [0]).on(rational)
        g = only(x.ar.squared_norm(x.fixed_task.adapted_gradient))
        # g = 0, so that the bound is least as phi tends to 0.
        least = (ALPHA * only(x.smoothness)) ** 2 * only(x.fixed_task_variance) + only(x.noisy_fixed_task_variance)
        at_one = only(claim.right(x))
        independent, disjoint, same = (_second_moment(x, pairs) for pairs in (INDEPENDENT, DISJOINT, SAME))
        quantities += [
            Quantity(r"$\|g\|^2$", g, name),
            Quantity(r"the printed bound as $\phi \to 0$", least, name),
            Quantity(r"the printed bound with $\phi = 1$", at_one, name),
            Quantity(r"$\mathbb{E} \|\nabla f(w_i, D_o)\|^2$, independent batches", independent, name),
            Quantity("the same, disjoint halves", disjoint, name),
            Quantity(r"the same, $D_o = D_{in}$", same, name),
        ]
        broken, kept = (disjoint, same) if curvature > 0 else (same, disjoint)
        how, other = ("disjoint halves", "the same batch") if curvature > 0 else ("the same batch", "disjoint halves")
        relations += [
            Relation(r"$g = 0$: the bound may be taken as $\phi \to 0$", g, "=", 0, name),
            Relation("independent batches attain it", independent, "=", least, name),
            Relation("as mamlcheck has them", only(x.noisy_gradient_second_moment), "=", least, name),
            Relation(f"{how}: above it", broken, ">", least, name),
            Relation(r"and above the bound with $\phi = 1$", broken, ">", at_one, name),
            Relation(f"{other}: below it, on this task", kept, "<", least, name),
        ]
    return Example(
        setting=(
            rf"One task with two samples, losses $\pm (w - 1)^2/2$ and $\pm (w + 1)^2/2$, batches of one sample, "
            rf"$\alpha = {ALPHA}$, $w = 0$, $L = \tilde\sigma = 1$."
        ),
        quantities=tuple(quantities),
        relations=tuple(relations),
    )
