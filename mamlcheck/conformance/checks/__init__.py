"""The checks a subject must pass to conform to an algorithm, from one list for every way to run them.

`listing` is the list, `judging` what a check makes of observations, `session` an open subject with its checks.
`running` runs them, `result` is what is told of them, and `parametrizing` makes them pytest's tests.
"""
