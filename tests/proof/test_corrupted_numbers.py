"""Every number of the proofs of one step, and of the moments that they rest on, changed: no proof survives it.

A constant of a claim is changed by its last digit, in the claim and in its proof together, so that what refuses it is
a link and not a difference of the two; other numbers where they stand, in files that proofs share as well. A constant
that has room for another last digit is listed with what its proof gives.
"""

from __future__ import annotations

import os

import pytest
from corrupting import Change, corrupted, in_claim, in_proof

MAML, FO, HF, ANY = (f"ours.descent.{name}" for name in ("maml", "fo_maml", "hf_maml", "maml_any_rate"))
SHARED = "ours.descent._bounds"  # no claim: what these four share
GENERAL, GENERAL_FO, GENERAL_HF = (f"ours.general_descent.{name}" for name in ("maml", "fo_maml", "hf_maml"))
FIRST, SECOND, BELOW = "ours.lemma_4_9.first_moment", "ours.lemma_4_9.second_moment", "lemma_4_9.first_moment"
SPREAD, MEAN, START = (f"ours.moments.{name}" for name in ("spread", "mean", "start"))
TWO = "ours.two_samples.lemma_4_10"
FO_FLOOR, HF_FLOOR = "ours.floors.fo_maml", "ours.floors.hf_maml"

UNJUSTIFIED, SIGN, SIDE = "left unjustified", "is not manifestly >= 0", "is not the"
NONE, MISUSED = "has no hypothesis", "does not apply"


def proof(claim, old, new, link, said=UNJUSTIFIED, of=None, and_also=None, everywhere=False):
    """A change of a claim's proof, or `of` another file of proofs; `and_also`: of what the claim says."""
    more = () if and_also is None else (and_also,)
    return claim, (in_proof(of or claim, old, new, everywhere), *more), link, said


def stated(claim, old, new, link, said=SIDE):
    """A change of the claim's file alone."""
    return claim, (in_claim(claim, old, new),), link, said


def formula(claim, place, old, new, link, said=UNJUSTIFIED):
    """A change of a formula that claims are made of: a side, or a hypothesis."""
    return claim, (Change(place, old, new),), link, said


# what is changed; the link that is to be named, or the side; what is to be said of it
NUMBERS = [
    proof(
        FIRST,
        "Rational(49, 40)",
        "Rational(48, 40)",
        "a polynomial in nu / L: a",
        and_also=in_claim(FIRST, "49 / (40", "48 / (40"),
        everywhere=True,
    ),
    proof(FIRST, "9 * (nu - 3 * smooth)", "8 * (nu - 3 * smooth)", "a polynomial in nu / L: a"),
    proof(FIRST, "(nu - 3 * smooth)", "(nu - 2 * smooth)", "a polynomial in nu / L: a"),
    proof(FIRST, "(40 * span", "(41 * span", "a polynomial in nu / L: a"),
    proof(FIRST, "nu**2 + 4 * smooth * nu", "nu**2 + 3 * smooth * nu", "Var X <= 9 L^2"),
    proof(FIRST, "nu + 9 * smooth**2\n", "nu + 8 * smooth**2\n", "Var X <= 9 L^2"),
    proof(FIRST, "(4 * nu + 9", "(3 * nu + 9", "Var X <= 9 L^2"),
    proof(FIRST, "nu + 9 * smooth) /", "nu + 8 * smooth) /", "Var X <= 9 L^2"),
    proof(FIRST, "/ (4 * span)", "/ (5 * span)", "Var X <= 9 L^2"),
    proof(FIRST, "(c * t + 1) ** 2", "(c * t + 2) ** 2", "the difference is X (t X -"),
    proof(FIRST, "t * (c * t + 2) / bottom * draws", "t * (c * t + 1) / bottom * draws", "the difference is X (t X -"),
    proof(FIRST, "t * (c * t + 2) / bottom * nu", "t * (c * t + 1) / bottom * nu", "the quadratic above it"),
    proof(FIRST, "nu / (nu**2 + 9 *", "nu / (nu**2 + 8 *", "Var X <= 9 L^2"),
    proof(FIRST, "(t * draws - 1)", "(t * draws - 2)", "the difference is X (t X -"),
    proof(FIRST, "Rational(49, 40) / ((c + m)", "Rational(48, 40) / ((c + m)", "m <= nu"),
    proof(FIRST, ".times(t**2 / bottom)", ".times(t / bottom)", "Var X <= 9 L^2"),
    proof(
        SECOND,
        "Rational(371, 200)",
        "Rational(370, 200)",
        "a polynomial in nu / L: a sum",
        and_also=in_claim(SECOND, "371 / (200", "370 / (200"),
        everywhere=True,
    ),
    proof(SECOND, "(25 * nu**2", "(24 * nu**2", "Var X <= 9 L^2"),
    proof(SECOND, "72 * smooth", "71 * smooth", "Var X <= 9 L^2"),
    proof(SECOND, "81 * smooth**2", "80 * smooth**2", "Var X <= 9 L^2"),
    proof(SECOND, "(16 * span**2)", "(17 * span**2)", "Var X <= 9 L^2"),
    proof(SECOND, "nu**2 + 4 * smooth * nu", "nu**2 + 3 * smooth * nu", "Var X <= 9 L^2"),
    proof(SECOND, "Rational(48, 13)", "Rational(47, 13)", "a polynomial in nu / L: a sum"),
    proof(SECOND, "- 13 * smooth**2", "- 12 * smooth**2", "a polynomial in nu / L: a sum"),
    proof(SECOND, "Rational(2028, 361)", "Rational(2027, 361)", "a polynomial in nu / L: a sum"),
    proof(SECOND, "Rational(9, 400)", "Rational(8, 400)", "a polynomial in nu / L: a sum"),
    proof(SECOND, "(13 * first**2", "(12 * first**2", "a polynomial in nu / L: a sum"),
    proof(SECOND, "Rational(361, 13)", "Rational(360, 13)", "a polynomial in nu / L: a sum"),
    proof(SECOND, "Rational(1673, 361)", "Rational(1672, 361)", "a polynomial in nu / L: a sum"),
    proof(SECOND, "Rational(1673, 361)", "Rational(-1673, 361)", "a polynomial in nu / L: a sum", SIGN),
    proof(SECOND, "(4 * c**2 * t + 3", "(3 * c**2 * t + 3", "the difference is X (t X -"),
    proof(SECOND, "3 * c * t * draws + 2 * c", "2 * c * t * draws + 2 * c", "the difference is X (t X -"),
    proof(SECOND, "+ 3 * c * t + 1) / bottom", "+ 2 * c * t + 1) / bottom", "the difference is X (t X -"),
    proof(SECOND, "t**2 * (3 * c * t + 1)", "t**2 * (2 * c * t + 1)", "the difference is X (t X -"),
    proof(SECOND, "(c * t + 1) ** 3", "(c * t + 1) ** 2", "the difference is X (t X -"),
    proof(SECOND, "8 * smooth**2 + scale", "7 * smooth**2 + scale", "B' is large enough"),
    proof(SECOND, '"B\' >= 1", 9 * smooth**2', '"B\' >= 1", 8 * smooth**2', "Var X <= 9 L^2"),
    proof(SECOND, ".times(4 / tasks)", ".times(3 / tasks)", "B' is large enough"),
    proof(SECOND, "Rational(371, 200) * (2 * c", "Rational(370, 200) * (2 * c", "m <= nu"),
    proof(SPREAD, "remainder=a * (far - near)", "remainder=-a * (far - near)", "(a X + Y)^2 = (1 + a) (a X^2", SIGN),
    proof(SPREAD, "(1 + a) * (a * far**2 + near**2)", "(1 + a) * (far**2 + near**2)", "(a X + Y)^2 = (1 + a) (a X^2"),
    proof(SPREAD, "a * far + near,\n        axiom", "far + near,\n        axiom", "Lipschitz gradient: the two"),
    proof(
        SPREAD,
        'both variances", (1 + a) ** 2',
        'both variances", (1 + a)',
        "the mean of both variances",
        and_also=in_claim(SPREAD, "x.ar.square(1 + x.alpha * x.smoothness)", "(1 + x.alpha * x.smoothness)"),
    ),
    proof(SPREAD, "Rational(-1, 2)", "Rational(-1, 3)", "|2 v|^2 taken apart"),
    proof(
        TWO,
        "Rational(27, 64)",
        "Rational(26, 64)",
        "the variance of a mean sign",
        and_also=in_claim(TWO, "27 * x", "26 * x"),
    ),
    proof(
        TWO,
        "Rational(27, 64)",
        "Rational(27, 65)",
        "the variance of a mean sign",
        and_also=in_claim(TWO, "/ 64", "/ 65"),
    ),
    stated(TWO, "27 * x", "26 * x", "right side of"),
    proof(TWO, "1, 1, 1, 1, -2)", "1, 1, 1, 1, -1)", "the parallelogram law"),
    proof(TWO, "inner(sign, one + other))) / 2", "inner(sign, one + other))) / 3", "along its sign"),
    proof(MEAN, "x.norm(gradient) + a * (1 + a) * root", "x.norm(gradient) + a * a * root", "FO-MAML's floor"),
    stated(MEAN, "a * (1 + a) * x.ar.sqrt", "a * a * x.ar.sqrt", "right side of"),
    proof(MEAN, "((1 + a) * root) ** 2, axiom", "(a * root) ** 2, axiom", "its root", of=SPREAD),
    proof(
        START,
        "(1 - a) ** 2 * size",
        "(1 - a) * size",
        "the other factor",
        and_also=in_claim(START, "x.ar.square(1 - x.alpha * x.smoothness)", "(1 - x.alpha * x.smoothness)"),
    ),
    proof(START, "x.norm(centre) + a * size", "x.norm(centre) + size", "Lipschitz gradient"),
    proof(START, "+ (1 - a) * here", "+ here", "the mean adapted gradient"),
    proof(FO_FLOOR, "(x.norm(mean) + (1 + a) * root)", "(x.norm(mean) + a * root)", "mean size of g"),
    proof(FO_FLOOR, "a * x.mean(TASK, x.norm(g)),", "a**2 * x.mean(TASK, x.norm(g)),", "|H| <= L"),
    proof(HF_FLOOR, "eta / 2 * ((1 + a) * root", "eta / 3 * ((1 + a) * root", "E|g| by |D|"),
    proof(HF_FLOOR, '|g| / 2", eta / 2 * size', '|g| / 2", eta / 3 * size', "the difference is within eta"),
    proof(
        HF_FLOOR,
        'axiom("difference_error", TASK, w, g).mean(TASK)',
        'axiom("difference_error", TASK, w, g).mean(TASK).times(2)',
        "the difference is within eta",
    ),
    stated(HF_FLOOR, "x.ar.norm(x.full_hf_maml)) / 2", "x.ar.norm(x.full_hf_maml)) / 3", "right side of"),
    proof(
        GENERAL,
        "Rational(2, 5)",
        "Rational(3, 5)",
        "E beta~ >= 0.8 / L(w)",
        and_also=Change("meta/descent", "return 2 * factor", "return 3 * factor"),
    ),
    proof(
        GENERAL,
        "Rational(49, 80)",
        "Rational(48, 80)",
        "E beta~ <= 49/40 / L(w)",
        and_also=Change("meta/descent", "error = 49", "error = 48"),
        everywhere=True,
    ),
    proof(
        GENERAL,
        "Rational(371, 400)",
        "Rational(370, 400)",
        "E beta~^2 <= 1.855 / L(w)^2,",
        and_also=Change("meta/descent", "spread = 371", "spread = 370"),
        everywhere=True,
    ),
    formula(GENERAL_FO, "meta/descent", "error = 49", "error = 48", "right side of", SIDE),
    formula(GENERAL_FO, "meta/descent", "spread = 371", "spread = 370", "right side of", SIDE),
    formula(GENERAL_HF, "meta/descent", "return 2 * factor", "return 3 * factor", "left side of", SIDE),
    formula(GENERAL, "meta/descent", "direction) / 2\n", "direction) / 3\n", "right side of", SIDE),
    proof(
        GENERAL,
        "c / 2 * whole * first * squares, fact",
        "c / 3 * whole * first * squares, fact",
        "E beta~ >= 0.8 / L(w)",
    ),
    proof(GENERAL, "times(-c / 2 * whole", "times(-c / 3 * whole", "2 <grad F, D> = |grad F|^2 +"),
    proof(GENERAL, "times(c / 2 * whole * error)", "times(c / 3 * whole * error)", "E beta~ <= 49/40 / L(w)"),
    proof(GENERAL, "whole**2 * c**2 / 2)", "whole**2 * c**2 / 3)", "E beta~^2 <= 1.855 / L(w)^2,"),
    proof(GENERAL, 'p.hypothesis("B >= 1")', 'p.hypothesis("B >= 20")', "E beta~^2 <= 1.855 / L(w)^2,", NONE),
    proof(GENERAL, "Rational(4, 5)", "Rational(5, 5)", "5 (4L + m) >= 4 (5L + m)", of=BELOW),
    proof(GENERAL, "Rational(49, 40)", "Rational(48, 40)", "a polynomial in nu / L: a", of=FIRST, everywhere=True),
    proof(
        GENERAL, "Rational(371, 200)", "Rational(370, 200)", "a polynomial in nu / L: a sum", of=SECOND, everywhere=True
    ),
    proof(
        MAML,
        "Rational(1, 21)",
        "Rational(1, 20)",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(MAML, "/ 21\n", "/ 20\n"),
    ),
    proof(
        MAML,
        "Rational(120,",
        "Rational(119,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(MAML, "outer = 3 *", "outer = x.ar.exact(Fraction(119, 40)) *"),
    ),
    proof(
        MAML,
        "Rational(40,",
        "Rational(39,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(MAML, "inner = x.mean", "inner = x.ar.exact(Fraction(39, 40)) * x.mean"),
    ),
    proof(
        MAML,
        "Rational(1, 12)",
        "Rational(1, 11)",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(MAML, "Fraction(1, 12)", "Fraction(1, 11)"),
    ),
    stated(MAML, "Fraction(1, 12)", "Fraction(1, 13)", "right side of"),
    proof(MAML, "((1 + Rational(1, RATE)) / RATE) ** 2", "((1 + Rational(1, RATE)) / (RATE + 1)) ** 2", "a <= 1/6"),
    proof(MAML, "RATE = 6", "RATE = 7", "a <= 1/7", NONE),
    proof(MAML, "RATE = 6", "RATE = 5", "a <= 1/5", NONE),
    proof(
        MAML, "splits=(Rational(1), Rational(1))", "splits=(Rational(9, 10), Rational(1))", "numbers, and B >= 20", SIGN
    ),
    proof(MAML, "keeps=True", "keeps=False", "numbers, and B >= 20", SIGN),
    proof(MAML, "swing=bounds.swing(RATE)", "swing=bounds.swing(RATE) - Rational(1, 2)", "V by E|v|^2"),
    proof(
        MAML,
        "(1 + Rational(1, k)) ** 2 + Rational(1, 2)",
        "(1 + Rational(1, k)) ** 2 + Rational(1, 3)",
        "a <= 1/6",
        of=SHARED,
    ),
    proof(
        MAML,
        "((1 + rate(x)) ** 2 + Rational(1, 2)) * whole",
        "((1 + rate(x)) ** 2 + Rational(1, 3)) * whole",
        "D_h is large enough",
        of=SHARED,
    ),
    proof(MAML, 'samples").times(Rational(1, 2))', 'samples").times(Rational(1, 3))', "D_h is large enough", of=SHARED),
    proof(MAML, "LEAST_TASKS = 20", "LEAST_TASKS = 21", "numbers, and B >= 20", of=SHARED),
    proof(MAML, "square = Rational(371, 400)", "square = Rational(370, 400)", "the general descent, and a", of=SHARED),
    proof(MAML, "kept = Rational(2, 5)", "kept = Rational(3, 5)", "numbers, and B >= 20", SIGN, of=SHARED),
    proof(MAML, "weight = Rational(49, 80)", "weight = Rational(48, 80)", "|grad F|^2 by |D|^2", of=SHARED),
    proof(MAML, "c + 2 * back", "c + 1 * back", "|grad F|^2 by |D|^2", of=SHARED),
    proof(MAML, "Rational(2, 3) * back", "Rational(3, 3) * back", "|grad F|^2 by |D|^2", of=SHARED),
    proof(MAML, "times(Rational(2, 3) * kept)", "times(Rational(1, 3) * kept)", "|grad F|^2 by |D|^2", of=SHARED),
    proof(MAML, "gradients = Rational(2, 5)", "gradients = Rational(3, 5)", "|grad F|^2 by |D|^2", of=SHARED),
    proof(
        MAML,
        "Rational(3, 2) * near**2 + 3 * far**2",
        "Rational(3, 2) * near**2 + 2 * far**2",
        "|grad F|^2 by |D|^2",
        of=SHARED,
    ),
    proof(MAML, "Rational(3, 2) * near**2", "Rational(2, 2) * near**2", "|grad F|^2 by |D|^2", of=SHARED),
    proof(
        MAML,
        "remainder=(near - 2 * far) ** 2 / 2",
        "remainder=(near - far) ** 2 / 2",
        "(y + z)^2 = 3/2 y^2 + 3 z^2 -",
        of=SHARED,
    ),
    proof(
        MAML,
        "2 * x.norm(g) ** 2 + 2 * x.norm(u - g) ** 2,",
        "2 * x.norm(g) ** 2 + x.norm(u - g) ** 2,",
        "(y + z)^2 = 2 y^2 + 2 z^2 -",
        of=SHARED,
    ),
    proof(MAML, "return 2 * (1 + a) ** 2 * q.variance", "return (1 + a) ** 2 * q.variance", "a <= 1/6", of=SHARED),
    proof(MAML, "+ 2 * a**2 * q.inner + q.outer\n", "+ a**2 * q.inner + q.outer\n", "a <= 1/6", of=SHARED),
    proof(
        MAML,
        "2 * q.mean + 2 * (1 + a) ** 2 * q.variance",
        "2 * q.mean + (1 + a) ** 2 * q.variance",
        "spread of the adapted",
        of=SHARED,
    ),
    proof(MAML, "rate(x) ** 2 * squares(x, u).inner", "rate(x) * squares(x, u).inner", "the inner noise", of=SHARED),
    proof(MAML, "(1 + rate(x)) ** 2 * rate(x) ** 2", "(1 + rate(x)) * rate(x) ** 2", "the inner noise", of=SHARED),
    proof(
        MAML,
        "(1 + rate(x)) ** 2 * whole + noise",
        "rate(x) ** 2 * whole + noise",
        "|v - alpha b| <= (1 + a) |v|",
        of=SHARED,
    ),
    proof(MAML, "return (1 + a) ** 2 * a**2", "return (1 + a) * a**2", "a <= 1/6", of=SHARED),
    proof(
        MAML, "(1 + 1 / split) * (1 + Rational(1, k)) ** 2", "(1 + Rational(1, k)) ** 2", "the root, squared", of=SHARED
    ),
    proof(MAML, "((1 + split) * gradient**2", "(split * gradient**2", "Young's inequality", of=SHARED),
    proof(MAML, "share, more = 1 - Rational(1, k)", "share, more = 1 - Rational(1, k + 1)", "the square", of=SHARED),
    proof(
        MAML, "identity.mean(OUTER, INNER, TASK)", "identity.mean(OUTER, TASK)", "variance identity over D_h", of=SHARED
    ),
    proof(MAML, "size_root(x, OUTER) ** 2", "size_root(x, OUTER)", "variance of D_o independent", of=SHARED),
    proof(MAML, 'hessian_moment", HESSIAN', 'hessian_moment", OUTER', "variance identity over D_h", MISUSED),
    proof(
        MAML,
        'axiom("unbiased_hessian", HESSIAN',
        'axiom("unbiased_hessian", INNER',
        "the Hessian batch is unbiased",
        MISUSED,
    ),
    proof(
        FO,
        "Rational(1, 49)",
        "Rational(1, 48)",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(FO, "/ 49\n", "/ 48\n"),
    ),
    proof(
        FO,
        "Rational(1, 18)",
        "Rational(1, 17)",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(FO, "Fraction(1, 18)", "Fraction(1, 17)"),
    ),
    proof(
        FO,
        "Rational(71,",
        "Rational(70,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(FO, "Fraction(71,", "Fraction(70,"),
    ),
    proof(
        FO,
        "Rational(29,",
        "Rational(28,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(FO, "Fraction(29,", "Fraction(28,"),
    ),
    proof(
        FO,
        "Rational(14,",
        "Rational(13,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(FO, "Fraction(14,", "Fraction(13,"),
    ),
    proof(
        FO,
        "splits=(Rational(1), Rational(1, 4))",
        "splits=(Rational(9, 10), Rational(1, 4))",
        "numbers, and B >= 20",
        SIGN,
    ),
    proof(
        FO, "splits=(Rational(1), Rational(1, 4))", "splits=(Rational(1), Rational(1, 3))", "numbers, and B >= 20", SIGN
    ),
    proof(FO, "(4 * q.inner + 2 * mean_square)", "(3 * q.inner + 2 * mean_square)", "the error of D"),
    proof(FO, "(4 * q.inner + 2 * mean_square)", "(4 * q.inner + 1 * mean_square)", "the error of D"),
    proof(FO, "+ 4 * GROWN * a**2", "+ 3 * GROWN * a**2", "the error of D"),
    proof(
        FO,
        "4 * one**2 + 2 * two**2 + 4 * three**2",
        "3 * one**2 + 2 * two**2 + 4 * three**2",
        "(x + y + z)^2 = 4 x^2 + 2 y^2",
    ),
    proof(
        FO,
        "4 * one**2 + 2 * two**2 + 4 * three**2",
        "4 * one**2 + two**2 + 4 * three**2",
        "(x + y + z)^2 = 4 x^2 + 2 y^2",
    ),
    proof(FO, "remainder=2 * (one - three)", "remainder=(one - three)", "(x + y + z)^2 = 4 x^2 + 2 y^2"),
    proof(FO, "(two - one - three) ** 2", "(two + one + three) ** 2", "(x + y + z)^2 = 4 x^2 + 2 y^2"),
    proof(
        FO, "GROWN = (1 + Rational(1, RATE)) ** 2", "GROWN = (1 + Rational(1, RATE))", "a <= 1/10, but for the floor"
    ),
    proof(FO, "own_rate=True", "own_rate=False", "numbers, and B >= 20", SIGN),
    proof(FO, "swing=Rational(1)", "swing=Rational(9, 10)", "|E g| by |grad F|, in the"),
    proof(FO, "RATE = 10", "RATE = 9", "a <= 1/9, but for the floor", NONE),
    proof(FO, "4 * a**2 * q.inner + 2 * two**2", "3 * a**2 * q.inner + 2 * two**2", "the inner noise"),
    proof(FO, "times(4 * a**2),\n    )", "times(3 * a**2),\n    )", "|H| <= L along the"),
    proof(
        HF,
        "Rational(1, 42)",
        "Rational(1, 41)",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(HF, "/ 42\n", "/ 41\n"),
    ),
    proof(
        HF,
        "Rational(1, 25)",
        "Rational(1, 24)",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(HF, "Fraction(1, 25)", "Fraction(1, 24)"),
    ),
    proof(
        HF,
        "Rational(803,",
        "Rational(802,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(HF, "Fraction(803,", "Fraction(802,"),
    ),
    proof(
        HF,
        "Rational(82,",
        "Rational(81,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(HF, "Fraction(82,", "Fraction(81,"),
    ),
    proof(
        HF,
        "Rational(28,",
        "Rational(27,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(HF, "Fraction(28,", "Fraction(27,"),
    ),
    proof(
        HF,
        "Rational(140,",
        "Rational(139,",
        "numbers, and B >= 20",
        SIGN,
        and_also=in_claim(HF, "Fraction(140,", "Fraction(139,"),
    ),
    proof(HF, "splits=(Rational(4, 5)", "splits=(Rational(3, 5)", "numbers, and B >= 20", SIGN),
    proof(HF, "splits=(Rational(4, 5)", "splits=(Rational(5, 5)", "numbers, and B >= 20", SIGN),
    proof(HF, "MORE = 1 + Rational(1, RATE)", "MORE = 1 + Rational(1, RATE + 1)", "a <= 1/6"),
    proof(HF, "MORE / RATE + Rational(1, 2 * RATE**2)", "MORE / RATE + Rational(1, 3 * RATE**2)", "eta <= 1/6"),
    proof(HF, "eta**2 / 2 * mean_square", "eta**2 / 3 * mean_square", "the error of D"),
    proof(
        HF,
        "+ 6 * (INNER_SHARE**2 * q.inner + eta**2 / 4 * MORE**2",
        "+ 5 * (INNER_SHARE**2 * q.inner + eta**2 / 4 * MORE**2",
        "the error of D",
    ),
    proof(HF, "2 * two**2 + 6 * (one**2", "2 * two**2 + 5 * (one**2", "(y + x + z + u)^2 <= 2 y^2 +"),
    proof(HF, "2 * two**2 + 6 * (one**2", "two**2 + 6 * (one**2", "(y + x + z + u)^2 <= 2 y^2 +"),
    proof(
        HF,
        "remainder=(two - one - three - four) ** 2 + 2 *",
        "remainder=(two - one - three - four) ** 2 + 1 *",
        "(y + x + z + u)^2 <= 2 y^2 +",
    ),
    proof(HF, "inner / (2 * RATE**2)", "inner / (3 * RATE**2)", "eta <= 1/6"),
    proof(
        HF,
        '|v| / 2",\n        (1 + a) * a * inner + eta / 2 * size.start',
        '|v| / 2",\n        (1 + a) * a * inner + eta / 3 * size.start',
        "the difference is within eta",
    ),
    proof(HF, "fact(size.done()).times(eta / 2)", "fact(size.done()).times(eta / 3)", "E|v|"),
    proof(HF, "* (1 + 6 * eta) / 36", "* (1 + 5 * eta) / 36", "numbers, and B >= 20", of=SHARED),
    proof(HF, "left += bent / 36", "left += bent / 37", "numbers, and B >= 20", of=SHARED),
    proof(HF, "of_g.end + a * inner + outer,", "of_g.end + inner + outer,", "the outer noise", of=SHARED),
    proof(HF, '"difference_moment", HESSIAN', '"difference_moment", OUTER', "variance identity over D_h", MISUSED),
    proof(
        HF,
        'axiom("unbiased_difference", HESSIAN',
        'axiom("unbiased_difference", OUTER',
        "the Hessian batch is unbiased",
        MISUSED,
    ),
    proof(HF, 'axiom("difference_size", TASK, w, v)', 'axiom("operator_norm", TASK, w, v)', "|b| <= L |v|"),
    proof(
        ANY,
        "Rational(3, 10)",
        "Rational(4, 10)",
        "B is large enough",
        and_also=in_claim(ANY, "return 3 *", "return 4 *"),
    ),
    proof(
        ANY,
        "Rational(49, 80)",
        "Rational(48, 80)",
        "the general descent",
        and_also=in_claim(ANY, "49 * c", "48 * c"),
        everywhere=True,
    ),
    proof(
        ANY,
        "square, swing = Rational(371, 400)",
        "square, swing = Rational(370, 400)",
        "B is large enough",
        and_also=in_claim(ANY, "371 * x.ar", "370 * x.ar"),
    ),
    proof(ANY, "(1 + a) ** 2 + Rational(1, 2)\n", "(1 + a) ** 2 + Rational(1, 3)\n", "B is large enough"),
    proof(
        ANY,
        "(2 * gap + 4 * a**2)",
        "(2 * gap + 3 * a**2)",
        "E|v|^2 by these",
        and_also=in_claim(ANY, "(2 * gap + 4 *", "(2 * gap + 3 *"),
    ),
    proof(
        ANY,
        "(2 * gap + 4 * a**2)",
        "(1 * gap + 4 * a**2)",
        "E|v|^2 by these",
        and_also=in_claim(ANY, "(2 * gap + 4 *", "(1 * gap + 4 *"),
    ),
    proof(
        ANY,
        "gap * (2 * a**2 * q.inner",
        "gap * (1 * a**2 * q.inner",
        "E|v|^2 by these",
        and_also=in_claim(ANY, "(2 * inner +", "(1 * inner +"),
    ),
    proof(ANY, "gradients = Rational(2, 5)", "gradients = Rational(3, 5)", "B is large enough"),
    proof(ANY, "gradients - 4 * square", "gradients - 3 * square", "B is large enough"),
    proof(ANY, "c * q.gradient / (10 * tasks)", "c * q.gradient / (9 * tasks)", "B is large enough"),
    proof(ANY, "Rational(371, 2000)", "Rational(370, 2000)", "c <= 2/5, and |D|^2 left out"),
    proof(ANY, "Rational(29, 1000)", "Rational(28, 1000)", "c <= 2/5, and |D|^2 left out"),
    proof(
        ANY,
        "2 * q.gradient + 2 * (a * (1 + a) * root) ** 2",
        "2 * q.gradient + (a * (1 + a) * root) ** 2",
        "(y + z)^2 = 2 y^2 + 2 z^2 -",
    ),
    proof(
        ANY,
        "2 * q.gradient + 2 * (a * (1 + a)) ** 2 * q.variance",
        "2 * q.gradient + 2 * (a * (1 + a)) * q.variance",
        "|E g| by |grad F|",
    ),
    formula(ANY, "meta/hypotheses", "371 * x.step_factor", "370 * x.step_factor", "B is large enough"),
    formula(ANY, "meta/hypotheses", "5 * x.step_factor", "4 * x.step_factor", "c <= 2/5, and |D|^2 left out"),
    formula(MAML, "meta/hypotheses", "2 * x.maml.hessian_noise", "x.maml.hessian_noise", "D_h is large enough"),
    formula(MAML, "meta/hypotheses", "6 * x.alpha", "5 * x.alpha", "a <= 1/6"),
    formula(FO, "meta/hypotheses", "10 * x.alpha", "9 * x.alpha", "a <= 1/10, but for the floor"),
    formula(HF, "meta/hypotheses", "6 * x.difference_factor", "5 * x.difference_factor", "eta <= 1/6"),
    formula(MAML, "meta/hypotheses", "lambda x: 20,", "lambda x: 19,", "numbers, and B >= 20"),
    formula(HF, "meta/hypotheses", "2 * x.hf_maml.hessian_noise", "x.hf_maml.hessian_noise", "D_h is large enough"),
]

# Each takes a proof's time: a part of them in the ordinary run, all of them with MAMLCHECK_CORRUPTIONS=all.
TRIED = NUMBERS if os.environ.get("MAMLCHECK_CORRUPTIONS") == "all" else NUMBERS[::3]
# claim, its constant, the least last digit with which its proof stands, as the numerator over 10,000
LOOSE = [(FO, 2034, 1698), (HF, 1574, 1341)]


def test_there_are_enough_of_them():
    assert len({(claim, changes) for claim, changes, _, _ in NUMBERS}) == len(NUMBERS) >= 160


@pytest.mark.parametrize(
    ("claim", "changes", "link", "said"),
    TRIED,
    ids=[f"{claim}: {changes[0].new}" for claim, changes, _, _ in TRIED],
)
def test_a_changed_number_is_refused_and_the_link_named(claim, changes, link, said):
    outcome = corrupted(claim, *changes)
    assert not outcome.proved
    assert [m for m in outcome.missing if link in m and said in m], outcome.missing


@pytest.mark.parametrize(("claim", "printed", "least"), LOOSE)
def test_a_constant_with_room_has_as_much_as_is_known(claim, printed, least):
    """The floors of FO-MAML and of HF-MAML: their proofs give less than their claims say."""
    for constant, proved in ((least, True), (least - 1, False)):
        texts = [f"{kind}({n}, 10000)" for kind in ("Rational", "Fraction") for n in (printed, constant)]
        outcome = corrupted(claim, in_proof(claim, *texts[:2]), in_claim(claim, *texts[2:]))
        assert outcome.proved == proved, outcome.missing


def test_a_proof_that_is_changed_in_nothing_that_matters_stands():
    """So it is the numbers that are refused above, and not the way in which files are changed."""
    changes = [
        in_proof(MAML, "As all steps with numbers", "Like all steps with numbers"),
        in_proof(SHARED, "LEAST_TASKS = 20", "LEAST_TASKS = 10 + 10"),
        in_claim(MAML, "/ 21\n", "/ (20 + 1)\n"),
        Change("meta/descent", "49 * factor", "(48 + 1) * factor"),
        Change("meta/hypotheses", "lambda x: 20,", "lambda x: 19 + 1,"),
    ]
    assert corrupted(MAML, *changes).proved
