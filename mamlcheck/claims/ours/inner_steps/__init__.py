"""Lemma 4.8 for N inner steps: the meta-objective is smooth, with a bound that grows with the gradients and with N."""
