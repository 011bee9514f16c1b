"""What a diagnosis says a direction is made of, against directions that are put together by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mamlcheck.conformance import identify, subject


def plus(w, g, rate):
    return {name: w[name] + rate * g[name] for name in w}


def made_of(first, second=0.0, third=0.0, algorithm="MAML"):
    """first g - second alpha H g + third alpha H of the query set g, in loops of its own."""

    @subject(algorithm, steps=(1,))
    def make(given):
        p = given.on("numpy")

        def direction(task):
            adapted = plus(p.parameters, p.gradient(p.parameters, task.inner), -p.alpha)
            g = p.gradient(adapted, task.outer)
            whole = {name: first * x for name, x in g.items()}
            whole = plus(whole, p.hessian_vector(p.parameters, g, task.inner), -second * p.alpha)
            return plus(whole, p.hessian_vector(p.parameters, g, task.outer), third * p.alpha)

        return lambda: [direction(task) for task in p.tasks]

    return make


@pytest.mark.parametrize(
    ("first", "second", "algorithm", "wanted"),
    [(1.0, 1.0, "MAML", 1.0), (1.0, 0.0, "MAML", 1.0), (1.0, 0.0, "FO-MAML", 0.0), (3.0, 3.0, "MAML", 1.0),
     (1.0, 1.0, "Reptile", None)],
)  # fmt: skip
def test_between_fo_maml_and_maml(first: float, second: float, algorithm: str, wanted: float | None) -> None:
    gradients, term = identify(made_of(first, second, algorithm=algorithm)).made_of
    assert gradients.coefficient == pytest.approx(first, abs=1e-12)
    assert term.coefficient == pytest.approx(second, abs=1e-12)
    assert (gradients.wanted, term.wanted) == ((None if wanted is None else 1.0), wanted)
    assert term.share == pytest.approx(0.0, abs=1e-12) if not second else term.share > 1e-3


def test_a_sum_of_other_vectors() -> None:
    found = identify(made_of(1.0, 0.0, third=0.5))
    parts = {part.says: part for part in found.made_of}
    assert len(parts) == 2
    assert sorted(part.coefficient for part in parts.values()) == [0.5, 1.0]
    assert any("query" in says or "outer" in says for says in parts)
    assert found.record.made_of == found.made_of


def test_shares_are_norms_over_that_of_the_direction() -> None:
    """They do not change with a factor of the whole, and two sides of a triangle are no shorter than the third."""
    (gradients, term), (tripled, tripled_term) = (identify(made_of(c, c)).made_of for c in (1.0, 3.0))
    assert (tripled.share, tripled_term.share) == pytest.approx((gradients.share, term.share))
    assert 0 < abs(gradients.share - 1) <= term.share
    (alone, _) = identify(made_of(2.0, 0.0)).made_of
    assert alone.share == pytest.approx(1.0)  # FO-MAML is nothing but its gradients, whatever their scale


def test_what_is_no_such_sum_has_no_parts() -> None:
    @subject("MAML", steps=(1,))
    def make(given):
        p = given.on("numpy")
        return lambda: [{name: np.ones_like(x) for name, x in p.parameters.items()} for _ in p.tasks]

    assert identify(make).made_of == ()
