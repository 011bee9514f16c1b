"""Elementary functions over float64 intervals, and doubles around flint `arb` numbers.

`crival` gives the tightest interval of doubles, correctly rounded (CORE-MATH). Where it has no wheel,
python-flint's Arb encloses each value at 64 bits and the bounds are rounded outward: slower, as rigorous.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import flint
import numpy as np

from mamlcheck.arithmetic.arrays import Doubles, Objects

try:
    import ival
except (ImportError, OSError):  # pragma: no cover  no wheel on this platform
    ival = None


ELEMENTS_PER_THREAD = 16384  # at least: 0.4 ms of work or more, so that the 0.1 ms of starting a thread are worth it
MOST_THREADS = 4


def elementary(name: str, low: Doubles, high: Doubles) -> tuple[Doubles, Doubles]:
    """Doubles (below, above) `name` over [low, high], elementwise.

    Not finite, on one side at least, where an end is NaN or the function leaves its domain or the range of
    doubles. Where an end is infinite the bounds mean nothing: the caller knows those elements.
    """
    if ival is None:
        return elementary_by_arb(name, low, high)
    shape = np.shape(low)
    low, high = (np.ascontiguousarray(a).reshape(-1) for a in (low, high))
    function = getattr(ival, name)
    workers = min(len(low) // ELEMENTS_PER_THREAD, _cores()) if len(low) >= 2 * ELEMENTS_PER_THREAD else 1
    if workers == 1:
        result = function(_interval(low, high))
        return result.lo.reshape(shape), result.hi.reshape(shape)
    # crival lets go of the interpreter while it runs. Elements are independent, so the parts change nothing;
    # threads that end with the call leave nothing behind for a fork to trip over.
    out_low, out_high = np.empty(len(low)), np.empty(len(low))

    def run(start: int, stop: int) -> None:
        result = function(_interval(low[start:stop], high[start:stop]))
        out_low[start:stop], out_high[start:stop] = result.lo, result.hi

    ends = [len(low) * k // workers for k in range(workers + 1)]
    with ThreadPoolExecutor(workers - 1) as pool:
        others = [pool.submit(run, a, b) for a, b in pairwise(ends[1:])]
        run(0, ends[1])
        for other in others:
            other.result()
    return out_low.reshape(shape), out_high.reshape(shape)


def _interval(low: Doubles, high: Doubles) -> ival.Interval:
    """`ival.Interval` of two arrays that are in order, without the pass that puts them so."""
    out = object.__new__(ival.Interval)
    out.lo, out.hi = low, high
    return out


def _cores() -> int:
    """Threads worth starting: the cores this process may use, at most MOST_THREADS."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_THREADS)


def elementary_by_arb(name: str, low: Doubles, high: Doubles) -> tuple[Doubles, Doubles]:
    """The same by python-flint, element by element."""
    values = np.empty(np.shape(low), dtype=object)
    with flint.ctx.workprec(64):
        values.ravel()[:] = [
            _arb_value(name, a, b) for a, b in zip(np.ravel(low).tolist(), np.ravel(high).tolist(), strict=True)
        ]
    return arb_bounds(values)


def _arb_value(name: str, low: float, high: float) -> flint.arb:
    x = flint.arb(low) if low == high else flint.arb(low).union(flint.arb(high))
    return getattr(x, name)()


def arb_bounds(values: Objects) -> tuple[Doubles, Doubles]:
    """Doubles below and above each element of an object array of `arb`; infinite where it is not finite."""
    pairs = [_double_bounds(v) for v in values.ravel()]
    low = np.array([p[0] for p in pairs], dtype=np.float64).reshape(values.shape)
    high = np.array([p[1] for p in pairs], dtype=np.float64).reshape(values.shape)
    return low, high


def _double_bounds(value: flint.arb) -> tuple[float, float]:
    if not value.is_finite():
        return -math.inf, math.inf
    low, high = value.lower(), value.upper()
    below, above = float(low), float(high)
    # float() of an arb is within one ulp of it; a step outward covers that unless the conversion was exact.
    if flint.arb(below) != low:
        below = math.nextafter(below, -math.inf)
    if flint.arb(above) != high:
        above = math.nextafter(above, math.inf)
    return below, above
