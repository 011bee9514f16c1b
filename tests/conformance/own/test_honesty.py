"""What one gradient of an own model cannot tell is not told, and what cannot be read or traced is said plainly."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mamlcheck[torch]'")

from own_loops import fo_maml, learnt, maml, reptile, value  # noqa: E402
from own_nets import NETS, tanh_network  # noqa: E402

from mamlcheck import own_problem, what_is  # noqa: E402
from mamlcheck.conformance.diagnosis import attempts, fits  # noqa: E402
from mamlcheck.conformance.diagnosis.attempts import MOST_SECONDS  # noqa: E402
from mamlcheck.errors import InputError  # noqa: E402
from mamlcheck.programs.tracing import CannotBeTraced  # noqa: E402

ALPHA = 0.125
LOSS = NETS["tanh"].loss


def posed(sizes, alpha=ALPHA, steps=1, **others):
    model, tasks = NETS["tanh"].posed(torch.float64, sizes=sizes)
    return model, tasks, own_problem(model, LOSS, tasks, alpha=alpha, steps=steps, certify=False, **others)


def times(factor, gradient):
    return {name: factor * g for name, g in gradient.items()}


# -- factors that are the same number ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sizes", "factor", "defects", "words"),
    [
        (((5, 5), (5, 5)), 5, ("scaled_by_query", "scaled_by_support"), "5, which may be the number of query samples"),
        (((5, 5), (5, 5)), 1 / 5, ("scaled_by_1_over_query", "scaled_by_1_over_support"), "0.2, which may be 1 over"),
        (((3, 4),) * 3, 3, ("sum_over_tasks", "scaled_by_support"), "3, which may be the number of tasks"),
        (((3, 4),) * 3, 4, ("scaled_by_query",), "by the number of query samples"),
        (((5, 7), (4, 6)), 7, ("scaled",), "multiplied by 7."),  # no set has one size
        (((5, 7), (4, 6)), 2, ("sum_over_tasks",), "by the number of tasks"),
        (((8, 3), (8, 3)), 1 / 8, ("scaled_by_1_over_support", "scaled_by_alpha"), "0.125, which may be"),
    ],
)
def test_factors_that_are_the_same_number_are_all_named(sizes, factor, defects, words):
    model, tasks, given = posed(sizes)
    diagnosis = what_is(times(factor, maml(model, LOSS, tasks, ALPHA)), given)
    assert (diagnosis.found, diagnosis.defects) == ("MAML", defects)
    assert words in diagnosis.sentence
    assert len(defects) == 1 or "Most likely" not in diagnosis.sentence


def test_observations_of_other_sizes_tell_the_factors_apart():
    seen = []
    for sizes in (((5, 5), (5, 5)), ((5, 4), (5, 4))):
        model, tasks, given = posed(sizes)
        seen.append((times(sizes[0][1], maml(model, LOSS, tasks, ALPHA)), given))
    diagnosis = what_is([g for g, _ in seen], [given for _, given in seen])
    assert diagnosis.defects == ("scaled_by_query",)


def test_the_meta_rate_is_named_if_it_is_known():
    model, tasks, unknown = posed(((5, 7), (4, 6)))
    update = times(0.01, maml(model, LOSS, tasks, ALPHA))
    assert what_is(update, unknown).defects == ("scaled",)
    assert what_is(update, unknown.but(beta=0.01)).defects == ("scaled_by_beta",)


# -- tasks and rates at their ends -------------------------------------------------------------------------------------
@pytest.mark.parametrize("sizes", [((1, 1), (1, 1)), ((1, 3),), ((2, 1), (1, 4), (3, 3))])
def test_sets_of_one_sample_and_single_tasks(sizes):
    model, tasks, given = posed(sizes)
    diagnosis = what_is(maml(model, LOSS, tasks, ALPHA), given)
    assert (diagnosis.found, diagnosis.defects) == ("MAML", ())


def test_three_inner_steps():
    model, tasks, given = posed(((3, 4), (4, 3)), steps=3)
    diagnosis = what_is(maml(model, LOSS, tasks, ALPHA, 3), given)
    assert (diagnosis.found, diagnosis.defects) == ("MAML", ())
    assert "with 3 inner steps" in diagnosis.sentence


@pytest.mark.parametrize("alpha", [0.0, 1e-17])
def test_without_a_rate_the_algorithms_are_the_same_and_that_is_said(alpha):
    model, tasks, given = posed(((3, 4), (4, 3)), alpha=alpha)
    diagnosis = what_is(fo_maml(model, LOSS, tasks, alpha), given, declared="MAML")
    assert not diagnosis.defects
    assert any("FO-MAML, ANIL and FO-ANIL are the same" in note for note in diagnosis.notes)
    diagnosis = what_is(maml(model, LOSS, tasks, ALPHA), given.but(alpha=ALPHA))
    assert not any("are the same" in note or "is the same" in note for note in diagnosis.notes)


def test_where_the_last_layer_is_all_that_is_learnt_a_larger_rate_tells_no_more():
    model, tasks, _ = posed(((3, 4), (4, 3)))
    *_, last = [name for name, _ in model.named_parameters() if name.endswith("weight")]
    for name, p in model.named_parameters():
        p.requires_grad_(name.rpartition(".")[0] == last.rpartition(".")[0])
    given = own_problem(model, LOSS, tasks, alpha=ALPHA)
    notes = what_is(maml(model, LOSS, tasks, ALPHA), given).notes
    assert any("ANIL is the same there" in note and "told: at a larger alpha, too." in note for note in notes)
    model, tasks, given = posed(((3, 4), (4, 3)), alpha=1e-17)
    notes = what_is(fo_maml(model, LOSS, tasks, 1e-17), given).notes
    assert any("the same there" in note and note.endswith("take a larger alpha.") for note in notes)


@pytest.mark.parametrize("length", [1, 6])
def test_a_defect_that_happens_to_leave_less_hides_nothing(monkeypatch, length):
    """Where rounding alone tells the algorithms apart, which of dozens comes first is chance."""
    monkeypatch.setattr(fits, "SHORTLIST_LENGTH", length)
    model, tasks, given = posed(((3, 4), (4, 3)), alpha=1e-17)
    diagnosis = what_is(fo_maml(model, LOSS, tasks, 1e-17), given)
    assert diagnosis.found in ("MAML", "FO-MAML", "ANIL", "FO-ANIL")
    assert not diagnosis.defects


def test_a_rate_where_none_was_said():
    model, tasks, given = posed(((3, 4), (4, 3)), alpha=0.0)
    diagnosis = what_is(maml(model, LOSS, tasks, ALPHA), given)
    assert diagnosis.defects == ("inner_rate",)
    assert "its inner rate is 0.125, whatever" in diagnosis.sentence


def test_a_rate_of_one_is_no_factor():
    model, tasks, given = posed(((3, 4), (4, 3)), alpha=1.0)
    diagnosis = what_is(reptile(model, LOSS, tasks, 1.0), given)
    assert (diagnosis.found, diagnosis.defects) == ("Reptile", ())


# -- what one observation says -----------------------------------------------------------------------------------------
def test_one_gradient_says_where_it_was_seen_and_others_say_more():
    model, tasks, given = posed(((5, 7), (4, 6)))
    alone = what_is(maml(model, LOSS, tasks, ALPHA), given, declared="MAML")
    assert "at alpha = 0.125 with 1 inner step" in alone.sentence
    assert "as declared" not in alone.sentence
    others = [given, given.but(alpha=0.25), given.but(steps=2), given.but(tasks=(1,))]
    found = [maml(model, LOSS, [tasks[i] for i in p.key.tasks], p.alpha, p.steps) for p in others]
    together = what_is(found, others, declared="MAML")
    assert "as declared" in together.sentence
    assert "4 of 4 gradients" in together.rests_on
    wrong = what_is([maml(model, LOSS, tasks, ALPHA)] * 2, [given, given.but(alpha=0.25)], declared="MAML")
    assert "as declared" not in wrong.sentence
    assert wrong.defects == ("inner_rate",)


# -- gradients that are none -------------------------------------------------------------------------------------------
def test_zeros_are_no_gradient():
    model, tasks, given = posed(((5, 7), (4, 6)))
    diagnosis = what_is(times(0, maml(model, LOSS, tasks, ALPHA)), given)
    assert diagnosis.defects == ("no_gradient",)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (lambda g: times(float("nan"), g), "are not finite"),
        (lambda g: dict.fromkeys(g), "every gradient is None"),
        (lambda g: g | {"0.bias": None}, "the gradient of 0.bias is None"),
        (lambda g: {n: x for n, x in g.items() if n != "0.bias"}, "0.bias missing"),
        (lambda g: g | {"3.bias": g["0.bias"]}, "3.bias not among"),
        (lambda g: g | {"0.bias": g["0.bias"][:2]}, "0.bias has shape"),
    ],
)
def test_what_is_no_gradient_is_refused(changed, words):
    model, tasks, given = posed(((5, 7), (4, 6)))
    with pytest.raises(InputError, match=words):
        what_is(changed(maml(model, LOSS, tasks, ALPHA)), given)


class WithSpare(torch.nn.Module):
    """A layer that the loss does not depend on."""

    def __init__(self):
        super().__init__()
        self.net = tanh_network()
        self.spare = torch.nn.Linear(2, 2)

    def forward(self, x):
        return self.net(x)


def test_parameters_that_do_not_count_have_a_gradient_of_zero():
    """PyTorch leaves None in their `.grad`."""
    torch.manual_seed(0)
    model = WithSpare().double()
    _, tasks, _ = posed(((5, 7), (4, 6)))
    given = own_problem(model, LOSS, tasks, alpha=ALPHA)
    start, total = learnt(model), 0
    for support, query in tasks:
        inner = torch.autograd.grad(
            value(model, LOSS, start, support), list(start.values()), create_graph=True, allow_unused=True
        )
        moved = {n: w if g is None else w - ALPHA * g for (n, w), g in zip(start.items(), inner, strict=True)}
        total = total + value(model, LOSS, moved, query) / len(tasks)
    total.backward()
    assert model.spare.weight.grad is None
    there = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    for gradient in (model, there, [p.grad for p in model.parameters()]):
        diagnosis = what_is(gradient, given)
        assert (diagnosis.found, diagnosis.defects) == ("MAML", ())
        assert any(note.startswith("No loss depends on spare.weight and spare.bias") for note in diagnosis.notes)


# -- parameters --------------------------------------------------------------------------------------------------------
def test_frozen_parameters_are_no_part_of_the_gradient():
    model, tasks = NETS["tanh"].posed(torch.float64)
    for name, p in model.named_parameters():
        p.requires_grad_(not name.startswith("0."))
    diagnosis = what_is(maml(model, LOSS, tasks, ALPHA), model=model, loss=LOSS, tasks=tasks, alpha=ALPHA)
    assert (diagnosis.found, diagnosis.defects) == ("MAML", ())


class Tied(torch.nn.Module):
    """One matrix under two names."""

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))[:, 0]


def test_tied_weights_are_one():
    torch.manual_seed(0)
    model = Tied().double()
    _, tasks, _ = posed(((5, 7), (4, 6)))
    found = maml(model, LOSS, tasks, ALPHA)
    assert list(found) == ["first.weight", "first.bias", "second.bias"]
    diagnosis = what_is(found, model=model, loss=LOSS, tasks=tasks, alpha=ALPHA)
    assert (diagnosis.found, diagnosis.defects) == ("MAML", ())


# -- losses that are no programs ---------------------------------------------------------------------------------------
class StraightThrough(torch.autograd.Function):
    """Its derivative is not that of what it computes."""

    @staticmethod
    def forward(ctx, x):
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        return g


class Ending(torch.nn.Module):
    """A layer with something after it."""

    def __init__(self, end):
        super().__init__()
        self.layer, self.end = torch.nn.Linear(2, 1), end

    def forward(self, x):
        return self.end(self.layer(x))[:, 0]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (torch.nn.Dropout(0.5), "random: each call computes another function"),
        (lambda y: y * y.sum().item(), r"read by Python at .*test_honesty\.py"),
        (StraightThrough.apply, "a torch.autograd.Function has a derivative that is written by hand"),
        (lambda y: torch.from_numpy(y.detach().numpy()), "does not depend on the parameters by operations"),
        (lambda y: torch.fft.fft(y, dim=0).abs(), r"test_honesty\.py:\d+: aten\._fft_\w+ has no primitives"),
    ],
)
def test_what_cannot_be_traced_is_refused(end, words):
    _, tasks, _ = posed(((5, 7), (4, 6)))
    with pytest.raises(CannotBeTraced, match=words):
        own_problem(Ending(end).double(), LOSS, tasks, alpha=ALPHA)


def test_sets_without_samples_are_refused():
    _, tasks, _ = posed(((5, 7), (4, 6)))
    (x, y), query = tasks[0]
    with pytest.raises(InputError, match=r"tasks\[0\] has a set without samples"):
        own_problem(tanh_network().double(), LOSS, [((x[:0], y[:0]), query)], alpha=ALPHA)


# -- what is given wrongly ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"parameters": 3}, "parameters = 3: give the names of those that are learnt"),
        ({"parameters": "no"}, "'no' is no parameter of the model"),
        ({"head": "no"}, "'no' is no parameter that is learnt"),
        ({"beta": "large"}, "beta = 'large': give the meta rate"),
    ],
)
def test_wrong_arguments_are_told(others, words):
    with pytest.raises(InputError, match=words):
        posed(((3, 4), (4, 3)), **others)


def test_a_single_task_may_be_asked_about_by_its_index():
    _, _, given = posed(((3, 4), (4, 3)))
    assert given.but(tasks=1).id == given.but(tasks=[1]).id == given.but(tasks=range(1, 2)).id


def test_a_flat_gradient_in_another_order_is_found_out():
    model, tasks, given = posed(((3, 4), (4, 3)))
    found = maml(model, LOSS, tasks, ALPHA)
    assert sorted(found) != list(found)
    diagnosis = what_is(torch.cat([found[name].ravel() for name in sorted(found)]), given)
    assert (diagnosis.found, diagnosis.defects) == ("MAML", ("other_order",))
    assert "come in the order of the sorted names" in diagnosis.sentence


def test_what_takes_one_step_is_told_what_can_be_done_about_gradients():
    model, tasks, given = posed(((3, 4), (4, 3)))
    problems = [given, given.but(alpha=ALPHA / 4), given.but(steps=2)]
    diagnosis = what_is([maml(model, LOSS, tasks, p.alpha) for p in problems], problems)
    assert diagnosis.defects == ("steps_ignored",)
    assert diagnosis.sentence.endswith("If that is meant, give problems of steps=1.")


def test_a_precision_that_is_meant_is_declared():
    model, tasks, given = posed(((3, 4), (4, 3)))
    found = {name: g.bfloat16().double() * (1 + 2**-40) for name, g in maml(model, LOSS, tasks, ALPHA).items()}
    declared = what_is(found, given, computes="bfloat16")
    assert (declared.found, declared.defects) == ("MAML", ())
    assert any("bfloat16, as declared" in note for note in declared.notes)
    assert what_is(found, given).found is None
    with pytest.raises(InputError, match="computes = 'half': choose one of"):
        what_is(found, given, computes="half")


def normed():
    return torch.nn.Sequential(torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3)), torch.nn.Tanh())


def probabilities():
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sigmoid())


@pytest.mark.parametrize(
    ("model", "loss", "least", "most"),
    [
        (normed, torch.nn.functional.mse_loss, 1e-2, 1),
        (probabilities, torch.nn.functional.binary_cross_entropy, 1e-13, 1e-9),
    ],
)
def test_second_derivatives_that_pytorch_has_wrong_are_told(model, loss, least, most):
    """Its gradgradcheck fails for weight_norm, and it adds 1e-12 to probabilities."""
    torch.manual_seed(0)
    net = model().double()
    tasks = [[(torch.randn(n, 2).double(), torch.rand(n, 3).double()) for n in (4, 5)] for _ in range(2)]
    given = own_problem(net, loss, tasks, alpha=ALPHA)
    assert least < given.kind.second_derivative_off < most
    right = fo_maml(net, loss, tasks, ALPHA)
    wrong, right = what_is(times(3.5, right), given), what_is(right, given)
    assert any("own second derivative of this loss differs by" in note for note in wrong.notes)
    assert (right.found, right.defects, "second derivative" in right.text) == ("FO-MAML", (), False)


def test_no_second_derivative_is_blamed_that_is_right():
    model, tasks, given = posed(((3, 4), (4, 3)))
    assert given.kind.second_derivative_off == 0
    assert not any(
        "second derivative" in note for note in what_is(times(3.5, maml(model, LOSS, tasks, ALPHA)), given).notes
    )


def test_no_gradients_are_refused():
    with pytest.raises(InputError, match="there are no gradients"):
        what_is([], [])


def test_an_update_that_was_not_copied_before_is_told():
    model, _, given = posed(((3, 4), (4, 3)))
    before = dict(model.named_parameters())
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.1
    with pytest.raises(InputError, match=r"before and after are the same numbers: .*detach\(\)\.clone\(\)"):
        what_is((before, model), given, rate=0.1)


def test_what_a_gradient_is_is_not_said_of_a_call():
    _, _, given = posed(((3, 4), (4, 3)))
    with pytest.raises(InputError, match=r"the gradient cannot be read: it is an array of shape \(3,\): it is to be"):
        what_is(torch.zeros(3), given)


def test_where_float32_may_turn_too_many_decisions_that_is_said(monkeypatch):
    def searching(question):
        raise AssertionError("no number would be found")

    others = tuple(one for one in attempts.attempts() if not one.searches)
    in_vain = attempts.Attempt(searching, plain=False, searches=True)
    monkeypatch.setattr(attempts, "attempts", lambda: (*others, in_vain))
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 60), torch.nn.ReLU(), torch.nn.Linear(60, 2))
    tasks = [[(torch.randn(2, 3), torch.randn(2, 2)) for _ in range(2)] for _ in range(2)]
    with torch.no_grad():  # 50 units are at their kink, to within rounding
        x = tasks[0][0][0][0]
        model[0].bias[:50] = -(model[0].weight[:50].double() @ x.double()).float()
    found = maml(model, LOSS, tasks, 0.3)
    in_float32 = what_is(found, model=model, loss=LOSS, tasks=tasks, alpha=0.3)
    assert not in_float32.conforms
    assert any(
        "50 decisions at kinks" in n and "may be MAML all the same: look at it in float64" in n
        for n in in_float32.notes
    )


# -- large models ------------------------------------------------------------------------------------------------------
def test_at_a_large_size_no_number_is_searched_for_and_that_is_said(monkeypatch):
    model, tasks, given = posed(((3, 4), (4, 3)))
    other = maml(model, LOSS, tasks, 0.7 * ALPHA)
    assert what_is(other, given).defects == ("inner_rate",)
    monkeypatch.setattr(type(given.kind), "seconds", 1.0)
    diagnosis = what_is(other, given)
    assert diagnosis.defects == ("not_recognised",)
    assert any(note.startswith("At this size no search was made") for note in diagnosis.notes)
    assert not any("At this size" in note for note in what_is(maml(model, LOSS, tasks, ALPHA), given).notes)


def test_only_convolutional_networks_of_real_size_are_large():
    (model, tasks), loss = NETS["conv4-8"].posed(torch.float32), NETS["conv4-8"].loss
    assert own_problem(model, loss, tasks, alpha=ALPHA).kind.seconds < MOST_SECONDS
    (model, tasks), loss = NETS["conv4-64"].posed(torch.float32, sizes=((5, 5),)), NETS["conv4-64"].loss
    one = own_problem(model, loss, tasks, alpha=ALPHA).kind.seconds
    assert 4 * one > MOST_SECONDS
