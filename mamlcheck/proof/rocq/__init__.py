"""Proofs written for Rocq, a proof assistant, which checks them again: a second kernel that shares nothing with ours.

`terms` writes what the language can say, `axioms` how Rocq's theorems of the axioms' names are used, `proofs` links and
chains, `files` a whole file, and `check` has Rocq read it. Nothing here is needed to prove, or has to be trusted: what
Rocq accepts is the statement in `proofs/rocq/Claims.v`, which is written by hand.
"""
