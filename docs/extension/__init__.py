"""What Sphinx does here beyond its own: pages generated of the package, formulas as MathML, links and docstrings.

Each file in `extension/pages` generates the pages of one kind, of what the package has when the site is built, so that
a new claim, proof, finding, axiom or schema has its page without a word written here.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
from pathlib import Path

from sphinx.application import Sphinx

from extension import docstrings, helptexts, pages
from extension.links import kept_inside
from extension.mathml import block, inline, left
from extension.pictures import Picture

GENERATED = Path("reference", "generated")


def generate(app: Sphinx) -> None:
    """Write the generated pages: what is as it was is left alone, and what is no longer generated is removed."""
    folder = Path(app.srcdir) / GENERATED
    wanted = {folder / f"{place}.myst": text for place, text in _generated().items()}
    for path in set(folder.rglob("*.myst")) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _generated() -> dict[str, str]:
    """All generated pages by their places, such as `claims/lemma_4_8`."""
    found: dict[str, str] = {}
    for info in pkgutil.iter_modules(pages.__path__):
        made = importlib.import_module(f"{pages.__name__}.{info.name}").pages()
        found |= {f"{info.name}/{name}": text for name, text in made.items()}
    return found


def _is_of_a_full_folder(record: logging.LogRecord) -> bool:
    """An index lists what stands beside it, which may be nothing; the warning has no type by which it is suppressed."""
    return "didn't match any documents" not in str(record.msg)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    logging.getLogger("sphinx.sphinx.directives.other").addFilter(_is_of_a_full_folder)
    app.add_html_math_renderer("mathml", (inline, left), (block, left))
    app.add_directive("picture", Picture)
    app.connect("builder-inited", generate)
    app.connect("source-read", kept_inside)
    app.connect("autodoc-process-docstring", docstrings.as_restructured_text)
    app.connect("autodoc-process-signature", docstrings.signature)
    for part in helptexts.EVENTS:
        app.connect(f"sphinx-click-process-{part}", helptexts.as_restructured_text)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
