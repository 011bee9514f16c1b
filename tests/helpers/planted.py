"""The planted subjects, and what they are found to be: in a process each is diagnosed once, whichever test asks first.

A diagnosis is the same every time (but that of the subject with dropout, of which each test says only what holds of
any), cannot be changed, and takes longer than all that is asked of it.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from mamlcheck.conformance import identify
from mamlcheck.conformance.diagnosis.result import Diagnosis

PLANTED = Path(__file__).parents[1] / "conformance" / "planted"


def load(name: str) -> ModuleType:
    """A module of planted subjects, such as numpy_wrong."""
    qualified = f"planted_{name}"
    if qualified not in sys.modules:
        spec = importlib.util.spec_from_file_location(qualified, PLANTED / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[qualified] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[qualified]


def subject_of(module: str, name: str) -> object:
    """A planted subject, by its name in the table `NAMED` of right ones or else in its module."""
    found = vars(load(module))
    return found.get("NAMED", found).get(name, found.get(name))


@cache
def diagnosed(module: str, name: str, dtype: str = "float64") -> Diagnosis:
    """What a planted subject is found to be."""
    return identify(subject_of(module, name), dtype=dtype)
