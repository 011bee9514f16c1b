"""What JAX's primitives are in those of programs, a group a file: `OPERATIONS`, by the name in the jaxpr.

An operation is a function of the `Equation` and of its inputs, each an exact array, a `Value` or a `Flag`; it returns
its result, a list where JAX's primitive has several. `numbers` makes one of a function of values.
"""
