r"""LaTeX statements as MathML that is safe to put into a page.

`latex2mathml` gives an element tree, but its own text output leaves `<` and `&` of `\text{...}` unescaped
and passes `\href` and `\style` on.  Only the tree is used here: known elements, known attributes, all text
escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup

from mamlcheck.report.plaintext import prose_parts

# fmt: off
_ELEMENTS = frozenset({
    "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom",
    "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup",
    "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none",
})
_ATTRIBUTES = frozenset({
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "display",
    "displaystyle", "fence", "form", "height", "largeop", "linethickness", "lspace", "mathvariant",
    "maxsize", "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel",
    "separator", "stretchy", "symmetric", "voffset", "width",
})
# fmt: on
_WITHOUT_EFFECT = frozenset({("display", "inline"), ("fence", "false")})
# MathML's operator dictionary has these as stretching fences where they begin or end a row.
_FENCES = frozenset("()[]{}|\u2016\u27e8\u27e9")
# Beside these alone, none of which is taller, a parenthesis does not stretch anyhow.
_FLAT = frozenset("()+,-−=<>≤≥")
# A longer formula is shown as it stands: set, it is several screens wide, and its end is lost on paper.
_LONGEST_STATEMENT_CHARACTERS = 400
# A few macros can expand to any length, so a statement that defines one is shown as it stands.
_MACRO_DEFINITION = re.compile(r"\\(?:newcommand|renewcommand|providecommand|DeclareMathOperator|[egx]?def|let)\b")


def prose_html(text: str) -> str:
    """Prose with its formulas, between dollar signs, as inline MathML and its code, between backticks, as code."""
    kinds: dict[str, Callable[[str], str]] = {
        "text": escape,
        "math": lambda part: statement_html(part, display="inline"),
        "code": lambda part: f"<code>{escape(part)}</code>",
    }
    return "".join(kinds[kind](part) for kind, part in prose_parts(text))


def code_html(text: str) -> Markup:
    """Code as the text of an element, where quotation marks, of which there are many, may stand as they are."""
    return Markup(escape(text, quote=False))


@lru_cache(maxsize=1024)  # a page shows many a formula twice, and a conversion takes a millisecond
def statement_html(latex: str, display: str = "block", longest: int = _LONGEST_STATEMENT_CHARACTERS) -> str:
    """`latex` as MathML, a block or `inline`, or as escaped code where it cannot be converted.

    longest: in characters; what is longer is code too.
    """
    text = latex.strip().strip("$").strip()
    fallback = f"<code>{escape(latex)}</code>"
    if not text or len(text) > longest or _MACRO_DEFINITION.search(text):
        return fallback
    try:
        return _serialised(convert_to_element(text, display=display))
    except Exception:  # the converter raises many kinds, IndexError and RecursionError among them
        return fallback


def _is_flat(row: Element) -> bool:
    """Whether nothing in a row is taller than a parenthesis."""
    return all(each.tag in ("mi", "mn") or unescape(each.text or "") in _FLAT for each in row)


def _serialised(element: Element, implied: bool = False) -> str:
    """An element as text. implied: its attributes say what a browser knows of it at its place."""
    if element.tag == "mrow" and len(element) == 1 and not (element.text or "").strip():
        return _serialised(element[0])
    tag = element.tag if element.tag in _ELEMENTS else "mrow"
    kept = () if implied else element.attrib.items()
    attributes = "".join(
        f' {name}="{escape(unescape(value))}"'
        for name, value in kept
        if name in _ATTRIBUTES and (name, value) not in _WITHOUT_EFFECT
    )
    if tag == "math" and len(element) == 1 and element[0].tag == "mrow":  # the whole is a row anyhow
        element = element[0]
    if tag == "mspace":
        return f"<mspace{attributes}/>"
    # The converter writes characters as entities (&#x02016;) into the tree: decode, then escape.
    inner = escape(unescape(element.text or ""), quote=False)
    flat = tag in ("mrow", "math") and _is_flat(element)
    for k, child in enumerate(element):
        at_an_end = tag in ("mrow", "math") and (k, child.get("form")) in ((0, "prefix"), (len(element) - 1, "postfix"))
        text = unescape(child.text or "")
        low = flat and text in _FLAT and child.attrib == {"stretchy": "false"}
        inner += _serialised(child, implied=(at_an_end and text in _FENCES) or low)
        inner += escape(unescape(child.tail or ""), quote=False)
    return f"<{tag}{attributes}>{inner}</{tag}>"
