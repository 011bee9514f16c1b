"""Terms of the language as text for Rocq: a definition for each symbol and atom, over the indices it varies with.

What a scalar or a vector varies with is read from what it is made of, so that a wrong `depends` of the language would
give text that Rocq refuses. `tau` of the mean-value integral is a number that runs from 0 to 1, and counts as an index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import sympy

from mamlcheck.errors import MamlcheckError
from mamlcheck.language.directions import HESSIAN
from mamlcheck.language.terms import Atom, Expr, Language, Meaning, Operator, Vector, Word, content
from mamlcheck.language.vocabulary import DRAW, ITERATE, ROLES, SAMPLES, TASK, number

ANY_POINT = "y"  # a vector that stands for any point
ORDER = (ITERATE, ANY_POINT, "tau", TASK, *SAMPLES, *ROLES, DRAW)  # of parameters
TYPES = {
    ITERATE: "M",
    ANY_POINT: "M",
    "tau": "nonnegreal",
    TASK: "task M",
    **dict.fromkeys(SAMPLES, "sample M"),
    **dict.fromkeys(ROLES, "list (sample M)"),
    DRAW: "list (task M * list (sample M))",
}
SPELLED = {ITERATE: "w", DRAW: "draw", "sigma~": "sigma_tilde"}
COUNTS = {"tasks_drawn": "n_tasks", "tasks_of_a_step": "n_step", "T": "n_run"}  # of tasks, and of steps
Free = frozenset[str]
Part = Expr  # what axioms and rules take, and what the language makes of it: a scalar, a vector, an operator, an index
NONE: Free = frozenset()


class CannotBeWritten(MamlcheckError):  # noqa: N818 - reads as what it says
    """Something of the language, or a step of a proof, that this translation has no text for."""


@dataclass
class Terms:
    """Writes terms, and the definitions and the context that they need, in the order in which they were asked for.

    lines: what was written so far. context: the section's variables and hypotheses, by name and type.
    """

    language: Language
    lines: list[str] = field(default_factory=list)
    context: dict[str, str] = field(default_factory=dict)
    _named: dict[object, str] = field(default_factory=dict)
    _known: dict[object, Free] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    # -- names -----------------------------------------------------------------------------------------------------
    def fresh(self, kind: str) -> str:
        """A name that nothing else has."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}_{self._counts[kind]}"

    def assume(self, name: str, kind: str, word: str = "Variable") -> str:
        """A variable or a hypothesis of the section, declared where it is first needed."""
        if name not in self.context:
            self.context[name] = kind
            self.lines.append(f"{word} {name} : {kind}.")
        elif self.context[name] != kind:
            raise CannotBeWritten(f"{name} stands for {self.context[name]} and for {kind}")
        return name

    def parameters(self, free: Free) -> str:
        """` (i : task M) (D_in : list (sample M))`."""
        return "".join(f" ({self.spelled(p)} : {TYPES[p]})" for p in ORDER if p in free)

    def applied(self, name: str, free: Free) -> str:
        """A name with its parameters."""
        if not free:
            return name
        return f"({name} {' '.join(self.spelled(p) for p in ORDER if p in free)})"

    def names(self, free: Free) -> str:
        """`i D_in`."""
        return " ".join(self.spelled(p) for p in ORDER if p in free)

    def binder(self, free: Free) -> str:
        """`fun i D_in => `, or nothing."""
        return f"fun {' '.join(self.spelled(p) for p in ORDER if p in free)} => " if free else ""

    def forall(self, free: Free) -> str:
        """`forall (i : task M), `, or nothing."""
        return f"forall{self.parameters(free)}, " if free else ""

    @staticmethod
    def spelled(name: str) -> str:
        """A name of the language as Rocq may have it."""
        return SPELLED.get(name, name)

    def _define(self, key: object, kind: str, of: str, body: str, free: Free) -> str:
        name = self.fresh(kind)
        self._named[key] = name
        self.lines.append(f"Definition {name}{self.parameters(free)} : {of} := {body}.")
        return name

    # -- indices ---------------------------------------------------------------------------------------------------
    @property
    def tasks_are_drawn(self) -> bool:
        """Whether the task is random, and not a given one."""
        return TASK in self.language.drawn

    def _task(self) -> Free:
        if self.tasks_are_drawn:
            return frozenset({TASK})
        self.assume(TASK, TYPES[TASK])
        return NONE

    def law(self, index: str) -> str:
        """The law that a mean over an index runs over."""
        if index == TASK:
            return "(@tasks M)"
        if index in SAMPLES:
            self._task()
            return f"(samples {TASK})"
        if index in ROLES:
            self._task()
            return f"(batches {self.size(index)} {TASK})"
        if index == ITERATE:
            return f"({self.run()} {self.count('T')} {self.assume('w_0', 'M')})"
        if index == DRAW:
            return f"(step_draws M {self.count('tasks_drawn')} {self.size('D_beta')})"
        raise CannotBeWritten(f"there is no law of {index}")

    def law_free(self, index: str) -> Free:
        """What that law varies with."""
        return self._task() if index in ROLES or index in SAMPLES else NONE

    def run(self) -> str:
        """The iterates of the run that the proof is about, for a number of steps and a start."""
        if "iterates" not in self._named:
            direction, factor = self.language.named["the run"]
            self._named["iterates"] = f"iterates {self.step_of(direction, factor)}"
        return self._named["iterates"]

    def step_of(self, direction: Vector, factor: Expr) -> str:
        """What a step is made of: numbers, sizes of batches, and the direction of one task as a function."""
        numbers = [self.number(n) for n in ("alpha", "L", "rho")]
        sizes = [*map(self.size, ("D_in", "D_o", HESSIAN)), self.count("tasks_of_a_step"), self.count("tasks_drawn")]
        way = f"(fun w i D_in D_o D_h => ({self.vector(direction)})%V)"
        return " ".join([*numbers, self.scalar(factor), *sizes, self.size("D_beta"), way])

    def size(self, batch: str) -> str:
        """The size of a batch, which is at least 1."""
        if batch == HESSIAN and not self._draws_for_hessians():
            return "1"  # any would do
        name = f"n_{batch}"
        if name not in self.context:
            self.assume(name, "nat")
            self.assume(f"{name}_pos", f"(1 <= {name})%nat", "Hypothesis")
        return name

    def _draws_for_hessians(self) -> bool:
        """Whether the run that the proof is about, if it is about one, has batches for Hessians."""
        run = self.language.named.get("the run")
        return run is None or HESSIAN in self.free(run[0])

    def count(self, number: str) -> str:
        """A number of tasks, which is at least 1."""
        name = COUNTS[number]
        if name not in self.context:
            self.assume(name, "nat")
            self.assume(f"{name}_pos", f"(1 <= {name})%nat", "Hypothesis")
        return name

    # -- vectors ---------------------------------------------------------------------------------------------------
    def free(self, v: Vector | Operator) -> Free:
        """What a vector or an operator varies with."""
        return NONE.union(*(self._free_word(w) | self.free_scalar(c) for w, c in v.terms.items()))

    def _free_word(self, word: Word) -> Free:
        return NONE.union(*map(self._free_atom, word))

    def _free_atom(self, atom: Atom) -> Free:
        key = ("atom", atom.name)
        if key not in self._known:
            within = NONE.union(*(self.free(v) for v in (atom.inner, atom.along) if v is not None))
            if atom.kind in ("gradient", "hessian", "difference"):
                within |= self._task() | (frozenset({atom.batch}) if atom.batch else NONE)
            if atom.kind == "vector":
                within |= atom.depends | ({ANY_POINT} & {atom.name})
            if atom.kind == "mean":
                within = (within - {atom.index}) | self.law_free(atom.index)
            self._known[key] = within
        return self._known[key]

    def vector(self, v: Vector) -> str:
        """A linear combination, to be read as a vector: terms with a plain sign first, points before gradients."""
        return _combination([(self._word(w), c) for w, c in self._sorted(v)], self.scalar) or "(zero : M)"

    def operator(self, operator: Operator) -> str:
        """A function."""
        terms = [(self._applied_word(w, "x"), c) for w, c in operator.terms.items()]
        return f"(fun x => {_combination(terms, self.scalar) or '(zero : M)'})%V"

    @staticmethod
    def _sorted(v: Vector) -> list[tuple[Word, Expr]]:
        def place(term: tuple[Word, Expr]) -> tuple[bool, bool, bool, list[str]]:
            word, c = term
            return c.could_extract_minus_sign(), word[0].kind != "vector", c != 1, [a.name for a in word]

        return sorted(v.terms.items(), key=place)

    def _word(self, word: Word) -> str:
        return self._applied_word(word[:-1], self.atom(word[-1]))

    def _applied_word(self, word: Word, to: str) -> str:
        for atom in reversed(word):
            head = self.atom(atom)
            to = f"({head[1:-1] if head.startswith('(') else head} {to})"
        return to

    def atom(self, atom: Atom) -> str:
        """The name of an atom, with its parameters."""
        if atom.kind == "vector":
            return atom.name if self._free_atom(atom) else self.assume(atom.name, "M")
        key = ("atom", atom.name)
        free = self._free_atom(atom)
        if key not in self._named:
            kind, of, body = self._atom_body(atom)
            self._define(key, kind, of, body, free)
        return self.applied(self._named[key], free)

    def _atom_body(self, atom: Atom) -> tuple[str, str, str]:
        assert atom.inner is not None  # all but given vectors are made of one
        at = f"({self.vector(atom.inner)})%V"
        if atom.kind == "gradient":
            return "grad", "M", f"{self._derivative('grad', 'sample_gradient', atom)} {at}"
        if atom.kind == "hessian":
            return "hess", "M -> M", f"{self._derivative('hess', 'sample_hessian', atom)} {at}"
        if atom.kind == "mean":
            return "vmean", "M", f"VE {self.law(atom.index)} ({self.binder(frozenset({atom.index}))}{at})"
        if atom.kind == "direction":
            return "unit", "M", f"direction {self.unit()} {at}"
        if atom.kind == "difference":
            assert atom.along is not None
            self._task()
            name = (
                f"batch_difference {self._width()} {TASK} {atom.batch}"
                if atom.batch
                else (f"difference {self._width()} {TASK}")
            )
            return "diff", "M", f"{name} {at} ({self.vector(atom.along)})%V"
        if atom.kind == "meta gradient" and atom.steps > 1:
            return "meta", "M", f"meta_gradient_steps {self.number('alpha')} {atom.steps} {at}"
        if atom.kind == "meta gradient":
            alpha = self.number("alpha")
            if atom.batch:
                return "meta", "M", f"batch_meta_gradient {self.size(atom.batch)} {alpha} {at}"
            return "meta", "M", f"meta_gradient {alpha} {at}"
        raise CannotBeWritten(f"{atom.name}, a {atom.kind}, has no text yet")

    def _width(self) -> str:
        return " ".join(self.number(n) for n in ("eta", "rho", "alpha"))

    def _derivative(self, name: str, of_sample: str, atom: Atom) -> str:
        self._task()
        if not atom.batch:
            return f"{name} {TASK}"
        return f"{of_sample} {TASK} {atom.batch}" if atom.batch in SAMPLES else f"batch_{name} {TASK} {atom.batch}"

    def unit(self) -> str:
        """Some unit vector: there is one where the dimension is at least 1."""
        if "e" not in self.context:
            self.assume("e", "M")
            self.assume("e_unit", "norm e = 1", "Hypothesis")
        return "e"

    # -- scalars ---------------------------------------------------------------------------------------------------
    def free_scalar(self, expression: Expr) -> Free:
        """What a scalar varies with."""
        return NONE.union(*(self._free_symbol(s) for s in sympy.sympify(expression).free_symbols))

    def _free_symbol(self, symbol: Expr) -> Free:
        key = ("symbol", symbol.name)
        if key not in self._known:
            self._known[key] = self._free_meaning(symbol, self.language.meanings[symbol])
        return self._known[key]

    def _free_meaning(self, symbol: Expr, meaning: Meaning) -> Free:
        parts = meaning.parts
        if meaning.kind == "number":
            return frozenset({"tau"}) if symbol.name == "tau" else NONE
        if meaning.kind in ("norm", "inner"):
            return NONE.union(*map(self.free, parts))
        if meaning.kind == "mean":
            return (self.free_scalar(parts[1]) - {parts[0]}) | self.law_free(parts[0])
        if meaning.kind in ("gradient deviation", "hessian deviation"):
            return self._task() | self.free(parts[1])
        if meaning.kind == "draws":
            return frozenset({DRAW}) | (self.free_scalar(parts[1]) - set(parts[2]))
        if meaning.kind in ("root", "ratio"):
            return NONE.union(*map(self.free_scalar, parts))
        if meaning.kind in ("objective", "outcome"):
            return self.free(parts[0])
        raise CannotBeWritten(f"{meaning} has no text yet")

    def scalar(self, expression: Expr) -> str:
        """A scalar, in plain arithmetic of symbols; in brackets unless it is a single name or number."""
        expression = sympy.sympify(expression)
        if expression.is_Rational:
            if expression.is_Integer:
                return str(expression) if expression >= 0 else f"({expression})"
            return f"({expression.p} / {expression.q})"
        if expression.is_Symbol:
            return self.symbol(expression)
        if isinstance(expression, sympy.Pow):
            base, exponent = expression.args
            power = self.scalar(base) if abs(exponent) == 1 else f"({self.scalar(base)} ^ {abs(exponent)})"
            return power if exponent > 0 else f"(/ {power})"
        if isinstance(expression, sympy.Add):
            return f"({_joined([self._signed(a) for a in expression.as_ordered_terms()])})"
        if isinstance(expression, sympy.Mul):
            return f"({' * '.join(map(self.scalar, expression.as_ordered_factors()))})"
        if isinstance(expression, sympy.Min):
            first, *rest = expression.args
            return f"(Rmin {self.scalar(first)} {self.scalar(sympy.Min(*rest))})"
        raise CannotBeWritten(f"{expression} has no text")

    def _signed(self, term: Expr) -> tuple[bool, str]:
        minus = term.could_extract_minus_sign()
        return minus, self.scalar(-term if minus else term)

    def number(self, name: str) -> str:
        """A plain number, by its name in the language."""
        return self.symbol(number(self.language, name))

    def symbol(self, symbol: Expr) -> str:
        """The name of a symbol, with its parameters."""
        meaning = self.language.meanings[symbol]
        key = ("symbol", symbol.name)
        free = self._free_symbol(symbol)
        if meaning.kind == "number":
            return self._number(symbol)
        if key not in self._named:
            kind, body, why = self._symbol_body(meaning)
            name = self._define(key, kind, "R", body, free)
            if symbol.is_nonnegative:
                self.signed(name, f"0 <= {self.applied(name, free)}", free, f"unfold {name}; {why}")
        return self.applied(self._named[key], free)

    def signed(self, name: str, statement: str, free: Free, why: str) -> None:
        """A sign, proved where its symbol is defined, for all steps to use."""
        self.lines.append(f"Lemma {name}_sign : {self.forall(free)}{statement}.")
        self.lines.append(f"Proof. intros; {why}. Qed.")
        self.lines.append(f"#[local] Hint Resolve {name}_sign : signs.")

    def _number(self, symbol: Expr) -> str:
        name = self.spelled(symbol.name)
        if name == "tau":
            return "(nonneg tau)"
        if name.startswith("root_"):
            return self._derived(name, f"sqrt (INR {self.size(name.removeprefix('root_'))})", "sqrt_INR_pos")
        if name in COUNTS:
            return self._derived("steps" if name == "T" else name, f"INR {self.count(name)}", "INR_n_pos")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_']*", name):
            raise CannotBeWritten(f"the number {name} has no name here")
        if name not in self.context:
            self.assume(name, "R")
            if symbol.is_positive:
                self.assume(f"{name}_sign", f"0 < {name}", "Hypothesis")
            elif symbol.is_nonnegative:
                self.assume(f"{name}_sign", f"0 <= {name}", "Hypothesis")
        return name

    def _derived(self, name: str, body: str, sign: str) -> str:
        key = ("derived", name)
        if key not in self._named:
            self._named[key] = name
            self.lines.append(f"Definition {name} : R := {body}.")
            self.signed(name, f"0 < {name}", NONE, f"apply {sign}; assumption")
        return name

    def _symbol_body(self, meaning: Meaning) -> tuple[str, str, str]:
        """What its names begin with, what it is, and why it is not negative, where that is so."""
        parts = meaning.parts
        if meaning.kind == "norm":
            return "norm", f"norm ({self.vector(parts[0])})%V", "apply norm_nonneg"
        if meaning.kind == "inner":
            return "inner", f"inner ({self.vector(parts[0])})%V ({self.vector(parts[1])})%V", ""
        if meaning.kind == "mean":
            bound = self.binder(frozenset({parts[0]}))
            return "mean", f"E {self.law(parts[0])} ({bound}{self.scalar(parts[1])})", "nonneg"
        if meaning.kind == "gradient deviation":
            self._task()
            return "deviation", f"gradient_deviation {TASK} ({self.vector(parts[1])})%V", "apply sqrt_pos"
        if meaning.kind == "hessian deviation":
            self._task()
            at = f"({self.vector(parts[1])})%V"
            return "deviation", f"hessian_deviation {self.noise_bound()} {TASK} {at}", "apply sqrt_pos"
        if meaning.kind == "root":
            return "root", f"sqrt {self.scalar(parts[0])}", "apply sqrt_pos"
        if meaning.kind == "ratio":
            top, bottom = map(self.scalar, parts)
            return "ratio", f"ratio {top} {bottom}", "apply ratio_nonneg; nonneg"
        if meaning.kind == "objective":
            return "objective", f"objective {self.number('alpha')} ({self.vector(parts[0])})%V", ""
        if meaning.kind == "outcome":
            return "outcome", f"outcome {self.step_of(parts[1], parts[2])} ({self.vector(parts[0])})%V", ""
        if meaning.kind == "draws":
            self.count("tasks_drawn")
            body = f"mean_of_draws {self.scalar(parts[0])} {self.over_draws(parts[1])} draw"
            return "drawn", body, "apply mean_of_draws_nonneg; intros; nonneg"
        raise CannotBeWritten(f"{meaning} has no text yet")

    def over_draws(self, scalar: Expr) -> str:
        """What is drawn for the step size, as a function of the task and the batch."""
        return f"(fun i D_beta => {self.scalar(scalar)})"

    def noise_bound(self) -> str:
        """What bounds the noise of Hessians, of which sigma_H is made."""
        if "o" not in self.context:
            self.assume("o", "task M -> M -> sample M -> R")
            self.assume("o_bounds", "bounds_hessian_noise (M := M) o", "Hypothesis")
        return "o"

    # -- how the language writes a norm, an inner product, a mean -----------------------------------------------------
    def norm_is(self, v: Vector) -> str:
        """The proof that |v| is what the language writes for it."""
        key = ("norm is", self.vector(v))
        if key not in self._named:
            result = self.language.norm(v)
            factor, sign, rest = content(v) if v.terms else (sympy.Integer(0), 1, v)
            left, free = f"norm ({self.vector(v)})%V", self.free(v)
            lone = next(iter(rest.terms), ())
            of_unit = len(rest.terms) == 1 and len(lone) == 1 and lone[0].kind == "direction"
            if not v.terms:
                why = "apply norm_zero"
            elif factor == 1 and sign == 1 and not of_unit:
                why = "reflexivity"
            else:
                rule = f"{'norm_is' if sign > 0 else 'norm_is_minus'} {self.scalar(factor)} _ ({self.vector(rest)})%V"
                if of_unit:
                    end = f"unfold {self.head(self.atom(lone[0]))}; rewrite direction_norm by assumption; eqn"
                else:
                    end = f"unfold {self.head(self.symbol(self.language.norm(rest)))}; eqn"
                why = f"rewrite ({rule}); [{end} | nonneg | lin]"
            self._equation(key, "norm_is", left, self.scalar(result), free, why)
        return self.applied(self._named[key], self.free(v))

    @staticmethod
    def head(text: str) -> str:
        """The name of what was applied to parameters."""
        return text.strip("()").split()[0]

    def inner_is(self, u: Vector, v: Vector) -> str:
        """The proof that <u, v> is what the language writes for it."""
        key = ("inner is", self.vector(u), self.vector(v))
        free = self.free(u) | self.free(v)
        if key not in self._named:
            left = f"inner ({self.vector(u)})%V ({self.vector(v)})%V"
            result = self.language.inner(u, v)
            if not u.terms:
                why = "apply inner_zero_l"
            elif not v.terms:
                why = "apply inner_zero_r"
            else:
                (a, s, first), (b, t, second) = content(u), content(v)
                swapped = sorted((content(u), content(v)), key=lambda x: x[2].key)[0][2] != first
                p, q = self.scalar(s * a), self.scalar(t * b)
                (p, x), (q, y) = ((q, second), (p, first)) if swapped else ((p, first), (q, second))
                rule = "inner_is_swapped" if swapped else "inner_is"
                texts = f"({self.vector(x)})%V ({self.vector(y)})%V"
                name = self.head(self.symbol(self.language.inner(x, y)))
                why = f"rewrite ({rule} {p} {q} _ _ {texts}); [unfold {name}; eqn | lin | lin]"
            self._equation(key, "inner_is", left, self.scalar(result), free, why)
        return self.applied(self._named[key], free)

    def mean_is(self, index: str, expression: Expr) -> str:
        """The proof that E of a scalar over an index is what the language writes for it."""
        key = ("mean is", index, self.scalar(expression))
        free = (self.free_scalar(expression) - {index}) | self.law_free(index)
        if key not in self._named:
            result = self.language.mean(index, expression)
            bound, law = self.binder(frozenset({index})), self.law(index)
            right, parts = self.scalar(result), sorted(self.language.split_scalar(index, expression), key=str)
            split = " + ".join(
                self.scalar(c) if varying == 1 else f"{self.scalar(c)} * {self.scalar(varying)}" for c, varying in parts
            )
            means = {self._mean_name(index, varying) for _, varying in parts if varying != 1}
            unfolds = "".join(f" unfold {name};" for name in sorted(means))
            left = f"E {law} ({bound}{self.scalar(expression)})"
            apart = f"refine (eq_trans (E_ext _ _ ({bound}{split}) _) _); [intros; eqn | mean;{unfolds} eqn]"
            why = f"first [reflexivity | {apart}]"
            self._equation(key, "mean_is", left, right, free, why)
        return self.applied(self._named[key], free)

    def _mean_name(self, index: str, varying: Expr) -> str:
        symbol = self.language.mean(index, varying)
        return self.head(self.symbol(symbol))

    def vmean_is(self, index: str, v: Vector) -> str:
        """The proof that E of a vector over an index is what the language writes for it."""
        key = ("vmean is", index, self.vector(v))
        free = (self.free(v) - {index}) | self.law_free(index)
        if key not in self._named:
            result = self.language.mean_vector(index, v)
            bound, law, right = self.binder(frozenset({index})), self.law(index), self.vector(result)
            steps, names = ["vmean"], set()
            for _, outside, inside in self.language.split_vector(index, v):
                if not inside:
                    continue
                for k in range(len(outside)):
                    head = self.atom(outside[k])
                    rest = self._applied_word((*outside[k + 1 :], *inside[:-1]), self.atom(inside[-1]))
                    of_linear = f"vmean_linear {law} {head} ({bound}{rest})"
                    steps.append(f"rewrite ({of_linear}) by apply {self._linear(outside[k])}")
                mean = Vector({inside: sympy.Integer(1)})
                word = next(iter(self.language.mean_vector(index, mean).terms))
                names.add(self.head(self.atom(word[0])))
            unfolds = "".join(f"unfold {name}; " for name in sorted(names))
            left = f"VE {law} ({bound}({self.vector(v)})%V)"
            why = f"first [reflexivity | {'; '.join(steps)}; {unfolds}lin]"
            self._equation(key, "vmean_is", left, f"({right})%V", free, why)
        return self.applied(self._named[key], free)

    @staticmethod
    def _linear(atom: Atom) -> str:
        if atom.batch in SAMPLES:
            return "sample_hessian_linear"
        return "batch_hess_linear" if atom.batch else "hess_linear"

    def _equation(self, key: object, kind: str, left: str, right: str, free: Free, why: str) -> None:
        name = self.fresh(kind)
        self._named[key] = name
        self.lines.append(f"Lemma {name} : {self.forall(free)}{left} = {right}.")
        self.lines.append(f"Proof. intros; {why}. Qed.")

    # -- definitions -------------------------------------------------------------------------------------------------
    def atoms_of(self, *vectors: Vector | Operator) -> list[str]:
        """The names of the definitions that vectors are made of, for a step that has to look into them."""
        atoms = {a.name for v in vectors for word in v.terms for a in word if a.kind != "vector"}
        return sorted(self._named["atom", name] for name in atoms if ("atom", name) in self._named)


def _joined(terms: list[tuple[bool, str]]) -> str:
    text = ""
    for minus, term in terms:
        text += (" - " if minus else " + ") + term if text else ("- " if minus else "") + term
    return text


def _combination(terms: list[tuple[str, Expr]], scalar: object) -> str:
    text = ""
    for word, c in terms:
        minus = c.could_extract_minus_sign()
        size = -c if minus and text else c
        factor = "" if size == 1 else f"{scalar(size)} * "  # type: ignore[operator]
        text += (" - " if minus else " + ") + factor + word if text else factor + word
    return text
