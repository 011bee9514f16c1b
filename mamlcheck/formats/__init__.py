"""The documents that mamlcheck writes: their shapes as frozen dataclasses, and the way to JSON and back.

Shapes hold plain data and know nothing of what makes them or shows them, so every room may use them. The results of a
run are in `mamlcheck.check.results`. `mamlcheck/schemas/` has a JSON Schema for each document, made of these shapes.
"""
