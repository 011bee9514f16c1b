"""Models of JAX: a function model(parameters, x) with any pytree of parameters, a Flax or an Equinox module."""

from __future__ import annotations

import sys
from typing import Any

from mamlcheck.conformance.own.frameworks import OwnModel


def holds(model: Any, parameters: Any) -> bool:
    """Whether JAX is in use, and the model can be called."""
    return "jax" in sys.modules and callable(model)


def opened(model: Any, parameters: Any = None) -> OwnModel:
    """A model with its parameters in double precision."""
    raise NotImplementedError
