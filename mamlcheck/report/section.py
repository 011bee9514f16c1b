"""What a section of the page is, and how sections are found: by their place in a folder.

A section file holds
    ORDER          a number: sections follow one another in this order
    TEMPLATE       the section's HTML as a Jinja template, in which `rows` is what the function `rows` returned and
                   `marks` has the macros of `marks.html.j2`
    rows(results)  what the template prints, as frozen data; where it is empty the page has no such section
and, where it needs them,
    CSS            style rules for its own elements
    says(results)  what of it belongs at the head of the page, as `outcome.Says`

Nothing is registered anywhere. A folder of the same kind may divide a section: `sections/claims/` has a file for each
part of what is shown of a claim, and there `rows` takes one claim. The folder's own file has a function `parts()` that
returns them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Generic, TypeVar

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.errors import MamlcheckError
from mamlcheck.report.outcome import Says

Shown = TypeVar("Shown")
"""What a section shows: the results, or one claim of them."""

REQUIRED = ("ORDER", "TEMPLATE", "rows")


@dataclass(frozen=True)
class Section(Generic[Shown]):
    """A section of the page, or a part of one, as its file says. parts: the names of its parts."""

    name: str
    order: int
    template: str
    css: str
    rows: Callable[[Shown], object]
    says: Callable[[Results], Says]
    parts: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and those of its parts."""
        return (self.name, *(f"{self.name}.{part}" for part in self.parts))

    def html(self, shown: Shown) -> Markup:
        """The section as HTML, empty where it has nothing to show."""
        rows = self.rows(shown)
        return Markup(compiled(self.template).render(rows=rows)) if rows else Markup()


def sections_in(package: ModuleType) -> tuple[Section[Shown], ...]:
    """The sections in a folder, in their order. Files whose names begin with an underscore are none.

    Raises `MamlcheckError` for a file that lacks what a section must have.
    """
    found: list[Section[Shown]] = [
        _section(importlib.import_module(f"{package.__name__}.{info.name}"), info.name)
        for info in pkgutil.iter_modules(package.__path__)
        if not info.name.startswith("_")
    ]
    return tuple(sorted(found, key=lambda section: (section.order, section.name)))


def _section(module: ModuleType, name: str) -> Section[Shown]:
    missing = [wanted for wanted in REQUIRED if not hasattr(module, wanted)]
    if missing:
        raise MamlcheckError(
            f"{module.__file__} is no section of the page, since it has no {missing[0]}: "
            f"a section has {', '.join(REQUIRED)}, as mamlcheck.report.section says"
        )
    parts: tuple[Section[object], ...] = module.parts() if hasattr(module, "parts") else ()
    return Section(
        name=name,
        order=module.ORDER,
        template=module.TEMPLATE,
        css="".join((getattr(module, "CSS", ""), *(part.css for part in parts))),
        rows=module.rows,
        says=getattr(module, "says", lambda results: Says()),
        parts=tuple(part.name for part in parts),
    )


# -- templates -----------------------------------------------------------------------------------------------
@cache
def compiled(template: str) -> Template:
    """A template, ready to render."""
    return _environment().from_string(template)


def page_file(name: str) -> str:
    """The text of a template file of the page."""
    return files("mamlcheck.report").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    # autoescape: any text in the results may come from other people (task tables, instance files, implementations).
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["marks"] = environment.from_string(page_file("marks.html.j2")).module
    return environment
