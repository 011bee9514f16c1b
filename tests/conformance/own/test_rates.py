"""Own problems whose inner rates differ by step or by parameter, against exact fractions and PyTorch's autograd."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from mamlcheck.conformance import identify, own_problem, subject, what_is
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import plain
from mamlcheck.conformance.own import posing
from mamlcheck.conformance.reference import Run, enclosed
from mamlcheck.errors import InputError

torch = pytest.importorskip("torch")

mse = torch.nn.functional.mse_loss


# -- a quadratic, in exact fractions -----------------------------------------------------------------------------------
def fractions(array):
    return [fractions(row) for row in array] if np.ndim(array) else Fraction(float(array))


@pytest.fixture(scope="module")
def quadratic():
    """A linear model y = w x + b under the squared error, with its tasks as they are in doubles."""
    random = np.random.Generator(np.random.Philox(3))
    model = torch.nn.Linear(2, 1).double()
    sets = [tuple((random.normal(size=(m, 2)), random.normal(size=(m, 1))) for m in (3, 4)) for _ in range(2)]
    tasks = [tuple((torch.tensor(x), torch.tensor(y)) for x, y in task) for task in sets]
    start = fractions(np.concatenate([p.detach().numpy().ravel() for p in model.parameters()]))
    return model, tasks, sets, start


def derivatives(x, y):
    """The gradient and the Hessian of the mean of (w x + b - y)^2, as functions in fractions."""
    rows = [[*fractions(row), Fraction(1)] for row in x]
    aims, m = [fractions(t) for t in y[:, 0]], len(rows)

    def gradient(w):
        left = [sum(a * v for a, v in zip(row, w, strict=True)) - aim for row, aim in zip(rows, aims, strict=True)]
        return [2 * sum(e * row[i] for e, row in zip(left, rows, strict=True)) / m for i in range(3)]

    def hessian(v):
        along = [sum(a * c for a, c in zip(row, v, strict=True)) for row in rows]
        return [2 * sum(e * row[i] for e, row in zip(along, rows, strict=True)) / m for i in range(3)]

    return gradient, hessian


def exactly(name, sets, start, rates):
    """The direction of an algorithm, rates by step and coordinate; 'Meta-SGD' stands for its part for the rates."""
    total = [Fraction(0)] * 3
    for support, query in sets:
        (gradient, hessian), (outer, _) = derivatives(*support), derivatives(*query)
        points = [start]
        for r in rates:
            points.append([w - a * g for w, a, g in zip(points[-1], r, gradient(points[-1]), strict=True)])
        g, part = outer(points[-1]), [Fraction(0)] * 3
        if name == "Reptile":
            g = [a - b for a, b in zip(start, points[-1], strict=True)]
        if name in ("MAML", "Meta-SGD"):
            for r, at in zip(reversed(rates), reversed(points[:-1]), strict=True):
                part = [p - s * v for p, s, v in zip(part, gradient(at), g, strict=True)]
                turned = hessian([a * v for a, v in zip(r, g, strict=True)])
                g = [v - h for v, h in zip(g, turned, strict=True)]
        found = part if name == "Meta-SGD" else g
        total = [t + v / len(sets) for t, v in zip(total, found, strict=True)]
    return total


BY_PARAMETER = {"weight": np.array([[0.1, -0.3]]), "bias": 0.7}
WAYS = {
    "parameter": (BY_PARAMETER, 2, [[0.1, -0.3, 0.7]] * 2),
    "step": ([0.3, 0.1, 0.0], 3, [[0.3] * 3, [0.1] * 3, [0.0] * 3]),
    "both": ([BY_PARAMETER, {"weight": 0.2, "bias": 1e-9}], 2, [[0.1, -0.3, 0.7], [0.2, 0.2, 1e-9]]),
}


@pytest.mark.parametrize(
    ("way", "name", "factor"), [*product(WAYS, ("MAML", "FO-MAML", "Reptile", "Meta-SGD"), (1, 0.3))]
)
def test_a_certified_direction_holds_the_exact_one(quadratic, way, name, factor):
    model, tasks, sets, start = quadratic
    alpha, steps, rates = WAYS[way]
    posed = own_problem(model, mse, tasks, alpha=alpha, steps=steps, certify=True).but(alpha=factor)
    known = algorithm(name)
    found = enclosed(posed, known.rates if name == "Meta-SGD" else known.formula, known.hessian)
    exact = exactly(name, sets, start, [[Fraction(factor) * Fraction(r) for r in step] for step in rates])
    assert found.certified
    size = max(abs(v) for v in exact)
    for value, *numbers in zip(exact, found.midpoint, found.radius, found.rest, found.finer_radius, strict=True):
        middle, radius, rest, finer = (Fraction(float(x)) for x in numbers)
        assert abs(value - middle) <= radius <= size / 2**48
        assert abs(value - middle - rest) <= finer <= size / 2**90


# -- a network, in PyTorch ---------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2)).double()
    sizes = ((4, 6), (5, 3))
    tasks = [tuple((torch.randn(m, 2).double(), torch.randn(m, 2).double()) for m in s) for s in sizes]
    return model, tasks


def throughout(model, rate):
    return {n: rate for n, _ in model.named_parameters()}


def random_rates(model):
    random = np.random.Generator(np.random.Philox(5))
    return {n: torch.tensor(random.uniform(0, 0.5, size=tuple(p.shape))) for n, p in model.named_parameters()}


def adapted(model, w, batch, rates, graph=True, only=None):
    f, points = dict(w), [dict(w)]
    for r in rates:
        value = mse(torch.func.functional_call(model, f, (batch[0],)), batch[1])
        slopes = dict(zip(f, torch.autograd.grad(value, list(f.values()), create_graph=graph), strict=True))
        f = {n: v - r[n] * slopes[n] if only is None or n in only else v for n, v in f.items()}
        points.append(f)
    return points


def direction(model, tasks, rates, graph=True, only=None, every=False):
    """That of MAML by autograd. every: the mean of the outer losses after each step, as in MAML++."""
    w = {n: p.detach().clone().requires_grad_() for n, p in model.named_parameters()}
    total = 0
    for inner, (x, y) in tasks:
        points = adapted(model, w, inner, rates, graph, only)
        ends = points[1:] if every else points[-1:]
        total = total + sum(mse(torch.func.functional_call(model, f, (x,)), y) for f in ends) / len(ends)
    return dict(zip(w, torch.autograd.grad(total / len(tasks), list(w.values())), strict=True))


def by_hand(model, tasks, rates, delta=None, after=False):
    """That of MAML, or HF-MAML, with the pull-back by hand; after: the rates multiply H g."""
    total = None
    for inner, outer in tasks:

        def slopes(at, batch=inner, graph=False):
            f = {n: v.detach().requires_grad_() for n, v in at.items()}
            value = mse(torch.func.functional_call(model, f, (batch[0],)), batch[1])
            return f, dict(zip(f, torch.autograd.grad(value, list(f.values()), create_graph=graph), strict=True))

        def bent(at, v, slopes=slopes):
            if delta is not None:
                ahead, behind = ({n: at[n] + s * delta * v[n] for n in at} for s in (1, -1))
                pair = slopes(ahead)[1], slopes(behind)[1]
                return {n: (pair[0][n] - pair[1][n]) / (2 * delta) for n in at}
            f, g = slopes(at, graph=True)
            found = torch.autograd.grad(list(g.values()), list(f.values()), [v[n] for n in f])
            return dict(zip(f, found, strict=True))

        points = adapted(model, dict(model.named_parameters()), inner, rates)
        _, g = slopes(points[-1], outer)
        for r, at in zip(reversed(rates), reversed(points[:-1]), strict=True):
            if after:
                turned = {n: r[n] * h for n, h in bent(at, g).items()}
            else:
                turned = bent(at, {n: r[n] * v for n, v in g.items()})
            g = {n: g[n] - turned[n] for n in g}
        total = g if total is None else {n: total[n] + g[n] for n in g}
    return {n: v.detach() / len(tasks) for n, v in total.items()}


@pytest.fixture(scope="module")
def by_both(network):
    """A problem with rates by step and parameter, and these."""
    model, tasks = network
    rates = [random_rates(model), {n: r / 3 for n, r in random_rates(model).items()}]
    return own_problem(model, mse, tasks, alpha=rates, steps=2), rates


def test_right_ones_are_called_what_they_are(network, by_both):
    model, tasks = network
    posed, rates = by_both
    head = ("2.weight", "2.bias")
    w = {n: p.detach() for n, p in model.named_parameters()}
    ends = [adapted(model, dict(model.named_parameters()), inner, rates)[-1] for inner, _ in tasks]
    right = {
        "MAML": direction(model, tasks, rates),
        "FO-MAML": direction(model, tasks, rates, graph=False),
        "ANIL": direction(model, tasks, rates, only=head),
        "MAML++": direction(model, tasks, rates, every=True),
        "Reptile": {n: sum((w[n] - end[n]).detach() for end in ends) / len(ends) for n in w},
    }
    for name, gradient in right.items():
        found = what_is(gradient, posed, declared=name)
        assert (found.found, found.defects, found.conforms) == (name, (), True), found.text
        assert "at inner rates by step and parameter with 2 inner steps" in str(found)
    found = what_is(by_hand(model, tasks, rates, delta=0.01), posed, declared="HF-MAML", delta=0.01)
    assert (found.found, found.defects) == ("HF-MAML", ()), found.text
    assert what_is(right["MAML"], posed).evidence.rates == "by step and parameter"


def test_meta_sgd_with_the_part_for_its_rates(network):
    model, tasks = network
    rates = random_rates(model)
    learnt = {n: r.clone().requires_grad_() for n, r in rates.items()}
    w = {n: p.detach().clone().requires_grad_() for n, p in model.named_parameters()}
    total = 0
    for inner, (x, y) in tasks:
        f = adapted(model, w, inner, [learnt])[-1]
        total = total + mse(torch.func.functional_call(model, f, (x,)), y) / len(tasks)
    parts = torch.autograd.grad(total, [*w.values(), *learnt.values()])
    given = dict(zip([*w, *(f"lr.{n}" for n in learnt)], parts, strict=True))
    posed = own_problem(model, mse, tasks, alpha=rates)
    found = what_is(given, posed, declared="Meta-SGD")
    assert (found.found, found.defects) == ("Meta-SGD", ()), found.text
    given["lr.0.bias"] = -given["lr.0.bias"]
    assert what_is(given, posed, declared="Meta-SGD").defects == ("part_for_rates",)


@pytest.mark.parametrize(
    ("wrong", "defects", "says"),
    [
        ("first order", ("hessian_missing",), "the Hessian term is missing"),
        ("one rate", ("one_rate",), "its inner rate is 0.17 throughout, and not the rates that were given"),
        ("reversed", ("rates_reversed",), "taken in the reversed order"),
        ("after", ("rates_after_hessian",), "the inner rates multiply the Hessian-vector product"),
        ("twice", ("inner_rate",), "its inner rate is 2 times alpha"),
    ],
)
def test_wrong_ones_are_told(network, by_both, wrong, defects, says):
    model, tasks = network
    posed, rates = by_both
    gradient = {
        "first order": lambda: direction(model, tasks, rates, graph=False),
        "one rate": lambda: direction(model, tasks, [throughout(model, 0.17)] * 2),
        "reversed": lambda: direction(model, tasks, rates[::-1]),
        "after": lambda: by_hand(model, tasks, rates, after=True),
        "twice": lambda: direction(model, tasks, [{n: 2 * v for n, v in r.items()} for r in rates]),
    }[wrong]()
    found = what_is(gradient, posed, declared="MAML")
    assert (found.found, found.defects) == (("FO-MAML" if wrong == "first order" else "MAML"), defects), found.text
    assert says in str(found)


def test_rates_of_steps_that_nobody_gave_are_found_in_maml_plus_plus_too(network):
    model, tasks = network
    posed = own_problem(model, mse, tasks, alpha=0.25, steps=2)
    rates = [throughout(model, 0.25 * factor) for factor in (1.5, 0.5)]
    found = what_is(direction(model, tasks, rates, every=True), posed, declared="MAML++")
    assert (found.found, found.defects) == ("MAML++", ("rates_of_steps",)), found.text
    assert "a rate of its own, which falls from step to step: 1.5 and 0.5 times alpha in steps 1 and 2" in str(found)


def test_rates_that_are_rounded_to_float32_are_forgiven(network):
    model, tasks = network
    posed = own_problem(model, mse, tasks, alpha={n: 0.1 * (i + 1) for i, n in enumerate(random_rates(model))}, steps=2)
    rounded = {n: float(np.float32(0.1 * (i + 1))) for i, n in enumerate(random_rates(model))}
    found = what_is(direction(model, tasks, [rounded] * 2), posed, declared="MAML")
    assert (found.found, found.defects) == ("MAML", ()), found.text
    assert any("rounded to float32" in note for note in found.notes)


# -- rigour ------------------------------------------------------------------------------------------------------------
def test_two_rates_share_no_certificate(quadratic, monkeypatch):
    model, tasks, _, _ = quadratic
    assert own_problem(model, mse, tasks, alpha=BY_PARAMETER).id.startswith(
        "Linear,alpha=1.0,steps=1,float64,rates=by-"
    )
    monkeypatch.setattr(posing, "DIGITS_SHOWN", 0)  # the ids of problems alone do not tell them apart then
    made, maml = [], plain(algorithm("MAML"))
    certified = posing.certified
    monkeypatch.setattr(posing, "certified", lambda *given: made.append(given) or certified(*given))
    near = {"weight": 0.25, "bias": 0.5}
    rates = [
        near,
        near | {"bias": 0.5 + 2**-53},
        {"weight": torch.tensor([[0.25, 0.5]]), "bias": 0.25},
        [near, near | {"bias": 0.5 + 2**-53}],
        [near | {"bias": 0.5 + 2**-53}, near],
    ]
    posed = [own_problem(model, mse, tasks, alpha=a, steps=2, certify=True) for a in rates]
    found = [maml.enclosed(p) for p in posed]
    assert len(made) == len(rates)
    again = [maml.enclosed(own_problem(model, mse, tasks, alpha=a, steps=2, certify=True)) for a in rates]
    assert len(made) == len(rates)
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one.midpoint, other.midpoint)
    assert len({p.id for p in posed}) < len(rates)


def test_candidates_of_one_source_are_kept_apart_by_their_rates(quadratic):
    model, tasks, _, _ = quadratic
    posed = own_problem(model, mse, tasks, alpha=BY_PARAMETER)
    maml = plain(algorithm("MAML"))
    first, other = maml.screened(posed), maml.screened(posed.but(alpha={"weight": 0.1, "bias": 0.7}))
    assert not np.array_equal(first, other)
    assert np.array_equal(first, maml.screened(posed.but(steps=1)))


# -- how they are handed over ------------------------------------------------------------------------------------------
def test_one_number_throughout_is_the_rate(quadratic):
    model, tasks, _, _ = quadratic
    for alpha in ({"weight": 0.1, "bias": 0.1}, [0.1, 0.1], [{"weight": 0.1, "bias": np.array([0.1])}] * 2):
        posed = own_problem(model, mse, tasks, alpha=alpha, steps=2)
        assert (posed.alpha, posed.key.rates) == (0.1, None)
    assert own_problem(model, mse, tasks, alpha=torch.tensor(0.1)).alpha == float(np.float32(0.1))
    by_step = own_problem(model, mse, tasks, alpha=torch.tensor([0.5, 0.25]), steps=2)
    assert [step["bias"].tolist() for step in by_step.rates] == [[0.5], [0.25]]


def test_a_problem_has_its_rates_by_name_and_those_without_have_ones(quadratic):
    model, tasks, _, _ = quadratic
    posed = own_problem(model, mse, tasks, alpha=BY_PARAMETER, steps=2, dtype="float32")
    assert posed.alpha == 1
    assert [step["weight"].tolist() for step in posed.rates] == [[[0.1, -0.3]]] * 2
    assert posed.on("torch").rates[1]["weight"].dtype == torch.float32
    assert own_problem(model, mse, tasks, alpha=0.5).rates[0]["bias"].tolist() == [1.0]


def test_another_alpha_multiplies_them_and_other_rates_replace_them(quadratic):
    model, tasks, _, _ = quadratic
    posed = own_problem(model, mse, tasks, alpha=[0.5, 0.25], steps=2)
    assert (posed.but(alpha=0.5).alpha, posed.but(alpha=0.5).key.rates) == (0.5, posed.key.rates)
    assert [step["bias"].item() for step in posed.but(alpha=[1, 2]).rates] == [1, 2]
    assert posed.but(alpha=[0.1, 0.1]).key.rates is None
    assert len(posed.but(steps=1).rates) == 1
    with pytest.raises(InputError, match="steps = 3: alpha has rates for 2 inner steps"):
        posed.but(steps=3)
    assert posed.but(steps=3, alpha=[1, 2, 3]).rates[2]["bias"].item() == 3


@pytest.mark.parametrize(
    ("alpha", "says"),
    [
        ({"weight": 0.1}, "'bias' is missing; give a rate for each of weight, bias"),
        (BY_PARAMETER | {"scale": 1}, "'scale' is no parameter that is learnt"),
        (
            {"weight": np.ones(3), "bias": 1},
            r"the rate of 'weight' is to be a number, or an array of its shape \(1, 2\)",
        ),
        ({"weight": np.nan, "bias": 1}, "the rate of 'weight' is not finite"),
        ({"weight": "x", "bias": 1}, "the rate of 'weight' is to be a number"),
        ([0.1], "alpha has 1 rates for 2 inner steps: give one for each"),
        ([0.1, "x"], r"alpha\[1\]: the rate of 'weight' is to be a number"),
        ([0.1, None], r"alpha\[1\] is a NoneType: give a number"),
        (None, "alpha is a NoneType: give a number"),
        (np.ones((2, 2)), "alpha is a ndarray: give a number"),
    ],
)
def test_what_is_no_rate_is_refused(quadratic, alpha, says):
    model, tasks, _, _ = quadratic
    with pytest.raises(InputError, match=says):
        own_problem(model, mse, tasks, alpha=alpha, steps=2)


# -- subjects ----------------------------------------------------------------------------------------------------------
def of_subject(rates_of_step):
    def make(problem):
        p = problem.on("torch")

        def call():
            w = {n: v.requires_grad_() for n, v in p.parameters.items()}
            total = 0
            for task in p.tasks:
                f = w
                for k in range(p.steps):
                    value = p.loss(p.apply(f, task.inner[0]), task.inner[1])
                    slopes = torch.autograd.grad(value, list(f.values()), create_graph=True)
                    rates = rates_of_step(p, k)
                    f = {n: v - p.alpha * rates[n] * g for (n, v), g in zip(f.items(), slopes, strict=True)}
                total = total + p.loss(p.apply(f, task.outer[0]), task.outer[1]) / len(p.tasks)
            return dict(zip(w, torch.autograd.grad(total, list(w.values())), strict=True))

        return call

    return make


def test_a_subject_takes_its_rates_from_the_problem(network, by_both):
    posed, _ = by_both
    right = identify(subject("MAML", problems=[posed])(of_subject(lambda p, k: p.rates[k])))
    assert right.conforms, right.text
    assert "inner rates by step and parameter times 1 and 0.25, 2 and 1 inner steps" in right.rests_on
    wrong = identify(subject("MAML", problems=[posed])(of_subject(lambda p, k: throughout(p.model, 1))))
    assert wrong.defects == ("one_rate",), wrong.text
    assert "its inner rate is 1 throughout, and not the rates that were given" in str(wrong)


def test_two_sets_of_rates_are_two_rates(network, by_both):
    model, tasks = network
    posed, rates = by_both
    others = [{n: r / 2 for n, r in one.items()} for one in rates]
    other = posed.but(alpha=others)
    gradients = [direction(model, tasks, each) for each in (rates, others)]
    found = what_is(gradients, [posed, other], declared="MAML")
    assert found.conforms
    assert "2 sets of inner rates by step and parameter" in found.rests_on
    assert not any("another rate" in note for note in found.notes)
    plain_one = own_problem(model, mse, tasks, alpha=0.25, steps=2)
    mixed = what_is([gradients[0], direction(model, tasks, [throughout(model, 0.25)] * 2)], [posed, plain_one])
    assert "inner rates by step and parameter or that are one for all times 1 and 0.25" in mixed.rests_on


def test_rates_of_an_optimiser_inside(quadratic):
    """With momentum 0 its steps are plain ones."""
    model, tasks, _, _ = quadratic
    posed = own_problem(model, mse, tasks, alpha=WAYS["both"][0], steps=2, certify=True)
    known = algorithm("MAML with momentum")
    inside = enclosed(posed, lambda x: known.direction(replace(x, own={"momentum": 0.0})))
    usual = enclosed(posed, algorithm("MAML").formula)
    assert np.all(np.abs(inside.midpoint - usual.midpoint) <= inside.radius + usual.radius)


def test_steps_beyond_those_with_rates_take_the_last(quadratic):
    from mamlcheck.arithmetic import float64

    model, tasks, _, _ = quadratic
    x = Run(float64, own_problem(model, mse, tasks, alpha=[0.5, 0.25], steps=2))
    more = x.adapt(steps=3).points
    (third,) = x.adapt(more[2].w, steps=1, first=2).points[1:]
    assert np.array_equal(more[3].w, third.w)
    assert np.array_equal(third.w, more[2].w - 0.25 * more[2].gradient("inner"))
