"""MAML++: MAML whose outer loss is a weighted mean of the losses after each inner step. With one step it is MAML.

The losses before the last step have the weight `earlier` / K each, and the last has the rest: at the beginning of
training all weights are 1 / K, later the last one grows.

Source: Antoniou, Edwards, Storkey, "How to Train Your MAML", ICLR 2019, section 4, multi-step loss optimization.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added
from mamlcheck.meta.optimisers import Tried

NAME = "MAML++"
ORDER = 14
RARE = True
HESSIAN = "exact"
FROM_STEPS = 2
NUMBERS = {"earlier": Tried((1.0, 0.5, 0.1), searched=True)}
SAYS = "the outer loss is a mean of the losses after each inner step, not the loss after the last one"


def direction(x: Run) -> Numbers:
    path = x.path()
    paths = [path.between(0, k) for k in range(1, x.steps + 1)]
    each = [x.pull_back(one, one.end.gradient("outer")) for one in paths]
    if not each[1:]:
        return x.mean(each[0])
    earlier = x.number(x.own["earlier"]) / x.steps
    return x.mean(added(each[:-1]) * earlier + each[-1] * (1 - (x.steps - 1) * earlier))
