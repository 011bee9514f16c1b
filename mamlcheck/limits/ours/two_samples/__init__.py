"""Limits for two inner samples on the line."""
