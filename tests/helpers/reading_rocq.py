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
    mantissa, exponent = mpf(value).man_exp
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


# -- laws ------------------------------------------------------------------------------------------------------------
Law = list[tuple[mpf, Any]]


def drawn(n: int, law: Law) -> Law:
    """n independent draws, as lists."""
    return [(mp.fprod(p for p, _ in way), [a for _, a in way]) for way in itertools.product(law, repeat=n)]


def paired(law: Law) -> Callable[[Callable[[Any], Law]], Law]:
    return lambda of: [(p * q, (a, b)) for p, a in law for q, b in of(a)]


def expected(law: Law) -> Callable[[Callable[[Any], mpf]], mpf]:
    return lambda of: mp.fsum(p * of(a) for p, a in law)


NOTIONS: dict[str, Any] = {
    "norm": abs, "inner": lambda u: lambda v: u * v, "sqrt": mp.sqrt, "INR": mpf, "E": expected, "VE": expected,
    "draws": lambda n: lambda law: drawn(n, law), "pair_law": paired, "map": lambda of: lambda xs: [of(x) for x in xs],
    "vmean_of": lambda xs: mp.fsum(xs) / len(xs), "mean_of": lambda xs: mp.fsum(xs) / len(xs), "fst": lambda x: x[0],
    "snd": lambda x: x[1], "Rmin": lambda a: lambda b: min(a, b), "Rle_dec": lambda a: lambda b: a <= b,
    "Req_EM_T": lambda a: lambda b: a == b,
}  # fmt: skip


# -- reading ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Definition:
    """A definition: its parameters, those of its section among them, and its body as text."""

    parameters: tuple[str, ...]
    body: tuple[str, ...]


def tokens_of(text: str) -> list[str]:
    """The words of a text without comments."""
    return [t for t in TOKENS.findall(re.sub(r"\(\*.*?\*\)", " ", text, flags=re.S)) if not t.isspace()]


def definitions(*texts: str) -> dict[str, Definition]:
    """All definitions of texts, by name. A definition in a section has the section's variables that it uses before."""
    found: dict[str, Definition] = {}
    for text in texts:
        sections: list[list[str]] = [[]]
        for sentence in re.split(r"\.(?:\s|$)", re.sub(r"\(\*.*?\*\)", " ", text, flags=re.S)):
            words = tokens_of(sentence)
            if words[:1] == ["Section"]:
                sections.append([])
            elif words[:1] == ["End"]:
                sections.pop()
            elif words[:1] in (["Variable"], ["Variables"]):
                sections[-1] += binder_names(words[1:])
            elif words[:1] == ["Definition"]:
                head, body = words[2 : words.index(":=")], words[words.index(":=") + 1 :]
                variables = [v for section in sections for v in section if v != "M"]
                used = set(body).union(*(found[w].parameters for w in body if w in found))
                own = binder_names(head)
                outer = [v for v in variables if v in used and v not in own]
                found[words[1]] = Definition((*outer, *own), tuple(body))
    return found


def binder_names(words: list[str]) -> list[str]:
    """The names in `a (b c : T) {d : T} : type`, without those in braces."""
    names, depth, typed, braces = [], 0, False, False
    for word in words:
        if word in "({":
            depth, typed, braces = depth + 1, False, braces or word == "{"
        elif word in ")}":
            depth, typed, braces = depth - 1, False, False
        elif word == ":":
            if depth == 0:
                break
            typed = True
        elif not typed and not braces:
            names.append(word)
    return names


# -- computing -------------------------------------------------------------------------------------------------------
class Reader:
    """Computes a body. known: definitions; given: the values of names."""

    def __init__(self, words: tuple[str, ...], known: dict[str, Definition], given: dict[str, Any]):
        self.words, self.known, self.given, self.at = words, known, given, 0

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, *wanted: str) -> str:
        word = self.peek()
        assert not wanted or word in wanted, (word, wanted, self.words[max(0, self.at - 8) : self.at + 3])
        self.at += 1
        return word

    def within(self, words: tuple[str, ...], **more: Any) -> Any:
        return Reader(words, self.known, self.given | more).whole()

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
            reader = Reader(body, self.known, self.given | {first: value})
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
            if not definition.parameters:
                return self.within(definition.body)
            return Reader((), self.known, self.given).function(definition.parameters, definition.body)
        return NOTIONS[word]


def statement(text: Definition) -> tuple[list[tuple[str, ...]], tuple[str, ...], list[str]]:
    """The names that a statement is about, what it assumes, and what it concludes."""
    words = list(text.body)
    assert words.pop(0) == "forall"
    names = binder_names(words[: words.index(",")])
    words = words[words.index(",") + 1 :]
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if word == "->" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    *assumed, concluded = map(tuple, parts)
    lets: list[str] = []
    for k, part in enumerate(assumed):
        if part[0] == "let":  # it stands before all that follows
            end = part.index("in") + 1
            lets += part[:end]
            assumed[k] = part[end:]
    return assumed, (*lets, *concluded), names


def sides(name: str, known: dict[str, Definition], given: dict[str, Any]) -> tuple[mpf, mpf]:
    """Both sides of what a statement concludes."""
    _, concluded, names = statement(known[name])
    assert set(names) <= set(given), set(names) - set(given)
    left, right = Reader(concluded, known, given).whole()
    return left, right


def model(losses: list[list[Any]], shares: list[Fraction]) -> dict[str, Any]:
    """The names of a model of tasks on a line: sample losses of each task, and the tasks' probabilities."""

    def of_sample(part: str) -> Callable[[int], Callable[[int], Callable[[mpf], mpf]]]:
        return lambda i: lambda z: lambda x: number(getattr(losses[i][z], part)(exactly(x)))

    return {
        "tasks": [(number(p), i) for i, p in enumerate(shares)],
        "samples": lambda i: [(number(Fraction(1, len(losses[i]))), z) for z in range(len(losses[i]))],
        "loss": of_sample("value"),
        "sample_gradient": of_sample("slope"),
        "sample_hessian": lambda i: lambda z: lambda x: lambda v: number(losses[i][z].bend(exactly(x))) * v,
        "e": mpf(1),
    }


def names_of(claims: str) -> Iterator[str]:
    """The names of the statements."""
    yield from re.findall(r"^Definition (\w+) : Prop := forall", claims, re.M)
