"""At which confidence something is said that rests on sampled batches, in numbers and in words.

A sampled verdict is about the true expectation, and wrong with a probability of at most `RISK`, which is over the draw
of its batches. It is a kind of its own, and never counted as certified.
"""

from __future__ import annotations

from fractions import Fraction

RISK = Fraction(1, 10**9)
"""The probability that one sampled verdict may be wrong with, at most; finite samples, no assumption of normality."""


def at_confidence() -> str:
    """`with probability at least 1 - 1e-9`."""
    return f"with probability at least 1 - {_short(RISK)}"


def together(verdicts: int) -> str:
    """What is known of several sampled verdicts at once: their risks add up."""
    if verdicts == 1:
        return "and there is one of them"
    total = verdicts * RISK
    sure = f"with probability at least 1 - {_short(total)}" if total < 1 else "with no certainty at all"
    return f"and all {verdicts:,} of them together {sure}"


def _short(risk: Fraction) -> str:
    """A small probability as `1e-9` or `2.5e-8`, rounded up in its second digit."""
    exponent = 0
    while risk * 10**exponent < 1:
        exponent += 1
    tenths = -(-risk * 10 ** (exponent + 1) // 1)
    whole, tenth = divmod(int(tenths), 10)
    return f"{whole}{f'.{tenth}' if tenth else ''}e-{exponent}"


__all__ = ["RISK", "at_confidence", "together"]
