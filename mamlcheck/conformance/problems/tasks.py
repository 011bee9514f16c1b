"""A conformance problem as a family of tasks over an arithmetic, for the equations of `mamlcheck.meta.algorithms`.

A batch is a role, 'inner', 'outer' or 'hessian': each task has one set of data for each. Points and gradients are
(..., B, n), a row for each of B tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.conformance import networks
from mamlcheck.conformance.data import ROLES, Task
from mamlcheck.conformance.networks import Criterion, Network


@dataclass(frozen=True)
class NetworkTasks:
    """B tasks of one network. data: by role the inputs (B, m, p) and the targets (B, m, c)."""

    ar: DirectionArithmetic
    network: Network
    criterion: Criterion
    data: Mapping[str, tuple[Numbers, Numbers]]

    def at(self, w: Numbers) -> NetworkAt:
        """What is known of the tasks at parameters w (..., B, n)."""
        return NetworkAt(self, w)


@dataclass(frozen=True)
class NetworkAt:
    """The tasks of a network at parameters w. Nothing is kept: a subject computes each gradient anew as well, which
    the rounding analysis has to see.
    """

    tasks: NetworkTasks
    w: Numbers

    def gradient(self, role: str) -> Numbers:
        """grad f_i(w_i) over the set of a role (..., B, n)."""
        t = self.tasks
        return networks.gradient(t.ar, t.network, t.criterion, self.w, *t.data[role])

    def hessian_vector(self, v: Numbers, role: str) -> Numbers:
        """H_i(w_i) v_i over the set of a role (..., B, n), v of that shape."""
        t = self.tasks
        return networks.hessian_vector(t.ar, t.network, t.criterion, self.w, v, *t.data[role])

    def gradient_across(self, move: Numbers, role: str) -> Numbers:
        """grad f_i(w_i + move_i) - grad f_i(w_i - move_i) over the set of a role (..., B, n)."""
        return self.tasks.at(self.w + move).gradient(role) - self.tasks.at(self.w - move).gradient(role)

    def hessian_diagonal(self, role: str) -> Numbers:
        """The diagonal of H_i(w_i) over the set of a role (B, n), w being (B, n)."""
        ar, size = self.tasks.ar, self.tasks.network.layout.size
        units = np.eye(size)[:, None, :]
        shape = (size, *self.w.shape)
        everywhere = self.tasks.at(ar.broadcast_to(self.w, shape))
        columns = everywhere.hessian_vector(ar.exact(np.broadcast_to(units, shape)), role)
        return ar.sum(columns * ar.exact(units), 0)


def network_tasks(
    ar: DirectionArithmetic, network: Network, criterion: Criterion, tasks: Sequence[Task]
) -> NetworkTasks:
    """Tasks with sets of the same sizes as numbers of an arithmetic."""

    def stacked(role: str) -> tuple[Numbers, Numbers]:
        batches = [task.batch(role) for task in tasks]
        x, y = (np.stack(arrays) for arrays in zip(*batches, strict=True))
        if criterion.of_labels:
            y = np.eye(network.head.outputs)[y]
        return ar.exact(x), ar.exact(y)

    return NetworkTasks(ar, network, criterion, {role: stacked(role) for role in ROLES})
