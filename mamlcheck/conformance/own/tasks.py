"""Tasks whose losses are programs, of whatever sizes, over an arithmetic: see `problems.kind`.

In an arithmetic of doubles that has no state, what was computed once at a point is kept: candidates ask for the same
few gradients and Hessian-vector products over and over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeAlias, cast

import numpy as np

from mamlcheck.arithmetic.arb import Arb
from mamlcheck.arithmetic.arrays import Objects
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.conformance.layout import Layout
from mamlcheck.conformance.own.losses import BatchLoss
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.programs.derivatives import direction
from mamlcheck.programs.kinks import Watching
from mamlcheck.programs.pool import Pool
from mamlcheck.programs.running import Forced, Running

MOST_NUMBERS_KEPT = 2**25  # a quarter of a GiB
MOST_PARAMETERS_OF_A_DIAGONAL = 300  # it takes a Hessian-vector product for each of them

Row: TypeAlias = tuple[BatchLoss, str, bytes, bytes]


@dataclass(frozen=True, eq=False)
class Kept:
    """What was computed at a point before, by the loss, the parameters and the vector.

    By the loss itself, which stays as long as that does: the number by which Python knows it may come again.
    """

    rows: dict[Row, Numbers] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ProgramTasks:
    """B tasks of one model. losses: by role, for each task. kept: None where each result is computed anew.

    told: of each gradient and H v once it is there. pool: runs the tasks side by side, in Arb. watching: is shown what
    runs, see `programs.kinks`. forced: decisions that go this way, in the evaluations of these names. held: whether at
    both ends of a difference all decisions are those in its middle, so that no kink lies between. An evaluation is
    named by its task, its set, and the number of points that the tasks were looked at before.
    """

    ar: DirectionArithmetic
    layout: Layout
    losses: Sequence[Mapping[str, BatchLoss]]
    kept: Kept | None = None
    told: Callable[[BatchLoss, str], None] | None = None
    pool: Pool | None = None
    watching: Watching | None = None
    forced: Forced = ()
    held: bool = False
    _points: Iterator[int] = field(default_factory=count)
    _running: dict[tuple[BatchLoss, str], Running] = field(default_factory=dict)

    def at(self, w: Numbers) -> ProgramsAt:
        """What is known of the tasks at parameters w (..., B, n)."""
        return ProgramsAt(self, w, next(self._points))

    def row(
        self,
        evaluation: str,
        loss: BatchLoss,
        what: str,
        w: Numbers,
        v: Numbers | None = None,
        about: Numbers | None = None,
    ) -> Numbers:
        """The gradient at w (n,) of the loss of a batch, or its H v (n,). about: see `ProgramsAt`."""
        if self.kept is None:
            found = self._computed(evaluation, loss, what, w, v, about)
        else:
            found = self._kept(self.kept.rows, evaluation, loss, what, w, v)
        if self.told is not None:
            self.told(loss, what)
        return found

    def _kept(
        self, rows: dict[Row, Numbers], evaluation: str, loss: BatchLoss, what: str, w: Numbers, v: Numbers | None
    ) -> Numbers:
        key = (loss, what, _content(w), _content(v))
        if key not in rows:
            if len(rows) * self.layout.size >= MOST_NUMBERS_KEPT:
                rows.clear()
            rows[key] = self._computed(evaluation, loss, what, w, v)
        return rows[key]

    def _computed(
        self,
        evaluation: str,
        loss: BatchLoss,
        what: str,
        w: Numbers,
        v: Numbers | None,
        about: Numbers | None = None,
    ) -> Numbers:
        program = loss.gradient if v is None else loss.hessian_vector
        if (loss, what) not in self._running:
            self._running[loss, what] = Running(program, self.ar)
        inputs = self._inputs(w, v)
        seen = None if self.watching is None else self.watching(evaluation, program)
        sides = [side for name, side in self.forced if name == evaluation]
        held = None if about is None else self._running[loss, what].decided(self._inputs(about, None))
        return self._flat(loss, self._running[loss, what](inputs, seen, sides, held))

    def side_by_side(self, role: str, what: str, w: Numbers, v: Numbers | None) -> Numbers:
        """The rows of all tasks at points w (k, B, n), by the pool (k B, n)."""
        assert self.pool is not None
        asked, losses = [], []
        for k in range(w.shape[0]):
            for i in range(w.shape[1]):
                loss = self.losses[i][role]
                inputs = self._inputs(w[k, i], None if v is None else v[k, i])
                program = loss.gradient if v is None else loss.hessian_vector
                given = {name: cast("Objects", inputs[name]) for name in program.inputs}
                asked.append((f"{id(loss)} {what}", program, given))
                losses.append(loss)
        rows = []
        for loss, outputs in zip(losses, self.pool.run(cast("Arb", self.ar).precision, asked), strict=True):
            rows.append(self._flat(loss, outputs).reshape((1, self.layout.size)))
            if self.told is not None:
                self.told(loss, what)
        return self.ar.concatenate(rows, 0)

    def _inputs(self, w: Numbers, v: Numbers | None) -> dict[str, Numbers]:
        inputs = self.layout.unflatten(w)
        if v is not None:
            inputs |= {direction(name): part for name, part in self.layout.unflatten(v).items()}
        return inputs

    def _flat(self, loss: BatchLoss, outputs: Sequence[Numbers]) -> Numbers:
        """The derivatives by the parameters that a loss depends on, among those by all of them (n,)."""
        found = dict(zip(loss.used, outputs, strict=True))
        zeros = {
            name: self.ar.exact(np.zeros(shape)) for name, shape in self.layout.shapes.items() if name not in found
        }
        return self.layout.flatten(self.ar, found | zeros)


@dataclass(frozen=True, eq=False)
class ProgramsAt:
    """The tasks at parameters w (..., B, n). number: of points that the tasks were looked at before.

    about: the parameters whose decisions are taken for those at w, where that is meant.
    """

    tasks: ProgramTasks
    w: Numbers
    number: int
    about: Numbers | None = None

    def gradient(self, role: str) -> Numbers:
        """grad f_i(w_i) over the set of a role (..., B, n)."""
        return self._by_row(role, "gradient", self.w)

    def hessian_vector(self, v: Numbers, role: str) -> Numbers:
        """H_i(w_i) v_i over the set of a role (..., B, n), v of that shape."""
        return self._by_row(role, "hessian_vector", self.w, v)

    def gradient_across(self, move: Numbers, role: str) -> Numbers:
        """grad f_i(w_i + move_i) - grad f_i(w_i - move_i) over the set of a role (..., B, n)."""
        ahead, behind = (
            replace(self.tasks.at(there), about=self.w if self.tasks.held else None)
            for there in (self.w + move, self.w - move)
        )
        return ahead.gradient(role) - behind.gradient(role)

    def hessian_diagonal(self, role: str) -> Numbers:
        """The diagonal of H_i(w_i) over the set of a role (B, n), w being (B, n). Raises `DoesNotApply` for large n."""
        ar, size = self.tasks.ar, self.tasks.layout.size
        if size > MOST_PARAMETERS_OF_A_DIAGONAL:
            raise DoesNotApply(
                f"the diagonal of a Hessian of {size:,} parameters takes as many products: it is found for at most "
                f"{MOST_PARAMETERS_OF_A_DIAGONAL}"
            )
        columns = []
        for unit in np.eye(size):
            along = ar.exact(np.broadcast_to(unit, self.w.shape))
            columns.append(ar.sum(self.hessian_vector(along, role) * along, -1)[..., None])
        return ar.concatenate(columns, -1)

    def _by_row(self, role: str, what: str, w: Numbers, v: Numbers | None = None) -> Numbers:
        """For each task, and whatever comes before, one after the other: tasks may have sets of different sizes."""
        t = self.tasks
        lead, (tasks, size) = tuple(w.shape[:-2]), w.shape[-2:]
        flat = w.reshape((-1, tasks, size))
        along, about = (None if x is None else x.reshape((-1, tasks, size)) for x in (v, self.about))
        if t.pool is not None:
            return t.side_by_side(role, what, flat, along).reshape((*lead, tasks, size))
        rows = []
        for k in range(flat.shape[0]):
            for i in range(tasks):
                loss = t.losses[i][role]
                name = f"task {i}, {role} set, point {self.number}" + (f", row {k}" if flat.shape[0] > 1 else "")
                vector, middle = (None if x is None else x[k, i] for x in (along, about))
                row = t.row(name, loss, what, flat[k, i], vector, middle)
                rows.append(row.reshape((1, size)))
        return t.ar.concatenate(rows, 0).reshape((*lead, tasks, size))


def _content(x: Numbers | None) -> bytes:
    return b"" if x is None else hashlib.sha256(np.ascontiguousarray(x).tobytes()).digest()
