"""The callable of a subject that is named by text."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

from mamlcheck.conformance.subjects.observing import Make


class NoSubject(Exception):  # noqa: N818 - reads as what it says
    """The reference names nothing that can be a subject: the caller's mistake, not the subject's."""


def unload(reference: str, before: set[str]) -> None:
    """Forget the modules of a subject's own folder that were not imported before, so that the next subject gets its own
    ones of these names. What is compiled stays, as it cannot be loaded twice, and so does what is installed.
    """
    place = reference.rpartition(":")[0]
    folder = Path(place).resolve().parent if place.endswith(".py") else Path.cwd()
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        path = Path(file)
        installed = {"site-packages", "dist-packages"} & set(path.parts) or name.partition(".")[0] == "mamlcheck"
        if path.suffix == ".py" and path.is_relative_to(folder) and not installed:
            del sys.modules[name]
    if str(folder) in sys.path:
        sys.path.remove(str(folder))


def load(reference: str) -> Make:
    """The callable of 'pkg.module:make' or 'path/to/file.py:make'."""
    place, _, attribute = reference.rpartition(":")
    if place.endswith(".py"):
        path = Path(place).resolve()
        sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise NoSubject(f"there is no file {place}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    else:
        sys.path.insert(0, os.getcwd())
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError as error:
            if error.name is not None and (place == error.name or place.startswith(error.name + ".")):
                raise NoSubject(
                    f"there is no module {error.name!r} in {os.getcwd()} or among the installed packages"
                ) from None
            raise
    found: object = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = [name for name in vars(module) if not name.startswith("_") and callable(getattr(module, name))]
            raise NoSubject(f"{place} has no {attribute!r}" + (f"; it has {', '.join(near[:8])}" if near else ""))
        found = getattr(found, part)
    if not callable(found):
        raise NoSubject(f"{reference} is a {type(found).__name__}: a subject is a function make(problem)")
    return found
