"""Stores: chunks come back as they were written or not at all, and merging them is running the range."""

from __future__ import annotations

import dataclasses
import io
import math
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mamlcheck.check import chunks as chunks_module
from mamlcheck.check import store as module
from mamlcheck.check.chunks import Chunk, chunk_bytes, chunk_tallies
from mamlcheck.check.engines import InProcess
from mamlcheck.check.ids import sweep_named
from mamlcheck.check.plan import Part
from mamlcheck.check.runner import results_of_store, run
from mamlcheck.check.store import Store, chunks_of, merged, missing, sweep_chunks
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.tally import Contender, Tally
from mamlcheck.check.work import Judging, judged
from mamlcheck.claims import Claim, load_claim, load_claims
from mamlcheck.errors import InputError, MissingExtra

pq = pytest.importorskip("pyarrow.parquet", reason="PyArrow is not installed: pip install 'mamlcheck[tables]'")
pa = pytest.importorskip("pyarrow")

SWEEP = RandomSweep(1)
CLAIMS = load_claims(("hf_error", "lemma_4_8"))


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    return judged(Judging(SWEEP, (Part(CLAIMS, 300),), 0, 300))


CHUNK = Chunk(SWEEP.name, 1, 0, 300)


# -- a file ------------------------------------------------------------------------------------------------------
def test_what_is_written_comes_back(tallies: dict[str, Tally]) -> None:
    assert chunk_tallies(chunk_bytes(CHUNK, tallies), "x") == (CHUNK, tallies)


def test_bounds_that_are_not_known_come_back(tallies: dict[str, Tally]) -> None:
    vague = {
        "a": replace(tallies["hf_error"], contenders=(Contender(7, 0.25, math.inf),), narrow=-math.inf),
        "b": Tally(),
    }
    assert chunk_tallies(chunk_bytes(CHUNK, vague), "x") == (CHUNK, vague)


def test_a_file_that_was_cut_anywhere_is_refused(tallies: dict[str, Tally]) -> None:
    data = chunk_bytes(CHUNK, tallies)
    for length in [*range(0, len(data), 97), *range(len(data) - 20, len(data))]:
        with pytest.raises(InputError, match=r"x is damaged, since .*: remove it, and `mamlcheck sweep`"):
            chunk_tallies(data[:length], "x")


def test_a_byte_that_changed_is_noticed_or_changes_nothing(tallies: dict[str, Tally]) -> None:
    data = chunk_bytes(CHUNK, {"hf_error": tallies["hf_error"]})
    rng, noticed = random.Random(1), 0
    for _ in range(300):
        place = rng.randrange(len(data))
        changed = bytearray(data)
        changed[place] ^= 1 << rng.randrange(8)
        try:
            found = chunk_tallies(bytes(changed), "x")
        except InputError:
            noticed += 1
        else:
            assert found == (CHUNK, {"hf_error": tallies["hf_error"]}), place
    assert noticed > 150


def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "mine.parquet")
    with pytest.raises(InputError, match="was not written by `mamlcheck sweep`"):
        list(Store(tmp_path).records())


def test_other_columns_than_were_written_are_noticed(tallies: dict[str, Tally]) -> None:
    table = pq.read_table(io.BytesIO(chunk_bytes(CHUNK, tallies)))
    for other in (table.slice(1), table.drop_columns(["count"])):
        sink = io.BytesIO()
        pq.write_table(other, sink)
        with pytest.raises(InputError, match="damaged"):
            chunk_tallies(sink.getvalue(), "x")


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"mamlcheck\[tables\]"):
        chunks_module.pyarrow()


# -- a folder ----------------------------------------------------------------------------------------------------
@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of 512 instances."""
    monkeypatch.setattr(module, "CHUNK", 512)


def swept(folder: Path, first: int, end: int, claims: tuple[Claim, ...] = CLAIMS, engine: Any = None) -> Store:
    store = Store(folder)
    folder.mkdir(exist_ok=True)
    lacking = missing(store, claims, chunks_of(SWEEP, first, end))
    sweep_chunks(store, claims, SWEEP, lacking, engine or InProcess())
    return store


class Refusing(InProcess):
    def do(self, function: Any, pieces: Iterable[Any]) -> Iterator[Any]:
        assert not list(pieces), "what is done must not be done again"
        return iter(())


@pytest.mark.usefixtures("short")
def test_merging_is_running_the_range(tmp_path: Path) -> None:
    """Whatever the chunks, and whichever was first; what is done is not done again."""
    plain = run(CLAIMS, [(SWEEP, 1300)], 1)
    swept(tmp_path, 1024, 1300)
    swept(tmp_path, 0, 1024)
    swept(tmp_path, 0, 1300, engine=Refusing())
    found = results_of_store(tmp_path, InProcess())
    assert found.digest == plain.digest
    assert replace(found, seconds=0.0).text() == replace(plain, seconds=0.0).text()
    assert [path.name for path in Store(tmp_path).files()] == [
        "random-2.1.0000000000000-0000000000512.parquet",
        "random-2.1.0000000000512-0000000001024.parquet",
        "random-2.1.0000000001024-0000000001300.parquet",
    ]


@pytest.mark.usefixtures("short")
def test_a_range_that_does_not_start_at_0_says_so(tmp_path: Path) -> None:
    swept(tmp_path, 512, 600)
    found = results_of_store(tmp_path, InProcess())
    assert (found.sources[0].first, found.completed) == (512, 88)


def test_chunks_end_at_multiples() -> None:
    length = module.CHUNK
    ends = [(c.first, c.end) for c in chunks_of(SWEEP, 512, 2 * length + 1)]
    assert ends == [(512, length), (length, 2 * length), (2 * length, 2 * length + 1)]
    assert [(c.first, c.end) for c in chunks_of(SWEEP, length, 2 * length)] == [(length, 2 * length)]


@pytest.mark.parametrize(("first", "end"), [(0, 0), (1, 512), (64, 512), (1024, 512), (0, 2**40 + 1)])
def test_ranges_that_are_none_are_refused(first: int, end: int) -> None:
    with pytest.raises(InputError, match=f"--range {first}:{end}: "):
        chunks_of(SWEEP, first, end)


@pytest.mark.usefixtures("short")
def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    store = swept(tmp_path, 0, 600)
    for wanted, claims, said in (
        (chunks_of(RandomSweep(2), 0, 512), CLAIMS, "with seed 1, and these are of random-2 with seed 2"),
        (chunks_of(SWEEP, 0, 512), CLAIMS[:1], "what hf_error, lemma_4_8 gave"),
        (chunks_of(SWEEP, 0, 1024), CLAIMS, "holds the instances 512:600, which overlap with the chunk 512:1024"),
    ):
        with pytest.raises(InputError, match=said):
            missing(store, claims, wanted)


@pytest.mark.usefixtures("short")
def test_chunks_of_another_mamlcheck_are_not_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = swept(tmp_path, 0, 64)
    monkeypatch.setattr(module, "__version__", "9.9")
    for call in (lambda: merged(store), lambda: missing(store, CLAIMS, chunks_of(SWEEP, 0, 64))):
        with pytest.raises(InputError, match=r"was written by mamlcheck .*, and this is 9\.9"):
            call()


@pytest.mark.usefixtures("short")
def test_merging_says_what_is_missing_doubled_or_mixed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(InputError, match="holds no chunks"):
        merged(store)
    swept(tmp_path, 0, 512)
    swept(tmp_path, 1024, 1100)
    with pytest.raises(InputError, match="lacks the instances 512:1024: run `mamlcheck sweep` with --range 512:1024"):
        merged(store)
    swept(tmp_path, 512, 1024)
    assert merged(store).end == 1100
    twice = Chunk(SWEEP.name, 1, 512, 700)
    store.write(twice, store.read(Chunk(SWEEP.name, 1, 1024, 1100)))
    with pytest.raises(InputError, match=r"of which others are in .* up to"):
        merged(store)
    store.path(twice).unlink()
    other = Chunk(SWEEP.name, 2, 1100, 1200)
    store.write(other, store.read(Chunk(SWEEP.name, 1, 1024, 1100)))
    with pytest.raises(InputError, match="different sweeps or claims"):
        merged(store)
    store.path(other).rename(tmp_path / "other.parquet")
    with pytest.raises(InputError, match=f"name it {store.path(other).name}"):
        merged(store)


@pytest.mark.usefixtures("short")
def test_what_merging_advises_for_a_gap_can_be_done(tmp_path: Path) -> None:
    store = swept(tmp_path, 0, 300)
    swept(tmp_path, 1024, 1100)
    cut = store.path(Chunk(SWEEP.name, 1, 0, 300))
    with pytest.raises(InputError) as refusal:
        merged(store)
    assert f"lacks the instances 300:1024: remove {cut}, whose end is within a block" in str(refusal.value)
    assert "--range 0:1024" in str(refusal.value)
    cut.unlink()
    swept(tmp_path, 0, 1024)
    assert merged(store).end == 1100


def test_a_range_that_one_command_would_not_end_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="one command takes at most 1073741824 instances"):
        chunks_of(SWEEP, 0, 2**40)
    assert len(chunks_of(SWEEP, 0, 2**30)) == 2**16


@pytest.mark.usefixtures("short")
def test_a_chunk_that_names_a_file_of_claims_has_it_not_run(tmp_path: Path) -> None:
    run_by_it = tmp_path / "run"
    forged = tmp_path / "forged.py"
    forged.write_text(f"open({str(run_by_it)!r}, 'w')")
    folder = tmp_path / "store"
    store = swept(folder, 0, 64, CLAIMS[:1])
    chunk = Chunk(SWEEP.name, 1, 0, 64)
    store.write(chunk, {str(forged): store.read(chunk)[CLAIMS[0].id]})
    with pytest.raises(InputError):
        results_of_store(folder, InProcess())
    assert not run_by_it.exists()


def test_claims_of_ones_own_have_no_place_in_a_store(tmp_path: Path) -> None:
    own = dataclasses.replace(load_claim("lemma_4_8"), id="mine")
    with pytest.raises(InputError, match="mine is a claim of your own"):
        sweep_chunks(Store(tmp_path), (own,), SWEEP, chunks_of(SWEEP, 0, 64), InProcess())


def test_claims_that_reach_a_part_of_a_sweep_alone_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "plan", lambda claims, sweep, count: (Part(claims, 4, "lemma_4_8: judged on 4"),))
    with pytest.raises(InputError, match="lemma_4_8: judged on 4: leave these claims out"):
        sweep_chunks(Store(tmp_path), CLAIMS, SWEEP, chunks_of(SWEEP, 0, 64), InProcess())


@pytest.mark.usefixtures("short")
def test_other_sources_are_found_again_by_their_names(tmp_path: Path) -> None:
    table = sweep_named("grunfeld-2", 3)
    assert table is not None
    sweep_chunks(Store(tmp_path), CLAIMS, table, chunks_of(table, 0, 70), InProcess())
    assert results_of_store(tmp_path, InProcess()).digest == run(CLAIMS, [(table, 70)], 3).digest


# -- kills -------------------------------------------------------------------------------------------------------
SWEEPING = """
import sys
from pathlib import Path
from mamlcheck.check import store
from mamlcheck.check.engines import local
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.claims import load_claims
if __name__ == "__main__":
    store.CHUNK = 512
    claims, sweep, kept = load_claims(("hf_error",)), RandomSweep(1), store.Store(Path(sys.argv[1]))
    print("begins", flush=True)
    with local(2, print) as engine:
        store.sweep_chunks(kept, claims, sweep, store.missing(kept, claims, store.chunks_of(sweep, 0, 2000)), engine)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
@pytest.mark.usefixtures("short")
def test_kills_of_the_sweep_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Killed when it begins, and whenever a chunk more is there, until all are."""
    script, folder = tmp_path / "sweeping.py", tmp_path / "store"
    script.write_text(SWEEPING)
    folder.mkdir()
    store, kills = Store(folder), 0
    for there in range(4):
        with subprocess.Popen([sys.executable, str(script), str(folder)], stdout=subprocess.PIPE) as sweeping:
            assert sweeping.stdout is not None
            sweeping.stdout.readline()
            while len(store.files()) <= there and sweeping.poll() is None:
                time.sleep(0.005)
            kills += sweeping.poll() is None
            sweeping.kill()
    assert kills >= 2
    subprocess.run([sys.executable, str(script), str(folder)], check=True, capture_output=True)
    assert len(store.files()) == 4
    assert results_of_store(folder, InProcess()).digest == run(load_claims(("hf_error",)), [(SWEEP, 2000)], 1).digest
