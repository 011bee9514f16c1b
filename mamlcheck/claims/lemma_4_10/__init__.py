"""Lemma 4.10: how far a gradient at a noisily adapted parameter is off."""
