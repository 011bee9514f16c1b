"""How Rocq's theorems of the axioms' names (`proofs/rocq/Theorems.v`) are applied to the arguments of ours.

A theorem's arguments are what it assumes, then those of the axiom, then for each norm, inner product and mean that the
axiom's `conclude` asks the language for, in that order: what the language writes, and a proof of that. So the axiom's
own code says what has to be shown, and a table has to say no more than of what sort each argument is.
"""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.proof.kernel import axioms_by_name
from mamlcheck.proof.rocq import sorts
from mamlcheck.proof.rocq.asked import Recorder
from mamlcheck.proof.rocq.terms import CannotBeWritten, Free, Part, Terms
from mamlcheck.proof.rocq.writing import Writing, assumption

# Of each axiom: what its theorem assumes, and of what sorts its arguments are (`sorts`). `-` is an argument that the
# theorem does not take; what begins with @ is assumed in between.
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


def apply(terms: Terms, name: str, arguments: tuple[Part, ...], facts: dict[int, str]) -> Application:
    """An axiom applied to arguments. facts: of facts among these, Rocq's names for them."""
    if name not in ARGUMENTS:
        raise CannotBeWritten(f"the axiom {name} has no theorem in Rocq yet")
    recorder = Recorder(terms.language)
    axioms_by_name()[name].conclude(recorder, *arguments)  # type: ignore[arg-type]
    bound = {c.arguments[0] for c in recorder.calls if c.kind in ("mean", "mean_vector")}
    a = Writing(terms, name, arguments, facts, recorder.calls, bound)
    needs, of_sorts = ARGUMENTS[name]
    given, position = [_need(terms, n) for n in needs.split()], 0
    for sort in of_sorts.split():
        if sort.startswith("@"):
            given.append(_need(terms, sort[1:]))
            continue
        taken, texts = getattr(sorts, "nothing" if sort == "-" else sort)(a, position)
        position += taken
        given += texts
    results = [a.result(call) for call in a.calls]
    premises = [*(a.premise(call) for call in a.calls), *a.more]
    applied = " ".join([_theorem(a), *given, *results, *["_"] * len(premises)])
    return Application(f"({applied})", tuple(premises), tuple(dict.fromkeys(a.look)), a.free, frozenset(a.bound))


def _theorem(a: Writing) -> str:
    """The theorem's name: the axiom's, but for axioms that are several theorems."""
    if a.name == "chain_rule" and len(a.arguments) > 2 and a.arguments[2]:
        return "chain_rule_batch"
    if a.name == "chain_rule_steps" and a.arguments[2] == 1:
        return "chain_rule"
    if a.name == "bounded_deviation":
        return f"bounded_{a.terms.language.meanings[a.arguments[0]].kind.split()[0]}_deviation"
    return f"{a.name}_sample" if a.of_sample else a.name


def _need(terms: Terms, name: str) -> str:
    """What a theorem assumes, by its name in the table."""
    if name == "L_sign":
        terms.number("L")
        return "L ltac:(nonneg)"
    if name == "nonneg":
        terms.number("L")
        return "(L := L) ltac:(nonneg)"
    if name == "unit":
        return terms.unit()
    return assumption(terms, name)
