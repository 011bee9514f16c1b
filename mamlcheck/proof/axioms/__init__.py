"""The axioms, one file each: what may be concluded without further proof, with its statement and its source.

A file holds STATEMENT (LaTeX), SOURCE and `conclude(x, ...)`, which returns (left, right, equal) of scalars, or of
vectors where equal, or raises `DoesNotApply`. Constants are made from the language by what they are, so that an axiom
cannot be handed another number in their place.
"""
