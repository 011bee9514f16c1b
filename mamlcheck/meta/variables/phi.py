"""The free number of Lemma 4.10, by which Young's inequality splits a square."""

from mamlcheck.meta.variables import STEPS, Shape, Sign, Variable

VARIABLE = Variable(
    symbol="phi",
    latex=r"\varphi",
    shape=Shape.NUMBER,
    place=6,
    written=5,
    sign=Sign.POSITIVE,
    drawn=STEPS,
    simple=1,
)
