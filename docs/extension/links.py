"""Links of the hand-written pages: what leads out of docs/ is no page, and becomes the path that it names."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(((?:\.\./)+[^)\s#]*)(#[^)\s]*)?\)")
_DECISIONS = "\n```{toctree}\n:hidden:\n:glob:\n\n0*\n```\n"


def kept_inside(app: Sphinx, page: str, source: list[str]) -> None:
    """Called by Sphinx when it has read a page. The index of the decisions also gets them as its parts."""
    docs = Path(app.srcdir).resolve()
    folder = (docs / page).parent

    def replaced(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        if target.is_relative_to(docs):
            return link[0]
        path = target.relative_to(docs.parent).as_posix() if target.is_relative_to(docs.parent) else link[2]
        text = link[1].strip("`")
        return f"`{path}`" if text in (path, target.name, target.stem) else f"{link[1]} (`{path}`)"

    source[0] = _LINK.sub(replaced, source[0])
    if page == "decisions/README":
        source[0] += _DECISIONS
