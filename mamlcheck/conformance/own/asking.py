"""`what_is`: what a gradient that somebody's own training loop got is, on their own model, loss and data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.data import real
from mamlcheck.conformance.diagnosis.identifying import diagnose
from mamlcheck.conformance.diagnosis.result import Diagnosis
from mamlcheck.conformance.own.posing import OwnKind, own_problem
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.declaring import Metadata, check_precision
from mamlcheck.conformance.subjects.failing import Unreadable
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.subjects.reading import RETURNED, read_direction
from mamlcheck.errors import InputError

SUBJECT = "the gradient"
Named = Callable[[Any], Any]  # of `OwnModel`


def what_is(
    gradient: Any,
    problem: Problem | Sequence[Problem] | None = None,
    *,
    declared: str | None = None,
    reduction: str = "mean",
    delta: float | None = None,
    rate: float | None = None,
    computes: str | None = None,
    **posed: Any,
) -> Diagnosis:
    """Say what a gradient is, that a training loop of your own got.

    gradient: {name: array}, a list in the order of the parameters, one flat array, a pytree as that of the parameters,
    one of these for each task, or a `torch.nn.Module`, whose `.grad`s are read. With `rate`, a pair (before, after) of
    parameters: the gradient is (before - after) / rate, and the digits that this loses are counted. problem: of
    `own_problem`; or its arguments, as model=, loss=, tasks=, alpha=, steps=. Lists of gradients and of problems, with
    other alpha, steps or tasks, say more together. declared: the algorithm that it is meant to be. reduction: 'mean' or
    'sum' over tasks. delta: the step of HF-MAML's difference. computes: the coarsest precision that is meant to be in
    it, such as 'bfloat16' under autocast. Raises `InputError`.
    """
    if problem is None:
        needed = [name for name in ("model", "loss", "tasks", "alpha") if name not in posed]
        if needed:
            raise InputError(
                f"{needed[0]}= is missing: give model=, loss=, tasks= and alpha=, or a problem of own_problem"
            )
        problem = own_problem(posed.pop("model"), posed.pop("loss"), posed.pop("tasks"), **posed)
    elif posed:
        raise InputError(f"{next(iter(posed))}= is part of the problem that is given: use problem.but(...)")
    if reduction not in ("mean", "sum"):
        raise InputError(f"reduction = {reduction!r}: choose 'mean' or 'sum'")
    check_precision(computes)
    problems = [problem] if isinstance(problem, Problem) else list(problem)
    gradients = [gradient] if isinstance(problem, Problem) else list(gradient)
    if not problems:
        raise InputError("there are no gradients: give one of each problem, in two lists")
    if len(problems) != len(gradients):
        raise InputError(f"{len(gradients)} gradients of {len(problems)} problems: give one of each")
    metadata = Metadata(None if declared is None else algorithm(declared).name, delta, reduction, computes=computes)
    seen = [_observed(given, found, rate, metadata.summed) for given, found in zip(problems, gradients, strict=True)]
    return diagnose(SUBJECT, seen, metadata)


def _observed(given: Problem, gradient: Any, rate: float | None, summed: bool) -> Observation:
    """A gradient as an observation of the problem. Raises `InputError` for what is none."""
    if not isinstance(given, Problem) or not isinstance(given.kind, OwnKind):
        raise InputError(f"{given!r} is no own problem: make one with own_problem(model, loss, tasks, alpha=...)")
    own, lost, rates = given.kind.source.model, 0.0, None
    try:
        if rate is None:
            found = read_direction(given, gradient, summed=summed)
            flat, dtype, rates = found.flat, found.dtype, found.rates
        else:
            flat, dtype, lost = _from_update(given, gradient, rate, own.named)
    except Unreadable as error:
        raise InputError(f"the gradient cannot be read: {str(error).replace(RETURNED, 'it is')}") from None
    part = () if rates is None else (rates,)
    return Observation(given, (flat,), dtype, frameworks=(own.framework,), lost=lost, handed=True, rates=part)


def _from_update(given: Problem, pair: Any, rate: float, named: Named) -> tuple[np.ndarray, str, float]:
    """(before - after) / rate, its precision, and what the update has lost, see `View.from_difference`."""
    if not np.isfinite(real(rate)) or not real(rate):
        raise InputError(f"rate = {rate!r}: give the rate of the update, a number other than 0")
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InputError("with rate= the gradient is to be a pair (before, after) of parameters")
    before, after = (read_direction(given, _values(part, named)) for part in pair)
    if np.array_equal(before.flat, after.flat):
        raise InputError(
            "before and after are the same numbers: an update in place changes what was kept of the parameters, too, "
            "unless copies were kept, as {name: p.detach().clone() for name, p in model.named_parameters()}"
        )
    return (before.flat - after.flat) / rate, after.dtype, float(np.linalg.norm(after.flat)) / abs(rate)


def _values(parameters: Any, named: Named) -> Any:
    if hasattr(parameters, "named_parameters"):
        return {name: p for name, p in parameters.named_parameters() if p.requires_grad}
    found = named(parameters)
    return dict(found) if isinstance(found, Mapping) else found
