"""Statements as MathML: nothing but known elements and attributes comes out, whatever goes in."""

from __future__ import annotations

from typing import Any

import pytest

from mamlcheck.report.mathml import statement_html


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(x)}{x}",
        r"\class{a}{x} < \& \text{&lt;script&gt;}",
        r"\frac{a",
        "\\",
        r"{{{{",
        "",
        '" onload="x',
    ],
)
def test_hostile_statements(parse: Any, latex: str) -> None:
    html = statement_html(latex)
    parsed = parse(html)
    assert not {"script", "a"} & {tag for tag, _ in parsed.tags}
    assert not {"href", "style", "onload", "class", "xmlns"} & {name for _, a in parsed.tags for name in a}


def test_macros_and_long_texts_are_shown_as_they_stand() -> None:
    assert statement_html(r"\newcommand{\a}{xx}\a") == r"<code>\newcommand{\a}{xx}\a</code>"
    assert statement_html(r"\providecommand{\a}{xx}\a").startswith("<code>")
    assert statement_html("{" * 2000 + "x" + "}" * 2000).startswith("<code>")  # too deep to convert
    assert statement_html("x" * 6000).startswith("<code>")
    assert statement_html("$x$").startswith('<math display="block">')


@pytest.mark.parametrize(
    ("latex", "opens"),
    [
        ("L(w)", "<mo>(</mo>"),  # nothing beside it is taller: it stays as high as it is
        ("f_i(w)", '<mo stretchy="false">(</mo>'),
        (r"(\frac{1}{2})", '<mo stretchy="false">(</mo>'),
        (r"L\big(w\big)", '<mo minsize="1.2em" maxsize="1.2em">(</mo>'),  # a size that was asked for
    ],
)
def test_a_parenthesis_says_that_it_does_not_stretch_where_it_would(latex: str, opens: str) -> None:
    assert opens in statement_html(latex)
