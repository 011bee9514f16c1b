"""Figure 1: every number derived again by SymPy from the losses alone, and each relation can fail."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
import sympy

from mamlcheck.errors import InputError
from mamlcheck.figures import figure_1
from mamlcheck.findings import Executed, find
from mamlcheck.report.mathml import prose_html
from mamlcheck.report.plaintext import plain_prose

X, Y = sympy.symbols("x y", real=True)
RATE = sympy.Rational(4, 5)
TASKS = {
    "easy": (X**2 + Y**2) / 2,
    "hard": ((X - 12) ** 2 + Y**2) / 8,
    "middle": (X**2 + (Y - 10) ** 2) / 4,
}


def after(loss, steps):
    """The loss after gradient steps from (x, y), as a polynomial in x and y."""
    point = (X, Y)
    for _ in range(steps):
        gradient = [sympy.diff(loss, v).subs({X: point[0], Y: point[1]}, simultaneous=True) for v in (X, Y)]
        point = tuple(sympy.expand(p - RATE * g) for p, g in zip(point, gradient, strict=True))
    return sympy.expand(loss.subs({X: point[0], Y: point[1]}, simultaneous=True))


def mean_after(steps):
    return sum(after(loss, steps) for loss in TASKS.values()) / 3


def fractions(values):
    return tuple(Fraction(int(v.p), int(v.q)) for v in values)


@pytest.fixture(scope="module")
def solutions():
    """The only stationary point of each mean loss."""
    found = []
    for steps in range(3):
        solved = sympy.solve([sympy.diff(mean_after(steps), v) for v in (X, Y)], [X, Y])
        found.append((solved[X], solved[Y]))
    return found


def test_the_numbers(solutions):
    """As they are known: by another way than those below."""
    plain, meta, twice = figure_1.starts()
    assert plain.point == (Fraction(12, 7), Fraction(20, 7))
    assert meta.point == (Fraction(96, 19), Fraction(90, 19))
    assert twice.point == (Fraction(1536, 211), Fraction(810, 211))
    assert plain.mean_losses == (Fraction(233, 21), Fraction(17389, 3675), Fraction(232501, 91875))
    assert meta.mean_losses == (Fraction(33305, 2166), Fraction(1806, 475), Fraction(16194, 9025))
    assert tuple(start.point for start in (plain, meta, twice)) == tuple(map(fractions, solutions))


@pytest.mark.parametrize("solved", range(3))
def test_every_loss_by_sympy(solved, solutions):
    x, y = solutions[solved]
    start = figure_1.starts()[solved]
    assert start.steps == solved
    for steps in range(3):
        expected = [after(loss, steps).subs({X: x, Y: y}) for loss in TASKS.values()]
        assert start.losses[steps] == fractions(expected)
        assert start.mean_losses[steps] == fractions([mean_after(steps).subs({X: x, Y: y})])[0]


@pytest.mark.parametrize("steps", range(3))
def test_they_are_minima(steps):
    hessian = sympy.hessian(mean_after(steps), (X, Y))
    assert hessian[0, 1] == 0
    assert min(hessian[0, 0], hessian[1, 1]) > 0


@pytest.mark.parametrize("w", [(0, 0), (3, -2), (Fraction(1, 3), Fraction(-7, 5))])
@pytest.mark.parametrize("steps", range(4))
def test_losses_and_gradients_at_other_points(w, steps):
    at = {X: sympy.Rational(str(w[0])), Y: sympy.Rational(str(w[1]))}
    assert figure_1.losses(w, steps) == fractions(after(loss, steps).subs(at) for loss in TASKS.values())
    gradient = [sympy.diff(mean_after(steps), v).subs(at) for v in (X, Y)]
    assert figure_1.mean_gradient(w, steps) == fractions(gradient)


# -- the example -------------------------------------------------------------------------------------------------
def test_the_example_holds():
    example = figure_1.example()
    assert [relation for relation in example.relations if not relation.holds] == []
    assert len(example.relations) == 20
    assert len(example.quantities) == 3 * (2 + 3 * 4)
    assert Executed(find()[0], example).confirmed


def test_its_quantities_are_those_of_sympy(solutions):
    shown = {(q.case, q.name): q.value for q in figure_1.example().quantities}
    cases = ("problem (1)", "problem (2)", "problem (2) with two inner steps")
    for case, (x, y) in zip(cases, solutions, strict=True):
        assert (shown[case, "coordinate 1"], shown[case, "coordinate 2"]) == fractions((x, y))
        for steps, text in enumerate(("after 0 steps", "after 1 step", "after 2 steps")):
            at = {X: x, Y: y}
            for name, loss in TASKS.items():
                assert shown[case, f"{name} task, {text}"] == fractions([after(loss, steps).subs(at)])[0]
            assert shown[case, f"mean loss, {text}"] == fractions([mean_after(steps).subs(at)])[0]


def test_its_relations_by_sympy(solutions):
    """Both sides of what compares the solutions of (1) and (2)."""
    plain, meta, twice = ({X: x, Y: y} for x, y in solutions)
    by_text = {r.text: (r.left, r.right) for r in figure_1.example().relations}

    def sides(expression, *at):
        return fractions(expression.subs(one) for one in at)

    squares = {name: X**2 + Y**2 if name == "easy" else (X - 12) ** 2 + Y**2 for name in ("easy", "hard")}
    squares["middle"] = X**2 + (Y - 10) ** 2
    expected = {
        "without a step the solution of (1) is better": (mean_after(0), plain, meta),
        "after one step that of (2) is": (mean_after(1), plain, meta),
        "and after two": (mean_after(2), plain, meta),
        "the solution of (1) is nearer to the easy task": (squares["easy"], plain, meta),
        "that of (2) to the hard one": (squares["hard"], plain, meta),
        "and to the middle one": (squares["middle"], plain, meta),
        "after one step the easy task is better from (1)": (after(TASKS["easy"], 1), plain, meta),
        "the hard one is better from (2)": (after(TASKS["hard"], 1), plain, meta),
        "and so is the middle one": (after(TASKS["middle"], 1), plain, meta),
        "for two steps the best start is another one": (mean_after(2), twice, meta),
        "which is worse after one": (mean_after(1), twice, meta),
        "and nearer still to the hard task": (squares["hard"], twice, meta),
    }
    for text, (expression, *at) in expected.items():
        assert by_text[text] == sides(expression, *at), text


@pytest.mark.parametrize(
    ("constant", "value"),
    [
        ("ALPHA", Fraction(0)),
        ("ALPHA", Fraction(4)),
        ("CURVATURES", (Fraction(1, 4), Fraction(1), Fraction(1, 2))),
        ("CURVATURES", (Fraction(1, 2),) * 3),
        ("CENTRES", ((12, 0), (0, 0), (0, 10))),
        ("CENTRES", ((0, 0), (12, 0), (0, 100))),
    ],
)
def test_other_numbers_do_not_show_it(constant, value, monkeypatch):
    monkeypatch.setattr(figure_1, constant, value)
    assert not Executed(find()[0], figure_1.example()).confirmed


def test_its_texts_can_be_read_everywhere():
    example = figure_1.example()
    texts = [example.setting, *(q.name for q in example.quantities), *(r.text for r in example.relations)]
    for text in texts:
        assert not re.search(r"[\\$`{}]", plain_prose(text))
        assert "$" not in prose_html(text)


@pytest.mark.parametrize("steps", [-1, True, 1.0, "1"])
def test_what_is_no_number_of_steps_is_refused(steps):
    with pytest.raises(InputError, match="give the number of inner steps, an integer >= 0"):
        figure_1.losses((0, 0), steps)
    with pytest.raises(InputError, match="give the number of inner steps, an integer >= 0"):
        figure_1.minimiser(steps)
