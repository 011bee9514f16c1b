"""The hunt for the instances on which a claim is tightest: search, families to hunt in, simplifying, witnesses.

The package can be called: `mamlcheck.hunt("lemma_4_8", seconds=5)` is `mamlcheck.hunt.search.hunt`.
"""

from mamlcheck.packages import callable_package

callable_package(__name__, f"{__name__}.search", "hunt")
