"""On the line, the sign of the sum of two independent samples' noise tells little of either: 27/64 of its square.

With s = +-1 the sign of N_z + N_z' (one and the same sign wherever that is 0) and h = E_z' s, it says that the variance
of h is at most 27/64. d = (1 + h) / 2 is the degree of z in a graph that joins z and z' where s = 1, as a share of all,
so that this is Snijders' bound of the degree variance of a graph: 27/256. A proof for the graphs that occur here, which
is carried out in Rocq too (`proofs/rocq/Line.v`):

Let S be the samples with N >= 0 (with N > 0, where s = -1 for sums that are 0) and T the others: each two in S are
joined, no two in T are. Let p and q = 1 - p be their probabilities; p <= q, else take complements, which change no
variance. Let a(z) <= q be the probability of what z in S is joined to in T, so that d = p + a on S, and A the integral
of a over S. Then E d = p^2 + 2 A, and E d^2 is p^3 + 2 p A, the integral of a^2 over S, and the integral over z and z'
in S of the probability of what in T both are joined to. That probability is at most min(a, a'), and
min(a, a') - a a' / q = min(a, a') (1 - max(a, a') / q) is at most a (1 - a / q) and at most a' (1 - a' / q), thus at
most half of their sum. So the last integral is at most A^2 / q plus p / q of the integral of a (q - a), and with p <= q

    Var d <= p^3 + 2 p A + q A + A^2 / q - (p^2 + 2 A)^2.

With A = q t, 0 <= t <= p <= 1/2, the right side is concave in t. Its slope at t = p is (1 - p)^2 (1 - 4 p): for
p <= 1/4 it is largest there, p (1 - p)^3 <= 27/256. Its largest value over all t is (1 - p)^3 (1 + 4 p) / (12 - 16 p),
which is 27/256 at p = 1/4 and decreases from there to p = 1/2.
"""

from __future__ import annotations

import sympy
from sympy import Rational

from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, Expr, Language, Vector, is_zero
from mamlcheck.proof.axioms import Bound, Trials
from mamlcheck.proof.axioms.order_of_means import require_two_samples
from mamlcheck.proof.axioms.two_samples import noise

STATEMENT = (
    r"\mathbb{E}_z \|h - \mathbb{E}_z h\|^2 \le \tfrac{27}{64}, \quad h = \mathbb{E}_{z'} s, \; "
    r"s \text{ the unit vector along } N_z + N_{z'}, \; N_z = \nabla f_i(x, z) - \nabla f_i(x), \; d = 1"
)
SOURCE = (
    "Snijders 1981, The degree variance: an index of graph heterogeneity; a proof stands in this axiom's file. z and "
    "z' are drawn independently, with the same probabilities"
)


def conclude(
    x: Language, first: str, second: str, index: str, at: Vector, unit: Vector, line: Bound
) -> tuple[Expr, Expr, bool]:
    """E_z |h - E_z h|^2 <= 27/64 with h = E_z' s; `unit` is s, and the fact says that d <= 1."""
    require_two_samples(first, second)
    if at.depends & {first, second}:
        raise DoesNotApply(f"the point {at} depends on a sample")
    if not (is_zero(line.left - vocabulary.dimension(x)) and is_zero(line.right - 1)):
        raise DoesNotApply(f"the fact given says {line.left} <= {line.right}, not d <= 1")
    both = noise(x, index, at, first) + noise(x, index, at, second)
    atoms = [word[0] for word, c in unit.terms.items() if len(word) == 1 and c == 1]
    if len(unit.terms) != 1 or not atoms or atoms[0].kind != "direction" or atoms[0].inner != both:
        raise DoesNotApply(f"{unit} is not the unit vector along {both}")
    mean = x.mean_vector(second, unit)
    return x.mean(first, x.norm(mean - x.mean_vector(first, mean)) ** 2), Rational(27, 64), False


def trials(x: Language, index: str, u: Vector, v: Vector, w: Vector) -> Trials:
    """The noise at a point, on whichever instances are on a line."""
    task, line = vocabulary.TASK, Bound(vocabulary.dimension(x), sympy.Integer(1))
    first, second = vocabulary.SAMPLES
    if not u.depends & {first, second}:
        unit = x.direction(noise(x, task, u, first) + noise(x, task, u, second), f"s{len(x.named)}")
        yield first, second, task, u, unit, line
        yield second, first, task, u, unit, line
