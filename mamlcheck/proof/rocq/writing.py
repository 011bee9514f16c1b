"""One application of an axiom while it is written: what is known of it, and how its premises are shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy

from mamlcheck.language.terms import Operator, Vector
from mamlcheck.language.vocabulary import TASK
from mamlcheck.proof.rocq.asked import Call
from mamlcheck.proof.rocq.terms import NONE, Free, Part, Terms

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


@dataclass
class Writing:
    """An application of an axiom. facts: of facts among the arguments, Rocq's names for them.

    calls: what `conclude` asked the language for. bound: the indices that means run over, and whatever else the
    theorem's premises are about and its conclusion is not. free: what it varies with. look: the definitions that its
    statement is compared through. more: premises beside those of the calls. index: what the mean at hand runs over.
    of_sample: whether a batch among the arguments is a sample.
    """

    terms: Terms
    name: str
    arguments: tuple[Part, ...]
    facts: dict[int, str]
    calls: list[Call]
    bound: set[str]
    look: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    free: Free = NONE
    index: str = ""
    of_sample: bool = False

    # -- arguments -------------------------------------------------------------------------------------------------
    def vector(self, v: Vector) -> str:
        """A vector as an argument."""
        self.free |= self.terms.free(v)
        return f"({self.terms.vector(v)})%V"

    def over(self, free: Free, text: str) -> str:
        """A function of what the mean at hand runs over."""
        self.free |= free - {self.index}
        return f"({self.terms.binder(frozenset({self.index}))}{text})"

    def of_the_task(self) -> None:
        """Note that it varies with the task, where that is drawn."""
        self.free |= frozenset({TASK}) if self.terms.tasks_are_drawn else NONE

    # -- what the language was asked for -----------------------------------------------------------------------------
    def result(self, call: Call) -> str:
        """What the language answered, as a function of what the premise is about."""
        answer = (
            f"({self.terms.vector(call.result)})%V"
            if isinstance(call.result, Vector)
            else (self.terms.scalar(call.result))
        )
        return f"({self.terms.binder(self._about(call))}{answer})"

    def premise(self, call: Call) -> str:
        """The tactic that shows the answer to be what was asked for."""
        names = self.terms.names(self._about(call))
        return f"intros {names}; {self._shown(call)}" if names else self._shown(call)

    def _about(self, call: Call) -> Free:
        free = NONE
        for argument in call.arguments:
            if isinstance(argument, Vector):
                free |= self.terms.free(argument)
            elif not isinstance(argument, str):
                free |= self.terms.free_scalar(argument)
        if call.kind in ("mean", "mean_vector"):
            free = (free - {call.arguments[0]}) | self.terms.law_free(call.arguments[0])
        self.free |= free
        return free & frozenset(self.bound)

    def _shown(self, call: Call) -> str:
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
