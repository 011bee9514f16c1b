"""Ids: the names of instances and of sweeps, and the way back from a name to what it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mamlcheck.check.sweeps import VERSION, FamilySweep, RandomSweep, Sweep, TableSweep
from mamlcheck.tasks.families import family_names
from mamlcheck.tasks.tables import builtin_tables, read_table

_ID = re.compile(r"(?P<name>[^/\s]{1,80})/(?P<seed>\d{1,19})/(?P<index>\d{1,15})")


@dataclass(frozen=True)
class ParsedId:
    """The parts of an instance id."""

    name: str
    seed: int
    index: int


def parse_id(text: str) -> ParsedId | None:
    """The parts of an instance id such as random-2/7/123, or None when the text is no such id."""
    match = _ID.fullmatch(text)
    return ParsedId(match["name"], int(match["seed"]), int(match["index"])) if match else None


def sweep_named(name: str, seed: int) -> Sweep | None:
    """The sweep of that name, where its instances are made of the name and a seed alone; else None."""
    if name == RandomSweep.name:
        return RandomSweep(seed)
    word = name.removesuffix(f"-{VERSION}")
    if word != name and word.removeprefix("family-") in family_names() and word.startswith("family-"):
        return FamilySweep(word.removeprefix("family-"), seed)
    if word != name and word in builtin_tables():
        return TableSweep(read_table(word), seed)
    return None


def of_another_version(name: str) -> str | None:
    """Why no instances of a sweep of that name are made here, in a sentence, where it is of another version; else None.

    A name is taken for one of another version if it would be one of this version.
    """
    match = re.fullmatch(r"(?P<word>.+)-(?P<version>[1-9]\d{0,3})", name)
    if match is None or int(match["version"]) == VERSION or not _is_word_of_a_sweep(match["word"]):
        return None
    if int(match["version"]) > VERSION:
        return (
            f"{name} is version {match['version']} of its sweep, and this mamlcheck knows version {VERSION}: a newer "
            "mamlcheck made it, and makes its instances again"
        )
    return (
        f"{name} is version {match['version']} of its sweep, and this mamlcheck makes version {VERSION}, whose "
        "instances are others: the mamlcheck that named it (for version 1 that is 0.1.0) makes it again, and writes it "
        "to a file that every mamlcheck reads, `mamlcheck show ID --save FILE`; or take an id of "
        f"{match['word']}-{VERSION}"
    )


def _is_word_of_a_sweep(word: str) -> bool:
    """Whether sweeps have such names before their version; a table of a person's own has a digest in it."""
    of_family = word.startswith("family-") and word.removeprefix("family-") in family_names()
    return word == "random" or of_family or word in builtin_tables() or bool(re.fullmatch(r".+-[0-9a-f]{8}", word))


__all__ = ["ParsedId", "of_another_version", "parse_id", "sweep_named"]
