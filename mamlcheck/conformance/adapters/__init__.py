"""Views of a problem in the arrays of a framework, one file each, imported when first asked for.

A file offers `view(problem)`; `problem.on(name)` finds it by its name. `view.py` holds what they have in common.
"""
