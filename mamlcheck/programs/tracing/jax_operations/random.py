"""Random numbers: refused, whatever they are used for, if the loss depends on them."""

from __future__ import annotations

from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._jax.lowering import RANDOM, Equation, Item, marked


def refused(equation: Equation, *inputs: Item) -> Item:
    """Raises the sentence."""
    at = f" at {equation.builder.place}" if equation.builder.place else ""
    raise CannotBeTraced(RANDOM.format(f"jax's `{equation.name}`{at}"))


NAMES = (
    "random_bits", "random_seed", "random_wrap", "random_unwrap", "random_split", "random_fold_in", "random_clone",
    "random_gamma", "threefry2x32", "rng_uniform", "rng_bit_generator",
)  # fmt: skip
OPERATIONS = {name: marked(refused, "nested") for name in NAMES}
