"""mamlcheck: certified checks of the convergence theory of Model-Agnostic Meta-Learning (MAML).

    import mamlcheck
    instance = mamlcheck.instance("random-2/1/123")    # or a file
    print(mamlcheck.check_claim("lemma_4_8", instance))

docs/public-api.md lists what is stable, which is what `dir(mamlcheck)` shows. The command `mamlcheck` does the same.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mamlcheck.version import __version__

if TYPE_CHECKING:
    from mamlcheck import strategies
    from mamlcheck.api import brackets, plan, prove, run
    from mamlcheck.check.checked import Checked, check_claim
    from mamlcheck.claims import claims
    from mamlcheck.conformance import conform, identify, own_problem, watch, what_is
    from mamlcheck.findings import findings
    from mamlcheck.hunt.search import hunt
    from mamlcheck.record.sources import instance
    from mamlcheck.report.making import report

__all__ = [
    "Checked", "__version__", "brackets", "check_claim", "claims", "conform", "findings", "hunt", "identify",
    "instance", "own_problem", "plan", "prove", "report", "run", "strategies", "watch", "what_is",
]  # fmt: skip

# Where each name is found, when it is first used: SymPy and NumPy take a second to import, and `import mamlcheck` none.
_FUNCTIONS = {
    "Checked": ("mamlcheck.check.checked", "Checked"),
    "brackets": ("mamlcheck.api", "brackets"),
    "check_claim": ("mamlcheck.check.checked", "check_claim"),
    "conform": ("mamlcheck.conformance", "conform"),
    "identify": ("mamlcheck.conformance", "identify"),
    "instance": ("mamlcheck.record.sources", "instance"),
    "own_problem": ("mamlcheck.conformance", "own_problem"),
    "plan": ("mamlcheck.api", "plan"),
    "prove": ("mamlcheck.api", "prove"),
    "run": ("mamlcheck.api", "run"),
    "watch": ("mamlcheck.conformance", "watch"),
    "what_is": ("mamlcheck.conformance", "what_is"),
}
_MODULES = ("claims", "findings", "hunt", "report", "strategies")  # all but the last can be called: see packages.py


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        module, function = _FUNCTIONS[name]
        return getattr(importlib.import_module(module), function)
    if name in _MODULES:
        return importlib.import_module(f"mamlcheck.{name}")
    raise AttributeError(f"module 'mamlcheck' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
