"""The claims of the convergence paper, one file each in this folder; this file says what a claim is and finds them.

A claim file holds TITLE, STATEMENT, WHERE, GUARANTEE, SOURCE, ASSUMPTIONS, QUANTIFIES, HYPOTHESES and the functions
`left` and `right`; its place in the folder is its id. Nothing is registered anywhere. A claim of ours that is a
sharper form of a printed one also holds SHARPENS, the id of that one. A claim that nobody has proved or refuted holds
CONJECTURE = True: it is checked and hunted, and never called proved. A claim whose sides share a term may hold
`reduced`, both sides without it: where the sides are equal and irrational, only these can be compared exactly.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np

from mamlcheck.arithmetic import Numbers
from mamlcheck.arithmetic.arrays import Answers
from mamlcheck.disk import check_file
from mamlcheck.display import Listing, card
from mamlcheck.errors import InputError
from mamlcheck.meta.hypotheses import Hypothesis, both
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.variables import declared
from mamlcheck.packages import callable_package

FIELDS = ("TITLE", "STATEMENT", "WHERE", "GUARANTEE", "SOURCE", "ASSUMPTIONS", "QUANTIFIES", "HYPOTHESES")

LARGEST_CLAIM_FILE_BYTES = 2**20


@dataclass(frozen=True)
class Reduced:
    """Both sides of a claim without what they share. It speaks of these two sides, and of no others."""

    left: Callable[[InstanceOn], Numbers]
    right: Callable[[InstanceOn], Numbers]
    sides: Callable[[InstanceOn], tuple[Numbers, Numbers]]


@dataclass(frozen=True)
class Claim:
    """hypotheses => left <= right."""

    id: str
    title: str
    statement: str
    where: str
    guarantee: str
    source: str
    assumptions: tuple[str, ...]
    quantifies: tuple[str, ...]
    hypotheses: tuple[Hypothesis, ...]
    left: Callable[[InstanceOn], Numbers]
    right: Callable[[InstanceOn], Numbers]
    sharpens: str | None = None
    reduced: Reduced | None = None
    conjecture: bool = False

    def __str__(self) -> str:
        return f"{self.id}: {self.title}"

    def __repr__(self) -> str:
        return f"<Claim {self}>"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.statement}$"

    def _repr_html_(self) -> str:
        rows = {"statement": f"${self.statement}$", "where": f"${self.where}$", "guarantee": self.guarantee}
        return card(str(self), rows | {"needs": "; ".join(self.hypothesis_texts), "source": self.source})

    @property
    def reduced_sides(self) -> Callable[[InstanceOn], tuple[Numbers, Numbers]] | None:
        """Both sides without what they share, where that is known of the very sides that this claim has."""
        known = self.reduced
        return known.sides if known and (known.left, known.right) == (self.left, self.right) else None

    def hypotheses_hold(self, x: InstanceOn) -> Answers:
        """All of them together (...), int8: 0 where one certainly fails, 1 where all certainly hold, else -1."""
        answer = np.ones(x.given.shape, dtype=np.int8)
        for hypothesis in self.hypotheses:
            answer = both(answer, hypothesis.holds(x))
            if not answer.any():  # what follows may not even exist here
                break
        return answer

    def why_vacuous(self, x: InstanceOn) -> str | None:
        """The first hypothesis that fails on a block of one instance, in a sentence; None where none is known to."""
        for hypothesis in self.hypotheses:
            if hypothesis.holds(x)[0] == 0:
                needs = f"{self.title.split(':')[0]} needs {hypothesis.text}"
                return f"{hypothesis.found(x)}: {needs}" if hypothesis.found else needs
        return None

    @property
    def bounds_deviations(self) -> bool:
        """Whether the printed claim bounds deviations at all points (Assumptions 4.5, 4.6): then it has two forms."""
        return not {"4.5", "4.6"}.isdisjoint(self.assumptions)

    @property
    def of_runs(self) -> bool:
        """Whether it is about whole runs: few instances have one that is known exactly, and random ones hardly ever."""
        return "T" in self.quantifies

    @property
    def hypothesis_texts(self) -> tuple[str, ...]:
        """What the hypotheses say, a sentence each."""
        return tuple(h.text for h in self.hypotheses)


def claim_of(module: ModuleType, claim_id: str) -> Claim:
    """The claim that a claim file holds. Raises `InputError` where it lacks something, a hypothesis is none, or
    nothing declares what it quantifies over.
    """
    lacks = [name for name in (*FIELDS, "left", "right") if not hasattr(module, name)]
    if lacks:
        raise InputError(
            f"{claim_id} lacks {', '.join(lacks)}. A claim file holds {', '.join(FIELDS)}, left(x) and right(x)"
        )
    for given in getattr(module, "HYPOTHESES", ()):
        if not isinstance(given, Hypothesis):
            raise InputError(
                f"{claim_id}: HYPOTHESES holds {given!r}. Give a Hypothesis(name, text, says, found), as in "
                "mamlcheck.meta.hypotheses, whose inequalities say what is assumed"
            )
    known = ("tasks", *(variable.symbol for variable in declared()))
    unknown = [symbol for symbol in module.QUANTIFIES if symbol not in known]
    if unknown:
        raise InputError(
            f"{claim_id}: QUANTIFIES holds {unknown[0]!r}. A claim quantifies over {', '.join(known)}; another "
            "variable is one more file in mamlcheck/meta/variables"
        )
    return Claim(
        id=claim_id,
        title=module.TITLE,
        statement=module.STATEMENT,
        where=module.WHERE,
        guarantee=module.GUARANTEE,
        source=module.SOURCE,
        assumptions=module.ASSUMPTIONS,
        quantifies=module.QUANTIFIES,
        hypotheses=module.HYPOTHESES,
        left=module.left,
        right=module.right,
        sharpens=_sharpens(module),
        reduced=Reduced(module.left, module.right, module.reduced) if hasattr(module, "reduced") else None,
        conjecture=getattr(module, "CONJECTURE", False),
    )


def _sharpens(module: ModuleType) -> str | None:
    """The id of the printed claim that this file has a sharper form of."""
    return getattr(module, "SHARPENS", None)


def _module(claim_id: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{claim_id}")


@cache
def claim_ids() -> tuple[str, ...]:
    """Ids of all claims, in the paper's order; a claim of ours comes after the one that it sharpens.

    The folder is looked through once, since each claim that is loaded by its id asks for them.
    """
    prefix = __name__ + "."
    found = [info.name.removeprefix(prefix) for info in pkgutil.walk_packages(__path__, prefix) if not info.ispkg]
    return tuple(sorted(found, key=_paper_order))


def _paper_order(claim_id: str) -> tuple[tuple[int, ...], str, bool, str]:
    # lemma_4_9 before lemma_4_10 before theorem_4_11; claims without a number last
    printed = _sharpens(_module(claim_id)) or claim_id
    numbers = tuple(int(part) for part in re.split(r"[._]", printed) if part.isdigit())
    return (numbers or (10**6,), printed, printed != claim_id, claim_id)


def load_claim(claim_id: str) -> Claim:
    """The claim with this id; `InputError` with the nearest ids when there is none."""
    known = claim_ids()
    if claim_id not in known:
        near = _nearest(claim_id, known)
        hint = f" Did you mean {near}?" if near else ""
        raise InputError(f"there is no claim {claim_id!r}.{hint} The claims are: {_listed(known)}")
    return claim_of(_module(claim_id), claim_id)


def is_of_runs(name: str) -> bool:
    """Whether a name is the id of a claim about whole runs: random instances are not expected to support it."""
    return name in claim_ids() and load_claim(name).of_runs


def _listed(known: tuple[str, ...]) -> str:
    """The ids of the printed claims, and the families of ours: `mamlcheck prove` lists them all."""
    ours = dict.fromkeys(".".join(claim.split(".")[:2]) for claim in known if claim.startswith("ours."))
    return ", ".join([*(claim for claim in known if not claim.startswith("ours.")), *ours])


def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    """The id that is nearest to a name: of those with its number, where it has one that is the paper's."""
    number, ours = re.search(r"\d+[._]\d+", name), "ours." if name.startswith("ours") else ""
    same = [c for c in known if number and re.match(rf"{ours}[a-z]+_{number[0].replace('.', '_')}(?!\d)", c)]
    near = difflib.get_close_matches(name, same or known, n=1, cutoff=0.0 if same else 0.6)
    return near[0] if near else None


def find_claim(name: str) -> Claim:
    """A claim by its id, or a claim of the user's own by the path of its file, name.py."""
    return load_claim_file(Path(name)) if name.endswith(".py") else load_claim(name)


def load_claim_file(path: Path) -> Claim:
    """The claim in a file outside the package, which holds what a file in this folder holds; the path is its id.

    The file is run, as Python runs a module: only give files that you trust.
    """
    if not path.exists():
        raise InputError(f"there is no file {path}: give the path of a claim file, or one of {_listed(claim_ids())}")
    check_file(path, LARGEST_CLAIM_FILE_BYTES, "a claim file")
    spec = importlib.util.spec_from_file_location(f"mamlcheck_claim_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is not a Python file: a claim file is one")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except InputError:
        raise
    except Exception as error:  # the file is the user's own, and may raise anything
        raise InputError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return claim_of(module, str(path))


def load_claims(names: tuple[str, ...] = ()) -> tuple[Claim, ...]:
    """Claims by id, or all; a family such as 'lemma_4_9' stands for its parts."""
    known = claim_ids()
    chosen: list[str] = []
    for name in names or known:
        family = [c for c in known if c.startswith(name + ".")]
        chosen += family if family and name not in known else [name]
    return tuple(load_claim(c) for c in dict.fromkeys(chosen))


def claims(*names: str) -> Listing[Claim]:
    """All claims, in the paper's order, or those named by id or family, such as 'lemma_4_9' or 'ours'.

    Raises `InputError` for a name that is none.
    """
    return Listing(load_claims(names))


callable_package(__name__, __name__, "claims")  # mamlcheck.claims() is this function
