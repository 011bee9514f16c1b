"""Operations on values that have minus infinity in places: `MASKED`, beside those that move numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from mamlcheck.programs.building import Value
from mamlcheck.programs.composed.softmax import softmax
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._torch.calls import Call
from mamlcheck.programs.tracing._torch.masked import Masked, finite_part


def _hidden(call: Call, *parts: Any) -> np.ndarray:
    found = np.zeros(call.shape, dtype=bool)
    for part in parts:
        if isinstance(part, Masked):
            found = found | part.hidden
    return found


def _add(call: Call, x: Any, y: Any, alpha: float = 1) -> Masked:
    if alpha <= 0:
        raise CannotBeTraced("minus infinity is taken away, which makes it plus infinity")
    total = call.value(finite_part(x)) + alpha * call.value(finite_part(y))
    return Masked(total, _hidden(call, x, y))


def _product_beside(call: Call, mask: Any, x: Any, y: Any, beta: float = 1, alpha: float = 1) -> Masked:
    """beta mask + alpha x y, for matrices x and y."""
    if beta <= 0 or isinstance(x, Masked) or isinstance(y, Masked):
        raise CannotBeTraced("minus infinity is multiplied with what need not be > 0")
    return Masked(beta * mask.finite + alpha * (call.value(x) @ call.value(y)), _hidden(call, mask))


def _scaled(call: Call, x: Any, by: float, up: bool) -> Masked:
    if not (isinstance(x, Masked) and isinstance(by, (int, float)) and by > 0):
        raise CannotBeTraced("minus infinity is multiplied with what need not be > 0")
    return Masked(x.finite * by if up else x.finite / by, x.hidden)


def _mul(call: Call, x: Any, y: Any) -> Masked:
    return _scaled(call, *_number_last(x, y), up=True)


def _div(call: Call, x: Any, y: Any) -> Masked:
    return _scaled(call, *_number_last(x, y), up=False)


def _number_last(x: Any, y: Any) -> tuple[Any, Any]:
    """Of a factor that is one constant number, that number."""
    if isinstance(y, Value) and y.shape == () and y.node.operation == "constant":
        return x, float(y.node.settings[0].numbers)  # type: ignore[union-attr]
    return x, y


def _safe_softmax(call: Call, x: Any, dim: int, dtype: object = None) -> Value:
    """0 where all numbers are hidden."""
    return softmax(x.finite, dim, x.hidden)


def _softmax(call: Call, x: Any, dim: int, half_to_float: object = False) -> Value:
    if x.hidden.all(dim).any():
        raise CannotBeTraced("a softmax over nothing but minus infinity is no number")
    return softmax(x.finite, dim, x.hidden)


OPERATIONS: dict[str, Any] = {}
MASKED = {
    "add": _add,
    "baddbmm": _product_beside,
    "addmm": _product_beside,
    "mul": _mul,
    "div": _div,
    "_softmax": _softmax,
    "_safe_softmax": _safe_softmax,
}
