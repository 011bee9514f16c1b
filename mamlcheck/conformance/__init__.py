"""Is it MAML? Anybody's meta-gradient against certified references, and one sentence on what it really computes.

`problems` are small networks with tasks, and `own` makes problems of anybody's model, loss and data; `reference`
evaluates `algorithms` and known `mutants` of them on a problem over an arithmetic, by the equations of
`mamlcheck.meta.algorithms`; a subject (`subjects`) is somebody's implementation, driven through the view of its
framework (`adapters`); `diagnosis` names what it computes and `checks` are the list it must pass to conform.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mamlcheck.conformance.checks.parametrizing import parametrize_with_checks
    from mamlcheck.conformance.checks.result import Conformance, NonConformance
    from mamlcheck.conformance.checks.running import check_subject, conform
    from mamlcheck.conformance.diagnosis.identifying import identify
    from mamlcheck.conformance.diagnosis.result import Diagnosis
    from mamlcheck.conformance.own.asking import what_is
    from mamlcheck.conformance.own.posing import own_problem
    from mamlcheck.conformance.own.watching import watch
    from mamlcheck.conformance.problems.problem import Problem, problem
    from mamlcheck.conformance.subjects.declaring import Metadata, subject
    from mamlcheck.conformance.subjects.observing import Observation
    from mamlcheck.conformance.subjects.opening import open_subject

__all__ = [
    "Conformance",
    "Diagnosis",
    "Metadata",
    "NonConformance",
    "Observation",
    "Problem",
    "check_subject",
    "conform",
    "identify",
    "open_subject",
    "own_problem",
    "parametrize_with_checks",
    "problem",
    "subject",
    "watch",
    "what_is",
]

# Where each name is found, when it is first used: a subject's process needs few of them, and starts the sooner.
_MODULES = {
    "Conformance": "checks.result",
    "Diagnosis": "diagnosis.result",
    "Metadata": "subjects.declaring",
    "NonConformance": "checks.result",
    "Observation": "subjects.observing",
    "Problem": "problems.problem",
    "check_subject": "checks.running",
    "conform": "checks.running",
    "identify": "diagnosis.identifying",
    "open_subject": "subjects.opening",
    "own_problem": "own.posing",
    "parametrize_with_checks": "checks.parametrizing",
    "problem": "problems.problem",
    "subject": "subjects.declaring",
    "watch": "own.watching",
    "what_is": "own.asking",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
