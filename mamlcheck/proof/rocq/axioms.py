"""How Rocq's theorems of the axioms' names (`proofs/rocq/Theorems.v`) are applied to the arguments of ours.

A theorem's arguments are what it assumes, then those of the axiom, then for each norm, inner product and mean that the
axiom's `conclude` asks the language for, in that order: what the language writes, and a proof of that. So the axiom's
own code says what has to be shown, and a table has to say no more than of what sort each argument is.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from mamlcheck.language import directions, vocabulary
from mamlcheck.language.terms import Operator, Vector
from mamlcheck.language.vocabulary import DRAW, ITERATE, TASK
from mamlcheck.proof.kernel import axioms_by_name
from mamlcheck.proof.rocq.asked import Call, Recorder, all_asked
from mamlcheck.proof.rocq.terms import ANY_POINT, NONE, CannotBeWritten, Free, Part, Terms

# Assumptions by name: the number they are of, and what they say of it.
ASSUMED = {
    "smooth": ("L", "smooth (M := M) L"),
    "hessian_lipschitz": ("rho", "hessian_lipschitz (M := M) rho"),
    "differentiable": ("", "differentiable (M := M)"),
    "samples_differentiable": ("", "samples_differentiable (M := M)"),
    "symmetric": ("", "symmetric (M := M)"),
    "objective_lines": ("alpha", "objective_lines (M := M) alpha"),
    "least_curvature": ("mu", "least_curvature (M := M) mu"),
    "task_variance_at_most": ("sigma", "task_variance_at_most (M := M) sigma"),
    "gradient_deviation_at_most": ("sigma~", "gradient_deviation_at_most (M := M) sigma_tilde"),
    "hessian_deviation_at_most": ("sigma_H", "hessian_deviation_at_most (M := M) o sigma_H"),
}

# Of each axiom: what its theorem assumes, and of what sort its arguments are.
ARGUMENTS: dict[str, tuple[str, str]] = {
    "triangle": ("", "vector vector"),
    "cauchy_schwarz": ("", "vector vector"),
    "expand_square": ("", "vector vector"),
    "duality": ("unit", "vector -"),
    "symmetry": ("", "vector operator vector"),
    "scaling": ("", "number vector fact"),
    "square_root": ("", "root"),
    "jensen_norm": ("", "law vectors"),
    "jensen_square": ("", "law numbers"),
    "mean_cauchy_schwarz": ("", "law numbers numbers"),
    "inner_mean": ("", "law vector vectors"),
    "jensen_reciprocal": ("", "law positives"),
    "unbiased_gradient": ("", "size task vector"),
    "unbiased_hessian": ("", "size task vector vector"),
    "gradient_variance": ("", "size task vector"),
    "gradient_moment": ("", "size task vector vector"),
    "hessian_moment": ("", "size task vector vector number vector"),
    "hessian_variance": ("", "size noise task vector vector"),
    "lipschitz_gradient": ("smooth", "task vector vector"),
    "lipschitz_hessian": ("hessian_lipschitz", "task vector vector vector"),
    "operator_norm": ("L_sign smooth differentiable", "task vector vector"),
    "chain_rule": ("", "chain"),
    "chain_rule_steps": ("", "steps"),
    "convex_pull_back": ("", "convex task vector vector - -"),
    "convex_step": ("", "convex task vector vector - -"),
    "difference_error": ("", "signed_width @differentiable @hessian_lipschitz task vector vector"),
    "difference_size": ("", "signed_width @nonneg @smooth task vector vector"),
    "unbiased_difference": ("", "width size task vector vector"),
    "difference_moment": ("", "width size task vector vector number vector"),
    "difference_variance": (
        "",
        "signed_width noise @hessian_deviation_at_most @samples_differentiable size task vector vector",
    ),
    "order_of_means": ("", "order"),
    "two_samples": ("", "two_samples"),
    "signs_of_sums": ("", "signs"),
    "one_step": ("", "one_step"),
    "telescoping": ("", "telescoping"),
    "mean_value_integral": ("differentiable", "task vector vector integral"),
    "bounded_task_variance": ("task_variance_at_most", "vector"),
    "bounded_deviation": ("", "deviation"),
    "iid_mean": ("", "draws"),
    "iid_variance": ("", "draws"),
}


@dataclass(frozen=True)
class Application:
    """An axiom applied.

    theorem: Rocq's, with its arguments, and a blank for each premise. premises: tactics, one each. look_into: the
    definitions that its statement is compared through.
    """

    theorem: str
    premises: tuple[str, ...]
    look_into: tuple[str, ...]
    free: Free
    bound: Free


@dataclass
class Applied:
    """Writes one application of an axiom. facts: of facts among the arguments, Rocq's names for them."""

    terms: Terms
    name: str
    arguments: tuple[Part, ...]
    facts: dict[int, str]

    def write(self) -> Application:
        """The theorem with all its arguments."""
        recorder = Recorder(self.terms.language)
        axioms_by_name()[self.name].conclude(recorder, *self.arguments)  # type: ignore[arg-type]
        self.calls = recorder.calls
        self.bound = {c.arguments[0] for c in self.calls if c.kind in ("mean", "mean_vector")}
        self.look: list[str] = []
        self.more: list[str] = []
        self.of_sample = False
        self.free: Free = NONE
        self.law = ""
        if self.name not in ARGUMENTS:
            raise CannotBeWritten(f"the axiom {self.name} has no theorem in Rocq yet")
        needs, sorts = ARGUMENTS[self.name]
        theorem, given = self.name, [self._need(n) for n in needs.split()]
        position = 0
        for sort in sorts.split():
            if sort.startswith("@"):
                given.append(self._need(sort[1:]))
                continue
            taken, texts = getattr(self, f"_{sort}" if sort != "-" else "_none")(position)
            position += taken
            given += texts
        if self.name == "chain_rule":
            theorem = "chain_rule_batch" if len(self.arguments) > 2 and self.arguments[2] else "chain_rule"
        if self.name == "chain_rule_steps" and self.arguments[2] == 1:
            theorem = "chain_rule"
        if self.name == "bounded_deviation":
            kind = self.terms.language.meanings[self.arguments[0]].kind.split()[0]
            theorem = f"bounded_{kind}_deviation"
        if self.of_sample:
            theorem = f"{self.name}_sample"
        results = [f"({self._bound(c)}{self._result(c)})" for c in self.calls]
        premises = [f"{self._intros(c)}{self._premise(c)}" for c in self.calls]
        premises += self.more
        applied = " ".join([theorem, *given, *results, *["_"] * len(premises)])
        return Application(
            f"({applied})", (*premises,), tuple(dict.fromkeys(self.look)), self.free, frozenset(self.bound)
        )

    # -- sorts of arguments: how many of the axiom's they take, and what is written for them --------------------------
    def _need(self, name: str) -> str:
        if name == "L_sign":
            self.terms.number("L")
            return "L ltac:(nonneg)"
        if name == "nonneg":
            self.terms.number("L")
            return "(L := L) ltac:(nonneg)"
        if name == "unit":
            return self.terms.unit()
        return assumption(self.terms, name)

    def _noise(self, k: int) -> tuple[int, list[str]]:
        self.terms.noise_bound()
        return 0, ["o_bounds"]

    def _none(self, k: int) -> tuple[int, list[str]]:
        return 1, []

    def _vector(self, k: int) -> tuple[int, list[str]]:
        return 1, [self._vector_text(self.arguments[k])]

    def _vector_text(self, v: Vector) -> str:
        self.free |= self.terms.free(v)
        return f"({self.terms.vector(v)})%V"

    def _operator(self, k: int) -> tuple[int, list[str]]:
        operator = self.arguments[k]
        self.free |= self.terms.free(operator)
        text = self.terms.operator(operator)
        assumption(self.terms, "symmetric")
        atoms = self.terms.atoms_of(operator)
        self.more.append(f"cbv beta delta [{' '.join(atoms)}]; self_adjoint")
        return 1, [text]

    def _number(self, k: int) -> tuple[int, list[str]]:
        self.free |= self.terms.free_scalar(self.arguments[k])
        return 1, [self.terms.scalar(self.arguments[k])]

    def _fact(self, k: int) -> tuple[int, list[str]]:
        return 1, [f"ltac:(pose proof (gap _ _ {self.facts[k]}) as G; refine (as_le _ _ _ _ G _ _); eqn)"]

    def _root(self, k: int) -> tuple[int, list[str]]:
        self._number(k)
        (inside,) = self.terms.language.meanings[self.arguments[k]].parts
        self.look.append(self.terms.head(self.terms.symbol(self.arguments[k])))
        return 1, [self.terms.scalar(inside), "ltac:(nonneg)"]

    def _law(self, k: int) -> tuple[int, list[str]]:
        self.index = self.arguments[k]
        self.free |= self.terms.law_free(self.index)
        return 1, [self.terms.law(self.index)]

    def _over(self, free: Free, text: str) -> str:
        self.free |= free - {self.index}
        return f"({self.terms.binder(frozenset({self.index}))}{text})"

    def _vectors(self, k: int) -> tuple[int, list[str]]:
        v = self.arguments[k]
        return 1, [self._over(self.terms.free(v), f"({self.terms.vector(v)})%V")]

    def _numbers(self, k: int) -> tuple[int, list[str]]:
        value = self.arguments[k]
        return 1, [self._over(self.terms.free_scalar(value), self.terms.scalar(value))]

    def _positives(self, k: int) -> tuple[int, list[str]]:
        return 1, [*self._numbers(k)[1], "ltac:(intros; cbv beta; pos)"]

    def _size(self, k: int) -> tuple[int, list[str]]:
        if self.arguments[k] in vocabulary.SAMPLES:
            self.of_sample = True
            return 1, []
        n = self.terms.size(self.arguments[k])
        if self.terms.language.meanings.get(sympy.Symbol(f"root_{self.arguments[k]}", positive=True)):
            self.terms.number(f"root_{self.arguments[k]}")
            self.look.append(f"root_{self.arguments[k]}")
        return 1, [n, f"{n}_pos"]

    def _task(self, k: int) -> tuple[int, list[str]]:
        if self.arguments[k] != TASK:
            raise CannotBeWritten(f"the task {self.arguments[k]} is not {TASK}")
        self.free |= frozenset({TASK}) if self.terms.tasks_are_drawn else NONE
        if not self.terms.tasks_are_drawn:
            self.terms.law_free("D_in")  # declares the task
        return 1, [TASK]

    def _chain(self, k: int) -> tuple[int, list[str]]:
        _, at, *batch = self.arguments
        alpha = self.terms.number("alpha")
        size = [self.terms.size(batch[0])] if batch and batch[0] else []
        objective = self.terms.language.meta_gradient(at, *batch)
        self.terms.vector(objective)
        self.look += self.terms.atoms_of(objective)
        return len(self.arguments), [*size, alpha, self._vector_text(at)]

    def _steps(self, k: int) -> tuple[int, list[str]]:
        _, at, steps = self.arguments
        alpha = self.terms.number("alpha")
        objective = self.terms.language.meta_gradient(at, steps=steps)
        self.terms.vector(objective)
        self.look += self.terms.atoms_of(objective)
        if steps == 1:
            return 3, [alpha, self._vector_text(at)]
        points = [f"({self.terms.vector(p)})%V" for p in vocabulary.inner_points(self.terms.language, at, steps)]
        cases = " | ".join(f"{k}%nat => {p}" for k, p in enumerate(points[:-1]))
        way = f"(fun k i => match k with {cases} | _ => {points[-1]} end)"
        names = self.terms.atoms_of(*vocabulary.inner_points(self.terms.language, at, steps))
        look = f"cbv beta iota delta [{' '.join(names)}]; lin"
        fits = f"ltac:(intros k i Hk; do {steps} (destruct k as [| k]; [{look} |]); exfalso; lia)"
        return 3, [alpha, str(steps), self._vector_text(at), way, "ltac:(reflexivity)", fits]

    def _convex(self, k: int) -> tuple[int, list[str]]:
        numbers = [self.terms.number(n) for n in ("alpha", "L", "mu")]
        facts = [f"ltac:(refine (as_le _ _ _ _ {self.facts[k]} _ _); eqn)" for k in (3, 4)]
        needs = [assumption(self.terms, n) for n in ("smooth", "differentiable", "symmetric", "least_curvature")]
        return 0, [*numbers, "ltac:(nonneg)", "ltac:(nonneg)", *facts, *needs]

    def _deviation(self, k: int) -> tuple[int, list[str]]:
        meaning = self.terms.language.meanings[self.arguments[k]]
        self.look.append(self.terms.head(self.terms.symbol(self.arguments[k])))
        kind = meaning.kind.split()[0]
        needs = [assumption(self.terms, f"{kind}_deviation_at_most")]
        self._task_free()
        return 1, [*needs, TASK,
                   self._vector_text(meaning.parts[1])]  # fmt: skip

    def _task_free(self) -> None:
        self.free |= frozenset({TASK}) if self.terms.tasks_are_drawn else NONE

    def _width(self, k: int) -> tuple[int, list[str]]:
        return 0, [self.terms.number(n) for n in ("eta", "rho", "alpha")]

    def _signed_width(self, k: int) -> tuple[int, list[str]]:
        return 0, [*self._width(k)[1], "ltac:(pos)", "ltac:(nonneg)", "ltac:(nonneg)"]

    def _order(self, k: int) -> tuple[int, list[str]]:
        first, second, value = self.arguments
        self._task_free()
        self.terms.law_free(first)
        self.free |= self.terms.free_scalar(value) - {first, second}
        return 3, [TASK, f"(fun {first} {second} => {self.terms.scalar(value)})"]

    def _two_samples(self, k: int) -> tuple[int, list[str]]:
        batch, _, at, *_ = self.arguments
        n = self.terms.size(batch)
        facts = [
            f"ltac:(refine (as_le _ _ _ _ {self.facts[k]} _ _); first [eqn | exact (INR_square _)])" for k in (3, 4)
        ]
        self._task_free()
        return 5, [n, TASK, self._vector_text(at), *facts]

    def _signs(self, k: int) -> tuple[int, list[str]]:
        first, second, _, at, unit, _ = self.arguments
        self._task_free()
        e, d = self.terms.unit(), self.terms.number("d")
        line = self.terms.assume("on_a_line", f"{d} <= 1 -> forall v : M, v = (inner {e} v * {e})%V", "Hypothesis")
        text = self._vector_text(unit)
        self.free -= {first, second}
        inside = next(iter(unit.terms))[0].inner
        look = " ".join([*self.terms.atoms_of(unit), *self.terms.atoms_of(inside)])
        is_unit = f"ltac:(intros {first} {second}; cbv beta delta [{look}]; f_equal; lin)"
        unit_of = f"(fun {first} {second} => {text})"
        return 6, [TASK, self._vector_text(at), e, "e_unit", f"({line} {self.facts[5]})", unit_of, is_unit]

    def _telescoping(self, k: int) -> tuple[int, list[str]]:
        _, direction, factor = self.arguments
        terms = self.terms
        gap = terms.number("Delta")
        start = terms.assume("w_0", "M")
        bound = (
            f"forall w : M, objective {terms.number('alpha')} {start} - objective {terms.number('alpha')} w <= {gap}"
        )
        below = terms.assume("gap_below", bound, "Hypothesis")
        n = terms.count("T")
        terms.number("T")
        self.look += ["steps"]
        self.bound.add(ITERATE)
        return 3, [terms.step_of(direction, factor), n, f"{n}_pos", start, gap, below]

    def _one_step(self, k: int) -> tuple[int, list[str]]:
        """Its theorem has premises of its own, since its `conclude` looks for the constant of a bound."""
        smooth, direction, factor, other = self.arguments
        terms, x = self.terms, self.terms.language
        w, recorder = x.vector("w"), Recorder(self.terms.language)
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
            f"intros {ANY_POINT}; refine (as_le _ _ _ _ {self.facts[0]} _ _); "
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
        self.calls, self.more = [], premises
        self.bound.add(ANY_POINT)
        self.free |= terms.free(w)
        n = terms.count("tasks_of_a_step")
        terms.number("tasks_of_a_step")
        outcome = terms.head(terms.symbol(x.outcome(w, direction, factor, directions.OVER)))
        objective = terms.head(terms.symbol(x.objective(w)))
        self.look += [outcome, objective, "tasks_of_a_step"]
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

    def _draws(self, k: int) -> tuple[int, list[str]]:
        index, draws = self.arguments
        if index != DRAW:
            raise CannotBeWritten(f"the draws over {index} are not those of the step size")
        factor, scalar, _ = self.terms.language.meanings[draws].parts
        self.terms.symbol(draws)
        n, size = self.terms.count("tasks_drawn"), self.terms.size("D_beta")
        self.terms.number("tasks_drawn")
        self.look += ["tasks_drawn"]
        self.bound.add(DRAW)
        return 2, [n, size, f"{n}_pos", self.terms.scalar(factor), self.terms.over_draws(scalar)]

    def _integral(self, k: int) -> tuple[int, list[str]]:
        tau, bound = self.arguments[k], self.arguments[k + 1]
        coefficients = sympy.Poly(bound.right, tau).all_coeffs()[::-1]
        for c in coefficients:
            self.free |= self.terms.free_scalar(c)
        self.bound.add("tau")
        self.more.append(f"intros tau; refine (as_le _ _ _ _ {self.facts[k + 1]} _ _); cbn [polynomial]; eqn")
        _, at, way, *_ = self.arguments
        between, end = at + tau * way, at + way
        points = [f"(fun tau => ({self.terms.vector(between)})%V)", f"({self.terms.vector(end)})%V"]
        polynomial = "(" + " :: ".join([*map(self.terms.scalar, coefficients), "nil"]) + ")%list"
        return 2, [*points, "ltac:(intros tau; cbv beta; lin)", "ltac:(lin)", polynomial]

    # -- what the language was asked for -------------------------------------------------------------------------------
    def _call_free(self, call: Call) -> Free:
        free = NONE
        for argument in call.arguments:
            if isinstance(argument, Vector):
                free |= self.terms.free(argument)
            elif not isinstance(argument, str):
                free |= self.terms.free_scalar(argument)
        if call.kind in ("mean", "mean_vector"):
            free = (free - {call.arguments[0]}) | self.terms.law_free(call.arguments[0])
        self.free |= free
        return free

    def _bound(self, call: Call) -> str:
        return self.terms.binder(self._call_free(call) & frozenset(self.bound))

    def _intros(self, call: Call) -> str:
        names = self.terms.names(self._call_free(call) & frozenset(self.bound))
        return f"intros {names}; " if names else ""

    def _result(self, call: Call) -> str:
        if isinstance(call.result, Vector):
            return f"({self.terms.vector(call.result)})%V"
        return self.terms.scalar(call.result)

    def _premise(self, call: Call) -> str:
        terms, (first, *rest) = self.terms, call.arguments
        if call.kind == "norm":
            return f"refine (norm_from _ _ _ {terms.norm_is(first)} _); {self._same(first)}"
        if call.kind == "inner":
            same = f"{self._same(first)} | {self._same(rest[0])}"
            return f"refine (inner_from _ _ _ _ _ {terms.inner_is(first, rest[0])} _ _); [{same}]"
        is_so = (terms.mean_is if call.kind == "mean" else terms.vmean_is)(first, rest[0])
        first = terms.spelled(first)
        if call.kind == "mean":
            names = " ".join(self._of_objectives(rest[0]))
            look = f"cbv beta delta [{names}]" if names else "cbv beta"
            return f"refine (E_from _ _ _ _ {is_so} _); intros {first}; {look}; eqn"
        return f"refine (VE_from _ _ _ _ {is_so} _); intros {first}; {self._same(rest[0])}"

    def _of_objectives(self, expression: Part) -> list[str]:
        """Definitions of F at points and of its mean after a step, of which a theorem speaks by what they are."""
        symbols = sorted(sympy.sympify(expression).free_symbols, key=str)
        kinds = {s: self.terms.language.meanings[s].kind for s in symbols}
        return [self.terms.head(self.terms.symbol(s)) for s in symbols if kinds[s] in ("objective", "outcome")]

    def _same(self, v: Vector) -> str:
        if self.name == "chain_rule_steps":
            return f"cbn [pulled_through]; cbv iota; {same_vector(self.terms, v)}"
        return same_vector(self.terms, v, *(a for a in self.arguments if isinstance(a, Vector)))


def same_vector(terms: Terms, *vectors: Vector | Operator) -> str:
    """The tactic that shows a vector to be what it is made of: through the definitions of its atoms, one level deep."""
    for v in vectors:
        terms.operator(v) if isinstance(v, Operator) else terms.vector(v)
    names = terms.atoms_of(*vectors)
    return f"cbv beta delta [{' '.join(names)}]; lin" if names else "cbv beta; lin"


def assumption(terms: Terms, name: str) -> str:
    """An assumption of the paper, as a hypothesis of the section."""
    number, says = ASSUMED[name]
    if number:
        terms.number(number)
    if name == "hessian_deviation_at_most":
        terms.noise_bound()
    return terms.assume(f"{name}_assumed", says, "Hypothesis")
