"""Claims of ours: sharper forms of the printed ones, proved by us, each marked so and naming what it sharpens."""
