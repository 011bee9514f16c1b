"""The loss of Cauchy errors: it grows like a logarithm, and is not convex."""

EXPRESSION = "log(t**2 + 1)"
