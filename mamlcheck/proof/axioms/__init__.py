"""The axioms, one file each: what may be concluded without further proof, with its statement and its source.

A file holds STATEMENT (LaTeX), SOURCE, ASSUMES where it says what an assumption of the paper says (any of those named
is enough, and the claim that is proved has to make it), and `conclude(x, ...)`, which returns (left, right, equal) of
scalars, or of vectors where equal, or raises `DoesNotApply`. Constants are made from the language by what they are, so
that an axiom cannot be handed another number in their place.
"""
