"""What commands print to a terminal and share of it: options, tables, progress, JSON."""
