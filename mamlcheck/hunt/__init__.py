"""The hunt for the instances on which a claim is tightest: search, families to hunt in, simplifying, witnesses."""
