"""Proofs of the claims in small steps that a machine checks.

`axioms` say what may be concluded without proof, `kernel` checks every step and is the only
place where something becomes proved, `catalogue` finds the proofs,
`evaluate` computes every expression of a chain on instances, `statement` sees whether a proof is about its claim, and
`waterfall` says where a bound loses.
"""
