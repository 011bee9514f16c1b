"""What is true of a planted variant, as plain data, and how all variants are found.

A variant is a module-level name of a file `FRAMEWORK_KIND.py` of this folder. It is written from a description of what
people get wrong, before any diagnosis that is to name it, so that the corpus measures the diagnosis and is not fitted
to it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from complex_steps import Oracle

FOLDER = Path(__file__).parent
FRAMEWORKS = ("torch", "jax", "numpy")
# What takes long has to be asked for: JAX compiles each variant anew on each problem, two minutes in all, and to have
# all variants judged takes ten.
ASKED = bool(os.environ.get("MAMLCHECK_VARIANTS"))
TRIED = FRAMEWORKS if ASKED else tuple(f for f in FRAMEWORKS if f != "jax")
WRONG_KINDS = (
    "hessian",
    "tensor",
    "sample",
    "task",
    "step",
    "two",
    "declared",
    "precision",
    "state",
    "blind",
    "blindloops",
)
PACKAGES = ("higher", "torchopt", "learn2learn", "flax", "equinox", "optax")  # each has a kind of its own
RIGHT_KINDS = ("right", "unusual", *PACKAGES)

Truth = Callable[[Oracle], np.ndarray | tuple[np.ndarray, np.ndarray]]

# The directions have some 30 components and few operations: float64 is good to some 1e-14 of their norm, float32 to
# some 1e-8 where a part of the computation is rounded to it. The first bound leaves room above the one, the second
# below the other.
ROUNDING = 1e-12
LEAST_DEFECT = 1e-9


@dataclass(frozen=True)
class Variant:
    """An implementation, and what is true of it.

    make: the subject. wrong: what it does wrong, in words; "" for a right one. must_say: regular expressions, each of
    which has to occur in the sentence of a right diagnosis. must_not_say: those that would be untrue. found: the
    algorithm that has to be named, where there is one beyond dispute. truth: its direction by an oracle that shares
    nothing with it, or those of a first and a second call. within: how far, relative to its norm, the direction may be
    from the truth; more than rounding where it is computed in a coarser precision.
    """

    make: Callable[..., object]
    wrong: str
    must_say: tuple[str, ...]
    must_not_say: tuple[str, ...]
    found: str | None
    truth: Truth
    within: float = ROUNDING


@dataclass(frozen=True)
class Named:
    """A variant with its place: the framework, the kind, and its name there."""

    framework: str
    kind: str
    name: str
    variant: Variant

    @property
    def id(self) -> str:
        """Unique among all variants."""
        return f"{self.framework}-{self.kind}-{self.name}"


def wrong(
    said: str,
    make: Callable[..., object],
    truth: Truth,
    must_say: tuple[str, ...],
    must_not_say: tuple[str, ...] = (),
    found: str | None = None,
    within: float = ROUNDING,
) -> Variant:
    """A wrong variant; whatever it is, it must not be called what it was declared to be."""
    return Variant(make, said, must_say, ("as declared", *must_not_say), found, truth, within)


def right(make: Callable[..., object], truth: Truth, within: float = ROUNDING) -> Variant:
    """A right variant: its algorithm, as declared."""
    return Variant(make, "", ("as declared",), (), make.mamlcheck.algorithm, truth, within)  # type: ignore[attr-defined]


def says(pattern: str, sentence: str) -> bool:
    """Whether a regular expression occurs in a sentence, in capital letters or not, over line ends."""
    return re.search(pattern, sentence, re.IGNORECASE | re.DOTALL) is not None


def all_variants(
    kinds: tuple[str, ...] = WRONG_KINDS + RIGHT_KINDS, frameworks: tuple[str, ...] = FRAMEWORKS
) -> list[Named]:
    """The variants of these kinds, in order of files and lines, for which framework and package are installed."""
    found = []
    for framework in frameworks:
        for kind in kinds:
            if installed(framework, kind) and (FOLDER / f"{framework}_{kind}.py").is_file():
                module = vars(importlib.import_module(f"{framework}_{kind}"))
                found += [Named(framework, kind, k, v) for k, v in module.items() if isinstance(v, Variant)]
    return found


def installed(framework: str, kind: str) -> bool:
    """Whether the framework is there, and the package that variants of this kind use."""
    return all(importlib.util.find_spec(name) is not None for name in (framework, *({kind} & {*PACKAGES})))
