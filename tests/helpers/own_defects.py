"""What people get wrong in a meta-gradient, in any framework, and what a diagnosis is to call it.

Each defect is made of a framework's `maml` alone, which takes the model, the loss, the tasks, alpha and the number of
inner steps, and, by name, what `own_loops.maml` and `own_loops_of_jax.maml` document. A gradient is {name: array}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

Gradient = dict[str, Any]
Loop = Callable[..., Gradient]
Named = tuple[str | None, tuple[str, ...]]  # the algorithm, and what is wrong with it


def hessian_times(factor: float) -> Loop:
    """The Hessian term times a number."""

    def loop(maml: Loop, *args: Any) -> Gradient:
        first, second = maml(*args, order=lambda k: 1), maml(*args)
        return {n: first[n] + factor * (second[n] - first[n]) for n in first}

    return loop


def first_order(maml: Loop, *args: Any) -> Gradient:
    """create_graph=True is forgotten."""
    return maml(*args, order=lambda k: 1)


def other_rate(maml: Loop, model: Any, loss: Any, tasks: Any, alpha: float, steps: int) -> Gradient:
    """0.7 of the inner rate."""
    return maml(model, loss, tasks, 0.7 * alpha, steps)


def one_step_more(maml: Loop, model: Any, loss: Any, tasks: Any, alpha: float, steps: int) -> Gradient:
    """One inner step too many."""
    return maml(model, loss, tasks, alpha, steps + 1)


def one_step_less(maml: Loop, model: Any, loss: Any, tasks: Any, alpha: float, steps: int) -> Gradient:
    """One inner step too few."""
    return maml(model, loss, tasks, alpha, steps - 1)


def sum_over_tasks(maml: Loop, model: Any, loss: Any, tasks: Any, *args: Any) -> Gradient:
    """The sum over tasks."""
    return {n: len(tasks) * g for n, g in maml(model, loss, tasks, *args).items()}


def first_task_only(maml: Loop, model: Any, loss: Any, tasks: Any, *args: Any) -> Gradient:
    """The first task alone."""
    return maml(model, loss, tasks[:1], *args)


def summed_inner_loss(maml: Loop, model: Any, loss: Any, tasks: Any, *args: Any) -> Gradient:
    """The inner loss is a sum over samples."""
    parts = [maml(model, loss, [task], *args, inner_factor=len(task[0][1])) for task in tasks]
    return {n: sum(part[n] for part in parts) / len(tasks) for n in parts[0]}


def swapped(maml: Loop, *args: Any) -> Gradient:
    """Support and query sets are mixed up."""
    return maml(*args, inner=1, outer=0)


def support_as_query(maml: Loop, *args: Any) -> Gradient:
    """The outer loss is of the support set."""
    return maml(*args, outer=0)


def detached_layer(maml: Loop, *args: Any) -> Gradient:
    """The inner gradient of the first layer is detached."""
    first = next(iter(maml(*args))).rpartition(".")[0]
    return maml(*args, cut=lambda name: name.rpartition(".")[0] == first)


def second_step_of_first_order(maml: Loop, *args: Any) -> Gradient:
    """create_graph=True in the first inner step alone."""
    return maml(*args, order=lambda k: 2 if k == 0 else 1)


def pooled(maml: Loop, model: Any, loss: Any, tasks: Any, *args: Any) -> Gradient:
    """The mean over all query samples: tasks are weighed by the sizes of their query sets."""
    sizes = [len(query[1]) for _, query in tasks]
    parts = [maml(model, loss, [task], *args) for task in tasks]
    return {n: sum(s * part[n] for s, part in zip(sizes, parts, strict=True)) / sum(sizes) for n in parts[0]}


def sign_flipped(maml: Loop, *args: Any) -> Gradient:
    """After - before."""
    return {n: -g for n, g in maml(*args).items()}


def times_alpha(maml: Loop, model: Any, loss: Any, tasks: Any, alpha: float, steps: int) -> Gradient:
    """The meta step uses the inner rate as well."""
    return {n: alpha * g for n, g in maml(model, loss, tasks, alpha, steps).items()}


@dataclass(frozen=True)
class Defect:
    """made: of a framework's `maml`, and what that takes. named: with one inner step; of_two: with two.

    Either is None where that number of steps is not asked about. searched: whether it takes a search to name it, which
    is left out where a direction takes long.
    """

    made: Loop
    named: Named | None = None
    of_two: Named | None = None
    searched: bool = False


DEFECTS: Mapping[str, Defect] = {
    "first order": Defect(first_order, ("FO-MAML", ("hessian_missing",)), ("FO-MAML", ("hessian_missing",))),
    "Hessian halved": Defect(hessian_times(0.5), ("MAML", ("hessian_halved",)), ("MAML", ("hessian_coefficient",))),
    "Hessian of the wrong sign": Defect(hessian_times(-1.0), ("MAML", ("hessian_wrong_sign",))),
    "other rate": Defect(other_rate, ("MAML", ("inner_rate",)), searched=True),
    "one step more": Defect(one_step_more, ("MAML", ("one_step_more",)), ("MAML", ("one_step_more",))),
    "one step less": Defect(one_step_less, (None, ("no_adaptation",)), ("MAML", ("one_step_only",))),
    "sum over tasks": Defect(sum_over_tasks, ("MAML", ("sum_over_tasks",))),
    "first task only": Defect(first_task_only, ("MAML", ("first_task_only",))),
    "summed inner loss": Defect(summed_inner_loss, ("MAML", ("inner_sum",))),
    "swapped": Defect(swapped, ("MAML", ("roles_swapped",))),
    "support as query": Defect(support_as_query, ("MAML", ("support_as_query",))),
    "detached layer": Defect(detached_layer),
    "second step of first order": Defect(second_step_of_first_order, of_two=("MAML", ("hessian_first_step_only",))),
    "pooled": Defect(pooled, ("MAML", ("task_weights",)), searched=True),
    "sign flipped": Defect(sign_flipped, ("MAML", ("sign_flipped",))),
    "times alpha": Defect(times_alpha, ("MAML", ("scaled_by_alpha",))),
}


def wrong(maml: Loop) -> dict[str, Loop]:
    """The defects in a framework's loops, by name."""
    return {name: partial(defect.made, maml) for name, defect in DEFECTS.items()}
