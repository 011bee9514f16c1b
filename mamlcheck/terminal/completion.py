"""What the shell is offered after a Tab: ids of claims, instances, files, and the columns of the table on the line.

A shell asks at each Tab, and waits. So names are read from the places of files, which import nothing: a claim's id is
its place. Nothing is ever raised, since a shell would print it into the line that is being typed.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from importlib.util import find_spec
from pathlib import Path

import click
from click.shell_completion import CompletionItem

Offers = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
"""What click asks for what an incomplete word may become."""

SOURCES_VERSION = 2  # of the sweeps: `mamlcheck.check.sweeps.VERSION`, which takes long to import
HEADER_CHARACTERS = 2**16  # of a table, in which its header is looked for
DELIMITERS = (",", ";", "\t")


def offering(words: Callable[[click.Context, str], Iterable[str]]) -> Offers:
    """What is offered of words: those that begin as what was typed does; nothing where looking for them fails."""

    @wraps(words)
    def offered(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            return [CompletionItem(word) for word in words(ctx, incomplete) if word.startswith(incomplete)]
        except Exception:  # whatever a broken file or folder does, the line that is being typed stays whole
            return []

    return offered


# -- names, by the places of files -------------------------------------------------------------------------------------
def names_below(package: str) -> Iterator[str]:
    """The dotted names of the modules below a package, which is not imported."""
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(place).rglob("*.py")):
            parts = path.relative_to(place).with_suffix("").parts
            if not any(part.startswith("_") for part in parts):
                yield ".".join(parts)


def _claim_names() -> Iterator[str]:
    """Ids of claims, and the families that stand for several."""
    ids = list(names_below("mamlcheck.claims"))
    yield from ids
    yield from dict.fromkeys(name.rpartition(".")[0] for name in ids if "." in name)


def _builtin_tables() -> Iterator[str]:
    spec = find_spec("mamlcheck.tasks")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from (path.stem for path in sorted((Path(place) / "data").glob("*.csv")))


def _source_names() -> Iterator[str]:
    families = (f"family-{name}" for name in names_below("mamlcheck.tasks.families"))
    yield from (f"{name}-{SOURCES_VERSION}" for name in ("random", *families, *_builtin_tables()))


def _paths(incomplete: str) -> Iterator[str]:
    """Files and folders that begin so; hidden ones only where a dot was typed."""
    folder, _, begun = incomplete.rpartition("/")
    before = f"{folder}/" if "/" in incomplete else ""
    for entry in sorted(os.scandir(before or "."), key=lambda entry: entry.name):
        if entry.name.startswith(begun) and (begun.startswith(".") or not entry.name.startswith(".")):
            yield f"{before}{entry.name}{'/' if entry.is_dir() else ''}"


@offering
def claims(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """Ids of claims that are not on the line yet."""
    return [name for name in _claim_names() if name not in (ctx.params.get("claims") or ())]


@offering
def claims_or_files(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """The same, and claim files."""
    return [*_claim_names(), *(path for path in _paths(incomplete) if path.endswith((".py", "/")))]


@offering
def shaved(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """CLAIM=, of the claims that have a factor each."""
    return [f"{name}=" for name in names_below("mamlcheck.claims")]


@offering
def sources(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """Sources of instances."""
    return _source_names()


@offering
def instances(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """The first part of ids with the seed 1, and files."""
    return [*(f"{name}/1/" for name in _source_names()), *_paths(incomplete)]


@offering
def tables(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """Built-in tables, and files."""
    return [*_builtin_tables(), *_paths(incomplete)]


@offering
def losses(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """Losses by name."""
    return names_below("mamlcheck.tasks.losses")


@offering
def hunted_families(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """Families to hunt in."""
    return names_below("mamlcheck.hunt.families")


@offering
def run_algorithms(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """The algorithms of the theorems."""
    return ("maml", "fo-maml", "hf-maml")


@offering
def algorithms(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """What an implementation may be meant to be."""
    from mamlcheck.conformance.algorithms import names

    return names()


# -- columns of the table on the line ----------------------------------------------------------------------------------
@offering
def column(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """The columns of --data."""
    return header(ctx.params.get("data"), ctx.params.get("delimiter"))


@offering
def several_columns(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """The columns of --data after those that are named already, up to the last comma; one with a comma is quoted."""
    before, comma, _ = incomplete.rpartition(",")
    used = next(csv.reader([before], skipinitialspace=True), [])
    names = [name for name in header(ctx.params.get("data"), ctx.params.get("delimiter")) if name not in used]
    return [f"{before}{comma}{_quoted(name)}" for name in names]


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"' if "," in name or '"' in name else name


def header(data: str | None, delimiter: str | None) -> Sequence[str]:
    """The titles of a table's columns: of a built-in one, a CSV file, packed too, or Parquet; none without a table."""
    if data is None:
        return ()
    if data in _builtin_tables():
        spec = find_spec("mamlcheck.tasks")
        data = str(Path((spec.submodule_search_locations or [""])[0] if spec else "") / "data" / f"{data}.csv")
    path = Path(data)
    if not path.is_file():  # such as a pipe, which would never end
        return ()
    if path.suffix.lower() in (".parquet", ".pq"):
        from pyarrow import parquet

        return [str(name) for name in parquet.read_schema(path).names]
    with (
        gzip.open(path, "rt", encoding="utf-8-sig") if path.suffix == ".gz" else path.open(encoding="utf-8-sig") as file
    ):
        first = file.readline(HEADER_CHARACTERS)
    mark = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter) or max(DELIMITERS, key=first.count)
    return [name.strip() for name in next(csv.reader([first], delimiter=mark), [])]


__all__ = [
    "algorithms", "claims", "claims_or_files", "column", "header", "hunted_families", "instances", "losses",
    "names_below", "run_algorithms", "several_columns", "shaved", "sources", "tables",
]  # fmt: skip
