"""Geman and McClure's loss: bounded, not convex, and a rational function."""

EXPRESSION = "t**2/(t**2 + 1)"
