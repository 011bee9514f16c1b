"""Sharper forms of the HF error: half of the printed bound, and what takes over where steps are large."""
