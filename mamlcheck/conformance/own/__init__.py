"""Own problems: anybody's model, loss and data, with references that rest on no framework's derivatives.

`posing` makes a problem of them, `frameworks` knows how each framework holds a model, `losses` are the traced losses of
the batches with their derivatives, `tasks` these over an arithmetic, `references` the directions that a subject is held
against, measured or certified, and `asking` is what answers `what_is`.
"""
