"""Verdicts, the sweeps of instances, and the runner that judges claims on them."""
