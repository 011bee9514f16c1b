"""How a report is made, from Python and by the command: what it rests on, and what it adds to the verdicts of a run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mamlcheck.check.engines import local
from mamlcheck.check.results import Results
from mamlcheck.check.runner import run
from mamlcheck.check.sweeps import RandomSweep, Sweep, TableSweep, table_losses
from mamlcheck.claims import load_claims
from mamlcheck.conformance import Conformance, conform
from mamlcheck.errors import InputError
from mamlcheck.findings import execute, findings_document
from mamlcheck.formats.brackets import Brackets
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.records import with_proofs
from mamlcheck.record.at_work import with_every_term
from mamlcheck.record.brackets import brackets, brackets_document
from mamlcheck.record.reference import ReferenceRun, reference_folder
from mamlcheck.record.sources import instance
from mamlcheck.record.standing import proof_map
from mamlcheck.report.against import Old, compared, read_old
from mamlcheck.report.defaults import FOLDER, INSTANCES, TABLE
from mamlcheck.report.dynamics import dynamics_of
from mamlcheck.report.own_table import own_table
from mamlcheck.report.page import require_report_place, write_report
from mamlcheck.report.provenance import made_now
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import Table, read_table

RANDOM_TO_TABLE = 4  # for so many random instances there is one on the table


def report(
    out: str | Path = FOLDER,
    *,
    instances: int = INSTANCES,
    seed: int = 1,
    table: Table | str = TABLE,
    losses: Sequence[Loss | str] | None = None,
    subjects: Sequence[str] = (),
    against: Sequence[str | Path] = (),
    jobs: int = 1,
) -> Results:
    """Check every claim on random tasks and on a table; write a page and the data behind it into the folder `out`.

    instances: random ones; a quarter as many on the table. table: one that `mamlcheck.tasks.tables.read_table` gives,
    or the name of a built-in one; losses: of its tasks. subjects: implementations to hold against what they declare,
    each as 'module:make', or against an algorithm, 'module:make=MAML'. against: files of earlier results, the oldest
    first; the page shows what changed since. jobs: how many processes judge instances; a
    script that gives more than 1 calls this below `if __name__ == "__main__":`, since each process imports the script.
    Returns the results that are shown. Ctrl-C stops early, and the page says that it is partial. Raises `InputError`,
    before anything is checked where that can be.
    """
    if type(instances) is not int or instances < 1:
        raise InputError(f"instances = {instances!r}: give an integer from 1 on")
    rows = read_table(table) if isinstance(table, str) else table
    if not isinstance(rows, Table):
        raise InputError(f"table = {table!r}: give what `mamlcheck.tasks.tables.read_table` returns, or a name")
    of_table = table_losses(losses)
    sweeps = sweeps_of(instances, seed, rows, of_table)
    folder = Path(out)
    require_report_place(folder, f"out = {str(folder)!r}")
    olds = olds_of(against)
    conformances = [conformance_of(subject) for subject in subjects]
    bounds = certified_brackets()
    with local(jobs, warnings.warn) as engine:
        judged = run(load_claims(), sweeps, seed, engine=engine)
    results = completed(judged, rows, of_table, bounds, conformances, own=table != TABLE, olds=olds)
    write_report(results, folder)
    return results


def sweeps_of(instances: int, seed: int, table: Table, losses: tuple[Loss, ...]) -> list[tuple[Sweep, int]]:
    """What a report judges the claims on: random instances, and a quarter as many on the table."""
    return [(RandomSweep(seed), instances), (TableSweep(table, seed, losses), max(1, instances // RANDOM_TO_TABLE))]


def conformance_of(subject: str, progress: Callable[[int], None] = lambda done: None) -> Conformance:
    """MODULE:MAKE held against what it declares, or MODULE:MAKE=ALGORITHM."""
    reference, _, algorithm = subject.partition("=")
    return conform(reference, algorithm or None, progress=progress)


def certified_brackets(progress: Callable[[int], None] = lambda done: None) -> Brackets:
    """The brackets of all claims, by the witnesses that ship with mamlcheck. progress: told how many more are done."""
    return brackets_document(brackets(ReferenceRun(reference_folder()).witnesses, progress=progress))


def _witnesses() -> dict[str, Instances]:
    """The instances of the witnesses that ship with mamlcheck, by claim."""
    return {name: witness.instance for name, witness in ReferenceRun(reference_folder()).witnesses.items()}


def olds_of(against: Sequence[str | Path]) -> tuple[Old, ...]:
    """The earlier results in these files. Raises `InputError`."""
    if isinstance(against, str | Path):
        raise InputError(f"against = {str(against)!r}: give a list of files, such as against=['old/results.json']")
    return tuple(read_old(path) for path in against)


def completed(
    results: Results,
    table: Table,
    losses: tuple[Loss, ...],
    bounds: Brackets,
    conformances: Iterable[Conformance],
    *,
    own: bool = False,
    olds: Sequence[Old] = (),
) -> Results:
    """Results of a run with all that a report has beside: proofs, waterfalls, brackets, implementations, findings, the
    algorithms at work, the table, the map, and what changed. own: whether the caller chose the table; olds: earlier
    results.
    """
    judged = replace(
        results,
        brackets=bounds,
        conformance=tuple(conformance.record for conformance in conformances),
    )
    proved = with_proofs(judged, lambda name: instance(name, table, losses), _witnesses())
    sweep = TableSweep(table, results.seed, losses)
    judged_there = sum(source.instances for source in results.sources if source.name == sweep.name)
    whole = replace(
        proved,
        findings=findings_document(execute()),
        dynamics=dynamics_of(table, losses),
        table=own_table(sweep, judged_there, load_claims(), own),
        made=made_now(),
    )
    whole = with_every_term(whole, _witnesses())
    whole = replace(whole, map=proof_map(whole))
    return replace(whole, against=compared(olds, whole)) if olds else whole
