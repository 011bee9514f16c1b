"""What a report takes where nothing else is asked for; a module that imports nothing, for the command's help."""

INSTANCES = 2000
FOLDER = "mamlcheck-report"
TABLE = "grunfeld"
