"""Arrays of Arb's balls as bytes and back, to hand them from one process to another.

Midpoints survive exactly. A radius that is read back may be larger, by less than one part in 2**28: FLINT rounds it up.
"""

from __future__ import annotations

import pickle

import flint
import numpy as np

from mamlcheck.arithmetic.arrays import Objects


def packed(x: Objects) -> bytes:
    """The balls of an array; what is not finite is kept as nothing known."""
    balls = [_parts(ball) for ball in x.ravel().tolist()]
    return pickle.dumps((x.shape, balls))


def unpacked(data: bytes) -> Objects:
    """The array of `packed`, each ball at least as wide."""
    shape, balls = pickle.loads(data)
    out = np.empty(len(balls), dtype=object)
    out[:] = [_ball(parts) for parts in balls]
    return out.reshape(shape)


def _parts(ball: flint.arb) -> tuple[int, int, int, int] | None:
    if not ball.is_finite():
        return None
    mid, exponent = ball.mid().man_exp()
    radius, of_radius = ball.rad().man_exp()
    return int(mid), int(exponent), int(radius), int(of_radius)


def _ball(parts: tuple[int, int, int, int] | None) -> flint.arb:
    return flint.arb("nan") if parts is None else flint.arb(parts[:2], parts[2:])
