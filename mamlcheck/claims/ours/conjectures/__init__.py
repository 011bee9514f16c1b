"""Conjectures: statements that are checked and hunted like any other, which nobody has proved or refuted."""
