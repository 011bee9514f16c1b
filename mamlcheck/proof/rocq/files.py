"""A whole file for Rocq: a claim's proof, which ends in the statement of `proofs/rocq/Claims.v`."""

from __future__ import annotations

import re

from mamlcheck.proof.catalogue import Proved
from mamlcheck.proof.kernel import Chain
from mamlcheck.proof.rocq.proofs import Lemma, Proofs
from mamlcheck.proof.rocq.terms import Terms
from mamlcheck.shipped import shipped

HEADER = """From Coq Require Import Reals Lra Lia List.
From MamlCheck Require Import Base Model Rules Axioms Convex Claims.
Open Scope R_scope.
"""

KAPPA = "(kappa_of L rho (alpha * gradient_deviation i w / sqrt (INR n_D_in)))"


def statement_name(claim: str) -> str:
    """The name of a claim's statement in `Claims.v`."""
    return claim.replace(".", "_")


def file_text(proved: Proved) -> str:
    """The file of a claim that is proved."""
    terms = Terms(proved.proof.language)
    terms.assume("M", "model")
    proofs = Proofs(proved.proof, terms)
    forms = {"": [len(c.strong_links) for c in proved.chains]}
    if proved.printed is not None:
        forms = {"_strong": forms[""], "": [len(c.links) for c in proved.chains]}
    theorems = []
    for form, lengths in forms.items():
        main = _smallest(proofs, list(zip(proved.chains, lengths, strict=True)), f"main{form}")
        theorems.append((f"{statement_name(proved.claim)}{form}", main, list(terms.context)))
    lines = [f"(** {proved.claim}: written by mamlcheck from its proof. The statement is in [Claims]. *)", HEADER]
    lines += ["Section Proof.", *terms.lines, "End Proof.", ""]
    for name, main, context in theorems:
        if name not in stated():
            continue
        lines += _theorem(terms, name, main, context)
    return "\n".join(lines)


def _theorem(terms: Terms, name: str, main: str, context: list[str]) -> list[str]:
    """From what was proved to the statement as it is written by hand."""
    words = " ".join(f"Claims.{d}" for d in stated())
    own = " ".join(sorted(line.split()[1] for line in terms.lines if line.startswith("Definition ")))
    return [
        f"Ltac {name}_opened := cbv beta delta [mean_of_draws {own}].",
        f"Theorem {name}_holds : forall M : model, Claims.{name} M.",
        "Proof.",
        f"  intros M; cbv beta delta [{words}]; intros; conjunctions; words.",
        f"  refine (as_le _ _ _ _ ({main} {' '.join(_given(terms, n, name) for n in context)}) _ _);",
        f"    {name}_opened; words; roots; same.",
        "Qed.",
        f"Print Assumptions {name}_holds.",
        "",
    ]


def stated() -> tuple[str, ...]:
    """The names of all definitions in `Claims.v`."""
    text = (shipped("proofs") / "rocq" / "Claims.v").read_text()
    return tuple(re.findall(r"^Definition (\w+)", text, re.M))


def _given(terms: Terms, name: str, theorem: str) -> str:
    if name == "kappa":  # a proof holds for any; the statement is about the one for which its bound is smallest
        return KAPPA
    return name if _is_variable(terms, name) else f"ltac:({theorem}_opened; given)"


def _is_variable(terms: Terms, name: str) -> bool:
    kind = terms.context[name]
    return f"Variable {name} : {kind}." in terms.lines


def _smallest(proofs: Proofs, chains: list[tuple[Chain, int]], name: str) -> str:
    lemmas = [proofs.prefix(chain, n) for chain, n in chains]
    left, right, proof = lemmas[0].fact.left, proofs.terms.scalar(lemmas[0].fact.right), lemmas[0].as_bound
    for lemma in lemmas[1:]:
        right, proof = f"(Rmin {right} {proofs.terms.scalar(lemma.fact.right)})", (
            f"(rule_smaller _ _ _ {proof} {_same_left(proofs, lemma, left)})"
        )
    proofs.terms.lines += [
        f"Lemma {name} : {proofs.terms.scalar(left)} <= {right}.",
        f"Proof using All. exact {proof}. Qed.",
    ]
    return name


def _same_left(proofs: Proofs, lemma: Lemma, left: object) -> str:
    return lemma.as_bound if lemma.fact.left == left else f"ltac:(refine (as_le _ _ _ _ {lemma.as_bound} _ _); eqn)"
