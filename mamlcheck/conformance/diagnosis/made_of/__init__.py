"""Directions that are sums of a few vectors with a meaning: gradients, Hessian-vector products, parameters.

`vectors` holds the dictionary, a file for each kind of vector; `parts` what they are made with; `fitting` finds the few
that explain all observations, and `readings` says what such a sum most likely is.
"""
