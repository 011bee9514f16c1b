"""The square of the hyperbolic tangent: bounded, and not convex."""

EXPRESSION = "tanh(t)**2"
