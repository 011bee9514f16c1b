"""What a sum of vectors most likely is: MAML with another Hessian term, with something added, or a sum as it stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mamlcheck.conformance.algorithms import Algorithm, algorithm
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.made_of.fitting import LARGEST_DENOMINATOR, Sum
from mamlcheck.conformance.diagnosis.made_of.parts import END, HALFWAY, POINTS, START
from mamlcheck.conformance.diagnosis.made_of.vectors import Product, Vector
from mamlcheck.conformance.words import listed

FEW_ROUNDINGS = 2.0**-50
USUAL = Product("inner", START, ("outer", END))
OUTER_GRADIENT = ("outer", END)


@dataclass(frozen=True)
class Reading:
    """A sum in words. found: the algorithm that it is most like; None where it is like none. scale: what the whole is
    multiplied by. clauses: what is wrong, causes: why.
    """

    found: Algorithm | None
    scale: float
    defects: tuple[str, ...]
    clauses: tuple[str, ...]
    causes: tuple[Cause, ...]


def reading(found: Sum) -> Reading:
    """The sum in words."""
    whole = next(((v, c) for v, c in found.terms if v.whole), None)
    if whole is not None:
        return _with_extras(_like(found), whole[1], [(v, ratio(c, whole[1])) for v, c in found.terms if v != whole[0]])
    gradient = next(((v, c) for v, c in found.terms if v.gradient == OUTER_GRADIENT and not v.power), None)
    products = [(v, c) for v, c in found.terms if v.product is not None and v.factors == 1]
    if gradient is None:
        return _without_gradient(found)
    scale = gradient[1]
    term = min(products, key=lambda one: (len(_others(one[0])), abs(one[1] / scale + 1)), default=None)
    extras = [(v, ratio(c, scale)) for v, c in found.terms if v != gradient[0] and (term is None or v != term[0])]
    if term is None:
        return _with_extras(algorithm("FO-MAML"), scale, extras)
    return _of_term(_like(found), scale, term[0], ratio(-term[1], scale), extras)


def _like(found: Sum) -> Algorithm:
    return algorithm("MAML" if found.hessian == "exact" else "HF-MAML")


def _with_extras(like: Algorithm, scale: float, extras: Sequence[tuple[Vector, float]]) -> Reading:
    """An algorithm with something added to it, if anything is."""
    clause, cause = _added(extras)
    return Reading(like, scale, (cause.id,), (clause,), (cause,)) if extras else Reading(like, scale, (), (), ())


# -- MAML with another Hessian term ------------------------------------------------------------------------------------
TWICE = Cause("factor_twice", "Most likely a gradient is pulled back once more, by a graph and by hand for example.")
HALVED = Cause(
    "hessian_halved",
    "Most likely the Hessian-vector product is derived from a squared norm, or divided by 2 too often.",
)
DOUBLED = Cause(
    "hessian_doubled",
    "Most likely a central difference is divided by delta and not by 2 delta, or the term is subtracted twice.",
)
WRONG_SIGN = Cause("hessian_wrong_sign", "Most likely the Hessian term is added where it is to be subtracted.")
OTHER_COEFFICIENT = Cause(
    "hessian_coefficient", "Most likely the rate before the Hessian-vector product is not the inner rate."
)
OF_QUERY = Cause("hessian_of_query", "Most likely the query loss, not the support loss, is differentiated twice.")
OF_OWN_SET = Cause("hessian_of_own_set", "")
OF_BOTH = Cause("hessian_of_both_sets", "Most likely support and query set are joined before the Hessian is taken.")
AT_ADAPTED = Cause(
    "hessian_at_adapted", "Most likely the Hessian-vector product is computed after the parameters were updated."
)
AT_HALFWAY = Cause("hessian_halfway", "Most likely it is computed at a mean of the parameters before and after.")
TIMES_INNER = Cause(
    "hessian_times_inner", "Most likely the gradient of the step itself, not that of the outer loss, is pulled back."
)
TIMES_AT_START = Cause(
    "hessian_times_start",
    "Most likely the outer loss is computed with the model's own parameters.",
)
SQUARED = Cause("rate_squared", "Most likely the rate is applied in the Hessian-vector product and once more outside.")
NO_RATE = Cause("rate_missing", "Most likely the rate before the Hessian-vector product was forgotten.")
MEANS = Cause("hessian_of_means", "Most likely the means over tasks are taken before the product and not after it.")


def _others(v: Vector) -> list[tuple[str, Cause]]:
    """How a product differs from MAML's: clauses on the Hessian term, each with its cause."""
    p, found = v.product, list[tuple[str, Cause]]()
    assert p is not None
    of = {
        "outer": ("the query set, the outer one", OF_QUERY),
        "hessian": ("a set of its own, task.hessian", OF_OWN_SET),
    }
    if p.role in of:
        what, cause = of[p.role]
        found.append((f"its Hessian is of {what}, not of the support set", cause))
    elif p.role != "inner":
        found.append(("its Hessian is of support and query samples together", OF_BOTH))
    if p.point != START:
        instead, cause = ("", AT_HALFWAY) if p.point == HALFWAY else (", not at the initial ones", AT_ADAPTED)
        found.append((f"its Hessian is taken {POINTS[p.point]}{instead}", cause))
    if p.of[0] == "inner":
        found.append(("its Hessian is multiplied by the inner gradient, not by the outer one", TIMES_INNER))
    elif p.of[1] == START:
        what = f"the outer gradient {POINTS[START]}, not by that at the adapted ones"
        found.append((f"its Hessian is multiplied by {what}", TIMES_AT_START))
    if p.means:
        found.append(("it is the mean Hessian of the tasks times their mean gradient, not the mean of products", MEANS))
    if v.power == 2:
        found.append(("it has alpha^2 where alpha belongs", SQUARED))
    if v.power == 0:
        found.append(("it lacks the factor alpha", NO_RATE))
    return found


def _of_term(like: Algorithm, scale: float, v: Vector, b: float, extras: Sequence[tuple[Vector, float]]) -> Reading:
    """MAML with another Hessian term, and what is added. b: its coefficient, 1 for MAML."""
    p, twice = v.product, [(u, c) for u, c in extras if u.factors == 2]
    if b == 2 and twice and extras == twice and twice[0][1] == 1 and p == USUAL and twice[0][0].product == p:
        clause = "the factor I - alpha H of the Hessian is applied twice for one inner step"
        return Reading(like, scale, (TWICE.id,), (clause,), (TWICE,))
    found = [*_coefficient(b), *_others(v)]
    only_own_set = [cause for _, cause in found] == [OF_OWN_SET]
    clauses = [] if only_own_set else [f"the Hessian term is wrong: {listed([clause for clause, _ in found])}"]
    if found and found[0][1] in (HALVED, DOUBLED, WRONG_SIGN, OTHER_COEFFICIENT):
        clauses = [f"the Hessian term {listed([found[0][0].removeprefix('it '), *[c for c, _ in found[1:]]])}"]
    causes = [] if only_own_set else [cause for _, cause in found]
    if extras:
        clause, cause = _added(extras)
        clauses, causes = [*clauses, clause], [*causes, cause]
    if not found and extras:
        clauses = clauses[1:]
    return Reading(like, scale, tuple(c.id for c in causes), tuple(clauses), tuple(causes))


def _coefficient(b: float) -> list[tuple[str, Cause]]:
    """What is wrong with the coefficient of the Hessian term, which is 1 for MAML."""
    if b == 1:
        return []
    if b == 0.5:
        return [("it is halved", HALVED)]
    if b == 2:
        return [("it counts twice", DOUBLED)]
    if b == -1:
        return [("it has the wrong sign", WRONG_SIGN)]
    if b < 0:
        return [(f"it has the wrong sign and is multiplied by {number(-b)}", WRONG_SIGN)]
    return [(f"it is multiplied by {number(b)}", OTHER_COEFFICIENT)]


# -- other sums --------------------------------------------------------------------------------------------------------
ADDED = Cause("terms_added", "Most likely gradients of several losses, or of several places, are added up.")
NO_OUTER_GRADIENT = Cause(
    "outer_gradient_missing", "Most likely the outer loss reaches the parameters through the inner gradients alone."
)
SUM_OF_OTHERS = Cause("other_sum", "")


def _added(extras: Sequence[tuple[Vector, float]]) -> tuple[str, Cause]:
    """What is in a sum besides, relative to the outer gradient."""
    words = [f"{_times(abs(c))}{v.words} is {'added' if c > 0 else 'subtracted'}" for v, c in extras]
    return listed(words), ADDED


def _without_gradient(found: Sum) -> Reading:
    """A sum that the outer gradient at the adapted parameters is no part of."""
    (v, c), *more = found.terms
    if not more and v.product is not None and v.product == USUAL and v.power == 1:
        clause = "the Hessian term alone is there: the outer gradient itself is missing"
        return Reading(algorithm("MAML"), -c, (NO_OUTER_GRADIENT.id,), (clause,), (NO_OUTER_GRADIENT,))
    words = [_times(abs(c)) + v.words for v, c in found.terms]
    signs = ["minus " if c < 0 else "plus " for _, c in found.terms]
    text = " ".join(sign + word for sign, word in zip(signs, words, strict=True)).removeprefix("plus ")
    return Reading(None, 1.0, (SUM_OF_OTHERS.id,), (f"it is {text}",), (SUM_OF_OTHERS,))


def _times(c: float) -> str:
    return "" if c == 1 else f"{number(c)} times "


def ratio(a: float, b: float) -> float:
    """a / b, as a fraction, where it is one but for the rounding of the division."""
    value = a / b
    near = float(Fraction(value).limit_denominator(LARGEST_DENOMINATOR))
    return near if math.isclose(near, value, rel_tol=FEW_ROUNDINGS) else value


def number(c: float) -> str:
    """A coefficient as a fraction, where it is one."""
    near = Fraction(c).limit_denominator(LARGEST_DENOMINATOR)
    return str(near) if float(near) == c and near.denominator not in (1, 2, 4, 5, 8, 10) else f"{c:.6g}"
