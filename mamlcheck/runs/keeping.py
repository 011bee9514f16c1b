"""Runs in a file, from which they go on with nothing lost: a NumPy archive with a head in JSON.

The head has the settings and the instance, exactly; the arrays are the points, and what was evaluated on the way.
What a file holds is never evaluated, and a file of another kind, or one that was cut off, is refused in a sentence.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from mamlcheck.disk import read_bytes, write_bytes
from mamlcheck.errors import InputError
from mamlcheck.formats.runs import RunState
from mamlcheck.meta.files import instance_from_content, parsed_content
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.writing import FORMAT, VERSION, instance_content
from mamlcheck.runs.plan import Plan, check_settings
from mamlcheck.runs.running import State, evaluated_steps

LARGEST_BYTES = 2**31  # of a file, and of what it holds
ARRAYS = ("w", "objective", "gradient_norm")


class Keeper:
    """Writes states of the runs of a plan to one file."""

    def __init__(self, path: Path, plan: Plan):
        """Raises `InputError` for an instance that no file could give back."""
        self.path, self.plan = path, plan
        self._instance = instance_content(plan.instance)
        try:
            _instance_of(self._instance)
        except InputError as error:
            raise InputError(f"{path}: these runs cannot be kept in a file ({error}): leave the file out") from error

    def keep(self, state: State) -> None:
        """Write a state; the place holds the last one until then."""
        head = RunState(self.plan.settings, state.done, self._instance).text()
        arrays = {name: getattr(state, name) for name in ARRAYS}
        into = io.BytesIO()
        np.savez(into, head=np.frombuffer(head.encode("utf-8"), dtype=np.uint8), **arrays)
        write_bytes(self.path, into.getvalue())


def kept(path: str | Path) -> tuple[Plan, State]:
    """The plan and the state in a file. Raises `InputError`."""
    data = read_bytes(path, LARGEST_BYTES, "a file of runs")
    try:
        head, arrays = _unpacked(data)
        plan = Plan(_instance_of(head.instance), head.settings)
        state = State(head.done, *arrays)
        _check(plan, state)
    except InputError as error:
        raise InputError(f"{path} holds no runs that can go on: {error}") from error
    return plan, state


def _instance_of(content: object) -> Instances:
    """The instance that a head holds, without leading axes."""
    return instance_from_content(parsed_content(json.dumps(content), FORMAT, VERSION))[0]


def _unpacked(data: bytes) -> tuple[RunState, list[np.ndarray]]:
    """The head and the arrays; nothing is unpickled, and no more is unpacked than a file may hold."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > LARGEST_BYTES:
                raise InputError("it unpacks to more than a file of runs has")
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            head = json.loads(bytes(found["head"]).decode("utf-8"))
            arrays = [np.asarray(found[name]) for name in ARRAYS]
    except InputError:
        raise
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, RecursionError) as error:
        raise InputError("give a file that `mamlcheck run --save` wrote, whole") from error
    return RunState.from_json(head), arrays


def _check(plan: Plan, state: State) -> None:
    """Raise `InputError` for settings that no plan has, and for arrays of other shapes than they have."""
    check_settings(plan.settings, plan.instance)
    if not 0 <= state.done <= plan.settings.steps:
        raise InputError(f"{state.done} steps are done, of {plan.settings.steps} that are wanted")
    lead = (len(plan.algorithms), plan.settings.seeds)
    count = len(evaluated_steps(plan, state.done))
    for array, wanted in zip(
        (state.w, state.objective, state.gradient_norm),
        ((*lead, plan.instance.tasks.d), (*lead, count), (*lead, count)),
        strict=True,
    ):
        if array.shape != wanted or array.dtype != np.float64:
            raise InputError(f"an array of shape {array.shape} stands where its settings ask for doubles {wanted}")


__all__ = ["Keeper", "kept"]
