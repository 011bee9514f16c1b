"""Instance files: JSON, versioned, exact, never evaluated.

Numbers are text ("3", "-1/7", "0.1") or JSON numbers, and both mean the exact decimal or fraction that is
written: 0.1 is one tenth, not the double nearest to it. Losses are known names or expressions read by a
whitelist parser. Whatever a file holds, reading it gives an instance or an `InputError` that says where it is
wrong.
"""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mamlcheck.arithmetic.exact import fractions_of, short_text
from mamlcheck.disk import read_text
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import BatchSizes, Instances, Tasks
from mamlcheck.meta.variables import Variable, sizes
from mamlcheck.tasks.losses import Loss, builtin_losses, loss
from mamlcheck.tasks.profiles import Losses, Profile, Splines
from mamlcheck.tasks.quadratic import QuadraticTasks
from mamlcheck.tasks.ridge import RidgeTasks

FORMAT = "mamlcheck-instance"
VERSION = 1
LARGEST_FILE = 32 * 2**20  # bytes
LARGEST_TEXT = 2**22  # entries of lists and objects
LARGEST_NUMBERS = 2**26  # digits of all numbers of an array, written out without exponents
LARGEST_ARRAY = 2**20  # numbers
LARGEST_HESSIANS = 2**24  # n m d^2: the numbers of all sample Hessians, which some claims need at once
PRINTED = 2000  # numbers of an instance up to which its repr holds them
WIDTH = 110  # of a line of an instance file, where numbers allow it

Read = TypeVar("Read")

DIGITS = 400  # of a number in a file: of each side of a fraction line, or of a decimal point
LARGEST_EXPONENT = 999
MOST_PLACES = 2 * DIGITS + 1000  # digits of such a number, written out without its exponent
_DECIMAL = re.compile(rf"[+-]?\d{{1,{DIGITS}}}(\.\d{{1,{DIGITS}}})?([eE][+-]?\d{{1,3}})?", re.ASCII)
_FRACTION = re.compile(rf"[+-]?\d{{1,{DIGITS}}}/\d{{1,{DIGITS}}}", re.ASCII)


# -- writing -------------------------------------------------------------------------------------------------
def instance_text(instance: Instances) -> str:
    """One instance (no leading axes, or one of length 1) as the text of an instance file."""
    return content_text(instance_content(instance))


def instance_content(instance: Instances) -> dict[str, Any]:
    """What an instance file holds, as JSON has it, every number as text."""
    one = instance[0] if instance.shape else instance
    return {
        "format": FORMAT,
        "version": VERSION,
        "tasks": _tasks_to_json(one.tasks),
        **_variables_to_json(one),
    }


def _variables_to_json(one: Instances) -> dict[str, Any]:
    """Every variable that is not at its default, and those that all files hold, in their order."""
    content: dict[str, Any] = {}
    for variable in Instances.FIELDS:
        whole, name = (content.setdefault("sizes", {}) if variable.is_size else content), variable.name
        value = getattr(one.sizes if variable.is_size else one, name)
        if variable.in_every_file or not _at_default(variable, value):
            whole[name] = _numbers_to_json(value) if variable.is_array else value
    return content


def _at_default(variable: Variable, value: Any) -> bool:
    if variable.must_be_given or value is None:
        return value is None
    return variable.default is not None and bool((np.asarray(value) == variable.default).all())


def content_text(content: dict[str, Any]) -> str:
    """JSON content as the text of a file: the same bytes for the same content."""
    return _fitted(content, 0) + "\n"


def instance_call(instances: Instances) -> str:
    """Python that makes one instance again; for a block, or more than `PRINTED` numbers, a description."""
    tasks = instances.tasks
    kind, shape = type(tasks).__name__, f"n = {tasks.n}, m = {tasks.m}, d = {tasks.d}"
    if instances.shape not in ((), (1,)):
        return f"<Instances: {' x '.join(map(str, instances.shape))} instances of {kind}, {shape}>"
    if tasks.n * tasks.m * tasks.d ** (2 if isinstance(tasks, QuadraticTasks) else 1) > PRINTED:
        return f"<Instances: one of {kind}, {shape}; mamlcheck.meta.files.instance_text gives its numbers>"
    text = instance_text(instances).rstrip()
    quoted = "r'''" + text + "'''" if "'''" not in text else repr(text)
    return f"mamlcheck.instance({quoted})"


def _fitted(value: Any, depth: int) -> str:
    """JSON in lines of at most `WIDTH`, where numbers allow it: as many items of a list to a line as fit."""
    flat = json.dumps(value)
    if len(flat) + depth <= WIDTH or not isinstance(value, (dict, list)):
        return flat
    inner = " " * (depth + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(name)}: {_fitted(item, depth + 1)}" for name, item in value.items()]
        return "{\n" + inner + f",\n{inner}".join(items) + "\n" + " " * depth + "}"
    lines: list[str] = []
    for item in (_fitted(item, depth + 1) for item in value):
        if lines and len(lines[-1]) + len(item) + 2 + depth < WIDTH and "\n" not in lines[-1] + item:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return "[\n" + inner + f",\n{inner}".join(lines) + "\n" + " " * depth + "]"


def _numbers_to_json(values: np.ndarray) -> Any:
    texts = np.array([_written(v) for v in fractions_of(values)], dtype=object)
    return texts.reshape(values.shape).tolist() if values.shape else texts[0]


def _written(value: Fraction) -> str:
    """An exact number as text that `_number` reads: a fraction, or a decimal with an exponent where that is shorter."""
    for text in (short_text(value, 2 * DIGITS + 2), _decimal(value)):
        if text is not None and (_FRACTION.fullmatch(text) or _DECIMAL.fullmatch(text)):
            return text
    raise InputError(f"a number has more than {DIGITS} digits above or below its fraction line: no file holds it")


def _decimal(value: Fraction) -> str | None:
    """As digits and an exponent that `_DECIMAL` takes, with a point among them if need be; None if it has none."""
    top, bottom = abs(value.numerator), value.denominator
    if max(top, bottom).bit_length() > 4 * MOST_PLACES:
        return None
    twos = (bottom & -bottom).bit_length() - 1
    rest, fives = bottom >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    written = str(top * 10**places // bottom)
    digits = written.rstrip("0")
    exponent = len(written) - len(digits) - places
    digits += "0" * (exponent - LARGEST_EXPONENT)
    exponent = min(exponent, LARGEST_EXPONENT)
    behind = max(len(digits) - DIGITS, -LARGEST_EXPONENT - exponent, 0)  # digits behind the point
    digits = digits.zfill(behind + 1)
    point = len(digits) - behind
    return f"{'-' if value < 0 else ''}{digits[:point]}{'.' if behind else ''}{digits[point:]}e{exponent + behind}"


def _tasks_to_json(tasks: Tasks) -> dict[str, Any]:
    if isinstance(tasks, QuadraticTasks):
        fields = ("matrices", "centres", "probabilities")
        return {"kind": "quadratic"} | {name: _numbers_to_json(getattr(tasks, name)) for name in fields}
    numbers = {name: _numbers_to_json(getattr(tasks, name)) for name in ("a", "b", "c", "mu", "probabilities")}
    return {"kind": "ridge"} | numbers | {"profile": _profile_to_json(tasks.profile)}


def _profile_to_json(profile: Profile) -> dict[str, Any]:
    if isinstance(profile, Splines):
        fields = ("knots", "values", "slope")
        return {"kind": "splines"} | {name: _numbers_to_json(getattr(profile, name)) for name in fields}
    return {"kind": "losses", "losses": [_loss_to_json(psi) for psi in profile.of_task]}


def _loss_to_json(psi: Loss) -> dict[str, str]:
    if psi in builtin_losses():
        return {"name": psi.name}
    written = {"name": psi.name, "expression": psi.text}
    for order in ("declared_second", "declared_third"):
        if getattr(psi, order) is not None:
            written[order] = str(getattr(psi, order))
    return written


# -- reading -------------------------------------------------------------------------------------------------
def read_instance(path: str | Path) -> Instances:
    """The instance in a file, as a block of one. Raises `InputError` for anything that is not a sound
    instance.
    """
    return parsed_file(path, parse_instance)


def parsed_file(path: str | Path, parse: Callable[[str], Read]) -> Read:
    """What `parse` makes of a file's text; every `InputError` names the file."""
    text = read_text(path, LARGEST_FILE, "an instance file")
    try:
        return parse(text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def parse_instance(text: str) -> Instances:
    """The instance in the text of an instance file, as a block of one."""
    return instance_from_content(parsed_content(text, FORMAT, VERSION))


def parsed_content(text: str, wanted: str, version: int) -> dict[str, Any]:
    """The object in a JSON text of this format and version, its numbers as they are written (`Numeral`)."""
    refuse_many_entries(text)
    try:
        content = json.loads(
            text,
            parse_float=Numeral,
            parse_int=Numeral,
            parse_constant=Numeral,
            object_pairs_hook=_unrepeated,
        )
    except json.JSONDecodeError as error:
        raise InputError(f"this is not a complete JSON text ({error}): was the file cut off?") from error
    except RecursionError:
        raise InputError("the text is nested too deeply: an instance file has lists of numbers in objects") from None
    top = _object(content, "the file")
    check_format(top, wanted, version)
    return top


def refuse_many_entries(text: str) -> None:
    """Raise `InputError` for a JSON text of more entries than a file of ours has, before they fill the memory."""
    if text.count(",") > LARGEST_TEXT:
        raise InputError(f"the text has more than {LARGEST_TEXT} entries: a file of mamlcheck's has fewer")


class Numeral(str):
    """A number of a JSON text as it is written: it becomes a fraction where one is wanted, once its size is known."""

    __slots__ = ()


def check_format(top: dict[str, Any], wanted: str, version: int) -> None:
    """Raise `InputError` unless the content says that it is of this format and version."""
    if top.get("format") != wanted:
        kind = wanted.removeprefix("mamlcheck-")
        article = "an" if kind[0] in "aeiou" else "a"
        raise InputError(f'"format" is {_shown(top.get("format"))}: {article} {kind} file says "{wanted}"')
    if not isinstance(top.get("version"), Numeral) or number(top["version"], "version") != version:
        raise InputError(
            f"version {_shown(top.get('version'))} of the format is not known here, only {version}: "
            "update mamlcheck, or write the file again"
        )


def instance_from_content(top: dict[str, Any]) -> Instances:
    """The instance in the content of an instance file, as a block of one."""
    check_format(top, FORMAT, VERSION)
    known = {"format", "version", "tasks", "sizes", *(v.name for v in Instances.FIELDS if not v.is_size)}
    _only(top, known, "the file")
    tasks = _tasks(_object(_get(top, "tasks", "the file"), "tasks"))
    if tasks.n * tasks.m * tasks.d**2 > LARGEST_HESSIANS:
        raise InputError(
            f"n = {tasks.n}, m = {tasks.m}, d = {tasks.d}: n m d^2 must be at most {LARGEST_HESSIANS}, "
            "so that all Hessians fit in memory"
        )
    return Instances(tasks=tasks, sizes=_sizes(_object(top.get("sizes", {}), "sizes")), **_variables(top, tasks.d))


def _variables(top: dict[str, Any], d: int) -> dict[str, Any]:
    """The variables in the content of a file, but for sizes: those that it does not hold have their defaults."""
    found: dict[str, Any] = {}
    for variable in Instances.FIELDS:
        name = variable.name
        if variable.is_size or (name not in top and not variable.must_be_given):
            continue
        value = _get(top, name, "the file")
        found[name] = _block(value, name, [d] * variable.is_vector) if variable.is_array else _integer(value, name)
    return found


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise InputError(f"{_shown(twice)} stands more than once in an object: which is meant?")
    return content


def number(value: Any, where: str) -> Fraction:
    """The exact number that JSON has as a number or as text: the decimal or fraction written, never a float."""
    if not isinstance(value, str):
        raise InputError(f"{where} is {_shown(value)}: give a number")
    return _number(value)


def _number(text: str) -> Fraction:
    """An exact number from its text."""
    if _FRACTION.fullmatch(text):
        top, bottom = text.split("/")
        if int(bottom) == 0:
            raise InputError(f"{text} divides by zero")
        return Fraction(int(top), int(bottom))
    if _DECIMAL.fullmatch(text):
        return Fraction(text)
    raise InputError(
        f"{_shown(text)} is not a number: write 3, -1/7 or 0.1, at most {DIGITS} digits, exponent below 1000"
    )


def _block(value: Any, where: str, wanted: list[int] | None = None) -> np.ndarray:
    """Nested lists of numbers as an exact array with a leading axis of length 1, of the shape wanted beyond that.

    All sizes are looked at before a number becomes a fraction.
    """
    shape: list[int] = []
    probe = value
    while isinstance(probe, list):
        shape.append(len(probe))
        if not probe or len(shape) > 6:
            raise InputError(f"{where} is empty or nested too deeply: give lists of numbers")
        probe = probe[0]
    if wanted is not None and shape != wanted:
        raise InputError(f"{where} has shape {tuple(shape)}: these tasks need {tuple(wanted)}")
    if math.prod(shape) > LARGEST_ARRAY:
        raise InputError(f"{where} holds {' x '.join(map(str, shape))} numbers: at most {LARGEST_ARRAY} are read")
    texts: list[str] = []
    _flatten(value, shape, where, texts)
    if sum(map(_digits, texts)) > LARGEST_NUMBERS:
        raise InputError(f"{where} holds numbers of more than {LARGEST_NUMBERS} digits in all, written out: give fewer")
    flat = [_number(text) for text in texts]
    array = np.empty((1, *shape), dtype=object)
    array.reshape(-1)[:] = flat
    return _as_doubles_if_exact(array, flat)


def _digits(text: str) -> int:
    """About how many digits a number has without its exponent, if it is one."""
    _, _, exponent = text[-5:].lower().partition("e")
    return len(text) + (abs(int(exponent)) if exponent.lstrip("+-").isdecimal() else 0)


def _flatten(value: Any, shape: list[int], where: str, texts: list[str]) -> None:
    if not shape:
        if not isinstance(value, str):
            raise InputError(f"{where} holds {_shown(value)} where a number belongs")
        texts.append(value)
        return
    if not isinstance(value, list) or len(value) != shape[0]:
        raise InputError(f"{where} is not a full array of numbers: its rows differ in length")
    for item in value:
        _flatten(item, shape[1:], where, texts)


def _as_doubles_if_exact(array: np.ndarray, flat: list[Fraction]) -> np.ndarray:
    try:
        doubles = [v.numerator / v.denominator for v in flat]
    except OverflowError:
        return array
    if all(Fraction(x) == v for x, v in zip(doubles, flat, strict=True)):
        return np.array(doubles, dtype=np.float64).reshape(array.shape)
    return array


def _tasks(content: dict[str, Any]) -> Tasks:
    kind = _get(content, "kind", "tasks")
    if kind == "quadratic":
        _only(content, {"kind", "matrices", "centres", "probabilities"}, "tasks")
        return QuadraticTasks(*(_array(content, name, "tasks") for name in ("matrices", "centres", "probabilities")))
    if kind == "ridge":
        _only(content, {"kind", "a", "b", "c", "mu", "probabilities", "profile"}, "tasks")
        profile = _profile(_object(_get(content, "profile", "tasks"), "profile"))
        names = ("a", "b", "c", "mu", "probabilities")
        a, b, c, mu, probabilities = (_array(content, name, "tasks") for name in names)
        return RidgeTasks(a, b, c, mu, probabilities, profile)
    raise InputError(f"tasks of kind {_shown(kind)} are not known: give 'ridge' or 'quadratic'")


def _profile(content: dict[str, Any]) -> Profile:
    kind = _get(content, "kind", "profile")
    if kind == "splines":
        _only(content, {"kind", "knots", "values", "slope"}, "profile")
        return Splines(*(_array(content, name, "profile") for name in ("knots", "values", "slope")))
    if kind == "losses":
        _only(content, {"kind", "losses"}, "profile")
        listed = _get(content, "losses", "profile")
        if not isinstance(listed, list) or not 1 <= len(listed) <= 100_000:
            raise InputError("losses must be a list with one loss for each task")
        return Losses(tuple(_loss(_object(item, "a loss")) for item in listed))
    raise InputError(f"a profile of kind {_shown(kind)} is not known: give 'losses' or 'splines'")


def _loss(content: dict[str, Any]) -> Loss:
    _only(content, {"name", "expression", "declared_second", "declared_third"}, "a loss")
    name = _get(content, "name", "a loss")
    if not _is_text(name):
        raise InputError(f"a loss's name is {_shown(name)}: give text")
    if "expression" not in content:
        return loss(name)
    expression = content["expression"]
    if not _is_text(expression):
        raise InputError(f"a loss's expression is {_shown(expression)}: give text such as 'log(cosh(t))'")
    declared = {
        order: _scalar(content[order], order) for order in ("declared_second", "declared_third") if order in content
    }
    return Loss.from_expression(expression, name=name, **declared)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Numeral)


def _sizes(content: dict[str, Any]) -> BatchSizes:
    _only(content, {size.name for size in sizes()}, "sizes")
    return BatchSizes(**{name: _integer(value, name) for name, value in content.items()})


def _array(content: dict[str, Any], name: str, where: str) -> np.ndarray:
    return _block(_get(content, name, where), name)


def _scalar(value: Any, where: str) -> Fraction:
    return number(value, where)


def _integer(value: Any, where: str) -> int:
    exact = _scalar(value, where)
    if exact.denominator != 1 or abs(exact) > 10**9:
        raise InputError(f"{where} is {_shown(value)}: give an integer")
    return int(exact)


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where} is {_shown(value)} where an object belongs: {{...}}")
    return value


def _get(content: dict[str, Any], name: str, where: str) -> Any:
    if name not in content:
        raise InputError(f'{where} has no "{name}"')
    return content[name]


def _only(content: dict[str, Any], allowed: set[str], where: str) -> None:
    unknown = sorted(set(content) - allowed)
    if unknown:
        some = ", ".join(map(_shown, unknown[:5])) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
        raise InputError(f"{where} has unknown entries {some}: {sorted(allowed)} are known")


_BRIEF = reprlib.Repr()
_BRIEF.maxstring = 60


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, Numeral) else _BRIEF.repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
