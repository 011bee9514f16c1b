"""The Python interface in a few functions: get an instance, check a claim on it, read both sides.

import mamlcheck
instance = mamlcheck.instance("random-1/1/123")
print(mamlcheck.check_claim("lemma_4_8", instance))
"""

from __future__ import annotations

from mamlcheck.check.checked import Checked, check_claim
from mamlcheck.record.sources import instance

__all__ = ["Checked", "check_claim", "instance"]
