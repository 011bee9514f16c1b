"""HF-MAML: MAML with each Hessian-vector product replaced by a central difference of gradients over delta.

Source: equations (9)-(11). The difference is of the inner set or of a set of its own. Per-FedAvg (HF), with one
local step, is the same (Fallah, Mokhtari, Ozdaglar, "Personalized Federated Learning with Theoretical Guarantees",
NeurIPS 2020): clients are its tasks.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "HF-MAML"
ORDER = 3
ALIASES = ("Per-FedAvg (HF)",)
HESSIAN = "difference"
HESSIAN_ROLES = ("hessian", "inner")
VARIANT_OF = "MAML"


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
