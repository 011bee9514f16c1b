"""The directive `picture`: lines of Python, and the picture that they make, drawn when the site is built.

The lines have the names of the pictures before them on the page, and call their picture `svg`. So what is shown is what
the lines make, and lines that no longer work stop the building.
"""

from __future__ import annotations

import base64
import re
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from mamlcheck.report import bars, strips
from mamlcheck.report.page import page_file

# Charts are drawn with the names of the report's colours: those that the theme of the site has, and four of their own.
COLOURS = """
.picture {
  --paper: var(--color-background-primary); --ink: var(--color-foreground-primary); --sans: var(--font-stack);
  --soft: var(--color-foreground-secondary); --rule: var(--color-background-border);
  --dot: #0072b2; --bad: #a63a00; --warn: #7a5200; --good: #00664b; margin: 1rem 0 2rem; max-width: 34rem;
}
.picture:has(img) { max-width: none; } .picture img { max-width: 100%; height: auto; }
"""
DARK = "--dot: #56b4e9; --bad: #ff9d66; --warn: #f2c14e; --good: #5fcfa8;"
IN_THE_DARK = (
    f'body[data-theme="dark"] .picture {{ {DARK} }}\n'
    f'@media (prefers-color-scheme: dark) {{ body:not([data-theme="light"]) .picture {{ {DARK} }} }}\n'
)


class Picture(SphinxDirective):
    """Its argument says what is seen, for those who do not see it."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """The lines, then what they make."""
        code = "\n".join(self.content)
        names = self.env.temp_data.setdefault("names of pictures", {"__name__": "pictures"})
        first = "svg" not in names
        exec(compile(code, f"{self.env.docname}, line {self.lineno}", "exec"), names)
        lines = nodes.literal_block(code, code, language="python")
        style = f"<style>{style_sheet()}</style>\n" if first else ""
        shown = nodes.raw("", f"{style}{figure(names['svg'], self.arguments[0])}\n", format="html")
        return [lines, shown]


def figure(svg: str, told: str) -> str:
    """A picture as HTML. One that is a file of its own carries a style, which must not reach the page around it."""
    if "xmlns=" in svg:
        coded = base64.b64encode(svg.encode()).decode()
        svg = f'<img src="data:image/svg+xml;base64,{coded}" alt="{escape(told)}">'
    return f'<figure class="picture">{svg}</figure>'


def style_sheet() -> str:
    """What the report's page says of charts, in the colours of the site."""
    rules = re.findall(r"^\.chart.*$", page_file("page.css"), re.MULTILINE)
    return COLOURS + IN_THE_DARK + "\n".join([*rules, bars.CSS, strips.CSS])
