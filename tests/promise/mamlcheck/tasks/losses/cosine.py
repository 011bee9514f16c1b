"""The cosine upside down: bounded and periodic, with a minimum at 0."""

EXPRESSION = "1 - cos(t)"
