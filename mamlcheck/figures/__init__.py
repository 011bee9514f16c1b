"""Pictures of the paper as exact examples: one figure a file, each with the numbers that the picture stands for.

A figure has no numbers of its own that could be wrong, and so it is no finding; its `example()` is one as findings have
them, and can be shown as they are.
"""
