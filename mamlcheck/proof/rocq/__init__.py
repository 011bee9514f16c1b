"""Proofs written for Rocq, a proof assistant, which checks them again: a second kernel that shares nothing with ours.

`terms` writes what the language can say, `axioms` how Rocq's theorems of the axioms' names are used (with `sorts`,
`writing` and `asked`), `proofs` links and chains, and `files` a whole file. `check` has Rocq read it, and `record`
keeps what it accepted. Nothing here is needed to prove, or has to be trusted: what
Rocq accepts is the statement in `proofs/rocq/Claims.v`, which is written by hand.
"""
