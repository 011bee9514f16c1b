"""Runs from what was asked to what they gave: begun or taken up again, kept in a file, and stopped by Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mamlcheck.disk import require_place
from mamlcheck.errors import InputError
from mamlcheck.formats.runs import RunResults
from mamlcheck.runs.keeping import Keeper, kept
from mamlcheck.runs.plan import Plan
from mamlcheck.runs.results import results_of
from mamlcheck.runs.running import Progress, Runner

SECONDS_BETWEEN_FILES = 30.0  # so much is lost at most where the process is killed


@dataclass(frozen=True)
class Making:
    """Runs that are ready to be made, or to go on."""

    runner: Runner
    keeper: Keeper | None

    @property
    def left(self) -> int:
        """How many steps are still to be made."""
        return max(0, self.runner.plan.settings.steps - self.runner.state.done)

    def make(self, progress: Progress = lambda done: None) -> RunResults:
        """Make the steps that are left, and return what the runs gave; after Ctrl-C what they gave until then.

        They are kept in their file, if there is one, from time to time and at the end.
        """
        after = _nothing if self.keeper is None else _Regularly(self.runner, self.keeper)
        with contextlib.suppress(KeyboardInterrupt):
            self.runner.run(progress, after)
        if self.keeper is not None:
            self.keeper.keep(self.runner.state)
        return results_of(self.runner)


def begun(plan: Plan, save: str | Path | None = None) -> Making:
    """Runs from their start. save: a file to keep them in, which must not be there. Raises `InputError`."""
    return Making(Runner(plan), None if save is None else _keeper(Path(save), plan))


def taken_up(resume: str | Path, steps: int | None = None, save: str | Path | None = None) -> Making:
    """Runs that a file keeps, to go on until they have made `steps`, or as many as were wanted when they began.

    save: another file to keep them in from now on; where it is left out, the same one. Raises `InputError`.
    """
    plan, state = kept(resume)
    if steps is not None:
        plan = plan.extended(steps)
        if steps < state.done:
            raise InputError(f"steps = {steps}: the runs in {resume} have made {state.done} already: give more")
    again = save is None or os.path.realpath(save) == os.path.realpath(resume)
    keeper = Keeper(Path(resume), plan) if again else _keeper(Path(save or ""), plan)
    return Making(Runner(plan, state), keeper)


def _keeper(path: Path, plan: Plan) -> Keeper:
    """Of a file that is not there. A run is never overwritten by another one."""
    if os.path.lexists(path):
        raise InputError(
            f"{path} is there already: give another name to keep these runs, or --resume (resume=... in Python) to go "
            "on with those that it keeps"
        )
    require_place(path, f"--save {path}")
    return Keeper(path, plan)


def _nothing() -> None:
    """After a step of runs that are kept nowhere."""


class _Regularly:
    """Keeps runs when that was not done for a while."""

    def __init__(self, runner: Runner, keeper: Keeper, clock: Callable[[], float] = time.monotonic):
        self._runner, self._keeper, self._clock = runner, keeper, clock
        self._last = clock()

    def __call__(self) -> None:
        if self._clock() - self._last >= SECONDS_BETWEEN_FILES:
            self._keeper.keep(self._runner.state)
            self._last = self._clock()


__all__ = ["Making", "begun", "taken_up"]
