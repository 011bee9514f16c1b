"""Chunks: the tallies of a range of a sweep as a Parquet file, and back.

A file has a row for each bin that holds bounds of a claim's tightness (`mamlcheck.check.spread`): the claim, whether
they are lower or upper bounds, the number of the bin, how many there are, and the outermost of them. Whatever else is
known of the claims stands in the file's metadata, under `METADATA`, as a `ChunkRecord` in JSON
whose digest stands beside it.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mamlcheck.check.results import FailedInstance, WorstInstance
from mamlcheck.check.spread import Side, Spread
from mamlcheck.check.tally import ARITHMETICS, Contender, Failure, Point, Tally, Worst
from mamlcheck.errors import InputError, MissingExtra
from mamlcheck.formats.chunks import (
    ChunkRecord,
    ContenderRecord,
    FailureRecord,
    PointRecord,
    TallyRecord,
    WorstRecord,
)
from mamlcheck.formats.shared import Enclosure
from mamlcheck.version import __version__

METADATA = b"mamlcheck"
METADATA_DIGEST = b"mamlcheck-sha256"
COLUMNS = {"claim": "string", "side": "string", "bin": "int64", "count": "int64", "outermost": "float64"}


@dataclass(frozen=True, order=True)
class Chunk:
    """A range of a sweep, whose `source` is its name with its version: the instances `first` to `end` - 1."""

    source: str
    seed: int
    first: int
    end: int

    def __str__(self) -> str:
        return f"{self.first}:{self.end}"

    def id_of(self, index: int) -> str:
        """The id of an instance."""
        return f"{self.source}/{self.seed}/{index}"


def pyarrow() -> Any:
    """PyArrow with its Parquet part, which an extra installs."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("pyarrow", "tables") from error
    return pyarrow


# -- to a file -----------------------------------------------------------------------------------------------
def chunk_bytes(chunk: Chunk, tallies: dict[str, Tally]) -> bytes:
    """The Parquet file of a chunk."""
    pa = pyarrow()
    spreads = [(claim, spread) for claim, tally in tallies.items() for spread in (tally.lower, tally.upper)]
    lengths = [len(spread.bins) for _, spread in spreads]
    columns = {
        "claim": np.repeat([claim for claim, _ in spreads], lengths).tolist(),
        "side": np.repeat([spread.side.value for _, spread in spreads], lengths).tolist(),
        "bin": _joined(np.int64, [spread.bins for _, spread in spreads]),
        "count": _joined(np.int64, [spread.counts for _, spread in spreads]),
        "outermost": _joined(np.float64, [spread.outermost for _, spread in spreads]),
    }
    record = ChunkRecord(
        source=chunk.source,
        seed=chunk.seed,
        first=chunk.first,
        end=chunk.end,
        mamlcheck=__version__,
        columns=_digest(columns),
        claims={claim: _record(tally) for claim, tally in tallies.items()},
    )
    text = json.dumps(record.as_json()).encode()
    schema = _schema(pa, {METADATA: text, METADATA_DIGEST: hashlib.sha256(text).hexdigest()})
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table(columns, schema=schema), sink, compression="zstd")
    return sink.getvalue()


def _schema(pa: Any, metadata: Any = None) -> Any:
    return pa.schema([(name, getattr(pa, kind)()) for name, kind in COLUMNS.items()], metadata)


def _joined(kind: type, arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *arrays])


def _digest(columns: dict[str, Any]) -> str:
    """SHA-256 of the columns."""
    content = hashlib.sha256()
    for name in COLUMNS:
        column = columns[name]
        if isinstance(column, np.ndarray):
            content.update(column.astype(column.dtype.newbyteorder("<")).tobytes())
        else:
            content.update(json.dumps(column).encode())
    return content.hexdigest()


def _record(tally: Tally) -> TallyRecord:
    return TallyRecord(
        counts=tally.counts,
        printed=tally.printed,
        guaranteed=tally.guaranteed,
        arithmetic=dict(tally.arithmetic),
        histogram=tally.histogram,
        zero=tally.zero,
        narrow=tally.narrow if math.isfinite(tally.narrow) else None,
        contenders=tuple(ContenderRecord(x.index, Enclosure.of((x.lower, x.upper))) for x in tally.contenders),
        worst=None if tally.worst is None else _worst_record(tally.worst),
        failures=tuple(
            FailureRecord(x.index, x.instance.verdict, x.instance.lhs, x.instance.rhs) for x in tally.failures
        ),
        scatter=tuple(PointRecord(x.block, x.index, x.left, x.right, x.rate) for x in tally.scatter),
    )


def _worst_record(worst: Worst) -> WorstRecord:
    found = worst.instance
    return WorstRecord(worst.index, found.tightness, found.description, found.lhs, found.rhs)


# -- from a file ---------------------------------------------------------------------------------------------
def chunk_record(data: bytes, name: str) -> ChunkRecord:
    """What a chunk's file says of itself. name: of the file, for messages. Raises `InputError` for other files."""
    pa = pyarrow()
    try:
        metadata = pa.parquet.read_schema(io.BytesIO(data)).metadata or {}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(_damaged(name, "it is no whole Parquet file")) from error
    if METADATA not in metadata:
        raise InputError(f"{name} was not written by `mamlcheck sweep`: keep other files elsewhere")
    text = metadata[METADATA]
    if hashlib.sha256(text).hexdigest().encode() != metadata.get(METADATA_DIGEST):
        raise InputError(_damaged(name, "its metadata are not those that were written"))
    return ChunkRecord.from_json(json.loads(text), name)


def chunk_tallies(data: bytes, name: str) -> tuple[Chunk, dict[str, Tally]]:
    """The tallies in a chunk's file. Raises `InputError` for other files, and for damaged ones."""
    pa = pyarrow()
    record = chunk_record(data, name)
    try:
        table = pa.parquet.read_table(io.BytesIO(data))
        if not table.schema.remove_metadata().equals(_schema(pa)):
            raise InputError(_damaged(name, f"it has the columns {', '.join(table.schema.names)}, or others by type"))
        columns = {
            key: table[key].to_pylist() if kind == "string" else table[key].to_numpy() for key, kind in COLUMNS.items()
        }
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(_damaged(name, "its columns cannot be read")) from error
    if _digest(columns) != record.columns:
        raise InputError(_damaged(name, "its columns are not those that were written"))
    chunk = Chunk(record.source, record.seed, record.first, record.end)
    spreads = {(claim, spread.side): spread for claim, spread in _spreads(columns)}
    return chunk, {
        claim: _tally(chunk, found, *(spreads.get((claim, side), Spread(side)) for side in Side))
        for claim, found in record.claims.items()
    }


def _damaged(name: str, why: str) -> str:
    return f"{name} is damaged, since {why}: remove it, and `mamlcheck sweep` with its range judges it again"


def _spreads(columns: dict[str, Any]) -> Iterator[tuple[str, Spread]]:
    """The rows of each claim and side, which follow each other."""
    keys = list(zip(columns["claim"], columns["side"], strict=True))
    starts = [k for k, key in enumerate(keys) if k == 0 or key != keys[k - 1]]
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
        claim, side = keys[start]
        rows = (columns[name][start:end] for name in ("bin", "count", "outermost"))
        yield claim, Spread(Side(side), *rows)


def _tally(chunk: Chunk, found: TallyRecord, lower: Spread, upper: Spread) -> Tally:
    worst = found.worst
    return Tally(
        counts=found.counts,
        printed=found.printed,
        guaranteed=found.guaranteed,
        arithmetic={name: found.arithmetic.get(name, 0) for name in ARITHMETICS},
        lower=lower,
        upper=upper,
        histogram=found.histogram,
        zero=found.zero,
        narrow=-math.inf if found.narrow is None else found.narrow,
        contenders=tuple(
            Contender(x.index, x.tightness.lower or 0.0, math.inf if x.tightness.upper is None else x.tightness.upper)
            for x in found.contenders
        ),
        worst=None
        if worst is None
        else Worst(
            worst.index,
            WorstInstance(
                instance=chunk.id_of(worst.index),
                source=chunk.source,
                tightness=worst.tightness,
                description=worst.description,
                lhs=worst.lhs,
                rhs=worst.rhs,
            ),
        ),
        failures=tuple(
            Failure(x.index, FailedInstance(chunk.id_of(x.index), x.verdict, x.lhs, x.rhs)) for x in found.failures
        ),
        scatter=tuple(Point(x.block, x.index, x.left, x.right, x.rate) for x in found.scatter),
    )


__all__ = ["Chunk", "chunk_bytes", "chunk_record", "chunk_tallies"]
