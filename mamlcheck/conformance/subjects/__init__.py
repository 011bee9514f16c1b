"""Subjects: somebody's implementation as one callable, what it declares of itself, and what is seen when it runs.

A subject is `make(problem) -> call` with `call() -> direction`. `declaring` holds what it says of itself, `observing`
what is seen of it, `reading` how a direction is read, `running` how it is called in this process, `isolation` and
`worker` how it runs in a process of its own, and `opening` finds it by its name.
"""
