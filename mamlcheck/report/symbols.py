"""Formulas that texts have in ASCII, such as `sigma~^2 <= L^2`, in the symbols of the page: σ̃² ≤ L².

Texts of hypotheses and of steps of proofs are typed, printed in terminals and searched for, so they are ASCII.
"""

from __future__ import annotations

import re

_GREEK = {
    "alpha": "α", "beta": "β", "delta": "δ", "Delta": "Δ", "eps": "ε", "eta": "η", "kappa": "κ", "lambda": "λ",
    "Lambda": "Λ", "mu": "μ", "nu": "ν", "phi": "φ", "psi": "ψ", "rho": "ρ", "sigma": "σ", "theta": "θ",
}  # fmt: skip
_TILDE = "\u0303"
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NAME = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(_GREEK)})(?![A-Za-z0-9])(~?)")
_OTHERS = (
    (re.compile("<="), "≤"),
    (re.compile(">="), "≥"),
    (re.compile(r"\bgrad (?=\^?[A-Za-z])"), "∇"),
    (re.compile(r"\bsqrt\("), "√("),
    (re.compile(r"(?<=\w) \. (?=\w)"), " · "),
    (re.compile(r"(?<![A-Za-z])([A-Za-z])'(?![A-Za-z])"), r"\1′"),
)


def in_symbols(text: str) -> str:
    """The text with its formulas in symbols; words that are no names of symbols stay as they are."""
    text = _NAME.sub(lambda found: _GREEK[found[1]] + (_TILDE if found[2] else ""), text)
    for pattern, symbol in _OTHERS:
        text = pattern.sub(symbol, text)
    text = re.sub(r"\^(\d+)", lambda found: found[1].translate(_RAISED), text)
    return re.sub(r"(?<=[A-Za-zα-ωΑ-Ω])_(\d+)", lambda found: found[1].translate(_LOWERED), text)


__all__ = ["in_symbols"]
