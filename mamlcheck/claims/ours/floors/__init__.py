"""Floors: how far the directions of FO-MAML and HF-MAML are from the meta-gradient whatever the batches."""
