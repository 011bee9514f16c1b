"""The step of the difference quotient of HF-MAML, equation (9)."""

from mamlcheck.meta.variables import STEPS, Shape, Sign, Variable

VARIABLE = Variable(
    symbol="delta",
    latex=r"\delta",
    shape=Shape.NUMBER,
    place=5,
    written=4,
    sign=Sign.POSITIVE,
    drawn=STEPS,
    simple=1,
)
