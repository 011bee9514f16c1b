"""What a claim says, in the language of the proofs: its sides and its hypotheses, read from its own formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mamlcheck.claims import Claim
from mamlcheck.language.quantities import Quantities
from mamlcheck.language.reading import CannotBeRead, Least, alternatives, read_scalar, read_scalars
from mamlcheck.language.terms import Expr, Language, NotInLanguage, is_zero
from mamlcheck.language.vocabulary import BATCH_LATEX, DRAW, ITERATE, NUMBERS, SAMPLES, TASK, always

Said = dict[str, tuple[Expr, Expr, bool]]


@dataclass(frozen=True)
class Sides:
    """left <= right, where right is the smallest of several scalars."""

    left: Expr
    right: tuple[Expr, ...]


def language_of(claim: Claim) -> Language:
    """The language of a claim's proof: its indices, and the signs of numbers that its hypotheses give."""
    positive = {name for name, known in NUMBERS.items() if known.positive}
    signed = {name for name, known in NUMBERS.items() if known.signed}
    # Numbers of unknown sign stay so here: else the root of alpha^2 would be alpha, and 0 <= alpha a triviality.
    scratch = _indexed(Language(frozenset(positive), frozenset(signed), _varying(claim)), claim)
    signs = dict(_signs(claim, scratch))
    positive |= {name for name, strict in signs.items() if strict}
    return _indexed(Language(frozenset(positive), frozenset(signed - signs.keys()), _varying(claim)), claim)


def _varying(claim: Claim) -> dict[str, str]:
    """In a claim about runs w is an iterate, which varies with how far the run is and what it drew."""
    return {"w": ITERATE} if "T" in claim.quantifies else {}


def _indexed(x: Language, claim: Claim) -> Language:
    for batch, latex in BATCH_LATEX.items():
        x.index(batch, latex)
    for sample in SAMPLES:
        x.index(sample)
    if "i" in claim.quantifies:
        x.fixed_index(TASK)
    else:
        x.index(TASK)
        x.index(DRAW, "B'")
    if "T" in claim.quantifies:
        x.index(ITERATE)
    return x


def _signs(claim: Claim, scratch: Language) -> Iterator[tuple[str, bool]]:
    """Plain numbers that the hypotheses say to be >= 0, or > 0."""
    strict: dict[str, bool] = {}
    for one in (one for h in claim.hypotheses for one in h.says):
        strict.setdefault(one.name, one.strict)  # the first of a name is the one that is said
    found: dict[str, bool] = {}
    for name, (left, right, _) in hypotheses_said(claim, scratch)[0].items():
        if left == 0 and right.is_Symbol and scratch.meanings[right].kind == "number":
            found[right.name] = found.get(right.name, False) or strict[name]  # 0 < alpha says more than 0 <= alpha
    yield from found.items()


def sides_of(claim: Claim, x: Language, everywhere: bool = False) -> Sides:
    """Both sides of a claim, in its strong form or, `everywhere`, its printed one. Raises `CannotBeRead`."""
    quantities = Quantities(x, everywhere)
    left = _read(claim, "left", claim.left, quantities, x)
    right = _read(claim, "right", claim.right, quantities, x)
    if len(left) > 1:
        raise CannotBeRead(f"the left side of {claim.id} is a minimum: no chain begins with one")
    return Sides(left[0], right)


def _read(claim: Claim, name: str, side: object, quantities: Quantities, x: Language) -> tuple[Expr, ...]:
    try:
        parts = alternatives(read_scalar(side, quantities))
        for part in parts:
            _require_fixed(part, x)
    except (CannotBeRead, NotInLanguage) as error:
        raise CannotBeRead(f"the {name} side of {claim.id} cannot be read as a term: {error}") from None
    return parts


def hypotheses_said(claim: Claim, x: Language, everywhere: bool = False) -> tuple[Said, dict[str, str]]:
    """What the hypotheses of a claim say, by name: (left, right, equal); and why others cannot be had, by name."""
    said, refused = dict(always(x, "i" in claim.quantifies)), {}
    quantities = Quantities(x, everywhere)
    for hypothesis in claim.hypotheses:
        for one in hypothesis.says:
            try:
                if one.name in said:
                    raise CannotBeRead(f"two inequalities are called {one.name!r}")
                left, right = (_single(read_scalar(side, quantities), x) for side in (one.left, one.right))
            except (CannotBeRead, NotInLanguage) as error:
                refused[one.name] = f"it cannot be read as a term: {error}"
            else:
                said[one.name] = (left, right, False)
    return said, refused


def _require_fixed(scalar: Expr, x: Language) -> None:
    """Raise unless a scalar is defined, and varies with nothing that is drawn."""
    x.require_defined(scalar)
    if x.depends(scalar):
        raise CannotBeRead(f"{scalar} varies with {', '.join(sorted(x.depends(scalar)))}")


def _single(scalar: Expr | Least, x: Language) -> Expr:
    if isinstance(scalar, Least):
        raise CannotBeRead("a minimum stands where a single scalar is needed")
    _require_fixed(scalar, x)
    return scalar


def share_one_term(claim: Claim) -> str | None:
    """Why a claim's reduced sides are not its sides less one shared term; None where they are, in both its forms.

    Then they compare as the sides do, whatever that term is.
    """
    assert claim.reduced is not None
    forms = (False, True) if claim.bounds_deviations else (False,)
    for everywhere in forms:
        x = language_of(claim)
        quantities = Quantities(x, everywhere)
        try:
            sides = sides_of(claim, x, everywhere)
            reduced = [_single(scalar, x) for scalar in read_scalars(claim.reduced.sides, quantities)]
        except (CannotBeRead, NotInLanguage) as error:
            return str(error)
        if len(reduced) != 2:
            return "`reduced` returns a left and a right side"
        if len(sides.right) > 1 or not is_zero((sides.left - reduced[0]) - (sides.right[0] - reduced[1])):
            return f"the sides of {claim.id} and its reduced sides do not differ by one shared term"
    return None
