"""Stores: folders that hold what claims gave on ranges of one sweep, a file for each chunk.

A chunk is done when its file is there: files are written beside their places and moved there whole, so a kill at any
time leaves a chunk done or not begun. Nothing else is kept, no list and no lock: whoever does chunks needs the folder
alone, and two on machines of one kind that do the same chunk write the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mamlcheck import disk
from mamlcheck.check.chunks import Chunk, chunk_bytes, chunk_record, chunk_tallies
from mamlcheck.check.engines import Engine
from mamlcheck.check.gathering import Gathering
from mamlcheck.check.plan import plan
from mamlcheck.check.spans import ALIGNMENT
from mamlcheck.check.sweeps import INSTANCES, Sweep
from mamlcheck.check.work import Judging, Tallies, judged, length_of_pieces, require_shipped
from mamlcheck.claims import Claim
from mamlcheck.errors import InputError
from mamlcheck.formats.chunks import ChunkRecord
from mamlcheck.version import __version__

CHUNK = 2**14  # instances; chunks start at multiples of it
MOST_CHUNKS = 2**16  # of one command: a billion instances, days of work
LARGEST_FILE = 2**28  # bytes
ENDING = ".parquet"

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Store:
    """The chunks in a folder."""

    folder: Path

    def path(self, chunk: Chunk) -> Path:
        """Where the chunk's file is, or will be."""
        return self.folder / f"{chunk.source}.{chunk.seed}.{chunk.first:013d}-{chunk.end:013d}{ENDING}"

    def files(self) -> list[Path]:
        """The files of all chunks, in the order of their names."""
        return sorted(path for path in self.folder.glob(f"*{ENDING}") if not path.name.startswith("."))

    def records(self) -> Iterator[tuple[Chunk, ChunkRecord]]:
        """What all files say of themselves. Raises `InputError` for one that was renamed, is damaged or no chunk's."""
        for path in self.files():
            record = chunk_record(self._read(path), str(path))
            chunk = Chunk(record.source, record.seed, record.first, record.end)
            if path != self.path(chunk):
                raise InputError(f"{path} holds another chunk than its name says: name it {self.path(chunk).name}")
            yield chunk, record

    def read(self, chunk: Chunk) -> Tallies:
        """The tallies of a chunk that is done."""
        found, tallies = chunk_tallies(self._read(self.path(chunk)), str(self.path(chunk)))
        if found != chunk:
            raise InputError(f"{self.path(chunk)} was changed while it was read: run this again")
        return tallies

    def write(self, chunk: Chunk, tallies: Tallies) -> None:
        """Do a chunk: its file is there whole, or not at all."""
        disk.write_bytes(self.path(chunk), chunk_bytes(chunk, tallies))

    def _read(self, path: Path) -> bytes:
        return disk.read_bytes(path, LARGEST_FILE, "a chunk of a sweep")


# -- doing chunks --------------------------------------------------------------------------------------------
def chunks_of(sweep: Sweep, first: int, end: int) -> list[Chunk]:
    """The chunks of a range, which end at multiples of `CHUNK`.

    Raises `InputError` where no block starts at `first`, and where the range is empty, too long for one command or goes
    beyond the sweep.
    """
    if first % ALIGNMENT or not first < end:
        raise InputError(
            f"--range {first}:{end}: give FIRST:END, the instances FIRST to END - 1, with FIRST a multiple of "
            f"{ALIGNMENT}, where blocks of instances start"
        )
    if end > INSTANCES:
        raise InputError(f"--range {first}:{end}: a sweep has {INSTANCES} instances, counted from 0")
    if end - first > MOST_CHUNKS * CHUNK:
        raise InputError(
            f"--range {first}:{end}: one command takes at most {MOST_CHUNKS * CHUNK} instances: give ranges one after "
            "the other, into the same --store"
        )
    starts = [first, *range(first - first % CHUNK + CHUNK, end, CHUNK)]
    return [Chunk(sweep.name, sweep.seed, a, b) for a, b in zip(starts, [*starts[1:], end], strict=True)]


def missing(store: Store, claims: tuple[Claim, ...], wanted: list[Chunk]) -> list[Chunk]:
    """Those chunks that are still to be done.

    Raises `InputError` where the store holds chunks of another sweep, of other claims or of another version of
    mamlcheck, or some that overlap with these and are others.
    """
    there = dict(store.records())
    for chunk, record in there.items():
        one = wanted[0]
        if (chunk.source, chunk.seed) != (one.source, one.seed):
            raise InputError(
                f"{store.folder} holds instances of {chunk.source} with seed {chunk.seed}, and these are of "
                f"{one.source} with seed {one.seed}: give another --store"
            )
        if tuple(record.claims) != tuple(claim.id for claim in claims):
            raise InputError(
                f"{store.folder} holds what {', '.join(record.claims)} gave: judge the same claims, or give another "
                "--store"
            )
        _require_this_version(store, chunk, record)
    for chunk in wanted:
        for other in there:
            if other != chunk and other.first < chunk.end and chunk.first < other.end:
                raise InputError(
                    f"{store.path(other)} holds the instances {other}, which overlap with the chunk {chunk} that is to "
                    "be done: remove it, or give another --store"
                )
    return [chunk for chunk in wanted if chunk not in there]


def _require_this_version(store: Store, chunk: Chunk, record: ChunkRecord) -> None:
    if record.mamlcheck != __version__:
        raise InputError(
            f"{store.path(chunk)} was written by mamlcheck {record.mamlcheck}, and this is {__version__}: use that "
            "one, or give another --store, since verdicts of two versions are not mixed"
        )


def sweep_chunks(
    store: Store,
    claims: tuple[Claim, ...],
    sweep: Sweep,
    chunks: list[Chunk],
    engine: Engine,
    progress: Progress = lambda done: None,
) -> None:
    """Do these chunks, each when the last of its instances is judged.

    Raises `InputError` for claims of one's own, and for those that can be judged on a few instances of the sweep alone.
    """
    require_shipped(claims)
    parts = plan(claims, sweep, max((chunk.end for chunk in chunks), default=0))
    for part in parts:
        if part.why:
            raise InputError(f"{part.why}: leave these claims out")
    waiting: dict[Chunk, Gathering] = {}  # those of which a part is judged
    of_piece = {}
    length = length_of_pieces(sum(chunk.end - chunk.first for chunk in chunks), len(claims), engine.jobs)

    def pieces() -> Iterator[Judging]:
        for chunk in chunks:
            for piece in Judging(sweep, parts, chunk.first, chunk.end).cut(length):
                of_piece[piece.first] = chunk
                yield piece

    for piece, tallies in engine.do(judged, pieces()):
        chunk = of_piece.pop(piece.first)
        if chunk not in waiting:
            waiting[chunk] = Gathering.of(claim.id for claim in claims)
        waiting[chunk].add(tallies, len(piece))
        if waiting[chunk].instances == chunk.end - chunk.first:
            store.write(chunk, waiting.pop(chunk).whole())
        progress(len(piece))


# -- merging -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Merged:
    """What all chunks of a store gave together: of which sweep, on which range, and the tally of each claim."""

    source: str
    seed: int
    first: int
    end: int
    tallies: Tallies


def merged(store: Store, progress: Progress = lambda done: None) -> Merged:
    """All chunks of a store as one. progress: is told how many more chunks are read.

    Raises `InputError` where there is none, where chunks are missing between others or overlap, and where they are of
    different sweeps, claims or versions.
    """
    records = sorted(store.records(), key=lambda pair: pair[0])
    if not records:
        raise InputError(f"{store.folder} holds no chunks: `mamlcheck sweep --range 0:1000000 --store DIR` makes some")
    (start, like), *_ = records
    end, last = start.first, start
    for chunk, record in records:
        same = (chunk.source, chunk.seed, *record.claims) == (start.source, start.seed, *like.claims)
        if not same:
            raise InputError(
                f"{store.path(chunk)} and {store.path(start)} are of different sweeps or claims: merge each in a "
                "folder of its own"
            )
        _require_this_version(store, chunk, record)
        if chunk.first < end:
            raise InputError(
                f"{store.path(chunk)} holds the instances {chunk}, of which others are in {store.folder} up to {end}: "
                "remove one of the files that overlap"
            )
        if chunk.first > end:
            raise InputError(f"{store.folder} lacks the instances {end}:{chunk.first}: {_advice(store, last, chunk)}")
        end, last = chunk.end, chunk
    gathering = Gathering.of(like.claims)
    for chunk, _ in records:
        gathering.add(store.read(chunk), chunk.end - chunk.first)
        progress(1)
    return Merged(start.source, start.seed, start.first, end, gathering.whole())


def _advice(store: Store, before: Chunk, after: Chunk) -> str:
    """How to fill the gap between two chunks: a range starts where a block does, so one that ends elsewhere goes."""
    if before.end % ALIGNMENT == 0:
        return f"run `mamlcheck sweep` with --range {before.end}:{after.first}, and then merge"
    return (
        f"remove {store.path(before)}, whose end is within a block, run `mamlcheck sweep` with "
        f"--range {before.first}:{after.first}, and then merge"
    )


__all__ = ["CHUNK", "Merged", "Store", "chunks_of", "merged", "missing", "sweep_chunks"]
