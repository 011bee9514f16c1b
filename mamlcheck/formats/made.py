"""Shape of what is said of the making of a report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Made:
    """When a report was made, as YYYY-MM-DD; of which commit, None where it is not known; and on which platform."""

    date: str
    commit: str | None
    platform: str


__all__ = ["Made"]
