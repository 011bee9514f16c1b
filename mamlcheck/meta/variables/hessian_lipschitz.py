"""The constant rho of Assumption 4.4: every Hessian is rho-Lipschitz."""

from mamlcheck.meta.variables import Shape, Sign, Variable
from mamlcheck.tasks.family import Unit

VARIABLE = Variable(
    symbol="rho",
    latex=r"\rho",
    shape=Shape.NUMBER,
    place=15,
    written=2,
    unit=Unit(loss=1, length=-3),
    sign=Sign.NONNEGATIVE,
    of_tasks=True,
)
