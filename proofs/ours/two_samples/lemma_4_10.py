"""Lemma 4.10, bias, for two inner samples on the line: at most (3 sqrt(3) / 8) alpha L sigma~.

As in the printed form the bias is at most alpha L E |noise|, and the noise of the batch is (N + N') / 2, of two
independent samples. With s the sign of N + N' and h the mean of s for a given N,

    E |N + N'| = E s (N + N') = 2 E h N = 2 E (h - E h) N <= 2 sqrt(Var h) sigma~,

since N has mean 0; and Var h <= 27/64.
"""

from sympy import Rational

from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.language.vocabulary import SAMPLES, TASK, inner_rate, number, smoothness
from mamlcheck.proof.axioms.two_samples import noise
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import By, Chain, Proof, axiom, fact

VARIANCE = Rational(27, 64)


def prove(p: Proof) -> list[Chain]:
    """The bias by the noise, as in the printed form, and the noise of two samples."""
    x = p.language
    rate, w = inner_rate(x) * smoothness(x), x.vector("w")
    chain = proof_file("lemma_4_10.bias").by_the_noise(p)
    chain.step("the noise of two samples", rate * _most(x), fact(noise_of_two(p).done()).times(rate))
    chain.strong_form()
    everywhere = p.chain("deviations are at most sigma~", _most(x) ** 2)
    everywhere.strong_form()  # all of it is about the printed form
    sigma, there = number(x, "sigma~"), x.gradient_deviation(TASK, w)
    everywhere.step("the root's square", VARIANCE * there**2, axiom("square_root", _most(x)))
    everywhere.step(
        "sigma~ bounds it", VARIANCE * sigma**2, axiom("bounded_deviation", there).times(VARIANCE * (sigma + there))
    )
    largest = x.root(VARIANCE * sigma**2)
    everywhere.step("and its root", largest**2, axiom("square_root", largest).times(-1))
    return [
        chain.step(
            "deviations are at most sigma~",
            rate * largest,
            fact(everywhere.done()).root(_most(x), largest).times(rate),
        )
    ]


def _most(x: Language) -> Expr:
    """(3 sqrt(3) / 8) sigma~_i(w)."""
    return x.root(VARIANCE * x.gradient_deviation(TASK, x.vector("w")) ** 2)


def noise_of_two(p: Proof) -> Chain:
    """E |noise of D_in| <= (3 sqrt(3) / 8) sigma~_i(w)."""
    x = p.language
    w, (first, second) = x.vector("w"), SAMPLES
    one, other = (noise(x, TASK, w, sample) for sample in SAMPLES)
    sign = x.direction(one + other, "s")
    sides = [_against_sign(p, a, b, sign) for a, b in ((first, second), (second, first))]

    chain = p.chain("noise of two samples", x.mean("D_in", x.norm(x.gradient(TASK, w, "D_in") - x.gradient(TASK, w))))
    chain.step(
        "a batch of two",
        x.mean(first, x.mean(second, x.norm(one + other))) / 2,
        axiom("two_samples", "D_in", TASK, w, p.hypothesis("D_in >= 2"), p.hypothesis("D_in <= 2")),
    )
    chain.step(
        "along its sign",
        x.mean(first, x.mean(second, x.inner(sign, one + other))) / 2,
        axiom("duality", one + other, sign).mean(second, first).times(Rational(1, 2)),
    )
    chain.step(
        "one sample at a time",
        x.mean(first, x.mean(second, x.inner(sign, one) + x.inner(sign, other))) / 2,
        inner_of_sum(p, sign, one, other).mean(second, first).times(Rational(1, 2)),
    )
    chain.step(
        "the other sample's mean is taken last",
        x.mean(first, x.mean(second, x.inner(sign, one))) / 2 + x.mean(second, x.mean(first, x.inner(sign, other))) / 2,
        axiom("order_of_means", first, second, x.inner(sign, other)).times(Rational(1, 2)),
    )
    return chain.step("each against the sign", _most(x), *(fact(side.done()).times(Rational(1, 2)) for side in sides))


def _against_sign(p: Proof, first: str, second: str, sign: Vector) -> Chain:
    """E <s, N> <= (3 sqrt(3) / 8) sigma~_i(w), N of the first sample."""
    x = p.language
    w = x.vector("w")
    own = noise(x, TASK, w, first)
    mean = x.mean_vector(second, sign)
    centre = x.mean_vector(first, mean)
    apart = mean - centre
    size = x.mean(first, x.norm(apart) * x.norm(own))

    square = p.chain(f"both sizes, {first}", size**2)
    square.step(
        "Cauchy-Schwarz",
        x.mean(first, x.norm(apart) ** 2) * x.mean(first, x.norm(own) ** 2),
        axiom("mean_cauchy_schwarz", first, x.norm(apart), x.norm(own)),
    )
    square.step(
        "the variance of a mean sign",
        VARIANCE * x.mean(first, x.norm(own) ** 2),
        axiom("signs_of_sums", first, second, TASK, w, sign, p.hypothesis("d <= 1")).times(
            x.mean(first, x.norm(own) ** 2)
        ),
    )
    square.step(
        "the variance of a sample",
        VARIANCE * x.gradient_deviation(TASK, w) ** 2,
        axiom("gradient_variance", first, TASK, w).times(VARIANCE),
    )
    square.step("its root", _most(x) ** 2, axiom("square_root", _most(x)).times(-1))

    none = p.chain(f"the mean sign against the noise, {first}", x.mean(first, x.inner(centre, own)))
    none.step(
        "under the mean", x.inner(centre, x.mean_vector(first, own)), axiom("inner_mean", first, centre, own).times(-1)
    )
    none.step(
        "Cauchy-Schwarz",
        x.norm(centre) * x.norm(x.mean_vector(first, own)),
        axiom("cauchy_schwarz", centre, x.mean_vector(first, own)),
    )
    none.step(
        "the noise has mean 0",
        0,
        axiom("unbiased_gradient", first, TASK, w).within(x.mean_vector(first, own)).times(x.norm(centre)),
    )

    chain = p.chain(f"the sign against the noise, {first}", x.mean(first, x.mean(second, x.inner(sign, own))))
    chain.step(
        "the mean sign",
        x.mean(first, x.inner(mean, own)),
        axiom("inner_mean", second, own, sign).mean(first).times(-1),
    )
    chain.step(
        "around its own mean",
        x.mean(first, x.inner(apart, own)) + x.mean(first, x.inner(centre, own)),
        inner_of_sum(p, own, apart, centre).mean(first),
    )
    chain.step("the noise has mean 0", x.mean(first, x.inner(apart, own)), fact(none.done()))
    chain.step("Cauchy-Schwarz", size, axiom("cauchy_schwarz", apart, own).mean(first))
    return chain.step("both sizes", _most(x), fact(square.done()).root(size, _most(x)))


def inner_of_sum(p: Proof, u: Vector, v: Vector, w: Vector) -> By:
    """<u, v + w> = <u, v> + <u, w>, by squares of norms alone."""
    x = p.language
    half, apart = (v + w) / 2, (v - w) / 2

    def carried_out(q: Proof) -> Chain:
        chain = q.chain(f"<{u}, .> of {v} and {w}", x.inner(u, v + w))
        pairs = [
            (half + u, apart),
            (half + u, -1 * apart),
            (v, u),
            (w, u),
            (half, apart),
            (half, -1 * apart),
            (half, u),
        ]
        factors = [Rational(k, 2) for k in (-1, -1, 1, 1, 1, 1, -2)]
        return chain.step(
            "the parallelogram law",
            x.inner(u, v) + x.inner(u, w),
            *(axiom("expand_square", a, b).times(c) for (a, b), c in zip(pairs, factors, strict=True)),
        )

    return fact(lemma(p, f"<{u}, .> of {v} and {w}", carried_out).done())
