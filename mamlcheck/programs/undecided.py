"""A branch that an arithmetic could not decide."""

from __future__ import annotations

from mamlcheck.errors import MamlcheckError


class Undecided(MamlcheckError):  # noqa: N818 - reads as what it says
    """Enclosures do not tell which way a branch goes. what: 'the sign' or 'the largest'; count: of how many numbers.

    place: the line of the user's code, as far as it is known.
    """

    def __init__(self, what: str, count: int, among: int, place: str = ""):
        self.what, self.count, self.among, self.place = what, count, among, place
        at = f", at {place}" if place else ""
        super().__init__(f"{what} of {count} of {among} numbers cannot be told at this precision{at}")

    @property
    def parts(self) -> dict[str, str | int]:
        """What it can be made of again."""
        return {"what": self.what, "count": self.count, "among": self.among, "place": self.place}

    def at(self, place: str) -> Undecided:
        """The same with its place."""
        return Undecided(self.what, self.count, self.among, place)
