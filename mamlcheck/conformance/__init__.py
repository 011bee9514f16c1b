"""Is it MAML? Anybody's meta-gradient against certified references, and one sentence on what it really computes.

`problems` are small models with tasks; `reference` evaluates `algorithms` and known `mutants` of them on a problem over
an arithmetic; a `subject` is somebody's implementation, driven through the view of its framework (`adapters`);
`diagnosis` names what it computes and `checks` are the list it must pass to conform.
"""

from mamlcheck.conformance.checks import Conformance, NonConformance, check_subject, parametrize_with_checks
from mamlcheck.conformance.diagnosis import Diagnosis, identify
from mamlcheck.conformance.problems import Problem, problem
from mamlcheck.conformance.subjects import Metadata, Observation, open_subject, subject

__all__ = [
    "Conformance",
    "Diagnosis",
    "Metadata",
    "NonConformance",
    "Observation",
    "Problem",
    "check_subject",
    "identify",
    "open_subject",
    "parametrize_with_checks",
    "problem",
    "subject",
]
