"""The page that says what has to be believed where mamlcheck says "proved", and how much that is.

The first part changes only with what is believed, and is kept as a page of the documentation. The second is counted
where it is asked for: the number of lines of each file, and the axioms, found by their place.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from mamlcheck.formats.trust import Trust, TrustedPart
from mamlcheck.proof import axioms, kernel
from mamlcheck.proof.records import axioms as axiom_records

# Each file: its name on the page, its module, and what it is believed to do.
TRUSTED_FILES = (
    ("kernel", "mamlcheck.proof.kernel", "the rules by which a fact becomes proved, in the table at its head"),
    ("vectors", "mamlcheck.language.vectors", "equality of vectors and operators; what is identically 0"),
    ("terms", "mamlcheck.language.terms", "equality of scalars; what a mean runs over; signs"),
    ("variables", "mamlcheck.meta.variables", "the symbols of what claims quantify over, and the signs of numbers"),
    ("vocabulary", "mamlcheck.language.vocabulary", "what MAML's quantities are, as terms, and what always holds"),
    ("dictionary", "mamlcheck.language.quantities", "for each quantity that claims are written in, its definition"),
    ("reading", "mamlcheck.language.reading", "how the formula that a claim runs becomes a term"),
    ("statement", "mamlcheck.language.statement", "the sides and hypotheses of a claim, read"),
    ("comparison", "mamlcheck.proof.statement", "a proof begins and ends with these sides"),
    ("catalogue", "mamlcheck.proof.catalogue", "a proof file belongs to the claim at its place"),
)

INTRODUCTION = """# What you must trust

A claim is called *proved* where a chain of small steps leads from its left to its right side, the kernel accepts every
step, and both ends are, as terms, the sides that the claim itself computes on instances. To believe that, you have to
believe this, and nothing else of mamlcheck:
"""

BESIDES_FILES = """
Of SymPy: `together`, `fraction`, `expand` and `cancel` of rational functions with rational coefficients (whether a
difference is identically 0), and the signs of sums, products and whole powers of symbols whose signs are given
(`is_nonnegative`, `is_positive`, `is_real`).

Of Python: that it runs what is written. A proof file and a claim file are Python that is run; a file that changes the
package from inside while it runs is not defended against, so give only files that you trust, or read them: proofs and
claims are short.

Not to be believed, since it can only refuse a proof or is checked by other means: the proof files, the values of
expressions on instances, waterfalls, sweeps, hunts and pages.

Who would rather believe a proof assistant need not believe any of this: `mamlcheck prove --rocq DIR --check` has Rocq
check the same proofs, with every axiom as a theorem. What is to be believed then is told in `docs/rocq.md`.

Two forms: most claims bound deviations of gradients and Hessians (Assumptions 4.5 and 4.6). Their *strong form* takes
these deviations at the points used. It implies the printed form, in which they are bounded everywhere;
`mamlcheck prove` says which of the two a proof ends with.
"""


def _file(module: str) -> Path:
    return Path(importlib.import_module(module).__file__ or "")


def _lines(module: str) -> int:
    """Of a file, or of all files of a folder."""
    path = _file(module)
    files = sorted(path.parent.glob("*.py")) if path.name == "__init__.py" else [path]
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)


def _place(module: str) -> str:
    """A file, or a folder with what its first file says of all others."""
    path = module.replace(".", "/")
    return f"{path}/" if _file(module).name == "__init__.py" else f"{path}.py"


def trust() -> Trust:
    """What has to be believed, part by part."""
    return Trust(
        introduction=INTRODUCTION,
        parts={name: TrustedPart(_place(module), _lines(module), what) for name, module, what in _modules()},
        besides=BESIDES_FILES.lstrip("\n"),
        rules=(kernel.__doc__ or "").split("\n\n")[1],
        axioms=axiom_records(),
    )


def _modules() -> Iterator[tuple[str, str, str]]:
    yield from TRUSTED_FILES
    yield "axioms", axioms.__name__, "what may be concluded without proof, one file each"


def trust_page() -> str:
    """The whole page, as Markdown."""
    known = trust()
    return "\n".join([_believed(known), *_sizes(known), *_axioms(known)]) + "\n"


def _believed(known: Trust) -> str:
    """The part of the page that stays the same whichever axioms there are, and however long the files are."""
    return "\n".join([known.introduction, *_parts(known), f"\n{known.besides}", *_rules(known)]) + "\n"


def _parts(known: Trust) -> Iterator[str]:
    yield "| part | file | what it is believed to do |"
    yield "|---|---|---|"
    for name, part in known.parts.items():
        yield f"| {name} | `{part.file}` | {part.believed} |"


def _sizes(known: Trust) -> Iterator[str]:
    yield "## How much it is\n"
    yield "| part | lines |"
    yield "|---|---:|"
    for name, part in known.parts.items():
        count = f", {len(known.axioms)} of them" if name == "axioms" else ""
        yield f"| {name}{count} | {part.lines} |"


def _rules(known: Trust) -> Iterator[str]:
    yield "## The rules of the kernel\n"
    yield "```"
    yield from known.rules.splitlines()
    yield "```"


def _axioms(known: Trust) -> Iterator[str]:
    yield "\n## The axioms\n"
    yield "| axiom | says | source |"
    yield "|---|---|---|"
    for name, axiom in known.axioms.items():
        yield f"| `{name}` | {axiom.title} | {axiom.source} |"
