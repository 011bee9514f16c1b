"""What went wrong in a subject, in words: its exceptions, and what there is of a traceback in its own code."""

from __future__ import annotations

import re
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from mamlcheck.conformance.adapters import packages
from mamlcheck.conformance.subjects.observing import SubjectFailure

OWN_FOLDER = Path(__file__).parent


class Unreadable(Exception):  # noqa: N818 - reads as what it says
    """No direction can be had; carries the failure."""

    def __init__(self, kind: str, message: str, trace: str = ""):
        super().__init__(message)
        self.failure = SubjectFailure(kind, message, trace)


def described(error: BaseException) -> str:
    """The exception in a line; where a framework is missing, with what installs it."""
    text = " ".join(str(error).split())
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    extra = dict(packages()).get(missing) if missing else None
    return f"{said}{_clash(error)}" if extra is None else f"{said}: run `pip install 'mamlcheck[{extra}]'`"


def _clash(error: BaseException) -> str:
    """A package that lacks what is asked of it, with its version: the code may be written for another one."""
    if not isinstance(error, (AttributeError, ImportError)):
        return ""
    found = re.search(r"module '(\w+)[\w.]*' has no attribute|cannot import name '\w+' from '(\w+)", str(error))
    try:
        package = (found[1] or found[2]) if found is not None else ""
        return f" ({package} {version(package)} is installed: is this written for another version?)" if package else ""
    except PackageNotFoundError:  # a module of the subject's own
        return ""


def subject_traceback(error: BaseException) -> str:
    """The traceback from the subject's own code on."""
    at = error.__traceback__
    while at is not None and (_is_ours(at) or _is_import(at)):
        at = at.tb_next
    return "".join(traceback.format_exception(type(error), error, at))


def _is_ours(at: TracebackType) -> bool:
    return Path(at.tb_frame.f_code.co_filename).parent == OWN_FOLDER


def _is_import(at: TracebackType) -> bool:
    name = at.tb_frame.f_code.co_filename
    return name.startswith("<frozen importlib") or "importlib" in Path(name).parts
