"""The logarithm of the hyperbolic cosine: convex, and near |t| - log(2) far from 0."""

EXPRESSION = "log(cosh(t))"
