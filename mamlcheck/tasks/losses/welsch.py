"""Welsch's loss: bounded, and not convex."""

EXPRESSION = "1 - exp(-t**2/2)"
