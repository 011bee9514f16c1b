"""The body of `mamlcheck hunt`: reads what was asked for, hunts, and says what was found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mamlcheck.arithmetic import rational
from mamlcheck.arithmetic.exact import short_text
from mamlcheck.check.certified import Certified, certified
from mamlcheck.check.description import describe
from mamlcheck.check.sweeps import check_seed
from mamlcheck.claims import Claim, find_claim, load_claims
from mamlcheck.disk import require_place, write_text
from mamlcheck.display import rounded_down
from mamlcheck.errors import InputError
from mamlcheck.formats.shared import Enclosure
from mamlcheck.formats.witnesses import HuntRecord, Hunts
from mamlcheck.hunt.search import Hunt, Progress, hunt, shaved
from mamlcheck.hunt.witness import Witness
from mamlcheck.meta.files import instance_content, instance_text
from mamlcheck.record.witnesses import write_witness
from mamlcheck.report.decimals import enclosure_text
from mamlcheck.tasks.written import number
from mamlcheck.terminal.console import STOPPED, console_of, print_json
from mamlcheck.terminal.grid import fold
from mamlcheck.terminal.options import seconds_of

if TYPE_CHECKING:
    from rich.text import Text

DEFAULT_SECONDS = 60.0  # of a hunt, where neither a time nor a number of instances is given
MEASURE_INDENT = 13  # characters from where a label begins to where its value does
FRACTION_CHARACTERS = 40  # of a tightness that is shown as a fraction
REFRESH_SECONDS = 0.2  # between two looks of the progress line


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    claims: tuple[str, ...]
    budget: str | None
    evaluations: int | None
    seed: int
    dimension: int
    families: tuple[str, ...]
    shave: tuple[str, ...]
    keep: float


def run_hunts(asked: Asked, as_json: bool, save: Path | None) -> int:
    """Hunt for every claim asked for, print what was found, and return the exit status."""
    quarry = _quarry(asked)
    check_seed(asked.seed)
    seconds = seconds_of(asked.budget) if asked.budget else None if asked.evaluations else DEFAULT_SECONDS
    if save is not None and len(quarry) > 1:
        raise InputError(f"--save {save}: name one claim, since {len(quarry)} are hunted and a file holds one witness")
    if save is not None:
        require_place(save, f"--save {save}")
    found, status = [], 0
    for claim, factor in quarry:
        hunted = claim if factor is None else shaved(claim, factor)
        with _progress(claim.id, seconds) as progress:
            result = hunt(
                hunted,
                seed=asked.seed,
                dimension=asked.dimension,
                families=asked.families,
                seconds=seconds,
                evaluations=asked.evaluations,
                keep=asked.keep,
                progress=progress,
            )
        found.append(_record(result, factor, asked))
        if not as_json:
            click.echo(_text(result, factor, asked))
        if save is not None and result.best is not None:
            _save(save, result.best, factor)
        status = max(status, int(result.refuted))
        if result.stopped == "interrupted":
            status = status or STOPPED
            break
    if as_json:
        print_json(Hunts(tuple(found)))
    return status


# -- what is asked for ---------------------------------------------------------------------------------------
def _quarry(asked: Asked) -> list[tuple[Claim, Fraction | None]]:
    """The claims to hunt for, each with the factor of its right side, None as it stands."""
    factors = dict(_shave(text) for text in asked.shave)
    names = asked.claims or tuple(factors)
    if not names:
        raise InputError("name a claim to hunt for, such as lemma_4_8, or a claim file of your own, ./my_claim.py")
    claims: list[Claim] = []
    for name in names:
        claims += [find_claim(name)] if name.endswith(".py") else load_claims((name,))
    for name in sorted(set(factors) - {claim.id for claim in claims}):
        meant = [name] if name.endswith(".py") else [claim.id for claim in load_claims((name,))]
        if meant != [name]:
            raise InputError(f"--shave {name}: a factor is for one claim: give one of {', '.join(meant)}")
        hunted = ", ".join(c.id for c in claims)
        raise InputError(f"--shave {name}: it is not among the claims hunted, {hunted}; name it beside them")
    return [(claim, factors.get(claim.id)) for claim in claims]


def _shave(text: str) -> tuple[str, Fraction]:
    advice = "write CLAIM=FACTOR, a positive decimal or fraction, such as lemma_4_8=0.98"
    name, separator, written = text.rpartition("=")
    if not separator:
        raise InputError(f"--shave {text}: {advice}")
    try:
        factor = number(written, "--shave")
    except InputError as error:
        raise InputError(f"--shave {text}: {error}; {advice}") from error
    if factor <= 0:
        raise InputError(f"--shave {text}: {advice}")
    return str(Path(name)) if name.endswith(".py") else name, factor


# -- while it runs -------------------------------------------------------------------------------------------
@dataclass
class _Line:
    """What is known while a hunt goes on; the time in it is that of each look at it."""

    name: str
    seconds: float | None
    start: float
    told: str = "sweeping"

    def __rich__(self) -> Text:
        from rich.text import Text

        limit = f" of {self.seconds:.0f} s" if self.seconds else " s"
        return Text(f"{self.name}: {self.told}, {time.monotonic() - self.start:.0f}{limit}")


@contextmanager
def _progress(name: str, seconds: float | None) -> Iterator[Progress]:
    """A line on standard error, where that is a terminal, with the best certified tightness so far."""
    from rich.console import Console

    console, line = Console(stderr=True), _Line(name, seconds, time.monotonic())
    if not console.is_terminal:
        yield lambda done, best: None
        return
    with console.status(line, refresh_per_second=1 / REFRESH_SECONDS):

        def show(done: int, best: Witness | None) -> None:
            so_far = f"best certified {lower_text(best)}" if best else "nothing certified yet"
            line.told = f"{so_far}, {done:,} instances"

        yield show


# -- what was found ------------------------------------------------------------------------------------------
def lower_text(witness: Witness) -> str:
    """The certified tightness, rounded down: one that may be just under 1 does not read as 1."""
    return rounded_down(witness.tightness[0])


def _name(result: Hunt, factor: Fraction | None) -> str:
    return result.claim.id if factor is None else f"{result.claim.id} with its right side times {factor}"


def _text(result: Hunt, factor: Fraction | None, asked: Asked) -> str:
    name, effort = _name(result, factor), f"{result.evaluations:,} instances in {result.seconds:.1f} s"
    early = " (stopped by Ctrl-C)" if result.stopped == "interrupted" else ""
    best, width = result.best, console_of().width
    if best is None:
        if not result.evaluations:
            return f"{name}: nothing was judged yet{early}."
        told = "no instance met its hypotheses, or no tightness could be certified"
        return fold(f"{name}: nothing on {effort}{early}: {told}.", width)
    if result.refuted:
        first = f"{name} is REFUTED, by an exact counterexample."
    elif factor is not None:
        first = f"{name} survived {effort}{early}; the tightest instance has {lower_text(best)} or more."
    else:
        first = f"{name}: some instance has tightness {lower_text(best)} or more, certified{early}."
    measures = (fold(line, width, MEASURE_INDENT) for line in _measures(result, effort, asked))
    return "\n".join([fold(first, width), "", *measures, "", "In Python:", best.as_python(factor)]) + "\n"


def _measures(result: Hunt, effort: str, asked: Asked) -> list[str]:
    best = result.best
    assert best is not None
    known = certified(result.claim, best.instance)
    assert known is not None
    how, ratio = best.hunted, known.ratio
    short = short_text(ratio, FRACTION_CHARACTERS) if ratio and ratio.denominator > 1 else None
    written = f"{short} = " if short else ""
    pairs = (
        (
            "tightness",
            written + _enclosure(known.tightness),
            f"by {_arithmetic_text(known)}",
        ),
        ("left side", _enclosure(known.left), ""),
        ("right side", _enclosure(known.right), ""),
        ("found among", how.family, f"after {how.evaluations:,} of {effort}, seed {asked.seed}"),
        ("instance", describe(best.instance), ""),
    )
    return [f"  {label:<12} {value}{', ' if more else ''}{more}" for label, value, more in pairs]


def _arithmetic_text(known: Certified) -> str:
    if known.arithmetic != rational.name:
        return "Arb"
    return "exact fractions" if known.ratio is not None else "exact fractions and square roots"


def _enclosure(pair: tuple[float, float]) -> str:
    return enclosure_text(Enclosure.of(pair))


def _record(result: Hunt, factor: Fraction | None, asked: Asked) -> HuntRecord:
    best = result.best
    return HuntRecord(
        claim=result.claim.id,
        factor=None if factor is None else str(factor),
        verdict=None if result.verdict is None else str(result.verdict),
        refuted=result.refuted,
        seed=asked.seed,
        dimension=asked.dimension,
        evaluations=result.evaluations,
        seconds=result.seconds,
        stopped=result.stopped,
        tightness=None if best is None else Enclosure.of(best.tightness),
        arithmetic=None if best is None else best.arithmetic,
        family=None if best is None else best.hunted.family,
        found_after=None if best is None else best.hunted.evaluations,
        simplified_from=None if best is None else best.hunted.simplified_from,
        instance=None if best is None else instance_content(best.instance),
    )


def _save(path: Path, best: Witness, factor: Fraction | None) -> None:
    """A witness file; for a shaved claim, which no witness speaks of, the instance alone."""
    if factor is None:
        write_witness(path, best)
        return
    write_text(path, instance_text(best.instance))
