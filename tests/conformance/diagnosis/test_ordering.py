"""A flat direction in another order of the parameters is found out, and what is wrong besides is named still."""

from __future__ import annotations

import numpy as np
import pytest
from planted import load

from mamlcheck.conformance import conform, identify, subject
from mamlcheck.conformance.diagnosis.ordering import other_orders

ORDERS = list(other_orders())


def flat_in(order, call_of):
    """The mean over tasks of what a planted subject returns, as one flat array in this order."""

    @subject("MAML", steps=(1, 2))
    def make(given):
        call = call_of(given)

        def flat():
            parts = call()
            mean = {name: np.mean([d[name] for d in parts], axis=0) for name in given.parameters}
            names = order.names(list(mean))
            return np.concatenate([(mean[name].T if order.transposed else mean[name]).ravel() for name in names])

        return flat

    return make


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.says)
def test_it_is_said(order):
    diagnosis = identify(flat_in(order, load("numpy_right").by_hand))
    print(diagnosis)
    assert (diagnosis.found, diagnosis.defects) == ("MAML", ("other_order",))
    assert f"its parameters come in the order of {order.says}" in diagnosis.sentence
    assert "one flat array in the order of problem.parameters" in diagnosis.sentence


@pytest.mark.parametrize("order", ORDERS[:2], ids=lambda order: order.says)
def test_what_is_wrong_besides_is_named(order):
    diagnosis = identify(flat_in(order, load("numpy_wrong").half_the_hessian))
    assert diagnosis.defects[:2] == ("hessian_halved", "other_order")


def test_the_checks_put_it_first():
    conformance = conform(flat_in(ORDERS[0], load("numpy_right").by_hand))
    assert not conformance.conforms
    assert "come in the order of the sorted names" in conformance.text.splitlines()[0]
