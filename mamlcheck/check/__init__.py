"""Verdicts, the runner and the sweeps of instances."""
