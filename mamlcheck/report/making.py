"""How a report is made, from Python and by the command: what it rests on, and what it adds to the verdicts of a run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from mamlcheck.check.engines import local
from mamlcheck.check.results import ClaimResult, Results
from mamlcheck.check.runner import Progress, run
from mamlcheck.check.sweeps import RandomSweep, Sweep, TableSweep, table_losses
from mamlcheck.claims import load_claims
from mamlcheck.conformance import Conformance, conform
from mamlcheck.errors import InputError
from mamlcheck.findings import Executed, Finding, execute, find, findings_document
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
from mamlcheck.report.dynamics import PARTS as DYNAMICS_PARTS
from mamlcheck.report.dynamics import dynamics_of
from mamlcheck.report.formats import DEFAULT, format_names, require_places, write
from mamlcheck.report.notebook import Report, report_of
from mamlcheck.report.own_table import own_table
from mamlcheck.report.provenance import made_now
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import Table, read_table

RANDOM_TO_TABLE = 4  # for so many random instances there is one on the table

Bar = Callable[[int | None, str], AbstractContextManager[Progress]]
"""Shows how far something is: of how many steps, None where that is not known, and what is done."""


@contextmanager
def no_bar(total: int | None, doing: str) -> Iterator[Progress]:
    """Shows nothing."""
    yield lambda more: None


def report(
    out: str | Path = FOLDER,
    *,
    instances: int = INSTANCES,
    seed: int = 1,
    table: Table | str = TABLE,
    losses: Sequence[Loss | str] | None = None,
    subjects: Sequence[str] = (),
    against: Sequence[str | Path] = (),
    formats: Sequence[str] = (DEFAULT,),
    jobs: int = 1,
) -> Report:
    """Check every claim on random tasks and on a table; write a page and the data behind it into the folder `out`.

    instances: random ones; a quarter as many on the table. table: one that `mamlcheck.tasks.tables.read_table` gives,
    or the name of a built-in one; losses: of its tasks. subjects: implementations to hold against what they declare,
    each as 'module:make', or against an algorithm, 'module:make=MAML'. against: files of earlier results, the oldest
    first; the page shows what changed since. formats: what is written, of "html" (the page with its data), "json" (the
    data alone), "markdown" and "junit". jobs: how many processes judge instances; a script that gives more than 1 calls
    this below `if __name__ == "__main__":`, since each process imports the script.

    Returns the results that are written; a notebook shows them as the page begins. Ctrl-C stops early, and the page
    says that it is partial. Raises `InputError`, before anything is checked where that can be.
    """
    if type(instances) is not int or instances < 1:
        raise InputError(f"instances = {instances!r}: give an integer from 1 on")
    rows = read_table(table) if isinstance(table, str) else table
    if not isinstance(rows, Table):
        raise InputError(f"table = {table!r}: give what `mamlcheck.tasks.tables.read_table` returns, or a name")
    of_table = table_losses(losses)
    sweeps = sweeps_of(instances, seed, rows, of_table)
    folder = Path(out)
    forms = forms_of(formats)
    require_places(forms, folder, f"out = {str(folder)!r}")
    olds = olds_of(against)
    conformances = [conformance_of(subject) for subject in subjects]
    bounds = certified_brackets()
    with local(jobs, warnings.warn) as engine:
        judged = run(load_claims(), sweeps, seed, engine=engine)
    results = completed(judged, rows, of_table, bounds, conformances, own=table != TABLE, olds=olds)
    write(results, folder, forms)
    return report_of(results)


def forms_of(formats: Sequence[str]) -> tuple[str, ...]:
    """The forms of a report by these names, each once. Raises `InputError`."""
    known = format_names()
    if isinstance(formats, str) or not formats or any(name not in known for name in formats):
        raise InputError(f"formats = {formats!r}: give a list of {', '.join(known)}, such as formats=['{DEFAULT}']")
    return tuple(dict.fromkeys(formats))


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
    bar: Bar = no_bar,
) -> Results:
    """Results of a run with all that a report has beside: proofs, waterfalls, brackets, implementations, findings, the
    algorithms at work, the table, the map, and what changed. own: whether the caller chose the table; olds: earlier
    results; bar: shows how far it is.
    """
    judged = replace(
        results,
        brackets=bounds,
        conformance=tuple(conformance.record for conformance in conformances),
    )
    sweep = TableSweep(table, results.seed, losses)
    judged_there = sum(source.instances for source in results.sources if source.name == sweep.name)
    witnesses = _witnesses()
    with bar(len(judged.claims), "Checking proofs, and where bounds lose") as progress:
        proved = _proved(judged, lambda name: instance(name, table, losses), witnesses, progress)
    with bar(len(found := find()), "Running the examples of findings") as progress:
        findings = findings_document(_each_run(found, progress))
    with bar(DYNAMICS_PARTS, "Running the algorithms, and drawing up Table 1") as progress:
        dynamics = dynamics_of(table, losses, progress)
    with bar(None, "Looking at each task of the table"):
        of_table = own_table(sweep, judged_there, load_claims(), own)
    with bar(None, "Looking for instances on which every term counts"):
        whole = with_every_term(
            replace(proved, findings=findings, dynamics=dynamics, table=of_table, made=made_now()), witnesses
        )
    with bar(None, "Drawing up the map"):
        whole = replace(whole, map=proof_map(whole))
    return replace(whole, against=compared(olds, whole)) if olds else whole


def _proved(
    judged: Results,
    instance_of: Callable[[str], Instances],
    witnesses: Mapping[str, Instances],
    progress: Progress,
) -> Results:
    """The results with proofs and waterfalls, one claim after the other."""
    claims = dict[str, ClaimResult]()
    for name, claim in judged.claims.items():
        claims |= with_proofs(replace(judged, claims={name: claim}), instance_of, witnesses).claims
        progress(1)
    return replace(judged, claims=claims)


def _each_run(findings: Iterable[Finding], progress: Progress) -> Iterator[Executed]:
    for finding in findings:
        yield from execute([finding])
        progress(1)
