"""Commands that fill a file of their own; `mamlcheck.cli` puts them together."""
