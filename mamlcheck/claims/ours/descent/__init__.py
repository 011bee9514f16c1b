"""One step with the step sizes of Theorems 4.12, 4.15 and 4.17: the descent, with numbers, from which they follow."""
