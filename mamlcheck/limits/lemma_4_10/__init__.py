"""Limits of Lemma 4.10."""
