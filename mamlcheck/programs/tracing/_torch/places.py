"""Whose line of code an operation comes from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import torch

OURS = str(Path(__file__).parents[3])
TORCH = str(Path(torch.__file__).parent)


def place() -> str:
    """The innermost line that is neither PyTorch's nor this package's, as 'model.py:12'; '' if there is none."""
    for frame in _frames():
        name = frame.f_code.co_filename
        if not name.startswith((OURS, TORCH, "<")):
            return f"{Path(name).name}:{frame.f_lineno}"
    return ""


def in_own_derivative() -> bool:
    """Whether this runs in the forward pass of a `torch.autograd.Function`, whose derivative is code of its own."""
    return any(
        frame.f_code.co_name == "apply" and frame.f_code.co_filename.endswith("autograd/function.py")
        for frame in _frames()
    )


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back
