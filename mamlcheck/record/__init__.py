"""What is kept of the claims, to notice drift: witness files, brackets, the reference run, portraits, comparisons."""
