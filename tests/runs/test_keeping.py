"""Runs in a file: they go on to the bit, and whatever else a file holds is refused in a sentence."""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mamlcheck
from mamlcheck.disk import read_bytes
from mamlcheck.errors import InputError
from mamlcheck.formats.runs import RunResults
from mamlcheck.runs import keeping, making
from mamlcheck.runs.keeping import Keeper, kept
from mamlcheck.runs.making import Making, begun, taken_up
from mamlcheck.runs.plan import Asked, plan_of
from mamlcheck.runs.running import Runner, State
from mamlcheck.runs.sources import start_of

QUICK = Asked(steps=20, seeds=2, tasks=4, alpha=Fraction(1, 300))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def of_grunfeld(asked: Asked = QUICK) -> Any:
    return plan_of(*start_of("grunfeld"), asked)


def stopped(made: Making, step: int) -> RunResults:
    """What runs give that are stopped by Ctrl-C after so many steps."""

    def progress(done: int) -> None:
        if made.runner.state.done == step:
            raise KeyboardInterrupt

    return made.make(progress)


@pytest.mark.parametrize("source", ["grunfeld", "random-2/1/0", "random-2/1/640", "random-2/1/900"])
def test_runs_stopped_at_any_place_and_resumed_are_as_uninterrupted(source: str) -> None:
    whole = mamlcheck.run(source, steps=20, seeds=2, tasks=4, every=3)
    early = stopped(begun(plan_of(*start_of(source), Asked(steps=20, seeds=2, tasks=4, every=3)), "r.npz"), 7)
    assert (early.partial, early.done) == (True, 7)
    again = stopped(taken_up("r.npz"), 13)
    assert (again.partial, again.done) == (True, 13)
    assert mamlcheck.run(resume="r.npz").text() == whole.text()
    assert mamlcheck.run(resume="r.npz").text() == whole.text()  # nothing is left to be done


def test_more_steps_and_another_file() -> None:
    mamlcheck.run("grunfeld", steps=5, seeds=2, save="r.npz")
    before = Path("r.npz").read_bytes()
    longer = mamlcheck.run(resume="r.npz", steps=9, save="longer.npz")
    assert longer.text() == mamlcheck.run("grunfeld", steps=9, seeds=2).text()
    assert Path("r.npz").read_bytes() == before
    assert kept("longer.npz")[1].done == 9
    with pytest.raises(InputError, match=r"steps = 4: the runs in longer.npz have made 9 already: give more"):
        mamlcheck.run(resume="longer.npz", steps=4)
    with pytest.raises(InputError, match="steps = 0"):
        mamlcheck.run(resume="longer.npz", steps=0)


def test_a_run_never_takes_the_place_of_another() -> None:
    mamlcheck.run("grunfeld", steps=1, seeds=1, save="r.npz")
    for place in ("r.npz", "dangling"):
        if place == "dangling":
            os.symlink("nowhere", place)
        with pytest.raises(InputError, match=f"{place} is there already: give another name to keep these runs"):
            mamlcheck.run("grunfeld", steps=1, seeds=1, save=place)
    mamlcheck.run("grunfeld", steps=1, seeds=1, save="other.npz")
    with pytest.raises(InputError, match=r"other\.npz is there already"):
        mamlcheck.run(resume="r.npz", save="other.npz")


def test_a_place_that_cannot_be_written_is_refused_before_a_step_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runner, "run", lambda *_: pytest.fail("nothing must be computed"))
    with pytest.raises(InputError, match=r"--save no/such/place\.npz cannot be written"):
        mamlcheck.run("grunfeld", save="no/such/place.npz")
    monkeypatch.setattr(keeping, "instance_content", lambda _: {"format": "mamlcheck-instance"})
    with pytest.raises(InputError, match=r"new.npz: these runs cannot be kept in a file \(.*\): leave the file out"):
        mamlcheck.run("grunfeld", save="new.npz")


def test_they_are_kept_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a kill loses little: here after every step."""
    monkeypatch.setattr(making, "SECONDS_BETWEEN_FILES", 0.0)
    seen = []
    made = begun(of_grunfeld(replace(QUICK, steps=4)), "r.npz")

    def progress(done: int) -> None:
        if Path("r.npz").exists():
            seen.append(kept("r.npz")[1].done)

    made.make(progress)
    assert seen == [1, 2, 3]
    monkeypatch.setattr(making, "SECONDS_BETWEEN_FILES", 30.0)
    begun(of_grunfeld(replace(QUICK, steps=4)), "s.npz").make(lambda done: seen.append(Path("s.npz").exists()))
    assert seen[3:] == [False] * 4


# -- other files -------------------------------------------------------------------------------------------------------
def changed(**arrays: Any) -> bytes:
    """A file with other arrays in it; None leaves one out."""
    with np.load("r.npz") as found:
        into, all_of_them = io.BytesIO(), {name: found[name] for name in found} | arrays
        np.savez(into, **{name: array for name, array in all_of_them.items() if array is not None})
    return into.getvalue()


def with_head(**entries: Any) -> bytes:
    with np.load("r.npz") as found:
        head = json.loads(bytes(found["head"])) | entries
    return changed(head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8))


def settings(**entries: Any) -> bytes:
    with np.load("r.npz") as found:
        return with_head(settings=json.loads(bytes(found["head"]))["settings"] | entries)


WRONG = {
    "cut off": lambda: Path("r.npz").read_bytes()[:-40],
    "empty": lambda: b"",
    "text": lambda: b"no runs",
    "no head": lambda: changed(head=None),
    "no w": lambda: changed(w=None),
    "pickled": lambda: changed(w=np.array([{}], dtype=object)),
    "a head that is no JSON": lambda: changed(head=np.frombuffer(b"{", dtype=np.uint8)),
    "a head that is a list": lambda: changed(head=np.frombuffer(b"[]", dtype=np.uint8)),
    "deep": lambda: changed(head=np.frombuffer(b"[" * 100_000, dtype=np.uint8)),
    "another format": lambda: with_head(format="mamlcheck-results"),
    "another version": lambda: with_head(version=99),
    "another shape": lambda: changed(w=np.zeros((3, 2, 5))),
    "singles": lambda: changed(w=np.zeros((3, 2, 2), dtype=np.float32)),
    "too few evaluations": lambda: changed(objective=np.zeros((3, 2, 3))),
    "other steps": lambda: with_head(done=7),
    "steps below 0": lambda: with_head(done=-1),
    "more steps than there are": lambda: with_head(done=10**15),
    "another algorithm": lambda: settings(algorithms=["sgd"]),
    "no algorithm": lambda: settings(algorithms=["maml", "maml", "maml"]),
    "seeds": lambda: settings(seeds=0),
    "every": lambda: settings(every=0),
    "alpha": lambda: settings(alpha="a third"),
    "eta": lambda: settings(eta="0"),
    "factor": lambda: settings(factor="1/0"),
    "sizes": lambda: settings(sizes=[]),
    "another size": lambda: settings(sizes=[{"symbol": "B", "count": 0, "origin": "given"}]),
    "an instance": lambda: with_head(instance={"format": "mamlcheck-instance", "version": 1}),
    "no instance": lambda: with_head(instance=3),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_holds_no_runs_is_refused(case: str) -> None:
    begun(of_grunfeld(replace(QUICK, steps=4)), "r.npz").make()
    Path("wrong.npz").write_bytes(WRONG[case]())
    with pytest.raises(InputError, match=r"^wrong\.npz holds no runs that can go on: .+"):
        taken_up("wrong.npz")


@pytest.mark.parametrize("done", [-1, 5])
def test_steps_that_cannot_be_done_are_refused_where_evaluations_do_not_show_it(done: int) -> None:
    begun(of_grunfeld(replace(QUICK, steps=4, every=10)), "r.npz").make()
    none = np.zeros((3, 2, 0))
    Path("wrong.npz").write_bytes(with_head(done=done))
    if done < 0:
        Path("r.npz").write_bytes(changed(objective=none, gradient_norm=none))
        Path("wrong.npz").write_bytes(with_head(done=done))
    with pytest.raises(InputError, match=f"{done} steps are done, of 4 that are wanted"):
        taken_up("wrong.npz")


def test_a_file_that_is_none_or_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="'nowhere' cannot be read"):
        taken_up("nowhere")
    Keeper(Path("r.npz"), of_grunfeld()).keep(Runner(of_grunfeld()).state)
    with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("head.npy", bytes(10**6))
    assert len(read_bytes("bomb.npz", 10**5, "")) < 10**4
    monkeypatch.setattr(keeping, "LARGEST_BYTES", 10**5)
    assert kept("r.npz")
    with pytest.raises(InputError, match=r"bomb\.npz holds no runs that can go on: it unpacks to more"):
        taken_up("bomb.npz")


def test_what_a_file_holds_is_exact() -> None:
    """The instance with its fractions, the points with all their bits; where they are not finite, too."""
    asked = replace(QUICK, alpha=Fraction(1, 3), factor=Fraction(1, 7), eta=Fraction(1, 7), steps=12)
    chosen = of_grunfeld(replace(asked, stepsize=2, stepsize_tasks=2))
    made = begun(chosen, "r.npz")
    made.make()
    again, state = kept("r.npz")
    assert again.settings == chosen.settings
    assert again.alpha == Fraction(1, 3)
    assert again.instance.tasks.a.tobytes() == chosen.instance.tasks.a.tobytes()
    assert same_bits(state, made.runner.state)
    w = np.where(np.arange(2) == 0, np.inf, state.w)
    w[0] = np.nan
    far = replace(state, w=w)
    Keeper(Path("far.npz"), chosen).keep(far)
    assert same_bits(kept("far.npz")[1], far)


def same_bits(one: State, other: State) -> bool:
    arrays = ("w", "objective", "gradient_norm")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in arrays)
