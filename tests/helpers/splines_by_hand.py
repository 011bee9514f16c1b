"""Functions of one variable by their second derivative, linear between knots: by definition, apart from the package."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Spline:
    """f'' takes `bends` at `knots` and is constant outside; f'(0) = pull, f(0) = 0."""

    knots: tuple[Fraction | int, ...]
    bends: tuple[Fraction | int, ...]
    pull: Fraction | int

    def bend(self, t: Fraction) -> Fraction:
        """f''(t), by linear interpolation."""
        if t <= self.knots[0] or t >= self.knots[-1]:
            return Fraction(self.bends[0] if t <= self.knots[0] else self.bends[-1])
        k = max(j for j in range(len(self.knots)) if self.knots[j] <= t)
        share = Fraction(t - self.knots[k]) / (self.knots[k + 1] - self.knots[k])
        return self.bends[k] + share * (self.bends[k + 1] - self.bends[k])

    def _cuts(self, t: Fraction) -> list[Fraction]:
        low, high = min(Fraction(0), t), max(Fraction(0), t)
        return [low, *(Fraction(k) for k in self.knots if low < k < high), high]

    def slope(self, t: Fraction) -> Fraction:
        """f'(t), by the trapezoidal rule between the knots, which is exact for lines."""
        area = sum((b - a) * (self.bend(a) + self.bend(b)) / 2 for a, b in itertools.pairwise(self._cuts(t)))
        return self.pull + (area if t >= 0 else -area)

    def value(self, t: Fraction) -> Fraction:
        """f(t), by Simpson's rule between the knots, which is exact for parabolas."""
        area = sum(
            (b - a) * (self.slope(a) + 4 * self.slope((a + b) / 2) + self.slope(b)) / 6
            for a, b in itertools.pairwise(self._cuts(t))
        )
        return area if t >= 0 else -area
