"""The meta-objective, the algorithms, exact expectations over batches, and the instances claims are judged on."""
