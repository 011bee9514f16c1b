"""Less usual algorithms are called by their names, with the numbers of their own, and not mistaken for their relatives.

Each is written in PyTorch as people write it, undeclared, declared, and declared to be MAML, in both precisions.
"""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from planted import load

from mamlcheck.conformance import conform, identify, subject
from mamlcheck.conformance.algorithms import algorithm, algorithms
from mamlcheck.conformance.diagnosis.candidates import plain
from mamlcheck.conformance.mutants import mutants
from mamlcheck.errors import InputError

PLANTED = load("torch_algorithms")
PRECISIONS = ("float64", "float32")


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", PLANTED.CALLED)
def test_called_by_its_name(name, dtype):
    found, defects, numbers = PLANTED.CALLED[name]
    make = PLANTED.SUBJECTS[name]
    for declared in (None, found, "MAML"):
        diagnosis = identify(make, declared, dtype=dtype)
        print(diagnosis.text)
        assert diagnosis.found == found
        other = ("other_algorithm",) if declared == "MAML" != found else ()
        if declared == "MAML" and found == "FO-MAML":
            other = ("hessian_missing",)
        assert diagnosis.defects == (*other, *defects)
        assert diagnosis.conforms == (not other and not defects)
        assert f"This is {found}" in diagnosis.sentence
        for defect in defects:
            said = mutants()[defect].says if defect in mutants() else "is not the derivative by them, but that times -1"
            assert said in diagnosis.sentence
        for number, value in numbers.items():
            assert f"{number} = {value:.6g}" in diagnosis.text


def test_another_name_of_the_same():
    assert algorithm("per-fedavg (fo)").name == "FO-MAML"
    assert algorithm("Per-FedAvg (HF)").name == "HF-MAML"
    assert algorithm("batched reptile").name == "Reptile"
    diagnosis = identify(PLANTED.SUBJECTS["Per-FedAvg (FO)"], "Per-FedAvg (FO)")
    assert diagnosis.conforms
    assert diagnosis.sentence.startswith("This is FO-MAML, as declared")


@pytest.mark.parametrize("name", [a.name for a in algorithms().values() if a.from_steps > 1])
def test_with_one_step_it_is_the_plainer_one(name):
    """Code for one step alone is called by the plainer name, and is right if the other one was declared."""
    plainer = {"MAML++": "MAML", "FO-MAML++": "FO-MAML"}.get(name, name.removesuffix(" with momentum"))
    known = algorithm(plainer)

    @subject(steps=(1,))
    def make(problem):
        return lambda: plain(known).screened(problem.but(steps=1))

    assert identify(make).found == plainer
    assert identify(make, plainer).conforms
    diagnosis = identify(make, name)
    print(diagnosis.text)
    assert diagnosis.found == name
    assert diagnosis.conforms


def test_numbers_of_its_own_can_be_declared():
    """Those that are declared are held against; others that fit are told, and are no what was declared."""
    make = subject("FO-MAML with momentum", numbers={"momentum": 0.37})(
        lambda problem: PLANTED.SUBJECTS["FO-MAML own momentum"](problem)
    )
    diagnosis = identify(make)
    assert diagnosis.conforms
    assert not diagnosis.notes
    assert conform(make, only="reference[tanh-cross-entropy,alpha=0.05,steps=3,float64]").conforms
    other = subject("FO-MAML with momentum", numbers={"momentum": 0.5})(
        lambda problem: PLANTED.SUBJECTS["FO-MAML own momentum"](problem)
    )
    diagnosis = identify(other)
    print(diagnosis.text)
    assert diagnosis.defects == ("other_numbers",)
    assert "momentum = 0.37, where 0.5 was declared" in diagnosis.sentence


def test_numbers_that_an_algorithm_does_not_have_are_refused():
    with pytest.raises(InputError, match=r"'momentum' is no number of the algorithm's own; iMAML has penalty, solver"):
        subject("iMAML", numbers={"momentum": 0.9})
    with pytest.raises(InputError, match=r"MAML has none"):
        subject("MAML", numbers={"momentum": 0.9})
    with pytest.raises(InputError, match=r"give a finite number for 'momentum'"):
        subject("MAML with momentum", numbers={"momentum": float("nan")})
