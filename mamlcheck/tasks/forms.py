"""Forms of an expression: an equal one that overflows no more than it must and costs least.

SymPy's rewriting finds them; how long that would take is estimated before. This module knows nothing of
losses.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from mamlcheck.tasks.expression import variable
from mamlcheck.tasks.program import compile_expression

if TYPE_CHECKING:
    import sympy

__all__ = ["depth", "good_form", "nodes"]

MOST_TERMS = 1_000  # of an expanded numerator and denominator


def good_form(expression: sympy.Expr) -> sympy.Expr:
    """An equal expression that overflows no more than it must and costs least, out of a few general
    rewritings.
    """
    base = _by_tanh(expression)
    quotients = _exp_by_quotients(base)
    starts = dict.fromkeys((base, _exp_by_tanh(base), quotients, _exp_by_tanh(quotients)))
    candidates = [form for e in starts for form in _rational_forms(e)]
    return min(dict.fromkeys([*candidates, base, expression]), key=_badness)  # the first of equals


def nodes(e: Any) -> int:
    """How many parts an expression has."""
    import sympy

    return sum(1 for _ in sympy.preorder_traversal(e))


def depth(e: Any) -> int:
    """How deep its parts are nested."""
    return 1 + max(map(depth, e.args), default=0)


def _badness(e: Any) -> tuple[int, int]:
    return _hazards(e), compile_expression([e], variable()).cost


def _hazards(e: Any) -> int:
    """How many parts can overflow, or divide by a number that rounds to 0, while the whole stays of moderate size."""
    import sympy

    found = 0
    for node in sympy.preorder_traversal(e):
        if isinstance(node, (sympy.sinh, sympy.cosh)):
            found += 1
        elif isinstance(node, sympy.exp):
            found += not _bounded_above(node.args[0])
        elif node.is_Pow and node.exp.is_negative and (node.base.has(sympy.tanh) or _may_underflow(node.base)):
            found += 1
    return found


def _may_underflow(e: Any) -> bool:
    """Whether it is a sum of multiples of exponentials, which rounds to 0 where all of them are small."""
    import sympy

    return bool(e.is_Add and all(any(f.has(sympy.exp) for f in sympy.Mul.make_args(term)) for term in e.args))


def _is_short_polynomial(e: Any) -> bool:
    """Whether it is a polynomial in t that is quickly multiplied out."""
    return bool(e.is_polynomial(variable())) and _expanded_terms(e) <= MOST_TERMS


def _bounded_above(e: Any) -> bool:
    """Whether the leading term of a polynomial in t is negative; False for other expressions."""
    import sympy

    if not _is_short_polynomial(e):
        return False
    polynomial = sympy.Poly(e, variable())
    return bool(polynomial.degree() % 2 == 0 and polynomial.LC().is_negative)


def _by_tanh(e: Any) -> Any:
    """Sinh = tanh cosh, and 1/cosh^2 = 1 - tanh^2."""
    import sympy

    if not e.has(sympy.sinh, sympy.cosh):
        return e
    e = e.replace(sympy.sinh, lambda x: sympy.tanh(x) * sympy.cosh(x))
    return e.replace(
        lambda node: node.is_Pow and isinstance(node.base, sympy.cosh) and node.exp.is_even and node.exp.is_negative,
        lambda node: (1 - sympy.tanh(node.base.args[0]) ** 2) ** (-node.exp / 2),
    )


def _exp_by_tanh(e: Any) -> Any:
    """exp(x) = (1 + tanh(x/2)) / (1 - tanh(x/2)) where x is linear in t: rational functions of exp lose
    overflow. One tanh serves all multiples of one x, of the x that rises.
    """
    import sympy

    t = variable()
    linear = [
        node for node in e.atoms(sympy.exp) if _is_short_polynomial(node.args[0]) and sympy.degree(node.args[0], t) == 1
    ]
    if any(node.args[0].has(sympy.exp) for node in e.atoms(sympy.exp)):
        return e  # exp(-exp(t)): a quotient inside would hide what cancels
    units: list[Any] = []  # an argument for each family of multiples
    for x in sorted((node.args[0] for node in linear), key=sympy.default_sort_key):
        for k, unit in enumerate(units):
            ratio = sympy.cancel(x / unit)
            if ratio.is_Rational:
                units[k] = unit / ratio.q
                break
        else:
            units.append(-x if x.coeff(t).is_negative else x)

    def in_tanh(node: Any) -> Any:
        for unit in units:
            ratio = sympy.cancel(node.args[0] / unit)
            if ratio.is_Integer:
                half = sympy.tanh(unit / 2)
                return ((1 + half) / (1 - half)) ** ratio
        return node

    return e.replace(lambda node: node in linear, in_tanh) if linear else e


def _exp_by_quotients(e: Any) -> Any:
    """Where exp(p), exp(q), ... occur as quotients only, as those of log(exp(p) + exp(q)) do: by exp(p - q)."""
    import sympy

    exps = [node for node in e.atoms(sympy.exp) if _is_short_polynomial(node.args[0])]
    if len(exps) < 2:
        return e
    exps.sort(key=sympy.default_sort_key)
    differences = {k: [sympy.expand(x.args[0] - k.args[0]) for x in exps if x is not k] for k in exps}
    most = max(exps, key=lambda k: sum(map(_bounded_above, differences[k])))
    unit = sympy.Dummy("unit")
    scaled = e.xreplace({x: unit * sympy.exp(sympy.expand(x.args[0] - most.args[0])) for x in exps})
    parts = sorted(scaled.atoms(sympy.Function), key=sympy.default_sort_key)
    kernels = {part: sympy.Dummy(f"k{k}") for k, part in enumerate(parts)}
    plain = scaled.xreplace(kernels)
    symbols = plain.free_symbols
    if not plain.is_rational_function(*symbols) or _expanded_terms(plain) > MOST_TERMS:
        return e
    cancelled = sympy.cancel(plain)
    if unit in cancelled.free_symbols:
        return e
    return cancelled.xreplace({symbol: node for node, symbol in kernels.items()})


def _rational_forms(e: Any) -> list[Any]:
    """Forms of e as a rational function of its transcendental parts: factored, cancelled, partial
    fractions.
    """
    import sympy

    parts = sorted(e.atoms(sympy.Function), key=sympy.default_sort_key)
    kernels = {part: sympy.Dummy(f"k{k}") for k, part in enumerate(parts)}
    plain = e.xreplace(kernels)  # from the outside in: what stands inside another function stays there
    symbols = plain.free_symbols
    if not symbols or not plain.is_rational_function(*symbols) or _expanded_terms(plain) > MOST_TERMS:
        return []
    names = {symbol: node for node, symbol in kernels.items()}
    cancelled = sympy.cancel(plain)
    forms = [sympy.factor(cancelled), cancelled]
    if cancelled.is_polynomial():
        forms.append(sympy.horner(cancelled))
    elif len(symbols) == 1:
        apart = sympy.apart(cancelled, next(iter(symbols)))
        forms = [
            _by_reciprocal(apart),
            apart,
            *forms,
        ]  # one reciprocal, its powers shared with other derivatives
    return [form.xreplace(names) for form in forms]


def _expanded_terms(e: Any) -> int:
    """About how many terms SymPy's `cancel` and `factor` handle, which find that out too late: those of the
    numerator and the denominator over one denominator, and of each power that is multiplied out.
    """
    above, below = _degrees(e)
    most = math.prod(d + 1 for d in above.values()) + math.prod(d + 1 for d in below.values())
    for node in e.atoms(_power_class()):
        if node.exp.is_Integer and node.base.is_Add:
            terms = math.prod(d + 1 for d in _degrees(node.base)[0].values())
            most = max(most, math.comb(terms + abs(int(node.exp)) - 1, abs(int(node.exp))))
    return most


def _power_class() -> Any:
    import sympy

    return sympy.Pow


def _degrees(e: Any) -> tuple[Counter[Any], Counter[Any]]:
    """Degrees of the numerator and the denominator in each symbol, without any cancellation."""
    if e.is_Symbol:
        return Counter({e: 1}), Counter()
    if e.is_Pow and e.exp.is_Integer:
        above, below = (Counter({s: d * abs(int(e.exp)) for s, d in part.items()}) for part in _degrees(e.base))
        return (above, below) if e.exp > 0 else (below, above)
    parts = [_degrees(part) for part in e.args]
    below = sum((b for _, b in parts), Counter())
    if e.is_Mul:
        return sum((a for a, _ in parts), Counter()), below
    above = Counter()
    for a, b in parts:
        above |= a + (below - b)
    return above, below


def _by_reciprocal(e: Any) -> Any:
    """A sum of powers of one reciprocal, by Horner's rule in it."""
    import sympy

    bases = {node.base for node in e.atoms(sympy.Pow) if node.exp.is_Integer and node.exp.is_negative}
    if len(bases) != 1 or not e.is_Add:
        return e
    base, q = bases.pop(), sympy.Dummy("q")
    polynomial = e.replace(lambda n: n.is_Pow and n.base == base and n.exp.is_negative, lambda n: q**-n.exp)
    return sympy.factor(polynomial).xreplace({q: 1 / base})
