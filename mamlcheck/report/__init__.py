"""The report page and the results beside it."""
