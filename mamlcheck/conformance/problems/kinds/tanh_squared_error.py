"""A network with a layer of tanh under the squared error: two outputs."""

from mamlcheck.conformance.criteria import squared_error
from mamlcheck.conformance.networks import tanh_network

ORDER = 2
NETWORK = tanh_network(features=3, hidden=4, outputs=2)
CRITERION = squared_error
SEED = 2
