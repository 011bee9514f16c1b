"""Arithmetic on pairs of float64 arrays: the numbers high + low, where |low| is at most half a unit of high.

Error-free transformations (Knuth; Dekker, "A Floating-Point Technique for Extending the Available Precision",
Numerische Mathematik 18, 1971). Sums and products of pairs are those of Joldes, Muller and Popescu, "Tight and
Rigorous Error Bounds for Basic Building Blocks of Double-Word Arithmetic" (ACM TOMS 44, 2017). With u = 2**-53, as long
as nothing overflows and no low part is below the normal range, relative errors are at most 3 u^2 / (1 - 4 u) in a sum
(algorithm 6). A product's is below 6 u^2, and a quotient's below 16 u^2 (algorithms 10 and 16, with at most u^2 more
for each product of low parts that is left out). What is not finite has the low part 0.

Matrix products are sums of products that BLAS forms without an error (Ozaki, Ogita, Oishi and Rump, "Error-free
transformations of matrix multiplication by using fast routines of matrix multiplication and its applications",
Numerical Algorithms 59, 2012).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mamlcheck.arithmetic.arrays import Doubles, Integers

Pair: TypeAlias = tuple[Doubles, Doubles]
Kernel: TypeAlias = Callable[[Doubles, Doubles, Doubles, Doubles], Pair]

BLOCK = 8192  # numbers that are worked on at a time: the few dozen arrays that this takes stay in the cache
MANTISSA = 53
_LOWER_HALF = np.int64(1 << 26)  # half a unit of the last of 26 bits
_UPPER_BITS = np.int64(-1 << 27)


def in_blocks(kernel: Kernel, a: Pair, b: Pair) -> Pair:
    """A kernel of two pairs over arrays that broadcast; large ones block by block."""
    shape = np.broadcast_shapes(a[0].shape, b[0].shape)
    size = math.prod(shape)
    if size <= BLOCK:
        high, low = kernel(*a, *b)
        return np.asarray(high), np.asarray(low)
    ah, al, bh, bl = (np.broadcast_to(x, shape).reshape(-1) for x in (*a, *b))
    high, low = np.empty(size), np.empty(size)
    for start in range(0, size, BLOCK):
        here = slice(start, start + BLOCK)
        high[here], low[here] = kernel(ah[here], al[here], bh[here], bl[here])
    return high.reshape(shape), low.reshape(shape)


def two_sum(a: Doubles, b: Doubles) -> Pair:
    """The sum rounded, and what it is off by: together they are a + b."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def renewed(high: Doubles, low: Doubles) -> Pair:
    """The pair for high + low, where |high| >= |low|, or high is 0 (Dekker's sum).

    Where something infinite went into the rest, as in a / inf or in a product that overflows, it is NaN: high is right.
    """
    s = high + low
    rest = low - (s - high)
    if not math.isfinite(np.add.reduce(rest, axis=None)):
        s = np.where(np.isnan(low), high, s)
        rest = np.where(np.isfinite(s) & np.isfinite(rest), rest, 0.0)
    return s, rest


def two_product(a: Doubles, b: Doubles) -> Pair:
    """The product rounded, and what it is off by."""
    p = a * b
    ah, bh = _upper(a), _upper(b)
    al, bl = a - ah, b - bh
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def _upper(a: Doubles) -> Doubles:
    """Rounded to 26 bits, in integers, which cannot overflow where Dekker's product with 2**27 + 1 would."""
    bits = np.ascontiguousarray(a).view(np.int64)
    return ((bits + _LOWER_HALF) & _UPPER_BITS).view(np.float64).reshape(a.shape)


def added(ah: Doubles, al: Doubles, bh: Doubles, bl: Doubles) -> Pair:
    """a + b."""
    s, e = two_sum(ah, bh)
    t, f = two_sum(al, bl)
    s, e = renewed(s, e + t)
    return renewed(s, e + f)


def subtracted(ah: Doubles, al: Doubles, bh: Doubles, bl: Doubles) -> Pair:
    """a - b."""
    return added(ah, al, -bh, -bl)


def multiplied(ah: Doubles, al: Doubles, bh: Doubles, bl: Doubles) -> Pair:
    """a * b."""
    p, e = two_product(ah, bh)
    return renewed(p, e + (ah * bl + al * bh))


def divided(ah: Doubles, al: Doubles, bh: Doubles, bl: Doubles) -> Pair:
    """a / b: the quotient of the high parts, and that of what is left."""
    q = np.asarray(ah / bh)
    p, e = two_product(q, bh)
    left = (ah - p) - e + al - q * bl
    return renewed(q, left / bh)


def root(ah: Doubles, al: Doubles) -> Pair:
    """The square root, by one step of Newton's method from that of the high part; 0 has the root 0."""
    r = np.sqrt(ah)
    p, e = two_product(r, r)
    left = (ah - p) - e + al
    return renewed(r, np.where(r > 0, left / np.where(r > 0, 2 * r, 1.0), 0.0))


# -- sums and products along axes --------------------------------------------------------------------------------------
def summed(high: Doubles, low: Doubles) -> Pair:
    """The sum over the last axis, off by at most about 2 n u^2 times the largest |term|, of n < 2**26 terms.

    Each term is cut into two parts of so few bits that the sums of the parts have no error, and a rest below
    2**(-2 bits) of the largest: the sum of the rests is off by n u times that.
    """
    length = high.shape[-1]
    if length == 0:
        return np.zeros(high.shape[:-1]), np.zeros(high.shape[:-1])
    bits = MANTISSA - math.ceil(math.log2(length)) - 1
    high, low, exponents = _scaled(high, low, -1)
    parts, rests = _cut(high, low, bits, 2)
    total, off = two_sum(*(part.sum(-1) for part in parts))
    return _unscaled(*renewed(total, off + rests[-1].sum(-1)), exponents[..., 0])


def product(a: Pair, b: Pair) -> Pair:
    """The matrix product, off by at most about 2 k^2 u^2 times the largest of a row and of a column, of k terms.

    With rows and columns scaled to below 1, a is cut into parts of so few bits that k products of two of them add up
    without an error, and b likewise: a = a1 + a2 + .. + as + rest. Products of parts ai bj are formed as far as
    i + j <= s + 1, exactly; what is left, ai times the rest of b after its first s + 1 - i parts, and the rest of a
    times b, are so small that doubles suffice.
    """
    terms = a[0].shape[-1]
    if terms == 0:
        nothing = np.matmul(a[0], b[0])
        return nothing, nothing
    bits = (MANTISSA - math.ceil(math.log2(terms))) // 2
    count = math.ceil(MANTISSA / bits)
    ah, al, rows = _scaled(*a, -1)
    bh, bl, columns = _scaled(*b, -2)
    ours, our_rests = _cut(ah, al, bits, count)
    theirs, their_rests = _cut(bh, bl, bits, count)
    low = np.matmul(our_rests[count], bh)
    for i in range(count):
        low += np.matmul(ours[i], their_rests[count - i])
    high = np.matmul(ours[0], theirs[0])
    for both in range(1, count):
        for i in range(both + 1):
            high, off = two_sum(high, np.matmul(ours[i], theirs[both - i]))
            low += off
    return _unscaled(*renewed(high, low), rows + columns)


def _scaled(high: Doubles, low: Doubles, axis: int) -> tuple[Doubles, Doubles, Integers]:
    """Pairs divided by powers of 2, so that along an axis the largest is below 1, and the exponents of these."""
    largest = np.abs(high).max(axis=axis, keepdims=True)
    exponents = np.maximum(np.frexp(largest)[1], -1000)  # 2**1000 is a double, the inverse of the smallest double not
    factors = np.ldexp(1.0, -exponents)
    return high * factors, low * factors, exponents


def _unscaled(high: Doubles, low: Doubles, exponents: Integers) -> Pair:
    return np.ldexp(high, exponents), np.ldexp(low, exponents)


def _cut(high: Doubles, low: Doubles, bits: int, count: int) -> tuple[list[Doubles], list[Doubles]]:
    """Pairs below 1 as parts: the k-th a multiple of 2**(-k bits), below 2**(bits) of these; and the rests after each.

    The rests begin with that after none, the high part. To add 1.5 * 2**52 units and subtract them rounds to the unit.
    """
    parts, rests = [], [high]
    for k in range(1, count + 1):
        anchor = 1.5 * math.ldexp(1.0, MANTISSA - 1 - k * bits)
        part = (high + anchor) - anchor
        high, low = two_sum(high - part, low)
        parts.append(part)
        rests.append(high)
    return parts, rests
