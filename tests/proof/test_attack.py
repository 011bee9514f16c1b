"""Attempts to have the kernel accept what is false, by public names alone: all are refused, and the reason is said.

Each attack is a proof file's `prove`. Most would prove that a norm is at most 0, or a bound that some task breaks.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType, SimpleNamespace

import pytest
import sympy

from mamlcheck.claims import load_claim
from mamlcheck.errors import MamlcheckError
from mamlcheck.language.statement import sides_of
from mamlcheck.language.terms import IDENTITY, Atom, NotInLanguage, Operator, Vector
from mamlcheck.language.vocabulary import hessian_lipschitz, inner_rate, number, smoothness, stepsize_draws
from mamlcheck.meta.hypotheses import Hypothesis, Inequality
from mamlcheck.proof.catalogue import begin, check_proof
from mamlcheck.proof.kernel import By, Chain, Fact, Link, NotProved, Proof, axiom, fact

IMAGINARY, HALF = sympy.I, sympy.Rational(1, 2)
S, F, B, H = "lemma_4_8", "lemma_4_9.first_moment", "ours.lemma_4_10.bias", "hf_error"


# -- numbers that are not real, not exact, or not defined ------------------------------------------------------------
def complex_factor_of_a_vector(p):
    """<w, i (i w)> = <i w, i w> would make -|w|^2 the square of a norm."""
    x, w = p.language, p.language.vector("w")
    turn = IDENTITY * IMAGINARY
    squares = [axiom("expand_square", v, -v).times(-HALF) for v in (w, turn(w))]
    chain = p.chain("|w| = 0", x.norm(w) ** 2)
    return [chain.step("i", 0, *squares, axiom("symmetry", w, turn, turn(w)).times(-1), remainder=x.norm(turn(w)) ** 2)]


def complex_root(p):
    """-1 <= 0 would have the root i <= 0, and its gap -i times itself says 1 <= 0."""
    true = p.chain("-1 <= 0", -1).step("1 >= 0", 0, remainder=1)
    below = fact(true.done()).root(IMAGINARY, 0)
    return [p.chain("1 <= 0", 1).step("i", 0, below.times(below))]


def root_of_what_may_be_negative(p):
    """<w, u> is no square of a real number where it is negative."""
    x = p.language
    w, u = x.vector("w"), x.vector("u")
    product, root = x.inner(w, u), x.root(x.norm(w) * x.norm(u))
    true = p.chain("c", product)
    true.step("c", root**2, axiom("cauchy_schwarz", w, u), axiom("square_root", root).times(-1))
    return [p.chain("r", sympy.sqrt(product)).step("r", root, fact(true.done()).root(sympy.sqrt(product), root))]


def floats_that_swallow_a_term(p):
    """1e20 L - L is 1e20 L in floats: L + 1e20 r^2 <= 1e20 L for r^2 = L."""
    smooth, huge = smoothness(p.language), sympy.Float(1e20)
    root = p.language.root(smooth)
    chain = p.chain("L = 0", smooth + huge * root**2)
    return [chain.step("rounding", huge * smooth, axiom("square_root", root).times(huge))]


def operator_of_floats(p):
    """A u = A v, computed in floats."""
    x, w = p.language, p.language.vector("w")
    tower = axiom("unbiased_gradient", "D_in", "i", w).apply(IDENTITY * 0.1)
    return [p.chain("c", x.norm(w)).step("rounding", x.norm(w), tower.within(w))]


def no_number(value):
    """A remainder, a factor or a vector's factor that is no number."""

    def prove(p):
        x, w = p.language, p.language.vector("w")
        same = axiom("expand_square", w, w).times(value)
        return [p.chain("c", smoothness(x) * value).step("nan", x.norm(w * value) - x.norm(w * value), same)]

    return prove


def mean_of_what_is_not_defined(p):
    """E N^2 E 1/N^2 >= 1 says nothing where N = 0."""
    x = p.language
    n = x.norm(x.gradient("i", x.vector("w")))
    return [p.chain("c", 1).step("N / N = 1", x.mean("i", n**2) * x.mean("i", n**-2),
                                 axiom("mean_cauchy_schwarz", "i", n, 1 / n))]  # fmt: skip


def division_within_an_identity(p):
    """From alpha u = alpha v to u = v, where alpha may be 0."""
    x, w = p.language, p.language.vector("w")
    alpha = inner_rate(x)
    tower = axiom("unbiased_gradient", "D_in", "i", w).apply(IDENTITY * alpha).apply(IDENTITY * (1 / alpha))
    noise = x.mean_vector("D_in", x.gradient("i", w, "D_in")) - x.gradient("i", w)
    return [p.chain("c", x.norm(noise)).step("0 / 0", 0, tower.within(noise))]


# -- facts that nobody proved ----------------------------------------------------------------------------------------
def something_that_looks_like_a_fact(p):
    """|c v| = c |v| for c = -1, with a stranger that says 0 <= -1."""
    x, w = p.language, p.language.vector("w")
    return [p.chain("|w| = 0", x.norm(w)).step("-1 >= 0", 0, axiom("scaling", -1, w, SimpleNamespace(left=0, right=-1))
                                               .times(HALF))]  # fmt: skip


def chain_of_another_proof(p):
    """What holds under the hypotheses of Lemma 4.8, returned as a proof of a claim without them."""
    q = begin(load_claim(S))
    return [q.chain("c", inner_rate(q.language) * smoothness(q.language)).step("", 1, q.hypothesis("alpha <= 1/L"))]


def proof_made_by_hand_with_this_language(p):
    """A second proof of the same language, with a hypothesis of its own."""
    q = Proof("easy", p.language, {"obvious": (smoothness(p.language), sympy.Integer(0), False)})
    lemma = q.chain("lemma", smoothness(p.language)).step("", 0, q.hypothesis("obvious"))
    return [p.chain("L = 0", smoothness(p.language)).step("", 0, fact(lemma.done()))]


@pytest.mark.parametrize(
    ("claim", "prove", "said"),
    [
        (S, complex_factor_of_a_vector, "no rational"),
        (S, complex_root, "no rational"),
        (S, root_of_what_may_be_negative, "no rational"),
        (S, floats_that_swallow_a_term, "no rational"),
        (S, operator_of_floats, "no rational"),
        *((S, no_number(value), "no rational") for value in (sympy.nan, sympy.oo, sympy.zoo, sympy.pi, IMAGINARY, 0.5)),
        (S, mean_of_what_is_not_defined, "not known to be > 0"),
        (S, division_within_an_identity, "not known to be > 0"),
        (S, something_that_looks_like_a_fact, "not a proved fact"),
        (H, chain_of_another_proof, "another proof"),
        (S, proof_made_by_hand_with_this_language, "another proof"),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_numbers_and_facts(claim, prove, said):
    refused(claim, prove, said)


# -- things that answer as they like -----------------------------------------------------------------------------------
def all_are_zero(p, *terms):
    """Both chains of Lemma 4.8, if terms say that its left side is at most 0."""
    sides = sides_of(load_claim(S), p.language)
    chains = []
    for k, right in enumerate(sides.right):
        chain = p.chain(f"c{k}", sides.left).step("false", 0, *terms)
        chains.append(chain.step("0 <= right", right, remainder=right))
    return chains


def difference(x):
    """What the left side of Lemma 4.8 is the norm of."""
    return x.meta_gradient(x.vector("w")) - x.meta_gradient(x.vector("u"))


def tower(x):
    return axiom("unbiased_gradient", "D_in", "i", x.vector("w"))


def operator_that_is_none(p):
    """It turns one side of an identity into the difference, and the other into 0."""

    class Fake:
        terms = MappingProxyType({})

        def __init__(self, *answers):
            self.answers = list(answers)

        def __call__(self, v):
            self.answers.append(self.answers.pop(0))
            return self.answers[-1]

    d = difference(p.language)
    return all_are_zero(p, tower(p.language).apply(Fake(d, Vector({}))).within(d))


def index_that_counts_differently(p):
    """1 * |d| = |1 d|, and the 1 times anything is 0."""

    class One(int):
        def __mul__(self, other):
            return sympy.Integer(0)

    true = p.chain("0 <= 1", 0).step("", 1, remainder=1).done()
    return all_are_zero(p, axiom("scaling", One(1), difference(p.language), true))


def sum_that_subtracts_differently(p):
    """An end that differs from nothing."""

    class Plus(sympy.Add):
        def __sub__(self, other):
            return sympy.Integer(0)

        __rsub__ = __sub__

    chain = p.chain("c", sides_of(load_claim(S), p.language).left)
    return [chain.step("", Plus(smoothness(p.language), sympy.Integer(-5), evaluate=False))]


def fact_with_terms_exchanged(p):
    """An identity of vectors whose sides are written over once it is a fact."""
    same = p.carry_out(tower(p.language))
    same.left.terms.clear()
    same.left.terms.update(difference(p.language).terms)
    return all_are_zero(p, fact(same).within(difference(p.language)))


@pytest.mark.parametrize(
    ("prove", "said"),
    [
        (operator_that_is_none, "no operator of the language"),
        (index_that_counts_differently, "not a proved fact"),
        (sum_that_subtracts_differently, "no rational"),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_objects_that_only_look_like_the_languages_own(prove, said):
    refused(S, prove, said)


class LooksLike:
    """SymPy takes it for one number after the other; it is printed, and compared, as 1."""

    is_Rational, is_nonnegative, p, q = True, True, 2, 1  # noqa: N815 - as SymPy has them

    def __init__(self, *taken_for):
        self.taken_for = list(taken_for)

    def _sympy_(self):
        return sympy.Integer(self.taken_for.pop(0) if len(self.taken_for) > 1 else self.taken_for[0])

    def __mul__(self, other):
        return sympy.Integer(2) * other

    __rmul__ = __mul__

    def __str__(self):
        return "1"

    def __hash__(self):
        return hash(sympy.Integer(1))

    def __eq__(self, other):
        return True


def test_what_is_kept_of_a_vector_is_of_no_other_that_only_looks_like_it():
    x = begin(load_claim(S)).language
    ((word, _),) = x.vector("w").terms.items()
    for ask in (x.norm, lambda v: x.mean_vector("i", v)):
        with pytest.raises(NotInLanguage, match="no rational"):
            ask(Vector({word: LooksLike(2)}))
    disguised = x.vector("u") * 2
    disguised.__dict__["key"] = x.vector("w").key
    assert x.norm(disguised) == 2 * x.norm(x.vector("u"))
    assert x.mean_vector("i", disguised).terms == disguised.terms
    ((name, factor),) = x.norm(x.vector("w")).as_coefficients_dict().items()
    assert (str(name), factor) == ("|w|", 1)
    assert x.mean_vector("i", x.vector("w")).terms == x.vector("w").terms


def test_what_is_kept_of_a_number_is_of_no_other_that_it_is_taken_for():
    x = begin(load_claim(S)).language
    for taken in ((1, 5), (1, 1, 5), (1, 1, 1, 5)):
        with pytest.raises(NotInLanguage, match="no rational"):
            x.mean("i", LooksLike(*taken))
    assert (x.mean("i", 1), x.mean("i", sympy.Integer(5))) == (1, 5)


def test_terms_of_a_fact_are_not_written_over():
    with pytest.raises(AttributeError, match="clear"):
        fact_with_terms_exchanged(begin(load_claim(S)))
    with pytest.raises(TypeError, match="item assignment"):
        IDENTITY.terms[()] = sympy.Integer(2)


def test_the_terms_given_to_a_vector_are_copied():
    terms = dict(begin(load_claim(S)).language.vector("w").terms)
    made = Vector(terms)
    terms.clear()
    assert made.terms


@pytest.mark.parametrize("kind", [Chain, By, Atom, Vector, Operator], ids=lambda kind: kind.__name__)
def test_there_are_no_subclasses(kind):
    """Such a class could say what its links are, what a sum is, or that it varies with nothing."""
    with pytest.raises(TypeError, match="no subclasses"):
        type("Mine", (kind,), {})


# -- one name for two things -----------------------------------------------------------------------------------------
def direction_named_like_a_sum(p):
    """|u + d| <= |u| + 1, where `u + d` is written like `u + v + 2 w`."""
    x = p.language
    u, v, w = (x.vector(name) for name in "uvw")
    d = x.direction(w, "v + 2 w")
    return [p.chain("c", x.norm(u + v + 2 * w)).step("", x.norm(u) + 1, axiom("triangle", u, d))]


def atom_made_by_hand(p):
    """A unit vector called w, as w is called."""
    x, w = p.language, p.language.vector("w")
    u, d = x.vector("u"), Vector({(Atom("direction", "w", "w"),): sympy.Integer(1)})
    return [p.chain("c", x.norm(u + w)).step("", x.norm(u) + 1, axiom("triangle", u, d))]


def gradient_that_does_not_depend_on_its_batch(p):
    """A batch gradient made by hand, that says it varies with nothing, taken out of a mean."""
    x, w = p.language, p.language.vector("w")
    forged = Vector({(Atom("gradient", "grad f_i(w, D_in)", "", index="i", batch="D_in", inner=w),): sympy.Integer(1)})
    x.mean_vector("D_in", forged)
    return [p.chain("c", 0).step("", x.norm(forged), remainder=x.norm(forged))]


def word_of_two_vectors(p):
    """A linear combination of what are no operators applied to a vector."""
    x, w = p.language, p.language.vector("w")
    (word,) = w.terms
    both = Operator({word: sympy.Integer(1)})(w)
    return [p.chain("c", 0).step("", x.norm(both), remainder=x.norm(both))]


def draws_named_like_a_number(p):
    """X called L, so that alpha L <= 1 has a mean over its draws."""
    x = p.language
    alpha, norm = inner_rate(x), x.norm(x.gradient("i", x.vector("w")))
    draws = x.mean_of_draws("S", "L", "L", sympy.Integer(1), norm, ("i",))
    chain = p.chain("alpha E N <= 1", alpha * x.mean("i", norm))
    return [chain.step("", 1, axiom("iid_mean", "S", draws).times(-alpha), p.hypothesis("alpha <= 1/L").mean("S"))]


def two_draws_of_one_name(p):
    """X = c N and X = 2 c N at once: E X = 0."""
    x = p.language
    norm = x.norm(x.gradient("i", x.vector("w")))
    mean = x.mean("i", norm)
    chain = p.chain("E N = 2 E N", mean)
    for k, to in ((1, x.mean("S", x.mean_of_draws("S", "X", "X", sympy.Integer(1), norm, ("i",)))), (2, 2 * mean)):
        draws = x.mean_of_draws("S", "X", "X", sympy.Integer(k), norm, ("i",))
        chain.step("", to, axiom("iid_mean", "S", draws).times((-1) ** k))
    return [chain]


def draws_named_like_a_norm(p):
    """X called |w|."""
    x, w = p.language, p.language.vector("w")
    size, norm = x.norm(w), x.norm(x.gradient("i", w))
    draws = x.mean_of_draws("S", "|w|", "|w|", sympy.Integer(1), norm, ("i",))
    return [p.chain("c", x.mean("S", draws)).step("", x.mean("i", norm), axiom("iid_mean", "S", size))]


def one_index_for_tasks_and_batches(p):
    """sigma~_D(w)^2 = D E_D |..|^2 would not vary with D, though it is made to."""
    x, w = p.language, p.language.vector("w")
    noise = x.gradient("D_in", w, "D_in") - x.gradient("D_in", w)
    end = x.gradient_deviation("D_in", w) ** 2 / number(x, "root_D_in") ** 2
    chain = p.chain("c", x.mean("D_in", x.norm(noise) ** 2))
    return [chain.step("", end, axiom("gradient_variance", "D_in", "D_in", w))]


# -- axioms that concluded too much ----------------------------------------------------------------------------------
def integral_whose_step_holds_the_variable(p):
    """h = tau v: the left side would keep its tau, the right side lose it."""
    x, w, v = p.language, p.language.vector("w"), p.language.vector("v")
    tau, rho = number(x, "tau"), hessian_lipschitz(x)
    h = tau * v
    error = x.gradient("i", w + h) - x.gradient("i", w) - x.hessian("i", w)(h)
    bound = axiom("mean_value_integral", "i", w, h, tau, axiom("lipschitz_hessian", "i", w + tau * h, w, h))
    return [p.chain("c", x.norm(error)).step("", rho * x.norm(v) ** 2 / 4, bound)]


def integral_from_a_point_that_holds_the_variable(p):
    """x = w + tau v: along the way the point moves too."""
    x, w, h = p.language, p.language.vector("w"), p.language.vector("v")
    tau, rho = number(x, "tau"), hessian_lipschitz(x)
    at = w + tau * x.vector("u")
    error = x.gradient("i", at + h) - x.gradient("i", at) - x.hessian("i", at)(h)
    bound = axiom("mean_value_integral", "i", at, h, tau, axiom("lipschitz_hessian", "i", at + tau * h, at, h))
    return [p.chain("c", x.norm(error)).step("", rho * x.norm(h) ** 2 / 2, bound)]


def integral_over_a_number_with_hypotheses(p):
    """theta <= 1 and theta T = 2 L hold for one theta: a bound by them holds on no interval."""
    x, w, v = p.language, p.language.vector("w"), p.language.vector("v")
    kappa = number(x, "kappa")
    near = w + kappa * v
    bound = p.chain("c", x.norm(x.hessian("i", near)(v) - x.hessian("i", w)(v)))
    bound.step("", hessian_lipschitz(x) * x.norm(v) ** 2 * kappa, axiom("lipschitz_hessian", "i", near, w, v))
    bound.step("", hessian_lipschitz(x) * x.norm(v) ** 2,
               p.hypothesis("kappa <= 1").times(hessian_lipschitz(x) * x.norm(v) ** 2))  # fmt: skip
    error = x.norm(x.gradient("i", w + v) - x.gradient("i", w) - x.hessian("i", w)(v))
    chain = p.chain("d", error)
    return [chain.step("", hessian_lipschitz(x) * x.norm(v) ** 2,
                       axiom("mean_value_integral", "i", w, v, kappa, bound.done()))]  # fmt: skip


def integral_of_a_bound_that_hides_the_variable(p):
    """The bound is a mean of norms, and tau is inside these."""
    x, w, v = p.language, p.language.vector("w"), p.language.vector("v")
    tau = number(x, "tau")
    near = w + tau * v
    full = x.hessian("i", near)(v) - x.hessian("i", w)(v)
    half = x.mean_vector("D_in", x.hessian("i", near, "D_in")(v)) - x.hessian("i", w)(v)
    drawn = x.hessian("i", near, "D_in")(v) - x.hessian("i", w, "D_in")(v)
    bound = p.chain("c", x.norm(full))
    bound.step(
        "",
        x.norm(x.mean_vector("D_in", drawn)),
        axiom("unbiased_hessian", "D_in", "i", near, v).within(full, -1),
        axiom("unbiased_hessian", "D_in", "i", w, v).within(half),
    )
    bound.step("", x.mean("D_in", x.norm(drawn)), axiom("jensen_norm", "D_in", drawn))
    error = x.norm(x.gradient("i", w + v) - x.gradient("i", w) - x.hessian("i", w)(v))
    return [p.chain("d", error).step("", bound.end, axiom("mean_value_integral", "i", w, v, tau, bound.done()))]


def chain_rule_at_a_point_of_the_task(p):
    """grad F at w - alpha grad f_i(w) varies with i; its mean over i does not."""
    x, w = p.language, p.language.vector("w")
    at = w - x.gradient("i", w)
    start = x.meta_gradient(at)
    end = x.mean_vector("i", (outer := x.gradient("i", at - inner_rate(x) * x.gradient("i", at)))
                        - inner_rate(x) * x.hessian("i", at)(outer))  # fmt: skip
    return [p.chain("c", x.norm(start)).step("", x.norm(end), axiom("chain_rule", "i", at).within(start))]


def chain_rule_over_another_index(p):
    """grad F is a mean over tasks and over nothing else."""
    x, w = p.language, p.language.vector("w")
    start = x.meta_gradient(w)
    outer = x.gradient("S", w - inner_rate(x) * x.gradient("S", w))
    end = x.mean_vector("S", outer - inner_rate(x) * x.hessian("S", w)(outer))
    return [p.chain("c", x.norm(start)).step("", x.norm(end), axiom("chain_rule", "S", w).within(start))]


@pytest.mark.parametrize(
    ("claim", "prove", "said"),
    [
        (S, direction_named_like_a_sum, "is no name"),
        (S, atom_made_by_hand, "not made by this proof's language"),
        (S, gradient_that_does_not_depend_on_its_batch, "not made by this proof's language"),
        (S, word_of_two_vectors, "no operators applied to a vector"),
        (S, draws_named_like_a_number, "already stands for"),
        (S, two_draws_of_one_name, "already stands for"),
        (S, draws_named_like_a_norm, "is no name"),
        (S, one_index_for_tasks_and_batches, "already stands for"),
        (B, integral_whose_step_holds_the_variable, "tau"),
        (B, integral_from_a_point_that_holds_the_variable, "tau"),
        (B, integral_over_a_number_with_hypotheses, "kappa"),
        (B, integral_of_a_bound_that_hides_the_variable, "tau"),
        (S, chain_rule_at_a_point_of_the_task, "depends on"),
        (S, chain_rule_over_another_index, "tasks"),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_names_and_axioms(claim, prove, said):
    refused(claim, prove, said)


# -- by public names of the kernel --------------------------------------------------------------------------------
def lemma(p):
    w = p.language.vector("w")
    return p.chain("lemma", p.language.norm(w)).step("", 2 * p.language.norm(w), remainder=p.language.norm(w))


def test_a_fact_is_not_copied_with_a_side_replaced():
    true = lemma(begin(load_claim(S))).done()
    with pytest.raises(ValueError, match="seal"):
        dataclasses.replace(true, right=sympy.Integer(0))


def test_a_class_of_its_own_is_no_fact():
    class Mine(Fact):
        def __post_init__(self, seal):
            pass

    p = begin(load_claim(S))
    with pytest.raises(NotProved, match="not a proved fact"):
        p.carry_out(fact(Mine(None, p, sympy.Integer(1), sympy.Integer(0), False, "so")))


def test_links_come_from_steps_alone():
    chain = lemma(begin(load_claim(S)))
    with pytest.raises(AttributeError):
        chain.links.append(Link("so", chain.end, sympy.Integer(0), (), (), sympy.Integer(0), "I", "="))
    with pytest.raises(TypeError):
        type(chain)(chain.proof, "other", chain.start, links=[*chain.links])
    with pytest.raises(NotInLanguage, match="not assigned"):
        chain.start = 5 * chain.start
    assert chain.done().left == chain.links[0].start == chain.start


def test_hypotheses_are_not_added():
    p = begin(load_claim(S))
    with pytest.raises(TypeError):
        p.hypotheses["obvious"] = (sympy.Integer(1), sympy.Integer(0), False)


def test_what_was_checked_does_not_go_on():
    outcome = check_proof(load_claim(S), lambda p: [lemma(p)])
    assert outcome.theorem.proved
    with pytest.raises(NotProved, match="was checked"):
        outcome.chains[0].step("more", 7 * outcome.chains[0].end, remainder=5 * outcome.chains[0].end)
    assert outcome.chains[0].end == outcome.theorem.right


def test_a_fact_keeps_what_its_chain_said_when_it_was_made():
    chain = lemma(begin(load_claim(S)))
    early = chain.done()
    chain.step("wrong", 0)
    assert early.proved
    assert not chain.done().proved
    assert chain.done().open


# -- the printed form ------------------------------------------------------------------------------------------------
def eighth(x):
    return x.ar.exact(1) / 8


def test_a_hypothesis_of_the_strong_form_proves_nothing_of_the_printed_one():
    """In the printed form the hypothesis speaks of the global bound: true there, it says nothing of the point."""
    noisy_enough = Inequality("noisy", eighth, lambda x: x.noisy_fixed_task_variance)
    claim = dataclasses.replace(
        load_claim("lemma_4_10.second_moment"),
        hypotheses=(Hypothesis("noisy", "1/8 <= sigma~^2", (noisy_enough,)),),
        left=eighth,
        right=lambda x: x.noisy_gradient_variance,
        reduced=None,
    )

    def prove(p):
        sides = sides_of(claim, p.language)
        chain = p.chain("c", sides.left).step("", sides.right[0], p.hypothesis("noisy"))
        chain.strong_form()
        return [chain]

    outcome = check_proof(claim, prove)
    assert not outcome.proved
    assert "is not that in the printed form" in " ".join(outcome.missing)


# -- what was refused from the start ---------------------------------------------------------------------------------
def refusals():
    """A name, what is wrong, and a justification, from a proof p."""
    return {
        "a batch used at two levels": lambda p, x, w: axiom("unbiased_gradient", "D_in", "i", noisy(x)),
        "a vector that depends on the batch by a mean over another": lambda p, x, w: axiom(
            "hessian_variance", "D_in", "i", w, x.mean_vector("D_o", x.gradient("i", noisy(x), "D_o"))
        ),
        "a fixed vector that depends on the batch": lambda p, x, w: axiom(
            "hessian_moment", "D_in", "i", w, noisy(x), 1, w
        ),
        "a rest that depends on the batch": lambda p, x, w: axiom("gradient_moment", "D_in", "i", w, noisy(x)),
        "a noisy point": lambda p, x, w: axiom("gradient_variance", "D_in", "i", noisy(x)),
        "a factor that depends on the batch": lambda p, x, w: axiom(
            "hessian_moment", "D_in", "i", w, w, x.norm(noisy(x)), w
        ),
        "a product of Hessians": lambda p, x, w: axiom(
            "symmetry", w, Operator({(*one(x.hessian("i", w)), *one(x.hessian("i", w, "D_o"))): sympy.Integer(1)}), w
        ),
        "u depends on the index": lambda p, x, w: axiom("inner_mean", "D_in", noisy(x), noisy(x)),
        "another unit vector": lambda p, x, w: axiom("duality", w, x.direction(x.vector("u"), "e")),
        "a reciprocal of what may be 0": lambda p, x, w: axiom("jensen_reciprocal", "i", x.norm(noisy(x))),
        "a negative factor": lambda p, x, w: axiom("triangle", w, w).times(-1),
        "a factor of unknown sign": lambda p, x, w: axiom("triangle", w, w).times(1 - inner_rate(x)),
        "a minimum as a factor": lambda p, x, w: axiom("triangle", w, w).times(sympy.Min(1, 1 - inner_rate(x))),
        "a factor of a vector that varies": lambda p, x, w: axiom("unbiased_gradient", "D_o", "i", w).within(
            w, x.norm(w)
        ),
        "a negative root": lambda p, x, w: axiom("jensen_square", "i", x.norm(w)).root(x.norm(w), -x.norm(w)),
        "another root": lambda p, x, w: axiom("jensen_square", "i", x.norm(w)).root(x.norm(w), 2 * x.norm(w)),
        "a symbol made by hand": lambda p, x, w: axiom("triangle", w, w).times(sympy.Symbol("L", positive=True)),
        "a vector with a factor made by hand": lambda p, x, w: axiom("triangle", w, w * sympy.Symbol("delta")),
        "a mean over what is fixed": lambda p, x, w: axiom("triangle", w, w).mean("w"),
        "another number for rho": lambda p, x, w: axiom("lipschitz_hessian", "i", w, w, w, 0),
        "draws of what varies with more": lambda p, x, w: x.mean_of_draws(
            "S", "Y", "Y", sympy.Integer(1), x.norm(noisy(x)), ()
        ),
        "draws over an index of batches": lambda p, x, w: x.mean_of_draws(
            "D_in", "Y", "Y", sympy.Integer(1), x.norm(noisy(x)), ("i", "D_in")
        ),
        "a deviation that is none": lambda p, x, w: axiom("bounded_deviation", x.norm(w)),
        "a root that is none": lambda p, x, w: axiom("square_root", x.norm(w)),
        "a root of what is not defined": lambda p, x, w: x.root(1 / x.norm(w)),
        "draws of what is not defined": lambda p, x, w: x.mean_of_draws(
            "S", "Y", "Y", sympy.Integer(1), 1 / x.norm(noisy(x)) ** 2, ("i", "D_in")
        ),
        "a meta-gradient at a point of the batch": lambda p, x, w: axiom("chain_rule", "i", noisy(x), "D_in"),
        "draws over another index": lambda p, x, w: axiom("iid_variance", "i", stepsize_draws(x)[0]),
        "a ratio of what may be negative": lambda p, x, w: x.ratio("r", 1 - inner_rate(x), sympy.Integer(1)),
        "a minimum of bounds of two things": lambda p, x, w: p.smaller(
            p.chain("a", 1).step("", 2, remainder=1).done(),
            p.chain("b", 0).step("", smoothness(x), remainder=smoothness(x)).done(),
        ),
        "a fixed index that is drawn": lambda p, x, w: x.fixed_index("i"),
        "a number called like another with a square": lambda p, x, w: (number(x, "root_D_in"), x.scalar("root_D_in")),
    }


def noisy(x):
    return x.vector("w") - inner_rate(x) * x.gradient("i", x.vector("w"), "D_in")


def one(operator):
    (word,) = operator.terms
    return word


@pytest.mark.parametrize("wrong", refusals())
def test_refused_from_the_start(wrong):
    p = begin(load_claim(S))
    with pytest.raises(MamlcheckError):
        p.carry_out(refusals()[wrong](p, p.language, p.language.vector("w")))


@pytest.mark.parametrize("name", ["lemma_4_8", "theorem_4_11"])
def test_a_proof_of_another_claim_that_goes_in_a_circle(name):
    p = begin(load_claim(S))
    with pytest.raises(NotProved, match="circular"), p.proving(name), p.proving(name):
        pass


def refused(claim, prove, said):
    outcome = check_proof(load_claim(claim), prove)
    assert not outcome.proved
    assert said in " ".join(outcome.missing), outcome.missing
