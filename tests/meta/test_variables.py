"""Variables are declared once: a new file of each shape works whole, and nothing changes where it is at its default."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import mamlcheck
from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.exact import kept
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.errors import InputError
from mamlcheck.language.quantities import Quantities
from mamlcheck.meta import variables
from mamlcheck.meta.evaluation import Evaluation
from mamlcheck.meta.files import instance_text
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.variables import Shape, Variable, arrays, declared, indices, sizes
from mamlcheck.shipped import shipped

PACKAGE = Path(mamlcheck.__file__).parent

NEW = {
    "theta": """
        "The rate of the meta step."
        from fractions import Fraction
        from mamlcheck.meta.variables import Shape, Sign, Variable
        from mamlcheck.tasks.family import Unit
        VARIABLE = Variable(
            symbol="theta", latex="theta", shape=Shape.NUMBER, unit=Unit(loss=-1, length=2), sign=Sign.POSITIVE,
            default=1, drawn=(1, Fraction(1, 3)), drawn_between=(1, 2), over_smoothness=True, simple=1,
        )
        """,
    "z": """
        "A third point."
        from mamlcheck.meta.variables import STEPS, Shape, Variable
        from mamlcheck.tasks.family import LENGTH
        VARIABLE = Variable(
            symbol="z", latex="z", shape=Shape.POINT, written=None, unit=LENGTH, default=0, drawn=STEPS, near="u",
            simple=1,
        )
        """,
    "r": """
        "A second direction."
        from mamlcheck.meta.variables import Shape, Variable
        VARIABLE = Variable(symbol="r", latex="r", shape=Shape.DIRECTION, written=None, default=1, simple=1)
        """,
    "other": """
        "A second task."
        from mamlcheck.meta.variables import Shape, Variable
        VARIABLE = Variable(symbol="j", latex="j", shape=Shape.TASK, written=None, default=0)
        """,
    "validation": """
        "The size of a batch that everything is listed for."
        from mamlcheck.meta.variables import Listed, Shape, Variable
        VARIABLE = Variable(
            symbol="D_v", latex="D_v", shape=Shape.BATCH, default=1, listed=Listed.GRADIENTS_OF_EVERY_TASK
        )
        """,
    "steps": """
        "A number of steps."
        from mamlcheck.meta.variables import Shape, Variable
        VARIABLE = Variable(symbol="K", latex="K", shape=Shape.COUNT, default=1, drawn=(2, 5))
        """,
}

CLAIM = '''
"""A claim of all new variables."""

from mamlcheck.meta.hypotheses import Hypothesis, Inequality

TITLE, STATEMENT, WHERE, GUARANTEE, SOURCE, ASSUMPTIONS = "New variables", "0 <= 1", "", "upper bound", "none", ()
QUANTIFIES = ("tasks", "w", "u", "alpha", "theta", "z", "r", "D_v", "K")
HYPOTHESES = (Hypothesis("few", "theta K <= 5", (Inequality("few", lambda x: x.theta * x.sizes.steps, lambda x: 5),)),)


def left(x):
    """theta |z - w + r| / (D_v K)."""
    return x.theta * x.ar.norm(x.z - x.w + x.r) / (x.sizes.validation * x.sizes.steps)


def right(x):
    """Twice as much."""
    return 2 * x.theta * x.ar.norm(x.z - x.w + x.r) / (x.sizes.validation * x.sizes.steps)
'''

PROOF = '''
"""Twice as much is more."""

from mamlcheck.language.vocabulary import number, point, size_root


def prove(p):
    """Since theta, D_v and K are > 0."""
    x = p.language
    length = x.norm(point(x, "z") - point(x, "w") + point(x, "r"))
    left = number(x, "theta") * length / (size_root(x, "D_v") ** 2 * number(x, "K"))
    return [p.chain("twice", left).step("twice", 2 * left, remainder=left)]
'''

SCRIPT = """
import json
from dataclasses import replace
import numpy as np
import mamlcheck
from mamlcheck.check.certified import certified
from mamlcheck.check.description import describe
from mamlcheck.check.sweeps import RandomSweep, TableSweep
from mamlcheck.claims import load_claim
from mamlcheck.hunt.simplify import simplified
from mamlcheck.meta.files import instance_text, parse_instance
from mamlcheck.proof.catalogue import proved
from mamlcheck.proof.waterfall import waterfall
from mamlcheck.record.portrait import portrait
from mamlcheck.strategies import instances
from mamlcheck.tasks.tables import read_table

claim = load_claim("new_variables")
block = RandomSweep(3).block(2)
one = block[:1]
found = certified(claim, one)
short, still = simplified(claim, one, found, found.tightness[0])
drawn = portrait(claim, one)
assert parse_instance(instance_text(one)).z.tolist() == one.z.tolist()
again = replace(one, theta=one.theta * 2)
assert (again.theta == 2 * one.theta).all() and again.sizes == one.sizes
table = TableSweep(read_table("grunfeld"), 1).block(0)
instances().example()
print(json.dumps({
    "verdict": str(mamlcheck.check_claim(claim, one)), "proved": proved("new_variables").proved,
    "left": waterfall(proved("new_variables"), one).proved,
    "text": instance_text(one), "short": json.loads(instance_text(short)), "describes": describe(one),
    "numbers": dict(drawn.numbers), "points": sorted({place.name for place in drawn.points}), "axis": drawn.axis,
    "drawn": [len(set(map(str, x))) for x in (block.theta, block.z[:, 0], table.theta, table.z[:, 0])],
    "old": [instance_text(replace(
        b[5], theta=None, z=None, r=None, other=0, sizes=replace(b.sizes, steps=1, validation=1)
    )) for b in (block, table)],
}))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a copy of the package with a new file for each shape of variable makes of a claim about them all."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, copy / "mamlcheck", ignore=shutil.ignore_patterns("__pycache__", "proofs", "reports"))
    shutil.copytree(shipped("proofs"), copy / "proofs", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in NEW.items():
        lines = [line.removeprefix(" " * 8) for line in text.strip("\n").splitlines()]
        (copy / "mamlcheck/meta/variables" / f"{name}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (copy / "mamlcheck/claims/new_variables.py").write_text(CLAIM, encoding="utf-8")
    (copy / "proofs/new_variables.py").write_text(PROOF, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], cwd=copy, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_claim_about_new_variables_is_judged_and_proved(seen):
    assert "HOLDS" in seen["verdict"]
    assert seen["proved"]
    assert seen["left"]


def test_new_variables_are_written_and_described_and_drawn_in_portraits(seen):
    content = json.loads(seen["text"])
    assert {"theta", "z", "r", "other"} <= content.keys()
    assert {"steps", "validation"} & content["sizes"].keys()
    assert "D_v = " in seen["describes"]
    assert "K = " in seen["describes"]
    assert {"theta", "D_v", "K"} <= seen["numbers"].keys()
    assert {"w", "u", "z"} <= set(seen["points"])
    assert "u - w" in seen["axis"] or seen["axis"] == "parameter"


def test_new_variables_are_simplified(seen):
    assert "theta" not in seen["short"]  # 1, which is its default
    assert not {"steps", "validation"} & seen["short"]["sizes"].keys()
    assert seen["short"].get("z", ["0"]) in (["0"], ["1"], ["2"])


def test_new_variables_are_drawn_by_sweeps_and_nothing_that_was_drawn_before_changes(seen):
    assert min(seen["drawn"]) > 5
    table = mamlcheck.instance("grunfeld-2/1/5")[0]
    assert seen["old"] == [instance_text(RandomSweep(3).block(2)[5]), instance_text(table)]


# -- the variables that are there ------------------------------------------------------------------------------------
def test_the_fields_of_instances_are_the_declared_variables():
    names = {field.name for field in fields(Instances)} | {field.name for field in fields(type(ONE.sizes))}
    assert names == {"tasks", "sizes"} | {variable.name for variable in Instances.FIELDS}
    assert declared() == Instances.FIELDS
    assert {*arrays(), *sizes(), *indices()} == set(declared())


ONE = RandomSweep(1).block(0)[:1]


@pytest.mark.parametrize("kind", [Evaluation, InstanceOn, Quantities])
def test_no_variable_is_called_like_a_quantity(kind):
    """It would never be seen: attributes of a class are found first."""
    taken = {name for cls in kind.__mro__ for name in vars(cls)}
    assert not taken & {variable.name for variable in declared() if variable.is_array}


def test_a_variable_that_is_added_has_a_default():
    """Those of the first files must be given; every other one would make those files unreadable."""
    assert [v.name for v in declared() if v.must_be_given] == ["alpha", "w", "u", "v", "delta", "phi"]


def test_points_are_near_points_that_come_before_them():
    order = [variable.name for variable in declared()]
    for variable in declared():
        assert not variable.near or order.index(variable.near) < order.index(variable.name)
        assert variable.name == variable.name.lower()
        assert variable.symbol


def test_a_file_that_declares_none_or_a_name_twice_is_refused(monkeypatch):
    monkeypatch.setattr("mamlcheck.meta.variables.alpha.VARIABLE", "alpha")
    with pytest.raises(InputError, match=r"variables/alpha\.py declares no variable"):
        variables._declared_in("alpha")
    monkeypatch.setattr("mamlcheck.meta.variables.alpha.VARIABLE", Variable("phi", "phi", Shape.NUMBER))
    with pytest.raises(InputError, match="two files in mamlcheck/meta/variables declare phi"):
        declared.__wrapped__()


# -- what is given ---------------------------------------------------------------------------------------------------
TWO_TASKS = next(block for block in map(RandomSweep(1).block, range(20)) if block.tasks.n > 1)[:1]


@pytest.mark.parametrize("index", [0.5, 0.0, True, "0", None, np.timedelta64(1)], ids=repr)
def test_an_index_of_a_task_is_an_integer(index):
    with pytest.raises(InputError, match="give the index of a task, an integer counted from 0"):
        replace(TWO_TASKS, task=index)


def test_an_integer_of_numpy_is_kept_as_an_int():
    assert type(replace(TWO_TASKS, task=np.int64(1)).task) is int


@pytest.mark.parametrize("name", [variable.name for variable in arrays() if variable.must_be_given])
def test_what_has_no_default_must_be_given(name):
    with pytest.raises(InputError, match=f"{name} = None: every instance needs {name}"):
        replace(ONE, **{name: None})


@pytest.mark.parametrize("sizes", [None, {"inner": 2}], ids=repr)
def test_sizes_are_batch_sizes(sizes):
    with pytest.raises(InputError, match="give BatchSizes, such as"):
        replace(ONE, sizes=sizes)


# -- what is asked for -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["at_w", "smoothness_bound", "task_variance"])
def test_an_attribute_that_a_formula_lacks_is_named_and_not_the_quantity(name, monkeypatch):
    owner = InstanceOn if name in vars(InstanceOn) else Evaluation
    quantity = type(vars(owner)[name])(lambda x: x.ar.no_such_operation)
    if isinstance(quantity, kept):
        quantity.__set_name__(owner, name)
    monkeypatch.setattr(owner, name, quantity)
    with pytest.raises(AttributeError, match="no_such_operation"):
        getattr(ONE.on(float64), name)


def test_what_is_no_quantity_is_said_to_be_none():
    with pytest.raises(AttributeError, match="no quantity and no variable 'no_such_quantity'"):
        _ = ONE.on(float64).no_such_quantity


def test_zero_constants_given_by_hand_are_constants() -> None:
    one = RandomSweep(1).block(0)[:1]
    assert replace(one, hessian_lipschitz=0 * one.alpha).hessian_lipschitz.tolist() == [0]


def test_one_constant_below_the_certified_one_makes_its_block_declared() -> None:
    block = RandomSweep(1).block(0)[:2]
    certified = block.smoothness_constant
    assert replace(block, smoothness=2 * certified).provenance == "certified"
    assert replace(block, smoothness=certified * np.array([2, 0.5])).provenance == "declared"


def test_a_negative_index_is_no_task() -> None:
    with pytest.raises(InputError, match="task index -1"):
        replace(RandomSweep(1).block(0)[:1], task=-1)


def test_a_term_is_declared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mamlcheck.meta.variables.alpha.VARIABLE", Variable("a", "a", Shape.NUMBER, term="phi"))
    with pytest.raises(InputError, match="two files in mamlcheck/meta/variables declare phi"):
        declared.__wrapped__()
