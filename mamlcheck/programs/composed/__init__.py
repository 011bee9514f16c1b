"""What the frameworks have in common, composed of primitives: convolutions, pooling, norms, activations.

Functions of `Value`s; they know of no framework and do no arithmetic themselves.
"""
