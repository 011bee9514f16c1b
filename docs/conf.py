"""How Sphinx builds the documentation: `nox -s docs`, or `python -m sphinx -W --keep-going -b html docs docs/_build`.

No page loads anything from elsewhere: formulas are MathML, made when the pages are, and there are no remote fonts.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # the extension beside this file, and mamlcheck of this checkout

from mamlcheck.version import __version__  # noqa: E402

project = "mamlcheck"
author = copyright = "The mamlcheck developers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click", "sphinx_copybutton", "extension"]
source_suffix = {".md": "markdown", ".myst": "markdown"}  # .myst: pages that the extension generates
exclude_patterns = ["_build", "extension"]
smartquotes = False  # an option of a command begins with two hyphens, not with a dash

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
html_math_renderer = "mathml"

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True  # as written: what a function's repr looks like tells nobody anything
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = "mamlcheck"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = html_show_sphinx = html_show_copyright = False
pygments_style, pygments_dark_style = "friendly", "github-dark"
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

_FONTS = {
    "font-stack": 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
    "font-stack--headings": 'Charter, "Bitstream Charter", "Iowan Old Style", "Sitka Text", Cambria, Georgia, serif',
    "font-stack--monospace": 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace',
}


def _colours(paper: str, raised: str, ink: str, soft: str, rule: str, link: str) -> dict[str, str]:
    """The colours of the report's page, mamlcheck/report/page.css, by the names that the theme has for them."""
    return {
        "color-background-primary": paper,
        "color-background-secondary": raised,
        "color-background-border": rule,
        "color-background-hover": raised,
        "color-foreground-primary": ink,
        "color-foreground-secondary": soft,
        "color-foreground-muted": soft,
        "color-foreground-border": soft,
        "color-brand-primary": link,
        "color-brand-content": link,
        "color-brand-visited": link,
        "color-code-background": raised,
        "color-inline-code-background": raised,
    }


html_theme_options = {
    "light_css_variables": _FONTS | _colours("#fdfdfb", "#f4f4f0", "#1d2125", "#585f66", "#dcdcd5", "#005f99"),
    "dark_css_variables": _colours("#16191c", "#1f2327", "#e4e4df", "#a3a9ae", "#363b40", "#7cc0f0"),
}
