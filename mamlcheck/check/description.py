"""What an instance is, in a line."""

from __future__ import annotations

from mamlcheck.meta.instance import Instances
from mamlcheck.meta.variables import goes_without_saying, in_text


def describe(instances: Instances) -> str:
    """The kind of the tasks, as files have it (splines are of kind ridge), n, m and d, and the sizes that matter."""
    tasks = instances.tasks
    found = ((v, getattr(instances.sizes, v.name)) for v in in_text() if v.is_size)
    sizes = ", ".join(f"{v.symbol} = {size}" for v, size in found if not goes_without_saying(v, size))
    return f"{tasks.kind} tasks: n = {tasks.n}, m = {tasks.m}, d = {tasks.d}; {sizes}"


__all__ = ["describe"]
