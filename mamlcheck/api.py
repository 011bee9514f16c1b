"""The functions of `import mamlcheck` that no room has as its own: thin, over what the commands use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from mamlcheck.check.checked import Checked, check_claim
from mamlcheck.claims import load_claim, load_claims
from mamlcheck.disk import write_text
from mamlcheck.display import Listing
from mamlcheck.errors import InputError
from mamlcheck.formats.plans import PlanDocument
from mamlcheck.formats.runs import RunResults
from mamlcheck.plans.making import Goal, constants_named, plan_for_constants, plan_for_tasks
from mamlcheck.plans.planned import asked_by, checked_against, planned_start, read_plan
from mamlcheck.proof.catalogue import Proved, proved
from mamlcheck.record.brackets import Bracket
from mamlcheck.record.brackets import brackets as brackets_of
from mamlcheck.record.reference import ReferenceRun, reference_folder
from mamlcheck.record.sources import instance
from mamlcheck.runs.making import begun, taken_up
from mamlcheck.runs.plan import Asked, plan_of
from mamlcheck.runs.sources import Source, start_of
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.written import number

__all__ = ["Checked", "brackets", "check_claim", "instance", "plan", "prove", "run"]

Rate = str | int | float | Fraction | None
"""An exact number: text such as "1/100" or "0.1" is what is written, a float the double that it is; None: a default."""


def prove(claim: str) -> Proved:
    """Have the kernel check the proof of the claim with this id.

    What comes back says whether it is `proved`, what is `missing` otherwise, and has the `chains` of steps. A proof is
    checked once in a process. Raises `InputError` where there is no such claim, or no proof of it.
    """
    return proved(load_claim(claim).id)


def brackets(*claims: str) -> Listing[Bracket]:
    """How far printed bounds are from the truth: of all claims, or of those named by id or family.

    Each witness of the reference run that ships with mamlcheck is certified again. Raises `InputError` for a name that
    is none.
    """
    return Listing(brackets_of(ReferenceRun(reference_folder()).witnesses, load_claims(claims)))


def plan(
    source: Source | None = None,
    *,
    accuracy: Rate,
    loss: Loss | str | None = None,
    algorithms: Sequence[str] = (),
    alpha: Rate = None,
    constants: Mapping[str, Rate] | None = None,
    save: str | Path | None = None,
) -> PlanDocument:
    """Plan runs of MAML, FO-MAML and HF-MAML that reach an accuracy: E|grad F(w_K)| <= accuracy for a random iterate K.

    source: tasks and a start, as for `run`; None where constants are given alone. loss: of a table's tasks.
    algorithms: of "maml", "fo-maml" and "hf-maml", by default all. alpha: the inner rate, by default the largest that
        their theorems allow.
    constants: L, rho, sigma, sigma~, sigma_H and Delta by these names, in place of what is known of the tasks. They
        are declared, and what rests on them is not guaranteed.
    save: a file that `run` takes as `plan`.

    The steps and batches satisfy the theorems' condition, decided in exact fractions, at about the least cost. The
    plan is `guaranteed` where all constants are exact or certified. Raises `InputError`.
    """
    eps = _rate("accuracy", accuracy)
    if eps is None:
        raise InputError("accuracy = None: give an eps > 0")
    exact = {name: _rate(name, value) for name, value in (constants or {}).items()}
    given = constants_named({name: value for name, value in exact.items() if value is not None})
    goal = Goal(eps, algorithms, _rate("alpha", alpha), given)
    if source is None and loss is not None:
        raise InputError(f"loss = {loss!r} is that of a table's tasks: give a table, or leave it out")
    found = plan_for_constants(goal) if source is None else plan_for_tasks(*start_of(source, loss), goal)
    if save is not None:
        write_text(save, found.text())
    return found


def run(
    source: Source | None = None,
    *,
    loss: Loss | str | None = None,
    plan: PlanDocument | str | Path | None = None,
    resume: str | Path | None = None,
    save: str | Path | None = None,
    steps: int | None = None,
    seed: int | None = None,
    seeds: int | None = None,
    every: int | None = None,
    algorithms: Sequence[str] = (),
    alpha: Rate = None,
    factor: Rate = None,
    eta: Rate = None,
    tasks: int | None = None,
    inner: int | None = None,
    outer: int | None = None,
    hessian: int | None = None,
    stepsize_tasks: int | None = None,
    stepsize: int | None = None,
) -> RunResults:
    """Run MAML, FO-MAML and HF-MAML with the step sizes of the convergence theorems, and say what became of F and
    |grad F|. All algorithms run on equal draws. Ctrl-C stops early and returns what there is.

    source: tasks and a start. A `Table`, or the name of a built-in one ("grunfeld"), is run from w = 0, under a `loss`;
        an instance, its id or its file from its w.
    steps: how many, 200 where left out. seed, seeds: of the first run, and how many there are, 1 and 8.
    algorithms: of "maml", "fo-maml" and "hf-maml", by default all. every: evaluate F at each such step, by default all.
    alpha: the inner rate, by default the largest that the theorems of the algorithms allow. factor: c of the step size
        c beta~, by default the theorem's. eta: of HF-MAML's delta = eta / (rho alpha |v|), by default 1/6.
    tasks, inner, outer, hessian: B, D_in, D_o and D_h, by default 20, 5, 5 and 5. stepsize_tasks, stepsize: B' and
        D_beta, by default what Lemma 4.9 asks for with the deviations at the start.
    plan: a plan, or its file: the rates, sizes and steps are those of its cheapest algorithm, or of the one that is
        named, and so are the tasks, unless it is a plan for constants alone. With `steps` fewer are made.
    save: a file to keep the runs in. resume: a file that keeps runs: they go on as they began, with more `steps` if
        you like, and all else is left out.

    Raises `InputError` for what cannot be run.
    """
    asked = {
        "seed": seed, "seeds": seeds, "every": every, "algorithms": algorithms or None, "tasks": tasks, "inner": inner,
        "outer": outer, "hessian": hessian, "stepsize_tasks": stepsize_tasks, "stepsize": stepsize,
        "alpha": _rate("alpha", alpha), "factor": _rate("factor", factor), "eta": _rate("eta", eta),
    }  # fmt: skip
    given = {name: value for name, value in asked.items() if value is not None}
    if resume is not None:
        for name, value in ({"source": source, "loss": loss, "plan": plan} | given).items():
            if value is not None:
                raise InputError(f"{name} = {value!r}: runs that are resumed go on as they began: leave it out")
        return taken_up(resume, steps, save).make()
    if plan is not None:
        return _as_planned(plan, source, loss, given | ({} if steps is None else {"steps": steps}), save)
    if source is None:
        raise InputError("there is nothing to run: give a source, such as 'grunfeld', or resume, a file of runs")
    wanted = Asked(**given | ({} if steps is None else {"steps": steps}))  # type: ignore[arg-type]
    return begun(plan_of(*start_of(source, loss), wanted), save).make()


def _as_planned(
    plan: PlanDocument | str | Path,
    source: Source | None,
    loss: Loss | str | None,
    given: dict[str, Any],
    save: str | Path | None,
) -> RunResults:
    found = plan if isinstance(plan, PlanDocument) else read_plan(plan)
    others = sorted(set(given) - {"algorithms", "steps", "seed", "seeds", "every"})
    if others:
        raise InputError(f"{others[0]} = {given[others[0]]!r}: rates and sizes are those of the plan: leave it out")
    start = planned_start(found)
    if start is not None and source is not None:
        raise InputError("the plan has tasks of its own: leave the source out")
    if start is None:
        if source is None:
            raise InputError("the plan is for constants: give a source, the tasks that are run")
        start = start_of(source, loss)
        checked_against(found, start[0])
    return begun(plan_of(*start, asked_by(found, Asked(**{"steps": 0, **given}))), save).make()


def _rate(name: str, value: Rate) -> Fraction | None:
    if value is None or isinstance(value, Fraction):
        return value
    try:
        if isinstance(value, str):
            return number(value, name)
        return Fraction(value)
    except InputError as error:
        raise InputError(f"{name} = {error}") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} = {value!r} is no number: give one, or text such as '1/100'") from error
