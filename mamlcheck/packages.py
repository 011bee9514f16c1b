"""Packages that can be called, as `mamlcheck.hunt("lemma_4_8")`, and are packages all the same.

`mamlcheck.hunt`, `mamlcheck.findings`, `mamlcheck.report` and `mamlcheck.claims` are folders. When something in such a
folder is imported first, Python puts the folder's module under its name into `mamlcheck`, in place of whatever was
there. So a function of the same name would be there or not; the module itself can be called at any time.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from types import ModuleType
from typing import Any

FUNCTION = "_called"
"""The name in a package under which `callable_package` notes which function is called."""


class CallablePackage(ModuleType):
    """A package whose call is a call of one of its functions, which is imported when it is called first."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    @property
    def __wrapped__(self) -> Any:
        """The function that is called."""
        module, name = vars(self)[FUNCTION]
        return getattr(importlib.import_module(module), name)

    @property
    def __signature__(self) -> inspect.Signature:
        """The function's, for editors and notebooks."""
        return inspect.signature(self.__wrapped__)


def callable_package(package: str, module: str, function: str) -> None:
    """Let a package be called: that calls the function of this name in `module`, a module of the package."""
    found = sys.modules[package]
    found.__class__ = CallablePackage
    setattr(found, FUNCTION, (module, function))
