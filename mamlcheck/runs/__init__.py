"""Runs of MAML, FO-MAML and HF-MAML as the convergence theorems speak of them: with the paper's step sizes, on tasks
whose F and grad F are known. Runs are floats, and called so; where they end is certified.
"""
