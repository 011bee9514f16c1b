"""Rocq's definitions, read and computed on tasks on a line: what the statements by hand say in numbers.

The text of `Model.v` and `Claims.v` is parsed again, and run on finite laws with numbers of 50 digits. Of Rocq's own
notions those below are made by hand (`NOTIONS`); all else is read. Nothing here is shared with the package.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

TOKENS = re.compile(r"\s+|[A-Za-z_][\w']*|\d+|:=|=>|->|<=|/\\|[-+*/^(){}:,.%<=]")


def number(value: Fraction | int) -> mpf:
    """A fraction at 50 digits."""
    return mpf(Fraction(value).numerator) / Fraction(value).denominator


def exactly(value: Any) -> Fraction:
    """A number of 50 digits as the fraction that it is."""
    sign, mantissa, exponent, _ = mpf(value)._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


# -- laws ------------------------------------------------------------------------------------------------------------
Law = list[tuple[mpf, Any]]


def drawn(n: int, law: Law) -> Law:
    """n independent draws, as lists."""
    return [(mp.fprod(p for p, _ in way), [a for _, a in way]) for way in itertools.product(law, repeat=int(n))]


def paired(law: Law) -> Callable[[Callable[[Any], Law]], Law]:
    return lambda of: [(p * q, (a, b)) for p, a in law for q, b in of(a)]


def expected(law: Law) -> Callable[[Callable[[Any], mpf]], mpf]:
    return lambda of: mp.fsum(p * of(a) for p, a in law)


NOTIONS: dict[str, Any] = {
    "norm": abs, "inner": lambda u: lambda v: u * v, "sqrt": mp.sqrt, "INR": mpf, "E": expected, "VE": expected,
    "draws": lambda n: lambda law: drawn(n, law), "pair_law": paired, "map": lambda of: lambda xs: [of(x) for x in xs],
    "vmean_of": lambda xs: mp.fsum(xs) / len(xs), "mean_of": lambda xs: mp.fsum(xs) / len(xs), "fst": lambda x: x[0],
    "snd": lambda x: x[1], "Rmin": lambda a: lambda b: min(a, b), "Rle_dec": lambda a: lambda b: a <= b,
    "image": lambda of: lambda law: [(p, of(a)) for p, a in law], "Req_EM_T": lambda a: lambda b: a == b,
}  # fmt: skip


def iterates(known: dict[str, Any], given: dict[str, Any]) -> Any:
    """The law of an iterate of a run at random, from the steps that `Runs.v` defines: in the place of its recursion."""
    names = ("alpha", "L", "rho", "c", "n_D_in", "n_D_o", "n_D_h", "n_step", "n_tasks", "n_D_beta", "G")

    def law(values: tuple[Any, ...], steps: Any, start: mpf) -> Law:
        step = given | dict(zip(names, values, strict=True))
        at: Law = [(mpf(1), start)]
        found: Law = []
        for _ in range(int(steps)):
            found += [(p / steps, w) for p, w in at]
            at = [
                (p * q, after)
                for p, w in at
                for q, after in Reader(("next", *names, "w_now"), known, step | {"w_now": w}).whole()
            ]
        return found

    def curried(values: tuple[Any, ...]) -> Any:
        if len(values) < len(names) + 2:
            return lambda value: curried((*values, value))
        return law(values[:-2], *values[-2:])

    return curried(())


# -- reading ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Definition:
    """A definition: the variables of its section that it uses, its own parameters, its body, and the sections it is in.

    Within its section it is used without the section's variables, outside of it with them.
    """

    outer: tuple[str, ...]
    own: tuple[str, ...]
    body: tuple[str, ...]
    sections: tuple[int, ...] = ()


def tokens_of(text: str) -> list[str]:
    """The words of a text without comments."""
    return [t for t in TOKENS.findall(re.sub(r"\(\*.*?\*\)", " ", text, flags=re.S)) if not t.isspace()]


def definitions(*texts: str) -> dict[str, Definition]:
    """All definitions of texts, by name. A definition in a section has the section's variables that it uses before."""
    found: dict[str, Definition] = {}
    count = 0
    for text in texts:
        sections: list[list[str]] = [[]]
        path: list[int] = []
        for sentence in re.split(r"\.(?:\s|$)", re.sub(r"\(\*.*?\*\)", " ", text, flags=re.S)):
            words = tokens_of(sentence)
            if words[:1] == ["Section"]:
                sections.append([])
                path.append(count := count + 1)
            elif words[:1] == ["End"]:
                sections.pop()
                path.pop()
            elif words[:1] in (["Variable"], ["Variables"]):
                sections[-1] += binder_names(words[1:])
            elif words[:1] == ["Definition"]:
                head, body = words[2 : words.index(":=")], words[words.index(":=") + 1 :]
                variables = [v for section in sections for v in section if v != "M"]
                used = set(body).union(*(found[w].outer for w in body if w in found))
                own = tuple(n for n in binder_names(head))
                outer = tuple(v for v in variables if v in used and v not in own)
                found[words[1]] = Definition(outer, own, tuple(body), tuple(path))
    return found


def binder_names(words: list[str]) -> list[str]:
    """The names in `a (b c : T) {d : T} : type`, without those in braces."""
    names, depth, typed, braces = [], 0, 0, 0  # typed, braces: how deep it was where a type, or braces, began
    for word in words:
        if word in "({":
            depth += 1
            braces = braces or (depth if word == "{" else 0)
        elif word in ")}":
            depth -= 1
            typed, braces = (0 if depth < at else at for at in (typed, braces))
        elif word == ":":
            if depth == 0:
                break
            typed = typed or depth
        elif not typed and not braces:
            names.append(word)
    return names


# -- computing -------------------------------------------------------------------------------------------------------
class Reader:
    """Computes a body. known: definitions; given: the values of names."""

    def __init__(
        self,
        words: tuple[str, ...],
        known: dict[str, Definition],
        given: dict[str, Any],
        sections: tuple[int, ...] = (),
    ):
        self.words, self.known, self.given, self.sections, self.at = words, known, given, sections, 0

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, *wanted: str) -> str:
        word = self.peek()
        assert not wanted or word in wanted, (word, wanted, self.words[max(0, self.at - 8) : self.at + 3])
        self.at += 1
        return word

    def within(self, words: tuple[str, ...], **more: Any) -> Any:
        return Reader(words, self.known, self.given | more, self.sections).whole()

    def whole(self) -> Any:
        value = self.expression()
        assert self.at == len(self.words), self.words[self.at :]
        return value

    def rest(self) -> tuple[str, ...]:
        """The words up to the end of what is being read: to the bracket that closes it, or a comma."""
        start, depth = self.at, 0
        while self.at < len(self.words):
            word = self.words[self.at]
            depth += (word == "(") - (word == ")")
            if depth < 0:
                break
            self.at += 1
        return self.words[start : self.at]

    def expression(self) -> Any:
        if self.peek() == "fun":
            self.take()
            names = []
            while self.peek() != "=>":
                names.append(self.take())
            self.take("=>")
            return self.function(tuple(names), self.rest())
        if self.peek() == "let":
            self.take()
            name = self.take()
            self.take(":=")
            value = self.expression()
            self.take("in")
            return self.within(self.rest(), **{name: value})
        if self.peek() == "if":
            self.take()
            asked = self.sum()
            self.take("then")
            yes = self.branch("else")
            self.take("else")
            no = self.rest()
            return self.within(yes if asked else no)
        return self.compared()

    def branch(self, end: str) -> tuple[str, ...]:
        start = self.at
        while self.peek() != end:
            self.take()
        return self.words[start : self.at]

    def function(self, names: tuple[str, ...], body: tuple[str, ...]) -> Callable[[Any], Any]:
        first, *more = names

        def of(value: Any) -> Any:
            reader = Reader(body, self.known, self.given | {first: value}, self.sections)
            return reader.function(tuple(more), body) if more else reader.whole()

        return of

    def compared(self) -> Any:
        left = self.sum()
        if self.peek() == "<=":
            self.take()
            return left, self.sum()
        return left

    def sum(self) -> Any:
        value = self.product()
        while self.peek() in ("+", "-"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self) -> Any:
        value = self.signed()
        while self.peek() in ("*", "/"):
            value = value * self.signed() if self.take() == "*" else value / self.signed()
        return value

    def signed(self) -> Any:
        if self.peek() == "-":
            self.take()
            return -self.signed()
        if self.peek() == "/":
            self.take()
            return 1 / self.signed()
        value = self.applied()
        if self.peek() == "^":
            self.take()
            return value ** int(self.applied())
        return value

    def applied(self) -> Any:
        value = self.atom()
        while re.match(r"[A-Za-z_(\d]", self.peek()) and self.peek() not in ("in", "then", "else"):
            if self.words[self.at : self.at + 2] == ("(", "M") and self.words[self.at + 2] == ":=":
                self.at += 5
                continue
            value = value(self.atom())
        return value

    def atom(self) -> Any:
        word = self.take()
        if word == "(":
            value = self.expression()
            self.take(")")
            if self.peek() == "%":
                self.at += 2
            return value
        if word.isdigit():
            return mpf(int(word))
        if word in self.given:
            return self.given[word]
        if word in self.known:
            definition = self.known[word]
            shared = definition.sections and self.sections[: len(definition.sections)] == definition.sections
            parameters = definition.own if shared else (*definition.outer, *definition.own)
            reader = Reader(definition.body, self.known, self.given, definition.sections)
            return reader.function(parameters, definition.body) if parameters else reader.whole()
        return NOTIONS[word]


def statement(definition: Definition) -> tuple[tuple[str, ...], list[tuple[str, ...]], tuple[str, ...], list[str]]:
    """What a statement abbreviates by `let`, what it assumes, what it concludes, and the names that it is about."""
    words = list(definition.body)
    assert words.pop(0) == "forall"
    names = binder_names(words[: words.index(",")])
    words = words[words.index(",") + 1 :]
    lets: list[str] = []
    parts: list[list[str]] = [[]]
    depth = 0
    while words:
        word = words.pop(0)
        if word == "let" and depth == 0 and not parts[-1]:
            end = words.index("in") + 1
            lets += [word, *words[:end]]
            words = words[end:]
            continue
        depth += (word == "(") - (word == ")")
        if word == "->" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    *assumed, concluded = map(tuple, parts)
    return tuple(lets), assumed, concluded, names


def sides(name: str, known: dict[str, Definition], given: dict[str, Any]) -> tuple[mpf, mpf]:
    """Both sides of what a statement concludes."""
    lets, _, concluded, names = statement(known[name])
    assert set(names) <= set(given), set(names) - set(given)
    left, right = Reader((*lets, *concluded), known, given, known[name].sections).whole()
    return left, right


def assumed_sides(name: str, known: dict[str, Definition], given: dict[str, Any]) -> Iterator[tuple[mpf, mpf]]:
    """Both sides of the inequalities of numbers that a statement assumes, but for signs and sizes of at least 1."""
    lets, assumed, *_ = statement(known[name])
    for words in assumed:
        inside = known.get(words[0])
        parts = [words]
        if inside is not None and "/\\" in inside.body and "forall" not in inside.body:
            parts = [()]
            for word in inside.body:
                parts = [*parts, ()] if word == "/\\" else [*parts[:-1], (*parts[-1], word)]
        for part in parts:
            signs = part[0] in ("0", "(") and part[1:2] in (("<=",), ("<",), ("1",))
            if "<=" in part and not signs and "forall" not in part:
                yield Reader((*lets, *part), known, given, known[name].sections).whole()


def model(losses: list[list[Any]], shares: list[Fraction]) -> dict[str, Any]:
    """The names of a model of tasks on a line: sample losses of each task, and the tasks' probabilities."""

    def of_task(part: str, i: int, x: mpf) -> mpf:
        found = [getattr(loss, part)(exactly(x)) for loss in losses[i]]
        return number(sum(found) / len(found))

    def inner_point(alpha: mpf, steps: int, i: int, w: mpf) -> mpf:
        for _ in range(steps):
            w -= alpha * of_task("slope", i, w)
        return w

    def pulled_back(alpha: mpf, steps: int, i: int, w: mpf, v: mpf) -> mpf:
        for k in reversed(range(steps)):
            v -= alpha * of_task("bend", i, inner_point(alpha, k, i, w)) * v
        return v

    def of_sample(part: str) -> Callable[[int], Callable[[int], Callable[[mpf], mpf]]]:
        return lambda i: lambda z: lambda x: number(getattr(losses[i][z], part)(exactly(x)))

    return {
        "tasks": [(number(p), i) for i, p in enumerate(shares)],
        "samples": lambda i: [(number(Fraction(1, len(losses[i]))), z) for z in range(len(losses[i]))],
        "loss": of_sample("value"),
        "sample_gradient": of_sample("slope"),
        "sample_hessian": lambda i: lambda z: lambda x: lambda v: number(losses[i][z].bend(exactly(x))) * v,
        "inner_point": lambda a: lambda n: lambda i: lambda w: inner_point(a, int(n), i, w),
        "pulled_back": lambda a: lambda n: lambda i: lambda w: lambda v: pulled_back(a, int(n), i, w, v),
        "e": mpf(1),
        "M": None,
    }


def names_of(claims: str) -> Iterator[str]:
    """The names of the statements."""
    yield from re.findall(r"^Definition (\w+) : Prop := forall", claims, re.M)
