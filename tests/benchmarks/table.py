"""Writes docs/benchmarks.md from what pytest-benchmark measured:  python tests/benchmarks/table.py MEASURED.json

All figures are ratios of least times of one run, so that they say something about other machines too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"

BEFORE = """# Benchmarks

What rigour costs, as ratios. All ways to do a work were timed in one run on one core, and the least seconds of CPU of
each count, for each instance. Ratios of a few per cent mean nothing, and another machine has others: the size of its
caches, its vector instructions and its BLAS move them. This page is written, and seconds are shown, by

```
nox -s benchmarks -- table
```

The same session says whether anything is slower than in the last release (CONTRIBUTING.md).
"""

TABLES = {  # what stands above each table; times are divided by those of its first column
    "sides": """## Both sides of Lemma 4.8 and their comparison

For log-cosh, the constants given and all data being numbers of the arithmetic already. Time over that of NumPy by hand,
by (n, m, d) and how many instances are done at once: sweeps do 64 at first, and 512 in the long run. NumPy and JAX
prove nothing, and `mpmath.iv` does not always enclose: it is here for its speed alone. python-flint's time is that of
one instance, with matrices, by hand; ours of many at once.
""",
    "from data": """## From data to verdict

Lemma 4.8 with L and rho from the data; by hand, these are float64's, and certified in the other column. Each pair of
points has a data set of its own, or 64 pairs share one.
""",
    "constants": """## L and rho

By hand, the largest eigenvalue is that of the d x d matrices; certified, of the smaller of these and the m x m ones.
""",
    "claims": """## The sides of each claim

At (4, 8, 5), two samples to a batch, 512 instances at once (16 where a claim lists the batches of a step), from the
data to the comparison. Time over that of the same formulas in our own `float64`.
""",
    "runs": """## Runs of MAML

A step of one seed, with F and its gradient of all data at every step. By hand in PyTorch one seed comes after the
other, and the tasks of a step are one batch; `mamlcheck.run` makes all seeds at once, and certifies where they end.
""",
}
SPEEDS = """## Hunting and making instances

Time over that of both sides of Lemma 4.8 by NumPy by hand at (4, 8, 5), 512 at once.
"""
UNIT = ("sides", "(4, 8, 5), 512 at once", "NumPy by hand")

Times = dict[tuple[str, str, str], float]
"""Least seconds of an instance, by table, row and column."""


def times(measured: dict[str, Any]) -> Times:
    """What was measured, in the order in which it was."""
    found: Times = {}
    for one in measured["benchmarks"]:
        info = one["extra_info"]
        if "table" in info:
            found[info["table"], info["row"], info["column"]] = one["stats"]["min"] / info["instances"]
    return found


def page(found: Times) -> str:
    """The whole page."""
    return "\n".join([BEFORE, *(f"{text}\n{table(found, name)}" for name, text in TABLES.items()), speeds(found)])


def table(found: Times, name: str) -> str:
    """A table in Markdown: the first column is 1, the others are how many times as long they take."""
    rows = list(dict.fromkeys(row for of, row, _ in found if of == name))
    columns = list(dict.fromkeys(column for of, _, column in found if of == name))
    lines = [f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for row in rows:
        base = found[name, row, columns[0]]
        cells = (found.get((name, row, column)) for column in columns)
        lines.append(f"| {row} | {' | '.join('-' if cell is None else digits(cell / base) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def speeds(found: Times) -> str:
    """The table of works that nobody else does."""
    lines = [
        f"| {row} | {digits(found['hunt', row, column] / found[UNIT])} |" for of, row, column in found if of == "hunt"
    ]
    return "\n".join([SPEEDS, "| | times as long |", "|---|---:|", *lines]) + "\n"


def digits(ratio: float) -> str:
    """Two significant digits, and all before the decimal point."""
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(times(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))), encoding="utf-8")


if __name__ == "__main__":
    main()
