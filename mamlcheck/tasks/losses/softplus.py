"""Softplus, the logistic loss log(1 + e**t), in a form that does not overflow."""

EXPRESSION = "t/2 + log(2*cosh(t/2))"
