"""What the trace of a loss in JAX is made of: jaxprs lowered to primitives, lines of the user's code, networks."""
