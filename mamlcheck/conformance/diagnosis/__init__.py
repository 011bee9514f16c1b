"""What a subject really computes, in one sentence with numbers: `identifying.identify`.

A subject is observed on the problems of `suite`. Its directions are fitted by every candidate of `candidates`, up to a
factor (`scales`, `fits`). The files of `attempts` are tried in order, and the first that explains the observations says
what the subject computes; each file of `besides` then adds what else is wrong. `explanation` is the plain data that
they return, `evidence` what it rests on, and `sentences` alone puts it into words.
"""
