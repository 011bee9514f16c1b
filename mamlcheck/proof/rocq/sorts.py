"""The sorts of arguments that axioms take: what is written of each for Rocq's theorem of the axiom's name.

A sort is a function of the application that is written and of the place of its first argument. It returns how many of
the axiom's arguments it takes, and what the theorem is given in their place.
"""

from __future__ import annotations

from typing import TypeAlias

import sympy

from mamlcheck.language import directions, vocabulary
from mamlcheck.language.terms import Vector
from mamlcheck.language.vocabulary import DRAW, ITERATE, TASK
from mamlcheck.proof.rocq.asked import Recorder, all_asked
from mamlcheck.proof.rocq.terms import ANY_POINT, NONE, CannotBeWritten
from mamlcheck.proof.rocq.writing import Writing, assumption

Sort: TypeAlias = tuple[int, list[str]]


def noise(a: Writing, k: int) -> Sort:
    """What bounds the noise of Hessians."""
    a.terms.noise_bound()
    return 0, ["o_bounds"]


def nothing(a: Writing, k: int) -> Sort:
    """An argument that the theorem does not take."""
    return 1, []


def vector(a: Writing, k: int) -> Sort:
    """A vector."""
    return 1, [a.vector(a.arguments[k])]


def operator(a: Writing, k: int) -> Sort:
    """A combination of the identity and of Hessians, which has to be symmetric."""
    operator = a.arguments[k]
    a.free |= a.terms.free(operator)
    text = a.terms.operator(operator)
    assumption(a.terms, "symmetric")
    atoms = a.terms.atoms_of(operator)
    a.more.append(f"cbv beta delta [{' '.join(atoms)}]; self_adjoint")
    return 1, [text]


def number(a: Writing, k: int) -> Sort:
    """A number."""
    a.free |= a.terms.free_scalar(a.arguments[k])
    return 1, [a.terms.scalar(a.arguments[k])]


def fact(a: Writing, k: int) -> Sort:
    """A fact a <= b: that b - a >= 0."""
    return 1, [f"ltac:(pose proof (gap _ _ {a.facts[k]}) as G; refine (as_le _ _ _ _ G _ _); eqn)"]


def root(a: Writing, k: int) -> Sort:
    """A root: what it is of, which is not negative."""
    number(a, k)
    (inside,) = a.terms.language.meanings[a.arguments[k]].parts
    a.look.append(a.terms.head(a.terms.symbol(a.arguments[k])))
    return 1, [a.terms.scalar(inside), "ltac:(nonneg)"]


def law(a: Writing, k: int) -> Sort:
    """What a mean runs over."""
    a.index = a.arguments[k]
    a.free |= a.terms.law_free(a.index)
    return 1, [a.terms.law(a.index)]


def vectors(a: Writing, k: int) -> Sort:
    """A vector that may vary with what the mean runs over."""
    v = a.arguments[k]
    return 1, [a.over(a.terms.free(v), f"({a.terms.vector(v)})%V")]


def numbers(a: Writing, k: int) -> Sort:
    """A number that may."""
    value = a.arguments[k]
    return 1, [a.over(a.terms.free_scalar(value), a.terms.scalar(value))]


def positives(a: Writing, k: int) -> Sort:
    """The same, which is > 0."""
    return 1, [*numbers(a, k)[1], "ltac:(intros; cbv beta; pos)"]


def size(a: Writing, k: int) -> Sort:
    """A batch by its size; a sample is a batch of one, and its theorem has a name of its own."""
    if a.arguments[k] in vocabulary.SAMPLES:
        a.of_sample = True
        return 1, []
    n = a.terms.size(a.arguments[k])
    if a.terms.language.meanings.get(sympy.Symbol(f"root_{a.arguments[k]}", positive=True)):
        a.terms.number(f"root_{a.arguments[k]}")
        a.look.append(f"root_{a.arguments[k]}")
    return 1, [n, f"{n}_pos"]


def task(a: Writing, k: int) -> Sort:
    """The task."""
    if a.arguments[k] != TASK:
        raise CannotBeWritten(f"the task {a.arguments[k]} is not {TASK}")
    a.free |= frozenset({TASK}) if a.terms.tasks_are_drawn else NONE
    if not a.terms.tasks_are_drawn:
        a.terms.law_free("D_in")  # declares the task
    return 1, [TASK]


def chain(a: Writing, k: int) -> Sort:
    """The arguments of the chain rule."""
    _, at, *batch = a.arguments
    alpha = a.terms.number("alpha")
    size = [a.terms.size(batch[0])] if batch and batch[0] else []
    objective = a.terms.language.meta_gradient(at, *batch)
    a.terms.vector(objective)
    a.look += a.terms.atoms_of(objective)
    return len(a.arguments), [*size, alpha, a.vector(at)]


def steps(a: Writing, k: int) -> Sort:
    """Those of the chain rule of N inner steps, with the points between."""
    _, at, steps = a.arguments
    alpha = a.terms.number("alpha")
    objective = a.terms.language.meta_gradient(at, steps=steps)
    a.terms.vector(objective)
    a.look += a.terms.atoms_of(objective)
    if steps == 1:
        return 3, [alpha, a.vector(at)]
    points = [f"({a.terms.vector(p)})%V" for p in vocabulary.inner_points(a.terms.language, at, steps)]
    cases = " | ".join(f"{k}%nat => {p}" for k, p in enumerate(points[:-1]))
    way = f"(fun k i => match k with {cases} | _ => {points[-1]} end)"
    names = a.terms.atoms_of(*vocabulary.inner_points(a.terms.language, at, steps))
    look = f"cbv beta iota delta [{' '.join(names)}]; lin"
    fits = f"ltac:(intros k i Hk; do {steps} (destruct k as [| k]; [{look} |]); exfalso; lia)"
    return 3, [alpha, str(steps), a.vector(at), way, "ltac:(reflexivity)", fits]


def convex(a: Writing, k: int) -> Sort:
    """What the theorems on convex tasks assume."""
    numbers = [a.terms.number(n) for n in ("alpha", "L", "mu")]
    facts = [f"ltac:(refine (as_le _ _ _ _ {a.facts[k]} _ _); eqn)" for k in (3, 4)]
    needs = [assumption(a.terms, n) for n in ("smooth", "differentiable", "symmetric", "least_curvature")]
    return 0, [*numbers, "ltac:(nonneg)", "ltac:(nonneg)", *facts, *needs]


def deviation(a: Writing, k: int) -> Sort:
    """A deviation at a point, with the bound of it."""
    meaning = a.terms.language.meanings[a.arguments[k]]
    a.look.append(a.terms.head(a.terms.symbol(a.arguments[k])))
    kind = meaning.kind.split()[0]
    needs = [assumption(a.terms, f"{kind}_deviation_at_most")]
    a.of_the_task()
    return 1, [*needs, TASK,
               a.vector(meaning.parts[1])]  # fmt: skip


def width(a: Writing, k: int) -> Sort:
    """What the width of HF-MAML's difference is made of."""
    return 0, [a.terms.number(n) for n in ("eta", "rho", "alpha")]


def signed_width(a: Writing, k: int) -> Sort:
    """The same, with signs."""
    return 0, [*width(a, k)[1], "ltac:(pos)", "ltac:(nonneg)", "ltac:(nonneg)"]


def order(a: Writing, k: int) -> Sort:
    """Two samples, and a number that varies with both."""
    first, second, value = a.arguments
    a.of_the_task()
    a.terms.law_free(first)
    a.free |= a.terms.free_scalar(value) - {first, second}
    return 3, [TASK, f"(fun {first} {second} => {a.terms.scalar(value)})"]


def two_samples(a: Writing, k: int) -> Sort:
    """A batch of two, and that it is one."""
    batch, _, at, *_ = a.arguments
    n = a.terms.size(batch)
    facts = [f"ltac:(refine (as_le _ _ _ _ {a.facts[k]} _ _); first [eqn | exact (INR_square _)])" for k in (3, 4)]
    a.of_the_task()
    return 5, [n, TASK, a.vector(at), *facts]


def signs(a: Writing, k: int) -> Sort:
    """The unit vector along the noise of two samples, on a line."""
    first, second, _, at, unit, _ = a.arguments
    a.of_the_task()
    e, d = a.terms.unit(), a.terms.number("d")
    line = a.terms.assume("on_a_line", f"{d} <= 1 -> forall v : M, v = (inner {e} v * {e})%V", "Hypothesis")
    text = a.vector(unit)
    a.free -= {first, second}
    inside = next(iter(unit.terms))[0].inner
    look = " ".join([*a.terms.atoms_of(unit), *a.terms.atoms_of(inside)])
    is_unit = f"ltac:(intros {first} {second}; cbv beta delta [{look}]; f_equal; lin)"
    unit_of = f"(fun {first} {second} => {text})"
    return 6, [TASK, a.vector(at), e, "e_unit", f"({line} {a.facts[5]})", unit_of, is_unit]


def telescoping(a: Writing, k: int) -> Sort:
    """A run, its start, and what there is to gain."""
    _, direction, factor = a.arguments
    terms = a.terms
    gap = terms.number("Delta")
    start = terms.assume("w_0", "M")
    bound = f"forall w : M, objective {terms.number('alpha')} {start} - objective {terms.number('alpha')} w <= {gap}"
    below = terms.assume("gap_below", bound, "Hypothesis")
    n = terms.count("T")
    terms.number("T")
    a.look += ["steps"]
    a.bound.add(ITERATE)
    return 3, [terms.step_of(direction, factor), n, f"{n}_pos", start, gap, below]


def one_step(a: Writing, k: int) -> Sort:
    """A step. Its theorem has premises of its own, since its `conclude` looks for the constant of a bound."""
    smooth, direction, factor, other = a.arguments
    terms, x = a.terms, a.terms.language
    w, recorder = x.vector("w"), Recorder(a.terms.language)
    ell = sympy.cancel(smooth.right / x.norm(w - other))
    mean_direction = directions.mean(recorder, direction)  # type: ignore[arg-type]
    square = directions.mean_square(recorder, direction)  # type: ignore[arg-type]
    asked = all_asked(terms, recorder.calls, whole=True)
    bound = 4 * vocabulary.smoothness(x) + vocabulary.stepsize_draws(x)[0]
    moments = [1 / bound, 1 / bound**2]
    results = [mean_direction, square, *(x.mean(DRAW, m) for m in moments)]
    along, size = x.inner(x.meta_gradient(w), mean_direction), x.norm(mean_direction)
    results += [along, size]
    drawn = terms.head(terms.symbol(vocabulary.stepsize_draws(x)[0]))
    change_is, apart_is = terms.norm_is(x.meta_gradient(w) - x.meta_gradient(other)), terms.norm_is(w - other)
    meta = " ".join(terms.atoms_of(x.meta_gradient(w) - x.meta_gradient(other)))
    bounded = (
        f"intros {ANY_POINT}; refine (as_le _ _ _ _ {a.facts[0]} _ _); "
        f"[refine (norm_from _ _ _ {change_is} _); cbv beta delta [{meta}]; lin | rewrite {apart_is}; eqn]"
    )
    premises = [bounded]
    for wanted in (mean_direction, square):
        tactic = next(tactic for result, _, tactic in reversed(asked) if result == wanted)
        premises.append(f"cbv beta; {tactic}")
    for m in moments:
        unfolded = f"unfold estimated_bound, {drawn}, mean_of_draws; eqn"
        premises.append(f"refine (E_from _ _ _ _ {terms.mean_is(DRAW, m)} _); intros draw; {unfolded}")
    premises.append(f"refine (inner_from _ _ _ _ _ {terms.inner_is(x.meta_gradient(w), mean_direction)} _ _); "
                    f"[cbv beta delta [{meta}]; lin | lin]")  # fmt: skip
    premises.append(f"exact {terms.norm_is(mean_direction)}")
    a.calls, a.more = [], premises
    a.bound.add(ANY_POINT)
    a.free |= terms.free(w)
    n = terms.count("tasks_of_a_step")
    terms.number("tasks_of_a_step")
    outcome = terms.head(terms.symbol(x.outcome(w, direction, factor, directions.OVER)))
    objective = terms.head(terms.symbol(x.objective(w)))
    a.look += [outcome, objective, "tasks_of_a_step"]
    lines = assumption(terms, "objective_lines")
    signs = ["ltac:(nonneg)", "ltac:(pos)", "ltac:(nonneg)"]
    ends = [terms.scalar(r) if not isinstance(r, Vector) else f"({terms.vector(r)})%V" for r in results]
    return 4, [
        terms.step_of(direction, factor),
        *signs,
        f"{n}_pos",
        lines,
        "w",
        f"({terms.scalar(ell)})",
        *ends,
    ]


def draws(a: Writing, k: int) -> Sort:
    """The draws for the step size."""
    index, draws = a.arguments
    if index != DRAW:
        raise CannotBeWritten(f"the draws over {index} are not those of the step size")
    factor, scalar, _ = a.terms.language.meanings[draws].parts
    a.terms.symbol(draws)
    n, size = a.terms.count("tasks_drawn"), a.terms.size("D_beta")
    a.terms.number("tasks_drawn")
    a.look += ["tasks_drawn"]
    a.bound.add(DRAW)
    return 2, [n, size, f"{n}_pos", a.terms.scalar(factor), a.terms.over_draws(scalar)]


def integral(a: Writing, k: int) -> Sort:
    """The way from a point, and a bound along it as a polynomial."""
    tau, bound = a.arguments[k], a.arguments[k + 1]
    coefficients = sympy.Poly(bound.right, tau).all_coeffs()[::-1]
    for c in coefficients:
        a.free |= a.terms.free_scalar(c)
    a.bound.add("tau")
    a.more.append(f"intros tau; refine (as_le _ _ _ _ {a.facts[k + 1]} _ _); cbn [polynomial]; eqn")
    _, at, way, *_ = a.arguments
    between, end = at + tau * way, at + way
    points = [f"(fun tau => ({a.terms.vector(between)})%V)", f"({a.terms.vector(end)})%V"]
    polynomial = "(" + " :: ".join([*map(a.terms.scalar, coefficients), "nil"]) + ")%list"
    return 2, [*points, "ltac:(intros tau; cbv beta; lin)", "ltac:(lin)", polynomial]
