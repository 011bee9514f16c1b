"""The built-in losses, one file each in this folder; this file finds them, and says how files of instances name losses.

A loss file holds EXPRESSION, text in t; its place in the folder is its name. Nothing is registered anywhere.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from mamlcheck.errors import InputError
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.written import get, is_text, number, only, shown

__all__ = ["builtin_losses", "loss", "loss_from_json", "loss_to_json"]

DECLARED = ("declared_second", "declared_third")


@cache
def builtin_losses() -> tuple[Loss, ...]:
    """The built-in losses, the shortest expression first."""
    names = [info.name for info in pkgutil.iter_modules(__path__)]
    found = [Loss(name, importlib.import_module(f"{__name__}.{name}").EXPRESSION) for name in names]
    return tuple(sorted(found, key=lambda psi: (len(psi.text), psi.name)))


def loss(name: str) -> Loss:
    """The built-in loss of that name; `InputError` lists the names there are."""
    for psi in builtin_losses():
        if psi.name == name:
            return psi
    raise InputError(
        f"no loss is called {name!r}: there are {', '.join(psi.name for psi in builtin_losses())}; "
        "Loss.from_expression takes an expression of your own"
    )


# -- in files ------------------------------------------------------------------------------------------------
def loss_to_json(psi: Loss) -> dict[str, str]:
    """What a file holds of a loss: the name of a built-in one, the expression and what is declared of another."""
    if psi in builtin_losses():
        return {"name": psi.name}
    declared = {order: str(getattr(psi, order)) for order in DECLARED if getattr(psi, order) is not None}
    return {"name": psi.name, "expression": psi.text} | declared


def loss_from_json(content: dict[str, Any]) -> Loss:
    """The loss in a file: a known name, or an expression read by a whitelist parser. Raises `InputError`."""
    known = "expression" not in content
    only(content, {"name"} if known else {"name", "expression", *DECLARED}, "a built-in loss" if known else "a loss")
    name = get(content, "name", "a loss")
    if not is_text(name):
        raise InputError(f"a loss's name is {shown(name)}: give text")
    if known:
        return loss(name)
    expression = content["expression"]
    if not is_text(expression):
        raise InputError(f"a loss's expression is {shown(expression)}: give text such as 'log(cosh(t))'")
    declared = {order: number(content[order], order) for order in DECLARED if order in content}
    return Loss.from_expression(expression, name=name, **declared)
