"""What holds other jaxprs: they are written out in place. Loops are unrolled, and branches have to be known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from mamlcheck.programs.building import Value
from mamlcheck.programs.tracing._jax.lowering import Equation, Flag, Item, Unknown, marked
from mamlcheck.programs.tracing._jax.places import is_users

LONGEST = 10_000  # rounds of a loop whose end is asked for again after each


def inlined(equation: Equation, *inputs: Item, name: str = "jaxpr") -> list[Item]:
    """A jaxpr in the place where it is called."""
    return _run(equation, equation.settings[name], inputs)


def _run(equation: Equation, jaxpr: Any, inputs: Sequence[Item]) -> list[Item]:
    """Of a closed jaxpr, or of an open one without constants."""
    return equation.lowering.run(getattr(jaxpr, "jaxpr", jaxpr), getattr(jaxpr, "consts", ()), inputs)


# -- functions with derivatives of their own ---------------------------------------------------------------------------
def custom(equation: Equation, *inputs: Item) -> list[Item]:
    """What the function computes. Three of JAX's own are known, as smooth as they are meant to be at ties."""
    settings = equation.settings
    jaxpr = settings.get("call_jaxpr", settings.get("fun_jaxpr"))
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    known = KNOWN.get(str(settings.get("name") or _function(inner)))
    if is_users(inner):
        at = f" at {equation.builder.place}" if equation.builder.place else ""
        equation.lowering.notes.append(
            f"The function {settings.get('name') or _function(inner)}{at} has a derivative of its own "
            f"({'custom_jvp' if 'jvp' in equation.name else 'custom_vjp'}): the program has the derivative of what it "
            "computes."
        )
    elif known is not None and not any(isinstance(x, Unknown) for x in inputs):
        return [known(*map(equation.value, inputs))]
    return _run(equation, jaxpr, inputs)


def _function(jaxpr: Any) -> str:
    info = getattr(jaxpr, "debug_info", None)
    return str(getattr(info, "func_name", "") or str(getattr(info, "func_src_info", "") or "").partition(" ")[0])


def relu(x: Value) -> Value:
    """max(x, 0) with the derivative 0 at 0."""
    return x.kept(x.positive())


def relu6(x: Value) -> Value:
    """max(x, 0), at most 6, with the derivative 0 at 0 and at 6."""
    below = (6 - x).positive()
    return relu(x).kept(below) + x.builder.constant(6).dropped(below)


def log_add_exp(x: Value, y: Value) -> Value:
    """log(e^x + e^y) = (x + y) / 2 + log(e^d + e^-d) with d = (x - y) / 2: JAX's |x - y| has a kink that it has not."""
    half = (x - y) / 2
    return (x + y) / 2 + (half.exp() + (-half).exp()).log()


KNOWN: dict[str, Callable[..., Value]] = {"relu": relu, "relu6": relu6, "logaddexp": log_add_exp}


# -- loops and branches ------------------------------------------------------------------------------------------------
def scan(equation: Equation, *inputs: Item) -> list[Item]:
    """A loop with a known number of rounds; what it goes along is taken apart, what it collects is put together."""
    settings = equation.settings
    length, constant, carried = (int(settings[name]) for name in ("length", "num_consts", "num_carry"))
    fixed, state, along = inputs[:constant], list(inputs[constant : constant + carried]), inputs[constant + carried :]
    rows: list[list[Item]] = []
    for k in reversed(range(length)) if settings["reverse"] else range(length):
        found = _run(equation, settings["jaxpr"], [*fixed, *state, *(_row(equation, x, k) for x in along)])
        state = found[:carried]
        rows.append(found[carried:])
    rows = rows[::-1] if settings["reverse"] else rows
    collected = len(equation.eqn.outvars) - carried
    if collected and not rows:
        raise equation.refusal("it goes no rounds, and collects what they give")
    return [*state, *(_stacked(equation, [row[i] for row in rows]) for i in range(collected))]


def _row(equation: Equation, x: Item, k: int) -> Item:
    if isinstance(x, (np.ndarray, Unknown)):
        return x if isinstance(x, Unknown) else np.asarray(x[k])
    return _like(x, equation.value(x).indexed(k))


def _stacked(equation: Equation, parts: Sequence[Item]) -> Item:
    unknown = [x for x in parts if isinstance(x, Unknown)]
    if unknown:
        return unknown[0]
    arrays = [x for x in parts if isinstance(x, np.ndarray)]
    if len(arrays) == len(parts):
        return np.stack(arrays)
    rows = [equation.value(x).reshape((1, *x.shape)) for x in parts if not isinstance(x, Unknown)]
    first = next(x for x in parts if not isinstance(x, np.ndarray))
    return _like(first, equation.builder.concatenated(rows, 0))


def _like(x: Item, number: Value) -> Item:
    return Flag(number.positive()) if isinstance(x, Flag) else number


def repeated(equation: Equation, *inputs: Item) -> list[Item]:
    """`while`: as long as its condition, which must not depend on parameters, holds."""
    settings = equation.settings
    first = int(settings["cond_nconsts"])
    second = first + int(settings["body_nconsts"])
    of_condition, of_body, state = inputs[:first], inputs[first:second], list(inputs[second:])
    for _ in range(LONGEST):
        (goes_on,) = _run(equation, settings["cond_jaxpr"], [*of_condition, *state])
        if isinstance(goes_on, Unknown):
            raise goes_on.error
        if not equation.known(goes_on, "how often it goes round"):
            return state
        state = _run(equation, settings["body_jaxpr"], [*of_body, *state])
    raise equation.refusal(f"it goes round more than {LONGEST} times")


def branched(equation: Equation, which: Item, *inputs: Item) -> list[Item]:
    """`cond` and `switch`: the branch that is taken, which must not depend on parameters."""
    if isinstance(which, Unknown):
        raise which.error
    branches = equation.settings["branches"]
    taken = int(equation.known(which, "which branch is taken"))
    return _run(equation, branches[min(max(taken, 0), len(branches) - 1)], inputs)


def platform(equation: Equation) -> np.ndarray:
    """Which of the platforms it is that a branch is written for: the processor, or what is for all."""
    fits = [k for k, names in enumerate(equation.settings["platforms"]) if names is None or "cpu" in names]
    return np.asarray(fits[0])


def _nested(function: Any) -> Any:
    return marked(function, "nested")


OPERATIONS = {
    **dict.fromkeys(("jit", "pjit", "closed_call", "remat2", "remat", "checkpoint"), _nested(inlined)),
    "core_call": _nested(partial(inlined, name="call_jaxpr")),
    **dict.fromkeys(("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"), _nested(custom)),
    "scan": _nested(scan),
    "while": _nested(repeated),
    "cond": _nested(branched),
    "platform_index": _nested(platform),
}
