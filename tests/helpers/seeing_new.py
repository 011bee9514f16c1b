"""A plugin of pytest: of all tests it keeps those that see a new claim, loss, family...

A test sees a new thing where the thing's name stands in its id, or where its text asks for all things of a kind: the
text of the function, of its fixtures, and of what it calls in its own file. Of a test with many cases that asks so, the
first case is kept; one that is marked `alike` is not, as it takes long and tests the same whichever claims there are.
The other tests are the same with and without the new thing. The names are given in MAMLCHECK_NEW, separated by spaces.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

ALL_OF_A_KIND = re.compile(
    # what lists the things of a kind
    r"\b(claim_ids|load_claims|has_proof|proved_shares|PROVED|OURS|builtin_losses|LOSSES|families|family_names"
    r"|load_spaces|SPACES|declared|algorithms|mutants|axioms_by_name|frameworks|find|execute|sections|measure)\(\)(?!\[)"
    r"|\b(PROVED|OURS|LOSSES|SPACES|main\.commands)\b|\bstrategies\.(instances|tasks|losses)\(\)|\bbrackets\("
    r"|\bmamlcheck\.report\("
    # commands that go through all claims, proofs, axioms, findings or commands
    r"|\b(call|run|in_terminal|printed)\(f?\"(--help|(report|check|prove|brackets|findings|reference)(\"| --))"
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that see nothing new."""
    # A name stands for itself where no other word goes on: `losses` is not in jax-losses_summed-float64.
    named = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(os.environ['MAMLCHECK_NEW'].split())})(?![A-Za-z0-9_])")
    looked_at: set[Any] = set()
    seen = [item for item in items if named.search(item.name.partition("[")[2]) or _asks(item, looked_at)]
    kept = set(seen)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = seen


def _asks(item: Any, looked_at: set[Any]) -> bool:
    """Whether a test asks for all things of a kind, and is the first case of it that was looked at."""
    if item.function in looked_at:
        return False
    looked_at.add(item.function)
    if item.get_closest_marker("alike"):
        return False
    return any(ALL_OF_A_KIND.search(text) for text in _texts(item))


def _texts(item: Any) -> Iterator[str]:
    """The text of a test, of its fixtures, and of the functions of its file that these name."""
    module = item.module
    waiting = [item.function, *(f.func for fs in item._fixtureinfo.name2fixturedefs.values() for f in fs)]
    done = set()
    while waiting:
        function = inspect.unwrap(waiting.pop())
        if function in done or getattr(function, "__module__", None) != module.__name__:
            continue
        done.add(function)
        text = inspect.getsource(function)
        text = text[re.search(r"^\s*def ", text, re.M).start() :]  # parameters that it is given stand in its id
        yield text
        named = (vars(module).get(name) for name in re.findall(r"\w+", text))
        waiting += [one for one in named if callable(one) and inspect.isfunction(inspect.unwrap(one))]
