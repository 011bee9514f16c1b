"""Formulas as MathML, by what the report's page uses: no script of a page typesets anything."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.writers.html5 import HTML5Translator

from mamlcheck.report.mathml import statement_html

LONGEST = 1000  # characters of a formula that is set; each has a line of its own here, which is scrolled


def inline(translator: HTML5Translator, node: nodes.Element) -> None:
    """A formula in a sentence."""
    translator.body.append(statement_html(node.astext(), display="inline"))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.Element) -> None:
    """A formula in a line of its own. One that is too long to be set stands as code."""
    where = "".join(f' id="{escape(name)}"' for name in node["ids"][:1])
    # It may be wider than a phone, and is then scrolled; who uses the keyboard has to reach it to do so.
    set_in_a_line = statement_html(node.astext(), longest=LONGEST)
    translator.body.append(f'<div class="formula" tabindex="0"{where}>{set_in_a_line}</div>\n')
    raise nodes.SkipNode


def left(translator: HTML5Translator, node: nodes.Element) -> None:
    """Nothing is left to be done after a formula."""
