"""The language in which claims and proofs are said: its terms, the paper's quantities in it, and how a claim is read.

Stands on `claims` and `meta`; knows no proof.
"""
