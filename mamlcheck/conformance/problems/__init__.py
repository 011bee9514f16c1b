"""The conformance problems: small networks with three tasks each, made of numbers that float32 holds exactly.

`kinds` are the networks with their criteria, `numbers` their data, `problem` what a subject is given, and `tasks` the
same as a family of tasks over an arithmetic, for the formulas of `mamlcheck.meta.algorithms`.
"""
