"""The exceptions mamlcheck raises on purpose.

Each message says what was given, what is allowed, and what to do next.
"""

from __future__ import annotations

__all__ = ["InputError", "MamlcheckError", "MissingExtra", "TooManyBatches", "VersionClash"]


class MamlcheckError(Exception):
    """Base of every error that mamlcheck raises on purpose."""


class InputError(MamlcheckError, ValueError):
    """Something given by the caller cannot be used."""


class TooManyBatches(InputError):  # noqa: N818 - reads as what it says
    """An expectation over batches has more terms than can be enumerated."""


class MissingExtra(MamlcheckError, ImportError):  # noqa: N818 - reads as what it says
    """An optional dependency is not installed: `package` is its name, `extra` the extra that brings it."""

    def __init__(self, package: str, extra: str):
        super().__init__(f"{package} is not installed: run `pip install 'mamlcheck[{extra}]'`")
        self.package = package
        self.extra = extra

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        # A pickled exception is rebuilt from `args`, which hold the message: give back what __init__ takes,
        # so that it survives the way home from a worker process.
        return type(self), (self.package, self.extra)


class VersionClash(MamlcheckError, ImportError):  # noqa: N818 - reads as what it says
    """An optional dependency is installed in a version that does not do, or cannot be imported as it is installed."""
