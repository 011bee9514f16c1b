"""What the diagnosis makes of a variant, in one word."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from variant import Named, Variant, says

from mamlcheck.conformance import Diagnosis, identify

EXPECTED = Path(__file__).with_name("expected.txt")
PRECISIONS = ("float64", "float32")

# Of a wrong variant: all that has to be said is said; a best fit that says all of it; another best fit; not recognised;
# and a sentence that is untrue, or that names a cause beside the point. Of a right one: no alarm, or one.
NAMED, FIT, NEAR, UNKNOWN, WRONG = "named", "fit", "near", "unknown", "wrong"
QUIET, ALARM = "quiet", "alarm"


@dataclass(frozen=True)
class Outcome:
    """A variant's outcome, with the sentence that it rests on and the CPU seconds that it took."""

    id: str
    dtype: str
    outcome: str
    found: str | None
    defects: tuple[str, ...]
    sentence: str
    seconds: float

    @property
    def entry(self) -> str:
        """Its line in the list of what is expected to go otherwise than it should; "" where it goes as it should."""
        return "" if self.outcome in (NAMED, QUIET) else f"{self.outcome} {self.id} {self.dtype}"


def judged(variant: Variant, diagnosis: Diagnosis) -> str:
    """The outcome of a diagnosis."""
    sentence = diagnosis.sentence
    if not variant.wrong:
        right = diagnosis.conforms and diagnosis.found == variant.found
        return QUIET if right and says("as declared", sentence) else ALARM
    if diagnosis.conforms or any(says(word, sentence) for word in variant.must_not_say):
        return WRONG
    told = all(says(word, sentence) for word in variant.must_say) and variant.found in (None, diagnosis.found)
    if says(r"best fit", sentence):
        return FIT if told else NEAR
    if says(r"not recogni[sz]ed", sentence):
        return UNKNOWN
    return NAMED if told else WRONG


def outcome(named: Named, dtype: str) -> Outcome:
    """Diagnose a variant."""
    start = time.process_time()
    diagnosis = identify(named.variant.make, dtype=dtype)
    seconds = time.process_time() - start
    word = judged(named.variant, diagnosis)
    return Outcome(named.id, dtype, word, diagnosis.found, diagnosis.defects, diagnosis.sentence, seconds)


def expected() -> list[str]:
    """The entries of expected.txt."""
    return [line for line in EXPECTED.read_text().splitlines() if line and not line.startswith("#")]
