"""Plans: steps and batches that reach a wanted accuracy by the theorems on whole runs, at about the least cost."""
