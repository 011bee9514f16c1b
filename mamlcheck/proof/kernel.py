"""The kernel: the only place where something becomes proved.

==========  ==================================================  ====================================================
rule        from                                                concludes
==========  ==================================================  ====================================================
axiom       an axiom's file, and arguments that it accepts      what the file's `conclude` returns
hypothesis  what the claim assumes, or a fact put in its place  that inequality
step        facts, with factors and a remainder >= 0            previous <= next, where the difference is their sum
chain       its links                                           first <= last, open where a link is
smaller     c <= a and c <= b                                   c <= min(a, b)
times       a <= b, and c >= 0, or a fact whose gap is c        c a <= c b; of a = b, for any c
mean        a <= b, or an identity of vectors                   E a <= E b
root        a^2 <= b^2, and b >= 0                              a <= b
quotient    a <= b with a > 0, and r the ratio of a and b       r b = a
share       a <= b, and r the ratio of a and b                  r <= 1
apply       an identity of vectors u = v                        A u = A v
within      an identity of vectors a = b                        |v| = |v + c (b - a)|
==========  ==================================================  ====================================================

"= 0" is an identity of rational functions, "> 0" and ">= 0" are manifest: products and sums of what is so.

A `Fact` is a proved inequality or identity between scalars (or an identity between vectors). Facts are made here and
nowhere else; one that was built by hand is refused. A chain is a list of expressions, and each link is checked by one
rule:

    next - previous = sum of factor * (right - left) over facts + remainder

an identity of rational functions, decided by SymPy's expansion, in which the factors of inequalities and the remainder
are *manifestly non-negative*: sums of products of non-negative symbols, even powers of real ones, and gaps of facts.
The kernel checks; it never searches. What may be concluded without proof is said by the axioms, one file each, and by
the hypotheses of the claim that is proved, which are the only ones that can be had.

A justification (`By`) is data: an axiom or a fact, and what is done with it. It is carried out inside the step that it
is given to, so that whatever is wrong with it is reported with that step. A link that does not hold is kept, with
what is missing, and nothing that rests on it is proved.

The kernel is one file, longer than the others are: whoever believes a proof has to believe this file, and can read it
from beginning to end.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import InitVar, dataclass, field, replace
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Literal, TypeAlias

import sympy

from mamlcheck.errors import InputError, MamlcheckError
from mamlcheck.language.terms import (
    AssignedOnce,
    DoesNotApply,
    Expr,
    Language,
    NotInLanguage,
    Operator,
    Vector,
    is_zero,
)
from mamlcheck.language.vectors import Sealed
from mamlcheck.proof import axioms
from mamlcheck.proof.axioms import Bound, Conclude, Trials

_SEAL = object()


class NotProved(MamlcheckError):  # noqa: N818 - reads as what it says
    """A step does not hold, or nothing justifies it; the message names the step and what is missing."""


# -- facts -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Fact:
    """left <= right, or left = right (`equal`), of scalars, or of vectors where `equal`.

    proof: whose hypotheses it may rest on. why: the axiom or chain it comes from. open: links that do not hold and that
    it rests on; proved when it has none. The seal is not kept, so that no fact is copied with something replaced.
    """

    seal: InitVar[object]
    proof: Proof = field(repr=False)
    left: Expr | Vector
    right: Expr | Vector
    equal: bool
    why: str
    open: tuple[str, ...] = ()

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise NotProved("a fact is made by the kernel's rules, not by hand")

    @property
    def proved(self) -> bool:
        """Whether it rests on nothing that failed."""
        return not self.open

    def __str__(self) -> str:
        return f"{self.left} {'=' if self.equal else '<='} {self.right}  [{self.why}]"


@dataclass(frozen=True)
class By(Sealed):
    """A justification: a fact, or an axiom with its arguments, and the rules applied to it, in order."""

    source: Fact | str  # a string names an axiom
    arguments: tuple[Argument, ...] = ()
    rules: tuple[tuple[str, tuple[Argument, ...]], ...] = ()

    def _then(self, rule: str, *arguments: Argument) -> By:
        return replace(self, rules=(*self.rules, (rule, arguments)))

    def times(self, *factors: Expr | By) -> By:
        """Both sides times factors: expressions that are manifestly >= 0, or facts, whose gaps are."""
        return self._then("times", *factors)

    def mean(self, *indices: str) -> By:
        """E of both sides, over the first index first."""
        by = self
        for index in indices:
            by = by._then("mean", index)
        return by

    def root(self, left: Expr, right: Expr) -> By:
        """left <= right from left^2 <= right^2 and right >= 0."""
        return self._then("root", left, right)

    def apply(self, operator: Operator) -> By:
        """Of an identity of vectors u = v: A u = A v."""
        return self._then("apply", operator)

    def quotient(self, ratio: Expr) -> By:
        """Of a <= b, a manifestly > 0, for the ratio of a and b: ratio * b = a."""
        return self._then("quotient", ratio)

    def share(self, ratio: Expr) -> By:
        """Of a <= b, for the ratio of a and b: ratio <= 1."""
        return self._then("share", ratio)

    def within(self, v: Vector, factor: Expr = 1) -> By:
        """Of an identity of vectors a = b: |v| = |v + factor (b - a)|."""
        return self._then("within", v, factor)

    @property
    def title(self) -> str:
        """What it rests on, in a word or two."""
        return self.source.why if isinstance(self.source, Fact) else str(self.source)


Argument: TypeAlias = str | int | Expr | Vector | Operator | Fact | By
"""What axioms and rules take: indices, numbers, scalars, vectors, operators, facts, justifications that give a fact."""


def axiom(name: str, *arguments: Argument) -> By:
    """By an axiom, from its arguments."""
    return By(name, arguments)


def fact(given: Fact) -> By:
    """By something proved before."""
    return By(given)


# -- axioms ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Axiom:
    """statement: LaTeX. source: where it is found. conclude: (language, arguments) to (left, right, equal).

    trials: arguments for `conclude`, to compute what it concludes on instances. assumes: assumptions of the paper, one
    of which the claim has to make; empty where it holds anyway.
    """

    name: str
    title: str
    statement: str
    source: str
    conclude: Conclude
    trials: Callable[[Language, str, Vector, Vector, Vector], Trials]
    assumes: tuple[str, ...] = ()

    @staticmethod
    def of(name: str, file: ModuleType) -> Axiom:
        """What an axiom's file holds. Raises `InputError` where it lacks something."""
        lacks = [part for part in ("STATEMENT", "SOURCE", "conclude", "trials") if not hasattr(file, part)]
        if lacks:
            raise InputError(f"the axiom {name} lacks {', '.join(lacks)}: see mamlcheck/proof/axioms/__init__.py")
        title, assumes = (file.__doc__ or name).strip().split("\n")[0], getattr(file, "ASSUMES", ())
        return Axiom(name, title, file.STATEMENT, file.SOURCE, file.conclude, file.trials, assumes)


@cache
def axioms_by_name() -> dict[str, Axiom]:
    """All axioms, found by their place."""
    names = sorted(info.name for info in pkgutil.iter_modules(axioms.__path__))
    return {name: Axiom.of(name, importlib.import_module(f"{axioms.__name__}.{name}")) for name in names}


# -- chains ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Link:
    """One step of a chain: from what to what, in which relation, and why. missing: what it lacks, None where it holds.

    kind: I identity, P polynomial inequality by a manifestly non-negative remainder, A by axioms. rests: links that do
    not hold and that its facts rest on.
    """

    title: str
    start: Expr
    to: Expr
    by: tuple[By, ...]
    facts: tuple[Fact, ...]
    remainder: Expr
    kind: Literal["I", "P", "A"]
    relation: Literal["=", "<="]
    missing: str | None = None
    rests: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the step itself is justified."""
        return self.missing is None


class Chain(AssignedOnce, Sealed):
    """Expressions, and the links from each to the next. A chain whose fact another one uses is told by its name."""

    __slots__ = ("_links", "_strong", "name", "proof", "start")

    def __init__(self, proof: Proof, name: str, start: Expr):
        self.proof, self.name, self.start = proof, name, start
        self._links: list[Link] = []
        self._strong: list[int] = []

    @property
    def links(self) -> tuple[Link, ...]:
        """Its links so far; `step` alone adds to them."""
        return tuple(self._links)

    @property
    def strong(self) -> int | None:
        """How many links lead to the strong form, None where the chain ends with it."""
        return self._strong[-1] if self._strong else None

    @property
    def strong_links(self) -> tuple[Link, ...]:
        """The links up to the strong form."""
        return self.links[: self.strong]

    @property
    def end(self) -> Expr:
        """The last expression."""
        return self.links[-1].to if self.links else self.start

    def _open(self, links: tuple[Link, ...]) -> tuple[str, ...]:
        """The links that do not hold, of its own and of what they rest on."""
        own = (f"{self.name}, step {k} ({link.title})" for k, link in enumerate(links, 1) if not link.holds)
        return tuple(dict.fromkeys([*own, *(r for link in links for r in link.rests)]))

    def step(self, title: str, to: Expr, *by: By | Fact, remainder: Expr = 0) -> Chain:
        """A link to the expression `to`: the difference is what the facts leave, with their factors, and the remainder.

        A link that does not hold is kept, with what it lacks; see `missing`.
        """
        if self.proof.closed:
            raise NotProved(f"{self.name}: this proof was checked; it cannot go on")
        given = tuple(b if isinstance(b, By) else By(b) for b in by)
        to, rest = _scalar(to), _scalar(remainder)
        kind: Literal["I", "P", "A"] = "A" if given else "I" if rest == 0 else "P"
        try:
            facts = tuple(self.proof.carry_out(b) for b in given)
            self._check(to, rest, facts)
        except (NotProved, DoesNotApply, NotInLanguage) as error:
            link = Link(title, self.end, to, given, (), rest, kind, "<=", str(error))
        else:
            equal = rest == 0 and all(f.equal for f in facts)
            rests = tuple(dict.fromkeys(r for f in facts for r in f.open))
            link = Link(title, self.end, to, given, facts, rest, kind, "=" if equal else "<=", rests=rests)
        self._links.append(link)
        return self

    def strong_form(self) -> None:
        """Here stands the strong form, with deviations at points; what follows bounds them everywhere."""
        if self.proof.closed or self._strong:
            raise NotProved(f"{self.name}: the strong form is said once, while the proof is carried out")
        self._strong.append(len(self._links))

    def _check(self, to: Expr, rest: Expr, facts: tuple[Fact, ...]) -> None:
        proof = self.proof
        proof.require_nonnegative(rest, "the remainder")
        for expression in (self.end, to, rest, *(side for f in facts for side in (f.left, f.right))):
            proof.require_scalar(expression)
        left_over = to - self.end - rest - sum((f.right - f.left for f in facts), sympy.Integer(0))
        if not is_zero(left_over):
            shown = sympy.factor_terms(sympy.expand(left_over))
            raise NotProved(f"what is given does not add up to the step: {shown} is left unjustified")

    def done(self) -> Fact:
        """The first expression <= the last, or = where every link is an identity; open where a link is."""
        return self._fact(self.links)

    def strong_fact(self) -> Fact:
        """The first expression <= the one that is the strong form."""
        return self._fact(self.strong_links)

    def _fact(self, links: tuple[Link, ...]) -> Fact:
        if not links:
            raise NotProved(f"{self.name}: a chain without links proves nothing")
        equal = all(link.relation == "=" for link in links)
        return Fact(_SEAL, self.proof, links[0].start, links[-1].to, equal, self.name, self._open(links))


# -- proofs ----------------------------------------------------------------------------------------------------------
class Proof(AssignedOnce):
    """What is known while one claim is proved. hypotheses: what it may assume, by name: (left, right, equal).

    assumptions: of the paper, by number. refused: why other hypotheses cannot be had, by name. `under` names the claims
    whose proofs are being carried out, so that none rests on itself. closed: checked; its chains stay what was proved.
    """

    __slots__ = (
        "_chains", "_closed", "_instead", "_under", "_used", "assumptions", "claim", "hypotheses", "language",
        "refused",
    )  # fmt: skip

    def __init__(
        self,
        claim: str,
        language: Language,
        hypotheses: Mapping[str, tuple[Expr, Expr, bool]],
        assumptions: frozenset[str] = frozenset(),
        refused: Mapping[str, str] = MappingProxyType({}),
    ):
        self.claim, self.language, self.assumptions = claim, language, assumptions
        self.hypotheses = MappingProxyType(dict(hypotheses))
        self.refused = MappingProxyType(dict(refused))
        self._chains: list[Chain] = []
        self._under = [claim]
        self._closed: list[bool] = []
        self._used: dict[str, None] = {}
        self._instead: dict[str, Fact] = {}

    @property
    def chains(self) -> tuple[Chain, ...]:
        """All chains begun so far; `chain` alone adds to them."""
        return tuple(self._chains)

    @property
    def closed(self) -> bool:
        """Whether it was checked."""
        return bool(self._closed)

    @property
    def used(self) -> tuple[str, ...]:
        """The axioms and the hypotheses (`hypothesis NAME`) that its justifications took up, in order."""
        return tuple(self._used)

    def close(self) -> None:
        """Let no chain go on."""
        self._closed.append(True)

    def chain(self, name: str, start: Expr) -> Chain:
        """A new chain that starts here."""
        if self.closed:
            raise NotProved(f"{self.claim}: this proof was checked; it cannot go on")
        if any(c.name == name for c in self._chains):
            raise NotProved(f"{self.claim}: there is a chain called {name!r} already")
        made = Chain(self, name, _scalar(start))
        self._chains.append(made)
        return made

    @contextmanager
    def proving(self, claim: str) -> Iterator[None]:
        """While the proof of another claim is carried out within this one; `NotProved` where it rests on itself."""
        if claim in self._under:
            raise NotProved(f"circular: {' rests on '.join((*self._under, claim))}")
        self._under.append(claim)
        yield
        self._under.pop()

    # -- where facts come from -------------------------------------------------------------------------------------
    def hypothesis(self, name: str) -> By:
        """By a hypothesis of the claim. That it has none of this name is found in the step that uses it."""
        return By("hypothesis", (name,))

    def instead(self, name: str, given: Fact) -> None:
        """Have a fact that was proved wherever a hypothesis of this name is asked for, which the claim does not have.

        So a claim with other hypotheses can use the proofs of one that has this one.
        """
        if name in self.hypotheses or name in self._instead:
            raise NotProved(f"the claim {self.claim} has {name} already: nothing is put in its place")
        self._instead[name] = self.own(given)

    def _source(self, by: By) -> Fact:
        if isinstance(by.source, Fact):
            return self.own(by.source)
        if by.source == "hypothesis":
            return self._hypothesis(", ".join(map(str, by.arguments)))
        known = axioms_by_name()
        if by.source not in known:
            raise NotProved(f"{by.source!r} is neither an axiom nor a proved fact; the axioms are {', '.join(known)}")
        arguments = [self.carry_out(a) if isinstance(a, By) else a for a in by.arguments]
        facts = [self.own(a) for a in arguments if not self._is_data(a)]
        shown = [Bound(a.left, a.right) if isinstance(a, Fact) else a for a in arguments]
        if known[by.source].assumes and not self.assumptions & set(known[by.source].assumes):
            raise NotProved(
                f"the axiom {by.source} is Assumption {' or '.join(known[by.source].assumes)}, which {self.claim} does "
                f"not make: it makes {', '.join(sorted(self.assumptions)) or 'none'}"
            )
        try:
            left, right, equal = known[by.source].conclude(self.language, *shown)
        except DoesNotApply as error:
            raise NotProved(f"the axiom {by.source} does not apply: {error}") from None
        except (TypeError, AttributeError) as error:
            raise NotProved(f"the axiom {by.source} cannot take these arguments: {error}") from None
        rests = tuple(r for f in facts for r in f.open)
        self._used[by.source] = None
        return Fact(_SEAL, self, left, right, equal, by.source, rests)

    def _is_data(self, argument: object) -> bool:
        """Whether an argument is an index, a number, or an expression of the language, and no class of its own."""
        if isinstance(argument, sympy.Expr):
            self.language.meant(argument)
            return True
        return type(argument) in (str, int, Vector, Operator)

    def _hypothesis(self, name: str) -> Fact:
        if name in self._instead:
            return self._instead[name]
        if name not in self.hypotheses:
            why = self.refused.get(name, f"it has {', '.join(self.hypotheses) or 'none'}")
            raise NotProved(f"the claim {self.claim} has no hypothesis {name}: {why}")
        left, right, equal = self.hypotheses[name]
        self._used[f"hypothesis {name}"] = None
        return Fact(_SEAL, self, left, right, equal, f"hypothesis {name}")

    def own(self, given: object) -> Fact:
        """A fact of this proof. Raises `NotProved` where it is something else, or rests on other hypotheses."""
        if type(given) is not Fact:
            raise NotProved(f"{given!r} is not a proved fact; it must come from an axiom, a hypothesis or a chain")
        if given.proof is not self:
            raise NotProved(f"the fact {given} belongs to another proof, with other hypotheses")
        return given

    # -- rules -----------------------------------------------------------------------------------------------------
    def carry_out(self, by: By) -> Fact:
        """The fact that a justification comes to. Raises `NotProved`, `DoesNotApply` or `NotInLanguage`."""
        if type(by) is not By:
            raise NotProved(f"{by!r} is no justification: give axiom(...), fact(...) or p.hypothesis(...)")
        result = self._source(by)
        for rule, arguments in by.rules:
            result = getattr(self, f"_rule_{rule}")(result, *arguments)
        return result

    def _derived(
        self,
        of: Fact,
        left: Expr | Vector,
        right: Expr | Vector,
        more: tuple[Fact, ...] = (),
        equal: bool | None = None,
    ) -> Fact:
        """What a rule makes of a fact; an identity where that is one, or as `equal` says."""
        rests = tuple(dict.fromkeys(r for f in (of, *more) for r in f.open))
        return Fact(_SEAL, self, left, right, of.equal if equal is None else equal, of.why, rests)

    def _rule_times(self, of: Fact, *factors: Expr | By) -> Fact:
        self._scalars(of)
        product, used = sympy.Integer(1), []
        for factor in factors:
            if isinstance(factor, By):
                gap = self.carry_out(factor)
                self._scalars(gap)
                used.append(gap)
                product *= gap.right - gap.left
                continue
            expression = sympy.sympify(factor)
            self.require_scalar(expression)
            if not of.equal:
                self.require_nonnegative(expression, "the factor")
            product *= expression
        return self._derived(of, product * of.left, product * of.right, tuple(used))

    def _rule_mean(self, of: Fact, index: str) -> Fact:
        if isinstance(of.left, Vector):
            mean_vector = self.language.mean_vector
            return self._derived(of, mean_vector(index, of.left), mean_vector(index, of.right))
        return self._derived(of, self.language.mean(index, of.left), self.language.mean(index, of.right))

    def _rule_root(self, of: Fact, left: Expr, right: Expr) -> Fact:
        self._scalars(of)
        left, right = sympy.sympify(left), sympy.sympify(right)
        for root in (left, right):
            self.require_scalar(root)
        if not (is_zero(of.left - left**2) and is_zero(of.right - right**2)):
            raise NotProved(f"{of} does not say that ({left})^2 <= ({right})^2")
        self.require_nonnegative(right, "the root's right side")
        return self._derived(of, left, right, equal=False)

    def _rule_quotient(self, of: Fact, ratio: Expr) -> Fact:
        top, bottom = self._ratio_of(of, ratio)
        if not top.is_positive:
            raise NotProved(f"{top} is not manifestly > 0, so that {ratio} may be 0 over 0")
        return self._derived(of, ratio * bottom, top, equal=True)

    def _rule_share(self, of: Fact, ratio: Expr) -> Fact:
        self._ratio_of(of, ratio)
        return self._derived(of, ratio, sympy.Integer(1), equal=False)

    def _ratio_of(self, of: Fact, ratio: Expr) -> tuple[Expr, Expr]:
        self._scalars(of)
        meaning = self.language.meanings.get(ratio)
        if meaning is None or meaning.kind != "ratio":
            raise NotProved(f"{ratio} is no ratio of this proof's language")
        top, bottom = meaning.parts
        if not (is_zero(of.left - top) and is_zero(of.right - bottom)):
            raise NotProved(f"{of} does not say that {top} <= {bottom}, of which {ratio} is the ratio")
        return top, bottom

    def _rule_apply(self, of: Fact, operator: Operator) -> Fact:
        self._vectors(of)
        if type(operator) is not Operator:
            raise NotProved(f"{operator!r} is no operator of the language")
        for factor in operator.terms.values():
            self.language.require_number(factor)
        return self._derived(of, operator(of.left), operator(of.right))

    def _rule_within(self, of: Fact, v: Vector, factor: Expr = 1) -> Fact:
        self._vectors(of)
        self.language.require_number(factor)
        norm = self.language.norm
        return self._derived(of, norm(v), norm(v + (of.right - of.left) * sympy.sympify(factor)))

    def smaller(self, first: Fact, second: Fact) -> Fact:
        """left <= min(a, b) from left <= a and left <= b."""
        for one in (first, second):
            self._scalars(self.own(one))
        if not is_zero(first.left - second.left):
            raise NotProved(f"{self.claim}: the two bounds of a minimum are of {first.left} and of {second.left}")
        return self._derived(first, first.left, sympy.Min(first.right, second.right), (second,), equal=False)

    def _scalars(self, of: Fact) -> None:
        if isinstance(of.left, Vector):
            raise NotProved(f"{of} is of vectors: put it within a norm")

    def _vectors(self, of: Fact) -> None:
        if not (isinstance(of.left, Vector) and of.equal):
            raise NotProved(f"{of} is no identity of vectors")

    # -- signs -----------------------------------------------------------------------------------------------------
    def require_scalar(self, expression: Expr | Vector) -> None:
        """Raise unless an expression is a scalar of this proof's language, and defined."""
        if isinstance(expression, Vector):
            raise NotProved(f"the vector {expression} stands where a number belongs: put its identity within a norm")
        self.language.require_defined(expression)

    def require_nonnegative(self, expression: Expr, what: str) -> None:
        """Raise unless an expression is manifestly >= 0."""
        missing = unsigned(expression)
        if missing is not None:
            raise NotProved(f"{what} {expression} is not manifestly >= 0, because {missing} is not")


def _scalar(given: Expr) -> Expr:
    try:
        return sympy.sympify(given)
    except (sympy.SympifyError, TypeError, AttributeError):
        raise NotProved(f"{given} is no expression: a step leads to a number") from None


def unsigned(expression: Expr) -> Expr | None:
    """The part of an expression that is not manifestly >= 0, or None."""
    if isinstance(expression, (sympy.Rational, sympy.Symbol)):
        return None if expression.is_nonnegative else expression
    if isinstance(expression, sympy.Pow):
        base, exponent = expression.args
        if isinstance(exponent, sympy.Integer):
            return None if exponent % 2 == 0 and base.is_real else unsigned(base)
    if isinstance(expression, (sympy.Add, sympy.Mul)):
        return next((m for part in expression.args if (m := unsigned(part)) is not None), None)
    return expression
