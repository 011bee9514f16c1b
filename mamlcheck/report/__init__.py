"""The report page and the results beside it.

The package can be called: `mamlcheck.report("folder")` is `mamlcheck.report.making.report`.
"""

from mamlcheck.packages import callable_package

callable_package(__name__, f"{__name__}.making", "report")
