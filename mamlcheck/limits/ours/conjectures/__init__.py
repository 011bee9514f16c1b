"""Limits of conjectures."""
