"""Proofs as text for Rocq: a lemma for each justification, link and chain.

Every lemma is about the random indices free in it. A justification is carried out by the kernel once more, rule by
rule, so that each rule is one lemma from the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy

from mamlcheck.language.terms import Expr, Operator, Vector
from mamlcheck.proof.axioms import Bound
from mamlcheck.proof.kernel import By, Chain, Fact, Link, Proof
from mamlcheck.proof.rocq.axioms import apply
from mamlcheck.proof.rocq.terms import CannotBeWritten, Free, Part, Terms
from mamlcheck.proof.rocq.writing import same_vector

INTEGRAL = "unfold integral; cbn [integral_from INR]; "  # of a polynomial: its coefficients, divided


@dataclass(frozen=True)
class Lemma:
    """A lemma that was written: its name with its parameters, what it says, and what it is about."""

    text: str
    fact: Fact
    free: Free

    @property
    def as_bound(self) -> str:
        """A proof that its left side is at most its right side."""
        return f"(eq_le _ _ {self.text})" if self.fact.equal else self.text


@dataclass
class Proofs:
    """Writes the chains of a proof and whatever they rest on, each once."""

    proof: Proof
    terms: Terms
    _kept: dict[object, Lemma] = field(default_factory=dict)

    # -- chains ----------------------------------------------------------------------------------------------------
    def fact(self, given: Fact) -> Lemma:
        """The lemma that a chain's fact is."""
        for chain in self.proof.chains:
            if chain.name == given.why:
                for k, link in enumerate(chain.links, 1):
                    if link.to == given.right and given.left == chain.start:
                        return self.prefix(chain, k)
        raise CannotBeWritten(f"the fact {given} comes from no chain")

    def prefix(self, chain: Chain, k: int) -> Lemma:
        """A chain's start is at most what its first k links lead to."""
        key = ("chain", chain.name, k)
        if key not in self._kept:
            link = chain.links[k - 1]
            if k == 1:
                self._kept[key] = self.step(chain, 1)
            else:
                before, step = self.prefix(chain, k - 1), self.step(chain, k)
                equal = before.fact.equal and step.fact.equal
                fact = self._said(chain.start, link.to, equal)
                rule = (
                    f"eq_trans {before.text} {step.text}"
                    if equal
                    else (f"Rle_trans _ _ _ {before.as_bound} {step.as_bound}")
                )
                self._kept[key] = self._lemma("chain", fact, before.free | step.free, f"exact ({rule})")
        return self._kept[key]

    def step(self, chain: Chain, k: int) -> Lemma:
        """One link."""
        link = chain.links[k - 1]
        for by in link.by:
            self._before(by)
        self.terms.lines.append(f"(* {_comment(chain.name)}, step {k}: {_comment(link.title)} *)")
        facts = [self.by(by) for by in link.by]
        fact = self._said(link.start, link.to, link.relation == "=")
        free = self._free(fact).union(*(f.free for f in facts))
        return self._lemma("step", fact, free, self._sum(link, facts))

    def _before(self, by: By) -> None:
        """Write the chains that a justification rests on: they stand before the step, not within it."""
        for part in (by.source, *by.arguments, *(a for _, arguments in by.rules for a in arguments)):
            if isinstance(part, Fact):
                self.fact(part)
            elif isinstance(part, By):
                self._before(part)

    def _sum(self, link: Link, facts: list[Lemma]) -> str:
        if not facts and link.remainder == 0:
            return "eqn"
        gaps = [f"({self.terms.scalar(f.fact.right)} - {self.terms.scalar(f.fact.left)})" for f in facts]
        if link.relation == "=":
            zero = " ".join(f"rewrite (gap_eq _ _ {f.text});" for f in facts)
            return f"apply (step_eq _ _ ({' + '.join(gaps)})); [eqn | {zero} ring]"
        signs = [f"exact (gap _ _ {f.as_bound})" for f in facts]
        if link.remainder != 0:
            gaps.append(self.terms.scalar(link.remainder))
            signs.append("nonneg")
        return f"refine (step _ _ {_nested('+', gaps)} _ _); [eqn | {_signs('Rplus_le_le_0_compat', signs)}]"

    def _said(self, left: Part, right: Part, equal: bool) -> Fact:
        return _Said(left, right, equal)  # type: ignore[return-value]

    # -- justifications --------------------------------------------------------------------------------------------
    def by(self, by: By) -> Lemma:
        """What a justification comes to: its source, and the rules one by one."""
        key = self._key(by)
        if key not in self._kept:
            if not by.rules:
                self._kept[key] = self._source(by)
            else:
                before = By(by.source, by.arguments, by.rules[:-1])
                rule, arguments = by.rules[-1]
                of, fact = self.by(before), self.proof.carry_out(by)
                self._kept[key] = getattr(self, f"_rule_{rule}")(of, fact, *arguments)
        return self._kept[key]

    def _key(self, by: By) -> object:
        def shown(part: Part) -> object:
            if isinstance(part, By):
                return self._key(part)
            if isinstance(part, Fact):
                return ("fact", part.why, str(part.left), str(part.right))
            if isinstance(part, Operator):
                return ("operator", str({" ".join(a.name for a in w): c for w, c in part.terms.items()}))
            return str(part)

        source = shown(by.source) if isinstance(by.source, Fact) else ("axiom", by.source)
        return ("by", source, *map(shown, by.arguments), *((r, *map(shown, a)) for r, a in by.rules))

    def _source(self, by: By) -> Lemma:
        if isinstance(by.source, Fact):
            return self.fact(by.source)
        fact = self.proof.carry_out(by)
        if by.source == "hypothesis":
            return self._hypothesis(str(by.arguments[0]), fact)
        facts = {k: self._argument(a) for k, a in enumerate(by.arguments) if isinstance(a, (By, Fact))}
        given = tuple(
            Bound(f.fact.left, f.fact.right) if (f := facts.get(k)) else a for k, a in enumerate(by.arguments)
        )
        used = apply(self.terms, by.source, given, {k: f.as_bound for k, f in facts.items()})
        free = self._free(fact).union(used.free, *(f.free for f in facts.values())) - used.bound
        free |= self._free(fact)
        look = dict.fromkeys([*used.look_into, *self._inside(fact)])
        delta = f"cbv beta delta [{' '.join(look)}]; " if look else ""
        rule = "vector_as_eq _" if isinstance(fact.left, Vector) else "as_eq" if fact.equal else "as_le"
        end = (
            f"{delta}lin"
            if isinstance(fact.left, Vector)
            else f"{INTEGRAL if by.source == 'mean_value_integral' else ''}{delta}eqn"
        )
        proof = f"unshelve refine ({rule} _ _ _ _ {used.theorem} _ _); [{' | '.join([*used.premises, end, end])}]"
        return self._lemma("by", fact, free, proof)

    def _inside(self, fact: Fact) -> list[str]:
        """The definitions that an axiom's conclusion is made of, where its theorem speaks of what they are."""
        if isinstance(fact.left, Vector):
            self._text(fact.left), self._text(fact.right)
            return self.terms.atoms_of(fact.left, fact.right)
        symbols = (sympy.sympify(fact.left) + sympy.sympify(fact.right)).free_symbols
        meanings = {s: self.terms.language.meanings[s] for s in symbols}
        deviations = [s for s, meaning in meanings.items() if meaning.kind.endswith("deviation")]
        return sorted(self.terms.head(self.terms.symbol(s)) for s in deviations)

    def _argument(self, given: By | Fact) -> Lemma:
        return self.by(given) if isinstance(given, By) else self.fact(given)

    def _hypothesis(self, name: str, fact: Fact) -> Lemma:
        if fact.why != f"hypothesis {name}":
            return self.fact(fact)  # something that was proved is in its place
        key = ("hypothesis", name)
        if key not in self._kept:
            said = f"{self._text(fact.left)} {'=' if fact.equal else '<='} {self._text(fact.right)}"
            named = self.terms.assume(self.terms.fresh("given"), said, "Hypothesis")
            self._kept[key] = Lemma(named, fact, self._free(fact))
        return self._kept[key]

    # -- rules -----------------------------------------------------------------------------------------------------
    def _rule_times(self, of: Lemma, fact: Fact, *factors: Part) -> Lemma:
        texts, signs, free = [], [], of.free
        for factor in factors:
            if isinstance(factor, By):
                gap = self.by(factor)
                texts.append(f"({self._text(gap.fact.right)} - {self._text(gap.fact.left)})")
                signs.append(f"exact (gap _ _ {gap.as_bound})")
                free |= gap.free
            else:
                texts.append(self.terms.scalar(factor))
                signs.append("nonneg")
                free |= self.terms.free_scalar(factor)
        if fact.equal:
            proof = f"refine (rule_times_eq ({' * '.join(texts) or '1'}) _ _ _ _ {of.text} _ _); eqn"
            return self._lemma("by", fact, free, proof)
        product, sign = _nested("*", texts or ["1"]), _signs("Rmult_le_pos", signs or ["nonneg"])
        proof = f"refine (rule_times {product} _ _ _ _ _ {of.text} _ _); [{sign} | eqn | eqn]"
        return self._lemma("by", fact, free, proof)

    def _rule_mean(self, of: Lemma, fact: Fact, index: str) -> Lemma:
        bound, law = self.terms.binder(frozenset({index})), self.terms.law(index)
        free = (of.free - {index}) | self.terms.law_free(index)
        left, right = (f"({bound}{self._text(side)})" for side in (of.fact.left, of.fact.right))
        if isinstance(fact.left, Vector):
            means = [self.terms.vmean_is(index, side) for side in (of.fact.left, of.fact.right)]
            rule = "rule_mean_vector"
        else:
            means = [self.terms.mean_is(index, side) for side in (of.fact.left, of.fact.right)]
            rule = "rule_mean_eq" if fact.equal else "rule_mean"
        return self._lemma(
            "by", fact, free, f"exact ({rule} {law} {left} {right} _ _ ({bound}{of.text}) {' '.join(means)})"
        )

    def _rule_root(self, of: Lemma, fact: Fact, left: Expr, right: Expr) -> Lemma:
        proof = f"refine (rule_root _ _ _ _ {of.as_bound} _ _ _); [eqn | eqn | nonneg]"
        return self._lemma("by", fact, of.free | self._free(fact), proof)

    def _rule_apply(self, of: Lemma, fact: Fact, operator: Operator) -> Lemma:
        free = of.free | self.terms.free(operator)
        same = same_vector(self.terms, operator, fact.left, fact.right)
        proof = f"refine (rule_apply {self.terms.operator(operator)} _ _ _ _ {of.text} _ _); {same}"
        return self._lemma("by", fact, free, proof)

    def _rule_within(self, of: Lemma, fact: Fact, v: Vector, factor: Expr = 1) -> Lemma:
        to = v + (of.fact.right - of.fact.left) * sympy.sympify(factor)
        norms = f"{self.terms.norm_is(v)} {self.terms.norm_is(to)}"
        free = of.free | self.terms.free(v) | self.terms.free(to) | self.terms.free_scalar(factor)
        proof = f"refine (rule_within _ _ _ _ {self.terms.scalar(factor)} _ _ {of.text} {norms} _); lin"
        return self._lemma("by", fact, free, proof)

    def _rule_share(self, of: Lemma, fact: Fact, ratio: Expr) -> Lemma:
        return self._of_ratio("as_le", "rule_share", "nonneg", of, fact, ratio)

    def _rule_quotient(self, of: Lemma, fact: Fact, ratio: Expr) -> Lemma:
        return self._of_ratio("as_eq", "rule_quotient", "pos", of, fact, ratio)

    def _of_ratio(self, compared: str, rule: str, sign: str, of: Lemma, fact: Fact, ratio: Expr) -> Lemma:
        name = self.terms.head(self.terms.symbol(ratio))
        top, bottom = map(self.terms.scalar, self.terms.language.meanings[ratio].parts)
        used = f"{rule} {top} {bottom} _ _ _ {of.as_bound} _ _"
        proof = f"unshelve refine ({compared} _ _ _ _ ({used}) _ _); [{sign} | eqn | eqn | unfold {name}; eqn | eqn]"
        return self._lemma("by", fact, of.free | self._free(fact), proof)

    # -- text ------------------------------------------------------------------------------------------------------
    def _lemma(self, kind: str, fact: Fact, free: Free, proof: str) -> Lemma:
        said = f"{self._text(fact.left)} {'=' if fact.equal else '<='} {self._text(fact.right)}"
        name = self.terms.fresh(kind)
        self.terms.lines.append(f"Lemma {name} : {self.terms.forall(free)}{said}.")
        self.terms.lines.append(f"Proof. intros; {proof}. Qed.")
        return Lemma(self.terms.applied(name, free), fact, free)

    def _text(self, side: Expr | Vector) -> str:
        return f"({self.terms.vector(side)})%V" if isinstance(side, Vector) else self.terms.scalar(side)

    def _free(self, fact: Fact) -> Free:
        def of(side: Part) -> Free:
            return self.terms.free(side) if isinstance(side, Vector) else self.terms.free_scalar(side)

        return of(fact.left) | of(fact.right)


@dataclass(frozen=True)
class _Said:
    """What a link or a chain says, as a fact does."""

    left: Part
    right: Part
    equal: bool


def _nested(sign: str, texts: list[str]) -> str:
    """((a + b) + c)."""
    whole = texts[0]
    for more in texts[1:]:
        whole = f"({whole} {sign} {more})"
    return whole


def _signs(rule: str, tactics: list[str]) -> str:
    """The tactic that shows such a sum or product to be >= 0, part by part."""
    whole = tactics[0]
    for more in tactics[1:]:
        whole = f"apply {rule}; [{whole} | {more}]"
    return whole


def _comment(text: str) -> str:
    return text.replace("(*", "( *").replace("*)", "* )").replace('"', "'")
