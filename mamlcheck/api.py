"""The functions of `import mamlcheck` that no room has as its own: thin, over what the commands use."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from mamlcheck.check.checked import Checked, check_claim
from mamlcheck.claims import load_claim, load_claims
from mamlcheck.display import Listing
from mamlcheck.errors import InputError
from mamlcheck.formats.runs import RunResults
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

__all__ = ["Checked", "brackets", "check_claim", "instance", "prove", "run"]

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


def run(
    source: Source | None = None,
    *,
    loss: Loss | str | None = None,
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
        for name, value in ({"source": source, "loss": loss} | given).items():
            if value is not None:
                raise InputError(f"{name} = {value!r}: runs that are resumed go on as they began: leave it out")
        return taken_up(resume, steps, save).make()
    if source is None:
        raise InputError("there is nothing to run: give a source, such as 'grunfeld', or resume, a file of runs")
    wanted = Asked(**given | ({} if steps is None else {"steps": steps}))  # type: ignore[arg-type]
    return begun(plan_of(*start_of(source, loss), wanted), save).make()


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
