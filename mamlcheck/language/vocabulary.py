"""The paper's quantities in the language of the proofs, each beside its value on instances.

`NUMBERS` are the plain numbers (alpha, L, rho, sizes of batches, ...), `HYPOTHESES` what the hypotheses of the claims
say in the language; `begin(claim)` makes the proof of a claim, with these and nothing else to start from. A proof of
4.10 and of the HF error holds for *every* number kappa or theta that meets its conditions; its value here is the one
for which the bound is smallest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sympy

from mamlcheck.claims import Claim
from mamlcheck.language.terms import IDENTITY, Expr, Language, NotInLanguage, Operator, Vector
from mamlcheck.meta import hypotheses

if TYPE_CHECKING:
    from mamlcheck.meta.instance import InstanceOn
    from mamlcheck.proof.kernel import Proof

Array = Any

TASK = "i"  # the index of a task: drawn, or fixed where the claim is about one task
DRAW = "S"  # the step size's own draws
ROLES = {"D_in": "inner", "D_o": "outer", "D_h": "hessian", "D_beta": "stepsize", "D_test": "test"}
BATCH_LATEX = {"D_in": "D_{in}", "D_o": "D_o", "D_h": "D_h", "D_beta": r"D_\beta", "D_test": "D_{test}"}


# -- numbers ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Number:
    """A plain number >= 0: how it is written, and its value on instances (...).

    square: its square, where that is exact. positive: > 0 whatever the claim, since instances are made so.
    """

    latex: str
    value: Callable[[InstanceOn], Array]
    positive: bool = False
    square: Callable[[InstanceOn], Array] | None = None
    square_latex: str = ""


def _size_root(role: str) -> Number:
    def size(x: InstanceOn) -> Array:
        return x.ar.exact([getattr(x.sizes, role)])

    batch = next(BATCH_LATEX[b] for b, r in ROLES.items() if r == role)
    return Number(rf"\sqrt{{{batch}}}", lambda x: x.ar.sqrt(size(x)), True, size, batch)


def _share(x: InstanceOn, top: Array, bottom: Array) -> Array:
    """min(1, top / bottom), and 1 where the bottom is not certainly > 0: any number in [0, 1] will do."""
    ar = x.ar
    good = ar.exact((ar.lower(bottom) > 0).astype(float))
    return ar.minimum(top * good / (bottom * good + (1 - good)) + (1 - good), 1)


def _kappa(x: InstanceOn) -> Array:
    step = x.alpha * x.ar.sqrt(x.fixed_task_variance / x.sizes.inner)
    return _share(x, x.smoothness, x.hessian_lipschitz * step)


def _theta(x: InstanceOn) -> Array:
    return _share(x, 2 * x.smoothness, x.hessian_lipschitz * x.delta * x.ar.norm(x.v))


def _bound(name: str) -> Number:
    latex = {"sigma_tilde": r"\tilde\sigma", "sigma_hessian": r"\sigma_H"}[name]

    def square(x: InstanceOn) -> Array:
        bounds = x.given.tasks.global_deviations
        if bounds is None:
            raise NotInLanguage("these tasks have no deviations that are bounded everywhere")
        return x.ar.exact(bounds[name])

    return Number(latex, lambda x: x.ar.sqrt(square(x)), square=square)


NUMBERS: dict[str, Number] = {
    "alpha": Number(r"\alpha", lambda x: x.alpha),
    "L": Number("L", lambda x: x.smoothness),
    "rho": Number(r"\rho", lambda x: x.hessian_lipschitz),
    "delta": Number(r"\delta", lambda x: x.delta, True),
    "phi": Number(r"\varphi", lambda x: x.phi, True),
    "tasks_drawn": Number("B'", lambda x: x.ar.exact([x.sizes.stepsize_tasks]), True),
    "kappa": Number(r"\kappa", _kappa),
    "theta": Number(r"\theta", _theta),
    "tau": Number(r"\tau", lambda x: x.ar.exact([1])),
    "sigma~": _bound("sigma_tilde"),
    "sigma_H": _bound("sigma_hessian"),
    **{f"root_{batch}": _size_root(role) for batch, role in ROLES.items()},
}


def number(x: Language, name: str) -> Expr:
    """A number of the paper, by its name in `NUMBERS`."""
    known = NUMBERS[name]
    return x.scalar(name, known.latex, known.square_latex)


def inner_rate(x: Language) -> Expr:
    """alpha >= 0."""
    return number(x, "alpha")


def smoothness(x: Language) -> Expr:
    """L: every f_i is L-smooth."""
    return number(x, "L")


def hessian_lipschitz(x: Language) -> Expr:
    """rho: every Hessian is rho-Lipschitz."""
    return number(x, "rho")


def size_root(x: Language, batch: str) -> Expr:
    """The square root of a batch's size: its square is the size."""
    if batch not in ROLES:
        raise NotInLanguage(f"{batch!r} is no batch: there are {', '.join(ROLES)}")
    return number(x, f"root_{batch}")


def stepsize_tasks(x: Language) -> Expr:
    """B', the number of tasks drawn for the step size."""
    return number(x, "tasks_drawn")


def gradient_deviation_bound(x: Language) -> Expr:
    """sigma~ of Assumption 4.6, a bound everywhere."""
    return number(x, "sigma~")


def hessian_deviation_bound(x: Language) -> Expr:
    """sigma_H of Assumption 4.6, a bound everywhere."""
    return number(x, "sigma_H")


# -- what MAML is made of --------------------------------------------------------------------------------------------
def adapted(x: Language, at: Vector, batch: str = "") -> Vector:
    """w' = w - alpha grad f_i(w), or with a batch w_i = w - alpha grad f_i(w, D)."""
    step: Vector = inner_rate(x) * x.gradient(TASK, at, batch)
    return at - step


def adapted_gradient(x: Language, at: Vector, batch: str = "") -> Vector:
    """grad f_i at the adapted parameter."""
    return x.gradient(TASK, adapted(x, at, batch))


def pull_back(x: Language, at: Vector, batch: str = "") -> Operator:
    """A = I - alpha H_i(w), or with a batch I - alpha H_i(w, D)."""
    bend: Operator = inner_rate(x) * x.hessian(TASK, at, batch)
    return IDENTITY - bend


def mean_gradient_norm(x: Language, at: Vector) -> Expr:
    """E_i |grad f_i(w)|."""
    return x.mean(TASK, x.norm(x.gradient(TASK, at)))


def stepsize_draws(x: Language) -> tuple[Expr, Expr]:
    """X = 2 rho alpha (1/B') sum_j |grad f_j(w, D_beta)|, so that L~ = 4L + X, and one such norm."""
    one = x.norm(x.gradient(TASK, x.vector("w"), "D_beta"))
    factor = 2 * hessian_lipschitz(x) * inner_rate(x)
    return x.mean_of_draws(DRAW, "X", "X", factor, one, ("D_beta", TASK)), one


# -- hypotheses ------------------------------------------------------------------------------------------------------
Said = dict[str, tuple[Expr, Expr, bool]]


def _rate(x: Language) -> Said:
    return {"alpha <= 1/L": (inner_rate(x) * smoothness(x), sympy.Integer(1), False)}


def _enough_tasks(x: Language) -> Said:
    w = x.vector("w")
    spread = x.gradient(TASK, w) - x.mean_vector(TASK, x.gradient(TASK, w))
    needed = (hessian_lipschitz(x) * inner_rate(x)) ** 2 * x.mean(TASK, x.norm(spread) ** 2)
    return {"enough tasks": (needed, 2 * stepsize_tasks(x) * smoothness(x) ** 2, False)}


def _enough_samples(x: Language) -> Said:
    noise = x.mean(TASK, x.gradient_deviation(TASK, x.vector("w")) ** 2)
    needed = 4 * (hessian_lipschitz(x) * inner_rate(x)) ** 2 * noise
    return {"enough samples": (needed, size_root(x, "D_beta") ** 2 * smoothness(x) ** 2, False)}


def _large_step(x: Language) -> Said:
    """T >= 2L: theta = 2L / T is in [0, 1]."""
    step = hessian_lipschitz(x) * number(x, "delta") * x.norm(x.vector("v"))
    return {"theta = 2L/T": (number(x, "theta") * step, 2 * smoothness(x), True)}


def _of_drawn_tasks(x: Language) -> Said:
    return {"B' >= 1": (sympy.Integer(1), stepsize_tasks(x), False)}


def _of_a_fixed_task(x: Language) -> Said:
    """What the free numbers kappa and theta are: there always are such, 0 for one."""
    kappa, theta = number(x, "kappa"), number(x, "theta")
    return {
        "kappa <= 1": (kappa, sympy.Integer(1), False),
        "theta <= 1": (theta, sympy.Integer(1), False),
    }


HYPOTHESES: dict[str, Callable[[Language], Said]] = {
    hypotheses.inner_rate_at_most_one_over_l.name: _rate,
}
OF_DRAWN_TASKS: dict[str, Callable[[Language], Said]] = {
    hypotheses.enough_stepsize_tasks.name: _enough_tasks,
    hypotheses.enough_stepsize_samples.name: _enough_samples,
}
OF_A_FIXED_TASK: dict[str, Callable[[Language], Said]] = {
    "large_step": _large_step,
}
POSITIVE = {
    hypotheses.positive_smoothness.name: "L",
    hypotheses.positive_inner_rate.name: "alpha",
}


def begin(claim: Claim) -> Proof:
    """The proof of a claim, before its first step: its indices, and the hypotheses that it has."""
    from mamlcheck.proof.kernel import Proof  # the kernel's axioms speak of these quantities

    own = {h.name for h in claim.hypotheses}
    positive = {name for name, known in NUMBERS.items() if known.positive}
    x = Language(frozenset(positive | {POSITIVE[h] for h in own & POSITIVE.keys()}))
    for batch, latex in BATCH_LATEX.items():
        x.index(batch, latex)
    if "i" in claim.quantifies:
        x.fixed_index(TASK)
        said, possible = _of_a_fixed_task(x), HYPOTHESES | OF_A_FIXED_TASK
    else:
        x.index(TASK)
        x.index(DRAW, "B'")
        said, possible = _of_drawn_tasks(x), HYPOTHESES | OF_DRAWN_TASKS
    refused: dict[str, str] = {}
    for name, says in possible.items():
        if name in own:
            said |= says(x)
        else:
            refused |= dict.fromkeys(says(x), f"it does not assume {name}")
    return Proof(claim.id, x, MappingProxyType(said), frozenset(claim.assumptions), refused, under=(claim.id,))
