"""Losses as programs of few operations, in any arithmetic, with gradients that are programs as well.

`program` is the data, `primitives` the operations, one file each, `building` how programs are written, `derivatives`
the rules of differentiation and `running` what runs a program over an arithmetic. `tracing` makes programs of what a
framework computes.
"""
