"""Directions of built-in problems are kept on disk, bit for bit, and read back only for what they are of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mamlcheck.conformance import keeping, problem, reference
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis import shelf
from mamlcheck.conformance.diagnosis.candidates import Candidate, candidates, plain
from mamlcheck.conformance.enclosures import Enclosure
from mamlcheck.conformance.problems import problem as problems
from mamlcheck.conformance.problems.problem import Problem


def maml() -> Candidate:
    """As it is now: other tests make algorithms anew."""
    return plain(algorithm("MAML"))


def mutant() -> Candidate:
    return next(c for c in candidates() if c.mutant is not None)


NAME = "tanh-cross-entropy"
WAYS = ("screened", "enclosed", "off_in_a_run")


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing on disk, and nothing in memory, which is as it was afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    forget()
    yield
    forget()


def forget() -> None:
    """What a new process does not know."""
    for known in (problems._memory, shelf._file, shelf._shelf):
        known.cache_clear()


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was computed."""
    calls = list[str]()
    for way in WAYS:
        made = getattr(reference, way)

        def counting(*given: object, way: str = way, made: object = made) -> object:
            calls.append(way)
            return made(*given)  # type: ignore[operator]

        monkeypatch.setattr(reference, way, counting)
    return calls


def everything(c: Candidate, given: Problem) -> tuple[np.ndarray, Enclosure, float]:
    found = c.screened(given), c.enclosed(given), c.tolerance(given)
    shelf.save()
    return found


@pytest.mark.parametrize("which", [maml, mutant], ids=["algorithm", "mutant"])
def test_another_process_reads_the_same(which: Callable[[], Candidate], computed: list[str]) -> None:
    c = which()
    screened, enclosed, tolerance = everything(c, problem(NAME))
    made = list(computed)
    forget()
    again, enclosed_again, tolerance_again = everything(c, problem(NAME))
    assert set(made) == set(WAYS)
    assert computed == made
    np.testing.assert_array_equal(screened, again)
    np.testing.assert_array_equal(enclosed.midpoint, enclosed_again.midpoint)
    np.testing.assert_array_equal(enclosed.rest, enclosed_again.rest)
    np.testing.assert_array_equal(enclosed.finer_radius, enclosed_again.finer_radius)
    assert enclosed_again.certified
    assert tolerance == tolerance_again


@pytest.mark.parametrize("other", [{"alpha": 0.05}, {"steps": 2}, {"name": "tanh-squared-error"}])
def test_another_problem_is_computed_anew(computed: list[str], other: dict[str, object]) -> None:
    first = maml().screened(problem(NAME))
    shelf.save()
    forget()
    assert not np.array_equal(first, maml().screened(problem(NAME).but(**other)))
    assert len(computed) == 2


def test_another_formula_of_the_same_name_is_not_taken_for_it(computed: list[str]) -> None:
    first = maml().screened(problem(NAME))
    shelf.save()
    forget()
    other = replace(maml(), algorithm=replace(maml().algorithm, formula=algorithm("Reptile").formula))
    assert other.id == maml().id
    assert not np.array_equal(first, other.screened(problem(NAME)))
    shelf.save()
    forget()
    np.testing.assert_array_equal(first, maml().screened(problem(NAME)))  # nor is it put in its place
    assert len(computed) == 2


@pytest.mark.parametrize("other", [{"alpha": 0.3}, {"steps": 4}, {"tasks": (0,)}])
def test_what_is_asked_of_few_is_not_kept(computed: list[str], other: dict[str, object]) -> None:
    maml().screened(problem(NAME, **other))  # type: ignore[arg-type]
    shelf.save()
    forget()
    maml().screened(problem(NAME, **other))  # type: ignore[arg-type]
    assert len(computed) == 2


def test_another_text_of_the_package_computes_anew(computed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    maml().screened(problem(NAME))
    shelf.save()
    forget()
    monkeypatch.setattr(keeping, "package_digest", lambda: "another")
    maml().screened(problem(NAME))
    assert len(computed) == 2


@pytest.mark.parametrize("where", [0, 40, -1])
def test_a_file_that_is_not_as_it_was_written_is_not_read(computed: list[str], where: int) -> None:
    first = maml().screened(problem(NAME))
    shelf.save()
    (path,) = keeping.folder().iterdir()
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(bytes(data))
    forget()
    np.testing.assert_array_equal(first, maml().screened(problem(NAME)))
    assert len(computed) == 2


def test_what_two_processes_have_found_is_kept_of_both(computed: list[str]) -> None:
    maml().screened(problem(NAME))
    other = shelf._shelf(shelf._file())
    forget()  # a second process that has read nothing, as there is nothing yet
    mutant().screened(problem(NAME))
    shelf.save()
    shelf._shelf(shelf._file()).new.update(other.new)
    shelf.save()
    forget()
    maml().screened(problem(NAME))
    mutant().screened(problem(NAME))
    assert len(computed) == 2


def test_what_another_process_has_found_meanwhile_is_taken_over(computed: list[str]) -> None:
    forget()
    mutant().screened(problem(NAME))  # this process has looked before the other one put anything there
    mine = shelf._shelf(shelf._file())
    shelf._shelf.cache_clear()
    maml().screened(problem(NAME))
    shelf.save()
    forget()
    ours = shelf._shelf(shelf._file())
    ours.values, ours.new = mine.values, mine.new
    shelf.save()
    maml().screened(problem(NAME))
    assert len(computed) == 2


def test_what_is_not_proved_is_not_kept_as_certified() -> None:
    bare = Enclosure(np.ones(2), np.zeros(2), np.full(2, np.inf), certified=False, why="it is not decided")
    found = [shelf.shelved("a name", lambda: bare, shelf.CERTIFIED, 2) for _ in range(2)]
    assert found == [bare, bare]


def test_nothing_is_written_twice() -> None:
    maml().screened(problem(NAME))
    shelf.save()
    (path,) = keeping.folder().iterdir()
    before = path.stat().st_mtime_ns, path.stat().st_ino
    shelf.save()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_values_of_another_length_are_computed_anew(count: int, computed: list[str]) -> None:
    known = everything(maml(), problem(NAME))
    wrong = dict.fromkeys(shelf._shelf(shelf._file()).values, count)
    index = json.dumps(wrong).encode()
    keeping.write(shelf._file(), shelf.SUFFIX, index + b"\n" + bytes(8 * count * len(wrong)))
    forget()
    found = everything(maml(), problem(NAME))
    np.testing.assert_array_equal(known[0], found[0])
    np.testing.assert_array_equal(known[1].midpoint, found[1].midpoint)
    assert computed.count("enclosed") == 2
    assert count == 1 or known[2] == found[2]  # one double is what a tolerance is: that it is another one shows nowhere


def test_what_a_length_was_wrong_of_is_kept_anew(computed: list[str]) -> None:
    maml().screened(problem(NAME))
    (name,) = shelf._shelf(shelf._file()).values
    keeping.write(shelf._file(), shelf.SUFFIX, json.dumps({name: 1}).encode() + b"\n" + bytes(8))
    for _ in range(2):
        forget()
        maml().screened(problem(NAME))
        shelf.save()
    assert len(computed) == 2


DEEP = b"[" * 100_000 + b"\n"  # nested deeper than Python goes


@pytest.mark.parametrize(
    "body", [DEEP, b"", b"not json\n123", b'{"a": 2}\n' + bytes(8), b"[]\n", b'{"a": "b"}\n' + bytes(8)]
)
def test_what_save_has_not_written_is_not_read(body: bytes, computed: list[str]) -> None:
    keeping.write(shelf._file(), shelf.SUFFIX, body)
    maml().screened(problem(NAME))
    assert len(computed) == 1
