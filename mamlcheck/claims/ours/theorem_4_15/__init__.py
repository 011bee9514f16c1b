"""Theorem 4.15 with numbers: whole runs of FO-MAML."""
