"""The operations of PyTorch, one file for related ones, found by their place in this folder.

A file has `OPERATIONS`: {name, as `add` of `torch.ops.aten.add`, or `max.dim` for one overload: function}. The function
is given a `Call` and the arguments that PyTorch has for the operation, and returns what it computes as values. `EXACT`
names those operations of a file that compute nothing: of data that no parameter comes into, their results are data.
"""
