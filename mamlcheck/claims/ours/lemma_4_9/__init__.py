"""A sharper form of Lemma 4.9."""
