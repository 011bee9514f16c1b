"""Lemma 4.9: the step size beta~ is large enough in the mean, and not too large in the mean square."""
