"""What the language is asked for, in the order in which it is asked, and its text for Rocq as whoever asked has it.

The language writes a norm, an inner product or a mean in its own way. Here it stands as it was asked for, with means
within means put together again, and with the tactic that shows both to be the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from mamlcheck.language.terms import Language, Vector
from mamlcheck.proof.rocq.terms import Free, Part, Terms


@dataclass(frozen=True)
class Call:
    """What an axiom asked the language for. free: what the answer varies with."""

    kind: str
    arguments: tuple[Part, ...]
    result: Part


class Recorder:
    """A language that writes down which norms, inner products and means it was asked for."""

    RECORDED = ("norm", "inner", "mean", "mean_vector")

    def __init__(self, language: Language):
        self._language, self.calls = language, list[Call]()

    def __getattr__(self, name: str) -> Part:
        found = getattr(self._language, name)
        if name not in self.RECORDED:
            return found

        def asked(*arguments: Part) -> Part:
            result = found(*arguments)
            self.calls.append(Call(name, arguments, result))
            return result

        return asked


Asked: TypeAlias = tuple[Part, str, str]
"""A result of the language, the text of what it is of, and the tactic that shows it to be so."""


def as_asked(terms: Terms, call: Call, within: list[Asked]) -> tuple[str, str]:
    """What was asked for, as text, and the tactic that shows it to be what the language writes."""
    first, *rest = call.arguments
    if call.kind == "norm":
        return f"norm ({terms.vector(first)})%V", f"apply {terms.head(terms.norm_is(first))}"
    if call.kind == "inner":
        texts = f"({terms.vector(first)})%V ({terms.vector(rest[0])})%V"
        return f"inner {texts}", f"apply {terms.head(terms.inner_is(first, rest[0]))}"
    bound, law, name = terms.binder(frozenset({first})), terms.law(first), terms.spelled(first)
    if call.kind == "mean_vector":
        is_so = f"refine (VE_from _ _ _ _ {terms.vmean_is(first, rest[0])} _); intros {name}"
        for result, text, tactic in reversed(within):
            if isinstance(result, Vector) and result == rest[0] and text.startswith("VE"):
                return f"VE {law} ({bound}{text})", f"{is_so}; {tactic}"
        return f"VE {law} ({bound}({terms.vector(rest[0])})%V)", f"{is_so}; reflexivity"
    is_so = f"refine (E_from _ _ _ _ {terms.mean_is(first, rest[0])} _); intros {name}; cbv beta"
    for result, text, tactic in reversed(within):
        if isinstance(result, Vector):
            continue
        for power in (1, 2):
            if rest[0] == result**power:
                up = f"{text} ^ {power}" if power > 1 else text
                same = f"replace ({text}) with {text_of(terms, result)} by (symmetry; {tactic}); eqn"
                return f"E {law} ({bound}{up})", f"{is_so}; {same}"
    return f"E {law} ({bound}{terms.scalar(rest[0])})", f"{is_so}; reflexivity"


def all_asked(terms: Terms, calls: Iterable[Call], whole: bool = False) -> list[Asked]:
    """The same of several that were asked one after another.

    Means over what something does not vary with are left out, unless all are wanted.
    """
    found: list[Asked] = []
    for call in calls:
        if whole or not (call.kind.startswith("mean") and call.result == call.arguments[1]):
            found.append((call.result, *as_asked(terms, call, found)))
    return found


def text_of(terms: Terms, result: Part) -> str:
    """A scalar or a vector."""
    return f"({terms.vector(result)})%V" if isinstance(result, Vector) else terms.scalar(result)


def free_of(terms: Terms, result: Part) -> Free:
    """What a scalar or a vector varies with."""
    return terms.free(result) if isinstance(result, Vector) else terms.free_scalar(result)
