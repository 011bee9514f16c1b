"""False claims with proofs that would have them proved, each made of a new file in claims/ and one in proofs/ alone.

None is proved, and each is told what is missing. They stand in a copy of the package, so that nothing but these files
is new, and one run of `mamlcheck prove` meets them all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from known import PROVED

import mamlcheck
from mamlcheck.claims import load_claim

HEAD = '''"""A claim."""

from fractions import Fraction

from mamlcheck.claims import lemma_4_8, hf_error, theorem_4_11
from mamlcheck.claims.lemma_4_9 import first_moment, second_moment
from mamlcheck.claims.lemma_4_10 import bias
from mamlcheck.claims.lemma_4_10 import second_moment as adapted
from mamlcheck.meta import hypotheses
from mamlcheck.meta.hypotheses import Hypothesis, Inequality

TITLE, STATEMENT, WHERE, GUARANTEE, SOURCE = "False: it is", "1 \\\\le 0", "", "none", "nobody"
ASSUMPTIONS = ("4.2", "4.3", "4.4", "4.5", "4.6")
'''

PROOF = '''"""A proof."""

import sympy
from sympy import Rational

from mamlcheck.language.terms import IDENTITY, Vector
from mamlcheck.language.vocabulary import *
from mamlcheck.language.vocabulary import TASK, number, smoothness, hessian_lipschitz, inner_rate
from mamlcheck.proof.catalogue import chains_of, proof_file
from mamlcheck.proof.kernel import axiom, fact


def obvious(p):
    """Something true."""
    size = p.language.norm(p.language.vector("w"))
    return [p.chain("obvious", size).step("twice is more", 2 * size, remainder=size)]

'''

FIXED, ALL, NONE = '("tasks", "alpha", "w", "i", "D_in", "D_o")', '("tasks", "alpha", "w", "u")', "()"
RATE = "(hypotheses.inner_rate_at_most_one_over_l,)"
OBVIOUS = "prove = obvious"
ONE, ZERO = "def left(x):\n    return x.ar.exact(1)", "def right(x):\n    return x.ar.exact(0)"


def claim(quantifies: str, assumes: str, *sides: str) -> str:
    return f"{HEAD}QUANTIFIES = {quantifies}\nHYPOTHESES = {assumes}\n\n\n" + "\n\n\n".join(sides) + "\n"


def returns(side: str, value: str) -> str:
    return f"def {side}(x):\n    return {value}"


def of(name: str, more: str = "return chains") -> str:
    """The proof of a claim, and then something more."""
    return f'def prove(p):\n    x = p.language\n    chains = proof_file("{name}").prove(p)\n    {more}'


LEFT_HF, LEFT_48, LEFT_BIAS = "left = hf_error.left", "left = lemma_4_8.left", "left = bias.left"
MANY = (
    '(Hypothesis("many", "m >= 50", '
    '(Inequality("many", lambda x: x.ar.exact([50]), lambda x: x.ar.exact([x.given.tasks.m])),)),)'
)
HF_BOUND = "x.hessian_lipschitz * x.delta * x.ar.squared_norm(x.v)"
BOUND_48 = "x.at_both.smoothness_bound(x.smoothness, x.hessian_lipschitz)"

# name: the claim, its proof, and what is said to be missing
FALSE: dict[str, tuple[str, str, str]] = {
    # -- samples that are silent, or see nothing
    "one_is_zero_if_m_is_large": (claim(ALL, MANY, ONE, ZERO), OBVIOUS, "is not the left side"),
    "one_is_zero_by_that_hypothesis": (
        claim(ALL, MANY, ONE, ZERO),
        'def prove(p):\n    return [p.chain("c", 1).step("many", 0, p.hypothesis("many"))]',
        "no hypothesis many: it cannot be read",
    ),
    "one_is_zero_where_nothing_is": (
        claim(ALL, '(Hypothesis("no", "no", (Inequality("no", lambda x: 1, lambda x: 0),)),)', ONE, ZERO),
        'def prove(p):\n    return [p.chain("c", 1).step("no", 0)]',
        "left unjustified",
    ),
    "a_batch_too_many_under_the_noise": (
        claim(
            FIXED,
            RATE,
            "left = adapted.left",
            returns(
                "right",
                "adapted.right(x) - x.noisy_fixed_task_variance / x.sizes.outer"
                " + x.noisy_fixed_task_variance / (x.sizes.outer * x.sizes.outer)",
            ),
        ),
        of("lemma_4_10.second_moment"),
        "is not the right side",
    ),
    "a_root_too_few": (
        claim(FIXED, RATE, LEFT_BIAS, returns("right", "bias.right(x) / x.sizes.inner")),
        of("lemma_4_10.bias"),
        "is not the right side",
    ),
    "right_side_zero_for_many_samples": (
        claim(
            ALL,
            RATE,
            LEFT_48,
            "def right(x):\n    return lemma_4_8.right(x) if x.given.tasks.m < 60 else x.ar.exact([0])",
        ),
        of("lemma_4_8"),
        "only straight-line code",
    ),
    "right_side_zero_by_a_product": (
        claim(ALL, RATE, LEFT_48, returns("right", "lemma_4_8.right(x) * (x.given.tasks.m < 60)")),
        of("lemma_4_8"),
        "only straight-line code",
    ),
    "right_side_zero_by_arithmetic_on_the_number_of_samples": (
        claim(ALL, RATE, LEFT_48, returns("right", "lemma_4_8.right(x) * (1 - x.given.tasks.m // 60)")),
        of("lemma_4_8"),
        r"x\.given is no quantity",
    ),
    # -- hypotheses by their names
    "any_rate_by_a_name": (
        claim(
            ALL,
            '(Hypothesis("inner_rate_at_most_one_over_l", "alpha in [0, 1/L]", ()),)',
            LEFT_48,
            "right = lemma_4_8.right",
        ),
        of("lemma_4_8"),
        "no hypothesis alpha <= 1/L|>= 0",
    ),
    "any_rate_by_the_name_of_an_inequality": (
        claim(
            ALL,
            '(Hypothesis("h", "h", (Inequality("alpha <= 1/L", lambda x: 0, lambda x: 1),'
            ' Inequality("alpha >= 0", lambda x: 0, lambda x: x.alpha))),)',
            LEFT_48,
            "right = lemma_4_8.right",
        ),
        of("lemma_4_8"),
        "left unjustified",
    ),
    "a_rate_up_to_two": (
        claim(
            ALL,
            '(Hypothesis("h", "h", (Inequality("alpha <= 1/L", lambda x: x.alpha * x.smoothness, lambda x: 2),'
            ' Inequality("alpha >= 0", lambda x: 0, lambda x: x.alpha))),)',
            LEFT_48,
            "right = lemma_4_8.right",
        ),
        of("lemma_4_8"),
        "left unjustified",
    ),
    "a_rate_of_any_sign": (
        claim(
            ALL,
            '(Hypothesis("h", "h", (Inequality("alpha <= 1/L", lambda x: x.alpha * x.smoothness, lambda x: 1),)),)',
            LEFT_48,
            "right = lemma_4_8.right",
        ),
        of("lemma_4_8"),
        "not manifestly >= 0|left unjustified",
    ),
    "a_sign_from_a_triviality": (
        claim(
            ALL,
            '(Hypothesis("h", "h", (Inequality("s", lambda x: 0, lambda x: x.ar.sqrt(x.ar.square(x.alpha))),)),)',
            returns("left", "-x.alpha"),
            ZERO,
        ),
        'def prove(p):\n    a = inner_rate(p.language)\n    return [p.chain("c", -a).step("sign", 0, remainder=a)]',
        "not manifestly >= 0",
    ),
    "a_hypothesis_that_is_a_function": (
        claim(ALL, "(lambda x: 1,)", ONE, ZERO),
        OBVIOUS,
        "Give a Hypothesis",
    ),
    "enough_samples_left_out": (
        claim(
            '("tasks", "alpha", "w", "D_beta", "B\'")',
            "(hypotheses.inner_rate_at_most_one_over_l, hypotheses.positive_smoothness)",
            "left = first_moment.left",
            "right = first_moment.right",
        ),
        of("lemma_4_9.first_moment"),
        "does not assume enough_stepsize_samples",
    ),
    "what_always_holds_said_again": (
        claim(ALL, '(Hypothesis("h", "h", (Inequality("B\' >= 1", lambda x: 1, lambda x: 0),)),)', ONE, ZERO),
        'def prove(p):\n    return [p.chain("c", 1).step("B\'", 0, p.hypothesis("B\' >= 1"))]',
        "left unjustified",
    ),
    # -- a finished proof, changed
    "three_times_the_left_side": (
        claim(FIXED, NONE, returns("left", "3 * hf_error.left(x)"), "right = hf_error.right"),
        of("hf_error", "chains[0].start = 3 * chains[0].start\n    return chains"),
        "is not assigned",
    ),
    "three_times_the_left_side_by_force": (
        claim(FIXED, NONE, returns("left", "3 * hf_error.left(x)"), "right = hf_error.right"),
        of("hf_error", 'object.__setattr__(chains[0], "start", 3 * chains[0].start)\n    return chains'),
        "is not the left side",
    ),
    "a_hypothesis_put_in": (
        claim(ALL, NONE, ONE, ZERO),
        'def prove(p):\n    p.hypotheses["h"] = (1, 0, False)\n'
        '    return [p.chain("c", 1).step("h", 0, p.hypothesis("h"))]',
        "breaks off with TypeError",
    ),
    "hypotheses_assigned": (
        claim(ALL, NONE, ONE, ZERO),
        'def prove(p):\n    p.hypotheses = {"h": (1, 0, False)}\n'
        '    return [p.chain("c", 1).step("h", 0, p.hypothesis("h"))]',
        "is not assigned",
    ),
    "signs_assigned": (
        claim(ALL, NONE, ONE, ZERO),
        'def prove(p):\n    p.language.positive = frozenset({"alpha"})\n    return obvious(p)',
        "is not assigned",
    ),
    "meanings_put_in": (
        claim(ALL, NONE, ONE, ZERO),
        'def prove(p):\n    x = p.language\n    w = x.norm(x.vector("w"))\n'
        '    x.meanings[sympy.Symbol("n", negative=True)] = x.meanings[w]\n    return obvious(p)',
        "breaks off with TypeError",
    ),
    "assumptions_assigned": (
        claim(ALL, NONE, ONE, ZERO),
        "def prove(p):\n    p.assumptions = frozenset()\n    return obvious(p)",
        "is not assigned",
    ),
    "the_strong_form_said_later": (
        claim(FIXED, NONE, LEFT_HF, returns("right", f"{HF_BOUND} / 2")),
        of("hf_error", "chains[0].strong_form()\n    chains[0].strong_form()\n    return chains"),
        "said once",
    ),
    "a_form_that_does_not_lead_on": (
        claim(FIXED, RATE, LEFT_BIAS, returns("right", "bias.right(x) / 2")),
        of("lemma_4_10.bias"),
        "is not the right side",
    ),
    # -- sides that are not those of the proof
    "half_of_half": (
        claim(FIXED, NONE, LEFT_HF, returns("right", f"{HF_BOUND} / 3")),
        of("hf_error"),
        "is not the right side",
    ),
    "half_of_half_by_a_step": (
        claim(FIXED, NONE, LEFT_HF, returns("right", f"{HF_BOUND} / 3")),
        of("hf_error", 'chains[0].step("so", chains[0].end / 3)\n    return chains'),
        "left unjustified",
    ),
    "half_of_half_by_a_negative_rest": (
        claim(FIXED, NONE, LEFT_HF, returns("right", f"{HF_BOUND} / 3")),
        of("hf_error", 'chains[0].step("so", chains[0].end / 3, remainder=-2 * chains[0].end / 3)\n    return chains'),
        "not manifestly >= 0",
    ),
    "a_minimum_with_zero": (
        claim(ALL, RATE, LEFT_48, returns("right", "x.ar.minimum(lemma_4_8.right(x), 0)")),
        of("lemma_4_8"),
        "is not the right side",
    ),
    "a_double_above_four_fifths": (
        claim(
            '("tasks", "alpha", "w", "D_beta", "B\'")',
            "first_moment.HYPOTHESES",
            returns("left", "x.ar.exact(0.8) / x.smoothness_bound"),
            "right = first_moment.right",
        ),
        of("lemma_4_9.first_moment"),
        "is not the left side",
    ),
    "second_moment_of_one": (
        claim(
            '("tasks", "alpha", "w", "D_beta", "B\'")',
            "second_moment.HYPOTHESES",
            "left = second_moment.left",
            returns("right", "1 / x.ar.square(x.smoothness_bound)"),
        ),
        of("lemma_4_9.second_moment"),
        "is not the right side",
    ),
    "the_smaller_bound_from_one_point": (
        claim(ALL, RATE, LEFT_48, "right = lemma_4_8.right"),
        of("lemma_4_8", "return chains[:1]"),
        "is not the right side",
    ),
    "sides_exchanged": (
        claim(FIXED, NONE, "left = hf_error.right", "right = hf_error.left"),
        of("hf_error"),
        "is not the left side",
    ),
    "without_the_hessians": (
        claim(
            '("tasks", "alpha", "w", "D_test")',
            RATE,
            "left = theorem_4_11.left",
            returns(
                "right",
                "2 * x.alpha * x.smoothness"
                " * x.ar.weighted_sum(x.tasks.probabilities, x.ar.sqrt(x.gradient_variances / x.sizes.test), -1)",
            ),
        ),
        of("theorem_4_11"),
        "is not the right side",
    ),
    "another_batch": (
        claim(
            '("tasks", "alpha", "w", "D_test")',
            RATE,
            "left = theorem_4_11.left",
            returns("right", "theorem_4_11.right(x) * x.sizes.test / x.sizes.inner"),
        ),
        of("theorem_4_11"),
        "is not the right side",
    ),
    "the_fixed_task_in_a_claim_of_all": (
        claim('("tasks", "w", "v", "delta")', NONE, LEFT_HF, returns("right", f"{HF_BOUND} / 3")),
        of("hf_error"),
        "of the fixed task",
    ),
    "a_bound_of_the_other_point": (
        claim(ALL, RATE, LEFT_48, returns("right", f"{BOUND_48}[..., 0] * x.ar.norm(x.w)")),
        of("lemma_4_8"),
        "is not the right side",
    ),
    # -- functions that do something else here and there
    "a_closure": (
        claim(FIXED, NONE, LEFT_HF, f"def made(factor):\n    return lambda x: {HF_BOUND} / factor", "right = made(3)"),
        of("hf_error"),
        "holds values from outside",
    ),
    "a_default": (
        claim(FIXED, NONE, LEFT_HF, f"def right(x, factor=[3]):\n    return {HF_BOUND} / factor[0]"),
        of("hf_error"),
        "holds values from outside",
    ),
    "an_error_caught": (
        claim(
            FIXED,
            NONE,
            LEFT_HF,
            "def right(x):\n    try:\n        x.given\n        return x.ar.exact([0])\n"
            "    except Exception:\n        return hf_error.right(x)",
        ),
        of("hf_error"),
        "straight-line",
    ),
    "a_type_looked_at": (
        claim(FIXED, NONE, LEFT_HF, returns("right", "hf_error.right(x) * isinstance(x, Hypothesis)")),
        of("hf_error"),
        "uses isinstance",
    ),
    "an_object_that_is_called": (
        claim(
            FIXED,
            NONE,
            LEFT_HF,
            "class Side:\n    def __call__(self, x):\n        return hf_error.right(x)",
            "right = Side()",
        ),
        of("hf_error"),
        "no plain function",
    ),
    "a_function_with_a_memory": (
        claim(FIXED, NONE, LEFT_HF, "seen = []\n\n\ndef right(x):\n    seen.append(x)\n    return hf_error.right(x)"),
        of("hf_error"),
        "integers, fractions and functions",
    ),
    "a_number_that_changes": (
        claim(
            FIXED,
            NONE,
            LEFT_HF,
            "factor = 1\n\n\ndef right(x):\n    global factor\n    factor = 0\n    return hf_error.right(x) * factor",
        ),
        of("hf_error"),
        "more than calculate",
    ),
    "a_sum_in_place": (
        claim(FIXED, NONE, LEFT_HF, "def right(x):\n    bound = hf_error.right(x)\n    bound *= 0\n    return bound"),
        of("hf_error"),
        "more than calculate",
    ),
    "sides_that_call_themselves": (
        claim(FIXED, NONE, LEFT_HF, returns("right", "right(x)")),
        of("hf_error"),
        "recursion",
    ),
    # -- proofs that are none
    "no_chain": (claim(ALL, NONE, ONE, ZERO), "def prove(p):\n    return []", "returns no chain"),
    "nothing": (claim(ALL, NONE, ONE, ZERO), "def prove(p):\n    return None", "breaks off with TypeError"),
    "a_chain_without_links": (
        claim(ALL, NONE, ONE, ZERO),
        'def prove(p):\n    return [p.chain("c", 0)]',
        "without links proves nothing",
    ),
    "an_error": (claim(ALL, NONE, ONE, ZERO), "def prove(p):\n    return 1 / 0", "breaks off with ZeroDivisionError"),
    "itself": (claim(ALL, NONE, ONE, ZERO), 'def prove(p):\n    return chains_of(p, "false_itself")', "circular"),
    "something_like_a_chain": (
        claim(ALL, NONE, ONE, ZERO),
        "class Mine:\n    strong = None\n    def strong_fact(self):\n        return True\n\n\n"
        "def prove(p):\n    return [Mine()]",
        "belongs to another proof",
    ),
    "beside_the_point": (claim(ALL, NONE, ONE, ZERO), OBVIOUS, "is not the left side"),
    "a_ratio_of_nothing": (
        claim(ALL, NONE, ONE, ZERO),
        'def prove(p):\n    x = p.language\n    r = x.ratio("r", sympy.Integer(0), sympy.Integer(0))\n'
        '    zero = p.chain("z", 0).step("", 0).done()\n'
        '    return [p.chain("c", 1).step("0 / 0", 0, fact(zero).quotient(r).times(1))]',
        "not manifestly > 0",
    ),
    "an_assumption_not_made": (
        claim(FIXED, NONE, LEFT_HF, "right = hf_error.right").replace(
            '("4.2", "4.3", "4.4", "4.5", "4.6")', '("4.5",)'
        ),
        of("hf_error"),
        "which false_an_assumption_not_made does not make",
    ),
}


def shrunk() -> dict[str, tuple[str, str, str]]:
    """Every proved claim of the package with a right side a hair smaller, and with a left side a hair larger."""
    found = {}
    for name in PROVED:
        module = ".".join(["mamlcheck", "claims", name])
        quantifies = repr(load_claim(name).quantifies)
        for side, other, factor in (("right", "left", Fraction(999, 1000)), ("left", "right", Fraction(1001, 1000))):
            text = claim(
                quantifies,
                "printed.HYPOTHESES",
                f"{other} = printed.{other}",
                returns(side, f"printed.{side}(x) * x.ar.exact(Fraction{factor.as_integer_ratio()})"),
            )
            head, sep, rest = text.partition("\nTITLE")
            source = f"{head}\nimport {module} as printed{sep}{rest}"
            found[f"hair_{side}_{name.replace('.', '_')}"] = (source, of(name), f"is not the {side} side")
    return found


CASES = FALSE | shrunk()


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What `mamlcheck prove --json` says of all of them, in a copy of the package that has these files too."""
    home = tmp_path_factory.mktemp("copy")
    here = Path(mamlcheck.__file__).parent
    leave_out = shutil.ignore_patterns("__pycache__", "data")
    shutil.copytree(here, home / "mamlcheck", ignore=shutil.ignore_patterns("__pycache__"))
    proofs = here / "proofs" if (here / "proofs").is_dir() else here.parent / "proofs"
    target = home / "mamlcheck" / "proofs"
    if not target.is_dir():
        shutil.copytree(proofs, target, ignore=leave_out)
    for name, (source, proof, _) in CASES.items():
        (home / "mamlcheck" / "claims" / f"false_{name}.py").write_text(source, encoding="utf-8")
        (target / f"false_{name}.py").write_text(PROOF + "\n" + proof + "\n", encoding="utf-8")
    code = (
        "import json, sys\n"
        "from mamlcheck.claims import load_claim\n"
        "from mamlcheck.errors import MamlcheckError\n"
        "from mamlcheck.proof.catalogue import proved\n"
        "found = {}\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n"
        "        one = proved(name)\n"
        "        found[name] = [one.proved, list(one.missing)]\n"
        "    except MamlcheckError as error:\n"
        "        found[name] = [False, [str(error)]]\n"
        "print(json.dumps(found))\n"
    )
    names = [f"false_{name}" for name in CASES]
    done = subprocess.run(
        [sys.executable, "-c", code, *names, "hf_error"], capture_output=True, text=True, check=False, cwd=home,
        env=os.environ | {"PYTHONPATH": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_there_are_enough_of_them():
    assert len(FALSE) >= 40
    assert len(CASES) == len(FALSE) + 2 * len(PROVED)


def test_a_true_claim_beside_them_is_proved(outcome):
    assert outcome["hf_error"] == [True, []]


@pytest.mark.parametrize("name", CASES)
def test_none_is_proved_and_what_is_missing_is_said(outcome, name):
    proved, missing = outcome[f"false_{name}"]
    assert not proved
    assert missing
    assert re.search(CASES[name][2], " ".join(missing), re.S), missing
