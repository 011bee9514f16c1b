"""The paper's quantities in the language of the proofs, each beside its value on instances.

`NUMBERS` are the plain numbers: the declared variables (alpha, L, rho, sizes of batches, ...), and a few that are made
of others. Below them stand the vectors and operators that MAML is made of. A proof of 4.10 holds for *every* number
kappa in [0, 1]; its value here is the one for which the bound is smallest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.language.terms import IDENTITY, Expr, Language, NotInLanguage, Operator, Vector
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.variables import Shape, Sign, Variable, declared

TASK = "i"  # the index of a task: drawn, or fixed where the claim is about one task
DRAW = "S"  # the step size's own draws
ITERATE = "K"  # how far a run is, at random, and all that it drew before

BATCH_VARIABLES = {v.symbol: v for v in declared() if v.shape is Shape.BATCH}
ROLES = {symbol: batch.name for symbol, batch in BATCH_VARIABLES.items()}
BATCH_LATEX = {symbol: batch.latex for symbol, batch in BATCH_VARIABLES.items()}
SAMPLES = ("z", "z'")  # one sample each, drawn independently of all else with the weights of the data
BATCHES = (*ROLES, *SAMPLES)  # a sample is a batch of one
VECTOR_VARIABLES = {v.name: v for v in declared() if v.is_vector}


# -- numbers ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Number:
    """A plain number: how it is written, and its value on instances (...).

    square: its square, where that is exact. positive: > 0 whatever the claim, since instances are made so. signed: of a
    sign that only the claim tells.
    """

    latex: str
    value: Callable[[InstanceOn], Numbers]
    positive: bool = False
    signed: bool = False
    square: Callable[[InstanceOn], Numbers] | None = None
    square_latex: str = ""


def _number(variable: Variable) -> tuple[str, Number]:
    """What a declared number is called, and what it is. A batch stands in formulas by the root of its size."""
    name, latex = variable.name, variable.latex

    def value(x: InstanceOn) -> Numbers:
        found: Numbers = x.ar.exact([getattr(x.sizes, name)]) if variable.is_size else getattr(x, name)
        return found

    def root(x: InstanceOn) -> Numbers:
        found: Numbers = x.ar.sqrt(value(x))
        return found

    if variable.shape is Shape.BATCH:
        root_latex = rf"\sqrt{{{latex}}}"
        return f"root_{variable.symbol}", Number(root_latex, root, positive=True, square=value, square_latex=latex)
    positive = variable.is_size or variable.sign is Sign.POSITIVE
    return variable.term, Number(latex, value, positive, signed=variable.sign is Sign.ANY and not positive)


def ratio(ar: Arithmetic, top: Numbers, bottom: Numbers) -> Numbers:
    """top / bottom, and 0 where the bottom is not certainly > 0."""
    good = ar.exact((ar.lower(bottom) > 0).astype(float))
    return top * good / (bottom * good + (1 - good))


def _kappa(x: InstanceOn) -> Numbers:
    """min(1, L / (rho t)), and 1 where rho t is not certainly > 0: any number in [0, 1] will do."""
    bend = x.hessian_lipschitz * x.alpha * x.ar.sqrt(x.fixed_task_variance / x.sizes.inner)
    none = x.ar.exact((x.ar.lower(bend) <= 0).astype(float))
    kappa: Numbers = x.ar.minimum(ratio(x.ar, x.smoothness, bend) + none, 1)
    return kappa


def _bound(name: str) -> Number:
    latex = {"sigma": r"\sigma", "sigma_tilde": r"\tilde\sigma", "sigma_hessian": r"\sigma_H"}[name]

    def square(x: InstanceOn) -> Numbers:
        bounds = x.given.tasks.global_deviations
        if bounds is None:
            raise NotInLanguage("these tasks have no deviations that are bounded everywhere")
        found: Numbers = x.ar.exact(bounds[name])
        return found

    return Number(latex, lambda x: x.ar.sqrt(square(x)), square=square)


NUMBERS: dict[str, Number] = {
    **dict(_number(v) for v in declared() if v.shape is Shape.NUMBER or v.is_size),
    "kappa": Number(r"\kappa", _kappa),
    "Delta": Number(r"\Delta", lambda x: x.initial_gap),
    "tau": Number(r"\tau", lambda x: x.ar.exact([1])),
    "d": Number("d", lambda x: x.dimension, positive=True),
    "sigma": _bound("sigma"),
    "mu": Number(r"\mu", lambda x: x.least_curvature, signed=True),
    "sigma~": _bound("sigma_tilde"),
    "sigma_H": _bound("sigma_hessian"),
}


def number(x: Language, name: str) -> Expr:
    """A number of the paper, by its name in `NUMBERS`."""
    known = NUMBERS[name]
    return x.scalar(name, known.latex, known.square_latex)


def point(x: Language, name: str) -> Vector:
    """A declared point or direction, by its name."""
    return x.vector(name, VECTOR_VARIABLES[name].latex)


def inner_rate(x: Language) -> Expr:
    """alpha, of the sign that the claim's hypotheses give it."""
    return number(x, "alpha")


def smoothness(x: Language) -> Expr:
    """L: every f_i is L-smooth."""
    return number(x, "L")


def hessian_lipschitz(x: Language) -> Expr:
    """rho: every Hessian is rho-Lipschitz."""
    return number(x, "rho")


def least_curvature(x: Language) -> Expr:
    """mu: v . H_i(w) v >= mu |v|^2 for every task, w and v; every f_i is convex where mu >= 0."""
    return number(x, "mu")


def dimension(x: Language) -> Expr:
    """d, of which w is a vector."""
    return number(x, "d")


def size_root(x: Language, batch: str) -> Expr:
    """The square root of a batch's size: its square is the size."""
    if batch in SAMPLES:
        return sympy.Integer(1)
    if batch not in ROLES:
        raise NotInLanguage(f"{batch!r} is no batch: there are {', '.join(ROLES)}")
    return number(x, f"root_{batch}")


def step_tasks(x: Language) -> Expr:
    """B, the number of tasks that a step draws."""
    return number(x, "tasks_of_a_step")


def step_factor(x: Language) -> Expr:
    """c of beta = c beta~."""
    return number(x, "c")


def difference_factor(x: Language) -> Expr:
    """eta of HF-MAML's delta = eta / (rho alpha |v|)."""
    return number(x, "eta")


def stepsize_tasks(x: Language) -> Expr:
    """B', the number of tasks drawn for the step size."""
    return number(x, "tasks_drawn")


def task_deviation_bound(x: Language) -> Expr:
    """sigma of Assumption 4.5, a bound everywhere."""
    return number(x, "sigma")


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


def inner_points(x: Language, at: Vector, steps: int) -> tuple[Vector, ...]:
    """w_0, ..., w_N of N inner steps from w_0, each by the full gradient."""
    points = [at]
    for _ in range(steps):
        points.append(adapted(x, points[-1]))
    return tuple(points)


def pull_back(x: Language, at: Vector, batch: str = "") -> Operator:
    """A = I - alpha H_i(w), or with a batch I - alpha H_i(w, D)."""
    bend: Operator = inner_rate(x) * x.hessian(TASK, at, batch)
    return IDENTITY - bend


def common_step(x: Language, at: Vector) -> Vector:
    """x = w - alpha grad f(w), with the mean gradient of all tasks: a point that no task changes."""
    step: Vector = inner_rate(x) * x.mean_vector(TASK, x.gradient(TASK, at))
    return at - step


def task_variance(x: Language, at: Vector) -> Expr:
    """E_i |grad f_i - grad f|^2 at a point that no task changes."""
    slope = x.gradient(TASK, at)
    return x.mean(TASK, x.norm(slope - x.mean_vector(TASK, slope)) ** 2)


def step_task_variance(x: Language, at: Vector) -> Expr:
    """(a sigma(w)^2 + sigma(x)^2) / (1 + a): the mean of the variances at w and at x = w - alpha grad f(w)."""
    a = inner_rate(x) * smoothness(x)
    return (a * task_variance(x, at) + task_variance(x, common_step(x, at))) / (1 + a)


def mean_gradient_norm(x: Language, at: Vector) -> Expr:
    """E_i |grad f_i(w)|."""
    return x.mean(TASK, x.norm(x.gradient(TASK, at)))


def smoothness_bound(x: Language, at: Vector) -> Expr:
    """L(w) = 4L + 2 rho alpha E_i |grad f_i(w)|."""
    return 4 * smoothness(x) + 2 * hessian_lipschitz(x) * inner_rate(x) * mean_gradient_norm(x, at)


def stepsize_draws(x: Language) -> tuple[Expr, Expr]:
    """X = 2 rho alpha (1/B') sum_j |grad f_j(w, D_beta)|, so that L~ = 4L + X, and one such norm."""
    one = x.norm(x.gradient(TASK, x.vector("w"), "D_beta"))
    factor = 2 * hessian_lipschitz(x) * inner_rate(x)
    return x.mean_of_draws(DRAW, "X", "X", factor, one, ("D_beta", TASK)), one


# -- what always holds -------------------------------------------------------------------------------------------------
def always(x: Language, fixed_task: bool) -> dict[str, tuple[Expr, Expr, bool]]:
    """What holds of the numbers whatever a claim assumes, by name: (left, right, equal).

    Every batch has a sample and every draw a task; kappa stands for any number in [0, 1].
    """
    if fixed_task:
        return {"kappa <= 1": (number(x, "kappa"), sympy.Integer(1), False)}
    one = sympy.Integer(1)
    return {"B' >= 1": (one, stepsize_tasks(x), False), "B >= 1": (one, step_tasks(x), False)}
