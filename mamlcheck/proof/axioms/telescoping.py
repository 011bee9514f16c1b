"""Over a run of T steps the gains add up to no more than what there is to gain."""

from __future__ import annotations

from mamlcheck.language import vocabulary
from mamlcheck.language.directions import OVER, outer_gradient
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector
from mamlcheck.proof.axioms import Trials

STATEMENT = (
    r"\mathbb{E}_K \left[F(w_K) - \mathbb{E}[F(w_{K+1}) \mid w_K]\right] \le \frac{\Delta}{T}, \quad "
    r"K \text{ uniform on } 0, \ldots, T - 1, \quad \Delta = F(w_0) - \inf F"
)
SOURCE = "Assumption 4.2: F is bounded below; (F(w_0) - E F(w_T)) / T is the mean gain, and F(w_T) >= inf F"
ASSUMES = ("4.2",)


def conclude(x: Language, index: str, direction: Vector, factor: Expr) -> tuple[Expr, Expr, bool]:
    """E_K [F(w_K) - E F(w_K+)] <= Delta / T, for the run along this direction with this factor."""
    w = x.vector("w")
    if index != vocabulary.ITERATE or w.depends != {index}:
        raise DoesNotApply(f"w is no iterate of a run, or {index} does not run over its iterates")
    x.run(direction, factor)
    gain = x.objective(w) - x.outcome(w, direction, factor, OVER)
    return x.mean(index, gain), vocabulary.number(x, "Delta") / vocabulary.number(x, "T"), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """FO-MAML's direction; runs have no value on instances of other claims."""
    yield vocabulary.ITERATE, outer_gradient(x, x.vector("w")), vocabulary.step_factor(x)
