"""Published packages: what each of them really computes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from mamlcheck.conformance import check_subject, identify

HERE = Path(__file__).parent

# subject: (package, what it is found to be, its defects)
REAL = {
    "iteryne_subjects.py:maml": ("iteryne", "MAML", ()),
    "iteryne_subjects.py:fo_maml": ("iteryne", "FO-MAML", ()),
    "iteryne_subjects.py:anil": ("iteryne", "ANIL", ()),
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


def needed(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


@pytest.mark.parametrize("name", REAL)
def test_the_true_diagnosis(name):
    package, found, defects = REAL[name]
    needed(package)
    diagnosis = identify(f"{HERE / name}")
    print(diagnosis)
    assert (diagnosis.found, diagnosis.defects) == (found, defects)
    assert diagnosis.conforms == (not defects)


@pytest.mark.parametrize("name", [name for name, (_, _, defects) in REAL.items() if not defects])
def test_those_that_are_right_conform(name):
    needed(REAL[name][0])
    conformance = check_subject(f"{HERE / name}")
    assert conformance.run >= 60
