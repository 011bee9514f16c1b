"""Own problems: `own_problem` makes a `Problem` of a model, a loss and tasks."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.arb import Arb
from mamlcheck.arithmetic.protocol import DirectionArithmetic
from mamlcheck.conformance.adapters.view import View
from mamlcheck.conformance.data import ROLES, Task, real
from mamlcheck.conformance.enclosures import Enclosure, Formula
from mamlcheck.conformance.keeping import name_of
from mamlcheck.conformance.layout import Layout
from mamlcheck.conformance.own.frameworks import Loss, OwnModel, opened
from mamlcheck.conformance.own.keeping import keep, kept
from mamlcheck.conformance.own.kinks import held, its_side, too_many_sides
from mamlcheck.conformance.own.losses import BatchLoss
from mamlcheck.conformance.own.rates import is_number, read_rates
from mamlcheck.conformance.own.references import certified, measured
from mamlcheck.conformance.own.tasks import Kept, ProgramTasks
from mamlcheck.conformance.own.work import Report, Work, seconds
from mamlcheck.conformance.problems.problem import DTYPES, Memory, Problem
from mamlcheck.conformance.rates import Rates
from mamlcheck.conformance.reference import Run
from mamlcheck.conformance.subjects.failing import described
from mamlcheck.conformance.words import counted, listed
from mamlcheck.errors import InputError, MamlcheckError
from mamlcheck.programs.cost import peak_bytes
from mamlcheck.programs.kinks import DECISIONS, Kink, Watching
from mamlcheck.programs.pool import Pool
from mamlcheck.programs.program import Array
from mamlcheck.programs.running import Forced
from mamlcheck.programs.tracing import Traced

SECONDS_AT_ONCE = 2.0  # a certificate of a direction that takes no longer is made without being asked for
BITS_OF_LARGE = 256  # for each inner step: a convolutional network of four layers loses 130 and then 80 a step
MOST_BYTES = 3 << 29  # that processes side by side may take together
ARB_TIMES = 30  # what doubles take of a convolutional network is measured as 1/25 to 1/40 of that guess for Arb
DIGITS_SHOWN = 12  # of what tells rates apart, in an id; names of certificates have all of them
NAMES_LISTED = 3  # in a note, before "and so many more"


@dataclass(frozen=True)
class OwnTask(Task):
    """A task of an own problem. losses: by role, those of its sets as programs."""

    losses: dict[str, BatchLoss] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, eq=False)
class OwnSource:
    """A model, its loss, and every task.

    kept: the gradients and products that candidates have computed in doubles; memory: their directions. work, pools:
    what is under way in Arb. report: is told how far it is.
    """

    model: OwnModel
    criterion: Loss
    tasks: tuple[OwnTask, ...]
    kept: Kept = field(default_factory=Kept, repr=False)
    memory: Memory = field(default_factory=dict, repr=False)
    work: list[Work] = field(default_factory=list, repr=False)
    pools: list[Pool] = field(default_factory=list, repr=False)
    report: Report | None = field(default=None, repr=False)

    @cached_property
    def layout(self) -> Layout:
        """How the parameters lie in a flat vector."""
        return Layout({name: value.shape for name, value in self.model.parameters.items()})

    @cached_property
    def digest(self) -> str:
        """Text that two sources share only if all that a direction can depend on is the same: the parameters, which of
        them are the last layer, and the loss and the number of samples of each set.
        """
        text = hashlib.sha256(repr(self.model.head).encode())
        for name, value in self.model.parameters.items():
            text.update(repr((name, value.shape)).encode() + np.ascontiguousarray(value).tobytes())
        for task in self.tasks:
            for role, loss in task.losses.items():
                text.update(repr((role, loss.samples, loss.traced.program.digest)).encode())
        return text.hexdigest()

    @cached_property
    def unused(self) -> tuple[str, ...]:
        """The parameters that no loss depends on, by name."""
        used = {name for task in self.tasks for loss in task.losses.values() for name in loss.used}
        return tuple(name for name in self.model.parameters if name not in used)

    @property
    def notes(self) -> tuple[str, ...]:
        """What tracing the losses has to say, each once, which parameters do not count, and which state is changed."""
        traced = [loss.traced for task in self.tasks for loss in task.losses.values()]
        changed = list(dict.fromkeys(name for one in traced for name in one.changed))
        said = list(dict.fromkeys(note for one in traced for note in one.notes))
        if self.unused:
            said.append(f"No loss depends on {_some(self.unused)}: the gradient is 0 there, and None is read as that.")
        if changed:
            said.append(
                f"Each forward pass changes state beside the parameters ({_some(changed)}): the reference is a "
                "function of the batch, on which that has no effect."
            )
        return tuple(said)


@dataclass(frozen=True)
class OwnKind:
    """The model and the loss of an own problem: see `problems.kind.Kind`.

    certify: whether references are certified. steps: K, by which it is guessed how many bits Arb needs. watching,
    forced, held: see `ProgramTasks`.
    """

    source: OwnSource
    certify: bool
    steps: int = 1
    watching: Watching | None = field(default=None, compare=False, repr=False)
    forced: Forced = ()
    held: bool = False

    @property
    def name(self) -> str:
        return self.source.model.name

    @property
    def layout(self) -> Layout:
        return self.source.layout

    @property
    def head(self) -> tuple[str, ...]:
        return self.source.model.head

    @property
    def loss(self) -> str:
        return str(getattr(self.source.criterion, "__name__", type(self.source.criterion).__name__))

    @property
    def notes(self) -> tuple[str, ...]:
        return self.source.notes

    @property
    def unit_roundoff(self) -> float:
        return max(loss.traced.unit_roundoff for task in self.source.tasks for loss in task.losses.values())

    @property
    def second_derivative_off(self) -> float:
        loss = self.source.tasks[0].losses["inner"]
        return 0.0 if loss.traced.second is None else loss.traced.second(loss.hessian_vector, loss.used)

    @property
    def jumps(self) -> bool:
        losses = (loss for task in self.source.tasks for loss in task.losses.values())
        return any(node.operation in DECISIONS for loss in losses for node in loss.traced.program.nodes)

    @property
    def unused(self) -> tuple[str, ...]:
        return self.source.unused

    def named(self, direction: Any) -> Any:
        return self.source.model.named(direction)

    @property
    def seconds(self) -> float:
        return _seconds(self.source.tasks, self.steps) / ARB_TIMES

    @property
    def certifies(self) -> bool:
        return self.certify

    @property
    def as_it_is(self) -> bool:
        """Whether each decision is what the numbers say."""
        return not self.forced and not self.held

    def over(self, ar: DirectionArithmetic, tasks: Sequence[Task]) -> ProgramTasks:
        """The tasks over an arithmetic; what is computed in doubles is kept."""
        source = self.source
        plain = ar is float64 and self.watching is None and self.as_it_is
        losses = [_own(task).losses for task in tasks]
        told = None
        if source.work:
            told = source.work[-1].foresee if ar is float64 else source.work[-1].finish
        kept_rows = source.kept if plain else None
        pool = source.pools[-1] if source.pools and isinstance(ar, Arb) and self.as_it_is else None
        return ProgramTasks(ar, self.layout, losses, kept_rows, told, pool, self.watching, self.forced, self.held)

    def samples(self, role: str, tasks: Sequence[Task]) -> tuple[int, ...]:
        return tuple(_own(task).losses[role].samples for task in tasks)

    def enclosed(self, formula: Formula, name: str = "") -> Enclosure:
        if not self.certify:
            return measured(formula)
        named = bool(name) and self.as_it_is  # decisions that are forced or held are in no name
        file = name_of(self.source.digest, name)
        found = kept(file, self.layout.size) if named else None
        if found is None:
            found = self._certified(formula)
            if named and not found.why:
                keep(file, found)
        return found

    def _certified(self, formula: Formula) -> Enclosure:
        """With a word on how far it is, if anybody listens."""
        source = self.source
        if _seconds(source.tasks, self.steps) < SECONDS_AT_ONCE:
            return certified(formula)
        work = Work(source.report or (lambda said: None))
        source.work.append(work)
        try:
            with float64.working():
                formula(float64)  # which foresees what there is to compute
            with Pool(_jobs(source.tasks)) as pool:
                source.pools.append(pool)
                return certified(formula, BITS_OF_LARGE * self.steps, work.again)
        finally:
            source.pools.clear()
            source.work.pop()

    def its_side(
        self, problem: Any, direction: Any, unit_roundoff: float, found: np.ndarray, hessian: Any, role: str
    ) -> tuple[Problem, tuple[Kink, ...]] | None:
        return its_side(problem, direction, unit_roundoff, found, hessian, role)

    def too_many_sides(self, *asked: Any) -> int:
        return too_many_sides(*asked)

    def between_kinks(self, problem: Any) -> Problem:
        return held(problem)

    def view(self, framework: str, given: object) -> View:
        model = self.source.model
        if framework != model.framework:
            raise InputError(f"the model of this problem is of {model.framework}: it has no view for {framework!r}")
        return model.view(given, self.source.criterion)


@dataclass(frozen=True)
class OwnKey:
    """What an own problem is a function of; `problems.problem.Key` says what the fields are.

    certify: whether its references are certified, or measured. rates: what alpha is multiplied by, where that differs.
    """

    source: OwnSource
    alpha: float
    steps: int
    dtype: str
    tasks: tuple[int, ...]
    certify: bool = False
    beta: float = math.nan
    offset: float = 0.0
    rates: Rates | None = None

    def __post_init__(self) -> None:
        if not 0 <= real(self.alpha) < np.inf:
            raise InputError(f"alpha = {self.alpha!r}: give an inner rate >= 0")
        if not (real(self.steps) >= 1 and real(self.steps) % 1 == 0):
            raise InputError(f"steps = {self.steps!r}: give a whole number of inner steps >= 1")
        if self.rates is not None and not self.rates.reach(self.steps):
            raise InputError(
                f"steps = {self.steps!r}: alpha has rates for {len(self.rates.steps)} inner steps; give it for each"
            )
        if self.dtype not in DTYPES:
            raise InputError(f"dtype = {self.dtype!r}: choose one of {', '.join(DTYPES)}")
        count = len(self.source.tasks)
        if not self.tasks or any(real(i) not in range(count) for i in self.tasks):
            raise InputError(f"tasks = {self.tasks!r}: give indices of tasks, each in 0..{count - 1}")
        if self.offset:
            raise InputError(f"offset = {self.offset!r}: an own loss is taken as it is, offset = 0")

    @property
    def id(self) -> str:
        """Text that names the problem."""
        parts = [self.source.model.name, f"alpha={self.alpha!r}", f"steps={self.steps}", self.dtype]
        if self.rates is not None:
            parts.append(f"rates={self.rates.by.replace(' ', '-')}-{self.rates.digest[:DIGITS_SHOWN]}")
        if self.tasks != tuple(range(len(self.source.tasks))):
            parts.append("tasks=" + ".".join(map(str, self.tasks)))
        return ",".join(parts)

    @property
    def digest(self) -> str:
        """That of the source, of the rates, and what the id says."""
        return f"{self.source.digest} {self.rates!r} {self.beta!r} {self.id}"

    @property
    def memory(self) -> Memory:
        """That of the source: it ends with it."""
        return self.source.memory

    @property
    def in_doubles(self) -> OwnKey:
        """Of the problem in float64: directions are those of that one."""
        return self if self.dtype == "float64" else replace(self, dtype="float64")

    def but(self, **changes: Any) -> OwnKey:
        """The key with other fields; rates stay where alpha becomes another number. Raises `InputError`."""
        known = ("alpha", "beta", "certify", "dtype", "offset", "rates", "steps", "tasks")
        wrong = [name for name in changes if name not in known]
        if wrong:
            raise InputError(
                f"an own problem has no {wrong[0]!r} that could be another: choose among {', '.join(known)}"
            )
        if "tasks" in changes:
            asked = changes["tasks"]
            changes["tasks"] = tuple(asked) if isinstance(asked, (Sequence, range, np.ndarray)) else (asked,)
        if "alpha" in changes:
            steps = _whole(changes.get("steps", self.steps))
            rate, rates = read_rates(self.source.model, changes["alpha"], steps)
            changes |= {"alpha": rate} if is_number(changes["alpha"]) else {"alpha": rate, "rates": rates}
        return replace(self, **changes)

    def made(self) -> Problem:
        """The problem, with parameters of its own."""
        source = self.source
        values = {name: np.array(value) for name, value in source.model.parameters.items()}
        return Problem(
            self, OwnKind(source, self.certify, self.steps), values, tuple(source.tasks[i] for i in self.tasks)
        )


def own_problem(
    model: Any,
    loss: Loss,
    tasks: Sequence[Any],
    *,
    alpha: Any,
    steps: int = 1,
    parameters: Any = None,
    beta: float = math.nan,
    dtype: str | None = None,
    certify: bool | None = None,
    progress: Report | None = None,
    name: str | None = None,
    head: Sequence[str] | None = None,
) -> Problem:
    """A problem of your own model, loss and data.

    model: a `torch.nn.Module`, or what JAX knows (`frameworks`), at its initial parameters, which is copied and left
    as it is. loss: of (output, target), the mean over a batch. tasks: for each ((x, y), (x, y)), its support and its
    query set, of whatever sizes, and, if you like, a third set for the Hessian; x may be a tuple of arguments or a dict
    of named ones. alpha: the inner rate; or rates, as a dict with a number or an array for each parameter (with JAX a
    pytree like the parameters), or as a list with a number or such a dict for each inner step: then `problem.alpha` is
    1, a factor of all of them, and they are `problem.rates`. steps: K, the number of inner steps. parameters: names of
    those that are learnt, if not all that require a gradient; for a function of JAX, their pytree. beta: the meta rate,
    if you like an update to be told from its direction. dtype: the precision that gradients come in, the parameters'
    own if not said. certify: whether references are certified by Arb, or measured in double-double; if not said,
    certified where it takes a moment. progress: is called with how far a certificate is and how long it will take, as
    `print`; certificates are kept on disk (`own.keeping`). name: of the model in sentences. head: the names of the
    parameters of the last layer, which ANIL adapts, if these cannot be told from the model. Raises `InputError`, and
    `CannotBeTraced` for a loss that is no program of known operations.
    """
    count = _whole(steps)
    own = opened(model, parameters)
    rate, rates = read_rates(own, alpha, count)
    if not callable(loss):
        raise InputError(f"loss = {loss!r}: give a function of (output, target)")
    arrays = dict[Array, Array]()
    posed = tuple(_task(own, loss, i, task, arrays) for i, task in enumerate(_listed(tasks)))
    told = own.head or posed[0].losses["outer"].last_layer
    head = [head] if isinstance(head, str) else head
    own = replace(own, name=name or own.name, head=told if head is None else _known(own, head))
    given = dtype or (own.dtype if own.dtype in DTYPES else "float32")
    source = OwnSource(own, loss, posed, report=progress)
    at_once = _seconds(posed, count) <= SECONDS_AT_ONCE if certify is None else certify
    tasks_asked = tuple(range(len(posed)))
    key = OwnKey(source, rate, count, given, tasks_asked, at_once, _meta_rate(beta), rates=rates)
    found = key.made()
    _check_on_the_way(found)
    return found


def _check_on_the_way(problem: Problem) -> None:
    """Raise `CannotBeTraced` where a loss is not its program at the parameters that the inner steps lead to.

    A branch of Python may turn there and nowhere that was looked at before.
    """
    tasks = [_own(task).losses for task in problem.tasks]
    if all(loss.traced.check is None for losses in tasks for loss in losses.values()):
        return
    with float64.working():
        points = Run(float64, problem).adapt().points
    for k, point in enumerate(points[1:], start=1):
        roles = ("outer",) if k == problem.steps else ("inner", "hessian")
        for losses, w in zip(tasks, np.asarray(point.w), strict=True):
            for loss in {id(losses[role]): losses[role] for role in roles}.values():
                if loss.traced.check is not None and np.isfinite(w).all():
                    where = f"the parameters after {counted(k, 'inner step')} of alpha = {problem.alpha:g}"
                    values = {name: np.asarray(x) for name, x in problem.layout.unflatten(w).items()}
                    loss.traced.check(loss.traced.program, values, where)


def _jobs(tasks: Sequence[OwnTask]) -> int:
    """How many tasks are run side by side: as many as there are cores, and as memory allows."""
    losses = {id(loss): loss for task in tasks for loss in task.losses.values()}
    largest = max(peak_bytes(loss.hessian_vector) for loss in losses.values())
    return max(1, min(len(tasks), os.cpu_count() or 1, MOST_BYTES // max(largest, 1)))


def _whole(steps: object) -> int:
    """A number of inner steps, as it was handed over. Raises `InputError`."""
    count = real(steps)
    if not (count >= 1 and count % 1 == 0):
        raise InputError(f"steps = {steps!r}: give a whole number of inner steps >= 1")
    return int(count)


def _meta_rate(beta: object) -> float:
    """The meta rate, NaN where none is known. Raises `InputError`."""
    found = real(beta)
    if np.isnan(found) and not isinstance(beta, float):
        raise InputError(f"beta = {beta!r}: give the meta rate, a number")
    return found


def _seconds(tasks: Sequence[OwnTask], steps: int) -> float:
    """About how long a certified direction of MAML takes."""
    return sum(
        steps * (seconds(t.losses["inner"], "gradient") + seconds(t.losses["inner"], "hessian_vector"))
        + seconds(t.losses["outer"], "gradient")
        for t in tasks
    )


def _known(own: OwnModel, names: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in own.parameters]
    if unknown:
        raise InputError(f"{unknown[0]!r} is no parameter that is learnt: choose among {', '.join(own.parameters)}")
    return tuple(names)


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more."""
    more = len(names) - NAMES_LISTED
    return listed([*names[:NAMES_LISTED], *([f"{more} more"] if more > 0 else [])])


def _listed(tasks: Sequence[Any]) -> list[Any]:
    found = list(tasks) if isinstance(tasks, Sequence) else []
    if not found:
        raise InputError("tasks: give a list with ((x, y), (x, y)) for each task, its support and its query set")
    return found


def _task(own: OwnModel, loss: Loss, index: int, task: Any, arrays: dict[Array, Array]) -> OwnTask:
    """A task with its losses as programs, which share `arrays`. A set that serves two roles is traced once."""
    sets = list(task) if isinstance(task, (tuple, list)) else []
    if len(sets) not in (2, 3) or any(not isinstance(s, (tuple, list)) or len(s) != 2 for s in sets):
        raise InputError(
            f"tasks[{index}] is to be ((x, y), (x, y)): a support and a query set, each of inputs and targets; x may "
            "be a tuple of several inputs"
        )
    inner, outer, hessian = (*sets, sets[0])[:3]
    losses: dict[str, BatchLoss] = {}
    made: dict[int, BatchLoss] = {}
    for role, batch in zip(ROLES, (inner, outer, hessian), strict=True):
        if id(batch) not in made:
            x, y = batch
            if not _length(x, y):
                raise InputError(f"tasks[{index}] has a set without samples: the mean over them is no number")
            traced = _traced(own, loss, x, y, f"tasks[{index}], {role} set")
            traced = replace(traced, program=traced.program.sharing(arrays))
            made[id(batch)] = BatchLoss(traced, tuple(own.parameters), _length(x, y))
        losses[role] = made[id(batch)]
    return OwnTask(tuple(inner), tuple(outer), tuple(hessian), losses)


def _traced(own: OwnModel, loss: Loss, x: Any, y: Any, where: str) -> Traced:
    """The loss of a set as a program. Raises `InputError` for what the model or the loss raises: of which set it is."""
    try:
        return own.traced(loss, x, y)
    except MamlcheckError:
        raise
    except Exception as error:
        raise InputError(f"{where}: the loss cannot be computed: {described(error)}{own.called}") from error


def _length(x: Any, y: Any) -> int:
    """The number of samples of a batch: the length of its target, or else of its inputs."""
    for value in (y, *(x if isinstance(x, (tuple, list)) else x.values() if isinstance(x, dict) else (x,))):
        shape = getattr(value, "shape", None)
        if shape is not None and len(shape) > 0:
            return int(shape[0])
    return 1


def _own(task: Task) -> OwnTask:
    assert isinstance(task, OwnTask)  # an own kind is asked about its own tasks alone
    return task
