"""LaTeX as plain text: what statements use, grouping kept, the unknown left as it is."""

from __future__ import annotations

import pytest

from mamlcheck.claims import load_claims
from mamlcheck.report.mathml import prose_html
from mamlcheck.report.plaintext import plain, plain_prose, prose_parts


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\tilde\sigma", "σ̃"),
        (r"\tilde{\beta}(w)^2", "β̃(w)²"),
        (r"\hat F", "F̂"),
        (r"\frac{a + b}{c}", "(a + b)/c"),
        (r"\frac{1}{\sqrt{D_{in}}}", "1/√D_in"),
        (r"\sqrt{a + b}", "√(a + b)"),
        (r"\frac ab", "a/b"),
        (r"x^{-12}", "x⁻¹²"),
        (r"x^{k+1}", "x^(k+1)"),
        (r"w_{k+1}", "w_(k+1)"),
        (r"\|\nabla f_i(w)\| \le L", "‖∇f_i(w)‖ ≤ L"),
        (r"\mathbb{E} \|H\|^2", "E ‖H‖²"),
        (r"\lceil 0.5 \rceil", "⌈0.5⌉"),
        (r"f_1''(0)", "f_1''(0)"),
        (r"\text{diag}(\pm 1)", "diag(±1)"),
        (r"a \, b \quad c", "a b c"),
        (r"\unknown{a} \%", r"\unknowna \%"),
        (r"\frac", "/"),
        ("x^", "x^"),
        ("{a", "a"),
        ("", ""),
    ],
)
def test_plain(latex, text):
    assert plain(latex) == text


def test_every_statement_of_the_claims_reads():
    for claim in load_claims():
        for latex in (claim.statement, claim.where):
            assert "\\" not in plain(latex)


def test_prose():
    text = "so $a < b$ and `c_d` cost $5"
    assert prose_parts(text) == [
        ("text", "so "), ("math", "a < b"), ("text", " and "), ("code", "c_d"), ("text", " cost $5"),
    ]  # fmt: skip
    assert plain_prose(text) == "so a < b and c_d cost $5"
    html = prose_html(text)
    assert html.startswith("so <math")
    assert html.endswith(" and <code>c_d</code> cost $5")
    assert "<math><mi>a</mi>" in html


@pytest.mark.parametrize("text", ["<b>", "$<script>$", r"$\text{<script>}$", "`<i>`", r"$\href{javascript:x}{y}$"])
def test_prose_is_escaped(text):
    html = prose_html(text)
    for part in ("<b>", "<script", "<i>", " href="):
        assert part not in html
