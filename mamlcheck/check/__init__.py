"""Verdicts, the runner and the sweeps.

The package shares its name with the function `mamlcheck.check(claim, instance)`. Importing any module of it
puts the package in the function's place, so the package can be called too, and both names mean what they say.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mamlcheck.api import Checked
    from mamlcheck.claims import Claim
    from mamlcheck.meta.instance import Instances


class _CallableModule(ModuleType):
    def __call__(self, claim: str | Claim, instance: Instances, everywhere: bool = False) -> Checked:
        """`mamlcheck.api.check`: judge one claim on one instance by rigorous arithmetic."""
        from mamlcheck import api

        return api.check(claim, instance, everywhere)


sys.modules[__name__].__class__ = _CallableModule
