"""Is it MAML? Anybody's meta-gradient against certified references, and one sentence on what it really computes.

`problems` are small models with tasks; `reference` evaluates `algorithms` and known `mutants` of them on a problem over
an arithmetic; a `subject` is somebody's implementation, driven through the view of its framework (`adapters`);
`diagnosis` names what it computes and `checks` are the list it must pass to conform.
"""
