"""The commands, one file each: a file holds a `click` command of its own name."""
