"""Instance files: exact both ways, and whatever they hold, an instance or one clear error, quickly."""

from __future__ import annotations

import contextlib
import json
import re
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mamlcheck
from mamlcheck import strategies
from mamlcheck.arithmetic.exact import fractions_of
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import Verdict
from mamlcheck.errors import InputError
from mamlcheck.meta import files, writing
from mamlcheck.meta.files import instance_text, parse_instance
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks import written
from mamlcheck.tasks.families import families
from mamlcheck.tasks.loss import Loss

TINY = """{"format": "mamlcheck-instance", "version": 1,
 "tasks": {"kind": "ridge", "a": [[["1"]]], "b": [["0"]], "c": [["1"]], "mu": "0", "probabilities": ["1"],
  "profile": {"kind": "losses", "losses": [{"name": "log_cosh"}]}},
 "alpha": "1/2", "w": ["1"], "u": ["0.1"], "v": ["1"], "delta": "1", "phi": "1"}"""


def numbers_of(instance: Instances) -> list[list[Fraction]]:
    """Every number of an instance, as fractions."""
    tasks = instance.tasks
    arrays = [getattr(instance, name) for name in ("alpha", "w", "u", "v", "delta", "phi")]
    arrays += [x for x in (instance.smoothness, instance.hessian_lipschitz) if x is not None]
    arrays += tasks.numbers().values()
    return [list(fractions_of(array)) for array in arrays]


def assert_the_same(one: Instances, other: Instances) -> None:
    assert numbers_of(one) == numbers_of(other)
    assert (one.task, one.sizes) == (other.task, other.sizes)
    assert type(one.tasks) is type(other.tasks)
    assert getattr(one.tasks, "losses", None) == getattr(other.tasks, "losses", None)
    assert (one.smoothness is None) == (other.smoothness is None)
    assert one.provenance == other.provenance


@pytest.mark.parametrize("k", range(24))
def test_round_trip_of_the_random_sweep(k: int) -> None:
    one = RandomSweep(5).block(k)[k : k + 1]
    text = instance_text(one)
    assert_the_same(one, parse_instance(text))
    assert instance_text(parse_instance(text)) == text


@settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(strategies.instances())
def test_round_trip_of_drawn_instances(one: Instances) -> None:
    assert_the_same(one, parse_instance(instance_text(one)))


def test_round_trip_of_constants_and_losses_of_ones_own() -> None:
    one = parse_instance(TINY)
    own = Loss.from_expression("log(1 + t**2)/3 + sin(t)", name="mine")
    declared = replace(own, declared_second=Fraction(17, 3), declared_third=Fraction(8))
    for loss in (own, declared, replace(own, name="quadratic")):
        tasks = replace(one.tasks, losses=(loss,))
        given_constants = replace(
            one,
            tasks=tasks,
            smoothness=np.array([Fraction(22, 3)]),
            hessian_lipschitz=np.array([Fraction(100, 7)]),
        )
        assert_the_same(given_constants, parse_instance(instance_text(given_constants)))


def test_the_decimal_in_a_file_is_the_decimal_not_a_double() -> None:
    assert parse_instance(TINY).u.tolist() == [[Fraction(1, 10)]]
    bare = TINY.replace('"0.1"', "0.1")
    assert parse_instance(bare).u.tolist() == [[Fraction(1, 10)]]


def test_a_file_is_readable_and_its_lines_are_short() -> None:
    text = instance_text(RandomSweep(1).block(1)[0])
    assert max(map(len, text.splitlines())) <= 2 * writing.LINE_COLUMNS
    assert json.loads(text)["format"] == "mamlcheck-instance"


def changed(path: str, value: Any) -> str:
    """TINY with the entry at a dotted path replaced, or removed for None."""
    content = json.loads(TINY)
    *way, last = path.split(".")
    place = content
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(content)


BAD: dict[str, tuple[str, str]] = {
    "cut off": (TINY[:100], "was the file cut off?"),
    "empty": ("", "was the file cut off?"),
    "no object": ("[1]", "where an object belongs"),
    "another format": (changed("format", "x"), 'an instance file says "mamlcheck-instance"'),
    "future version": (changed("version", 2), "update mamlcheck"),
    "no version": (changed("version", None), "version None"),
    "missing": (changed("w", None), 'the file has no "w"'),
    "unknown entry": (changed("extra", 1), "unknown entries 'extra'"),
    "repeated entry": (TINY.replace('"alpha"', '"alpha": "0", "alpha"'), "'alpha' stands more than once"),
    "NaN": (TINY.replace('"1/2"', "NaN"), "is not a number"),
    "infinite": (TINY.replace('"1/2"', "-Infinity"), "is not a number"),
    "huge exponent": (TINY.replace('"1/2"', "1e999999999"), "is not a number"),
    "huge exponent in text": (changed("alpha", "1e999999999"), "is not a number"),
    "huge integer": (changed("alpha", "9" * 5000), "is not a number"),
    "division by zero": (changed("alpha", "1/0"), "divides by zero"),
    "text for a number": (changed("alpha", "half"), "is not a number"),
    "other digits": (changed("alpha", "٣"), "is not a number"),
    "true for a number": (changed("alpha", True), "holds True where a number belongs"),
    "null for a number": (changed("w", [{}]), "where a number belongs"),
    "wrong shape": (changed("w", ["1", "2"]), "w has shape (2,): these tasks need (1,)"),
    "ragged": (changed("tasks.b", [["0"], ["0", "1"]]), "rows differ in length"),
    "deep": ("[" * 100_000, "nested too deeply"),
    "deep numbers": (changed("w", [[[[[[[["1"]]]]]]]]), "nested too deeply"),
    "no tasks": (changed("tasks.a", []), "is empty"),
    "no samples": (changed("tasks.a", [[]]), "is empty"),
    "declared of a built-in loss": (
        changed("tasks.profile.losses", [{"name": "sin", "declared_second": "3"}]), "unknown entries 'declared_second'",
    ),
    "other tasks": (changed("tasks.kind", "neural"), "tasks of kind 'neural' are not known: give '"),
    "other profile": (changed("tasks.profile.kind", "x"), "give 'losses' or 'splines'"),
    "probabilities": (changed("tasks.probabilities", ["0.9"]), "sum to 9/10, not 1 exactly"),
    "negative probability": (changed("tasks.probabilities", ["-1"]), "a probability is -1"),
    "batch size 0": (changed("sizes", {"inner": 0}), "batch size inner = 0: give an integer >= 1"),
    "batch size 1.5": (changed("sizes", {"inner": 1.5}), "give an integer"),
    "other role": (changed("sizes", {"middle": 1}), "unknown entries 'middle'"),
    "phi": (changed("phi", "0"), "phi must be > 0"),
    "task": (changed("task", 1), "there are 1 tasks"),
    "unknown loss": (changed("tasks.profile.losses", [{"name": "nosuch"}]), "no loss is called 'nosuch'"),
    "too few losses": (changed("tasks.profile.losses", []), "one loss for each task"),
    "too large": (changed("tasks.a", [[["1"] * 5000]]).replace('"w": ["1"]', '"w": []'), "n m d^2"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_in_a_sentence(what: str) -> None:
    text, words = BAD[what]
    with pytest.raises(InputError) as refused:
        parse_instance(text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 600


def test_the_refusal_of_other_tasks_names_the_kinds_that_are_known() -> None:
    with pytest.raises(InputError) as refused:
        parse_instance(changed("tasks.kind", "neural"))
    given = str(refused.value).partition("give ")[2]
    assert set(re.findall(r"'(\w+)'", given)) == {family.kind for family in families()} >= {"quadratic", "ridge"}
    assert re.fullmatch(r"('\w+', )*'\w+' or '\w+'", given)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('touch pwned')", "t.__class__", "(lambda: 1)()", "[t for t in (1,)]", "exec('1')",
        "open('x')", "t if t else 1", "t := 1", "f'{t}'", "9**9**9**9", "t**(10**9)", "x", "'t'", "abs(t)", "",
        "(" * 500 + "t" + ")" * 500, "t+" * 5000 + "t", "exp(t)", "t**3", "1/t", "sqrt(t)",
    ],
)  # fmt: skip
def test_an_expression_is_never_run(expression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    start = time.perf_counter()
    with pytest.raises(InputError):
        parse_instance(changed("tasks.profile.losses", [{"name": "own", "expression": expression}]))
    assert time.perf_counter() - start < 5
    assert not list(tmp_path.iterdir())


LONG = "9" * 399


@pytest.mark.parametrize(
    ("path", "numbers", "words"),
    [
        ("w", ["1"] * 10_000, "w has shape"),
        ("tasks.a", [[["1e999"] * 1000]] * 70, "digits in all"),
        ("tasks.a", [[["1"] * 1024] * 1024] * 2, "at most 1048576 are read"),
    ],
)
def test_sizes_are_looked_at_before_numbers_become_fractions(
    path: str, numbers: list[Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, real, read = changed(path, numbers), written._number, []
    monkeypatch.setattr(written, "_number", lambda one: read.append(one) or real(one))
    with pytest.raises(InputError, match=words):
        parse_instance(text)
    assert len(read) < 100


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" + "[]," * (2**22 + 1) + "[]]", "entries"),
        ("{" + ",".join(f'"k{k % 99_999}": 1' for k in range(100_000)) + "}", "'k0' stands more than once"),
        ('{"format": "mamlcheck-instance", "version": 1, ' + ",".join(f'"k{k}": 1' for k in range(9999)) + "}", "more"),
        (changed("version", 0).replace('"version": 0', f'"version": {LONG}'), "version 999"),
        (changed("task", LONG), "give an integer"),
        (changed("sizes", {"inner": LONG}), "give an integer"),
        (changed("tasks.mu", "@").replace('"@"', "9" * 5000), "not a number"),
    ],
    ids=["entries", "twice", "unknown", "version", "task", "sizes", "digits"],
)
def test_a_text_that_would_fill_the_memory_or_the_screen_is_refused(text: str, words: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=words) as refused:
            parse_instance(text)
        assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    finally:
        tracemalloc.stop()
    assert len(str(refused.value)) < 600


def test_probabilities_whose_sum_is_too_long_to_be_written_out_are_refused() -> None:
    """Their common denominator has more digits than Python writes of an integer."""
    probabilities = [Fraction(1, 10**399 + 2 * k + 1) for k in range(14)]
    with pytest.raises(ValueError, match="digits"):
        str(sum(probabilities))
    losses = [{"name": "log_cosh"}] * 14
    tasks = {
        "kind": "ridge", "a": [[["1"]]] * 14, "b": [["0"]] * 14, "c": [["1"]] * 14, "mu": "0",
        "probabilities": [str(p) for p in probabilities], "profile": {"kind": "losses", "losses": losses},
    }  # fmt: skip
    with pytest.raises(InputError, match="probabilities sum to about 0, not 1 exactly"):
        parse_instance(changed("tasks", tasks))


NUMBERS = (
    "1e999", "-1e999", "1e-999", "0." + "0" * 399 + "1e-999", "1" + "0" * 399 + "e999", "9" * 400 + "." + "7" * 400,
    "9" * 400 + "e999", "7" * 400 + "e-999", "0." + "3" * 400 + "e-999", "1/" + "9" * 400, "9" * 400 + "/7", "5e-324",
)  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_every_number_that_is_read_is_written_and_read_again(number: str) -> None:
    one = parse_instance(changed("w", [number]))
    again = parse_instance(instance_text(one))
    assert next(fractions_of(again.w)) == Fraction(number) == next(fractions_of(one.w))
    assert instance_text(again) == instance_text(one)


@settings(max_examples=100, deadline=None, database=None)
@given(st.from_regex(written._DECIMAL, fullmatch=True))
def test_every_decimal_that_is_read_is_written_and_read_again(number: str) -> None:
    assert written._number(written._written(Fraction(number))) == Fraction(number)


def test_a_number_that_no_file_holds_is_not_written() -> None:
    one = parse_instance(TINY)
    for number in (Fraction(1, 3**1000), Fraction(10) ** 6000, Fraction(1, 10**5000)):
        with pytest.raises(InputError, match="more than 400 digits"):
            instance_text(replace(one, w=np.array([[number]], dtype=object)))


def test_a_giant_array_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "LARGEST_READ_ARRAY", 3)
    with pytest.raises(InputError, match="at most 3 are read"):
        parse_instance(changed("tasks.b", [["1"] * 4]))


def test_a_giant_file_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_INSTANCE_BYTES", 10)
    (tmp_path / "x.json").write_text(TINY)
    with pytest.raises(InputError, match="larger than"):
        mamlcheck.instance(tmp_path / "x.json")


def test_a_file_that_is_no_text_names_itself(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"x\.json is not text in UTF-8"):
        mamlcheck.instance(file)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["1", "-1/7", "1e400", "1e-400", "0.1", "log_cosh", "ridge", "splines", "quadratic", "exp(t)"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
PATHS = (
    "format", "version", "tasks", "alpha", "w", "u", "v", "delta", "phi", "task", "sizes", "smoothness",
    "hessian_lipschitz", "tasks.kind", "tasks.a", "tasks.b", "tasks.c", "tasks.mu", "tasks.probabilities",
    "tasks.profile", "tasks.profile.kind", "tasks.profile.losses", "extra",
)  # fmt: skip


def instance_or_error(text: str) -> None:
    start = time.perf_counter()
    with contextlib.suppress(InputError):
        assert parse_instance(text).shape == (1,)
    assert time.perf_counter() - start < 5


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(PATHS), JUNK)
def test_any_entry_may_be_anything(path: str, value: Any) -> None:
    instance_or_error(changed(path, "null" if value is None else value))


@settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(strategies.instances(), st.data())
def test_any_text_may_be_broken_anywhere(one: Instances, data: st.DataObject) -> None:
    text = instance_text(one)
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    instance_or_error(
        text[:start] + data.draw(st.text(max_size=4) | st.sampled_from(['"', "[", "}", "-", "9e9"])) + text[stop:]
    )


@pytest.mark.parametrize("path", ["alpha", "w", "tasks.a", "delta", "tasks.c", "smoothness"])
@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e-999", "1/" + "9" * 400])
def test_extreme_numbers_are_judged_or_refused(path: str, number: str) -> None:
    shape: dict[str, Callable[[str], Any]] = {
        "w": lambda x: [x],
        "tasks.a": lambda x: [[[x]]],
        "tasks.c": lambda x: [[x]],
    }
    start = time.perf_counter()
    with contextlib.suppress(InputError):
        one = parse_instance(changed(path, shape.get(path, lambda x: x)(number)))
        checked = mamlcheck.check_claim("lemma_4_8", one)
        assert checked.verdict is not Verdict.VIOLATED or not checked.guaranteed
    assert time.perf_counter() - start < 10
