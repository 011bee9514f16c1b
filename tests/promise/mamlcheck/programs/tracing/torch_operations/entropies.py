"""Entropies, elementwise."""

from __future__ import annotations

from typing import Any

from mamlcheck.programs.building import Value
from mamlcheck.programs.tracing._torch.calls import Call


def _entropy(call: Call, x: Any) -> Value:
    """-x log x, for x > 0."""
    return -(call.value(x) * call.value(x).log())


OPERATIONS = {"special_entr": _entropy}
