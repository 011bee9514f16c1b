"""Proofs of the claims in small steps that a machine checks.

`axioms` say what may be concluded without proof, `kernel` checks every step and is the only place where something
becomes proved, `catalogue` finds the proofs, `statement` sees whether a proof is about its claim. These four have to be
believed. The others only show proofs: `evaluate` computes the expressions of a chain on instances, `waterfall` says
where a bound loses, `records` are for JSON and the page, `display` for a line and a notebook.
"""
