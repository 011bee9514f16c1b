"""Losses with certified suprema, task families with certified constants, and tasks from tables."""
