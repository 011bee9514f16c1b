"""Theorem 4.17 with numbers: whole runs of HF-MAML."""
