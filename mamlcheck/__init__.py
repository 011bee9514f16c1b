"""mamlcheck: certified checks of the convergence theory of Model-Agnostic Meta-Learning (MAML).

    import mamlcheck
    instance = mamlcheck.instance("random-1/1/123")    # or a file
    print(mamlcheck.check_claim("lemma_4_8", instance))

`mamlcheck.strategies` has Hypothesis strategies for tasks and instances (extra `hypothesis`). The command `mamlcheck`
does the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mamlcheck.version import __version__

if TYPE_CHECKING:
    from mamlcheck import strategies
    from mamlcheck.api import Checked, check_claim, instance

__all__ = ["Checked", "__version__", "check_claim", "instance", "strategies"]


def __getattr__(name: str) -> Any:
    # SymPy and NumPy are imported when something is first used: `import mamlcheck` stays quick.
    if name in ("Checked", "check_claim", "instance"):
        from mamlcheck import api

        return getattr(api, name)
    if name == "strategies":
        return importlib.import_module("mamlcheck.strategies")
    raise AttributeError(f"module 'mamlcheck' has no attribute {name!r}")
