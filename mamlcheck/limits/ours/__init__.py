"""Limits of our own claims."""
