"""A linear model under a robust loss, which is not convex: a rational function, so that exact fractions hold it."""

from mamlcheck.conformance.criteria import robust
from mamlcheck.conformance.networks import linear

ORDER = 3
NETWORK = linear(features=3, outputs=1)
CRITERION = robust
SEED = 3
