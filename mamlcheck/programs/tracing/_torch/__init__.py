"""How a run of PyTorch is recorded: each operation as it is computed, what tensors hold, and whose line it was."""
