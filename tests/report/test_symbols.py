"""ASCII formulas in symbols: what is a symbol changes, what is a word does not."""

from __future__ import annotations

import pytest

from mamlcheck.report.symbols import in_symbols


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("D_beta >= max(1, (2 rho alpha sigma~ / L)^2)", "D_β ≥ max(1, (2 ρ α σ̃ / L)²)"),
        ("D_h >= 2 alpha^2 sigma_H^2", "D_h ≥ 2 α² σ_H²"),
        ("T >= 168 M_0 L Delta / eps^2", "T ≥ 168 M₀ L Δ / ε²"),
        ("|E noise| <= sigma~ / sqrt(D_in)", "|E noise| ≤ σ̃ / √(D_in)"),
        ("the norm is no farther from |grad f|", "the norm is no farther from |∇f|"),
        ("mu >= 0, where v . H_i(w) v >= mu |v|^2", "μ ≥ 0, where v · H_i(w) v ≥ μ |v|²"),
        ("B' >= 2", "B′ ≥ 2"),
        ("alphabetical order of the etas", "alphabetical order of the etas"),
        ("the task's own mean", "the task's own mean"),
        ("x^{10}", "x^{10}"),
    ],
)
def test_formulas_in_symbols(text: str, shown: str) -> None:
    assert in_symbols(text) == shown
