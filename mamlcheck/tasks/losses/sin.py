"""The sine: bounded and periodic, with neither a minimum nor a maximum at 0."""

EXPRESSION = "sin(t)"
