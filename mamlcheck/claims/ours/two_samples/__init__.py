"""Two samples in the inner batch, on the line: what holds there with smaller constants."""
