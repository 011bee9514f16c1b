"""Theorem 4.12 with numbers: whole runs of MAML."""
