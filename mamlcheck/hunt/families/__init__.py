"""Structured families of instances to hunt in, one file each in this folder; this file says what one is and finds them.

A family fixes the form of its instances: how many samples and knots they have, and where knots may lie relative to the
points at which claims evaluate the tasks. The search chooses all numbers: a `Space` makes a block of instances of
points of the unit cube. A family file holds TITLE and `spaces(dimension)`; its place in the folder is its name. Nothing
is registered anywhere.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances

END_SHARE = 0.15  # each end of a range is returned for this share of the cube, so that a search can hit it exactly
PROBABILITY_GRID = 2.0**-44  # probabilities are multiples of it, so that they sum to exactly 1
MOST_COORDINATES = 256  # that a space may use


class Cube:
    """N points of the unit cube (N, size). Their coordinates are used up one after another, as numbers of some range.

    used: how many coordinates of each point have been used up.
    """

    def __init__(self, points: np.ndarray):
        self.points = points
        self.used = 0

    def __len__(self) -> int:
        return len(self.points)

    def uniform(self, *shape: int) -> np.ndarray:
        """The next coordinates, as they are in [0, 1] (N, *shape)."""
        count = int(np.prod(shape))
        taken = self.points[:, self.used : self.used + count]
        self.used += count
        return np.asarray(taken.reshape(len(self), *shape))

    def between(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Numbers in [low, high] (N, *shape); each end is returned for 15 % of the cube."""
        share = np.clip((self.uniform(*shape) - END_SHARE) / (1 - 2 * END_SHARE), 0, 1)
        return np.asarray(low + (high - low) * share)

    def share(self, *shape: int) -> np.ndarray:
        """Numbers in [2**-10, 1] (N, *shape); 1 is returned for 15 % of the cube."""
        clipped: np.ndarray = np.clip(self.uniform(*shape) / (1 - END_SHARE), 2.0**-10, 1)
        return clipped

    def scale(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Numbers from 2**low to 2**high, uniform in the exponent (N, *shape)."""
        return np.asarray(np.exp2(self.between(low, high, *shape)))

    def signed(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Numbers of either sign and of size 2**low to 2**high (N, *shape); 0 is returned for 15 % of the cube."""
        x = 2 * self.uniform(*shape) - 1
        size = np.clip((np.abs(x) - END_SHARE) / (1 - END_SHARE), 0, 1)
        return np.where(size > 0, np.sign(x) * np.exp2(low + (high - low) * size), 0.0)

    def probabilities(self, n: int) -> np.ndarray:
        """Probabilities (N, n) whose sum is exactly 1."""
        if n == 1:
            return np.ones((len(self), 1))
        weights = self.uniform(n) + 2.0**-10
        cuts = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        cuts = np.round(cuts[:, :-1] / PROBABILITY_GRID) * PROBABILITY_GRID
        edges = np.concatenate([np.zeros((len(self), 1)), cuts, np.ones((len(self), 1))], axis=1)
        return np.diff(edges, axis=1)


@dataclass(frozen=True)
class Space:
    """A part of a family whose instances all have one shape, so that they run as a block.

    build: makes a block of N instances of a `Cube` of N points. size: how many coordinates that uses. keeps: whether an
    instance without leading axes belongs to the family; it must still do so when it is simplified.
    """

    family: str
    name: str
    build: Callable[[Cube], Instances]
    size: int
    keeps: Callable[[Instances], bool]

    @classmethod
    def of(
        cls,
        family: str,
        name: str,
        build: Callable[[Cube], Instances],
        keeps: Callable[[Instances], bool] = lambda one: True,
    ) -> Space:
        """The space of the instances that `build` makes. How many coordinates that uses is found by trying it once."""
        probe = Cube(np.full((1, MOST_COORDINATES), 0.5))
        build(probe)
        return cls(family, name, build, probe.used, keeps)

    def instances(self, points: np.ndarray) -> Instances:
        """The instances at points of the unit cube (N, size)."""
        return self.build(Cube(points))

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"


def family_names() -> tuple[str, ...]:
    """Names of all families."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")))


def load_spaces(dimension: int, families: tuple[str, ...] = ()) -> tuple[Space, ...]:
    """The spaces in which the families named, or all of them, have instances of this dimension.

    Raises `InputError` for an unknown family, and where none of the families has instances of this dimension.
    """
    if type(dimension) is not int or dimension < 1:
        raise InputError(f"dimension = {dimension!r}: give an integer from 1 on")
    if isinstance(families, str):
        raise InputError(f"families = {families!r}: give a tuple of names, such as families=({families!r},)")
    known = family_names()
    for name in families:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise InputError(f"there is no family {name!r}.{hint} The families are: {', '.join(known)}")
    found: list[Space] = []
    for name in families or known:
        found += importlib.import_module(f"{__name__}.{name}").spaces(dimension)
    if not found:
        who = f"{', '.join(families)} has no" if families else "no family has"
        raise InputError(f"{who} instances in {dimension} dimensions: give a smaller --dim, or another --family")
    return tuple(found)


__all__ = ["Cube", "Space", "family_names", "load_spaces"]
