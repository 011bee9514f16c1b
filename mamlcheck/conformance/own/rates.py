"""Inner rates of an own problem as they are handed over: a number, one a parameter, or a list of these by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mamlcheck.conformance.data import real
from mamlcheck.conformance.own.frameworks import OwnModel
from mamlcheck.conformance.rates import Rates, rates_of
from mamlcheck.errors import InputError

WAYS = (
    "give a number >= 0, a dict with a number or an array for each parameter (with JAX, a pytree like the parameters), "
    "or a list with one of these for each inner step"
)


def read_rates(own: OwnModel, alpha: Any, steps: int) -> tuple[float, Rates | None]:
    """The inner rate, and what it is multiplied by, where that differs by step or parameter: the rate is 1 then.

    alpha: see `own_problem`. A pytree like the parameters is one, if it is a list as well. Raises `InputError`.
    """
    if not is_number(alpha):
        return _differing(own, alpha, steps)
    if not 0 <= real(alpha) < np.inf:
        raise InputError(f"alpha = {alpha!r}: give an inner rate >= 0")
    return real(alpha), None


def _differing(own: OwnModel, alpha: Any, steps: int) -> tuple[float, Rates | None]:
    by_parameter = _by_parameter(own, alpha)
    if by_parameter is not None:
        each = [by_parameter]
    elif isinstance(alpha, Sequence) or np.ndim(alpha) == 1:
        each = [_of_step(own, one, k) for k, one in enumerate(alpha)]
        if len(each) != steps:
            raise InputError(f"alpha has {len(each)} rates for {steps} inner steps: give one for each of them")
    else:
        raise InputError(f"alpha is a {type(alpha).__name__}: {WAYS}")
    if all((step == each[0]).all() for step in each):
        each = each[:1]
    first = float(each[0][0])
    if len(each) == 1 and (each[0] == first).all():
        if first < 0:
            raise InputError(f"alpha = {first!r} throughout: give an inner rate >= 0")
        return first, None  # one number throughout is the rate itself
    return 1.0, rates_of(each)


def _of_step(own: OwnModel, alpha: Any, step: int) -> np.ndarray:
    if is_number(alpha):
        return _filled(own, f"alpha[{step}]", [(name, alpha) for name in own.parameters])
    found = _by_parameter(own, alpha)
    if found is None:
        raise InputError(f"alpha[{step}] is a {type(alpha).__name__}: {WAYS}")
    return found


def _by_parameter(own: OwnModel, alpha: Any) -> np.ndarray | None:
    """The rates by parameter (n,); None for what is no rates by parameter. Raises `InputError` for wrong names."""
    found = own.named(alpha)
    if not isinstance(found, Mapping):
        return None
    missing = [name for name in own.parameters if name not in found]
    extra = [str(name) for name in found if name not in own.parameters]
    if missing or extra:
        said = f"{missing[0]!r} is missing" if missing else f"{extra[0]!r} is no parameter that is learnt"
        raise InputError(f"alpha: {said}; give a rate for each of {', '.join(own.parameters)}")
    return _filled(own, "alpha", [(name, found[name]) for name in own.parameters])


def _filled(own: OwnModel, what: str, rates: Sequence[tuple[str, Any]]) -> np.ndarray:
    parts = []
    for name, rate in rates:
        wanted, value = own.parameters[name].shape, _array(rate)
        if value is None or value.shape not in ((), wanted):
            raise InputError(f"{what}: the rate of {name!r} is to be a number, or an array of its shape {wanted}")
        if not np.isfinite(value).all():
            raise InputError(f"{what}: the rate of {name!r} is not finite")
        parts.append(np.broadcast_to(value, wanted).ravel())
    return np.concatenate(parts)


def _array(rate: Any) -> np.ndarray | None:
    """A number or an array in doubles, exactly as it is; None for what is none."""
    if hasattr(rate, "detach"):
        rate = rate.detach().cpu().double().numpy()
    try:
        found = np.asarray(rate)
        return np.asarray(found, dtype=np.float64) if found.dtype.kind in "fiuV" else None
    except (TypeError, ValueError):
        return None


def is_number(alpha: Any) -> bool:
    """Whether it is meant as one number: whatever has no parts."""
    return not isinstance(alpha, (Mapping, list, tuple)) and not np.ndim(_plain(alpha)) and not _has_parts(alpha)


def _plain(alpha: Any) -> Any:
    return alpha.detach().cpu() if hasattr(alpha, "detach") else alpha


def _has_parts(alpha: Any) -> bool:
    """Whether it is a pytree, such as a module of Equinox: neither a number nor text."""
    return not hasattr(alpha, "__float__") and not isinstance(alpha, str)
