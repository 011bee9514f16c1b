"""One step of any algorithm, with any factor c: what is gained in terms of the moments of its direction."""
