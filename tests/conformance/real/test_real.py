"""Published packages: what each of them really computes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from mamlcheck.conformance import conform, identify, open_subject

HERE = Path(__file__).parent

# subject: (package, what it is found to be, its defects)
REAL = {
    "iteryne_subjects.py:maml": ("iteryne", "MAML", ()),
    "iteryne_subjects.py:fo_maml": ("iteryne", "FO-MAML", ()),
    "iteryne_subjects.py:anil": ("iteryne", "ANIL", ()),
    "learn2learn_subjects.py:maml": ("learn2learn", "MAML", ()),
    "learn2learn_subjects.py:fo_maml": ("learn2learn", "FO-MAML", ()),
    "higher_subjects.py:mean": ("higher", "MAML", ()),
    "higher_subjects.py:as_in_its_example": ("higher", "MAML", ("sum_over_tasks",)),
    "higher_subjects.py:by_default": ("higher", None, ("no_gradient",)),
    "higher_subjects.py:without_higher_gradients": ("higher", None, ("no_gradient",)),
    "torchmeta_subjects.py:maml": ("torchmeta", "MAML", ()),
    "torchmeta_subjects.py:fo_maml": ("torchmeta", "FO-MAML", ()),
    "torchopt_subjects.py:maml": ("torchopt", "MAML", ()),
    "torch_maml_subjects.py:naive": ("torch_maml", "MAML", ()),
    "metallic_subjects.py:maml": ("metallic", "MAML", ("scaled_by_1_over_query",)),
    "jax_subjects.py:maml": ("jax", "MAML", ()),
}


@pytest.fixture(scope="module", params=REAL)
def real(request):
    """A subject in a process that is started once: (its name, open)."""
    package = REAL[request.param][0]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    with open_subject(f"{HERE / request.param}", timeout=120) as subject:
        yield request.param, subject


def test_the_true_diagnosis(real):
    name, subject = real
    _, found, defects = REAL[name]
    diagnosis = identify(subject)
    print(diagnosis)
    assert (diagnosis.found, diagnosis.defects) == (found, defects)
    assert diagnosis.conforms == (not defects)


def test_conformance_agrees(real):
    """Those that are right pass every check, those that are wrong do not."""
    name, subject = real
    conformance = conform(subject)
    assert conformance.conforms == (not REAL[name][2])
    if conformance.conforms:
        assert conformance.run >= 60
