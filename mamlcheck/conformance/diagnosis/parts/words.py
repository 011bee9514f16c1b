"""What a form has that MAML has not, in clauses, each with its defect and its most likely cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mamlcheck.conformance.data import SAMPLES_OF_ROLE
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.parts.form import Factors, Form, Samples, own_samples
from mamlcheck.conformance.problems.numbers import TASK_COUNT
from mamlcheck.conformance.words import counted, listed

SETS = {"inner": "support", "outer": "query", "hessian": "Hessian"}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
TENSORS_LISTED = 6  # beyond so many, a pattern stands alone, or their number


@dataclass(frozen=True)
class Said:
    """A clause, and why."""

    clause: str
    cause: Cause


def said(form: Form, names: Sequence[str]) -> list[Said]:
    """All that is wrong with a form. names: of all tensors, as in `form.tensors`."""
    found: list[Said] = []
    if form.more:
        found.append(_more(form.more))
    if form.rate != 1:
        text = "Most likely the inner loss, or its gradient, has its own factor."
        found.append(Said(f"its inner rate is {form.rate:.6g} times alpha", Cause("inner_rate", text)))
    found += _of_samples(form)
    if form.rates:
        found += _of_rates(form.rates, names)
    found += _of_factors(form.returned, names, _returned)
    found += _of_factors(form.arriving, names, _arriving)
    found += _of_factors(form.kept, names, _kept)
    found += _of_factors(form.through, names, _through)
    found += _of_factors(form.rows, names, _rows)
    if form.weights:
        found.append(_weights(form.weights))
    if form.terms:
        found.append(_terms(form.terms, form.weights))
    return found


def _more(count: int) -> Said:
    steps = f"{abs(count)} inner step{'' if abs(count) == 1 else 's'}"
    clause = f"it takes {steps} {'more' if count > 0 else 'fewer'} than asked for"
    return Said(clause, Cause("inner_steps", "Most likely the loop over inner steps has a range that is off."))


# -- tasks -------------------------------------------------------------------------------------------------------------
def _weights(weights: tuple[float, ...]) -> Said:
    shown = ", ".join(f"{a:.4g}" for a in weights)
    clause = f"the tasks have the weights {shown}, not 1/{len(weights)} each"
    out = [f"the {_place(i, len(weights))} task" for i, a in enumerate(weights) if not a]
    if not out:
        text = "Most likely the mean over tasks is a running one, or tasks are weighed by something."
        return Said(clause, Cause("task_weights", text))
    text = "Most likely the loop over tasks starts too late or ends too early."
    return Said(
        f"{clause}: {listed(out)} of {len(weights)} {'is' if len(out) == 1 else 'are'} left out",
        Cause("task_weights", text),
    )


def _terms(terms: tuple[float, ...], weights: tuple[float, ...]) -> Said:
    """The factors of the Hessian terms of the tasks that count."""
    there = {i: f for i, f in enumerate(terms) if not weights or weights[i]}
    if len({*there.values()}) == 1:
        f = next(iter(there.values()))
        text = "Most likely the rate before the Hessian-vector product is not the inner rate."
        if f == -1:
            text = "Most likely the Hessian-vector product is added, not subtracted."
            return Said("the Hessian term has the wrong sign", Cause("hessian_wrong_sign", text))
        return Said(f"the Hessian term is multiplied by {f:.6g}", Cause("hessian_coefficient", text))
    missing = [f"task {i + 1}" for i, f in there.items() if not f]
    rest = {f for f in there.values() if f}
    text = "Most likely the graph is kept for some of the tasks alone."
    if rest == {1.0}:
        return Said(f"the Hessian term of {listed(missing)} is missing", Cause("hessian_of_tasks", text))
    shown = ", ".join(f"{f:.4g} for task {i + 1}" for i, f in there.items())
    return Said(f"the Hessian terms of the tasks have factors: {shown}", Cause("hessian_of_tasks", ""))


# -- tensors -----------------------------------------------------------------------------------------------------------
def patterns(names: Sequence[str]) -> dict[str, set[str]]:
    """Tensors that have something in common, by what that is."""
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in names))
    return {
        "the biases": {n for n in names if n.endswith("bias")},
        "the weights": {n for n in names if n.endswith("weight")},
        "the head": {n for n in names if n.rpartition(".")[0] == layers[-1]},
        "all but the head": {n for n in names if n.rpartition(".")[0] != layers[-1]},
        **{f"the layer {layer}": {n for n in names if n.rpartition(".")[0] == layer} for layer in layers},
    }


def pattern(some: Iterable[str], names: Sequence[str]) -> str:
    """What some tensors have in common and the others have not, or nothing."""
    chosen = set(some)
    return next((words for words, those in patterns(names).items() if those == chosen), "")


def named(some: Sequence[str], names: Sequence[str]) -> str:
    """Tensors by their names, with what they have in common."""
    words = pattern(some, names)
    if len(some) == len(names):
        return "all tensors"
    if len(some) > TENSORS_LISTED:
        return words or f"{len(some)} of {counted(len(names), 'tensor')} ({some[0]}, {some[1]}, ...)"
    return listed(list(some)) + (f" ({words})" if words and len(some) > 1 else "")


def _groups(factors: Factors) -> dict[float, list[str]]:
    found: dict[float, list[str]] = {}
    for name, factor in factors:
        if factor != 1:
            found.setdefault(factor, []).append(name)
    return found


def _of_factors(factors: Factors, names: Sequence[str], words: Callable[[str, bool, float], Said]) -> list[Said]:
    return [words(named(some, names), len(some) > 1, f) for f, some in _groups(factors).items()]


MANY_RATES = 3  # from so many rates on, they are listed as rates of tensors of their own


def _of_rates(rates: Factors, names: Sequence[str]) -> list[Said]:
    groups = _groups(rates)
    if len({*dict(rates).values()}) >= MANY_RATES:
        shown = listed([f"{f:.4g} for {name}" for name, f in rates])
        text = "Most likely each tensor has a learning rate of its own, as Meta-SGD and MAML++ learn them."
        return [
            Said(f"each tensor has an inner rate of its own, times alpha: {shown}", Cause("rates_of_tensors", text))
        ]
    found = []
    for f, some in groups.items():
        what, are = named(some, names), "are" if len(some) > 1 else "is"
        if f == 0:
            text = "Most likely these parameters are left out of the inner step, or do not require a gradient there."
            clause = f"the inner steps leave out {what}, which {are} not adapted"
            found.append(Said(clause, Cause("not_adapted", text)))
        elif f == -1:
            text = "Most likely the sign of their update is wrong."
            found.append(
                Said(f"the inner steps of {what} go uphill: their inner rate is -alpha", Cause("uphill", text))
            )
        else:
            text = "Most likely these parameters are in a group of their own, with a learning rate of its own."
            clause = f"the inner rate of {what} is {f:.6g} times alpha"
            found.append(Said(clause, Cause("rates_of_tensors", text)))
    return found


def _returned(what: str, many: bool, f: float) -> Said:
    if f == 0:
        text = "Most likely these parameters are frozen or held constant, or are not handed to the outer optimiser."
        return Said(f"the direction of {what} is zero", Cause("zero_tensors", text))
    if f == -1:
        return Said(f"the direction of {what} has the wrong sign", Cause("sign_of_tensors", ""))
    text = "Most likely these parameters are in a group of their own, or their gradient is scaled."
    return Said(f"the direction of {what} is {f:.6g} times what it should be", Cause("scaled_tensors", text))


def _arriving(what: str, many: bool, f: float) -> Said:
    text = "Most likely these parameters are held constant, or taken from a copy, before the outer loss."
    if f == 0:
        return Said(f"the graph is cut at {what} in the outer loss: no gradient flows there", Cause("outer_cut", text))
    return Said(f"the outer gradient of {what} is multiplied by {f:.6g} before it goes back", Cause("outer_cut", ""))


def _kept(what: str, many: bool, f: float) -> Said:
    if f == 0:
        text = "Most likely the update starts from a copy of these parameters that is held constant."
        clause = f"the graph is cut where the inner update starts from {what}: only the Hessian term is left of them"
        return Said(clause, Cause("start_cut", text))
    return Said(f"the part of {what} without the Hessian is multiplied by {f:.6g}", Cause("start_cut", ""))


def _through(what: str, many: bool, f: float) -> Said:
    if f == 0:
        text = (
            "Most likely the inner gradient of these parameters is held constant: their update is not differentiated."
        )
        clause = f"the graph is cut at the inner gradient of {what}: that part of the Hessian term is missing"
        return Said(clause, Cause("inner_gradient_cut", text))
    return Said(
        f"the part of the Hessian term through {what} is multiplied by {f:.6g}", Cause("inner_gradient_cut", "")
    )


def _rows(what: str, many: bool, f: float) -> Said:
    if f == 0:
        text = "Most likely the Hessian-vector product is not computed, or not subtracted, for these parameters."
        return Said(f"the Hessian term is missing in the direction of {what}", Cause("hessian_rows", text))
    return Said(f"the Hessian term of {what} is multiplied by {f:.6g}", Cause("hessian_rows", ""))


# -- samples -----------------------------------------------------------------------------------------------------------
OWN = {"inner": own_samples("inner"), "outer": own_samples("outer")}


def _of_samples(form: Form) -> list[Said]:
    rolled = [_rolled(role, some) for role, some in (("inner", form.inner[:1]), ("outer", (form.outer,))) if any(some)]
    if any(rolled):
        return [one for one in rolled if one is not None]
    exchanged = form.inner == (OWN["outer"],) and form.outer == OWN["inner"]
    if exchanged:
        text = "Most likely the support and the query set are swapped where the task is unpacked."
        return [Said("the support set and the query set are exchanged", Cause("roles_swapped", text))]
    if form.outer and form.inner == (_of_all_tasks("inner"),) and form.outer == _of_all_tasks("outer"):
        return [Said("all tasks are pooled: one adaptation on the support samples of all tasks together", POOLED)]
    found = []
    if len(form.inner) > 1:
        some = "; ".join(f"step {k + 1} on {samples(s, 'inner')}" for k, s in enumerate(form.inner))
        text = "Most likely a data loader hands out the next batch in each inner step."
        found.append(Said(f"each inner step sees another batch: {some}", Cause("another_batch", text)))
    elif form.inner:
        found.append(_on("the inner steps see", form.inner[0], "inner"))
    if form.outer:
        found.append(_on("the outer loss is of", form.outer, "outer"))
    return found


def _rolled(role: str, some: Sequence[Samples]) -> Said | None:
    """Of a set whose inputs go with other targets."""
    if not any(s.target >= 0 for s in some[0]):
        return None
    text = "Most likely inputs and targets are shuffled, sorted or cut apart from each other."
    clause = f"the targets of the {SETS[role]} set do not match its inputs: {TARGETS[targets(some[0])]}"
    return Said(clause, Cause("targets_mixed_up", text))


def targets(some: Samples) -> str:
    """How the targets of a whole set go with its inputs."""
    size = len(some)
    for words, order in target_orders(size).items():
        if tuple(s.target for s in some) == order:
            return words
    return "other"


TARGETS = {
    "rolled": "they are rolled by one sample",
    "rolled back": "they are rolled back by one sample",
    "reversed": "they come in reversed order",
    "other": "they come in another order",
}


def target_orders(size: int) -> dict[str, tuple[int, ...]]:
    """The orders in which targets of a set are tried."""
    return {
        "rolled": tuple((i - 1) % size for i in range(size)),
        "rolled back": tuple((i + 1) % size for i in range(size)),
        "reversed": tuple(range(size))[::-1],
    }


POOLED = Cause("tasks_pooled", "Most likely the samples of all tasks are put into one batch.")


def _of_all_tasks(role: str) -> Samples:
    return tuple(s for shift in range(TASK_COUNT) for s in own_samples(role, shift))


def _on(words: str, some: Samples, role: str) -> Said:
    return Said(f"{words} {samples(some, role)}", _cause(some, role))


def _cause(some: Samples, role: str) -> Cause:
    shifts, roles, counts = {s.shift for s in some}, {s.role for s in some}, Counter(some)
    if len(shifts) == TASK_COUNT:
        return POOLED
    if shifts != {0}:
        return Cause("other_task", "Most likely the lists of support and query sets are not aligned.")
    if len(roles) > 1:
        return Cause("joint_set", "Most likely both sets are concatenated before they are handed over.")
    if roles != {role}:
        return Cause("other_set", "Most likely the wrong set of the task is handed over.")
    if len(set(counts.values())) > 1:
        return Cause(
            "sample_weights",
            "Most likely the mean of means of unequal batches is taken, or a batch is padded without a mask.",
        )
    return Cause(
        "some_samples", "Most likely a slice, a batch size, or a last batch that is dropped, leaves samples out."
    )


def samples(some: Samples, role: str) -> str:
    """Samples in words. role: the set that they should be of."""
    groups: dict[tuple[int, str], Counter[int]] = {}
    for s in some:
        groups.setdefault((s.shift, s.role), Counter())[s.index] += 1
    equal = len({*Counter(some).values()}) == 1
    whole = equal and all(len(counts) == SAMPLES_OF_ROLE[of] for (_, of), counts in groups.items())
    if whole and len(groups) == 1:
        ((shift, of),) = groups
        return f"the {SETS[of]} set{_task(shift)}"
    roles = list(dict.fromkeys(of for _, of in groups))
    if whole and len(groups) == TASK_COUNT * len(roles):
        return f"the {listed([SETS[of] for of in roles])} samples of all tasks, pooled"
    if whole:
        sets = [f"{SETS[of]}{_task(shift)}" for shift, of in groups]
        return f"the {listed(sets)} samples together, as one joint set"
    return listed([f"{_some(counts, of)}{_task(shift)}" for (shift, of), counts in groups.items()])


def _task(shift: int) -> str:
    """Whose a set is, where it is not the task's own."""
    return "" if not shift else f" of another task, the {'next one' if shift == 1 else 'one before'}"


def _some(counts: Counter[int], role: str) -> str:
    """Some samples of one set."""
    size, at, what = SAMPLES_OF_ROLE[role], sorted(counts), f"{SETS[role]} samples"
    if len({*counts.values()}) > 1:
        least = min(counts.values())
        more = [f"the {_place(i, size)} one {_times(counts[i], least)}" for i in at if counts[i] > least]
        part = "" if len(at) == size else f" ({', '.join(str(i + 1) for i in at)} of {size})"
        return f"the {what}{part} with unequal weights, {listed(more)}"
    if len(at) == size:
        return f"all {size} {what}"
    if len(at) == 1:
        return f"one of {size} {what} alone, the {_place(at[0], size)}"
    if at == list(range(len(at))):
        return f"the first {len(at)} of {size} {what}"
    if at == list(range(size - len(at), size)):
        return f"the last {len(at)} of {size} {what}"
    if at == list(range(at[0], size, 2)):
        return f"every second of the {what}, {len(at)} of {size}"
    return f"{len(at)} of {size} {what} ({', '.join(str(i + 1) for i in at)})"


def _place(index: int, size: int) -> str:
    return "last" if index == size - 1 else ORDINALS[index]


def _times(count: int, least: int) -> str:
    ratio = count / least
    return "counts twice" if ratio == 2 else f"counts {ratio:.3g} times"
