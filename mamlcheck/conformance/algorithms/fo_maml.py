"""FO-MAML: (1/B) sum_i grad f_i(w_i, outer), MAML without the Hessian.

Source: equation (8). Per-FedAvg (FO), with one local step, is the same (Fallah, Mokhtari, Ozdaglar, "Personalized
Federated Learning with Theoretical Guarantees", NeurIPS 2020): clients are its tasks.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "FO-MAML"
ORDER = 2
ALIASES = ("Per-FedAvg (FO)",)
HESSIAN = "none"
VARIANT_OF = "MAML"


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
