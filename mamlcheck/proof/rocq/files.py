"""A whole file for Rocq: a claim's proof, which ends in the statement of `proofs/rocq/Claims.v`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mamlcheck.language.statement import sides_of
from mamlcheck.proof.catalogue import Proved
from mamlcheck.proof.kernel import Chain, Proof
from mamlcheck.proof.rocq.asked import Recorder, all_asked, free_of, text_of
from mamlcheck.proof.rocq.proofs import Lemma, Proofs
from mamlcheck.proof.rocq.terms import Terms
from mamlcheck.shipped import shipped

HEADER = """From Coq Require Import Reals Lra Lia List.
From MamlCheck Require Import Base Model Rules Theorems Convex Differences Line Runs Claims.
Open Scope R_scope.
"""

KAPPA = "(kappa_of L rho (alpha * gradient_deviation i w / sqrt (INR n_D_in)))"


def statement_name(claim: str) -> str:
    """The name of a claim's statement in `Claims.v`."""
    return claim.replace(".", "_")


@dataclass(frozen=True)
class _End:
    """The last lemma of a section: what was proved, and how the language writes what is in the statement.

    name: of the statement. context: what the lemma is about. written: the lemmas that it is put together with.
    """

    name: str
    main: str
    context: tuple[str, ...]
    written: tuple[str, ...]


def section_text(proof: Proof, chains: Iterable[Chain]) -> str:
    """A file of chains alone, without the statement that they lead to."""
    terms, proofs = _begun(proof)
    for chain in chains:
        proofs.prefix(chain, len(chain.links))
    return "\n".join([HEADER, *_section(terms)])


def file_text(proved: Proved) -> str:
    """The file of a claim that is proved: a section with its proof, and a theorem that is the statement by hand."""
    terms, proofs = _begun(proved.proof)
    forms = {"": [len(c.strong_links) for c in proved.chains]}
    if proved.printed is not None:
        forms = {"_strong": forms[""], "": [len(c.links) for c in proved.chains]}
    ends = []
    for form, lengths in forms.items():
        chains = list(zip(proved.chains, lengths, strict=True))
        for chain, length in chains:
            proofs.prefix(chain, length)
        written = _written(proved, proofs, everywhere=proved.printed is not None and not form)
        main = _smallest(proofs, chains, written, f"main{form}")
        ends.append(_End(f"{statement_name(proved.claim)}{form}", main, tuple(terms.context), tuple(written)))
    lines = [f"(** {proved.claim}: written by mamlcheck from its proof. The statement is in [Claims]. *)", HEADER]
    lines += _section(terms)
    for end in ends:
        lines += _theorem(terms, end)
    return "\n".join(lines)


def _begun(proof: Proof) -> tuple[Terms, Proofs]:
    terms = Terms(proof.language)
    terms.assume("M", "model")
    return terms, Proofs(proof, terms)


def _section(terms: Terms) -> list[str]:
    return ["Section Proof.", *terms.lines, "End Proof.", ""]


def _written(proved: Proved, proofs: Proofs, everywhere: bool) -> list[str]:
    """How the language writes the norms, inner products and means that a claim's sides ask for: lemmas, in that order.

    Means stand within means and within norms there, and so they are put together again. So the sides of the statement,
    which is written by hand, are brought to what was proved.
    """
    terms, recorder = proofs.terms, Recorder(proved.proof.language)
    sides_of(proved.of, recorder, everywhere)  # type: ignore[arg-type]
    found: dict[str, str] = {}
    for asked, text, tactic in all_asked(terms, recorder.calls):
        if free_of(terms, asked) or text in found:
            continue
        name, result = terms.fresh("written"), text_of(terms, asked)
        terms.lines += [f"Lemma {name} : {text} = {result}.", f"Proof. {tactic}. Qed."]
        found[text] = name
    return list(found.values())


def _theorem(terms: Terms, end: _End) -> list[str]:
    """From what was proved to the statement as it is written by hand."""
    words = " ".join(f"Claims.{d}" for d in stated())
    defined = sorted(line.split()[1] for line in terms.lines if line.startswith("Definition "))
    sizes = [d for d in defined if re.match("root_D|tasks_|deviation_", d)]
    kept = {line.split(" = ", 1)[1] for line in terms.lines if line.startswith("Lemma written_")}
    below = [d for d in defined if not (d.startswith("vmean_") and any(re.search(rf"\b{d}\b", k) for k in kept))]
    plain = f"cbv beta delta [{' '.join(sizes)}]" if sizes else "cbv beta"
    rewritten = "".join(f" rewrite ?W{k}; clear W{k};" for k, _ in enumerate(end.written))
    *names, last = "K", *(f"W{k}" for k, _ in enumerate(end.written))
    pattern = functools.reduce(lambda rest, one: f"[{one} {rest}]", reversed(names), last)
    arguments = " ".join(_given(terms, n, end.name) for n in end.context)
    return [
        f"Ltac {end.name}_opened := cbv beta delta [mean_of_draws {' '.join(defined)}].",
        f"Ltac {end.name}_left_opened H := lazymatch type of H with ?l = ?r =>",
        f"  let l' := eval cbv beta delta [mean_of_draws {' '.join(below)}] in l in change (l' = r) in H end.",
        f"Theorem {end.name}_holds : forall M : model, Claims.{end.name} M.",
        "Proof.",
        f"  intros M; cbv beta zeta delta [{words}]; intros; conjunctions; words.",
        f"  pose proof ({end.main} {arguments}) as {pattern}.",
        *(f"  {end.name}_left_opened W{k}." for k, _ in enumerate(end.written)),
        "  refine (as_le _ _ _ _ K _ _); clear K;",
        f"   {rewritten} first [solve [{plain}; roots; eqn] | {end.name}_opened; words; roots; same].",
        "Qed.",
        f"Print Assumptions {end.name}_holds.",
        "",
    ]


def stated() -> tuple[str, ...]:
    """The names of all definitions in `Claims.v`."""
    text = (shipped("proofs") / "rocq" / "Claims.v").read_text()
    return tuple(re.findall(r"^Definition (\w+)", text, re.M))


def _given(terms: Terms, name: str, theorem: str) -> str:
    if name == "kappa":  # a proof holds for any; the statement is about the one for which its bound is smallest
        return KAPPA
    if name == "d":  # of a statement about a line
        return "1"
    return name if _is_variable(terms, name) else f"ltac:({theorem}_opened; given)"


def _is_variable(terms: Terms, name: str) -> bool:
    kind = terms.context[name]
    return f"Variable {name} : {kind}." in terms.lines


def _smallest(proofs: Proofs, chains: list[tuple[Chain, int]], written: list[str], name: str) -> str:
    lemmas = [proofs.prefix(chain, n) for chain, n in chains]
    left, right, proof = lemmas[0].fact.left, proofs.terms.scalar(lemmas[0].fact.right), lemmas[0].as_bound
    for lemma in lemmas[1:]:
        right = f"(Rmin {right} {proofs.terms.scalar(lemma.fact.right)})"
        proof = f"(rule_smaller _ _ _ {proof} {_same_left(proofs, lemma, left)})"
    said = [f"{proofs.terms.scalar(left)} <= {right}"]
    for one in written:
        line = next(text for text in proofs.terms.lines if text.startswith(f"Lemma {one} : "))
        said.append(f"({line.removeprefix(f'Lemma {one} : ').removesuffix('.')})")
    exact = [f"exact {one}" for one in (proof, *written)]
    *before, tactic = exact
    for one in reversed(before):
        tactic = f"split; [{one} | {tactic}]"
    together = " /\\ ".join(said)
    proofs.terms.lines += [f"Lemma {name} : {together}.", f"Proof using All. {tactic}. Qed."]
    return name


def _same_left(proofs: Proofs, lemma: Lemma, left: object) -> str:
    return lemma.as_bound if lemma.fact.left == left else f"ltac:(refine (as_le _ _ _ _ {lemma.as_bound} _ _); eqn)"
