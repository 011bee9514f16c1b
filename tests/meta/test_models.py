"""Symbolic models: SymPy's own derivative of F is the written grad F, and numbers agree in every arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

from mamlcheck.arithmetic import arb, ball, float64, rational
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import TaskBatches, fo_maml_direction, hf_maml_direction, maml_direction
from mamlcheck.meta.expectation import multisets
from mamlcheck.meta.models import Names, Setting, SymbolicModel, generic_psi, psi_of, unknown_loss
from mamlcheck.meta.objective import InnerStep, stochastic_smoothness
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss
from mamlcheck.tasks.ridge_sums import RidgeAt

ALL = (
    "objective", "meta_gradient", "stochastic_objective", "stochastic_meta_gradient", "smoothness_bound",
    "stochastic_smoothness_bound", "maml", "fo_maml", "hf_maml",
)  # fmt: skip


def same(x: Any, y: Any) -> bool:
    """Equal as expressions: polynomials in what stands in psi, its derivatives and roots, after expansion."""
    opaque = {e: sympy.Dummy() for e in (x - y).atoms(*unknown_loss(), sympy.sqrt(sympy.Symbol("x")).func)
              if not (e.is_Pow and e.exp.is_Integer)}  # fmt: skip
    return bool(sympy.expand((x - y).xreplace(opaque)) == 0)


def elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# -- SymPy's own derivative ----------------------------------------------------------------------------------------
SETTINGS = [
    Setting(1, 1, 1), Setting(1, 2, 2), Setting(2, 1, 2), Setting(2, 2, 1, ridge=True), Setting(3, 1, 2, ridge=True),
    Setting(3, 2, 1),
]  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_grad_f_is_what_sympy_finds_by_differentiating_f(setting: Setting) -> None:
    model = SymbolicModel(setting, generic_psi())
    f = model.objective()
    for w, written in zip(model.w[0], model.meta_gradient(), strict=True):
        assert same(f.diff(w), written)


@pytest.mark.parametrize(
    "setting", [Setting(1, 2, 2), Setting(2, 1, 2), Setting(1, 1, 2, 2, ridge=True), Setting(3, 1, 2)], ids=str
)
def test_the_stochastic_gradient_is_what_sympy_finds_too(setting: Setting) -> None:
    model = SymbolicModel(setting, generic_psi())
    f = model.stochastic_objective()
    for w, written in zip(model.w[0], model.stochastic_meta_gradient(), strict=True):
        assert same(f.diff(w), written)


def test_with_a_loss_of_ones_own_no_chain_rule_of_ours_is_left() -> None:
    """psi = t^4 + sin t, no psi' known to SymPy but its own."""
    t = sympy.Symbol("t", real=True)
    model = SymbolicModel(Setting(2, 1, 2), psi_of(t**4 + sympy.sin(t)))
    f = model.objective()
    numbers = {s: sympy.Rational(k % 7 + 1, 9) for k, s in enumerate(model.latex)}  # none is 0
    for w, written in zip(model.w[0], model.meta_gradient(), strict=True):
        assert abs(sympy.N((f.diff(w) - written).xreplace(numbers), 40)) < 10**-35


@pytest.mark.parametrize("defect", ["half the Hessian", "no Hessian", "wrong sign"])
def test_a_wrong_gradient_is_not_what_sympy_finds(monkeypatch: pytest.MonkeyPatch, defect: str) -> None:
    factor = {"half the Hessian": Fraction(1, 2), "no Hessian": 0, "wrong sign": -1}[defect]
    plain = RidgeAt.hessian_vector
    monkeypatch.setattr(
        RidgeAt, "hessian_vector", lambda self, v, q=None: plain(self, v, q) * self.ar.exact(Fraction(factor))
    )
    model = SymbolicModel(Setting(2, 1, 2), generic_psi())
    assert not same(model.objective().diff(model.w[0, 0]), model.meta_gradient()[0])


# -- the same numbers in every arithmetic --------------------------------------------------------------------------
def drawn(rng: Any, *shape: int, low: int = -9) -> np.ndarray:
    out = np.empty(shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(int(k), 8) for k in rng.integers(low, 10, out.size)]
    return out


class Numbers:
    """Random exact numbers for the symbols of a setting, and the numeric models on them."""

    def __init__(self, setting: Setting, name: str, seed: int):
        rng = np.random.default_rng(seed)
        n, m, d = setting.tasks, setting.samples, setting.dim
        self.setting, self.name = setting, name
        p = np.empty(n, dtype=object)
        p[:] = [Fraction(2 * i + 1, n * n) for i in range(n)]
        self.data = {"a": drawn(rng, n, m, d), "b": drawn(rng, n, m), "c": drawn(rng, n, m), "p": p}
        self.data |= {"w": drawn(rng, d), "delta": drawn(rng, n, low=1)}
        self.data |= {f"q_{role}": self._weights(rng, n, m) for role in ("in", "o", "h", "beta")}
        ones = {"alpha": Fraction(2, 7), "L": Fraction(5, 2), "rho": Fraction(4, 3), "mu": Fraction(1, 9)}
        self.data |= {k: np.array(v, dtype=object) for k, v in ones.items()}

    @staticmethod
    def _weights(rng: Any, n: int, m: int) -> np.ndarray:
        counts = rng.integers(1, 4, (n, m))
        return np.array([[Fraction(int(k), int(sum(row))) for k in row] for row in counts], dtype=object)

    def substitution(self, model: SymbolicModel) -> dict[Any, Any]:
        found = {}
        for symbol in model.latex:
            name, _, index = symbol.name.partition("[")
            value = (
                self.data[name][tuple(int(k) - 1 for k in index.rstrip("]").split(","))]
                if index
                else self.data[name][()]
            )
            found[symbol] = sympy.Rational(value.numerator, value.denominator)
        return found

    def numeric(self, ar: Any, which: str) -> Any:
        d, s = self.data, self.setting
        mu = d["mu"] if s.ridge else np.array(Fraction(0), dtype=object)
        losses = (loss(self.name),) * s.tasks
        on = RidgeTasks(d["a"], d["b"], d["c"], mu, d["p"], losses).on(ar)
        alpha, w = ar.exact(d["alpha"]), ar.exact(d["w"][None])
        step, batches = InnerStep(ar, on, alpha, w), multisets(s.samples, s.test_batch)
        weights = {role: ar.exact(d[f"q_{role}"]) for role in ("in", "o", "h", "beta")}
        drawn = TaskBatches(list(range(s.tasks)), weights["in"], weights["o"], weights["h"])
        bound = ar.exact(d["L"]), ar.exact(d["rho"])

        def mean_length() -> Any:
            return ar.mean(ar.norm(on.at(w[None]).gradient(weights["beta"][:, None, :])), -2)

        return {
            "objective": lambda: step.value,
            "meta_gradient": lambda: step.meta_gradient[0],
            "stochastic_objective": lambda: step.stochastic_value(batches)[None],
            "stochastic_meta_gradient": lambda: step.stochastic_meta_gradient(batches)[0],
            "smoothness_bound": lambda: step.smoothness_bound(*bound),
            "stochastic_smoothness_bound": lambda: stochastic_smoothness(*bound, alpha, mean_length()),
            "maml": lambda: maml_direction(ar, on, alpha, w, drawn)[0],
            "fo_maml": lambda: fo_maml_direction(ar, on, alpha, w, drawn)[0],
            "hf_maml": lambda: hf_maml_direction(ar, on, alpha, w, drawn, ar.exact(d["delta"][:, None]))[0],
        }[which]()


KINDS = [(Setting(1, 2, 2), "log_cosh"), (Setting(2, 2, 2, 2, ridge=True), "welsch"), (Setting(3, 1, 3), "softplus"),
         (Setting(2, 2, 2), "geman_mcclure"), (Setting(1, 2, 3, ridge=True), "quadratic")]  # fmt: skip


@pytest.mark.parametrize(("setting", "name"), KINDS, ids=[name for _, name in KINDS])
@pytest.mark.parametrize("which", ALL)
def test_models_give_the_numbers_of_every_arithmetic(oracle: Any, setting: Setting, name: str, which: str) -> None:
    numbers = Numbers(setting, name, seed=7)
    model = SymbolicModel(setting, psi_of(loss(name).text))
    expressions = [e.xreplace(numbers.substitution(model)) for e in elements(getattr(model, which)())]
    exact = all(e.is_Rational for e in expressions)
    truth = [
        Fraction(int(e.p), int(e.q)) if exact else oracle.to_mp(0) + sympy.N(e, 70)._to_mpmath(230) for e in expressions
    ]
    arithmetics = [float64, ball, arb(128), *([rational] if exact else [])]
    assert exact == (loss(name).rational and ("smoothness" not in which or setting.dim == 1))
    for ar in arithmetics:
        with ar.working():
            oracle.check(ar, numbers.numeric(ar, which), truth)


# -- short steps are the same models -------------------------------------------------------------------------------
@pytest.mark.parametrize("setting", [Setting(1, 2, 2), Setting(2, 1, 2, ridge=True), Setting(3, 1, 2)], ids=str)
def test_short_steps_put_together_are_the_nested_expression(setting: Setting) -> None:
    names = Names()
    short, nested = SymbolicModel(setting, generic_psi(), names), SymbolicModel(setting, generic_psi())
    for which in ALL:
        for x, y in zip(elements(getattr(short, which)()), elements(getattr(nested, which)()), strict=True):
            for symbol, step in reversed(names.definitions.items()):
                x = x.xreplace({symbol: step})
            numbers = {s: sympy.Rational(k % 7 + 1, 5) for k, s in enumerate(nested.latex)}
            values = [_with_exponential(e.xreplace(numbers)) for e in (x, y)]
            assert abs(sympy.N(values[0] - values[1], 30)) <= 10**-25 * abs(sympy.N(values[1], 30))


def _with_exponential(expression: Any) -> Any:
    """psi = psi' = psi'' = exp: any difference in an argument shows."""
    return expression.replace(lambda f: f.func in unknown_loss(), lambda f: sympy.exp(f.args[0]))


def test_steps_come_in_the_order_in_which_they_are_needed() -> None:
    names = Names()
    model = SymbolicModel(Setting(2, 2, 2), generic_psi(), names)
    for which in ALL:
        value = getattr(model, which)()
        known = {s for s in model.latex if s not in names.definitions} | set(names.definitions)
        assert all(e.free_symbols <= known for e in elements(value))
    seen: set[Any] = set()
    for symbol, step in names.definitions.items():
        assert step.free_symbols & set(names.definitions) <= seen
        seen.add(symbol)


# -- how the algorithms stand to each other ------------------------------------------------------------------------
def test_maml_on_full_batches_of_equally_likely_tasks_is_grad_f() -> None:
    model = SymbolicModel(Setting(2, 2, 2), generic_psi())
    full = {s: sympy.Rational(1, 2) for s in model.latex if s.name.startswith(("q_", "p["))}
    for x, y in zip(model.maml(), model.meta_gradient(), strict=True):
        assert same(x.xreplace(full), y.xreplace(full))


def test_fo_maml_is_maml_without_second_derivatives() -> None:
    model = SymbolicModel(Setting(2, 2, 2), generic_psi())
    for x, y in zip(model.maml(), model.fo_maml(), strict=True):
        flat = {e: sympy.Integer(0) for e in x.atoms(unknown_loss()[2])}
        assert same(x.xreplace(flat), y)
        assert flat


def test_hf_maml_is_maml_where_psi_is_quadratic_and_comes_near_it_where_delta_is_small() -> None:
    quadratic = SymbolicModel(Setting(2, 1, 2), psi_of("t**2/2"))
    assert all(sympy.expand(x - y) == 0 for x, y in zip(quadratic.maml(), quadratic.hf_maml(), strict=True))
    model = SymbolicModel(Setting(1, 1, 2), psi_of("sin(t)"))
    numbers = {s: sympy.Rational(k % 7 + 1, 5) for k, s in enumerate(model.latex)}
    error = [
        abs(sympy.N((model.maml()[0] - model.hf_maml()[0]).xreplace(numbers | {model.delta.item(): delta}), 40))
        for delta in (sympy.Rational(1, 10**3), sympy.Rational(1, 10**4))
    ]
    assert error[0] / error[1] == pytest.approx(100, rel=1e-3)  # of second order in delta


def test_derivatives_of_the_unknown_loss() -> None:
    t = sympy.Symbol("t")
    psi, first, second, third = unknown_loss()
    assert psi(t**2).diff(t) == 2 * t * first(t**2)
    assert first(t).diff(t) == second(t)
    assert second(t).diff(t) == third(t)
    with pytest.raises(InputError, match="up to psi'''"):
        third(t).diff(t)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"dim": 4}, "dim = 4: symbolic models are kept to d <= 3"),
        ({"dim": 0}, "dim = 0: give an integer >= 1"),
        ({"tasks": True}, "tasks = True: give an integer >= 1"),
        ({"tasks": 4, "samples": 5}, "4 tasks of 5 samples each: symbolic models are kept to 16 in all"),
        ({"samples": 4, "test_batch": 3}, "3 draws from 4 samples make 20 batches"),
    ],
)
def test_settings_that_are_too_large_are_refused_with_the_reason(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Setting(**arguments)
