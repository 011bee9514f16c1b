"""Witnesses: instances kept because a claim is extreme on them, with the tightness that was certified and how found.

A witness file is JSON, versioned, and byte-stable: equal witnesses are equal files. Its instance is exact, as in an
instance file; `certify` judges it again from nothing but that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mamlcheck.arithmetic import NotExact, arb, rational
from mamlcheck.arithmetic.exact import fraction, nearest_double
from mamlcheck.check.verdict import ESCALATION, HOLDS, UNDECIDED, VERDICTS, Verdict, Verdicts, evaluate, judge
from mamlcheck.claims import Claim, find_claim
from mamlcheck.disk import write_text
from mamlcheck.errors import InputError, MamlcheckError, TooManyBatches
from mamlcheck.meta.files import (
    check_format,
    content_text,
    instance_content,
    instance_from_content,
    number,
    parsed_content,
    parsed_file,
)
from mamlcheck.meta.instance import Instances

FORMAT = "mamlcheck-witness"
VERSION = 1
NARROW = 2.0**-40  # relative width of an enclosure of the tightness, beyond which more bits are tried


class Contradiction(MamlcheckError):  # noqa: N818 - reads as what it says
    """Two results of rigorous arithmetic exclude each other: one of them is wrong."""


@dataclass(frozen=True)
class Hunted:
    """How a witness was found. simplified_from: the certified tightness (lower bound) before it was simplified."""

    seed: int
    dimension: int
    family: str
    evaluations: int
    simplified_from: float


@dataclass(frozen=True)
class Witness:
    """An instance, a block of one, and certified bounds of the tightness (lower, upper) of a claim on it.

    claim: the claim's id, or the path of a claim file. arithmetic: the one that certified.
    """

    claim: str
    tightness: tuple[float, float]
    arithmetic: str
    hunted: Hunted
    instance: Instances


# -- certifying ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Certified:
    """A claim on one instance, by rigorous arithmetic: its verdict, and bounds of lhs / rhs and of both sides.

    ratio: lhs / rhs itself, where it is known as a fraction.
    """

    verdict: Verdict
    tightness: tuple[float, float]
    arithmetic: str
    left: tuple[float, float]
    right: tuple[float, float]
    ratio: Fraction | None

    def __str__(self) -> str:
        return f"{self.verdict}, tightness in [{self.tightness[0]!r}, {self.tightness[1]!r}] ({self.arithmetic})"


def certified(claim: Claim, instance: Instances) -> Certified | None:
    """The claim on one instance, in exact fractions where it stays rational, else by Arb at growing precision.

    None where the hypotheses fail or cannot be decided, a side is unknown or not positive, batches cannot be
    enumerated, or a constant is only declared: nothing is certified then.
    """
    one = instance if instance.shape else instance[None]
    if not one.guaranteed:
        return None
    best: Certified | None = None
    for ar in _arithmetics(one):
        try:
            with ar.working():
                best = _bounds(claim, one, ar) or best
        except NotExact:
            continue
        except TooManyBatches:
            return None
        if best and best.verdict is not Verdict.UNDECIDED and _narrow(*best.tightness):
            return best
    if best and best.verdict is Verdict.UNDECIDED:  # a tie of irrational numbers, which reduced sides may settle
        return replace(best, verdict=judge(claim, one).verdict(0))
    return best


def _arithmetics(one: Instances) -> Iterator[Any]:
    if one.tasks.polynomial or one.tasks.alone(one.task).polynomial:
        yield rational
    yield from (arb(bits) for bits in ESCALATION)


def _bounds(claim: Claim, one: Instances, ar: Any) -> Certified | None:
    x = one.on(ar)
    if claim.hypotheses_hold(x)[0] != 1:  # first, since beyond its hypotheses a side need not exist
        return None
    judged: Verdicts = evaluate(claim, x)
    code = int(judged.codes[0])
    if not judged.right_lower[0] > 0 or not np.isfinite(judged.left_upper[0]):
        return None
    ratio = claim.left(x) / claim.right(x)
    tightness = float(ar.lower(ratio)[0]), float(ar.upper(ratio)[0])
    if code != UNDECIDED and not (tightness[0] <= 1 if code == HOLDS else tightness[1] >= 1):
        raise Contradiction(
            f"{claim.id} is {VERDICTS[code]} in {ar.name}, but left side over right side lies in {list(tightness)}: "
            "one of the two is wrong. Please report this with the instance, `mamlcheck show ID --save FILE`"
        )
    if not np.isfinite(tightness).all():
        return None
    left = float(judged.left_lower[0]), float(judged.left_upper[0])
    right = float(judged.right_lower[0]), float(judged.right_upper[0])
    exact = fraction(ratio[0]) if ar.name == rational.name else None
    return Certified(VERDICTS[code], tightness, ar.name, left, right, exact)


def _narrow(lower: float, upper: float) -> bool:
    return upper - lower <= NARROW * upper


def certify(witness: Witness) -> Witness:
    """The same witness judged again, from its instance alone: tightness and arithmetic as certified now.

    Raises `InputError` where nothing can be certified on it.
    """
    found = certified(find_claim(witness.claim), witness.instance)
    if found is None:
        raise InputError(
            f"{witness.claim} cannot be certified on this witness: a hypothesis fails or cannot be decided, or a side "
            "is unknown. `mamlcheck show` with the witness file says which"
        )
    return replace(witness, tightness=found.tightness, arithmetic=found.arithmetic)


# -- files ---------------------------------------------------------------------------------------------------
def witness_text(witness: Witness) -> str:
    """A witness as the text of a witness file."""
    lower, upper = witness.tightness
    return content_text({
        "format": FORMAT,
        "version": VERSION,
        "claim": witness.claim,
        "tightness": {"lower": lower, "upper": upper},
        "arithmetic": witness.arithmetic,
        "hunted": dict(vars(witness.hunted)),
        "instance": instance_content(witness.instance),
    })  # fmt: skip


def write_witness(path: str | Path, witness: Witness) -> None:
    """Write a witness file. Raises `InputError` where it cannot be written."""
    write_text(path, witness_text(witness))


def read_witness(path: str | Path) -> Witness:
    """The witness in a file, as it was written; `certify` proves it. Raises `InputError` where it is not one."""
    return parsed_file(path, parse_witness)


def parse_witness(text: str) -> Witness:
    """The witness in the text of a witness file."""
    top = parsed_content(text, FORMAT, VERSION)
    missing = {"claim", "tightness", "arithmetic", "hunted", "instance"} - set(top)
    if missing:
        raise InputError(f"the file has no {', '.join(sorted(missing))}: a witness file has them")
    check_format(top, FORMAT, VERSION)
    hunted, tightness, instance = (_object(top, name) for name in ("hunted", "tightness", "instance"))
    try:
        bounds = _double(tightness, "lower"), _double(tightness, "upper")  # what was written, again
        how = Hunted(
            seed=int(number(hunted["seed"], "seed")),
            dimension=int(number(hunted["dimension"], "dimension")),
            family=str(hunted["family"]),
            evaluations=int(number(hunted["evaluations"], "evaluations")),
            simplified_from=_double(hunted, "simplified_from"),
        )
    except (KeyError, InputError) as error:
        raise InputError(f"tightness or hunted is incomplete, or no number where one belongs: {error}") from error
    return Witness(str(top["claim"]), bounds, str(top["arithmetic"]), how, instance_from_content(instance))


def is_witness(text: str) -> bool:
    """Whether a text begins as witness files do."""
    return re.match(rf'\s*{{\s*"format"\s*:\s*"{FORMAT}"', text) is not None


def _double(content: dict[str, Any], name: str) -> float:
    return nearest_double(number(content[name], name))


def _object(top: dict[str, Any], name: str) -> dict[str, Any]:
    value = top[name]
    if not isinstance(value, dict):
        raise InputError(f"{name} is {json.dumps(value, default=str)[:60]} where an object belongs: {{...}}")
    return value


__all__ = [
    "Certified", "Hunted", "Witness", "certified", "certify", "is_witness", "parse_witness", "read_witness",
    "witness_text", "write_witness",
]  # fmt: skip
