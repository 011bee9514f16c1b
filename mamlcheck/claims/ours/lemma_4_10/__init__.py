"""Sharper forms of Lemma 4.10: both use that the noise of the inner step has mean 0 and that Hessians are Lipschitz."""
