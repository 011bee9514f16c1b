"""Pieces of work for engines, in a module that worker processes find."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def killed_once(mark: str) -> int:
    """Kills the worker that does it, the first time; then its process."""
    if not os.path.exists(mark):
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def killed_always(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def reciprocal(piece: int) -> float:
    return 1 / piece
