"""What an instance is, in a line of text."""

from __future__ import annotations

from mamlcheck.meta.instance import Instances


def describe(instances: Instances) -> str:
    """The kind of the tasks and all sizes of an instance, or of the instances of a block."""
    tasks, sizes = instances.tasks, instances.sizes
    kind = type(tasks).__name__.removesuffix("Tasks").lower()
    return (
        f"{kind} tasks: n = {tasks.n}, m = {tasks.m}, d = {tasks.d}; D_in = {sizes.inner}, D_o = {sizes.outer}, "
        f"D_test = {sizes.test}, D_beta = {sizes.stepsize}, B' = {sizes.stepsize_tasks}"
    )


__all__ = ["describe"]
