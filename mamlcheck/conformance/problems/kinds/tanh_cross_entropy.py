"""A network with a layer of tanh under cross-entropy: three classes."""

from mamlcheck.conformance.criteria import cross_entropy
from mamlcheck.conformance.networks import tanh_network

ORDER = 1
NETWORK = tanh_network(features=3, hidden=4, outputs=3)
CRITERION = cross_entropy
SEED = 1
